"""Assets of the dbt project: seeds, models, and their tests as checks, built in one dbt call."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dagster import AssetCheckSpec, AssetExecutionContext, AssetsDefinition, AssetSpec
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliResource,
    DbtProject,
    dbt_assets,
)
from dagster_shared.record import replace

from pipeline.orchestration import dbt_build, dbt_child
from pipeline.orchestration.run_resource import Run, redact_errors
from pipeline.release import warehouse
from pipeline.settings import DBT_PROJECT, Settings
from pipeline.storage import put_in_place
from pipeline.workspace import Build

MANIFEST = DBT_PROJECT / "target" / "manifest.json"
DBT = Path(sys.executable).with_name("journeys-dbt")
"""dbt as a child that ends with its run."""
DBT_SCHEMAS = {"reference", "staging", "intermediate", "derived", "aggregates", "marts"}
PUBLISHED = ("marts", "reports")
"""Folders of models that are released; each has a folder a theme."""
PROJECT_FILES = ("*.sql", "*.yml", "*.csv")


class Translator(DagsterDbtTranslator):
    """Groups models by the folder that they stand in."""

    def __init__(self) -> None:
        """Tests on sources are checks too."""
        super().__init__(
            DagsterDbtTranslatorSettings(
                enable_asset_checks=True, enable_source_tests_as_checks=True
            )
        )

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The theme of what is published, the layer of other models, or `reference` for seeds."""
        if dbt_resource_props["resource_type"] == "seed":
            return "reference"
        folders = dbt_resource_props["fqn"][1:-1]
        return str(folders[1] if folders[0] in PUBLISHED else folders[0])

    def get_asset_check_spec(
        self,
        asset_spec: AssetSpec,
        manifest: Mapping[str, Any],
        unique_id: str,
        project: DbtProject | None,
    ) -> AssetCheckSpec | None:
        """The check of a dbt test; tests on dbt's sources do not block the steps that feed dbt.

        Otherwise those steps would wait for dbt, and dbt for them.
        """
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        built_by_dbt = asset_spec.key.path[0] in DBT_SCHEMAS
        return spec if spec is None or built_by_dbt else replace(spec, blocking=False)


def make_environment(settings: Settings, build: Build) -> dict[str, str]:
    """What the dbt profile reads from the environment."""
    return {
        "JOURNEYS_WAREHOUSE": str(build.warehouse),
        "JOURNEYS_MARTS": str(build.marts),
        "JOURNEYS_THREADS": str(settings.threads),
        "JOURNEYS_MEMORY": settings.memory,
        "JOURNEYS_SPILL": str(build.spill / "dbt"),
        "DBT_LOG_PATH": str(build.dbt / "logs"),
        "DBT_LOG_LEVEL_FILE": "warn",
        "DO_NOT_TRACK": "1",
        dbt_child.PARENT: str(os.getpid()),
    }


def read_dbt_manifest() -> Path:
    """dbt's manifest of the project, parsed anew only when a file of the project is newer."""
    files = [
        path
        for folder in ("models", "macros", "seeds", "tests", "../data_contracts/codes")
        for path in _project_files(folder)
    ]
    if (
        not MANIFEST.is_file()
        or max(path.stat().st_mtime for path in files) > MANIFEST.stat().st_mtime
    ):
        _parse()
    return MANIFEST


def _parse() -> None:
    """Make the manifest in a folder of its own, then move it into place as a whole.

    Another process may be reading or making it.
    """
    MANIFEST.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=MANIFEST.parent, prefix="parse-") as folder:
        command = [
            str(DBT),
            "--quiet",
            "parse",
            "--project-dir",
            str(DBT_PROJECT),
            "--profiles-dir",
            str(DBT_PROJECT),
        ]
        quiet = os.environ | {
            dbt_child.PARENT: str(os.getpid()),
            "DO_NOT_TRACK": "1",
            "DBT_LOG_PATH": str(Path(folder) / "logs"),
            "DBT_TARGET_PATH": folder,
        }
        done = subprocess.run(
            [*command, "--no-partial-parse"],
            check=False,
            capture_output=True,
            text=True,
            cwd=DBT_PROJECT,
            env=quiet,
        )
        if done.returncode:
            raise RuntimeError(f"the dbt project does not parse:\n{done.stdout}{done.stderr}")
        put_in_place(Path(folder) / MANIFEST.name, MANIFEST)


def _project_files(folder: str) -> Iterator[Path]:
    for pattern in PROJECT_FILES:
        yield from (DBT_PROJECT / folder).rglob(pattern)
    yield DBT_PROJECT / "dbt_project.yml"


def make_models() -> AssetsDefinition:
    """Every seed, model and test of the project as one Dagster step."""

    @dbt_assets(manifest=read_dbt_manifest(), dagster_dbt_translator=Translator(), name="dbt")
    def dbt(context: AssetExecutionContext, dbt: DbtCliResource, run: Run) -> Iterator[Any]:
        settings, build = run.settings, run.build
        with redact_errors():
            warehouse.prepare_warehouse(build, run.manifest(), settings)
        os.environ.update(make_environment(settings, build))
        yield from dbt_build.run_build(dbt, context, build, settings)

    return dbt


def make_documents(settings: Settings, build: Build) -> Path:
    """dbt's static documents of what was built: a folder with one page in it."""
    command = [str(DBT), "--quiet", "docs", "generate", "--static", "--no-compile"]
    done = subprocess.run(
        [*command, "--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)],
        check=False,
        capture_output=True,
        text=True,
        cwd=DBT_PROJECT,
        env=os.environ | make_environment(settings, build) | {"DBT_TARGET_PATH": str(build.dbt)},
    )
    if done.returncode:
        raise RuntimeError(f"dbt could not write its documents: {done.stdout}{done.stderr}")
    page = build.dbt / "docs"
    put_in_place(build.dbt / "static_index.html", page / "index.html")
    return page
