"""What contracts state of whole tables names things that are there."""

from __future__ import annotations

from dataclasses import fields

import polars as pl
import pytest

from data_contracts.code_days import in_force
from data_contracts.expectations import DRIFT, ROW_HISTORY
from pipeline.contracts.registry import Contract, list_contracts

every_table = pytest.mark.parametrize(
    "contract", list_contracts().values(), ids=lambda contract: contract.name
)


@every_table
def test_coverage_is_by_a_date_that_the_payload_keeps(contract: Contract) -> None:
    stated = contract.facts.coverage
    if stated:
        assert contract.types[stated.by] == pl.Date()
        assert contract.columns[stated.by].privacy != "direct"


@every_table
def test_dated_codes_have_a_list_with_days_and_a_date(contract: Contract) -> None:
    for _, column, day in contract.dated_codes:
        assert in_force(contract.columns[column].codes or "")
        assert contract.types[day] == pl.Date()


@every_table
def test_a_reference_to_a_table_finds_its_family_there(contract: Contract) -> None:
    for column in contract.columns.values():
        if column.to:
            (target,) = [other for other in list_contracts().values() if other.name == column.to]
            assert [
                one
                for one in target.columns.values()
                if one.family == column.family and one.role != "value"
            ]
        assert 0 <= column.orphan_tolerance <= 1


def test_every_source_of_people_states_coverage_of_its_main_table() -> None:
    stated = {
        contract.facts.source for contract in list_contracts().values() if contract.facts.coverage
    }
    assert stated >= {"probation", "prison", "crown_court", "magistrates"}


def test_tolerances_are_shares_and_levels_are_strict() -> None:
    for usual in (ROW_HISTORY, DRIFT):
        assert usual.level <= 1e-6
        assert usual.clustering >= 1
        assert all(getattr(usual, one.name) > 0 for one in fields(usual))
    assert ROW_HISTORY.fall < ROW_HISTORY.collapse < 1
