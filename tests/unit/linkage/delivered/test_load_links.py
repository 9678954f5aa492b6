from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.errors import LinkageError
from tests.support.identity import Linked, stranger, write_identity

PERSON_LINKS = ("person_id", "source_dataset", "cluster_high", "cluster_medium", "cluster_low")
ROWS: list[dict[str, Any]] = [
    {**stranger(1), "id": "m1", "sent_to_crown_date": date(2015, 1, 1)},
    {**stranger(2), "id": "m2"},
    {**stranger(2), "id": "m3"},
    {"source": "crown_court", "id": "c1", "surname": "Someone", "receipt_date": date(2015, 1, 4)},
    {"source": "prison", "id": "j1", "offender_id": "o1", "surname": "Someone"},
    {"source": "prison", "id": "j2", "offender_id": "o1", "surname": "Someone"},
    {"source": "probation", "id": "f1", "surname": "Someone"},
]


def _deliver(
    identity: Path, people: Sequence[tuple[str, ...]], links: list[dict[str, Any]] | None = None
) -> None:
    (identity / "linking").mkdir(parents=True)
    pl.DataFrame(people, schema=dict.fromkeys(PERSON_LINKS, pl.String), orient="row").write_parquet(
        identity / "linking" / "person_links.parquet"
    )
    columns = ("mc_case_id", "mc_defendant_id", "cc_defendant_on_case_id")
    pl.DataFrame(links or [], schema=dict.fromkeys(columns, pl.String)).write_parquet(
        identity / "linking" / "case_links.parquet"
    )


@pytest.fixture
def identity(tmp_path: Path) -> Path:
    return write_identity(tmp_path / "identity_linkage", ROWS)


def test_delivered_people_replace_our_linkage_with_ids_of_our_own(
    linked: Linked, identity: Path
) -> None:
    people = [
        ("m1", "magistrates_libra", "h1", "x", "l"),
        ("c1", "crown_xhibit", "h2", "x", "l"),
        ("o1", "prison_nomis", "h3", "y", "l"),
    ]
    _deliver(identity, people)
    summary, links = linked()
    assert (summary.is_delivered, summary.model, summary.nodes, summary.records) == (
        True,
        None,
        0,
        len(ROWS),
    )
    person = dict(links.select("source_record_id", "person_id").iter_rows())
    assert person["m1"] == person["c1"]
    assert person["j1"] == person["j2"], "prison records are named by their offender"
    assert len({person[record] for record in ("m1", "j1", "m2", "m3", "f1")}) == 5, (
        "records that the lookup does not name stay alone"
    )
    assert (
        links.filter(pl.col("source_record_id").is_in(["m1", "c1"]))["person_id_high"].n_unique()
        == 2
    )
    assert (
        links.filter(pl.col("source_record_id").is_in(["m1", "c1", "j1"]))[
            "person_id_low"
        ].n_unique()
        == 1
    )
    assert links["person_id"].str.contains("^P[0-9a-f]{31}$").all()
    assert links["match_weight"].is_null().all()


def test_delivered_case_links_are_taken_with_the_days_that_we_know(
    linked: Linked, identity: Path, tmp_path: Path
) -> None:
    case = {"mc_case_id": "m1c", "mc_defendant_id": "m1d", "cc_defendant_on_case_id": "c1"}
    _deliver(
        identity,
        [("m1", "magistrates_libra", "h", "x", "l")],
        [case, case | {"mc_case_id": "nowhere"}],
    )
    linked()
    links = pl.read_parquet(tmp_path / "linkage" / "case_links.parquet")
    assert links.rows() == [("m1", "c1", "delivered", None, 3)]


def test_lookups_that_were_not_delivered_are_empty_and_replace_nothing(
    linked: Linked, identity: Path
) -> None:
    _deliver(identity, [])
    summary, links = linked()
    assert not summary.is_delivered
    assert links.filter(pl.col("source_record_id").is_in(["m2", "m3"]))["person_id"].n_unique() == 1


def test_lookup_of_other_records_is_an_error(linked: Linked, identity: Path) -> None:
    _deliver(identity, [("zz", "magistrates_libra", "h", "x", "l")])
    with pytest.raises(LinkageError, match="name no record of the delivery"):
        linked()
