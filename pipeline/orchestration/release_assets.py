"""The asset of the release: published only when every blocking check of the run passed."""

from pathlib import Path
from typing import Any

from dagster import (
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetsDefinition,
    DagsterEventType,
    Failure,
    MaterializeResult,
    asset,
)

from pipeline import errors, progress
from pipeline.delivery.manifest import Delivery
from pipeline.linkage.monitoring import guild_statement
from pipeline.linkage.scoring.model import find_newest_model
from pipeline.orchestration.dbt_models import make_documents
from pipeline.orchestration.run_resource import Run, redact_errors
from pipeline.release import admission, checkpoints, publish, registration, registry_snapshot
from pipeline.release.release_manifest import read_manifest
from pipeline.settings import Settings
from pipeline.workspace import Build


def failed_checks(context: AssetExecutionContext) -> list[str]:
    """Names of the error-level checks that failed in this run."""
    records = context.instance.get_records_for_run(
        context.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION
    ).records
    evaluations = [
        record.event_log_entry.get_dagster_event().asset_check_evaluation_data for record in records
    ]
    return sorted(
        f"{evaluation.asset_key.to_user_string()}: {evaluation.check_name}"
        for evaluation in evaluations
        if not evaluation.passed and evaluation.severity == AssetCheckSeverity.ERROR
    )


def release(models: AssetsDefinition) -> AssetsDefinition:
    """The asset that publishes what the given models built."""

    @asset(
        name="release",
        deps=list(models.keys),
        group_name="release",
        kinds={"duckdb", "parquet", "html"},
    )
    def published(context: AssetExecutionContext, run: Run) -> MaterializeResult:
        """One published release, and then the pointer `current`.

        A release is a database, Parquet files, a manifest, documents and a page.
        """
        settings, build, delivery = run.settings, run.build, run.manifest()
        model = None if delivery.of_table("linking", "person_links") else find_newest_model()
        failed = failed_checks(context)

        def publish_build() -> Path:
            return publish.publish_release(
                marts=build.marts,
                releases=settings.workspace.releases,
                release_id=run.release_id,
                manifest_facts=_facts(build, delivery, model),
                failed_blocking_checks=failed,
                docs=_documents(settings, build, delivery, model),
                progress=lambda what: progress.report_progress(f"publish {what}"),
                threads=settings.threads,
                memory=settings.memory,
            )

        with redact_errors():
            try:
                folder = checkpoints.run_once(build, checkpoints.PUBLISHED, publish_build, Path)
            except (errors.PublishRefused, errors.PublishFailed) as error:
                raise Failure(str(error), allow_retries=False) from None
        manifest = read_manifest(folder)
        with redact_errors():
            registration.register_release(build, settings.workspace, manifest)
        facts: dict[str, Any] = {
            "release": run.release_id,
            "tables": len(manifest["tables"]),
            "path": str(folder),
        }
        return MaterializeResult(metadata=facts)

    return published


def _facts(build: Build, delivery: Delivery, model: Path | None) -> dict[str, object]:
    """What the release's manifest says besides tables and files."""
    names = {f"{file.source}/{file.path.name}": file.sha256 for file in delivery.files}
    return {
        **delivery.stated,
        "delivery_files": names,
        "amended_from": [dict(origin) for origin in delivery.amended_from],
        "code_version": admission.code_version(),
        "linkage_model": model.stem if model else "delivered",
        registry_snapshot.FACT: registry_snapshot.hash_snapshot(build),
    }


def _documents(settings: Settings, build: Build, delivery: Delivery, model: Path | None) -> Path:
    """Folder with dbt's documents and the linkage statement."""
    folder = make_documents(settings, build)
    facts = {
        "delivery_id": delivery.delivery_id,
        "extract_date": delivery.extract_date,
        "synthetic": delivery.synthetic,
    }
    guild_statement.write_statement(build.marts, folder / guild_statement.NAME, facts, model)
    return folder
