"""Rules over a whole table and over time, in a run as users start it: what Dagster shows, what is
kept, and what blocks.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
from dagster import (
    DagsterEventType,
    DagsterInstance,
    DagsterRunStatus,
    RunsFilter,
    TableMetadataValue,
)

from data_contracts.fields import allowed
from pipeline.contracts.registry import list_contracts
from pipeline.orchestration.instance import open_instance
from pipeline.quality import delivery_profile
from pipeline.quality.referential_integrity import list_references
from pipeline.workspace import Workspace
from tests.support.published_world import World, journeys


def _checks(opened: DagsterInstance, status: DagsterRunStatus) -> dict[tuple[str, str], Any]:
    (run,) = opened.get_runs(filters=RunsFilter(statuses=[status]))
    records = opened.get_records_for_run(
        run.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION
    ).records
    found = [
        record.event_log_entry.get_dagster_event().asset_check_evaluation_data for record in records
    ]
    return {(one.asset_key.to_user_string(), one.check_name): one for one in found}


def test_every_rule_group_is_a_check_of_its_table(world: World) -> None:
    with open_instance(Workspace(world.workspace)) as opened:
        made = _checks(opened, DagsterRunStatus.SUCCESS)
    for contract in list_contracts().values():
        table = contract.name.replace(".", "/")
        expected = {"row_rules", "table_rules", "row_ledger", "row_history", "drift"}
        expected |= {"coverage"} if contract.facts.coverage else set()
        expected |= {"code_dates"} if contract.dated_codes else set()
        expected |= {"references"} if list_references(contract) else set()
        assert expected <= {check for asset, check in made if asset == table}


def test_tables_and_numbers_are_there_to_be_read_and_plotted(world: World) -> None:
    with open_instance(Workspace(world.workspace)) as opened:
        (run,) = opened.get_runs(filters=RunsFilter(statuses=[DagsterRunStatus.SUCCESS]))
        records = opened.get_records_for_run(
            run.run_id, of_type=DagsterEventType.ASSET_MATERIALIZATION
        ).records
    shown = {
        record.asset_key.to_user_string(): record.asset_materialization.metadata
        for record in records
        if record.asset_key and record.asset_materialization
    }
    events = shown["probation/events"]
    assert {
        "delivered",
        "quarantined",
        "share quarantined",
        "share of nulls, mean",
        "months without rows",
    } <= set(events)
    months = events["coverage by month"]
    assert isinstance(months, TableMetadataValue)
    assert len(months.records) == 84
    staged = pl.read_parquet(world.build / "staged" / "probation" / "events.parquet")
    assert sum(record.data["rows"] for record in months.records) <= staged.height  # type: ignore[misc]
    drawn = str(shown["landing/row_ledger"]["where rows went"].value)
    assert all(f"| {contract.name} |" in drawn for contract in list_contracts().values())


def test_an_accepted_delivery_is_kept_in_counts_and_codes_alone(world: World) -> None:
    (kept,) = delivery_profile.list_accepted(Workspace(world.workspace).registry)
    assert (
        kept.delivery_id
        == json.loads((world.delivery / "manifest.json").read_text())["delivery_id"]
    )
    facts = kept.facts()
    assert set(facts["fact"]) == {"rows", "null", "month", "code"}
    columns = {
        (contract.facts.source, contract.facts.name, name): one
        for contract in list_contracts().values()
        for name, one in contract.columns.items()
    }
    for source, table, column, value in (
        facts.filter(pl.col("fact") == "code")
        .select("source", "table_name", "column_name", "value")
        .iter_rows()
    ):
        assert value in allowed(columns[source, table, column].codes or "")
    assert facts.filter(pl.col("fact") == "null")["value"].is_null().all()
    assert facts.filter(pl.col("fact") == "month")["value"].str.contains(r"^\d{4}-\d{2}$").all()


def test_a_collapse_against_the_history_blocks_and_leaves_the_history_alone(
    world: World, tmp_path: Path
) -> None:
    (kept,) = delivery_profile.list_accepted(Workspace(world.workspace).registry)
    home = tmp_path / "registry" / "deliveries" / "earlier" / delivery_profile.PROFILE
    home.mkdir(parents=True)
    kept.facts().with_columns(pl.col("rows") * 3).write_parquet(home / delivery_profile.NAME)
    stated = {
        "delivery_id": "earlier",
        "extract_date": "2000-01-01",
        "synthetic": True,
        "delivery_digest": "",
        "release_id": "earlier-1",
    }
    (home / delivery_profile.DELIVERY).write_text(json.dumps(stated))
    done = journeys("run", "--delivery", world.delivery, workspace=tmp_path)
    assert done.returncode == 1
    assert "magistrates.defendants: has " in done.stderr
    assert "67% fewer than the" in done.stderr
    assert [one.delivery_id for one in delivery_profile.list_accepted(tmp_path / "registry")] == [
        "earlier"
    ]
    assert not (tmp_path / "releases" / "current").exists()
    with open_instance(Workspace(tmp_path)) as opened:
        assert not _checks(opened, DagsterRunStatus.FAILURE)[
            "magistrates/defendants", "row_history"
        ].passed
    checked = journeys("check", world.delivery, "--format", "json", workspace=tmp_path)
    assert checked.returncode == 1
    assert '"row fall"' in checked.stdout
