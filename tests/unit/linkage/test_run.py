from __future__ import annotations

import logging
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.errors import LinkageError
from pipeline.linkage.prepare import load_records
from pipeline.linkage.run import STEPS
from pipeline.linkage.scoring import candidate_pairs
from tests.support.identity import Linked, cases, digest, stranger, write_identity

CASES = cases("people")
STRANGERS = 3000
OUTPUTS = (
    "person_links",
    "case_links",
    "link_quality",
    "link_signs",
    "person_crosswalk",
    "person_link_draw",
    "person_confidence",
    "record_confidence",
    "registry_persons",
)


def _everyone(count: int = STRANGERS) -> list[dict[str, Any]]:
    rows = [
        {"id": digest(case["case"], place), **row}
        for case in CASES
        for place, row in enumerate(case["records"])
    ]
    return rows + [stranger(number) for number in range(count)]


@pytest.fixture(scope="module")
def everyone(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Person links of all worked cases, among strangers."""
    from pipeline.linkage.run import link_identity

    folder = tmp_path_factory.mktemp("everyone")
    write_identity(folder / "identity", _everyone())
    link_identity(
        folder / "identity",
        folder / "linkage",
        registry=folder / "registry",
        threads=2,
        memory="500MB",
    )
    return pl.read_parquet(folder / "linkage" / "person_links.parquet")


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["case"]))
def test_records_are_grouped_into_people(everyone: pl.DataFrame, case: dict[str, Any]) -> None:
    person = dict(everyone.select("source_record_id", "person_id").iter_rows())
    places = range(len(case["records"]))
    groups: dict[str, list[int]] = {}
    for place in places:
        groups.setdefault(person[digest(case["case"], place)], []).append(place)
    alone = [
        [place]
        for place in places
        if place not in {member for group in case["people"] for member in group}
    ]
    assert sorted(groups.values()) == sorted([*case["people"], *alone])


def test_every_record_is_there_once_and_strangers_stay_strangers(everyone: pl.DataFrame) -> None:
    rows = _everyone()
    assert sorted(everyone["source_record_id"]) == sorted(row["id"] for row in rows)
    strangers = everyone.filter(pl.col("source_record_id").str.starts_with("stranger"))
    assert strangers["person_id"].n_unique() == strangers.height
    assert strangers["match_weight"].is_null().all()


def test_links_have_their_columns_ids_and_order(everyone: pl.DataFrame) -> None:
    assert everyone.columns == [
        "source_dataset",
        "source_record_id",
        "person_id",
        "person_id_high",
        "person_id_low",
        "match_weight",
    ]
    assert everyone.equals(everyone.sort("source_dataset", "source_record_id"))
    for column, letter in (("person_id", "P"), ("person_id_high", "H"), ("person_id_low", "L")):
        assert everyone[column].str.contains(f"^{letter}[0-9a-f]{{31}}$").all()


def test_stricter_people_lie_within_looser_ones(everyone: pl.DataFrame) -> None:
    for strict, loose in (("person_id_high", "person_id"), ("person_id", "person_id_low")):
        assert everyone.group_by(strict).agg(pl.col(loose).n_unique())[loose].max() == 1


def test_order_of_rows_and_threads_change_no_byte(linked: Linked, tmp_path: Path) -> None:
    rows = _everyone(300)
    rows += [row | {"id": f"{row['id']}again", "postcode": None} for row in rows]
    linked(rows, name="one", threads=1)
    linked(rows, name="two", threads=2, shuffle=5)
    linked(rows, name="three", threads=2, shuffle=9)
    for name in OUTPUTS:
        files = [
            (tmp_path / run / f"{name}.parquet").read_bytes() for run in ("one", "two", "three")
        ]
        assert files[0] == files[1] == files[2], name


@pytest.mark.parametrize(
    "most",
    [candidate_pairs.MAX_IN_BLOCK, 2],
    ids=["every block", "blocks left out in several parts"],
)
def test_same_links_in_however_many_parts(
    linked: Linked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    rows = _everyone(300)
    rows += [row | {"id": f"{row['id']}again", "postcode": None} for row in rows]
    monkeypatch.setattr(
        candidate_pairs, "find_pairs", partial(candidate_pairs.find_pairs, most=most)
    )
    linked(rows, name="whole")
    monkeypatch.setattr(load_records, "RECORDS_A_PART", 60)
    linked(rows, name="parted")
    quality = pl.read_parquet(tmp_path / "parted" / "link_quality.parquet")
    assert quality.filter(measure="blocks_left_out").is_empty() == (
        most == candidate_pairs.MAX_IN_BLOCK
    )
    assert quality.select("measure", "source_pair", "category").is_unique().all()
    # Which of two equal merges is the bridge of a person hangs on the numbers of nodes, so draws
    # and confidences may differ.
    for name in ("person_links", "case_links", "link_quality", "link_signs"):
        files = [(tmp_path / run / f"{name}.parquet").read_bytes() for run in ("whole", "parted")]
        assert files[0] == files[1], name


def test_equal_records_are_one_node_and_both_come_back(linked: Linked) -> None:
    rows = _everyone(50)
    named = next(row for row in rows if row.get("postcode") and row.get("forename"))
    twice = [*rows, named | {"id": "copy"}]
    before, _ = linked(rows, name="before")
    after, links = linked(twice, name="after")
    assert (after.nodes, after.records) == (before.nodes, before.records + 1)
    pair = links.filter(pl.col("source_record_id").is_in([named["id"], "copy"]))
    assert pair["person_id"].n_unique() == 1
    assert pair["match_weight"].min() > 20  # type: ignore[operator]


def test_equal_but_hardly_named_records_are_not_collapsed(linked: Linked) -> None:
    john = {"source": "magistrates", "forename": "John", "surname": "Smith", "date_of_birth": None}
    summary, links = linked(
        [{**john, "id": "a"}, {**john, "id": "b"}, *(stranger(number) for number in range(2000))]
    )
    assert summary.nodes == summary.records
    assert links.filter(pl.col("source_record_id").is_in(["a", "b"]))["person_id"].n_unique() == 2


def test_no_value_leaves_the_room(
    linked: Linked,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    rows = _everyone(100)
    linked(rows)
    spoken = "".join(capfd.readouterr()) + caplog.text
    written = b"".join(file.read_bytes() for file in (tmp_path / "linkage").iterdir())
    frames = "".join(pl.read_parquet(file).write_csv() for file in (tmp_path / "linkage").iterdir())
    for row in rows:
        for name in ("forename", "surname", "postcode", "pnc"):
            value = str(row.get(name) or "").strip()
            if len(value) > 4:
                assert value not in spoken
                assert value.encode() not in written
                assert value.upper() not in frames.upper()


def test_nothing_but_the_lookups_is_left(linked: Linked, tmp_path: Path) -> None:
    linked(_everyone(10))
    assert {file.stem for file in (tmp_path / "linkage").iterdir()} == set(OUTPUTS)
    assert {path.name for path in tmp_path.iterdir()} == {"identity_linkage", "linkage"}


def test_failure_names_the_step_and_no_value_and_leaves_the_former_links(
    linked: Linked, tmp_path: Path
) -> None:
    rows = _everyone(200)
    linked(rows)
    before = (tmp_path / "linkage" / "person_links.parquet").read_bytes()
    with pytest.raises(LinkageError) as failure:
        linked(rows, memory="2MB")
    assert failure.value.__cause__ is None
    assert failure.value.__context__ is None
    assert "memory" in str(failure.value)
    assert not any(str(row["surname"]) in str(failure.value) for row in rows)
    assert (tmp_path / "linkage" / "person_links.parquet").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"identity_linkage", "linkage"}


def test_nothing_to_link_is_said(linked: Linked, tmp_path: Path) -> None:
    (tmp_path / "identity_linkage").mkdir()
    with pytest.raises(LinkageError, match="land a delivery first"):
        linked()


def test_a_record_that_is_there_twice_is_our_fault_and_raises(linked: Linked) -> None:
    with pytest.raises(LinkageError, match="1 source records are there more than once"):
        linked([stranger(1), stranger(1)])


def test_people_without_any_pair_are_alone(linked: Linked) -> None:
    summary, links = linked([stranger(1), stranger(2)])
    assert (summary.candidate_pairs, summary.persons) == (0, 2)
    assert links["person_id"].n_unique() == 2


def test_days_reach_their_record_through_other_tables(linked: Linked, tmp_path: Path) -> None:
    who = {"forename": "Leopold", "surname": "Quarrington", "postcode": None}
    rows = [
        {"source": "probation", "id": "a", **who, "date_of_birth": None},
        {"source": "prison", "id": "b", **who, "date_of_birth": None},
        *(stranger(number) for number in range(2000)),
    ]
    days = pl.DataFrame(
        {
            "event_id_hash": ["e1"],
            "offender_id": ["a"],
            "custody_id": ["k1"],
            "conviction_date": ["2015-01-02"],
        }
    )
    releases = pl.DataFrame(
        {"release_id": ["r1"], "custody_id": ["k1"], "actual_release_date": ["2016-03-04"]}
    )
    identity = write_identity(tmp_path / "identity_linkage", rows)
    apart = linked()[1]
    prison = pl.read_parquet(identity / "prison" / "custodial_journeys.parquet").with_columns(
        pl.lit("2015-01-02").str.to_date().alias("sentence_start_date"),
        pl.lit("2016-03-04").str.to_date().alias("release_date"),
    )
    prison.write_parquet(identity / "prison" / "custodial_journeys.parquet")
    days.with_columns(pl.col("conviction_date").str.to_date()).write_parquet(
        identity / "probation" / "events.parquet"
    )
    releases.with_columns(pl.col("actual_release_date").str.to_date()).write_parquet(
        identity / "probation" / "releases.parquet"
    )
    together = linked()[1]
    for links, people in ((apart, 2), (together, 1)):
        assert (
            links.filter(pl.col("source_record_id").is_in(["a", "b"]))["person_id"].n_unique()
            == people
        )


def test_progress_tells_every_step_when_it_starts_and_how_much_is_done(
    linked: Linked, tmp_path: Path
) -> None:
    told: list[tuple[str, float]] = []
    linked(
        _everyone(50),
        review=tmp_path / "review",
        progress=lambda step, share: told.append((step, share)),
    )
    steps, shares = zip(*told, strict=True)
    assert steps == tuple(step for step in STEPS if step != "read delivered links")
    assert shares[0] == 0
    assert list(shares) == sorted(shares)
    assert shares[-1] < 1


def test_progress_leaves_out_what_is_not_done(linked: Linked) -> None:
    told: dict[str, float] = {}
    linked([stranger(1)], progress=told.__setitem__)
    assert "choose pairs for clerical review" not in told
    assert told["write links"] > 0.5
