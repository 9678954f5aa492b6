"""The attributes of a node: the distinct values of its records, and what comparisons need of them.

What comparisons need is worked out once.

Belongs here: the columns of `nodes`. Does not belong here: which records are one node
(exact_dedupe), how common values are (term_frequencies), scoring (score_pairs).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.linkage.arrays.ragged_lists import (
    Ints,
    Lists,
    Truths,
    lists_of,
    lists_of_hashes,
    lists_of_lists,
    one_after_the_other,
)
from pipeline.linkage.database import Columns
from pipeline.linkage.dedupe.term_frequencies import Carriers, Worth
from pipeline.linkage.prepare.identifiers import HALF

OF_ALL = ("forename", "surname", "full_name", "name_number", "birth")
"""Columns that are the same in all records of a node."""
TEXTS = {"middle_names": "middle_names", "pncs": "pnc", "cros": "cro"}
"""List column of a node -> column of its records."""
FLATTENED = ("aliases", "days")
"""List columns of a node whose records have lists, too."""
HASHES = {
    "own_groups": ("own_group",),
    "service_numbers": ("prison_number", "crn"),
    "asns": ("asn",),
}
"""List column of a node -> columns of its records, for values that are only tested for equality.

Lists of numbers are joined and compared faster than lists of texts.
"""
CHECKED = ("pnc", "cro")
"""Numbers with a check letter.

Their hashes and those of arrest numbers (asns) are the police numbers of a node.
"""

HELD = (
    *OF_ALL,
    "sex",
    "died",
    *TEXTS.values(),
    *FLATTENED,
    *(
        f"case when {name} is not null then hash({name}) end as {name}_hash"
        for names in HASHES.values()
        for name in names
    ),
    "home_number",
)
"""What is read of the records of a node: columns of `records`, or named expressions over them."""


def gather_nodes(
    connection: duckdb.DuckDBPyConnection, worth: Worth, held: Columns, nodes: Ints
) -> Columns:
    """The nodes of some records, in the order of their numbers, which are not among the columns.

    Columns: size, those of `OF_ALL`, sex (null where its records differ), died, the list columns of
    `TEXTS` and `FLATTENED` (in order, without repeats), own_groups, service_numbers,
    police_numbers, postcodes, common_postcodes and outcodes (all hashed, in no order), sound and
    slipped numbers (by their check letters), what there is at all, how the names sound and what
    they may stand for, how common the full name is.

    Args:
        connection: one that nothing else uses meanwhile.
        worth: what the values of all records are worth.
        held: the columns of `HELD`, a row a record.
        nodes: the node of each record; every number from 0 is there.
    """
    told = _told(connection, held, nodes, worth)
    return told | _named(worth, told)


def write_nodes(told: Columns, file: Path) -> None:
    """Write nodes into a Parquet file, with dictionaries where values recur.

    Elsewhere dictionaries take longer to write than they save.
    """
    encoded = ["forename", "surname", "forename_sound", "surname_sound", "birth_digits", "sex"]
    pq.write_table(
        pa.table(told),
        file,
        compression="lz4",
        use_dictionary=encoded,
        write_statistics=["node", "part"],
    )


def _told(
    connection: duckdb.DuckDBPyConnection, held: Columns, nodes: Ints, worth: Worth
) -> Columns:
    """What the records say of each node, in the order of the nodes."""
    count = int(nodes.max(initial=-1)) + 1
    some_row = np.empty(count, dtype=np.int64)
    some_row[nodes] = np.arange(len(nodes))
    texts = {name: lists_of(nodes, held[column], count) for name, column in TEXTS.items()}
    lists: dict[str, Lists] = texts | {
        name: lists_of_lists(nodes, held[name], count) for name in FLATTENED
    }
    lists |= {
        name: lists_of_hashes(nodes, [held[f"{kind}_hash"] for kind in kinds], count)
        for name, kinds in HASHES.items()
    }
    lists |= _homes(nodes, held["home_number"], worth.inhabitants, count)
    flags, police_numbers = {}, [lists.pop("asns")]
    for kind in CHECKED:
        numbers = texts[f"{kind}s"]
        hashes, is_sound = _checked(connection, kind, numbers.values)
        police_numbers.append(replace(numbers, values=hashes))
        lists |= {
            f"sound_{kind}s": numbers.only(is_sound),
            f"slipped_{kind}s": numbers.only(~is_sound),
        }
        flags[f"has_sound_{kind}"] = lists[f"sound_{kind}s"].lengths > 0
    lists["police_numbers"] = one_after_the_other(police_numbers)
    sexes, births = lists_of(nodes, held["sex"], count), held["birth"].dictionary_encode()
    plain = {
        "size": np.bincount(nodes, minlength=count),
        "has_prison_number": np.bincount(
            nodes[_is_known(held["prison_number_hash"])], minlength=count
        )
        > 0,
        "has_postcode": (lists["postcodes"].lengths + lists["common_postcodes"].lengths) > 0,
        "days_known": lists["days"].lengths,
        **flags,
    }
    return {
        **{name: pa.array(values) for name, values in plain.items()},
        **{name: held[name].take(pa.array(some_row)) for name in OF_ALL},
        "birth_digits": pc.strftime(births.dictionary, format="%Y%m%d").take(
            births.indices.take(pa.array(some_row))
        ),
        "sex": pc.if_else(pa.array(sexes.lengths == 1), sexes.first(), None),
        "died": lists_of(nodes, held["died"], count).first(),
        **{name: values.array() for name, values in lists.items()},
    }


def _is_known(values: pa.Array) -> Truths:
    truth: Truths = values.is_valid().to_numpy(zero_copy_only=False)
    return truth


def _homes(nodes: Ints, homes: pa.Array, inhabitants: Carriers, count: int) -> dict[str, Lists]:
    """The postcodes and outcodes of nodes.

    Postcodes that too many people share for a home are in a list of their own.
    """
    every = lists_of_hashes(nodes, [homes], count)
    places = every.values.to_numpy()
    is_common = inhabitants.are_common(places)
    outcodes = pa.array(places % np.uint64(HALF)).dictionary_encode()
    return {
        "postcodes": every.only(~is_common),
        "common_postcodes": every.only(is_common),
        "outcodes": lists_of(
            every.nodes, outcodes.take(pa.array(every.places)), count, is_ordered=False
        ),
    }


def _checked(
    connection: duckdb.DuckDBPyConnection, kind: str, numbers: pa.Array
) -> tuple[pa.Array, Truths]:
    """The hash of each number, and whether its check letter is right."""
    connection.register("numbers", pa.table({"place": np.arange(len(numbers)), "number": numbers}))
    told = connection.execute(
        f"select place, hash(number) as hash, {kind}_is_right(number) as is_right from numbers"
    ).fetchnumpy()
    connection.unregister("numbers")
    hashes, is_sound = (
        np.empty(len(numbers), dtype=np.uint64),
        np.empty(len(numbers), dtype=np.bool_),
    )
    hashes[told["place"]], is_sound[told["place"]] = told["hash"], told["is_right"]
    return pa.array(hashes), is_sound


def _named(worth: Worth, told: Columns) -> Columns:
    """What is known of the names of nodes, as columns.

    That is how they sound, what the forename may stand for, and how common the full name is.
    """
    names = worth.names
    forenames, surnames = (
        pc.index_in(told[name], names["name"]) for name in ("forename", "surname")
    )
    counts = worth.carriers.of(told["name_number"].fill_null(0).to_numpy())
    # A name of which no carrier is known, for want of a birth date or of a name, is nothing rare.
    is_counted = _is_known(told["name_number"]) & (counts > 0)
    return {
        "forename_sound": names["sound"].take(forenames),
        "surname_sound": names["sound"].take(surnames),
        "forename_forms": pc.coalesce(
            names["forms"].take(forenames), pa.scalar([], names["forms"].type)
        ),
        "name_frequency": pa.array(
            np.where(is_counted, counts / max(worth.carriers.people, 1), 1.0)
        ),
    }
