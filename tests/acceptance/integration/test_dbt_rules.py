"""dbt's own unit tests: rules of law and statistics on worked rows, run against a built warehouse
whose data they replace.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from pipeline.orchestration.dbt_models import DBT
from pipeline.settings import DBT_PROJECT
from tests.support.published_world import World

MIN_RULES = 40


def test_every_rule_holds_on_its_worked_rows(world: World, tmp_path: Path) -> None:
    files = {"JOURNEYS_WAREHOUSE": "warehouse.duckdb", "JOURNEYS_MARTS": "release.duckdb"}
    places = {
        name: shutil.copy(world.build / file, tmp_path / file) for name, file in files.items()
    }
    places |= {"DBT_TARGET_PATH": tmp_path / "target", "DBT_LOG_PATH": tmp_path / "logs"}
    variables = (
        os.environ | {name: str(place) for name, place in places.items()} | {"DO_NOT_TRACK": "1"}
    )
    command = [
        str(DBT),
        "test",
        "--select",
        "test_type:unit",
        "--profiles-dir",
        str(DBT_PROJECT),
        "--project-dir",
        str(DBT_PROJECT),
    ]
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        env=variables,
        cwd=DBT_PROJECT,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    passed = re.search(r"PASS=(\d+)", done.stdout)
    assert passed
    assert int(passed[1]) >= MIN_RULES
