"""What Dagster knows: every table an asset, every rule a check, and the run of the command in the
workspace's own instance.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from dagster import (
    AssetKey,
    DagsterEventType,
    DagsterRunStatus,
    Definitions,
    RunRequest,
    RunsFilter,
    SkipReason,
    build_schedule_context,
    build_sensor_context,
)

from pipeline.contracts.registry import list_contracts
from pipeline.orchestration.definitions import JOB, build_defs, monthly, new_delivery
from pipeline.orchestration.instance import open_instance
from pipeline.workspace import Workspace
from tests.support.published_world import World


@pytest.fixture(scope="module")
def definitions() -> Definitions:
    return build_defs()


def test_every_raw_table_lookup_and_the_release_are_assets(definitions: Definitions) -> None:
    keys = definitions.resolve_asset_graph().get_all_asset_keys()
    expected = {AssetKey(list(name)) for name in list_contracts()}
    expected |= {
        AssetKey(["linkage", "person_links"]),
        AssetKey(["marts", "fct_recall"]),
        AssetKey("release"),
    }
    assert expected <= set(keys)


def test_the_release_waits_for_every_mart_and_marts_for_raw_tables(
    definitions: Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    marts = {key for key in graph.get_all_asset_keys() if key.path[0] == "marts"}
    assert marts <= set(graph.get(AssetKey("release")).parent_keys)
    ancestors = graph.get_ancestor_asset_keys(AssetKey(["marts", "fct_recall"]))
    assert {
        AssetKey(["probation", "recalls"]),
        AssetKey(["linkage", "person_links"]),
        AssetKey(["landing", "delivery"]),
    } <= ancestors


def test_the_run_of_the_command_is_in_the_instance(world: World) -> None:
    with open_instance(Workspace(world.workspace)) as opened:
        (run,) = opened.get_runs(filters=RunsFilter(statuses=[DagsterRunStatus.SUCCESS]))
        assert run.status is DagsterRunStatus.SUCCESS
        assert run.job_name == JOB
        made = opened.get_records_for_run(
            run.run_id, of_type=DagsterEventType.ASSET_MATERIALIZATION
        ).records
        checks = opened.get_records_for_run(
            run.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION
        ).records
    counts: dict[str, Any] = {
        record.asset_key.to_user_string(): record.asset_materialization.metadata
        for record in made
        if record.asset_key and record.asset_materialization
    }
    assert int(counts["probation/recalls"]["dagster/row_count"].value) > 0
    assert int(counts["marts/fct_recall"]["dagster/row_count"].value) > 0
    assert len(checks) > 3 * len(list_contracts())


def test_telemetry_is_off(world: World) -> None:
    with open_instance(Workspace(world.workspace)) as opened:
        assert not opened.telemetry_enabled


def test_the_sensor_asks_once_for_a_new_delivery(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNEYS_WORKSPACE", str(tmp_path))
    context = build_sensor_context()
    assert isinstance(next(iter(new_delivery(context))), SkipReason)  # type: ignore[arg-type]
    shutil.copytree(world.delivery, tmp_path / "landing" / "one")
    (request,) = list(new_delivery(context))  # type: ignore[arg-type]
    assert isinstance(request, RunRequest)
    assert request.run_config["resources"]["run"]["config"]["delivery"] == str(
        tmp_path / "landing" / "one"
    )
    assert isinstance(next(iter(new_delivery(context))), SkipReason)  # type: ignore[arg-type]


def test_the_schedule_takes_the_newest_delivery_without_a_release(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JOURNEYS_WORKSPACE", str(tmp_path))
    assert isinstance(monthly(build_schedule_context()), SkipReason)
    shutil.copytree(world.delivery, tmp_path / "landing" / "one")
    assert isinstance(monthly(build_schedule_context()), RunRequest)
    shutil.copytree(world.release, tmp_path / "releases" / world.release.name)
    assert isinstance(monthly(build_schedule_context()), SkipReason)
