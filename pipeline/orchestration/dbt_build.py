"""One `dbt build` as Dagster events: what ran, what it found, and the first cause where it failed.

A test that could not run is no failed check, and a node that an earlier attempt of this build ended
well does not run again: its event is replayed. Belongs here: running dbt within a Dagster step.
Does not belong here: the assets (dbt_models), and what is said of a failure (dbt_outcome).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dagster import AssetCheckResult, AssetExecutionContext, Failure, MarkdownMetadataValue, Output
from dagster_dbt import DbtCliInvocation, DbtCliResource
from dagster_dbt.core.dbt_cli_event import DbtCliEventMessage, DbtCoreCliEventMessage

from pipeline import progress
from pipeline.orchestration import dbt_outcome
from pipeline.release import checkpoints, warehouse
from pipeline.settings import Settings
from pipeline.workspace import Build

ARGUMENTS = ("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "empty")
"""Everything but unit tests; with `empty`, to leave a model out does not leave its tests out."""
ENDED_WELL = {"success", "pass"}
KEYS = "keys_hold"
"""dbt's test of keys, whose rows name what is broken."""
NEVER_RAN = {"error", "skipped"}
"""Of a test."""


def run_build(
    dbt: DbtCliResource, context: AssetExecutionContext, build: Build, settings: Settings
) -> Iterator[Any]:
    """Results of tests as dbt comes to them; then broken keys by name, and tables with row counts.

    Raises:
        Failure: dbt failed; its description is the first cause, in one line.
    """
    checkpoints.drop_cut_line(build)
    former = checkpoints.finished_nodes(build)
    names = " ".join(event["data"]["node_info"]["node_name"] for event in former)
    command = [*ARGUMENTS, *(["--exclude", names] if former else [])]
    invocation = dbt.cli(command, context=context, target_path=build.dbt, raise_on_error=False)
    tables: list[Output[Any]] = []
    broken: list[AssetCheckResult] = []
    errors: list[str] = []
    for event in _events(invocation, former, build, errors):
        for told in _dagster_events(invocation, event, context, build):
            if isinstance(told, Output):
                tables.append(told)
            elif isinstance(told, AssetCheckResult) and _breaks_keys(told):
                broken.append(told)
            else:
                yield told
    exit_code = invocation.process.wait()
    yield from _with_row_counts(tables, {} if exit_code else warehouse.row_counts(build, settings))
    promises = {str(result.check_name): _promises(result, build, settings) for result in broken}
    for result in broken:
        what = MarkdownMetadataValue("\n".join(promises[str(result.check_name)]))
        yield result._replace(metadata={**result.metadata, "what": what})
    if exit_code:
        cause = dbt_outcome.first_cause(
            build.dbt, exit_code=exit_code, errors=errors, promises=promises
        )
        raise Failure(cause, allow_retries=False)


def _events(
    invocation: DbtCliInvocation, former: list[dict[str, Any]], build: Build, errors: list[str]
) -> Iterator[DbtCliEventMessage]:
    """Events of nodes that ended: those of earlier attempts, then those of this one, recorded."""
    for raw in former:
        yield DbtCoreCliEventMessage(raw_event=raw, event_history_metadata={})
    for event in invocation.stream_raw_events():
        raw = event.raw_event
        if raw["info"]["level"] == "error":
            errors.append(raw["info"]["msg"])
        if not event.is_result_event:
            continue
        if _status(raw) in ENDED_WELL:
            checkpoints.record_node(build, raw)
        done = len(former) + raw["data"]["index"]
        total = len(former) + raw["data"].get("total", raw["data"].get("num_models", 0))
        progress.report_progress(
            f"dbt {raw['data']['node_info']['node_name']}", done=done, total=total
        )
        yield event


def _status(raw: dict[str, Any]) -> str:
    """How a node ended; tests give their status beside their node where it never started."""
    return str(raw["data"]["node_info"].get("node_status") or raw["data"]["status"]).lower()


def _dagster_events(
    invocation: DbtCliInvocation,
    event: DbtCliEventMessage,
    context: AssetExecutionContext,
    build: Build,
) -> Iterator[Any]:
    """What Dagster is told of one node's result; nothing of a test that never ran."""
    is_test = event.raw_event["data"]["node_info"]["resource_type"] == "test"
    if is_test and _status(event.raw_event) in NEVER_RAN:
        return
    yield from event.to_default_asset_events(
        manifest=invocation.manifest,
        dagster_dbt_translator=invocation.dagster_dbt_translator,
        context=context,
        target_path=build.dbt,
        project=invocation.project,
    )


def _breaks_keys(result: AssetCheckResult) -> bool:
    """Whether a result is of a test of keys that found rows."""
    status = result.metadata["status"].value
    return str(result.check_name).startswith(KEYS) and status in ("fail", "warn")


def _promises(result: AssetCheckResult, build: Build, settings: Settings) -> list[str]:
    """The promises about keys that are broken, with rows, for which dbt's query is asked again."""
    query = dbt_outcome.read_query(build.dbt, str(result.metadata["unique_id"].value))
    found = warehouse.broken_promises(build, settings, query)
    return [f"{promise} in {rows:,} rows" for promise, rows in found.items()]


def _with_row_counts(tables: list[Output[Any]], rows: Mapping[str, int]) -> Iterator[Output[Any]]:
    """The tables with their row counts, where these are known."""
    for output in tables:
        name = str(output.metadata["unique_id"].value).rpartition(".")[2]
        counted = {"dagster/row_count": rows[name]} if name in rows else {}
        yield output.with_metadata({**output.metadata, **counted})
