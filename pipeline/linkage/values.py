"""What the values of nodes are worth: how a name sounds, what it may be short for, how common it is, which postcodes are no home.

Belongs here: tables of distinct values, worked out once for all nodes that have them. Does not belong here: nodes (collapse), and what
agreement on a value weighs (rules, model).
"""

from __future__ import annotations

from importlib.resources import files

import duckdb

COMMON_POSTCODE = 1e-4
"""Share of people from which a postcode is a hostel, a prison or a court, and no home."""
HALF = 2**32
_HALF = f"cast({HALF} as ubigint)"
HOME_NUMBER = f"case when postcode is not null then hash(coalesce(outcode, postcode)) % {_HALF} * {_HALF} + hash(postcode) % {_HALF} end"
"""A postcode as a number whose upper half is the outcode's, so that the outcodes of a node follow from its postcodes."""
NAME_NUMBER = "case when full_name is not null then hash(full_name) end"
"""A full name as a number, for what only asks whether names are equal."""
FEW = 10
"""People of one postcode who may always be a household, however small the collection."""


def load_names(connection: duckdb.DuckDBPyConnection) -> None:
    """Make table `names` (name, sound, forms: names that it may stand for) of the names in `records`."""
    nicknames = str(files("nicknames").joinpath("names.csv")).replace("'", "''")
    connection.execute(
        f"""
        create or replace table names as
        with spellings as (
            select distinct forename as name from records where forename is not null
            union
            select distinct surname from records where surname is not null
        ),

        known as (
            select upper(name2) as name, list_sort(list_distinct(list(upper(name1)))) as forms
            from read_csv('{nicknames}')
            where relationship = 'has_nickname'
            group by upper(name2)
        )

        select
            name,
            nullif(sound(name), '') as sound,
            list_transform(list_prepend(name, coalesce(known.forms, [])), lambda form: hash(form)) as forms
        from spellings
        left join known using (name)
        """
    )


def load_frequencies(connection: duckdb.DuckDBPyConnection) -> None:
    """Make table `frequencies` (name_number, frequency) of the names in `records`.

    A name counts once for each birth date it comes with: a person with thirty records does not make it common.
    """
    connection.execute(
        f"""
        create or replace table frequencies as
        with carriers as (
            select distinct {NAME_NUMBER} as name_number, birth from records where full_name is not null and birth is not null
        )

        select name_number, count(*) / (select count(*) from carriers) as frequency
        from carriers
        group by name_number
        """
    )


def load_common_postcodes(connection: duckdb.DuckDBPyConnection) -> None:
    """Make table `common` of one row: places, the postcodes of `records` (hashed) that too many people share for a home."""
    connection.execute(
        f"""
        create or replace table common as
        with lived as (
            select distinct {HOME_NUMBER} as postcode, birth from records where postcode is not null and birth is not null
        ),

        people as (select count(*) as people from lived),

        crowded as (
            select lived.postcode
            from lived
            cross join people
            group by lived.postcode
            having count(*) > greatest({FEW}, {COMMON_POSTCODE} * any_value(people.people))
        )

        select coalesce(list(postcode order by postcode), []) as places from crowded
        """
    )
