"""Assets of the dbt project: seeds, models, and their tests as checks, built in one dbt call."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetsDefinition,
    AssetSpec,
    MarkdownMetadataValue,
    Output,
)
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource, DbtProject, dbt_assets
from dagster_dbt.errors import DagsterDbtCliRuntimeError
from dagster_shared.record import replace

from pipeline import warehouse
from pipeline.assets.run import Run, told
from pipeline.settings import DBT_PROJECT, Build, Settings

MANIFEST = DBT_PROJECT / "target" / "manifest.json"
DBT = Path(sys.executable).parent / "dbt"
DBT_SCHEMAS = {"reference", "staging", "intermediate", "marts"}
PROJECT_FILES = ("*.sql", "*.yml", "*.csv")
KEYS = "keys_hold"
"""dbt's test of keys, whose rows name what is broken."""


class Translator(DagsterDbtTranslator):
    """Groups models by the folder that they stand in."""

    def __init__(self) -> None:
        """Tests on sources are checks too."""
        super().__init__(DagsterDbtTranslatorSettings(enable_asset_checks=True, enable_source_tests_as_checks=True))

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """`staging`, `intermediate`, the folder of a mart, or `reference` for seeds."""
        if dbt_resource_props["resource_type"] == "seed":
            return "reference"
        folders = dbt_resource_props["fqn"][1:-1]
        return str(folders[1] if folders[0] == "marts" else folders[0])

    def get_asset_check_spec(
        self, asset_spec: AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> AssetCheckSpec | None:
        """Tests on dbt's sources do not hold up the steps that feed dbt: those would wait for dbt, and dbt for them."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        built_by_dbt = asset_spec.key.path[0] in DBT_SCHEMAS
        return spec if spec is None or built_by_dbt else replace(spec, blocking=False)


def environment(settings: Settings, build: Build) -> dict[str, str]:
    """What the dbt profile reads from the environment."""
    return {
        "JOURNEYS_WAREHOUSE": str(build.warehouse),
        "JOURNEYS_THREADS": str(settings.threads),
        "JOURNEYS_MEMORY": settings.memory,
        "JOURNEYS_SPILL": str(build.spill / "dbt"),
        "DBT_LOG_PATH": str(build.dbt / "logs"),
        "DBT_LOG_LEVEL_FILE": "warn",
        "DO_NOT_TRACK": "1",
    }


def manifest() -> Path:
    """dbt's manifest of the project, parsed anew only when a file of the project is newer."""
    files = [path for folder in ("models", "macros", "seeds", "tests", "../data_contracts/codes") for path in _project_files(folder)]
    if not MANIFEST.is_file() or max(path.stat().st_mtime for path in files) > MANIFEST.stat().st_mtime:
        _parse()
    return MANIFEST


def _parse() -> None:
    """Make the manifest in a folder of its own and move it into place whole: another process may be reading or making it."""
    MANIFEST.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=MANIFEST.parent, prefix="parse-") as folder:
        command = [str(DBT), "--quiet", "parse", "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
        quiet = os.environ | {"DO_NOT_TRACK": "1", "DBT_LOG_PATH": str(Path(folder) / "logs"), "DBT_TARGET_PATH": folder}
        done = subprocess.run([*command, "--no-partial-parse"], check=False, capture_output=True, text=True, cwd=DBT_PROJECT, env=quiet)
        if done.returncode:
            raise RuntimeError(f"the dbt project does not parse:\n{done.stdout}{done.stderr}")
        (Path(folder) / MANIFEST.name).replace(MANIFEST)


def _project_files(folder: str) -> Iterator[Path]:
    for pattern in PROJECT_FILES:
        yield from (DBT_PROJECT / folder).rglob(pattern)
    yield DBT_PROJECT / "dbt_project.yml"


def models() -> AssetsDefinition:
    """Every seed, model and test of the project as one Dagster step."""

    @dbt_assets(manifest=manifest(), dagster_dbt_translator=Translator(), name="dbt")
    def dbt(context: AssetExecutionContext, dbt: DbtCliResource, run: Run) -> Iterator[Any]:
        settings, build = run.settings, run.build
        with told():
            warehouse.prepare(build, run.manifest(), settings)
        os.environ.update(environment(settings, build))
        invocation = dbt.cli(["build", "--exclude-resource-type", "unit_test"], context=context, target_path=build.dbt)
        yield from _told_whole(invocation.stream(), build, settings)

    return dbt


def _told_whole(events: Iterable[Any], build: Build, settings: Settings) -> Iterator[Any]:
    """Pass on test results as they come.

    Broken keys, with their names, and tables, with their row counts, follow once dbt has let go of the build file.
    """
    outputs: list[Output[Any]] = []
    broken: list[AssetCheckResult] = []
    failure: DagsterDbtCliRuntimeError | None = None
    try:
        for event in events:
            if isinstance(event, Output):
                outputs.append(event)
            elif isinstance(event, AssetCheckResult) and _names_what_is_broken(event):
                broken.append(event)
            else:
                yield event
    except DagsterDbtCliRuntimeError as error:
        failure = error
    for result in broken:
        yield _named(result, build, settings)
    rows = warehouse.row_counts(build)
    for output in outputs:
        name = str(output.metadata["unique_id"].value).rpartition(".")[2]
        yield output.with_metadata({**output.metadata, **({"dagster/row_count": rows[name]} if name in rows else {})})
    if failure:
        raise failure


def _names_what_is_broken(result: AssetCheckResult) -> bool:
    """A test that broke off (out of memory, say) has no rows to ask for."""
    return str(result.check_name).startswith(KEYS) and result.metadata["status"].value in ("fail", "warn")


def _named(result: AssetCheckResult, build: Build, settings: Settings) -> AssetCheckResult:
    """The result of a test of keys with the promises that are broken, for which its query is asked again."""
    ran = json.loads((build.dbt / "run_results.json").read_text(encoding="utf-8"))["results"]
    test = result.metadata["unique_id"].value
    (query,) = (one["compiled_code"] for one in ran if one["unique_id"] == test)
    table = result.asset_key.to_user_string() if result.asset_key else ""
    found = warehouse.broken_promises(build, settings, query)
    texts = [f"{table}: {promise} in {rows} rows" for promise, rows in found.items()]
    return result._replace(metadata={**result.metadata, "what": MarkdownMetadataValue("\n".join(texts))})


def documents(settings: Settings, build: Build) -> Path:
    """dbt's static documents of what was built: a folder with one page in it."""
    command = [str(DBT), "--quiet", "docs", "generate", "--static", "--no-compile"]
    done = subprocess.run(
        [*command, "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)],
        check=False,
        capture_output=True,
        text=True,
        cwd=DBT_PROJECT,
        env=os.environ | environment(settings, build) | {"DBT_TARGET_PATH": str(build.dbt)},
    )
    if done.returncode:
        raise RuntimeError(f"dbt could not write its documents: {done.stdout}{done.stderr}")
    page = build.dbt / "docs"
    page.mkdir(exist_ok=True)
    (build.dbt / "static_index.html").replace(page / "index.html")
    return page
