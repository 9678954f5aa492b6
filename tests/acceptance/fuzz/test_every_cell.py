"""Whatever is wrong with a cell, its row is staged, quarantined or removed as a duplicate, or all
ends in an error: never nowhere.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from pipeline.contracts.registry import Contract, list_contracts
from tests.acceptance.fuzz.corruption import (
    FORMS,
    Corrupted,
    Form,
    corruptions,
    every_cell,
    misplaced,
)

TABLES = [pytest.param(contract, id=contract.name) for contract in list_contracts().values()]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("contract", TABLES)
def test_a_corrupt_cell_of_any_column_loses_no_row(contract: Contract, form: Form) -> None:
    assert misplaced(every_cell(contract, raw=form == "csv"), form) == []


@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(corruptions())
def test_any_text_in_any_cells_loses_no_row(drawn: tuple[Corrupted, Form]) -> None:
    assert misplaced(*drawn) == []
