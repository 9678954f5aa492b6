"""Dagster's definitions, assembled late and in one place.

They are assets, checks, one job, a monthly schedule and a sensor.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dagster import (
    DefaultSensorStatus,
    Definitions,
    RunRequest,
    ScheduleEvaluationContext,
    SensorEvaluationContext,
    SkipReason,
    define_asset_job,
    definitions,
    in_process_executor,
    schedule,
    sensor,
)
from dagster_dbt import DbtCliResource

from pipeline.delivery import manifest as deliveries
from pipeline.delivery.manifest import Delivery
from pipeline.errors import DeliveryError
from pipeline.orchestration.dbt_models import DBT, make_models
from pipeline.orchestration.linkage_assets import ledger, linkage
from pipeline.orchestration.raw_tables import extracts
from pipeline.orchestration.release_assets import release
from pipeline.orchestration.run_resource import Run
from pipeline.orchestration.table_asset_checks import reference_checks
from pipeline.release import admission
from pipeline.release.release_manifest import read_manifest
from pipeline.settings import DBT_PROJECT, Settings
from pipeline.workspace import Workspace

JOB = "publish_release"


def run_config(delivery: Path, workspace: Workspace, release_id: str) -> dict[str, Any]:
    """Run configuration of one delivery."""
    facts = {
        "delivery": str(delivery.resolve()),
        "workspace": str(workspace.root),
        "release_id": release_id,
    }
    return {"resources": {"run": {"config": facts}}}


def _landed(workspace: Workspace) -> Iterator[Delivery]:
    """Deliveries in the workspace that have a readable manifest, oldest extract first."""
    readable = []
    for manifest in sorted(workspace.landing.glob(f"[!.]*/{deliveries.MANIFEST}")):
        try:
            delivery = deliveries.read_delivery(manifest.parent)
        except DeliveryError:
            continue
        if not delivery.supplements:  # a supplement counts once it is put to its delivery
            readable.append(delivery)
    yield from sorted(readable, key=lambda delivery: (delivery.extract_date, delivery.delivery_id))


def _request(delivery: Delivery, workspace: Workspace) -> RunRequest:
    release_id = admission.next_release_id(delivery, workspace)
    return RunRequest(
        run_key=delivery.digest, run_config=run_config(delivery.folder, workspace, release_id)
    )


def _released(workspace: Workspace) -> set[str]:
    """Digests of the deliveries that have a release."""
    manifests = workspace.releases.glob("[!.]*/manifest.json")
    return {str(read_manifest(path.parent).get("delivery_digest")) for path in manifests}


@sensor(job_name=JOB, minimum_interval_seconds=60, default_status=DefaultSensorStatus.STOPPED)
def new_delivery(context: SensorEvaluationContext) -> Iterator[RunRequest | SkipReason]:
    """A request for a run for each delivery in the workspace that has no release.

    A delivery counts once its manifest is there.
    """
    workspace = Settings.from_environment().workspace
    seen = set(json.loads(context.cursor or "[]")) | _released(workspace)
    fresh = [delivery for delivery in _landed(workspace) if delivery.digest not in seen]
    if not fresh:
        yield SkipReason(f"no new delivery in [{workspace.landing}]")
    for delivery in fresh:
        yield _request(delivery, workspace)
    context.update_cursor(json.dumps(sorted(seen | {delivery.digest for delivery in fresh})))


@schedule(job_name=JOB, cron_schedule="0 4 1 * *", execution_timezone="Europe/London")
def monthly(context: ScheduleEvaluationContext) -> RunRequest | SkipReason:
    """A request for a run of the newest delivery in the workspace, unless it has a release.

    It is made on the first of the month.
    """
    workspace = Settings.from_environment().workspace
    newest = list(_landed(workspace))[-1:]
    if not newest or newest[0].digest in _released(workspace):
        return SkipReason(f"no delivery without a release in [{workspace.landing}]")
    return _request(newest[0], workspace)


def build_defs(*, resources: Mapping[str, Any] | None = None) -> Definitions:
    """Everything that Dagster knows of the project.

    Args:
        resources: replace the project's own, by name.
    """
    dbt_models = make_models()
    assets = [*extracts(), ledger, linkage, dbt_models, release(dbt_models)]
    dbt = DbtCliResource(
        project_dir=str(DBT_PROJECT), profiles_dir=str(DBT_PROJECT), dbt_executable=str(DBT)
    )
    return Definitions(
        assets=assets,
        asset_checks=reference_checks(),
        jobs=[define_asset_job(JOB, selection="*", executor_def=in_process_executor)],
        schedules=[monthly],
        sensors=[new_delivery],
        resources={"run": Run.configure_at_launch(), "dbt": dbt} | dict(resources or {}),
        executor=in_process_executor,
    )


@definitions
def defs() -> Definitions:
    """What `dagster -m pipeline.orchestration.definitions` loads."""
    return build_defs()
