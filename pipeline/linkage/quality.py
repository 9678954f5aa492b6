"""What may be said of links in public: counts and shares, never a value of a record.

Belongs here: measures that need no truth. Does not belong here: measures against a truth (evaluate).
"""

from __future__ import annotations

import duckdb

from pipeline.linkage.clusters import TYPING_SLIP

MEASURES = {
    "records": "Source records, by source.",
    "nodes": "Distinct sets of identifiers that were compared.",
    "persons": "People, by threshold.",
    "candidate_pairs": "Pairs of nodes that a blocking rule found.",
    "matched_pairs": "Pairs of records of one person, by pair of sources.",
    "persons_in_both": "People with records in both sources of a pair.",
    "cluster_size": "People, by number of records.",
    "weight_band": "Scored pairs of nodes, by match weight.",
    "implausible": "People whose records contradict each other: police numbers or birth dates far apart.",
    "case_links": "Magistrates' cases joined to a Crown Court case, by basis.",
}

_SIZES = "case when records = 1 then '1' when records = 2 then '2' when records <= 5 then '3-5' when records <= 10 then '6-10' "
_SIZES += "when records <= 20 then '11-20' when records <= 50 then '21-50' else '51+' end"
_BAND = "case when match_weight >= 40 then '40+' else lpad(cast(cast(floor(match_weight / 5) * 5 as integer) as varchar), 2, '0') "
_BAND += "|| '-' || lpad(cast(cast(floor(match_weight / 5) * 5 + 5 as integer) as varchar), 2, '0') end"

_PLAIN = f"""
with people as (
    select person_id, source_dataset, count(*) as records from person_links group by person_id, source_dataset
),

pairs as (
    select
        one.source_dataset || ' x ' || other.source_dataset as source_pair,
        one.source_dataset = other.source_dataset as is_one_source,
        count(*) as persons,
        sum(
            case
                when one.source_dataset = other.source_dataset then one.records * (one.records - 1) // 2
                else one.records * other.records
            end
        ) as pairs
    from people as one
    inner join people as other on one.person_id = other.person_id and one.source_dataset <= other.source_dataset
    group by one.source_dataset, other.source_dataset
),

sizes as (
    select person_id, sum(records) as records from people group by person_id
),

measured as (
    select 'records' as measure, 'all' as source_pair, source_dataset as category, count(*) as value
    from person_links
    group by source_dataset
    union all select 'persons', 'all', 'high', count(distinct person_id_high) from person_links
    union all select 'persons', 'all', 'medium', count(distinct person_id) from person_links
    union all select 'persons', 'all', 'low', count(distinct person_id_low) from person_links
    union all select 'matched_pairs', source_pair, 'all', pairs from pairs
    union all select 'persons_in_both', source_pair, 'all', persons from pairs where not is_one_source
    union all select 'cluster_size', 'all', {_SIZES}, count(*) from sizes group by all
    union all select 'case_links', 'all', basis, count(*) from case_links group by basis
)

select measure, source_pair, category, cast(value as double) as value from measured
"""

_SCORED = f"""
with scored as (
    select {_BAND} as band from edges
),

contradicting as (
    select
        person_id,
        damerau_levenshtein(max(records.pnc), min(records.pnc)) > {TYPING_SLIP} as has_two_numbers,
        max(records.birth) - min(records.birth) > 3660 as has_two_births
    from person_links
    inner join records using (source_dataset, source_record_id)
    group by person_id
),

measured as (
    select 'nodes' as measure, 'all' as category, count(*) as value from nodes
    union all select 'weight_band', band, count(*) from scored group by band
    union all select 'implausible', 'two police numbers', count(*) from contradicting where has_two_numbers
    union all select 'implausible', 'births more than ten years apart', count(*) from contradicting where has_two_births
)

select measure, 'all' as source_pair, category, cast(value as double) as value from measured
"""


def load_quality(connection: duckdb.DuckDBPyConnection, *, candidate_pairs: int | None) -> None:
    """Make table `link_quality` (measure, source_pair, category, value); without scores when the links were delivered."""
    connection.execute(f"create or replace temp table link_quality as {_PLAIN}")
    if candidate_pairs is not None:
        connection.execute(f"insert into link_quality {_SCORED}")
        connection.execute("insert into link_quality values ('candidate_pairs', 'all', 'all', ?)", [float(candidate_pairs)])
