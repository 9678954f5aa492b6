"""Tallies add up over parts of the world, and are judged by the bounds of the list of targets."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import polars as pl
import pytest

from pipeline.synthetic.calibration import published_figures
from pipeline.synthetic.key_ranges import EVENT
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.population.people import People

Tables = dict[tuple[str, str], pl.DataFrame]
ESSENTIAL = {
    "records_magistrates",
    "records_crown_court",
    "records_prison",
    "records_probation",
    "reports_oral_share",
    "reports_fast_share",
    "reports_standard_share",
    "custody_rate_2019",
    "sentence_length_2019",
    "recalls_2018_q3",
    "defendants_returned",
    "defendants_returned_once",
    "defendants_returned_six_or_more",
}


def on_target(**instead: float) -> pl.DataFrame:
    """Tallies of a whole nation that meet every target, but for those given."""
    rows: list[tuple[str, str, int, float]] = []
    for row in published_figures.read_targets().iter_rows(named=True):
        name, kind, wanted = row["measure"], row["kind"], instead.get(row["measure"], row["target"])
        if kind in ("mean", "median"):
            rows.append((name, "value", round(wanted * row["divisor"]), 1e6))
        elif kind == "count":
            rows.append((name, "numerator", 0, wanted))
        else:
            rows += [(name, "numerator", 0, wanted * 1e8), (name, "denominator", 0, 1e8)]
    return pl.DataFrame(rows, schema=["measure", "part", "value", "n"], orient="row")


def test_targets_lie_within_their_bounds() -> None:
    listed = published_figures.read_targets()
    assert listed["measure"].is_unique().all()
    assert listed.filter(
        ~pl.col("target").is_between("low", "high") | (pl.col("low") >= pl.col("high"))
    ).is_empty()
    assert set(listed["kind"]) == {"count", "share", "mean", "median", "ratio"}
    assert set(listed.filter("is_essential")["measure"]) >= ESSENTIAL
    assert listed.null_count().sum_horizontal().item() == 0


def test_a_nation_on_target_passes_and_one_off_it_fails() -> None:
    good = published_figures.summarise_judged(published_figures.judge_tallies(on_target(), 1.0))
    assert (good.failing, good.passing, good.share) == ((), good.targets, 1.0)
    off = {
        "records_prison": 1_330_000,
        "reports_women_share": 0.3,
        "sentence_length_2019": 25.0,
        "crown_waiting_2019_q4": 9.0,
    }
    bad = published_figures.summarise_judged(
        published_figures.judge_tallies(on_target(**off, recalls_to_releases_2018_q3=0.5), 1.0)
    )
    assert set(bad.failing) == {*off, "recalls_to_releases_2018_q3"}
    assert set(bad.essential_failing) == {"records_prison", "sentence_length_2019"}


def test_counts_grow_with_the_share_and_too_few_are_not_judged() -> None:
    tenth = on_target().with_columns(pl.col("n") / 10)
    judged = published_figures.judge_tallies(tenth, 0.1)
    assert judged.filter(pl.col("measure") == "records_prison")["achieved"].item() == pytest.approx(
        1_300_000
    )
    tiny = published_figures.judge_tallies(on_target().with_columns(pl.col("n") / 1e7), 1e-7)
    assert tiny["passes"].null_count() == tiny.height
    assert published_figures.summarise_judged(tiny).share is None


def test_clusters_of_records_in_few_people_widen_the_error() -> None:
    few = pl.DataFrame(
        {"measure": ["records_prison"], "part": ["squares"], "value": [0], "n": [1e10]}
    )
    judged = published_figures.judge_tallies(pl.concat([on_target(), few]), 1.0)
    assert judged.filter(pl.col("passes").is_null())["measure"].to_list() == ["records_prison"]


def test_relative_rates_divide_by_the_base() -> None:
    name = "custody_crown_black_to_white_men"
    rows = [
        (name, "numerator", 0, 6e5),
        (name, "denominator", 0, 1e6),
        (name, "base_numerator", 0, 4e5),
        (name, "base_denominator", 0, 8e5),
    ]
    judged = published_figures.judge_tallies(
        pl.DataFrame(rows, schema=["measure", "part", "value", "n"], orient="row"), 1.0
    )
    row = judged.filter(pl.col("measure") == name)
    assert row["achieved"].item() == pytest.approx(1.2)
    assert row["passes"].item()
    assert judged["achieved"].null_count() == judged.height - 1


def test_every_target_is_tallied_and_every_tally_has_a_target(
    default_world: tuple[People, Lives], default_tables: Tables
) -> None:
    people, lives = default_world
    tallies = published_figures.tally_partition(default_tables, lives, people)
    assert set(tallies["measure"]) == set(published_figures.read_targets()["measure"])
    unknown = published_figures.judge_tallies(tallies, 0.01).filter(pl.col("achieved").is_null())
    assert set(unknown["measure"]) <= {"reports_standard_days_women"}, (
        "fewer than two hundred women in the nation"
    )


def test_tallies_of_two_parts_add_up_to_those_of_the_whole(
    default_world: tuple[People, Lives], default_tables: Tables
) -> None:
    """The second part is the first again, with people, cases and keys of its own."""
    people, lives = default_world
    own = {
        "person": len(people),
        "case": _past(lives.cases["case"]),
        "joint": _past(lives.cases["joint"]),
    }
    held = {name: getattr(lives, name) for name in ("cases", "custody", "releases", "recalls")}
    twice = Lives(**{name: pl.concat([rows, _moved(rows, own)]) for name, rows in held.items()})
    double = SimpleNamespace(
        **{name: np.tile(getattr(people, name), 2) for name in ("female", "group", "died")}
    )
    case = lives.cases["case"].to_numpy()
    events, later = EVENT.references(case), EVENT.references(case + own["case"])
    keys = pl.DataFrame({"event_id_hash": events, "again": later})
    both = {name: pl.concat([rows, _renamed(rows, keys)]) for name, rows in default_tables.items()}
    one, whole = (
        published_figures.tally_partition(default_tables, lives, people),
        published_figures.tally_partition(both, twice, cast("People", double)),
    )
    by = ["measure", "part", "value"]
    assert one.with_columns(n=pl.col("n") * 2).sort(by).equals(whole.sort(by))
    assert published_figures.judge_tallies(pl.concat([one, one]), 0.02).equals(
        published_figures.judge_tallies(whole, 0.02)
    )


def _past(numbers: pl.Series) -> int:
    return int(cast("int", numbers.max())) + 1


def _moved(rows: pl.DataFrame, own: dict[str, int]) -> pl.DataFrame:
    return rows.with_columns(pl.col(name) + by for name, by in own.items() if name in rows.columns)


def _renamed(rows: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    if "_person" in rows.columns:
        return rows.with_columns(("again " + pl.col("_person")).alias("_person"))
    if "event_id_hash" not in rows.columns:
        return rows
    renamed = rows.join(keys, on="event_id_hash", how="left", maintain_order="left")
    return renamed.with_columns(event_id_hash=pl.coalesce("again", "event_id_hash")).drop("again")


def test_the_table_is_written_for_people_to_read(tmp_path: Path) -> None:
    judged = published_figures.judge_tallies(on_target(), 1.0)
    path = published_figures.write_table(tmp_path, judged)
    again = pl.read_csv(path)
    assert again.columns == list(published_figures.COLUMNS)
    assert again["measure"].to_list() == judged["measure"].to_list()
    assert again["passes"].all()
