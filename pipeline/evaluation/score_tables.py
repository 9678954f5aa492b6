"""What the truth and a release say of records and persons, joined within the limits of one DuckDB.

Belongs here: which person of the release stands for which true person. Does not belong here:
figures (release_score, event_score).

A nation has 17 million records whose ids are long texts, so they are joined on disk where need be,
and what is counted afterwards has numbers in place of ids. Numbers follow the alphabetical order of
the ids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq

from pipeline.evaluation.link_score import LISTS
from pipeline.release.release_manifest import TABLES
from pipeline.release.verify import scan_released
from pipeline.storage import columns_of, quote_literal

RecordIds = Callable[[str, str, pl.Series], pl.Series]
"""(source, table name, source keys) -> source record ids, in the same order."""
BATCH_ROWS = 1_000_000


def scan_truth(truth: Path, name: str) -> str:
    """A table of the truth, in SQL."""
    return f"read_parquet({quote_literal(truth / f'{name}.parquet')})"


def load_score_tables(
    connection: duckdb.DuckDBPyConnection,
    release: Path,
    truth: Path,
    record_ids: RecordIds,
    kinds: Iterable[str],
) -> None:
    """Fill the tables that figures are counted from.

    - `true_persons`: true_person_id, true_person (its number), for records and for events of the
      given kinds;
    - `persons`: person_id, person (its number), true_person: that of most of its records, the first
      where several have as many;
    - `linked`: source_dataset, true_person, person (null where never linked), errors,
      circumstances, year: one row a true record.
    """
    _load_records(connection, truth, record_ids)
    ids = " union ".join(
        ["select true_person_id from records", *(_ids(truth, kind) for kind in kinds)]
    )
    _number(connection, "true_persons", "true_person", "true_person_id", ids)
    _number(
        connection,
        "numbered_persons",
        "person",
        "person_id",
        f"select distinct person_id from {scan_released(release, 'person_link')}",
    )
    connection.execute(
        "create table linked as "
        "select source_dataset, true_person, person, errors, circumstances, year from records "
        "join true_persons using (true_person_id) "
        "left join (select source_dataset, source_record_id, person "
        f"from {scan_released(release, 'person_link')} join numbered_persons using (person_id)) "
        "using (source_dataset, source_record_id) "
        f"left join ({_years(release)}) using (source_dataset, source_record_id)"
    )
    connection.execute("drop table records")
    connection.execute(
        "create table persons as "
        "select person_id, person, true_person from numbered_persons left join ("
        "select person, first(true_person order by records desc, true_person) as true_person from ("
        "select person, true_person, count(*) as records from linked "
        "where person is not null group by all) as shared group by person"
        ") as standing using (person)"
    )


def number_records(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """`linked`, with numbers for persons (`true_person_id`, `person_id`)."""
    return (
        connection.execute(
            "select source_dataset, true_person as true_person_id, person as person_id, "
            "errors, circumstances, cast(year as varchar) as year from linked"
        )
        .pl()
        .with_columns(pl.col("source_dataset", *LISTS, "year").cast(pl.Categorical))
    )


def number_persons(connection: duckdb.DuckDBPyConnection, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows about true persons, with their number for `true_person_id`.

    Persons without any record are left out.
    """
    numbers = connection.execute("select true_person_id, true_person from true_persons").pl()
    return (
        frame.join(numbers, on="true_person_id")
        .drop("true_person_id")
        .rename({"true_person": "true_person_id"})
    )


def _ids(truth: Path, kind: str) -> str:
    return f"select cast(true_person_id as varchar) from {scan_truth(truth, kind)}"


def _number(
    connection: duckdb.DuckDBPyConnection, table: str, number: str, name: str, ids: str
) -> None:
    connection.execute(
        f"create table {table} as "
        f"select {name}, cast(row_number() over (order by {name}) as integer) as {number} "
        f"from ({ids}) as ids where {name} is not null"
    )


def _load_records(
    connection: duckdb.DuckDBPyConnection, truth: Path, record_ids: RecordIds
) -> None:
    """Make table `records`: the truth's records by their pseudonyms.

    Of a key that is there twice, it has the first row.
    """
    lists = [
        name for name in LISTS if name in columns_of(connection, scan_truth(truth, "record_person"))
    ]
    connection.execute(
        "create table named (source_dataset varchar, source_record_id varchar, "
        "true_person_id varchar, errors varchar, circumstances varchar, place bigint)"
    )
    columns = ["source", "table_name", "source_key", "true_person_id", *lists]
    place = 0
    for batch in pq.ParquetFile(truth / "record_person.parquet").iter_batches(
        BATCH_ROWS, columns=columns
    ):
        rows = pl.DataFrame(batch).with_row_index("place", place)
        place += rows.height
        connection.register("batch", _named(rows, record_ids).to_arrow())
        connection.execute("insert into named by name select * from batch")
        connection.unregister("batch")
    firsts = ", ".join(
        f"first({name} order by place) as {name}" for name in ("true_person_id", *LISTS)
    )
    connection.execute(
        f"create table records as select source_dataset, source_record_id, {firsts} "
        "from named group by all"
    )
    connection.execute("drop table named")


def _named(rows: pl.DataFrame, record_ids: RecordIds) -> pl.DataFrame:
    """Rows with `source_dataset` and `source_record_id` in place of source, table and key."""
    tables = rows.partition_by("source", "table_name", as_dict=True)
    parts = [
        part.with_columns(
            record_ids(str(source), str(table), part["source_key"]).alias("source_record_id")
        )
        for (source, table), part in tables.items()
    ]
    return pl.concat(parts).rename({"source": "source_dataset"}).drop("table_name", "source_key")


def _years(release: Path) -> str:
    """Query of the year of the first event that a record tells of; no row without that table."""
    if not (release / TABLES / "journey_event.parquet").is_file():
        return "select '' as source_dataset, '' as source_record_id, 0 as year where false"
    return (
        "select source_dataset, source_record_id, year(min(event_date)) as year "
        f"from {scan_released(release, 'journey_event')} "
        "where source_record_id is not null group by all"
    )
