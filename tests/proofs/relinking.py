"""Do ids stay with their people when records come, and do the bounds on wrong links hold? A made-up
world, linked twice.

Belongs here: the proofs that `tests.proofs` asks for. Does not belong here: any of the linkage; how
ids are given is tested in tests/unit.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl

from pipeline.contracts.registry import list_contracts
from pipeline.landing.pseudonymise import pseudonymise_keys
from pipeline.linkage.clustering import person_ids
from pipeline.linkage.monitoring.error_indicators import SIGNS
from pipeline.linkage.run import link_identity
from pipeline.synthetic import world
from tests.support.judged_deliveries import KEY, at, judge

MIN_KEPT = 0.999
NEW = 128
"""Every so-and-so-manieth record is new in the second run."""
KNOWN = ["source_dataset", "source_record_id"]
GROUPS = ("source_dataset", "sex", "ethnic_group")


def relinked(root: Path, people: int) -> list[str]:
    """What is wrong when a world is linked without one record in a hundred, and then with it."""
    delivery, truth = root / "relinked", root / "relinked-truth"
    world.synthesise_world(delivery, truth, people=people, seed=11, workers=1)
    whole = judge(delivery, root / "relinked-build", at(root / "relinked-workspace"))
    identity, earlier = whole.build.identity, root / "relinked-earlier"
    shutil.copytree(identity, earlier)
    for file in earlier.glob("*/*.parquet"):
        rows = pl.read_parquet(file)
        if "source_record_id" in rows.columns:
            rows.filter(pl.col("source_record_id").hash(seed=1) % NEW != 0).write_parquet(file)
    outputs = [root / "relinked-then", root / "relinked-now"]
    registered = root / "relinked-registry"
    for side, output in zip((earlier, identity), outputs, strict=True):
        link_identity(
            side, output, registry=registered, threads=1, memory="2GB", delivered_links=False
        )
        person_ids.remember_ids(output, registered)
    return [*_ids_kept(*outputs), *_bounds_hold(outputs[1], truth)]


def _ids_kept(then: Path, now: Path) -> list[str]:
    """Clusters of which no record came or went keep their ids, and the crosswalk names every id
    that did not.
    """
    before, after = (
        pl.read_parquet(folder / "person_links.parquet").select(*KNOWN, "person_id")
        for folder in (then, now)
    )
    members = pl.concat_str(*KNOWN, separator="/").sort().str.join("|").alias("members")
    clusters = [links.group_by("person_id").agg(members) for links in (before, after)]
    unchanged = clusters[0].join(clusters[1], on="members", suffix="_now")
    kept = int((unchanged["person_id"] == unchanged["person_id_now"]).sum()) / unchanged.height
    told = pl.read_parquet(now / "person_crosswalk.parquet").filter(pl.col("threshold") == "medium")
    moved = before.join(after, on=KNOWN, suffix="_now").filter(
        pl.col("person_id") != pl.col("person_id_now")
    )
    untold = moved.join(
        told,
        left_on=["person_id", "person_id_now"],
        right_on=["previous_person_id", "person_id"],
        how="anti",
    ).height
    new = 1 - before.height / after.height
    print(
        f"relinked with {new:.1%} new records: "
        f"{kept:.5f} of {unchanged.height} unchanged clusters keep their id",
        flush=True,
    )
    wrong = (
        []
        if kept >= MIN_KEPT
        else [f"relinked: only {kept:.5f} of the unchanged clusters keep their id"]
    )
    return wrong + (
        [f"relinked: {untold} records changed their id and the crosswalk does not say so"]
        if untold
        else []
    )


def _bounds_hold(linkage: Path, truth: Path) -> list[str]:
    """In every group at least as many records have errors as surely show them, and at most as many
    as show any sign.
    """
    records = _judged(linkage, truth)
    signs = pl.read_parquet(linkage / "link_signs.parquet")
    wrong = []
    for error in ("missed", "false"):
        sure = [name for name, (of, is_sure, _) in SIGNS.items() if of == error and is_sure]
        every = [name for name, (of, _, _) in SIGNS.items() if of == error]
        for side, names in (("least", sure), ("most", every)):
            shown = (
                signs.filter(pl.col("sign").is_in(names))
                .select(KNOWN)
                .unique()
                .with_columns(pl.lit(value=True).alias(side))
            )
            records = (
                records.drop(side, strict=False)
                .join(shown, on=KNOWN, how="left")
                .with_columns(pl.col(side).fill_null(value=False))
            )
            for group in (None, *GROUPS):
                by = pl.lit("everybody") if group is None else pl.col(group).fill_null("unknown")
                counts = (
                    records.group_by(by.alias("group")).agg(pl.col(error, side).sum()).sort("group")
                )
                for name, true, bound in counts.iter_rows():
                    if group is None:
                        print(f"{error} links: {true} records, at {side} {bound}", flush=True)
                    if (side == "least" and bound > true) or (side == "most" and bound < true):
                        wrong.append(
                            f"relinked: {error} links of {name}: {true} records, "
                            f"and the bound says at {side} {bound}"
                        )
    return wrong


def _judged(linkage: Path, truth: Path) -> pl.DataFrame:
    """Records with sex, ethnic group, and whether they are apart from most of their person, or with
    most of another.
    """
    raw = pl.read_parquet(truth / "record_person.parquet").unique(
        ["source", "table_name", "source_key"], maintain_order=True
    )
    parts = [
        part.select(
            pl.lit(str(source)).alias("source_dataset"),
            pseudonymise_keys(
                part["source_key"], list_contracts()[str(source), str(table)].record_family, KEY
            ).alias("source_record_id"),
            "true_person_id",
        )
        for (source, table), part in raw.group_by("source", "table_name", maintain_order=True)
    ]
    links = pl.read_parquet(linkage / "person_links.parquet").select(*KNOWN, "person_id")
    records = pl.concat(parts).join(links, on=KNOWN)
    cells = (
        records.group_by("true_person_id", "person_id")
        .len()
        .sort("len", "person_id", "true_person_id", descending=[True, False, False])
    )
    main_link = cells.unique("true_person_id", keep="first", maintain_order=True).select(
        "true_person_id", pl.col("person_id").alias("mine")
    )
    main_truth = cells.unique("person_id", keep="first", maintain_order=True).select(
        "person_id", pl.col("true_person_id").alias("theirs")
    )
    people = pl.read_parquet(truth / "persons.parquet").select(
        "true_person_id", "sex", "ethnic_group"
    )
    return (
        records.join(main_link, on="true_person_id")
        .join(main_truth, on="person_id")
        .join(people, on="true_person_id", how="left")
        .with_columns(
            (pl.col("person_id") != pl.col("mine")).alias("missed"),
            (pl.col("true_person_id") != pl.col("theirs")).alias("false"),
        )
    )
