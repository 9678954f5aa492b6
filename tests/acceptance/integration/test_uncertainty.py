"""The worked example of pooling is run on the release, word for word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pipeline.linkage.uncertainty import sampled_linkages
from pipeline.release.open_release import Release, open_release
from tests.support.published_world import World

PAGE = Path(sampled_linkages.__file__).with_name("uncertainty.md").read_text(encoding="utf-8")
BLOCKS = {kind: re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) for kind in ("sql", "python")}


@pytest.fixture
def release(world: World) -> Release:
    return open_release(world.release)


def test_a_draw_has_every_record_once(release: Release) -> None:
    people = release.query(BLOCKS["sql"][0])
    links = release.query("select source_dataset, source_record_id from person_link")
    assert people.height == links.height
    assert people.select(links.columns).is_unique().all()
    assert people["person_id"].null_count() == 0


def test_all_draws_are_told_and_differ(release: Release) -> None:
    told = release.query(
        "select draw, count(*) as records from person_link_draw group by draw order by draw"
    )
    assert told["draw"].to_list() == list(range(1, sampled_linkages.DRAWS + 1))
    assert (
        release.query(sampled_linkages.PERSONS_OF_DRAWS).height
        == sampled_linkages.DRAWS * release.query("select 1 from person_link").height
    )


def test_the_worked_example_runs_as_it_stands(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(world.workspace.parent)
    exec(compile(BLOCKS["python"][0], "uncertainty.md", "exec"), {"QUERY": BLOCKS["sql"][1]})
    rate, low, high, share = map(float, re.findall(r"[\d.]+", capsys.readouterr().out))
    assert 0 < low < rate < high < 1
    assert share <= 100


def test_confidences_are_of_the_people_of_the_release(release: Release) -> None:
    apart = "select person_id from person_link except select person_id from person_confidence"
    assert release.query(apart).height == 0
    facts = release.query(
        "select count(*) = count(distinct person_id) as is_key, "
        "sum(record_count) as records, min(confidence) as least, "
        "count(*) filter (where abs(confidence - purity * wholeness) > 1e-5) as unlike "
        "from person_confidence"
    ).row(0, named=True)
    assert facts["is_key"]
    assert facts["records"] == release.query("select 1 from person_link").height
    assert 0 <= facts["least"] < 1
    assert facts["unlike"] == 0
    orphans = (
        "select 1 from record_confidence "
        "anti join person_link using (source_dataset, source_record_id)"
    )
    assert release.query(orphans).height == 0
