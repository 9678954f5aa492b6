"""Other people's data, linked by configuration of columns alone.

    journeys link-tables a.csv b.parquet --output folder
        --column forename=given_name --column date_of_birth=dob

Belongs here: making an identity side of tables whose columns are named by the caller. Does not
belong here: what a value's one form is (standardise), and any other step of linkage, which is that
of every run.

`--column OURS=THEIRS` says which column holds which identifier; what is not named is missing. A
table need not have every column, and one identifier may have a column of another name in another
table. Values go over as they are: forms that `standardise` does not know (a postcode of another
country as `postcode`, say) count as missing, and the summary says how many they were. What is
written names people: the output folder is readable by the owner alone.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.errors import LinkageError
from pipeline.linkage.database import open_linkage_database, scan_parquet
from pipeline.linkage.prepare import load_records as records
from pipeline.linkage.prepare.identity_tables import (
    IDENTIFIERS,
    LOOKUPS,
    RECORD,
    list_identity_tables,
)
from pipeline.linkage.run import LinkageSummary, link_identity
from pipeline.settings import Settings

BIRTH = "date_of_birth"
OURS = (RECORD, *IDENTIFIERS)
"""What a column may be named as."""
STANDARDISED = {BIRTH: "birth", "foreign_postcode": "postcode"}
"""Identifiers whose standardised column has another name."""
ISO = "%Y-%m-%d"
MAX_UNREAD = 0.5
"""Share of birth dates that cannot be read from which the format is wrong, and not the dates."""


@dataclass(frozen=True)
class Filled:
    """How far a table has an identifier; may be logged."""

    source: str
    identifier: str
    records: int
    given: int
    """Records with a value."""
    usable: int
    """Records with a value that says something and whose form is known."""


def columns_of(stated: Iterable[str]) -> dict[str, str]:
    """`OURS=THEIRS` texts as a mapping from their columns to ours.

    Raises:
        LinkageError: a text is no pair, or ours is no identifier.
    """
    columns: dict[str, str] = {}
    for text in stated:
        ours, equals, theirs = text.partition("=")
        if not equals or not theirs:
            raise LinkageError(
                f"--column {text} is not OURS=THEIRS: name one of our columns and one of theirs"
            )
        if ours not in OURS:
            raise LinkageError(
                f"--column {text}: linkage knows no {ours}; it knows {', '.join(OURS)}"
            )
        if columns.get(theirs, ours) != ours:
            raise LinkageError(f"--column {text}: [{theirs}] is named as {columns[theirs]} already")
        columns[theirs] = ours
    return columns


def write_identity(
    tables: Sequence[Path], columns: Mapping[str, str], identity: Path, *, date_format: str = ISO
) -> None:
    """Write `<source>/<table>.parquet` for each table.

    The source is the file's name without its ending.

    Args:
        tables: CSV (UTF-8, with a header) or Parquet files.
        columns: their column -> ours; where source_record_id is not among them, the row's number
            stands for it.
        identity: folder to write.
        date_format: how birth dates are written, where the file has no dates proper.

    Raises:
        LinkageError: a table cannot be read, a named column is nowhere, or the values cannot serve;
            the message holds none of them.
    """
    scanned = {path: _scanned(path) for path in tables}
    known = {name for frame in scanned.values() for name in frame.collect_schema().names()}
    nowhere = [name for name in columns if name not in known]
    if nowhere:
        raise LinkageError(
            f"no table has {_listed(nowhere)}; the columns are {_listed(sorted(known))}"
        )
    sources = [_source(path) for path in tables]
    if len(set(sources)) < len(sources):
        raise LinkageError(
            "two tables would both be called "
            f"{_listed(s for s in set(sources) if sources.count(s) > 1)}: rename a file"
        )
    for source, (path, frame) in zip(sources, scanned.items(), strict=True):
        made = _made(frame, columns, source, path.name, date_format)
        folder = identity / source
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        made.write_parquet(folder / f"{source}.parquet")


def _source(path: Path) -> str:
    name = re.sub(r"\W+", "_", path.stem)
    if name == LOOKUPS:
        raise LinkageError(
            f"a table cannot be called {name}, "
            "which is the folder of delivered links: rename the file"
        )
    return name


def _scanned(path: Path) -> pl.LazyFrame:
    """A table as its file has it, column names without spaces around them."""
    try:
        frame = (
            pl.scan_parquet(path)
            if path.suffix == ".parquet"
            else pl.scan_csv(path, infer_schema=False)
        )
        names = frame.collect_schema().names()
    except (OSError, pl.exceptions.PolarsError) as error:  # whose own text can hold values
        raise LinkageError(
            f"{path.name} cannot be read ({type(error).__name__}): "
            "give CSV with a header, or Parquet"
        ) from None
    return frame.rename({name: name.strip() for name in names})


def _made(
    frame: pl.LazyFrame, columns: Mapping[str, str], source: str, table: str, date_format: str
) -> pl.DataFrame:
    """The identity table of one file."""
    theirs = {columns[name]: name for name in frame.collect_schema().names() if name in columns}
    here = [name for name in frame.collect_schema().names() if name in columns]
    twice = sorted({columns[name] for name in here if theirs[columns[name]] != name})
    if twice:
        raise LinkageError(f"{table} has two columns for {_listed(twice)}: name one")
    if not set(theirs) - {RECORD}:
        raise LinkageError(f"{table} has none of the named columns, so there is nothing to link by")
    wanted = [
        _value(name, theirs[name], frame.collect_schema()[theirs[name]], date_format)
        for name in OURS
        if name in theirs
    ]
    if RECORD not in theirs:
        wanted.insert(0, pl.int_range(1, pl.len() + 1).cast(pl.String).alias(RECORD))
    try:
        made = frame.select(
            pl.lit(source).alias("source_dataset"), *wanted, *_given_births(theirs)
        ).collect()
    except pl.exceptions.PolarsError as error:
        raise LinkageError(
            f"{table} cannot be read to its end ({type(error).__name__}): "
            "look for rows with more or fewer cells"
        ) from None
    _require_ids(made, table)
    return _with_read_births(made, table, date_format)


def _value(ours: str, theirs: str, kind: pl.DataType, date_format: str) -> pl.Expr:
    if ours == BIRTH and kind.is_temporal():
        return pl.col(theirs).cast(pl.Date).alias(ours)
    text = _text(theirs)
    return (text.str.to_date(date_format, strict=False) if ours == BIRTH else text).alias(ours)


def _text(theirs: str) -> pl.Expr:
    text = pl.col(theirs).cast(pl.String).str.strip_chars()
    return pl.when(text != "").then(text)


def _given_births(theirs: Mapping[str, str]) -> list[pl.Expr]:
    return [_text(theirs[BIRTH]).is_not_null().alias("_given")] if BIRTH in theirs else []


def _with_read_births(made: pl.DataFrame, table: str, date_format: str) -> pl.DataFrame:
    """The table, if its birth dates could be read.

    A single birth date that cannot be read is missing, like any date that is none.
    """
    if "_given" not in made.columns:
        return made
    given, read = int(made["_given"].sum()), made[BIRTH].count()
    if given and (given - read) / given > MAX_UNREAD:
        raise LinkageError(
            f"{table}: {given - read} of {given} birth dates are not written as {date_format}: "
            "give --date-format"
        )
    return made.drop("_given")


def _require_ids(made: pl.DataFrame, table: str) -> None:
    missing = made[RECORD].null_count()
    repeated = made.height - missing - made[RECORD].drop_nulls().n_unique()
    if missing or repeated:
        raise LinkageError(
            f"{table}: {missing} of {made.height} rows have no {RECORD} "
            f"and {repeated} have that of another row: "
            "name a column that is different in every row, or none, and rows are numbered"
        )


def count_filled(identity: Path, *, threads: int, memory: str) -> list[Filled]:
    """How far each source has each identifier, before and after standardising."""
    told = []
    with open_linkage_database(
        identity.parent / ".filled.spill", threads=threads, memory=memory
    ) as connection:
        records.load_records(connection, identity)
        for table in list_identity_tables(connection, identity):
            for name in [name for name in IDENTIFIERS if name in table.columns]:
                column = STANDARDISED.get(name, name)
                usable = (
                    f"count(*) filter (len({column}) > 0)"
                    if name == "aliases"
                    else f"count({column})"
                )
                given = connection.execute(
                    f"select count(*), count({name}) from {scan_parquet(table.path)}"
                ).fetchone() or (0, 0)
                kept = connection.execute(
                    f"select {usable} from records where source_dataset = ?", [table.source]
                ).fetchone() or (0,)
                told.append(Filled(table.source, name, int(given[0]), int(given[1]), int(kept[0])))
    shutil.rmtree(identity.parent / ".filled.spill")
    return told


def link_tables(
    tables: Sequence[Path],
    columns: Mapping[str, str],
    output: Path,
    *,
    settings: Settings,
    date_format: str = ISO,
    model: Path | None = None,
) -> tuple[LinkageSummary, list[Filled]]:
    """Link tables with the linkage of every run.

    `output/identity` is what the linkage saw, `output/linkage` what it says.

    Args:
        tables: CSV or Parquet files, one a source.
        columns: their column -> ours.
        output: folder to write.
        settings: threads and memory.
        date_format: how birth dates are written.
        model: model file; the newest committed one unless stated.

    Raises:
        LinkageError: see `write_identity` and `pipeline.linkage.run.link_identity`.
    """
    output.mkdir(parents=True, exist_ok=True, mode=0o700)
    identity = output / "identity"
    if identity.exists():
        raise LinkageError(f"{identity} is there already: give an empty folder")
    write_identity(tables, columns, identity, date_format=date_format)
    told = count_filled(identity, threads=settings.threads, memory=settings.memory)
    summary = link_identity(
        identity,
        output / "linkage",
        registry=output / "registry",
        threads=settings.threads,
        memory=settings.memory,
        delivered_links=False,
        model=model,
    )
    return summary, told


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"[{name}]" for name in names)
