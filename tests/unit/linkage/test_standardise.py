from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipeline.linkage.prepare import load_records
from tests.support.identity import cases, write_identity


@pytest.mark.parametrize(
    "case", cases("standardise"), ids=lambda case: f"{case['macro']}({case['given']})"
)
def test_spellings_become_one(database: duckdb.DuckDBPyConnection, case: dict[str, Any]) -> None:
    found = database.execute(
        f"select {case['macro']}(cast(? as varchar))", [case["given"]]
    ).fetchone()
    assert found == (case["expect"],)


@pytest.mark.parametrize(
    ("given", "expect"),
    [
        (date(1900, 1, 1), None),
        (date(1970, 1, 1), None),
        (date(1970, 1, 2), date(1970, 1, 2)),
        (None, None),
    ],
)
def test_default_dates_say_nothing(
    database: duckdb.DuckDBPyConnection, given: date | None, expect: date | None
) -> None:
    assert database.execute("select real_day(cast(? as date))", [given]).fetchone() == (expect,)


@pytest.mark.parametrize("macro", ["given_names", "family_name"])
@pytest.mark.parametrize(
    "word",
    [
        "SMITH",
        "Smith",
        "smith",
        "Ng",
        "A",
        "Mr",
        "McDonald",
        "MAC",
        "Unknown",
        "NFN",
        "DUPLICATE",
        "smithDuplicate",
        "NOSHOW",
        "Zoë",
    ],
)
def test_a_plain_word_is_read_like_any_other_name(
    database: duckdb.DuckDBPyConnection, macro: str, word: str
) -> None:
    plain, other = (
        database.execute(
            f"select {macro}(word), {macro}('-' || word) from (select cast(? as varchar) as word)",
            [word],
        ).fetchone()
        or ()
    )
    assert plain == other


@pytest.mark.parametrize(
    ("macro", "number"),
    [
        *(
            ("real_pnc", number)
            for number in (
                "2003/0123456X",
                "2003/0000000X",
                "2103/0123456X",
                "03/123456X",
                "20030123456X",
                "2003/0123456",
            )
        ),
        *(
            ("real_cro", number)
            for number in (
                "012345/99X",
                "000000/99X",
                "12345/99X",
                "SF99/012345X",
                "01234599X",
                "SF99/000000X",
            )
        ),
        *(
            ("real_postcode", code)
            for code in (
                "LS1 4AP",
                "LS14AP",
                "EC1A 1BB",
                "NF1 1NF",
                "NF11FA",
                "ZZ99 3VZ",
                "NP1 1AA",
                "LS1  4AP",
                "LS1",
            )
        ),
    ],
)
def test_a_number_in_its_usual_form_is_read_like_any_other(
    database: duckdb.DuckDBPyConnection, macro: str, number: str
) -> None:
    usual, other = (
        database.execute(
            f"select {macro}(number), {macro}('-' || number) from (select ? as number)", [number]
        ).fetchone()
        or ()
    )
    assert usual == other


def test_aliases_become_names_in_order_without_single_words(
    database: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    spelt = {"a": "Tom O'Neil; DUPLICATE_Tom Smith;;Tom; tom smith", "b": "Tom; Unknown", "c": None}
    rows = [
        {"source": "probation", "id": name, "aliases": aliases} for name, aliases in spelt.items()
    ]
    load_records.load_records(database, write_identity(tmp_path / "identity", rows))
    told = dict(database.execute("select source_record_id, aliases from records").fetchall())
    assert told == {"a": ["TOM ONEIL", "TOM SMITH"], "b": [], "c": []}
