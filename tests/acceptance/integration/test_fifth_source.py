"""A new source is a contract, a staging folder and one line; its rows reach `journey_event` and are
linked to people of the others.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from pipeline.delivery.manifest import hash_file
from pipeline.settings import PROJECT
from tests.support.published_world import World, files

FIXTURE = Path(__file__).parents[2] / "fixtures" / "fifth_source"
DETENTIONS = 300


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project to which the source was added as README.md says."""
    copy = tmp_path / "project"
    skip = shutil.ignore_patterns("target", "logs", "__pycache__")
    for room in ("data_contracts", "pipeline", "dbt_project"):
        shutil.copytree(PROJECT / room, copy / room, ignore=skip)
    shutil.copy(FIXTURE / "police_custody.py", copy / "data_contracts")
    shutil.copytree(
        FIXTURE / "staging", copy / "dbt_project" / "models" / "staging" / "police_custody"
    )
    register = copy / "data_contracts" / "__init__.py"
    line = register.read_text()
    assert '"magistrates")' in line
    register.write_text(line.replace('"magistrates")', '"magistrates", "police_custody")', 1))
    return copy


def detentions(delivery: Path) -> pl.DataFrame:
    """People whom the prison knows, as a police custody system would record them."""
    held = pl.read_parquet(files(delivery, "prison", "custodial_journeys"))
    prison = held.sort("custodial_journey_id")
    known = prison.filter(
        pl.col("first_name").is_not_null() & pl.col("birth_date").is_not_null()
    ).head(DETENTIONS)
    return known.select(
        (pl.lit("PC") + pl.int_range(pl.len()).cast(pl.String)).alias("detention_id"),
        pl.col("first_name").alias("forename"),
        pl.col("last_name").alias("surname"),
        pl.col("birth_date").alias("date_of_birth"),
        "postcode",
        "pnc_number",
        pl.col("sex_code").replace_strict({"M": "M", "F": "F"}, default="U").alias("sex"),
        pl.lit("0").alias("ethnic_appearance_code"),
        pl.col("booking_begin_date").alias("detained_on"),
    )


def add(delivery: Path) -> None:
    path = delivery / "police_custody" / "detentions.parquet"
    path.parent.mkdir()
    rows = detentions(delivery)
    rows.write_parquet(path)
    manifest = json.loads((delivery / "manifest.json").read_text())
    entry = {
        "source": "police_custody",
        "table": "detentions",
        "path": "police_custody/detentions.parquet",
    }
    dates = {"coverage_from": "2011-01-01", "coverage_to": "2021-09-30"}
    manifest["files"].append(entry | dates | {"rows": rows.height, "sha256": hash_file(path)})
    (delivery / "manifest.json").write_text(json.dumps(manifest))


def python(project: Path, *arguments: str, workspace: Path) -> str:
    variables = os.environ | {"PYTHONPATH": str(project), "JOURNEYS_WORKSPACE": str(workspace)}
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        env=variables,
        cwd=project,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_rows_of_a_fifth_source_reach_the_journeys(
    world: World, project: Path, tmp_path: Path
) -> None:
    delivery = Path(shutil.copytree(world.delivery, tmp_path / "delivery"))
    add(delivery)
    workspace = tmp_path / "workspace"
    python(project, "pipeline.cli.main", "contracts", "generate", workspace=workspace)
    python(project, "pipeline.cli.main", "run", "--delivery", str(delivery), workspace=workspace)
    released = workspace / "releases" / "current" / "tables"
    events = pl.read_parquet(released / "journey_event.parquet")
    added = events.filter(pl.col("source_dataset") == "police_custody")
    assert added.height == DETENTIONS
    elsewhere = events.filter(pl.col("source_dataset") != "police_custody")["person_id"].unique()
    assert added["person_id"].is_in(elsewhere.implode()).sum() > 0.9 * DETENTIONS
