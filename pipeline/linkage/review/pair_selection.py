"""Which pairs are worth a clerk's eye, and in which order.

Belongs here: the questions, what an answer is worth, the choice among them. Does not belong here:
what is kept of a pair for the clerk (review_pairs), the weights of its evidence (pair_evidence).

A question is about two sides: two people who may be one, or two parts of one person who may be two.
It is worth what it may change: the records that another answer moves (those of the smaller side)
times the chance that today's answer is wrong. Where evidence contradicts itself that chance is
even. Else it follows from the probability p of the strongest pair between the sides: with n records
on the smaller side, each of which could have been more alike, they are one person with a chance of
p to the power of n. (In a made-up world with known truth the strongest pair alone promised more
than one person in four for sides of three records or more, and not one was.)
"""

from __future__ import annotations

import duckdb

from pipeline.linkage.prepare.identifiers import TYPING_SLIP
from pipeline.linkage.scoring.model import Model

MAX_A_PERSON = 3
"""Pairs about one person: the answers to these change the questions that are left."""
MIN_CHANCE = 0.02
"""Chance of being one person below which two people are not put before a clerk."""
EVEN = 0.5
"""Chance that today's answer is wrong where evidence contradicts itself."""
MAX_DAYS_APART = 3660
"""Days within which one birth date may be the other, mistyped."""

KINDS = {
    "below_threshold": "Two people who may be one: alike, but not enough.",
    "held_apart": "Two people who are alike enough to be one, held apart by what contradicts it.",
    "bridge": "One person whose two parts hang together by little.",
    "two_police_numbers": "One person with two police numbers.",
    "two_births": "One person with two birth dates that are years apart.",
}
"""Kinds of questions, each with what it asks."""

CONFLICTS = {
    "two_police_numbers": (
        "sound_pncs[1]",
        f"damerau_levenshtein(one.value, other.value) > {TYPING_SLIP}",
    ),
    "two_births": ("birth", f"abs(one.value - other.value) > {MAX_DAYS_APART}"),
}
"""Kind -> the value in which records of one person contradict each other, and the condition.

Prison numbers do not contradict each other: people get several.
"""


def load_chosen(connection: duckdb.DuckDBPyConnection, model: Model, *, most: int) -> None:
    """Make table `chosen`: the pairs for clerical review, worth most first.

    Columns: pair, kind, node_l, node_r, is_linked, records_l, records_r, chance, moved, effect.

    Args:
        connection: holds `nodes`, `edges`, `severed` (pairs that a contradiction keeps from
            joining, as `edges`), `clusters`, `must_link`, `must_not_link`.
        model: gives the medium threshold.
        most: pairs at most.
    """
    for query in (_PEOPLE, _ACROSS, _MIXED):
        connection.execute(query)
    connection.execute(f"create or replace temp table questions as {_scored(model)}")
    for kind in CONFLICTS:
        connection.execute(f"insert into questions {_conflict(kind)}")
    connection.execute(_CHOSEN.format(most=most))


_PEOPLE = f"""
create or replace temp table people as
select
    clusters.medium as person,
    sum(nodes.size) as records,
    coalesce(min(hash(sound_pncs[1])) filter (known) <> max(hash(sound_pncs[1])) filter (known),
        false) as two_police_numbers,
    coalesce(max(nodes.birth) - min(nodes.birth) > {MAX_DAYS_APART}, false) as two_births
from clusters
inner join (select node, size, birth, sound_pncs, len(sound_pncs) > 0 as known from nodes)
    as nodes using (node)
group by clusters.medium
"""
"""One pass over all nodes: how large a person is, and whether it may hold a contradiction.

Hashes compare faster than texts.
"""

_ACROSS = """
create or replace temp table across as
with apart as (
    select edges.node_l, edges.node_r, edges.match_weight
    from edges
    inner join (select node, high from clusters) as one on one.node = edges.node_l
    inner join (select node, high from clusters) as other on other.node = edges.node_r
    where one.high <> other.high
    union all
    select node_l, node_r, match_weight from severed
),

placed as (
    select apart.*, one.medium = other.medium as is_linked,
        case when one.medium = other.medium then one.high else one.medium end as side_l,
        case when one.medium = other.medium then other.high else other.medium end as side_r
    from apart
    inner join clusters as one on one.node = apart.node_l
    inner join clusters as other on other.node = apart.node_r
    qualify row_number() over (
        partition by is_linked, least(side_l, side_r), greatest(side_l, side_r)
            order by match_weight desc, node_l, node_r
    ) = 1
),

sides as (
    select distinct is_linked, unnest([side_l, side_r]) as side from placed
),

sizes as (
    select sides.side, false as is_linked, people.records
    from people
    inner join sides on sides.side = people.person and not sides.is_linked
    union all
    select parts.high, true, sum(nodes.size)
    from (
        select clusters.node, clusters.high from clusters
            inner join sides on sides.side = clusters.high and sides.is_linked
    ) as parts
    inner join nodes on nodes.node = parts.node
    group by parts.high
)

select placed.*, one.records as records_l, other.records as records_r,
    case when one.records <= other.records then side_l else side_r end as smaller_side
from placed
inner join sizes as one on one.side = placed.side_l and one.is_linked = placed.is_linked
inner join sizes as other on other.side = placed.side_r and other.is_linked = placed.is_linked
"""
"""The strongest pair between any two people, and between any two parts of one person.

Parts are those at the high threshold. These are few of all pairs.
"""

_MIXED = """
create or replace temp table mixed as
select nodes.node, nodes.size, nodes.sound_pncs, nodes.birth,
    members.person, members.two_police_numbers, members.two_births
from (
    select clusters.node, people.*
    from clusters
    inner join (select * from people where two_police_numbers or two_births) as people
        on people.person = clusters.medium
) as members
inner join nodes on nodes.node = members.node
"""
"""The nodes of people whose records contradict each other."""


def _scored(model: Model) -> str:
    """Questions that a scored pair raises, but for those that a clerk has answered."""
    medium, likely = (
        model.thresholds["medium"],
        (
            "pow(1 / (1 + pow(2.0, -across.match_weight)), "
            "least(across.records_l, across.records_r))"
        ),
    )
    is_alike = f"across.match_weight >= {medium}"
    return f"""
        with hanging as (
            select node_l, node_r
            from across
            where is_linked
            qualify row_number() over (partition by smaller_side
                order by match_weight desc, node_l, node_r) = 1
        ),

        answered as (
            select distinct least(one.medium, other.medium) as lower_side,
                greatest(one.medium, other.medium) as upper_side
            from must_not_link
            inner join clusters as one on one.node = must_not_link.node_l
            inner join clusters as other on other.node = must_not_link.node_r
        )

        select
            case when across.is_linked then 'bridge' when {is_alike} then 'held_apart'
                else 'below_threshold' end as kind,
            across.node_l, across.node_r, across.is_linked, across.records_l, across.records_r,
            case when across.is_linked then 1 - {likely} when {is_alike} then {EVEN}
                else {likely} end as chance
        from across
        left join hanging using (node_l, node_r)
        left join answered
            on answered.lower_side = least(across.side_l, across.side_r)
                and answered.upper_side = greatest(across.side_l, across.side_r)
        where case when across.is_linked then hanging.node_l is not null and {is_alike}
            else answered.lower_side is null and {likely} >= {MIN_CHANCE} end
    """


def _conflict(kind: str) -> str:
    """Query for one question on each person whose records contradict each other.

    One side is the value on most records. The other is, of the values that contradict it, the one
    on most records.
    """
    column, differ = CONFLICTS[kind]
    return f"""
        select '{kind}', least(node, other_node), greatest(node, other_node), true,
            case when node < other_node then records else other_records end,
            case when node < other_node then other_records else records end,
            {EVEN}
        from (
            with members as (
                select mixed.person, mixed.node, mixed.size, mixed.{column} as value,
                    entities.entity
                from mixed
                left join (
                    select node_l as entity, node_l as node from must_link
                        union select node_l, node_r from must_link
                ) as entities using (node)
                where mixed.{column} is not null and mixed.{kind}
            ),

            valued as (
                select person, value, sum(size) as records,
                    first(node order by size desc, node) as node,
                    list(distinct entity) filter (where entity is not null) as entities,
                    row_number() over (partition by person order by sum(size) desc, value) as place
                from members
                group by person, value
            )

            select one.node, one.records,
                other.node as other_node, other.records as other_records
            from valued as one
            inner join valued as other
                on one.person = other.person and one.place = 1 and other.place > 1 and {differ}
            where not coalesce(list_has_any(one.entities, other.entities), false)
            qualify row_number() over (partition by one.person
                order by other.records desc, other.value) = 1
        )
    """


_CHOSEN = f"""
create or replace temp table chosen as
with worth as (
    select *, least(records_l, records_r) as moved, least(records_l, records_r) * chance as effect
    from questions
    qualify row_number() over (partition by node_l, node_r order by effect desc, kind) = 1
),

people as (
    select distinct sides.node_l, sides.node_r, sides.effect, clusters.medium as person
    from (select node_l, node_r, effect, unnest([node_l, node_r]) as node from worth) as sides
    inner join clusters using (node)
),

asked as (
    select node_l, node_r,
        row_number() over (partition by person
            order by effect desc, node_l, node_r) as place from people
),

again as (
    select distinct node_l, node_r from asked where place > {MAX_A_PERSON}
)

select row_number() over (order by effect desc, node_l, node_r) as pair, worth.*
from worth
anti join again using (node_l, node_r)
order by pair
limit {{most}}
"""
