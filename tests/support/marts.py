"""Small marts such as dbt leaves behind, made by hand."""

from __future__ import annotations

from pathlib import Path

import duckdb

FACTS = {"delivery": {"delivery_id": "D1", "is_synthetic": True}, "code_version": "abc"}


def build_marts(path: Path, *, rows: int = 5_000, change: str = "") -> Path:
    """A database with three marts in the order of their keys, comments, and every type that marts
    have.
    """
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            """
            create schema marts;
            create table marts.fct_recall as
                select
                    md5(cast(i as varchar)) as recall_id,
                    'P' || (i % 100) as person_id,
                    case when i % 7 > 0 then date '2015-01-01' + cast(i % 900 as integer) """
            """end as revocation_date,
                    i % 2 = 0 as is_counted,
                    case when i % 5 > 0 then i / 7.0 end as weight,
                    case i % 3 when 0 then 'quote " and new' || chr(10) || 'line' """
            f"""when 1 then '' end as reason,
                    i as days
                from range({rows}) as r (i) order by recall_id;
            create table marts.rpt_coverage as """
            f"""select 'probation' as source_dataset, date '2014-01-01' as coverage_from;
            create table marts.person_link as
                select
                    case i % 2 when 0 then 'prison' else 'probation' end as source_dataset,
                    cast(i // 2 as varchar) as source_record_id,
                    'P' || (i % 100) as person_id
                from range({rows}) as r (i) order by source_dataset, source_record_id;
            comment on table marts.fct_recall is """
            f"""'One row per recall (person''s x date). More text.';
            comment on column marts.fct_recall.person_id is 'Linked person; it''s a pseudonym';
            {change}
            """
        )
    return path
