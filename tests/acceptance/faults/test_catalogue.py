"""Every fault of the catalogue is caught at its gate, counted to the row, and nothing else is said
of the delivery.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from data_contracts.rules import RULES, Severity
from pipeline.contracts.registry import list_contracts
from pipeline.supplier import check
from pipeline.workspace import Build
from tests.acceptance.faults import catalogue, door
from tests.acceptance.faults.catalogue import FAULTS
from tests.acceptance.faults.door import Clean, Seen, Where
from tests.acceptance.faults.draft import Draft
from tests.acceptance.faults.fault import Fault

WHOLE_DELIVERY = ("manifest", "tables", "digests")
"""Gates at which a delivery is refused before any table is read."""
each_fault = pytest.mark.parametrize(
    "fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-")
)


@pytest.fixture
def one(fault: Fault, request: pytest.FixtureRequest) -> Clean:
    """The clean delivery that the fault is done to."""
    clean: Clean = request.getfixturevalue("linked" if fault.linked else "plain")
    return clean


@each_fault
def test_a_fault_is_caught_at_its_gate_and_nowhere_else(
    fault: Fault, one: Clean, tmp_path: Path
) -> None:
    draft = Draft(one.folder, tmp_path / "delivery")
    rows = list(fault.change(draft))
    seen = door.pass_all(draft, one, Build(tmp_path / "build"))
    assert fault.rows is None or len(rows) == fault.rows
    if fault.refused:
        assert re.search(fault.refused, seen.refused), seen.refused
        assert (
            seen.at == fault.gate
            if fault.gate in WHOLE_DELIVERY
            else seen.at in ("table", "supplement")
        )
        assert not names_of_people(one, fault) & set(re.split(r"\W+", seen.refused))
    else:
        assert not seen.refused
        assert_every_row_is_in_its_place(fault, seen, one, draft, rows)
    assert seen.findings == one.seen.findings | expected(fault, draft)
    assert_blocked(fault, seen)


def expected(fault: Fault, draft: Draft) -> dict[Where, tuple[Severity, int]]:
    """What the fault's record says."""
    return {
        (found.table or fault.table, found.column, found.rule): (
            found.severity,
            found.rows(draft) if callable(found.rows) else found.rows,
        )
        for found in fault.found
    }


def assert_blocked(fault: Fault, seen: Seen) -> None:
    """One line blocks the run, or none."""
    assert len(seen.blocking) == bool(fault.blocked), seen.blocking
    assert not fault.blocked or re.search(fault.blocked, seen.blocking[0]), seen.blocking


def assert_every_row_is_in_its_place(
    fault: Fault, seen: Seen, one: Clean, draft: Draft, rows: list[int]
) -> None:
    """The ledger balances to the row, quarantine holds the rows that were spoiled, and no other row
    is another one.
    """
    for table, entry in seen.entries.items():
        mine = table == fault.table
        assert entry.balances
        assert entry.delivered == sum(
            file.rows for file in door.read(draft).of_table(entry.source, entry.table_name)
        )
        assert entry.quarantined == len(seen.held(table)) == (fault.held if mine else 0)
        assert entry.duplicates_removed == (fault.removed if mine else 0)
        assert entry.replaced == (fault.replaced if mine else 0)
        if not list_contracts()[entry.source, entry.table_name].is_lookup:
            assert seen.staged(table).height == entry.staged
            assert_only_these_differ(
                seen.staged(table), one.seen.staged(table), rows, entry.staged + fault.held
            )
    assert_these_are_held(fault, seen.held(fault.table), rows)
    if fault.gate in ("order of dates", "in force"):
        (found,) = fault.found
        flags = (
            seen.staged(fault.table)["contract_flags"]
            .fill_null("")
            .str.split(";")
            .list.contains(found.rule)
        )
        assert [place + 1 for place in flags.arg_true()] == rows


def assert_these_are_held(fault: Fault, held: list[tuple[str, int]], rows: list[int]) -> None:
    """The spoiled rows are in quarantine; of two rows with one key, either is."""
    numbers = [number for _, number in held]
    assert all(file.endswith(fault.file) for file, _ in held)
    assert len(numbers) == len(set(numbers)) == fault.held
    if any(found.rule == "unique" for found in fault.found):
        pairs = zip(rows[: fault.held], rows[fault.held :], strict=False)
        assert not numbers or [len(set(pair) & set(numbers)) for pair in pairs] == [1] * fault.held
    elif fault.held:
        assert sorted(numbers) == sorted(rows)


def assert_only_these_differ(
    staged: pl.DataFrame, clean: pl.DataFrame, rows: list[int], most: int
) -> None:
    """Every staged row is a clean one, except spoiled rows that are kept all the same."""
    strangers = staged.join(clean, on=clean.columns, how="anti", nulls_equal=True)
    assert strangers.height <= len(rows)
    assert staged.n_unique() == staged.height <= most


def names_of_people(one: Clean, fault: Fault) -> set[str]:
    """Every name and number that the clean table gives people."""
    contract = list_contracts()[tuple(fault.table.split("."))]  # type: ignore[index]
    direct = [name for name, column in contract.columns.items() if column.privacy == "direct"]
    rows = pl.read_parquet(Draft.clean_file(one.folder, fault.table), columns=direct).cast(
        pl.String
    )
    return {value for name in direct for value in rows[name].drop_nulls()}


def test_a_clean_delivery_raises_no_alarm(plain: Clean, linked: Clean) -> None:
    assert plain.seen.findings == {}
    assert set(linked.seen.findings) == {
        ("linking.case_links", "crown_court", "records without a link: each stands alone")
    }
    assert plain.seen.blocking == linked.seen.blocking == []
    assert not [
        entry
        for entry in plain.seen.entries.values()
        if entry.quarantined or entry.duplicates_removed
    ]


AT_THE_DOOR = (
    "two reasons in one row",
    "key of another row",
    "prison custodial journeys: booking end date first",
    "fields missing",
)


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault.name in AT_THE_DOOR], ids=lambda fault: fault.gate
)
def test_a_supplier_is_told_the_same_with_the_rows(
    fault: Fault, one: Clean, tmp_path: Path
) -> None:
    draft = Draft(one.folder, tmp_path / "delivery")
    rows = list(fault.change(draft))
    examined = check.examine_delivery(draft.seal(), one.settings, lambda _: None)
    told = {
        (found.table, found.column, found.rule): (found.severity, found.rows)
        for found in examined.findings
    }
    assert told == expected(fault, draft)
    for found in examined.findings:
        assert {sample.row for sample in found.samples} <= set(rows)
        assert len(found.samples) == found.rows


def test_there_are_enough_faults_and_each_has_its_own_name() -> None:
    caught = [fault for fault in FAULTS if fault.outcome != "read as it is"]
    assert len(caught) >= 60
    assert [
        name for name, times in Counter(fault.name for fault in FAULTS).items() if times > 1
    ] == []
    assert {fault.gate for fault in FAULTS if fault.outcome == "read as it is"} == {"form"}


def test_every_kind_of_rule_has_a_fault() -> None:
    broken = set().union(*(catalogue.kinds(fault) for fault in FAULTS))
    assert set(RULES) <= broken


def test_every_rule_that_compares_columns_has_a_fault() -> None:
    broken = {(fault.table, found.rule) for fault in FAULTS for found in fault.found}
    for contract in list_contracts().values():
        assert {
            (contract.name, flag) for flag, _, _ in (*contract.flags, *contract.dated_codes)
        } <= broken


def test_the_page_is_that_of_the_catalogue() -> None:
    assert catalogue.PAGE.read_text(encoding="utf-8") == catalogue.page(), (
        "run `python -m tests.acceptance.faults.catalogue`"
    )
