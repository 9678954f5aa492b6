"""A small world, scored and grouped as a test states, for what looks at pairs one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from pipeline.linkage.database import open_linkage_database
from pipeline.linkage.dedupe import exact_dedupe
from pipeline.linkage.prepare import load_records
from pipeline.linkage.review import overrides, review_pairs
from pipeline.linkage.scoring import model, score_pairs
from tests.support.identity import stranger, write_identity

MODEL = model.read_model(model.find_newest_model())
STRANGERS = 120
PEREGRINE = {
    "source": "prison",
    "forename": "PEREGRINE",
    "middle_names": "JOHN",
    "surname": "QUILLFEATHER",
    "date_of_birth": date(1980, 2, 3),
    "postcode": "ZX1 9QQ",
    "sentence_start_date": date(2015, 1, 2),
}
ROWS: Sequence[dict[str, Any]] = (
    PEREGRINE | {"id": "a1", "pnc": "2003/0000123D"},
    PEREGRINE | {"id": "a2", "forename": "PEREGRIN"},
    PEREGRINE | {"id": "a3", "date_of_birth": date(1980, 2, 8), "middle_names": None},
    PEREGRINE
    | {
        "id": "b1",
        "source": "probation",
        "postcode": "ZY2 8RR",
        "crn": "X123456",
        "aliases": "PERRY QUILL",
    },
    PEREGRINE
    | {
        "id": "b2",
        "source": "probation",
        "postcode": "ZY2 8RR",
        "crn": "X123456",
        "forename": "PERRY",
    },
    PEREGRINE
    | {
        "id": "c1",
        "source": "magistrates",
        "date_of_birth": date(1961, 3, 2),
        "pnc": "2009/0765432C",
    },
    PEREGRINE
    | {
        "id": "c2",
        "source": "magistrates",
        "pnc": "2009/0765432C",
        "first_hearing_date": date(2015, 1, 2),
    },
    {"source": "magistrates", "id": "ltd", "surname": "QUILLFEATHER AND SONS"},
)
PRIVATE = ("PEREGRINE", "QUILLFEATHER", "ZX19QQ", "2003/0000123D", "X123456", "1980-02-03")
"""Values that are nowhere but in restricted files."""


def load_scored(
    database: duckdb.DuckDBPyConnection, folder: Path, *, shuffle: int | None = None
) -> tuple[int, dict[str, int]]:
    """Make `records`, `nodes`, `edges` and the tables of overrides, without any; gives the number
    of records and the node of each id.
    """
    rows = [*ROWS, *map(stranger, range(STRANGERS))]
    count = load_records.load_records(database, write_identity(folder, rows, shuffle=shuffle))
    overrides.load_overrides(database, folder / "no_overrides.csv")
    exact_dedupe.load_nodes(database)
    overrides.load_constraints(database)
    score_pairs.load_edges(database, MODEL, records=count)
    database.execute("create or replace table severed as select * from edges limit 0")
    return count, dict(
        database.execute(
            "select source_record_id, node from record_nodes inner join records using (record)"
        ).fetchall()
    )


def load_groups(
    database: duckdb.DuckDBPyConnection,
    medium: Iterable[Iterable[int]],
    high: Iterable[Iterable[int]] = (),
) -> None:
    """Make `clusters` of nodes: groups at the medium threshold, of which parts hold at the high
    one; all others alone.
    """
    database.execute(
        "create or replace table clusters as "
        "select node, node as high, node as medium, node as low from nodes order by node"
    )
    for column, groups in {"medium": medium, "high": [*medium, *high]}.items():
        for group in map(sorted, groups):
            database.execute(
                f"update clusters set {column} = ? where list_contains(?, node)", [group[0], group]
            )


def write_kept(folder: Path, *, shuffle: int | None = None) -> Path:
    """Write the review's files of the world, with two people who are alike and one who contradicts
    themselves; gives their folder.
    """
    with open_linkage_database(folder / "spill", threads=1, memory="500MB") as database:
        count, node = load_scored(database, folder / "identity", shuffle=shuffle)
        load_groups(
            database, [[node[name] for name in ("a1", "a2", "a3", "c2")], [node["b1"], node["b2"]]]
        )
        review_pairs.load_review_pairs(database, MODEL, records=count)
        review_pairs.write_review_pairs(database, folder / "review")
    return folder / "review"
