"""What a run took is shown as it is: tables, limits beside the total, growth over sizes."""

from __future__ import annotations

from typing import Any

from tests.benchmarks.nation import page


def stage(name: str, cpu: float, **other: Any) -> dict[str, Any]:
    times = {"wall": 10.0, "cpu": cpu}
    sizes = {"peak": 1.0, "private": 1.0, "spilled": 0.25, "written": 0.5, "disk": 1.0}
    return {"name": name, "level": 0, "rows": None, **times, **sizes, **other}


def run(share: float, records: int, **cpu: float) -> dict[str, Any]:
    return {
        "name": f"{share}-3-parquet",
        "share": share,
        "records": records,
        "delivery_id": "synthetic-1-3-realistic",
        "release": None,
        "commit": "abc",
        "floor": {"wall": 5.0, "cpu": 6.0},
        "build": 2.0,
        "machine": {
            "cpus": 2,
            "memory": 16.0,
            "disk": 50.0,
            "load": [0.1, 1.2],
            "setting": "default",
            "budget": 3.5,
            "beside": 2.5,
            "threads": 2,
        },
        "stages": [
            stage("linkage", cpu.get("linkage", 1.0), rows=50),
            stage("part", cpu.get("part", 0.5), level=1),
        ],
        "total": stage("total", 20.0, peak=6.5, wall=1_260.0),
        "after": [stage("score", 2.0)],
        "nodes": [stage(f"model_{number}", 1.0, wall=number, kind="model") for number in range(12)]
        + [
            stage("slow", cpu.get("slow", 1.0), wall=0.5, kind="model"),
            stage("unique_x", 1.0, kind="test"),
        ],
        "score": [
            {
                "what": "links pair_precision",
                "value": 0.99,
                "limit": 0.995,
                "at_least": True,
                "passes": False,
            }
        ],
        "verified": {"verify": True},
        "calibration": {"targets": 84, "passing": 0, "judged": []},
    }


def test_a_stage_is_one_line_with_its_pace_and_its_ratio_to_the_floor() -> None:
    lines = page.stages(run(1.0, 100)).markdown().splitlines()
    assert lines[2].startswith("| stage | rows | wall s | CPU s | peak GB | spilled GB | written")
    assert "| linkage | 50 | 10.0 | 1.0 | 1.00 | 0.25 | 0.50 | 5 | 2.0 |" in lines
    assert "| · part |  | 10.0 | 0.5 | 1.00 | 0.25 | 0.50 |  | 2.0 |" in lines


def test_limits_stand_beside_the_total() -> None:
    told = page.stages(run(1.0, 100)).notes[0]
    assert told.startswith("limits: 20 min wall (EXCEEDED: 21.0 min), 6.0 GB (EXCEEDED: 6.50 GB")


def test_the_ten_slowest_models_are_shown_slowest_first() -> None:
    names = [row[0] for row in page.models(run(1.0, 100)).rows]
    assert names == [*(f"model_{number}" for number in range(11, 1, -1)), "unique_x"]


def test_what_fails_is_said() -> None:
    assert page.right(run(1.0, 100)).rows == [
        ["links pair_precision", "0.9900", "≥ 0.995", "FAILS"],
        ["journeys verify", "", "exit code 0", "passes"],
    ]


def test_growth_is_told_of_stages_and_of_models_that_grow_too_fast() -> None:
    # from 1,000 to 1,000,000 records n log n grows 2,000 times
    small, large = (
        run(0.01, 1_000, linkage=1.0, slow=1.0),
        run(1.0, 1_000_000, linkage=2_000.0, slow=4_000_000.0),
    )
    table = page.grown([small, large])
    assert [row[0] for row in table.rows] == ["linkage", "total", "slow"]
    assert table.rows[0] == ["linkage", "1.0", "2000.0", "1.00", "1.00", "1.00", ""]
    assert (table.rows[2][3], table.rows[2][-1]) == ("2.00", "FASTER than n log n")


def test_a_stage_under_five_seconds_is_shown_without_its_growth_and_a_part_is_not_shown() -> None:
    short = [run(0.01, 1_000), run(1.0, 1_000_000, linkage=4.9, part=4.9)]
    linkage, total = page.grown(short).rows
    assert linkage[:4] == ["linkage", "1.0", "4.9", "–"]
    assert total[0] == "total"
    longer = [run(0.01, 1_000), run(1.0, 1_000_000, linkage=5.0, part=5.0)]
    assert [row[0] for row in page.grown(longer).rows] == ["linkage", "part", "total"]


def test_the_first_stage_that_the_machine_cannot_hold_is_named_with_its_size() -> None:
    small, large = run(0.1, 1_000_000), run(1.0, 2_000_000)
    large["stages"][0] = stage("linkage", 1.0, peak=6.0, disk=1.0)
    large["stages"].append(stage("between steps and end", 1.0, peak=9.0))
    small["stages"].append(stage("between steps and end", 1.0, peak=1.0))
    # 5 GB for each million: 16 GB are two million beyond
    notes = page.grown([small, large]).notes
    assert notes[1].endswith("16 GB of memory end first for linkage at 4.0 million records.")
    assert notes[2] == "No stage takes more disk at the last size than at the one before."


def test_one_size_alone_tells_no_growth() -> None:
    assert page.grown([run(1.0, 100)]).notes == ["one size alone tells no growth"]


def test_the_page_holds_every_table_under_its_title() -> None:
    facts = run(1.0, 100)
    text = page.page(facts, [page.stages(facts), page.calibration(facts)])
    assert text.startswith("# The nation: 1.0-3-parquet\n\nDelivery `synthetic-1-3-realistic`, rel")
    assert "\n\n## Stages: 100 records, 1.0-3-parquet\n\n| stage |" in text
    assert "\n\n## The made-up world\n\n0 of 0 published figures are met; for 84 more" in text
