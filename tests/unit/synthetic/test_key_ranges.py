"""No two rows of any partitions have one key: by the declared ranges, whatever rows there are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.contracts.registry import list_contracts
from pipeline.synthetic import key_ranges
from pipeline.synthetic.calendar import day_number
from pipeline.synthetic.key_ranges import EVERY, KeyRange
from pipeline.synthetic.lives.recall import CYCLES
from pipeline.synthetic.partitions import LITTLE_ROOM, MAX_TOWNS, MIN_PEOPLE, TOWN, Town
from pipeline.synthetic.population import police_numbers

MADE = ("magistrates", "crown_court", "prison", "probation")
WITH_A_BOOKING = "prison_movement"
"""Keys of movements are those of bookings with a running number."""


def partition(number: int) -> Town:
    return Town(1, number, MIN_PEOPLE, MIN_PEOPLE * MAX_TOWNS)


@dataclass(frozen=True)
class Row:
    """A new row with a key of a range."""

    range: KeyRange
    partition: int
    group: int
    running: int
    place: int

    @property
    def key(self) -> str:
        town = partition(self.partition)
        number = self.range.grouped(town, np.array([self.group]), np.array([self.running]))
        key: str = self.range.keys(town, number, np.array([self.place])).item()
        return key


@st.composite
def rows(draw: st.DrawFn, held: KeyRange) -> Row:
    """Any row; ends of a partition's stretch more often than others."""
    running = st.sampled_from([0, 1, held.room - 1]) | st.integers(0, held.room - 1)
    among = st.integers(0, held.each - 1)
    where, group = st.integers(0, MAX_TOWNS - 1), st.integers(0, held.groups - 1)
    return Row(held, draw(where), draw(group), draw(running), draw(among))


@st.composite
def two_of_a_family(draw: st.DrawFn) -> tuple[Row, Row]:
    one = draw(st.sampled_from(EVERY))
    other = draw(st.sampled_from([held for held in EVERY if held.family == one.family]))
    return draw(rows(one)), draw(rows(other))


@given(two_of_a_family())
def test_two_rows_of_a_family_have_one_key_only_if_they_are_one(both: tuple[Row, Row]) -> None:
    one, other = both
    assert (one.key == other.key) == (one == other)


def stretches() -> pl.DataFrame:
    """First and last key of every stretch of every partition, before any are scattered."""
    held = []
    for kind in (replace(kind, is_scattered=False) for kind in EVERY):
        for number in range(MAX_TOWNS):
            for group in range(kind.groups):
                first = Row(kind, number, group, 0, 0)
                last = Row(kind, number, group, kind.room - 1, kind.each - 1)
                held.append((kind.prefix, kind.digits, first.key, last.key))
    return pl.DataFrame(held, schema=["prefix", "digits", "first", "last"], orient="row")


def test_stretches_of_one_prefix_never_meet_and_keys_keep_their_width() -> None:
    every = stretches()
    wanted = pl.col("prefix").str.len_chars() + pl.col("digits")
    for end in ("first", "last"):
        assert every.select((pl.col(end).str.len_chars() == wanted).all()).item()
    ordered = every.sort("prefix", "digits", "first")
    assert (ordered["first"] <= ordered["last"]).all()
    after = pl.col("first").shift(-1).over("prefix", "digits")
    assert ordered.select((pl.col("last") < after).fill_null(True).all()).item()


def test_every_key_of_the_contracts_has_a_range() -> None:
    contracts = [contract for (source, _), contract in list_contracts().items() if source in MADE]
    columns = [column for contract in contracts for column in contract.columns.values()]
    families = {column.family for column in columns if column.role != "value"}
    assert families - {held.family for held in EVERY} == {WITH_A_BOOKING}


@given(st.sampled_from(EVERY), st.integers(0, MAX_TOWNS - 1), st.integers(0, MAX_TOWNS - 1))
def test_a_partition_has_no_key_for_a_number_of_another(
    held: KeyRange,
    mine: int,
    other: int,
) -> None:
    number = partition(other).numbers(3, held.room)
    if mine == other:
        assert held.keys(partition(mine), number).is_unique().all()
    else:
        with pytest.raises(OverflowError, match=rf"\[3\] numbers of \[{held.family}\]"):
            held.keys(partition(mine), number)


@pytest.mark.parametrize("number", [-1, MAX_TOWNS * key_ranges.RECALL.room])
def test_numbers_of_no_partition_are_refused(number: int) -> None:
    for of in (0, MAX_TOWNS - 1):
        with pytest.raises(OverflowError):
            key_ranges.RECALL.keys(partition(of), np.array([number]))
    with pytest.raises(OverflowError):
        key_ranges.RECALL.references(np.array([number]))


@pytest.mark.parametrize("held", EVERY, ids=lambda held: f"{held.family}-{held.first}")
def test_a_number_that_comes_twice_has_no_key_but_may_be_referred_to(held: KeyRange) -> None:
    twice = partition(3).numbers(5, held.room)[[0, 1, 1]]
    with pytest.raises(ValueError, match="the same key"):
        held.keys(partition(3), twice)
    assert held.references(twice).n_unique() == 2


def test_a_place_beyond_its_number_is_refused() -> None:
    case = partition(0).numbers(2)
    with pytest.raises(OverflowError):
        key_ranges.RELEASE.keys(partition(0), case, np.array([9, 10]))
    with pytest.raises(OverflowError):
        key_ranges.CROWN_DEFENDANT.references(case, np.array([0, -1]))


def test_references_are_to_one_partition() -> None:
    both = np.concatenate([partition(1).numbers(2), partition(2).numbers(1)])
    with pytest.raises(OverflowError):
        key_ranges.EVENT.references(both)


def test_more_new_rows_than_numbers_are_refused() -> None:
    with pytest.raises(OverflowError, match="more room"):
        key_ranges.COMPANY.new(partition(0), LITTLE_ROOM + 1)


def test_temporary_releases_come_after_every_recall_that_a_sentence_can_hold() -> None:
    assert CYCLES < key_ranges.TEMPORARY[0] < key_ranges.RELEASE.each


def test_police_and_prison_numbers_are_of_one_partition() -> None:
    every = [partition(number) for number in range(MAX_TOWNS)]
    arrests = np.full(4_000, day_number(2015, 1))
    assert pl.concat([police_numbers.make_pnc(town, arrests) for town in every]).is_unique().all()
    assert pl.concat([police_numbers.make_cro(town, arrests) for town in every]).is_unique().all()


def test_no_second_prison_number_is_a_first_one() -> None:
    ends = np.array([0, 1, TOWN - 1])
    every = [partition(number) for number in range(MAX_TOWNS)]
    first = [police_numbers.prison_numbers(town.first_person + ends) for town in every]
    second = [police_numbers.second_prison_numbers(town, LITTLE_ROOM) for town in every]
    second = [held.gather([0, 1, -1]) for held in second]
    assert pl.concat(first + second).is_unique().all()
