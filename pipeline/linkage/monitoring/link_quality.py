"""What may be said of links in public: counts and shares, never a value of a record.

Belongs here: counts that need no truth. Does not belong here: signs of errors on single records
(error_indicators), measures against a truth (truth_metrics), comparing with the last release
(release_drift), people who changed their id (crosswalk).
"""

from __future__ import annotations

import duckdb

from pipeline.linkage.prepare.identifiers import NUMBERS

IDENTIFIERS = ("forename", "middle_names", "surname", "birth", "postcode", *NUMBERS, "asn")
MEASURES = {
    "records": "Source records, by source.",
    "identifier_known": (
        "Source records that have an identifier after standardising, by source and identifier."
    ),
    "nodes": "Distinct sets of identifiers that were compared.",
    "persons": "People, by threshold.",
    "candidate_pairs": "Pairs of nodes that a blocking rule found.",
    "blocks_left_out": "Blocks of a rule that hold too many nodes to be looked at.",
    "parted": (
        "Pairs of nodes that a contradiction keeps from being one person, by what contradicts."
    ),
    "matched_pairs": "Pairs of records of one person, by pair of sources.",
    "persons_in_both": "People with records in both sources of a pair.",
    "cluster_size": "People, by number of records.",
    "weight_band": "Scored pairs of nodes, by match weight.",
    "implausible": (
        "People whose records contradict each other: police numbers or birth dates far apart."
    ),
    "signs": "Records with a sign of a missed or a wrong link, by sign.",
    "case_links": "Magistrates' cases joined to a Crown Court case, by basis.",
    "cases_sent": (
        "Magistrates' cases sent to the Crown Court, by whether a Crown Court case was found."
    ),
    "persons_between_releases": (
        "People on the way from the last release to this one, where ids changed."
    ),
    "persons_in_both_between_releases": (
        "The same for people with records in both sources of a pair."
    ),
}
COLUMNS = "measure varchar, source_pair varchar, category varchar, value double"

_SIZES = (
    "case when records = 1 then '1' when records = 2 then '2' "
    "when records <= 5 then '3-5' when records <= 10 then '6-10' "
)
_SIZES += "when records <= 20 then '11-20' when records <= 50 then '21-50' else '51+' end"
_BAND = "case when match_weight >= 40 then '40+' when match_weight < 0 then 'under 0' else "
_BAND += "lpad(cast(cast(floor(match_weight / 5) * 5 as integer) as varchar), 2, '0') "
_BAND += (
    "|| '-' || lpad(cast(cast(floor(match_weight / 5) * 5 + 5 as integer) as varchar), 2, '0') end"
)

_PLAIN = f"""
with people as (
    select groups.medium as person, records.source_dataset, count(*) as records
    from records
    inner join groups using (record)
    group by groups.medium, records.source_dataset
),

pairs as (
    select
        one.source_dataset || ' x ' || other.source_dataset as source_pair,
        one.source_dataset = other.source_dataset as is_one_source,
        count(*) as persons,
        sum(
            case
                when one.source_dataset = other.source_dataset
                    then one.records * (one.records - 1) // 2
                else one.records * other.records
            end
        ) as pairs
    from people as one
    inner join people as other
        on one.person = other.person and one.source_dataset <= other.source_dataset
    group by one.source_dataset, other.source_dataset
),

sizes as (
    select sum(records) as records from parts group by medium
),

sent_cases as (
    select sent.source_record_id in (select mc_source_record_id from case_links) as is_found
        from sent
),

contradicted as (
    select distinct
        groups.medium as person,
        case link_signs.sign when 'other_number' then 'two police numbers'
            else 'births more than ten years apart' end as why
    from link_signs
    inner join groups using (record)
    where link_signs.sign in ('other_number', 'other_birth')
),

measured as (
    select 'records' as measure, 'all' as source_pair, source_dataset as category,
        sum(records) as value
    from people
    group by source_dataset
    union all select 'persons', 'all', 'high', count(distinct high) from parts
    union all select 'persons', 'all', 'medium', count(*) from sizes
    union all select 'persons', 'all', 'low', count(distinct low) from parts
    union all select 'matched_pairs', source_pair, 'all', pairs from pairs
    union all select 'persons_in_both', source_pair, 'all', persons
        from pairs where not is_one_source
    union all select 'cluster_size', 'all', {_SIZES}, count(*) from sizes group by all
    union all select 'implausible', 'all', why, count(*) from contradicted group by why
    union all select 'signs', 'all', sign, count(*) from link_signs group by sign
    union all select 'case_links', 'all', basis, count(*) from case_links group by basis
    union all select 'cases_sent', 'all', case when is_found then 'found' else 'not found' end,
        count(*) from sent_cases group by all
)

select measure, source_pair, category, cast(value as double) as value from measured
"""

_KNOWN = f"""
select 'identifier_known' as measure, source_dataset as source_pair, category,
    cast(value as double) as value
from (
    unpivot (
        select source_dataset, {", ".join(f"count({name}) as {name}" for name in IDENTIFIERS)}
            from records group by source_dataset
    ) on {", ".join(IDENTIFIERS)} into name category value value
)
where value > 0
"""
"""An identifier that a source does not hold is no class of it.

Disclosure control would hide another class beside an empty one.
"""

_SCORED = f"""
with scored as (
    select {_BAND} as band from edges
),

measured as (
    select 'nodes' as measure, 'all' as category, count(*) as value from nodes
    union all select 'weight_band', band, count(*) from scored group by band
)

select measure, 'all' as source_pair, category, cast(value as double) as value from measured
"""


def load_quality(connection: duckdb.DuckDBPyConnection, *, candidate_pairs: int | None) -> None:
    """Make table `link_quality` (`COLUMNS`) from links, signs and case links.

    It is without scores when the links were delivered.
    """
    connection.execute(f"create or replace temp table link_quality ({COLUMNS})")
    connection.execute(f"insert into link_quality {_PLAIN}")
    connection.execute(f"insert into link_quality {_KNOWN}")
    if candidate_pairs is not None:
        connection.execute(f"insert into link_quality {_SCORED}")
        connection.execute(
            "insert into link_quality "
            "select 'blocks_left_out', 'all', rule, cast(sum(blocks) as double) "
            "from crowded group by rule"
        )
        connection.execute(
            "insert into link_quality "
            "select 'parted', 'all', reason, cast(count(*) as double) "
            "from conflicts group by reason"
        )
        connection.execute(
            "insert into link_quality values ('candidate_pairs', 'all', 'all', ?)",
            [float(candidate_pairs)],
        )
