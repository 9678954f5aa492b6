"""One raw table -> identity, staged, quarantine, and its entry in the row ledger.

The columns decide: direct identifiers go to `identity/`, everything else to `staged/`, source keys to neither but as
keyed pseudonyms to both, columns that help to link to both. A row that breaks a row rule goes to `quarantine/` whole.
Belongs here: the split and the counts. Does not belong here: any rule (data_contracts), reading bytes (reading).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import duckdb
import polars as pl

from pipeline import contracts, ledger, pseudonyms, reading, sides
from pipeline.contracts import Contract
from pipeline.delivery import DeliveredFile, Delivery, DeliveryError
from pipeline.ledger import RuleCount, TableLedger
from pipeline.settings import Build, Settings, literal

DUPLICATE_KEY = "the key repeats with other content"


def land(contract: Contract, delivery: Delivery, build: Build, *, key: bytes, settings: Settings) -> TableLedger:
    """Land one table of a delivery.

    Writes `identity/<source>/<table>.parquet` (if the table has anything that identifies or helps to link),
    `staged/<source>/<table>.parquet`, `quarantine/<source>/<table>.parquet` (if rows are held back) and the ledger.
    An optional table that was not delivered is staged empty.

    Raises:
        DeliveryError: a file or a column is not what it must be; nothing of the table is left half-written.
    """
    files = delivery.of_table(contract.facts.source, contract.facts.name)
    with _scratch(build, contract) as scratch, _database(scratch, key=key, settings=settings) as database:
        typed = _write_typed(contract, files, scratch)
        rows = _count(typed, files, contract)
        broken = _broken_rules(contract, typed)
        database.register("broken", broken.to_arrow())
        _hold_back(database, contract, typed)
        _write_split(database, contract, build)
        _write_quarantine(database, contract, files, delivery, build)
        entry = _entry(database, contract, files, rows)
    ledger.write(entry, build.ledger)
    return entry


@contextmanager
def _scratch(build: Build, contract: Contract) -> Iterator[Path]:
    """A private folder that is gone afterwards, whatever happens: it holds identifiers."""
    folder = build.spill / contract.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _database(scratch: Path, *, key: bytes, settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config=settings.duckdb(scratch / "duckdb")) as database:
        pseudonyms.register(database, key)
        yield database


def _write_typed(contract: Contract, files: tuple[DeliveredFile, ...], scratch: Path) -> Path:
    target = scratch / "typed.parquet"
    if not files:
        schema = contract.types | {reading.UNREADABLE: pl.String(), reading.ROW: pl.Int64()}
        pl.DataFrame(schema=schema).write_parquet(target)
        return target
    typed = reading.typed(files, contract.types, required=contract.required_columns)
    try:
        typed.sink_parquet(target, compression="lz4", maintain_order=True)
    except (pl.exceptions.ComputeError, pl.exceptions.SchemaError) as error:
        raise reading.unreadable(_first_broken(files)) from error
    return target


def _first_broken(files: tuple[DeliveredFile, ...]) -> DeliveredFile:
    for file in files:
        try:
            reading.scan(file).collect(engine="streaming")
        except (pl.exceptions.PolarsError, DeliveryError):
            return file
    return files[0]


def _count(typed: Path, files: tuple[DeliveredFile, ...], contract: Contract) -> int:
    """Rows delivered, which must be what the manifest states."""
    rows = int(pl.scan_parquet(typed).select(pl.len()).collect().item())
    stated = sum(file.rows for file in files)
    if rows != stated:
        raise DeliveryError(f"{contract.name} has {rows} rows but the manifest states {stated}: deliver the whole table again")
    return rows


def _broken_rules(contract: Contract, typed: Path) -> pl.DataFrame:
    """One row per broken row rule and row; an unreadable value also counts as unreadable only, not as missing."""
    frame = pl.scan_parquet(typed)
    unreadable = (
        frame.filter(pl.col(reading.UNREADABLE).is_not_null())
        .select("_row", pl.col(reading.UNREADABLE).str.strip_suffix(";").str.split(";").alias("column_name"))
        .explode("column_name")
        .with_columns(pl.lit("type").alias("rule"))
        .collect()
    )
    failed = contracts.failures(contract, frame)
    failed = failed.join(unreadable, on=["_row", "column_name"], how="anti")
    named = pl.concat([unreadable, failed])
    texts = named.select("column_name", "rule").unique()
    reasons = pl.Series("reason", [contracts.reason(*pair) for pair in texts.iter_rows()], dtype=pl.String)
    return named.join(texts.with_columns(reasons), on=["column_name", "rule"], how="left")


def _hold_back(database: duckdb.DuckDBPyConnection, contract: Contract, typed: Path) -> None:
    """Tables `typed` (view), `held` (_row, reasons) and `removed` (_row): together they say where each row goes."""
    database.execute(f"create view typed as select * from read_parquet({literal(typed)})")
    key = ", ".join(contract.facts.key)
    content = ", ".join(contract.types)
    database.execute(
        "create table failed as select _row, string_agg(distinct reason, '; ' order by reason) as reasons from broken group by _row"
    )
    database.execute(
        f"""
        create table repeated as
        with sound as (select * from typed anti join failed using (_row)),
        repeats as (select {key} from sound group by {key} having count(*) > 1)
        select _row,
            row_number() over (partition by {key} order by md5(cast(row({content}) as varchar)), _row) as place,
            md5(cast(row({content}) as varchar)) = min(md5(cast(row({content}) as varchar))) over (partition by {key}) as is_same
        from sound semi join repeats using ({key})
        """
    )
    database.execute("create table removed as select _row from repeated where place > 1 and is_same")
    database.execute(
        f"create table held as select * from failed union all select _row, '{DUPLICATE_KEY}' from repeated where place > 1 and not is_same"
    )


def _write_split(database: duckdb.DuckDBPyConnection, contract: Contract, build: Build) -> None:
    columns_of = {"identity": sides.identity(contract), "staged": sides.staged(contract)}
    for side, columns in columns_of.items():
        if not columns:
            continue
        target = getattr(build, side) / contract.facts.source / f"{contract.facts.name}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(".partial")
        database.execute(
            f"""
            copy (
                select {", ".join(columns)} from typed
                anti join held using (_row) anti join removed using (_row)
                order by _row
            ) to {literal(unfinished)} (format parquet, compression zstd)
            """
        )
        unfinished.rename(target)


def _write_quarantine(
    database: duckdb.DuckDBPyConnection, contract: Contract, files: tuple[DeliveredFile, ...], delivery: Delivery, build: Build
) -> None:
    held = database.execute("select _row, reasons from held order by _row").pl()
    if held.is_empty():
        return
    target = build.quarantine / contract.facts.source / f"{contract.facts.name}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    rows = reading.as_delivered(files, held["_row"], delivery.folder).collect()
    rows.join(held, on="_row").sort("_row").drop("_row").write_parquet(target)


def _entry(database: duckdb.DuckDBPyConnection, contract: Contract, files: tuple[DeliveredFile, ...], rows: int) -> TableLedger:
    facts = contract.facts
    held, removed, repeats = (
        int((database.execute(query).fetchone() or (0,))[0])
        for query in (
            "select count(*) from held",
            "select count(*) from removed",
            "select count(*) from repeated where place > 1",
        )
    )
    starts = [file.coverage_from for file in files if file.coverage_from]
    ends = [file.coverage_to for file in files if file.coverage_to]
    return TableLedger(
        source=facts.source,
        table_name=facts.name,
        is_present=bool(files),
        is_required=facts.required,
        delivered=rows,
        staged=rows - held - removed,
        quarantined=held,
        duplicates_removed=removed,
        coverage_from=min(starts, default=None),
        coverage_to=max(ends, default=None),
        rules=tuple(_rule_counts(database, contract, rows, repeats)),
        blocking=tuple(_blocking(contract, rows, held=held, repeats=repeats)),
    )


def _rule_counts(database: duckdb.DuckDBPyConnection, contract: Contract, rows: int, repeats: int) -> Iterator[RuleCount]:
    count_of = partial(RuleCount, source=contract.facts.source, table_name=contract.facts.name, rows_checked=rows)
    counted = database.execute("select column_name, rule, count(distinct _row) from broken group by all").fetchall()
    failed = {(column, rule): int(count) for column, rule, count in counted}
    for column, rule in contract.row_rules:
        count = failed.get((column, rule), 0)
        yield count_of(column_name=column, rule=rule, severity="quarantine", rows_failed=count)
    key = ", ".join(contract.facts.key)
    yield count_of(column_name=key, rule="unique", severity="block", rows_failed=repeats)
    for flag, earlier, later in contract.flags:
        count = int((database.execute(f"select count(*) from typed where {later} < {earlier}").fetchone() or (0,))[0])
        yield count_of(column_name=later, rule=flag, severity="warn", rows_failed=count)


def _blocking(contract: Contract, rows: int, *, held: int, repeats: int) -> Iterator[str]:
    facts = contract.facts
    if repeats > facts.duplicate_tolerance * rows:
        key = ", ".join(facts.key)
        yield (
            f"{contract.name}: the key [{key}] repeats in {repeats} of {rows} rows, more than the tolerated share of "
            f"{facts.duplicate_tolerance}: ask the supplier for the table without repeats"
        )
    if held > facts.quarantine_tolerance * rows:
        yield (
            f"{contract.name}: {held} of {rows} rows are in quarantine, more than the tolerated share of "
            f"{facts.quarantine_tolerance}: see the reasons with `journeys check`, ask the supplier to correct them"
        )
