"""Verifying: a sound release has no differences, and every kind of damage is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipeline.release.publish import publish_release
from pipeline.release.verify import compare_releases, verify_release
from tests.support.marts import FACTS


@pytest.fixture
def release(marts: Path, tmp_path: Path) -> Path:
    return publish_release(
        marts=marts,
        releases=tmp_path / "releases",
        release_id="r1",
        manifest_facts=FACTS,
        failed_blocking_checks=[],
        docs=None,
    )


def said(release: Path) -> str:
    return "\n".join(str(difference) for difference in verify_release(release))


def test_sound_release_has_no_difference(release: Path) -> None:
    assert verify_release(release, threads=1, memory="1GB") == []


def test_changed_parquet_is_named(release: Path) -> None:
    target = release / "tables" / "fct_recall.parquet"
    duckdb.sql(
        f"copy (select * replace ('x' as reason) from '{target}' limit 4000) "
        f"to '{target}.new' (format parquet)"
    )
    target.with_suffix(".parquet.new").rename(target)
    text = said(release)
    assert "tables/fct_recall.parquet: has [4000] rows, the manifest says [5000]" in text
    assert "tables/fct_recall.parquet: content digest" in text
    assert "justice.duckdb fct_recall" not in text


def test_same_rows_stored_otherwise_differ_in_bytes_alone(release: Path) -> None:
    target = release / "tables" / "fct_recall.parquet"
    duckdb.sql(
        f"copy (from '{target}' order by hash(recall_id)) "
        f"to '{target}.new' (format parquet, compression snappy)"
    )
    target.with_suffix(".parquet.new").rename(target)
    assert said(release) == "tables/fct_recall.parquet: its bytes are not those that were published"


def test_changed_database_is_named(release: Path) -> None:
    with duckdb.connect(str(release / "justice.duckdb")) as connection:
        connection.execute(
            "update marts.fct_recall set is_counted = true; "
            "create table marts.extra as select 1 as id"
        )
    text = said(release)
    assert "justice.duckdb fct_recall: content digest" in text
    assert "justice.duckdb extra: is not in the manifest" in text


def test_truncated_missing_and_foreign_files_are_named(release: Path) -> None:
    parquet = release / "tables" / "fct_recall.parquet"
    parquet.write_bytes(parquet.read_bytes()[:1000])
    (release / "tables" / "rpt_coverage.parquet").unlink()
    (release / "note.txt").write_text("x")
    (release / "justice.duckdb").write_bytes(b"no database")
    text = said(release)
    assert "tables/fct_recall.parquet: cannot be read" in text
    assert "tables/rpt_coverage.parquet: is missing" in text
    assert "note.txt: is not in the manifest" in text
    assert "justice.duckdb: cannot be read" in text


def test_no_manifest_is_one_line(tmp_path: Path) -> None:
    (line,) = verify_release(tmp_path)
    assert "not a release" in str(line)
    (tmp_path / "manifest.json").write_text("{")
    assert "damaged" in said(tmp_path)


def test_compare_says_in_what_tables_differ(
    release: Path, marts_with: Callable[..., Path], tmp_path: Path
) -> None:
    def other(name: str, change: str) -> Path:
        return publish_release(
            marts=marts_with(name, change=change), releases=tmp_path / "releases", release_id=name,
            manifest_facts={}, failed_blocking_checks=[], docs=None,
        )  # fmt: skip

    assert compare_releases(release, other("same", "")) == []
    (changed,) = compare_releases(
        release,
        other(
            "changed",
            "update marts.fct_recall set reason = 'z' where recall_id in (md5('1'), md5('2'));"
            "delete from marts.fct_recall where recall_id = md5('9');",
        ),
    )
    assert (
        str(changed)
        == "fct_recall: 1 rows only in the first, 0 only in the second; reason differs in 2 rows"
    )
    (gone,) = compare_releases(release, other("gone", "drop table marts.rpt_coverage;"))
    assert str(gone) == "rpt_coverage: is not in gone"
    (renamed,) = compare_releases(
        release, other("renamed", "alter table marts.fct_recall rename column reason to cause;")
    )
    assert "['cause', 'reason']" in str(renamed)


def test_compare_says_that_another_model_may_be_the_reason(
    marts: Path, marts_with: Callable[..., Path], tmp_path: Path
) -> None:
    def made(name: str, marts: Path, model: str) -> Path:
        return publish_release(
            marts=marts, releases=tmp_path / "releases", release_id=name,
            manifest_facts={"linkage_model": model}, failed_blocking_checks=[], docs=None,
        )  # fmt: skip

    first = made("first", marts, "old")
    assert compare_releases(first, made("same", marts, "new")) == []
    other = made("other", marts_with("other", change="drop table marts.rpt_coverage;"), "new")
    assert [difference.subject for difference in compare_releases(first, other)] == [
        "rpt_coverage",
        "linkage_model",
    ]


def test_manifest_of_a_release_is_json_that_others_can_read(release: Path) -> None:
    assert json.loads((release / "manifest.json").read_text())["release_id"] == "r1"
