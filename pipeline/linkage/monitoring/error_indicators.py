"""Signs of missed and of wrong links on single records, which need no truth.

They give two bounds; the errors, which nobody can count, lie between them.

Belongs here: which records show which sign. Does not belong here: counting them by group (dbt has
sex and ethnicity, this room has not), measures against a truth (truth_metrics).

Some signs can hardly be innocent: their records are the least that is wrong. The others can:
together with the first they are the most that may be wrong. A record that shows no sign may still
be linked wrongly, if it names somebody well who is somebody else; that is rare, since numbers, days
and addresses would have to agree. A sign lies on the records of the smaller part: the one that
would have to move.
"""

from __future__ import annotations

import duckdb

from pipeline.linkage.clustering.cannot_link import MIN_SUPPORT
from pipeline.linkage.prepare.identifiers import IS_PERSON, NUMBERS, TYPING_SLIP

CASE_NUMBERS = (*NUMBERS, "asn")
MAX_PEOPLE = 5
"""A number that more people share is a dummy that standardising does not know: it says nothing."""
DAYS_APART = 3660
"""Births this far apart, ten years, are no slip of one digit."""

SIGNS = {
    "number_elsewhere": (
        "missed",
        True,
        (
            "Another person has more records with the record's police, prison, probation "
            "or arrest number."
        ),
    ),
    "weak_pair": (
        "missed",
        False,
        (
            "It resembles a record of another person, "
            "but not enough to be linked at the medium threshold."
        ),
    ),
    "joined_at_low": ("missed", False, "It belongs to a larger person at the loosest threshold."),
    "too_little": (
        "missed",
        False,
        (
            "It names nobody well: no police, prison or probation number, "
            "and no full name, no birth date or no address."
        ),
    ),
    "other_number": (
        "false",
        True,
        "Its person has another police number, on as many records or more.",
    ),
    "other_birth": (
        "false",
        True,
        "Its person was born ten years earlier or later by as many records or more.",
    ),
    "parted_at_high": (
        "false",
        False,
        "It is parted from most of its person's records at the strictest threshold.",
    ),
}
"""Sign -> the error it is a sign of, whether it can hardly be innocent, and what it says."""


def load_signs(connection: duckdb.DuckDBPyConnection, *, is_scored: bool) -> None:
    """Make table `link_signs` (record, sign).

    The connection holds `records`, `groups` and `parts`, and where we scored pairs `record_nodes`,
    `clusters` and `edges`.
    """
    connection.execute(_MEMBERS)
    connection.execute("create or replace temp table link_signs (record bigint, sign varchar)")
    queries = {
        "number_elsewhere": " union all ".join(
            f"select record from ({_elsewhere(number)})" for number in CASE_NUMBERS
        ),
        "joined_at_low": _smaller_parts("low", "medium"),
        "parted_at_high": _smaller_parts("medium", "high"),
        "too_little": "select record from sign_members where is_thin",
        "other_number": _other(
            "pnc", f"damerau_levenshtein(told.value, best.value) > {TYPING_SLIP}", MIN_SUPPORT
        ),
        "other_birth": _other("birth", f"abs(told.value - best.value) > {DAYS_APART}", 1),
    }
    if is_scored:
        queries["weak_pair"] = _WEAK_PAIRS
    for sign, query in queries.items():
        connection.execute(
            f"insert into link_signs select distinct record, '{sign}' from ({query})"
        )
    connection.execute("drop table sign_members")


_HASHES = ", ".join(
    f"case when records.{number} is not null then hash(records.{number}) end as {number}"
    for number in CASE_NUMBERS
)
_MEMBERS = f"""
create or replace temp table sign_members as
select
    record,
    groups.medium as person,
    {_HASHES},
    records.birth,
    {IS_PERSON} and coalesce({", ".join(NUMBERS)}) is null
        and (full_name is null or birth is null or postcode is null) as is_thin
from records
inner join groups using (record)
"""
"""What signs ask of records, in one pass over them.

Numbers are hashes, which are smaller and quicker than texts.
"""


def _elsewhere(number: str) -> str:
    """Query for the records whose number is on more records of another person.

    Few numbers are on records of more than one person.
    """
    return f"""
        with shared as (
            select {number} from sign_members
                where {number} is not null group by {number} having min(person) <> max(person)
        ),

        holders as (
            select {number}, person, count(*) as held
            from sign_members
            semi join shared using ({number})
            group by {number}, person
            qualify count(*) over (partition by {number}) <= {MAX_PEOPLE}
        ),

        ranked as (
            select {number}, person,
                row_number() over (partition by {number}
                    order by held desc, person) as place from holders
        )

        select members.record
        from sign_members as members
        semi join (select * from ranked where place > 1) as ranked using ({number}, person)
    """


def _smaller_parts(whole: str, part: str) -> str:
    """Query for the records of every part but the largest.

    Parts are what a group of one threshold falls into at another.
    """
    return f"""
        with torn as (
            select {whole} from parts group by {whole} having min({part}) <> max({part})
        ),

        sized as (
            select {whole}, {part}, sum(records) as records from parts
                semi join torn using ({whole}) group by {whole}, {part}
        ),

        ranked as (
            select {whole}, {part},
                row_number() over (partition by {whole}
                    order by records desc, {part}) as place from sized
        )

        select groups.record
        from groups
        semi join (select * from ranked where place > 1) as ranked using ({whole}, {part})
    """


def _other(column: str, differs: str, support: int) -> str:
    """Query for the records whose value is too far from the one that most records of a person have.

    Few people have two values.
    """
    return f"""
        with of_several as (
            select person from sign_members
                where {column} is not null group by person having min({column}) <> max({column})
        ),

        members as materialized (
            select record, of_several.person, records.{column} as value
            from records
            inner join sign_members using (record)
            inner join of_several using (person)
            where records.{column} is not null
        ),

        told as (
            select person, value, count(*) as records from members group by person, value
        ),

        ranked as (
            select *,
                row_number() over (partition by person
                    order by records desc, value) as place from told
        ),

        best as (
            select person, value from ranked where place = 1
        )

        select members.record
        from ranked as told
        inner join best using (person)
        inner join members on members.person = told.person and members.value = told.value
        where told.place > 1 and told.records >= {support} and {differs}
    """


_WEAK_PAIRS = """
    with weak as (
        select edges.node_l, edges.node_r
        from edges
        inner join clusters as one on one.node = edges.node_l
        inner join clusters as other on other.node = edges.node_r
        where one.medium <> other.medium
    )

    select record
    from record_nodes
    where node in (select node_l from weak union all select node_r from weak)
"""
