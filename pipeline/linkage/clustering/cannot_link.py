"""Pairs of nodes that cannot be one person, whatever chain of likeness leads from one to the other.

Belongs here: what counts as a contradiction. Does not belong here: what is done about it
(clusters).

Contradictions are looked for inside groups that hang together, since only there can they do harm.
One record alone may be a slip; so a contradiction needs `MIN_SUPPORT` records on either side,
except where a clerk has decided and where one body would be in two places.
"""

from __future__ import annotations

import duckdb

from pipeline.linkage.database import fetch_number
from pipeline.linkage.prepare.identifiers import TYPING_SLIP
from pipeline.linkage.scoring.comparisons import POLICE_NUMBERS_AGREE, SUSPECTED_TWINS, sides_of

MIN_SUPPORT = 2
YEARS_APART = 10
"""Births this far apart are no slip of a digit: father and son."""
MIN_DAYS_TOGETHER = 1
"""Two stays in custody that overlap by more days than this are two people's.

A transfer may be recorded twice.
"""
DAYS_AFTER_DEATH = 60
"""Days after a death on which hearings and ends of sentences may still be dated.

What comes later is another person's.
"""
_ARE_GENERATIONS_APART = f"abs({{}} - {{}}) > {YEARS_APART} * 365.25"
MAX_IN_GROUP = 400
"""Nodes of the largest group whose pairs are compared one by one.

A larger group is judged by its numbers alone.
"""


def load_conflicts(connection: duckdb.DuckDBPyConnection) -> int:
    """Make table `conflicts` (node_l, node_r, reason): nodes that cannot be one person.

    It is made from `grouped` (node, cluster), `nodes`, `stays` and `must_not_link`.

    Returns:
        The number of groups with a conflict.
    """
    connection.execute(
        "create or replace table conflicts (node_l bigint, node_r bigint, reason varchar)"
    )
    connection.execute(_SUSPICIOUS)
    connection.execute(_PAIRS)
    connection.execute(f"insert into conflicts {_NUMBERS}")
    connection.execute(f"insert into conflicts {_UNLIKE}")
    connection.execute(f"insert into conflicts {_CUSTODY}")
    connection.execute(f"insert into conflicts {_DEATHS}")
    connection.execute("insert into conflicts select node_l, node_r, 'decided' from must_not_link")
    connection.execute("drop table suspicious_pairs")
    groups = (
        "select count(distinct cluster) from conflicts "
        "inner join grouped on grouped.node = conflicts.node_l"
    )
    return fetch_number(connection, groups)


# Cheap signs, one pass over the nodes: two numbers, two first names, two births.
_SUSPICIOUS = f"""
create or replace temp table suspicious as
select grouped.cluster
from grouped
inner join nodes using (node)
group by grouped.cluster
having count(*) between 2 and {MAX_IN_GROUP}
    and (
        min(nodes.sound_pncs[1]) <> max(nodes.sound_pncs[-1])
        or (min(nodes.forename_sound) <> max(nodes.forename_sound)
            and count(*) filter (nodes.size >= {MIN_SUPPORT}) > 1)
        or min(nodes.birth) <> max(nodes.birth)
    )
"""

# Only pairs that may be unlike: for the others, no list need be fetched.
_PAIRS = f"""
create or replace temp table suspicious_pairs as
with members as (
    select grouped.cluster, grouped.node, nodes.forename, nodes.birth
    from grouped
    inner join suspicious using (cluster)
    inner join nodes using (node)
    where nodes.size >= {MIN_SUPPORT}
)

select one.node as node_l, other.node as node_r
from members as one
inner join members as other on one.cluster = other.cluster and one.node < other.node
where (one.birth = other.birth and one.forename <> other.forename)
    or {_ARE_GENERATIONS_APART.format("one.birth", "other.birth")}
"""

# Support is counted over the group: two nodes with one record each and one number are two records.
_NUMBERS = f"""
with held as (
    select grouped.cluster, grouped.node, nodes.size, unnest(nodes.sound_pncs) as pnc
    from grouped
    inner join nodes using (node)
    inner join suspicious using (cluster)
),

supported as (
    select cluster, pnc from held group by cluster, pnc having sum(size) >= {MIN_SUPPORT}
),

apart as (
    select one.cluster, one.pnc as pnc_l, other.pnc as pnc_r
    from supported as one
    inner join supported as other on one.cluster = other.cluster and one.pnc <> other.pnc
    where damerau_levenshtein(one.pnc, other.pnc) > {TYPING_SLIP}
)

select one.node, other.node, 'two police numbers'
from apart
inner join held as one on one.cluster = apart.cluster and one.pnc = apart.pnc_l
inner join held as other on other.cluster = apart.cluster and other.pnc = apart.pnc_r
where one.node < other.node
"""

_UNLIKE = f"""
with ends as (
    select node_l as node from suspicious_pairs
    union all
    select node_r from suspicious_pairs
),

looked_at as materialized (from nodes semi join ends using (node)),

sides as ({sides_of("suspicious_pairs", "looked_at")})

select node_l, node_r, 'twins' from sides where {SUSPECTED_TWINS}
union all
select node_l, node_r, 'generations'
from sides
where {_ARE_GENERATIONS_APART.format("birth_l", "birth_r")}
    and damerau_levenshtein(birth_digits_l, birth_digits_r) > 1
    and not {POLICE_NUMBERS_AGREE}
"""

_CUSTODY = f"""
with custody as (
    select record_nodes.node, grouped.cluster, stays.since, stays.until
    from stays
    inner join record_nodes using (record)
    inner join grouped using (node)
)

select distinct least(one.node, other.node), greatest(one.node, other.node),
    'in custody twice at once'
from custody as one
inner join custody as other on other.cluster = one.cluster
where one.node < other.node
    and least(one.until, other.until) - greatest(one.since, other.since) > {MIN_DAYS_TOGETHER}
"""

_DEATHS = f"""
select least(dead.node, living.node), greatest(dead.node, living.node), 'dead and then active'
from nodes as dead
inner join grouped as mine on mine.node = dead.node
inner join grouped as theirs on theirs.cluster = mine.cluster and theirs.node <> mine.node
inner join nodes as living on living.node = theirs.node
where dead.died is not null and living.days[-1] > dead.died + {DAYS_AFTER_DEATH}
    and living.size >= {MIN_SUPPORT}
"""
