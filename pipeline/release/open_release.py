"""Read access to the current release: which it is, its tables, and queries on them.

Queries can change nothing and reach nothing else.

Belongs here: read-only access to what was published. Does not belong here: writing releases
(publish.py), checking them (verify.py).
"""

from __future__ import annotations

import io
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import duckdb
import polars as pl

from pipeline.errors import ReleaseError
from pipeline.release.release_manifest import DATABASE, SCHEMA, read_manifest
from pipeline.storage import open_database, quote_literal
from pipeline.workspace import CURRENT

Format = Literal["table", "csv", "json"]
FORMATS: tuple[str, ...] = get_args(Format)


@dataclass(frozen=True)
class Release:
    """A published release. Reading never changes it."""

    folder: Path
    release_id: str
    manifest: dict[str, Any]

    @property
    def database(self) -> Path:
        """The DuckDB file with all tables in schema `marts`."""
        return self.folder / DATABASE

    @property
    def page(self) -> Path:
        """The report page."""
        return self.folder / "reports" / "index.html"

    def query(
        self, sql: str, *, threads: int | None = None, memory: str | None = None
    ) -> pl.DataFrame:
        """Answers SQL from the release's tables; `marts.` may be left out before their names.

        The database is read-only, files, network and extensions are out of reach, and the query
        cannot change these settings.

        Raises:
            ReleaseError: the query is wrong, or tries what it may not.
        """
        with tempfile.TemporaryDirectory(prefix="journeys-") as spill:
            try:
                with open_database(self.database, read_only=True) as connection:
                    _shut(connection, Path(spill), threads, memory)
                    connection.execute(sql)
                    return connection.pl() if connection.description else pl.DataFrame()
            except duckdb.Error as error:
                raise ReleaseError(_one_line(error)) from error

    def tables(self) -> pl.DataFrame:
        """Name, grain and row count of every released table.

        The grain is the first sentence of the table's comment.
        """
        stated: dict[str, dict[str, Any]] = self.manifest["tables"]
        rows = pl.DataFrame(
            {"name": list(stated), "rows": [facts["rows"] for facts in stated.values()]},
            schema={"name": pl.String, "rows": pl.Int64},
        )
        comments = self.query(
            "select table_name as name, comment "
            f"from duckdb_tables() where schema_name = '{SCHEMA}'"
        )
        grain = (
            pl.col("comment")
            .str.strip_chars()
            .str.extract(r"(?s)^(.*?\.)(?:\s|$)")
            .fill_null(pl.col("comment"))
        )
        return (
            rows.join(comments, on="name", how="left", maintain_order="left")
            .select("name", grain.str.replace_all(r"\s+", " ").alias("grain"), "rows")
            .sort("name")
        )


def _shut(
    connection: duckdb.DuckDBPyConnection, spill: Path, threads: int | None, memory: str | None
) -> None:
    connection.execute(f"set temp_directory = {quote_literal(spill)}")
    if threads is not None:
        connection.execute(f"set threads = {int(threads)}")
    if memory is not None:
        connection.execute(f"set memory_limit = {quote_literal(memory)}")
    connection.execute(f"set schema = '{SCHEMA}'")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def _one_line(error: duckdb.Error) -> str:
    """DuckDB's message without its picture of the query and the position in it."""
    return " ".join(str(error).split("\n\nLINE")[0].split())


def open_release(folder: Path) -> Release:
    """A release by its folder.

    Raises:
        ReleaseError: there is none, or it is damaged.
    """
    manifest = read_manifest(folder)
    if not (folder / DATABASE).is_file():
        raise ReleaseError(f"no {DATABASE} in {folder}: publish the release again")
    return Release(folder=folder, release_id=manifest["release_id"], manifest=manifest)


def open_current(releases: Path) -> Release:
    """The current release of a workspace's folder of releases.

    The pointer is followed once, so that everything read through the answer comes from one release
    even while another is published.

    Raises:
        ReleaseError: there is none yet, or it is damaged.
    """
    pointer = releases / CURRENT
    if not pointer.exists():
        raise ReleaseError(
            f"no current release in {releases}: run `journeys run --delivery DIR` first"
        )
    return open_release(pointer.resolve())


def render_frame(frame: pl.DataFrame, form: Format) -> str:
    """A frame as text for people (table) or for programs (csv, json).

    All three forms hold every row.
    """
    if form == "json":
        return json.dumps(frame.to_dicts(), indent=1, ensure_ascii=False, default=str)
    if form == "csv":
        return _flat(frame).write_csv().rstrip("\n")
    with pl.Config(
        tbl_rows=-1,
        tbl_cols=-1,
        tbl_width_chars=-1,
        fmt_str_lengths=10_000,
        tbl_hide_column_data_types=True,
        tbl_hide_dataframe_shape=True,
        tbl_formatting="UTF8_FULL_CONDENSED",
        tbl_cell_numeric_alignment="RIGHT",
        fmt_table_cell_list_len=-1,
        float_precision=None,
    ):
        out = io.StringIO()
        print(frame, file=out)
    return out.getvalue().rstrip("\n")


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists and structs, which CSV cannot hold, as JSON text."""
    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    texts = [
        pl.Series(
            name, [json.dumps(v, ensure_ascii=False, default=str) for v in frame[name].to_list()]
        )
        for name in nested
    ]
    return frame.with_columns(texts)
