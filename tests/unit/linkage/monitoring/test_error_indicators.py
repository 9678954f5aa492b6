from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import duckdb
import polars as pl
import pytest

from pipeline.linkage.clustering import person_ids
from pipeline.linkage.monitoring import error_indicators

Record = Mapping[str, Any]
TEXTS = ("forename", "full_name", "postcode", "pnc", "cro", "prison_number", "crn", "asn")
NAMED = {"forename": "ANN", "full_name": "ANN LEE", "postcode": "LS11AA"}


@pytest.fixture
def found(database: duckdb.DuckDBPyConnection) -> Any:
    """Gives the signs of records: each has person, and may have a stricter `high` and a looser
    `low` group; edges are pairs of records.
    """

    def find(
        rows: list[Record], edges: list[tuple[int, int]] | None = None
    ) -> set[tuple[int, str]]:
        columns = {"record": pl.Series(range(len(rows)), dtype=pl.Int64)}
        columns |= {
            name: pl.Series(name, [row.get(name) for row in rows], dtype=pl.String)
            for name in TEXTS
        }
        columns |= {"birth": pl.Series([row.get("birth") for row in rows], dtype=pl.Date)}
        database.register("made", pl.DataFrame(columns))
        groups = [
            (place, row.get("high", row["person"]), row["person"], row.get("low", row["person"]))
            for place, row in enumerate(rows)
        ]
        database.register(
            "grouped_so",
            pl.DataFrame(groups, schema=["record", "high", "medium", "low"], orient="row"),
        )
        database.execute("create or replace temp table records as select * from made")
        database.execute("create or replace temp table groups as select * from grouped_so")
        database.execute(
            "create or replace temp table record_nodes as "
            "select record, record as node from records"
        )
        database.execute(
            "create or replace table clusters as select record as node, medium from groups"
        )
        person_ids.load_parts(database)
        database.execute(
            "create or replace temp table edges (node_l bigint, node_r bigint, match_weight double)"
        )
        for pair in edges or []:
            database.execute("insert into edges values (?, ?, -1.0)", pair)
        error_indicators.load_signs(database, is_scored=edges is not None)
        told = database.execute("select record, sign from link_signs").fetchall()
        assert len(told) == len(set(told))
        assert {sign for _, sign in told} <= set(error_indicators.SIGNS)
        return set(told)

    return find


def test_well_named_records_of_one_person_show_nothing(found: Any) -> None:
    ann = {**NAMED, "person": "a", "pnc": "2001/0000001A", "birth": date(1980, 1, 2)}
    assert found([ann, ann, {**ann, "pnc": None}], []) == set()


@pytest.mark.parametrize("number", ["pnc", "cro", "prison_number", "crn", "asn"])
def test_a_number_on_two_people_is_a_missed_link_of_the_smaller(found: Any, number: str) -> None:
    base = {**NAMED, "birth": date(1980, 1, 2), number: "X1"}
    rows = [{**base, "person": "a"}, {**base, "person": "a"}, {**base, "person": "b"}]
    assert found(rows, []) == {(2, "number_elsewhere")}


def test_a_number_on_many_people_is_a_dummy_and_says_nothing(found: Any) -> None:
    rows = [
        {**NAMED, "birth": date(1980, 1, 2), "cro": "X1", "person": f"p{number}"}
        for number in range(error_indicators.MAX_PEOPLE + 1)
    ]
    assert found(rows, []) == set()


def test_a_record_that_names_nobody_well_may_have_missed_its_person_and_a_company_may_not(
    found: Any,
) -> None:
    well = {**NAMED, "birth": date(1980, 1, 2), "person": "w"}
    thin = [
        {**well, missing: None, "person": missing} for missing in ("postcode", "full_name", "birth")
    ]
    numbered = {"forename": "ANN", "crn": "X1", "person": "n"}
    company = {"person": "c"}
    assert found([well, *thin, numbered, company], []) == {
        (1, "too_little"),
        (2, "too_little"),
        (3, "too_little"),
    }


def test_parts_at_other_thresholds_are_signs_on_the_smaller_part(found: Any) -> None:
    base = {**NAMED, "birth": date(1980, 1, 2)}
    rows = [{**base, "person": "a", "high": high, "low": "x"} for high in ("a1", "a1", "a2")] + [
        {**base, "person": "b", "low": "x"}
    ]
    assert found(rows, []) == {(2, "parted_at_high"), (3, "joined_at_low")}


def test_pairs_that_were_not_joined_are_signs_on_both_and_joined_ones_are_not(found: Any) -> None:
    base = {**NAMED, "birth": date(1980, 1, 2)}
    rows = [{**base, "person": person} for person in ("a", "a", "b")]
    assert found(rows, [(0, 1), (1, 2)]) == {(1, "weak_pair"), (2, "weak_pair")}
    assert found(rows) == set()


def test_contradictions_are_signs_of_wrong_links_on_the_fewer_records(found: Any) -> None:
    base = {**NAMED, "birth": date(1980, 1, 2), "person": "a"}
    one, other, slip = (
        {**base, "pnc": pnc} for pnc in ("2001/0000001A", "2019/7654321Z", "2001/0000010A")
    )
    assert found([one, one, one, other, other], []) == {(3, "other_number"), (4, "other_number")}
    assert found([one, one, other], []) == set(), "one record alone may be a slip"
    assert found([one, one, slip, slip], []) == set(), "two signs swapped are a slip"
    young = {**base, "birth": date(1994, 1, 2)}
    assert found([base, base, young], []) == {(2, "other_birth")}
    assert found([base, base, {**base, "birth": date(1989, 1, 2)}], []) == set()
