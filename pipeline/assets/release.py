"""The asset of the release: published only when every blocking check of the run passed."""

from pathlib import Path

from dagster import (
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetsDefinition,
    DagsterEventType,
    Failure,
    MaterializeResult,
    asset,
)

from pipeline import profiles, publish, runs, starting
from pipeline.assets.run import Run
from pipeline.assets.warehouse import documents
from pipeline.delivery import Delivery
from pipeline.linkage import alarms, persons, statement
from pipeline.linkage.model import newest
from pipeline.settings import Build, Settings
from pipeline.verify import read_manifest


def failed_checks(context: AssetExecutionContext) -> list[str]:
    """Names of the error-level checks that failed in this run."""
    records = context.instance.get_records_for_run(context.run_id, of_type=DagsterEventType.ASSET_CHECK_EVALUATION).records
    evaluations = [record.event_log_entry.get_dagster_event().asset_check_evaluation_data for record in records]
    return sorted(
        f"{evaluation.asset_key.to_user_string()}: {evaluation.check_name}"
        for evaluation in evaluations
        if not evaluation.passed and evaluation.severity == AssetCheckSeverity.ERROR
    )


def release(models: AssetsDefinition) -> AssetsDefinition:
    """The asset that publishes what the given models built."""

    @asset(name="release", deps=list(models.keys), group_name="release", kinds={"duckdb", "parquet", "html"})
    def published(context: AssetExecutionContext, run: Run) -> MaterializeResult:
        """One published release: database, Parquet files, manifest, documents and page; then the pointer `current`."""
        settings, build, delivery = run.settings, run.build, run.manifest()
        model = None if delivery.of_table("linking", "person_links") else newest()
        try:
            folder = publish.publish(
                warehouse=build.warehouse,
                releases=settings.workspace.releases,
                release_id=run.release_id,
                manifest_facts={
                    "delivery_id": delivery.delivery_id,
                    "delivery_digest": delivery.digest,
                    "delivery_files": {f"{file.source}/{file.path.name}": file.sha256 for file in delivery.files},
                    "amended_from": [dict(origin) for origin in delivery.amended_from],
                    "extract_date": str(delivery.extract_date),
                    "synthetic": delivery.synthetic,
                    "code_version": runs.code_version(),
                    "linkage_model": model.stem if model else "delivered",
                    starting.FACT: starting.files(build),
                },
                failed_blocking_checks=failed_checks(context),
                docs=_documents(settings, build, delivery, model),
                threads=settings.threads,
                memory=settings.memory,
            )
        except (publish.PublishRefused, publish.PublishFailed) as error:
            raise Failure(str(error), allow_retries=False) from error
        starting.keep(build, settings.workspace, run.release_id)
        persons.remember(build.linkage, settings.workspace.registry)
        alarms.remember(build.linkage, settings.workspace.registry)
        profiles.remember(build, delivery, run.release_id, settings.workspace.registry)
        tables = read_manifest(folder)["tables"]
        return MaterializeResult(metadata={"release": run.release_id, "tables": len(tables), "path": str(folder)})

    return published


def _documents(settings: Settings, build: Build, delivery: Delivery, model: Path | None) -> Path:
    """Folder with dbt's documents and the linkage statement."""
    folder = documents(settings, build)
    facts = {"delivery_id": delivery.delivery_id, "extract_date": delivery.extract_date, "synthetic": delivery.synthetic}
    statement.write(build.warehouse, folder / statement.NAME, facts, model)
    return folder
