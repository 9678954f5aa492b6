"""Magistrates' cases that went on to the Crown Court, one to one.

Belongs here: which pair of court records is one case. Does not belong here: who is one person
(clusters).

A pair is a candidate when both records have one arrest and summons number, or when they are of one
person and the magistrates sent the case at most `MAX_DAYS` before the Crown Court received it. Each
record then takes its best candidate, best pairs first; the rest stay unlinked. Days and courts that
both records know speak for a pair where they agree and against it where they do not.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from pipeline.linkage.database import scan_parquet
from pipeline.linkage.prepare.identity_tables import RECORD, IdentityTable, number_of

MAX_DAYS = 60
"""Days between sending and receipt within which records of one person are one case."""
MAX_DAYS_WITH_NUMBER = 730
"""The same where both have one arrest number; more is another case with a number typed wrongly."""
NUMBER_SCORE = 0.9
"""Least score of a pair with one arrest number; more is for days that agree."""
MAX_ROUNDS = 200

SENT, RECEIVED = "sent_to_crown_date", "receipt_date"
"""Columns by which the two courts' tables are known, whatever their sources are called."""
SHARED_DAYS = (
    ("sent_to_crown_date", "date_of_committal"),
    ("first_hearing_date", "mag_court_first_hearing_date"),
)
"""Days of the magistrates' record that the Crown record repeats."""
DAYS = {
    "sent": (SENT, *(mine for mine, _ in SHARED_DAYS if mine != SENT)),
    "received": (RECEIVED, *(theirs for _, theirs in SHARED_DAYS)),
}
"""Table of one side -> its day columns; a source's table is on that side if it has the first."""
SHARED_COURTS = (("court_code", "ref_court_code"), ("crown_court_code", "court_code"))
"""Courts of the magistrates' record that the Crown record repeats.

The first sent the case, the second received it.
"""
COURTS = {
    "sent": tuple(mine for mine, _ in SHARED_COURTS),
    "received": tuple(theirs for _, theirs in SHARED_COURTS),
}


REPLACED = "obs_ind"
"""Rows of a court that another row has taken the place of: they never are the case."""


def load_courts(connection: duckdb.DuckDBPyConnection, people: Sequence[IdentityTable]) -> None:
    """Make tables `sent` and `received` from the courts' tables and `groups`.

    Columns: record, source_record_id, person, asn, and the days and courts of that side.
    """
    for name, days in DAYS.items():
        parts = [_court(table, days, COURTS[name]) for table in people if days[0] in table.columns]
        unknown = [f"cast(null as date) as {day}" for day in days] + [
            f"cast(null as varchar) as {court}" for court in COURTS[name]
        ]
        nothing = f"select 0 as record, '' as {RECORD}, '' as asn, {', '.join(unknown)} where false"
        connection.execute(
            f"""
            create or replace temp table {name} as
            with courts as ({" union all ".join(parts) or nothing})

            select courts.*, groups.medium as person
            from courts
            inner join groups using (record)
            where courts.{days[0]} is not null
            """
        )


def _court(table: IdentityTable, days: Sequence[str], courts: Sequence[str]) -> str:
    known = [
        f"real_day({day}) as {day}" if day in table.columns else f"cast(null as date) as {day}"
        for day in days
    ]
    known += [
        f"cast({court if court in table.columns else 'null'} as varchar) as {court}"
        for court in courts
    ]
    stands = f" where {REPLACED} is not true" if REPLACED in table.columns else ""
    asn = "real_number(cast(asn as varchar))" if "asn" in table.columns else "cast(null as varchar)"
    return (
        f"select {number_of(table.source)} as record, {RECORD}, {asn} as asn, {', '.join(known)} "
        f"from {scan_parquet(table.path)}{stands}"
    )


def load_case_links(connection: duckdb.DuckDBPyConnection) -> None:
    """Make table `case_links` from `sent` and `received`.

    Columns: mc_source_record_id, cc_source_record_id, basis, match_score, days_apart.
    """
    connection.execute(_CANDIDATES)
    connection.execute(
        "create or replace temp table case_links "
        "(mc_source_record_id varchar, cc_source_record_id varchar, basis varchar, "
        "match_score double, days_apart bigint)"
    )
    for _ in range(MAX_ROUNDS):
        taken = connection.execute(_TAKE_BEST).fetchone()
        if not taken or not taken[0]:
            return
        connection.execute(_DROP_TAKEN)


_REPEATED = ", ".join(
    f"cast(coalesce(sent.{mine} = received.{theirs}, false) as integer) as same_{mine}"
    for mine, theirs in SHARED_DAYS
)
_DENIED = " + ".join(
    f"cast(coalesce(sent.{mine} <> received.{theirs}, false) as integer)"
    for mine, theirs in SHARED_DAYS
)
_SAME_COURTS = " + ".join(
    f"cast(coalesce(sent.{mine} = received.{theirs}, false) as integer)"
    for mine, theirs in SHARED_COURTS
)
_OTHER_COURTS = " + ".join(
    f"cast(coalesce(sent.{mine} <> received.{theirs}, false) as integer)"
    for mine, theirs in SHARED_COURTS
)
_SAME = " + ".join(f"same_{mine}" for mine, _ in SHARED_DAYS)

_CANDIDATES = f"""
create or replace temp table case_candidates as
with pairs as (
    select sent.source_record_id as mc_id, received.source_record_id as cc_id
    from sent inner join received on sent.asn = received.asn
    union
    select sent.source_record_id, received.source_record_id
    from sent
    inner join received on sent.person = received.person
    where received.{RECEIVED} - sent.{SENT} between 0 and {MAX_DAYS}
),

judged as (
    select
        pairs.mc_id,
        pairs.cc_id,
        coalesce(sent.asn = received.asn, false) as has_number,
        coalesce(sent.asn <> received.asn, false) as has_other_number,
        sent.person = received.person as is_same_person,
        received.{RECEIVED} - sent.{SENT} as days_apart,
        {_DENIED} as denied_days,
        {_SAME_COURTS} as same_courts,
        {_OTHER_COURTS} as other_courts,
        {_REPEATED}
    from pairs
    inner join sent on sent.source_record_id = pairs.mc_id
    inner join received on received.source_record_id = pairs.cc_id
),

scored as (
    select
        mc_id,
        cc_id,
        case when has_number then 'asn' else 'person_and_dates' end as basis,
        days_apart,
        case
            when has_number then {NUMBER_SCORE} + 0.02 * ({_SAME})
                + case when is_same_person then 0.05 else 0.0 end
            else 0.5 + 0.15 * ({_SAME}) - 0.15 * denied_days
                - 0.1 * cast(has_other_number as integer) - 0.1 * days_apart / {MAX_DAYS}
                + 0.05 * same_courts - 0.15 * other_courts
        end as score
    from judged
    where case when has_number then abs(coalesce(days_apart, 0)) <= {MAX_DAYS_WITH_NUMBER}
        else true end
)

select mc_id, cc_id, basis, days_apart, least(greatest(round(score, 6), 0.0), 1.0) as score
from scored
"""

_RANKED = """
with ranked as (
    select
        *,
        row_number() over (partition by mc_id
            order by score desc, abs(days_apart) nulls last, cc_id, mc_id) as mc_place,
        row_number() over (partition by cc_id
            order by score desc, abs(days_apart) nulls last, cc_id, mc_id) as cc_place
    from case_candidates
)
"""

_TAKE_BEST = f"""
insert into case_links
{_RANKED}
select mc_id, cc_id, basis, score, days_apart from ranked where mc_place = 1 and cc_place = 1
"""

_DROP_TAKEN = """
create or replace temp table case_candidates as
select *
from case_candidates
where mc_id not in (select mc_source_record_id from case_links)
    and cc_id not in (select cc_source_record_id from case_links)
"""
