"""Values grouped by node, and what nodes know by them, against sets of plain Python."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from duckdb import DuckDBPyConnection
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.linkage.arrays.ragged_lists import (
    Ints,
    Lists,
    is_first,
    lists_of,
    lists_of_hashes,
    lists_of_lists,
    looked_up,
)
from pipeline.linkage.dedupe import exact_dedupe
from pipeline.linkage.dedupe.term_frequencies import load_names
from tests.unit.linkage.dedupe.test_exact_dedupe import NUMBERS, World, opened, people
from tests.unit.linkage.dedupe.test_exact_dedupe import Row as Told

FEW_NODES = 6
WHOLE = 2**64 - 1
"""The largest hash that there is."""
TEXTS = st.sampled_from(["", "A", "AB", "B", "b", "É", "Ŋ", "ANN MARIE", "ANN"])
DAYS = st.sampled_from(
    [date(1799, 12, 31), date(1969, 12, 31), date(1970, 1, 1), date(1980, 2, 29), date(2020, 1, 1)]
)
HASHES = st.sampled_from([0, 1, 2**32 - 1, 2**32, 2**63 - 1, 2**63, WHOLE]) | st.integers(0, WHOLE)
KINDS = {
    "texts": (TEXTS, pa.string()),
    "days": (DAYS, pa.date32()),
    "hashes": (HASHES, pa.uint64()),
}
"""Values, and their type in Arrow."""

Row = tuple[int, Any]
"""A node and what a record of it says."""
of_any_kind = pytest.mark.parametrize("kind", KINDS)
quickly = settings(max_examples=40, deadline=None)


def _nodes(rows: Sequence[Row]) -> Ints:
    return np.array([node for node, _ in rows], dtype=np.int64)


def _lists(rows: Sequence[Row], kind: str, count: int) -> Lists:
    return lists_of(_nodes(rows), pa.array([value for _, value in rows], KINDS[kind][1]), count)


def _told(rows: Sequence[Row], count: int) -> list[set[Any]]:
    """The different values of each node."""
    return [
        {value for node, value in rows if node == place and value is not None}
        for place in range(count)
    ]


def _in_order(told: Sequence[set[Any]]) -> list[list[Any]]:
    return [sorted(values) for values in told]


def _rows(data: st.DataObject, values: st.SearchStrategy[Any]) -> tuple[list[Row], int]:
    """Rows in no order, and the number of nodes.

    Some nodes have no row; others have rows but none with a value.
    """
    count = data.draw(st.integers(0, FEW_NODES))
    row = st.tuples(st.integers(0, count - 1), st.none() | values)
    return (data.draw(st.lists(row, max_size=25)) if count else []), count


@of_any_kind
@quickly
@given(data=st.data())
def test_each_node_has_its_different_values_in_order(kind: str, data: st.DataObject) -> None:
    rows, count = _rows(data, KINDS[kind][0])
    lists, expected = _lists(rows, kind, count), _in_order(_told(rows, count))
    assert lists.array().to_pylist() == expected
    assert lists.array().type.value_type == KINDS[kind][1]
    assert lists.lengths.tolist() == [len(values) for values in expected]
    assert lists.nodes.tolist() == [place for place, values in enumerate(expected) for _ in values]
    assert lists.values.take(pa.array(lists.places)).to_pylist() == [*chain(*expected)]
    assert sorted(lists.values.to_pylist()) == sorted(set().union(*expected)), (
        "each value once, and none that nobody has"
    )


@of_any_kind
@quickly
@given(data=st.data())
def test_the_first_value_is_the_least_and_null_where_there_is_none(
    kind: str, data: st.DataObject
) -> None:
    rows, count = _rows(data, KINDS[kind][0])
    first = _lists(rows, kind, count).first()
    assert first.to_pylist() == [min(values, default=None) for values in _told(rows, count)]
    assert first.type == KINDS[kind][1]


@of_any_kind
@quickly
@given(data=st.data())
def test_only_chosen_values_are_left(kind: str, data: st.DataObject) -> None:
    rows, count = _rows(data, KINDS[kind][0])
    lists = _lists(rows, kind, count)
    values = lists.values.to_pylist()
    chosen = np.array(
        data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))),
        dtype=np.bool_,
    )
    for some in (chosen, ~chosen):
        left, named = (
            lists.only(some),
            {value for value, is_chosen in zip(values, some, strict=True) if is_chosen},
        )
        expected = _in_order([told & named for told in _told(rows, count)])
        assert left.array().to_pylist() == expected
        assert left.lengths.tolist() == [len(values) for values in expected]
        assert left.nodes.tolist() == [
            place for place, values in enumerate(expected) for _ in values
        ]
        assert left.first().to_pylist() == [min(values, default=None) for values in expected]


@quickly
@given(data=st.data())
def test_hashes_of_several_columns_are_one_list_without_repeats(data: st.DataObject) -> None:
    rows, count = _rows(data, st.tuples(*[st.none() | HASHES] * 3))
    rows = [(node, values or (None,) * 3) for node, values in rows]
    for width in (1, 2, 3):
        columns = [
            pa.array([values[place] for _, values in rows], pa.uint64()) for place in range(width)
        ]
        lists = lists_of_hashes(_nodes(rows), columns, count)
        expected = _told(
            [(node, value) for node, values in rows for value in values[:width]], count
        )
        assert [sorted(values) for values in lists.array().to_pylist()] == _in_order(expected)
        assert lists.lengths.tolist() == [len(values) for values in expected]


@of_any_kind
@quickly
@given(data=st.data())
def test_lists_of_a_node_are_one_list(kind: str, data: st.DataObject) -> None:
    values, of_kind = KINDS[kind]
    rows, count = _rows(data, st.lists(st.none() | values, max_size=4))
    lists = lists_of_lists(
        _nodes(rows), pa.array([values for _, values in rows], pa.list_(of_kind)), count
    )
    expected = _in_order(
        _told([(node, value) for node, values in rows for value in values or ()], count)
    )
    assert lists.array().to_pylist() == expected


@quickly
@given(data=st.data())
def test_lists_that_are_part_of_a_longer_column_count_alone(data: st.DataObject) -> None:
    rows, count = _rows(data, st.lists(TEXTS, max_size=4))
    begin = data.draw(st.integers(0, len(rows)))
    column = pa.array([values for _, values in rows], pa.list_(pa.string()))
    lists = lists_of_lists(_nodes(rows[begin:]), column[begin:], count)
    expected = _told(
        [(node, value) for node, values in rows[begin:] for value in values or ()], count
    )
    assert lists.array().to_pylist() == _in_order(expected)


@of_any_kind
def test_nodes_of_which_nothing_is_known_have_empty_lists(kind: str) -> None:
    for rows, count in (([], 0), ([], 3), ([(2, None), (0, None)], 3)):
        lists = _lists(rows, kind, count)
        assert lists.array().to_pylist() == [[]] * count
        assert lists.first().to_pylist() == [None] * count
        assert lists.only(np.empty(0, dtype=np.bool_)).lengths.tolist() == [0] * count


def test_nodes_may_be_told_in_numbers_of_any_width() -> None:
    values = pa.array(["B", "A", None, "B"])
    for width in (np.int32, np.int64, np.uint64):
        assert lists_of(np.array([1, 1, 0, 3], dtype=width), values, 4).array().to_pylist() == [
            [],
            ["A", "B"],
            [],
            ["B"],
        ]


@quickly
@given(st.lists(HASHES, max_size=20))
def test_a_number_is_first_where_the_one_before_is_another(numbers: list[int]) -> None:
    ordered = sorted([*numbers, *numbers[::2]])
    first = is_first(np.array(ordered, dtype=np.uint64))
    assert first.tolist() == [
        place == 0 or ordered[place - 1] != number for place, number in enumerate(ordered)
    ]
    assert [number for number, is_new in zip(ordered, first, strict=True) if is_new] == sorted(
        set(ordered)
    )


@quickly
@given(st.lists(HASHES, max_size=20), st.lists(HASHES, max_size=20))
def test_numbers_are_found_where_they_are_and_nowhere_else(
    numbers: list[int], others: list[int]
) -> None:
    ordered, wanted = sorted(set(numbers)), [*numbers[::2], *others]
    places, is_there = looked_up(
        np.array(wanted, dtype=np.uint64), np.array(ordered, dtype=np.uint64)
    )
    assert is_there.tolist() == [number in numbers for number in wanted]
    assert [ordered[place] for place in places[is_there]] == [
        number for number in wanted if number in numbers
    ]


class Known:
    """What is worked out of all records."""

    def __init__(self, world: World) -> None:
        rows = world.rows("from records")
        spelt = load_names(world.connection)
        self.forms = {
            None: [],
            **dict(zip(spelt["name"].to_pylist(), spelt["forms"].to_pylist(), strict=True)),
        }
        self.sound = world.told(
            "nullif(sound(value), '')",
            (row[name] for row in rows for name in ("forename", "surname")),
        )
        self.is_right = {
            kind: world.told(f"{kind}_is_right(value)", (row[kind] for row in rows))
            for kind in ("pnc", "cro")
        }
        hashed = (*NUMBERS, "asn", "own_group", "full_name", "postcode", "outcode")
        self.hash = world.told("hash(value)", (row[name] for row in rows for name in hashed))
        carriers = {
            (row["full_name"], row["birth"]) for row in rows if row["full_name"] and row["birth"]
        }
        self.frequency = {
            name: sum(name == other for other, _ in carriers) / len(carriers)
            for name, _ in carriers
        }
        lived = {
            (row["postcode"], row["birth"]) for row in rows if row["postcode"] and row["birth"]
        }
        self.common = {
            home
            for home, _ in lived
            if sum(home == other for other, _ in lived) > max(10, len(lived) / 10_000)
        }

    def home(self, row: Told) -> int:
        """A number of which the lower half is the outcode's."""
        upper, lower = (
            int(self.hash[value]) % 2**32
            for value in (row["postcode"], row["outcode"] or row["postcode"])
        )
        return upper * 2**32 + lower

    def _checked(self, kind: str, numbers: list[str]) -> Told:
        sound = [number for number in numbers if self.is_right[kind][number]]
        slipped = [number for number in numbers if number not in sound]
        return {
            f"{kind}s": numbers,
            f"sound_{kind}s": sound,
            f"slipped_{kind}s": slipped,
            f"has_sound_{kind}": bool(sound),
        }

    def of(self, rows: list[Told]) -> Told:
        """What is known of a node with these records."""

        def values(*names: str) -> list[Any]:
            return sorted({row[name] for row in rows for name in names} - {None})

        def hashes(*names: str) -> list[int]:
            return sorted(self.hash[value] for value in values(*names))

        some, sexes, days = (
            rows[0],
            values("sex"),
            sorted({day for row in rows for day in row["days"]}),
        )
        homes = {
            (row["postcode"] in self.common, self.home(row)) for row in rows if row["postcode"]
        }
        return {
            **{name: some[name] for name in ("part", "forename", "surname", "full_name", "birth")},
            "size": len(rows),
            "name_number": self.hash[some["full_name"]],
            "birth_digits": some["birth"] and f"{some['birth']:%Y%m%d}",
            "sex": sexes[0] if len(sexes) == 1 else None,
            "died": min(values("died"), default=None),
            **{"middle_names": values("middle_names"), "days": days, "days_known": len(days)},
            "aliases": sorted({alias for row in rows for alias in row["aliases"]}),
            "own_groups": hashes("own_group"),
            "police_numbers": hashes("pnc", "cro", "asn"),
            "service_numbers": hashes("prison_number", "crn"),
            "postcodes": sorted(home for is_common, home in homes if not is_common),
            "common_postcodes": sorted(home for is_common, home in homes if is_common),
            "outcodes": sorted({home % 2**32 for _, home in homes}),
            **self._checked("pnc", values("pnc")),
            **self._checked("cro", values("cro")),
            "has_prison_number": bool(values("prison_number")),
            "has_postcode": bool(homes),
            "forename_sound": self.sound[some["forename"]],
            "surname_sound": self.sound[some["surname"]],
            "forename_forms": sorted(self.forms[some["forename"]]),
            "name_frequency": pytest.approx(self.frequency.get(some["full_name"], 1.0), rel=1e-12),
        }


WORLDS: dict[str, tuple[Callable[[DuckDBPyConnection], int], dict[str, Any]]] = {
    "in one part": (exact_dedupe.load_nodes, {"threads": 1}),
    "in many parts": (exact_dedupe.load_nodes, {"threads": 2, "most": 200}),
    "not collapsed": (exact_dedupe.load_uncollapsed_nodes, {"threads": 2, "most": 400}),
}


@pytest.mark.parametrize("name", WORLDS)
def test_a_node_knows_what_its_records_say(name: str, tmp_path: Path) -> None:
    load_nodes, parting = WORLDS[name]
    for world in opened(tmp_path, people(), **parting):
        load_nodes(world.connection)
        known, nodes = Known(world), world.nodes()
        expected = [known.of(rows) | {"node": place} for place, rows in enumerate(world.members())]
        assert len(nodes) == len(expected)
        for node, told in zip(nodes, expected, strict=True):
            assert node == told
        constant = {
            column for column in nodes[0] if all(node[column] == nodes[0][column] for node in nodes)
        }
        assert constant <= {"part", "size"}, (
            "nothing is told of columns that are the same in all nodes"
        )
