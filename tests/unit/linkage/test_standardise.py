from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pytest

from tests.unit.linkage.conftest import cases


@pytest.mark.parametrize("case", cases("standardise"), ids=lambda case: f"{case['macro']}({case['given']})")
def test_spellings_become_one(database: duckdb.DuckDBPyConnection, case: dict[str, Any]) -> None:
    found = database.execute(f"select {case['macro']}(cast(? as varchar))", [case["given"]]).fetchone()
    assert found == (case["expect"],)


@pytest.mark.parametrize(
    ("given", "expect"), [(date(1900, 1, 1), None), (date(1970, 1, 1), None), (date(1970, 1, 2), date(1970, 1, 2)), (None, None)]
)
def test_default_dates_say_nothing(database: duckdb.DuckDBPyConnection, given: date | None, expect: date | None) -> None:
    assert database.execute("select real_day(cast(? as date))", [given]).fetchone() == (expect,)


@pytest.mark.parametrize("macro", ["given_names", "family_name"])
@pytest.mark.parametrize(
    "word",
    ["SMITH", "Smith", "smith", "Ng", "A", "Mr", "McDonald", "MAC", "Unknown", "NFN", "DUPLICATE", "smithDuplicate", "NOSHOW", "Zoë"],
)
def test_a_plain_word_is_read_like_any_other_name(database: duckdb.DuckDBPyConnection, macro: str, word: str) -> None:
    plain, other = (
        database.execute(f"select {macro}(word), {macro}('-' || word) from (select cast(? as varchar) as word)", [word]).fetchone() or ()
    )
    assert plain == other
