from __future__ import annotations

import json
from dataclasses import fields as fields_of
from dataclasses import replace
from pathlib import Path

import pytest

import data_contracts
from data_contracts.fields import Column, TableFacts
from pipeline.errors import ContractError
from pipeline.exports import generate
from pipeline.exports.baseline import (
    COLUMN_ASIDE,
    COLUMN_FACTS,
    TABLE_ASIDE,
    Baseline,
    baseline_json,
    build_baseline,
    read_baseline,
)
from pipeline.exports.changes import (
    COLUMN_JUDGES,
    TABLE_JUDGES,
    find_changes,
    find_undeclared_changes,
)
from pipeline.exports.contract_model import describe_contracts
from tests.support import further
from tests.support.altered_contracts import COLUMNS, HERE, described_table, state, with_codes
from tests.support.contracts_command import Generate
from tests.support.known_changes import BEFORE, BREAKING, COMPATIBLE


def told(after: Baseline) -> list[tuple[str | None, str, bool]]:
    found = find_changes(BEFORE, after)
    assert {change.table for change in found} <= {HERE}
    return [(change.column, change.what, change.breaking) for change in found]


def raised(after: Baseline, version: str) -> Baseline:
    return replace(after, versions=dict.fromkeys(after.versions, version))


def test_the_same_contracts_have_not_changed() -> None:
    assert find_changes(BEFORE, state()) == []
    assert find_undeclared_changes(BEFORE, state()) == []
    assert find_undeclared_changes(BEFORE, state(version="1.0.1")) == []


@pytest.mark.parametrize("name", BREAKING)
def test_a_change_that_breaks_somebody_needs_a_major_version(name: str) -> None:
    after, column, what = BREAKING[name]
    assert [where for where, said, breaking in told(after) if breaking and what in said] == [column]
    for version in ("1.0.0", "1.0.1", "1.1.0"):
        said = [
            line for line in find_undeclared_changes(BEFORE, raised(after, version)) if what in line
        ]
        assert len(said) == 1
        assert said[0].startswith(f"{HERE}.{column}: " if column else f"{HERE}: ")
        assert said[0].endswith(
            "raise VERSION in data_contracts/further.py to 2.0.0, or take the change back."
        )
    assert find_undeclared_changes(BEFORE, raised(after, "2.0.0")) == []


@pytest.mark.parametrize("name", COMPATIBLE)
def test_a_change_that_breaks_nobody_needs_a_minor_version(name: str) -> None:
    after, column, what = COMPATIBLE[name]
    found = told(after)
    assert [where for where, said, _ in found if what in said] == [column]
    assert not any(breaking for _, _, breaking in found)
    for version in ("1.0.0", "1.0.1"):
        said = find_undeclared_changes(BEFORE, raised(after, version))
        assert any(what in line for line in said)
        assert all(
            line.endswith(
                "raise VERSION in data_contracts/further.py to 1.1.0, or take the change back."
            )
            for line in said
        )
    assert find_undeclared_changes(BEFORE, raised(after, "1.1.0")) == []
    assert find_undeclared_changes(BEFORE, raised(after, "2.0.0")) == []


def test_a_table_that_is_gone_or_must_come_breaks() -> None:
    visits, notes = describe_contracts([further.Visits, further.Notes])
    both, one = build_baseline([visits, notes]), build_baseline([visits])
    assert [change.told for change in find_changes(both, one)] == [
        "further.notes: the table is gone"
    ]
    assert [change.told for change in find_changes(one, both)] == [
        "further.notes: the table is new and every delivery must have it"
    ]
    assert all(change.breaking for change in [*find_changes(both, one), *find_changes(one, both)])
    assert find_undeclared_changes(both, one)
    assert find_undeclared_changes(both, raised(one, "2.0.0")) == []


def test_a_new_table_that_may_come_breaks_nobody() -> None:
    visits, notes = describe_contracts([further.Visits, further.Notes])
    optional = replace(notes, facts=replace(notes.facts, required=False))
    found = find_changes(build_baseline([visits]), build_baseline([visits, optional]))
    assert [(change.told, change.breaking) for change in found] == [
        ("further.notes: the table is new; a delivery may leave it out", False)
    ]


def test_a_table_that_was_optional_and_must_come_breaks() -> None:
    found = find_changes(state(required=False), state())
    assert [(change.what, change.breaking) for change in found] == [
        ("every delivery must now have the table", True)
    ]


def test_versions_only_rise() -> None:
    said = find_undeclared_changes(state(version="2.1.0"), state(version="2.0.9"))
    assert said == [
        "further: VERSION in data_contracts/further.py went back from 2.1.0 to 2.0.9; "
        "versions only rise."
    ]


def test_versions_are_compared_as_numbers() -> None:
    after = BREAKING["column gone"][0]
    assert (
        find_undeclared_changes(
            replace(BEFORE, versions={"further": "9.0.0"}), raised(after, "10.0.0")
        )
        == []
    )


def test_each_source_has_its_own_version() -> None:
    others = describe_contracts([data_contracts.tables()[0]])
    whole, later = (
        build_baseline([*others, described_table(columns)]) for columns in ({}, {"minutes": None})
    )
    raised_elsewhere = replace(later, versions=later.versions | {"probation": "2.0.0"})
    assert [
        line.partition(":")[0] for line in find_undeclared_changes(whole, raised_elsewhere)
    ] == ["further.visits.minutes"]


def test_a_source_that_is_gone_is_refused_and_a_new_one_is_not() -> None:
    others = describe_contracts([data_contracts.tables()[0]])
    both, one = build_baseline([*others, described_table({})]), build_baseline(others)
    assert [line.partition(":")[0] for line in find_undeclared_changes(both, one)] == ["further"]
    assert find_undeclared_changes(one, both) == []


def test_a_list_under_another_name_is_the_same_list() -> None:
    renamed = replace(
        BEFORE,
        code_lists={"sexes": BEFORE.code_lists["sex_libra"]},
        columns=json.loads(json.dumps(BEFORE.columns)),
    )
    renamed.columns[HERE]["sex"]["codes"] = "sexes"
    assert find_changes(BEFORE, renamed) == []


def test_two_columns_that_are_alike_are_not_taken_for_one_renamed_twice() -> None:
    after = state({"visit_date": None, "left_date": None, "begun": COLUMNS["visit_date"]})
    assert [
        (change.column, "renamed" in change.what) for change in find_changes(BEFORE, after)
    ] == [
        ("visit_date", True),
        ("left_date", False),
    ]


def test_many_codes_are_counted() -> None:
    many = with_codes(*(f"C{number}" for number in range(9)))
    assert "codes gone from sex_libra [C0, C1, C2, C3, C4 and 4 more]" in {
        change.what for change in find_changes(many, BEFORE)
    }


def test_every_fact_of_a_contract_is_kept_or_left_out_with_a_reason() -> None:
    derived = {"keeps": "payload", "codes": "code_lists", "orphan_tolerance": "of references"}
    assert {field.name for field in fields_of(Column)} == {*COLUMN_FACTS, *COLUMN_ASIDE, *derived}
    assert {field.name for field in fields_of(TableFacts)} == {*TABLE_JUDGES, *TABLE_ASIDE}
    kept = {
        fact
        for state in (BEFORE, *(after for after, _, _ in BREAKING.values()))
        for facts in state.columns[HERE].values()
        for fact in facts
    }
    assert kept <= {*COLUMN_JUDGES, "codes"}


def test_every_judgement_is_tried() -> None:
    tried: set[str] = set()
    for after, _, _ in [*BREAKING.values(), *COMPATIBLE.values()]:
        for column in BEFORE.columns[HERE].keys() & after.columns[HERE].keys():
            old, new = BEFORE.columns[HERE][column], after.columns[HERE][column]
            tried |= {fact for fact in {*old, *new} if old.get(fact) != new.get(fact)}
        tried |= {
            fact for fact, value in after.tables[HERE].items() if value != BEFORE.tables[HERE][fact]
        }
    assert {*COLUMN_JUDGES, *TABLE_JUDGES} - tried == set()


def test_what_is_kept_reads_back_as_it_was() -> None:
    tables = describe_contracts(data_contracts.registered([further]))
    assert read_baseline(baseline_json(tables)) == build_baseline(tables)


def test_the_contracts_say_every_change_since_the_baseline() -> None:
    assert generate.find_undeclared(generate.render_files(data_contracts.tables())) == []


def without_a_code(root: Path) -> None:
    """As if the baseline had had one code more."""
    path = root / generate.BASELINE
    kept = json.loads(path.read_text(encoding="utf-8"))
    kept["code_lists"]["sex_libra"].append("B")
    path.write_text(json.dumps(kept), encoding="utf-8")


def test_nothing_is_written_when_a_version_was_not_raised(
    tmp_path: Path, contracts_generate: Generate
) -> None:
    assert contracts_generate().exit_code == 0
    without_a_code(tmp_path)
    (tmp_path / "data_contracts/exports/dictionary.md").unlink()
    before = (tmp_path / generate.BASELINE).read_bytes()
    done = contracts_generate()
    assert (done.exit_code, done.stdout) == (1, "")
    assert isinstance(done.exception, ContractError)
    said = str(done.exception).splitlines()
    assert said[0] == (
        "magistrates.defendants.gender: codes gone from sex_libra [B]. "
        "This breaks readers or suppliers: "
        "raise VERSION in data_contracts/magistrates.py to 2.0.0, or take the change back."
    )
    assert said[-1] == "nothing was written"
    assert (tmp_path / generate.BASELINE).read_bytes() == before
    assert not (tmp_path / "data_contracts/exports/dictionary.md").exists()


def test_a_check_names_the_change_too(tmp_path: Path, contracts_generate: Generate) -> None:
    assert contracts_generate().exit_code == 0
    without_a_code(tmp_path)
    done = contracts_generate("--check")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [f"stale: {generate.BASELINE}"]
    assert "codes gone from sex_libra [B]" in done.stderr


def test_a_raised_version_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, contracts_generate: Generate
) -> None:
    assert contracts_generate().exit_code == 0
    without_a_code(tmp_path)
    tables = [
        replace(one, version="2.0.0") if one.facts.source == "magistrates" else one
        for one in describe_contracts(data_contracts.tables())
    ]
    monkeypatch.setattr(generate, "describe_contracts", lambda _: tuple(tables))
    assert contracts_generate().exit_code == 0
    assert (
        json.loads((tmp_path / generate.BASELINE).read_text())["versions"]["magistrates"] == "2.0.0"
    )
    assert (
        "version: 2.0.0" in (tmp_path / "data_contracts/exports/magistrates.odcs.yaml").read_text()
    )
