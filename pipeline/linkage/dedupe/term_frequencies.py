"""What the values of nodes are worth: term frequencies, and what is derived from a name.

That is how a name sounds, what it may be short for, how common it is, and which postcodes are no
home.

Belongs here: distinct values, worked out once for all nodes that have them. Does not belong here:
nodes (exact_dedupe), and what agreement on a value weighs (comparisons, model).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files

import duckdb
import numpy as np

from pipeline.linkage.arrays.ragged_lists import Ints, Truths, find_stretches, is_first, looked_up
from pipeline.linkage.database import Columns, columns_of
from pipeline.storage import quote_literal

COMMON_POSTCODE = 1e-4
"""Share of people from which a postcode is a hostel, a prison or a court, and no home."""
MAX_HOUSEHOLD = 10
"""People of one postcode who may always be a household, however small the collection."""
BITS_OF_A_DAY = 17
"""As many as the days of three and a half centuries need."""


@dataclass(frozen=True)
class Carriers:
    """How many people have each value.

    People count once for each birth date: one with thirty records does not make a name common.
    """

    values: Ints
    """Upper bits of the different values, in order."""
    counts: Ints
    people: int
    """All carriers of all values."""

    def of(self, numbers: Ints) -> Ints:
        """How many carriers each number has; 0 for one that is not there."""
        order = np.argsort(numbers)
        places, is_there = looked_up(_upper(numbers[order]), self.values)
        counts = np.zeros(len(numbers), dtype=np.int64)
        counts[order[is_there]] = self.counts[places[is_there]]
        return counts

    def are_common(self, homes: Ints) -> Truths:
        """Whether these values are addresses that too many people share for a home."""
        common: Truths = self.of(homes) > max(MAX_HOUSEHOLD, COMMON_POSTCODE * self.people)
        return common


def _upper(numbers: Ints) -> Ints:
    """The upper bits of numbers, which are left when a day takes the lower ones.

    They are enough to tell apart a million names in all but one of a hundred nations.
    """
    return numbers >> np.uint64(BITS_OF_A_DAY)


@dataclass(frozen=True)
class Worth:
    """What values are worth, which depends on all records."""

    names: Columns
    """As `load_names` gives them."""
    carriers: Carriers
    """Of full names."""
    inhabitants: Carriers
    """Of postcodes."""


def count_term_frequencies(connection: duckdb.DuckDBPyConnection) -> Worth:
    """What the values of `records` are worth."""
    # Names are worked out beside the carriers; those of all records at once for two kinds of value
    # would take twice the memory.
    with ThreadPoolExecutor(max_workers=1) as pool:
        known = pool.submit(load_names, connection)
        counted = [count_carriers(connection, number) for number in ("name_number", "home_number")]
        return Worth(known.result(), *counted)


def count_carriers(connection: duckdb.DuckDBPyConnection, number: str) -> Carriers:
    """The carriers of each value of `records`, which a column has as a number of 64 bits.

    Value and birth are one number while they are sorted, which takes a third of the time of
    DuckDB's distinct rows.
    """
    day = f"cast((birth - date '1800-01-01') & {2**BITS_OF_A_DAY - 1} as ubigint)"
    packed = f"({number} >> {BITS_OF_A_DAY} << {BITS_OF_A_DAY}) | {day}"
    with connection.cursor() as own:
        held = columns_of(
            own.sql(
                f"select {packed} as packed from records "
                f"where {number} is not null and birth is not null"
            )
        )
    every = np.sort(held.pop("packed").to_numpy())
    values = _upper(every[is_first(every)])
    del every
    starts, counts = find_stretches(values)
    return Carriers(values[starts], counts, len(values))


def load_names(connection: duckdb.DuckDBPyConnection) -> Columns:
    """The distinct names in `records`: name, sound, forms (names that it may stand for, hashed)."""
    nicknames = quote_literal(str(files("nicknames").joinpath("names.csv")))
    query = f"""
        with spellings as (
            select distinct forename as name from records where forename is not null
            union
            select distinct surname from records where surname is not null
        ),

        known as (
            select upper(name2) as name, list_sort(list_distinct(list(upper(name1)))) as forms
            from read_csv({nicknames})
            where relationship = 'has_nickname'
            group by upper(name2)
        )

        select
            name,
            nullif(sound(name), '') as sound,
            list_transform(list_prepend(name, coalesce(known.forms, [])),
                lambda form: hash(form)) as forms
        from spellings
        left join known using (name)
    """
    with connection.cursor() as own:
        return columns_of(own.sql(query))
