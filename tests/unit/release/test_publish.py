"""Publishing: what is in a release, when it is refused, and that nobody ever sees half of one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from pipeline.errors import PublishFailed, PublishRefused
from pipeline.release.publish import publish_release
from tests.support.marts import FACTS


def release_of(marts: Path, releases: Path, release_id: str = "r1", **more: object) -> Path:
    arguments: dict[str, object] = {
        "manifest_facts": FACTS,
        "failed_blocking_checks": [],
        "docs": None,
        **more,
    }
    return publish_release(marts=marts, releases=releases, release_id=release_id, **arguments)  # type: ignore[arg-type]


def digests(release: Path) -> dict[str, str]:
    tables = json.loads((release / "manifest.json").read_text())["tables"]
    return {name: facts["sha256"] for name, facts in tables.items()}


def test_release_holds_tables_page_documents_and_manifest(marts: Path, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "index.html").write_text("<p>documents</p>")
    (docs / "manifest.json").write_text("{}")
    steps: list[str] = []
    release = release_of(marts, tmp_path / "releases", docs=docs, progress=steps.append)
    manifest = json.loads((release / "manifest.json").read_text())
    assert set(manifest["tables"]) == {"fct_recall", "person_link", "rpt_coverage"}
    assert manifest["tables"]["fct_recall"]["rows"] == 5_000
    assert manifest["tables"]["fct_recall"]["key"] == ["recall_id"]
    assert manifest["tables"]["person_link"]["key"] == ["source_dataset", "source_record_id"]
    assert manifest["delivery"]["delivery_id"] == "D1"
    assert set(manifest["files"]) == {
        "justice.duckdb",
        "tables/fct_recall.parquet",
        "tables/person_link.parquet",
        "tables/rpt_coverage.parquet",
        "docs/index.html",
        "docs/manifest.json",
        "reports/index.html",
    }
    assert (tmp_path / "releases" / "current").resolve() == release
    assert str((tmp_path / "releases" / "current").readlink()) == "r1"
    assert "fct_recall" in steps
    assert sorted(path.name for path in (tmp_path / "releases").iterdir()) == ["current", "r1"]


def test_tables_are_published_ordered_and_with_comments(marts: Path, tmp_path: Path) -> None:
    release = release_of(marts, tmp_path / "releases")
    with duckdb.connect(str(release / "justice.duckdb"), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name, table_name, comment from duckdb_tables() order by 2"
        ).fetchall()
        assert [row[:2] for row in tables] == [
            ("marts", "fct_recall"),
            ("marts", "person_link"),
            ("marts", "rpt_coverage"),
        ]
        assert tables[0][2] == "One row per recall (person's x date). More text."
        comments = connection.execute(
            "select column_name, comment from duckdb_columns() where comment is not null"
        ).fetchall()
        assert comments == [("person_id", "Linked person; it's a pseudonym")]
        for source in ("marts.fct_recall", f"read_parquet('{release}/tables/fct_recall.parquet')"):
            keys = [
                row[0] for row in connection.execute(f"select recall_id from {source}").fetchall()
            ]
            assert keys == sorted(keys)
            assert (
                dict(
                    connection.execute(
                        f"select column_name, column_type from (describe from {source})"
                    ).fetchall()
                )["days"]
                == "BIGINT"
            )


def test_digest_depends_on_content_alone(
    marts: Path, marts_with: Callable[..., Path], tmp_path: Path
) -> None:
    plain = digests(release_of(marts, tmp_path / "releases", threads=1))
    again = (
        "create or replace table marts.fct_recall as "
        "select * from marts.fct_recall order by hash(recall_id); "
    )
    again += (
        "create or replace table marts.fct_recall as "
        "select * from marts.fct_recall order by recall_id;"
    )
    stored_anew = release_of(
        marts_with("anew", change=again), tmp_path / "releases", "r2", threads=2, memory="1GB"
    )
    assert digests(stored_anew) == plain


@pytest.mark.parametrize(
    "change",
    [
        "update marts.fct_recall set is_counted = not is_counted where recall_id = md5('77');",
        "update marts.fct_recall set reason = null where recall_id = md5('4');",
        "update marts.fct_recall set weight = weight + 1e-12 where recall_id = md5('1');",
        "delete from marts.fct_recall where recall_id = md5('77');",
        "alter table marts.fct_recall rename column reason to cause;",
        "alter table marts.fct_recall alter days type integer;",
        (
            "update marts.fct_recall set person_id = concat(person_id, '\",\"'), reason = null "
            "where recall_id = md5('4');"
        ),
    ],
)
def test_digest_sees_every_change(
    marts: Path, marts_with: Callable[..., Path], tmp_path: Path, change: str
) -> None:
    plain = digests(release_of(marts, tmp_path / "releases"))
    changed = digests(release_of(marts_with("changed", change=change), tmp_path / "releases", "r2"))
    assert changed["fct_recall"] != plain["fct_recall"]
    assert changed["rpt_coverage"] == plain["rpt_coverage"]


def test_failed_blocking_check_refuses_and_names_it(marts: Path, tmp_path: Path) -> None:
    with pytest.raises(PublishRefused, match=r"probation\.events key unique") as refused:
        release_of(
            marts,
            tmp_path / "releases",
            failed_blocking_checks=["probation.events key unique", "ledger balances"],
        )
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "releases" / "current").exists()


@pytest.mark.parametrize("name", ["", "../elsewhere", ".hidden", "current"])
def test_names_that_cannot_be_a_release_are_refused(marts: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(PublishRefused, match="cannot be the name"):
        release_of(marts, tmp_path / "releases", name)


@pytest.mark.parametrize(
    "change",
    [
        "insert into marts.fct_recall select * from marts.fct_recall limit 1;",
        "update marts.fct_recall set recall_id = null where recall_id = md5('2');",
        (
            "create or replace table marts.fct_recall as "
            "select * from marts.fct_recall order by hash(recall_id);"
        ),
    ],
)
def test_broken_key_or_order_is_refused_and_nothing_is_left(
    marts_with: Callable[..., Path], tmp_path: Path, change: str
) -> None:
    with pytest.raises(
        PublishRefused, match=r"r1.*none of the first columns of table fct_recall make a key"
    ):
        release_of(marts_with("broken", change=change), tmp_path / "releases")
    assert list((tmp_path / "releases").iterdir()) == []


def test_rows_that_a_killed_dbt_left_in_the_log_are_published(marts: Path, tmp_path: Path) -> None:
    with duckdb.connect(str(marts)) as connection:
        connection.execute("pragma disable_checkpoint_on_shutdown")
        connection.execute("insert into marts.rpt_coverage values ('prison', null)")
        connection.execute(
            "create or replace table marts.rpt_coverage as from marts.rpt_coverage order by all"
        )
    assert marts.with_suffix(".duckdb.wal").is_file()
    release = release_of(marts, tmp_path / "releases")
    assert (
        json.loads((release / "manifest.json").read_text())["tables"]["rpt_coverage"]["rows"] == 2
    )


@pytest.mark.parametrize(
    "change",
    [
        "create schema intermediate; create table intermediate.int_secret as select 1 as hidden;",
        "create table main.secret as select 1 as hidden;",
        "create table marts.fct_recall__dbt_tmp as select 1 as left_over;",
        "create view marts.of_nothing as select 1 as hidden;",
    ],
)
def test_what_is_no_mart_is_not_let_out(
    marts_with: Callable[..., Path], tmp_path: Path, change: str
) -> None:
    with pytest.raises(PublishRefused, match="stands beside the marts"):
        release_of(marts_with("more", change=change), tmp_path / "releases")
    assert list((tmp_path / "releases").iterdir()) == []


def test_a_type_that_parquet_lacks_is_refused(
    marts_with: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(PublishRefused, match=r"\['days'\] of table fct_recall are HUGEINT"):
        release_of(
            marts_with("wide", change="alter table marts.fct_recall alter days type hugeint;"),
            tmp_path / "releases",
        )


def test_missing_or_empty_marts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PublishRefused, match="build them first"):
        release_of(tmp_path / "none.duckdb", tmp_path / "releases")
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    with pytest.raises(PublishRefused, match="has no table"):
        release_of(tmp_path / "empty.duckdb", tmp_path / "releases")


@pytest.mark.parametrize(
    "step",
    ["release.publish.write_page", "storage.flush_path", "release.published_tables.content_digest"],
)
def test_full_disk_leaves_the_former_release(
    marts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    former = release_of(marts, tmp_path / "releases")
    before = (former / "manifest.json").read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(PublishFailed, match="No space left"):
        patched.setattr(f"pipeline.{step}", full)
        release_of(marts, tmp_path / "releases", "r2")
    assert sorted(path.name for path in (tmp_path / "releases").iterdir()) == ["current", "r1"]
    assert (tmp_path / "releases" / "current" / "manifest.json").read_bytes() == before
    assert release_of(marts, tmp_path / "releases", "r2").name == "r2"
    assert str((tmp_path / "releases" / "current").readlink()) == "r2"


def test_what_a_killed_run_left_is_cleared(marts: Path, tmp_path: Path) -> None:
    releases = tmp_path / "releases"
    release_of(marts, releases)
    (releases / ".r2.partial" / "tables").mkdir(parents=True)
    (releases / ".r2.partial" / "justice.duckdb").write_bytes(b"half")
    (releases / ".current.partial").symlink_to("r2")
    (releases / "r1").rename(releases / ".r1.replaced")
    release_of(marts, releases, "r2")
    assert sorted(path.name for path in releases.iterdir()) == ["current", "r1", "r2"]


def test_release_of_the_same_name_is_replaced(
    marts: Path, marts_with: Callable[..., Path], tmp_path: Path
) -> None:
    first = digests(release_of(marts, tmp_path / "releases"))
    second = digests(release_of(marts_with("other", rows=7), tmp_path / "releases"))
    assert first != second
    assert sorted(path.name for path in (tmp_path / "releases").iterdir()) == ["current", "r1"]


def test_manifest_and_page_and_parquet_are_the_same_bytes_twice(
    marts: Path, tmp_path: Path
) -> None:
    one, two = (release_of(marts, tmp_path / name) for name in ("one", "two"))
    for path in ("tables/fct_recall.parquet", "reports/index.html"):
        assert (one / path).read_bytes() == (two / path).read_bytes()
