"""Quarantined rows as people work with them: counted by reason, listed by place, or exported.

Exported rows are for a supplier to correct.

Belongs here: reading `quarantine/` of a build. Does not belong here: what holds a row back
(row_validation, deduplicate), what becomes of corrected rows (amend). Values leave through
`export_rows` alone, into a folder that its owner alone can read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.contracts.registry import Contract, list_contracts
from pipeline.errors import QuarantineError
from pipeline.landing.land_table import DUPLICATE_KEY
from pipeline.storage import make_folder, new_folder
from pipeline.workspace import Build, Workspace

BETWEEN = "; "
"""Stands between the reasons of a row."""
HOW_TO = """\
Quarantined rows: release {release}

Each file holds rows of one table as they were delivered, with the file (`file`) \
and the row in it (`row_in_file`, from 1)
before them and what is wrong with them (`reasons`) after them. \
They name people: keep them where the extracts are kept.

To correct them, change the cells, take out the rows that you cannot correct, \
and deliver the files as a supplement: a
folder with these files and a manifest.json as in a delivery, \
with the id of the delivery that it corrects besides:

    {{"delivery_id": "...", "supplements": "<id of that delivery>", \
"extract_date": "...", "synthetic": ..., "files":
     [{{"source": "...", "table": "...", "path": "...", "rows": ..., "sha256": "..."}}]}}

Leave `file` and `row_in_file` as they are: they say which row is replaced. \
`line`, `row_text` and `reasons` are not read.
A row that could not be cut into fields stands whole in `row_text`: spread it over the columns.
"""


@dataclass(frozen=True)
class Wanted:
    """Which rows: of one source, one table, with a text in their reasons; all unless stated."""

    source: str | None = None
    table: str | None = None
    reason: str | None = None


def last_build(workspace: Workspace, release: str | None = None) -> Build:
    """The build of a release, or of the last run, whether it was published or not.

    Raises:
        QuarantineError: it is not there; the build of a former release goes when the next run
            begins.
    """
    if release:
        build = workspace.build(release)
        if not build.quarantine.is_dir():
            raise QuarantineError(
                f"the quarantined rows for [{release}] are not kept any more: "
                "only the last run and the current release keep theirs"
            )
        return build
    builds = [build for build in workspace.list_builds() if build.quarantine.is_dir()]
    if not builds:
        raise QuarantineError(
            f"nothing was run yet in [{workspace.root}]: run `journeys run --delivery DIR` first"
        )
    return builds[-1]


def count_rows(build: Build, wanted: Wanted) -> pl.DataFrame:
    """Number of quarantined rows by table, column and reason, most first within a table.

    A row counts once for each of its reasons.
    """
    found = [_counts(contract, rows, wanted) for contract, rows in _tables(build, wanted)]
    empty = pl.DataFrame(
        schema=dict.fromkeys(("source", "table", "column", "reason"), pl.String)
        | {"rows": pl.Int64}
    )
    return pl.concat([empty, *found])


def _counts(contract: Contract, rows: pl.LazyFrame, wanted: Wanted) -> pl.DataFrame:
    by_reason = rows.select(pl.col("reasons").str.split(BETWEEN).alias("reason")).explode("reason")
    if wanted.reason:
        by_reason = by_reason.filter(_contains("reason", wanted.reason))
    counted = (
        by_reason.group_by("reason")
        .agg(pl.len().cast(pl.Int64).alias("rows"))
        .collect(engine="streaming")
    )
    first = pl.col("reason").str.extract(r"^(\S+)")
    column = (
        pl.when(pl.col("reason") == DUPLICATE_KEY)
        .then(pl.lit(", ".join(contract.facts.key)))
        .otherwise(first)
    )
    named = [
        pl.lit(contract.facts.source).alias("source"),
        pl.lit(contract.facts.name).alias("table"),
        column.alias("column"),
    ]
    return counted.select(*named, "reason", "rows").sort("rows", "reason", descending=[True, False])


def list_places(build: Build, wanted: Wanted) -> pl.DataFrame:
    """Where each row stands and what is wrong with it; no value of it."""
    empty = pl.DataFrame(
        schema={
            "source": pl.String,
            "table": pl.String,
            "file": pl.String,
            "row_in_file": pl.Int64,
            "line": pl.Int64,
        }
    )
    found = [empty.with_columns(pl.lit("").alias("reasons"))]
    for contract, rows in _tables(build, wanted):
        named = [
            pl.lit(contract.facts.source).alias("source"),
            pl.lit(contract.facts.name).alias("table"),
        ]
        line = pl.col("line") if "line" in rows.collect_schema() else pl.lit(None)
        numbers = [pl.col("row_in_file").cast(pl.Int64), line.cast(pl.Int64).alias("line")]
        found.append(rows.select(*named, "file", *numbers, "reasons").collect(engine="streaming"))
    return pl.concat(found)


def list_samples(build: Build, contract: Contract, reason: str, most: int) -> list[tuple[str, int]]:
    """File and row of the first rows quarantined for a reason.

    For rows that could not be split into fields, `row` is the reason.
    """
    path = _file(build, contract)
    if not path.is_file():
        return []
    reasons = pl.col("reasons").str.split(BETWEEN)
    is_meant = (
        pl.col("reasons").str.starts_with("row ")
        if reason == "row"
        else reasons.list.contains(reason)
    )
    found = (
        pl.scan_parquet(path)
        .filter(is_meant)
        .head(most)
        .select("file", pl.col("row_in_file").cast(pl.Int64))
        .collect()
    )
    return list(found.iter_rows())


def list_quarantined(build: Build, contract: Contract) -> set[tuple[str, int]]:
    """File and row of every row of a table that is quarantined."""
    path = _file(build, contract)
    if not path.is_file():
        return set()
    return set(
        pl.read_parquet(path, columns=["file", "row_in_file"])
        .cast({"row_in_file": pl.Int64})
        .iter_rows()
    )


def export_rows(
    build: Build, wanted: Wanted, folder: Path, workspace: Workspace, *, outside: bool
) -> dict[str, int]:
    """Write the rows as delivered, with place and reasons, a CSV file a table.

    Args:
        build: whose rows.
        wanted: which of them.
        folder: where to; made for its owner alone, and must not be there yet.
        workspace: its restricted folders may take the rows without further ado.
        outside: the folder was meant, though it lies elsewhere.

    Returns:
        Rows by table.

    Raises:
        QuarantineError: the folder is there already or lies elsewhere.
    """
    if folder.exists():
        raise QuarantineError(f"[{folder}] exists already: give another folder")
    if not outside and not any(
        folder.resolve().is_relative_to(place.resolve()) for place in workspace.restricted
    ):
        raise QuarantineError(
            f"[{folder}] is not in a restricted folder and these rows name people: "
            f"give a folder in [{workspace.held_back}], or say --outside-workspace as well"
        )
    return _export(build, wanted, folder, {workspace.held_back})


def _export(build: Build, wanted: Wanted, folder: Path, private: set[Path]) -> dict[str, int]:
    for parent in private:
        if folder.resolve().is_relative_to(parent.resolve()):
            make_folder(parent, mode=0o700).chmod(0o700)
    written = {}
    with new_folder(folder, mode=0o700) as partial:
        for contract, rows in _tables(build, wanted):
            held = rows.collect(engine="streaming")
            if held.height:
                _private(partial / f"{contract.name}.csv").write_text(
                    held.write_csv(), encoding="utf-8"
                )
                written[contract.name] = held.height
        _private(partial / "HOW_TO_CORRECT.txt").write_text(
            HOW_TO.format(release=build.root.name), encoding="utf-8"
        )
    return written


def _private(path: Path) -> Path:
    path.touch(mode=0o600)
    return path


def _tables(build: Build, wanted: Wanted) -> Iterator[tuple[Contract, pl.LazyFrame]]:
    """Tables with quarantined rows, in contract order, and those of their rows that are wanted.

    Raises:
        QuarantineError: no contract has that name.
    """
    known = list_contracts().values()
    for asked, names in (
        (wanted.source, {contract.facts.source for contract in known}),
        (wanted.table, {contract.facts.name for contract in known}),
    ):
        if asked and asked not in names:
            raise QuarantineError(f"[{asked}] is not one of {', '.join(sorted(names))}")
    for contract in known:
        path = _file(build, contract)
        if (
            path.is_file()
            and wanted.source in (None, contract.facts.source)
            and wanted.table in (None, contract.facts.name)
        ):
            yield contract, pl.scan_parquet(path).filter(_contains("reasons", wanted.reason or ""))


def _contains(column: str, text: str) -> pl.Expr:
    return pl.col(column).str.to_lowercase().str.contains(text.lower(), literal=True)


def _file(build: Build, contract: Contract) -> Path:
    return build.quarantine / contract.facts.source / f"{contract.facts.name}.parquet"
