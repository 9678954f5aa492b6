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


def test_aliases_become_names_in_order_without_single_words(database: duckdb.DuckDBPyConnection) -> None:
    query = "select alias_names('Tom O''Neil; DUPLICATE_Tom Smith;;Tom; tom smith')"
    assert database.execute(query).fetchone() == (["TOM ONEIL", "TOM SMITH"],)
