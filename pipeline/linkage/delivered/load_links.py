"""Links that were delivered: the ministry's lookups in place of our own linkage.

Belongs here: reading `identity/linking/`. Does not belong here: giving ids (person_ids), for
delivered people get ids of ours as well.

A lookup names a record by the pseudonym of its key, or of the column that its contract calls
`lookup_key`. Records that the lookup does not name stay alone.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import duckdb

from data_contracts.fields import CODES
from pipeline.contracts import registry
from pipeline.errors import LinkageError
from pipeline.linkage.database import fetch_number, scan_parquet
from pipeline.linkage.prepare.identity_tables import LOOKUPS, RECORD, list_identity_tables

BASIS = "delivered"
LEVELS = {"high": "cluster_high", "medium": "cluster_medium", "low": "cluster_low"}


def has_rows(connection: duckdb.DuckDBPyConnection, identity: Path, table: str) -> bool:
    """Whether this lookup was delivered: a table that was not is not there, or is empty."""
    file = find_lookup(identity, table)
    return (
        file.is_file()
        and fetch_number(connection, f"select count(*) from {scan_parquet(file)}") > 0
    )


def find_lookup(identity: Path, table: str) -> Path:
    """File of a lookup."""
    return identity / LOOKUPS / f"{table}.parquet"


@cache
def source_names() -> dict[str, str]:
    """The lookup's name of a dataset -> our name of the source."""
    with (CODES / "source_datasets.csv").open(encoding="utf-8", newline="") as lines:
        return {row["code"]: row["source_name"] for row in csv.DictReader(lines)}


def load_groups(connection: duckdb.DuckDBPyConnection, identity: Path) -> None:
    """Make table `labelled` (record, high, medium, low) from `records` and the delivered lookup.

    Labels are texts.

    Raises:
        LinkageError: the lookup names no record that is there.
    """
    labels = ", ".join(
        f"coalesce('d' || links.{column}, 'r' || records.record) as {level}"
        for level, column in LEVELS.items()
    )
    connection.execute(
        f"""
        create or replace temp table labelled as
        with named as ({query_named_records(connection, identity)}),
        links as ({person_links(identity)})
        select records.record, {labels}, links.lookup_id is not null as is_named
        from records
        inner join named using (source_dataset, {RECORD})
        left join links using (source_dataset, lookup_id)
        """
    )
    if not fetch_number(connection, "select count(*) from labelled where is_named"):
        raise LinkageError(
            "the delivered person_links name no record of the delivery: "
            "ask the supplier which identifiers they hold"
        )


def query_named_records(connection: duckdb.DuckDBPyConnection, identity: Path) -> str:
    """Query for every record: its source, its pseudonym, and the one by which a lookup names it."""
    facts = [
        contract.facts
        for contract in registry.list_contracts().values()
        if contract.facts.record_of_person
    ]
    keys = {stated.source: stated.lookup_key or RECORD for stated in facts}
    return " union all ".join(
        f"select '{table.source}' as source_dataset, {RECORD}, "
        f"{keys.get(table.source, RECORD)} as lookup_id from {scan_parquet(table.path)}"
        for table in list_identity_tables(connection, identity)
        if RECORD in table.columns
    )


def person_links(identity: Path) -> str:
    """Query for the delivered lookup, with our names of the sources."""
    names = " ".join(f"when '{code}' then '{source}'" for code, source in source_names().items())
    return f"""
        select case source_dataset {names} else source_dataset end as source_dataset,
            person_id as lookup_id, {", ".join(LEVELS.values())}
        from {scan_parquet(find_lookup(identity, "person_links"))}
    """


def load_case_links(connection: duckdb.DuckDBPyConnection, identity: Path) -> None:
    """Make table `case_links` as delivered; links to records that are not there are left out."""
    mc, cc = court_records("mc_"), court_records("cc_")
    file = find_lookup(identity, "case_links")
    has_score = "estimated_match_score" in {
        row[0]
        for row in connection.execute(f"describe select * from {scan_parquet(file)}").fetchall()
    }
    connection.execute(
        f"""
        create or replace temp table case_links as
        select mc.{RECORD} as mc_source_record_id, cc.{RECORD} as cc_source_record_id,
            '{BASIS}' as basis,
            {"links.estimated_match_score" if has_score else "cast(null as double)"} as match_score,
            received.receipt_date - sent.sent_to_crown_date as days_apart
        from {scan_parquet(file)} as links
        inner join {scan_parquet(identity / mc[0])} as mc on {mc[1].format(side="mc")}
        inner join {scan_parquet(identity / cc[0])} as cc on {cc[1].format(side="cc")}
        left join sent on sent.{RECORD} = mc.{RECORD}
        left join received on received.{RECORD} = cc.{RECORD}
        """
    )


def court_records(side: str) -> tuple[str, str]:
    """File of the records that one side of the lookup names, and the condition that joins them."""
    contract = registry.list_contracts()[LOOKUPS, "case_links"]
    columns = [
        name
        for name, column in contract.columns.items()
        if column.role != "value" and name.startswith(side)
    ]
    families = [contract.columns[column].family for column in columns]
    for other in registry.list_contracts().values():
        if (
            other.facts.record_of_person
            and [other.columns[key].family for key in other.facts.key] == families
        ):
            joined = " and ".join(
                f"links.{mine} = {{side}}.{theirs}"
                for mine, theirs in zip(columns, other.facts.key, strict=True)
            )
            return f"{other.facts.source}/{other.facts.name}.parquet", joined
    raise LinkageError(
        f"no table of records has the key {', '.join(columns)}: correct data_contracts/linking.py"
    )
