"""What a node says in numbers alone: enough to tell most pairs that cannot be one person.

No text and no list of theirs is read.

Belongs here: turning the columns of nodes into one number a node. Does not belong here: what
follows for a pair (weight_bounds).

A list becomes a signature: 64 bits, of which each value sets one. Two lists that share a value
share a bit, so lists whose signatures share none have nothing in common; the other way round it is
only likely.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.linkage.database import Columns
from pipeline.linkage.scoring.similarity_bounds import letters_of

Array = npt.NDArray[Any]
Hints = dict[str, Array]
"""Name -> one number a node."""
BITS = np.uint64(63)
OTHER_BITS = np.uint64(6)
"""Police numbers are so many a node that they get a second signature, of other bits of their
hashes.
"""
SETS = (
    "postcodes",
    "common_postcodes",
    "outcodes",
    "police_numbers",
    "service_numbers",
    "own_groups",
    "forename_forms",
)
"""List columns of which the signature is all that is held."""
ENDS = {"pncs": (8, 4), "cros": (4, 5)}
"""Signs of a number's beginning and of its end, at least one of which stays when one sign is
mistyped: together with the sign between them they are no longer than the shortest number.
"""


def hints_of(nodes: Columns, threads: int = 1) -> Hints:
    """One number a node for each of what `weight_bounds` asks.

    Args:
        nodes: columns of `nodes`.
        threads: how many columns are read at once.
    """
    with ThreadPoolExecutor(max_workers=threads) as pool:
        parts = pool.map(lambda part: part(nodes), (_names, _sets, _numbers, _days, _birth, _flags))
        return {name: values for part in parts for name, values in part.items()}


@dataclass(frozen=True)
class Side:
    """The hints of the nodes on one side of pairs; each is fetched when it is asked for."""

    hints: Hints
    rows: Array

    def __getitem__(self, name: str) -> Array:
        """One number a pair."""
        fetched: Array = self.hints[name][self.rows]
        return fetched


def share_bits(left: Side, right: Side, one: str, other: str = "") -> Array:
    """Whether two signatures have a bit in common."""
    truth: Array = (left[one] & right[other or one]) != 0
    return truth


def may_be_slips(left: Side, right: Side) -> Array:
    """Whether a police number of one side may be one of the other, mistyped."""
    truth: Array = share_bits(left, right, "slips", "numbers") | share_bits(
        left, right, "numbers", "slips"
    )
    return truth


def set_bit(values: Array) -> Array:
    """The bit that a value sets."""
    mask: Array = np.left_shift(np.uint64(1), values.astype(np.uint64) & BITS)
    return mask


def _plain(values: pa.Array, nothing: int = 0) -> Array:
    """Values as numpy has them, dates as days."""
    if pa.types.is_date(values.type):
        values = values.cast(pa.int32())
    plain: Array = (values.fill_null(nothing) if values.null_count else values).to_numpy(
        zero_copy_only=False
    )
    return plain


def _signature(ends: Array, values: Array) -> Array:
    """Signature of each list, of where it ends and the values of all of them."""
    signatures = np.zeros(len(ends) - 1, dtype=np.uint64)
    has_any = np.flatnonzero(np.diff(ends))
    if len(has_any):
        signatures[has_any] = np.bitwise_or.reduceat(
            set_bit(values[: ends[-1]]), ends[:-1][has_any]
        )
    return signatures


def _sets(held: Columns) -> Hints:
    """Signatures of lists of numbers."""
    hints = {
        name: _signature(held[name].offsets.to_numpy(), _plain(held[name].values)) for name in SETS
    }
    police = held["police_numbers"]
    return hints | {
        "police_numbers_again": _signature(
            police.offsets.to_numpy(), _plain(police.values) >> OTHER_BITS
        )
    }


def _codes(*texts: pa.Array) -> tuple[list[Array], pa.Array]:
    """A number for each text, equal for equal texts, -1 for none; and the texts in this order."""
    encoded = pa.concat_arrays(texts).dictionary_encode()
    ends = np.cumsum([len(text) for text in texts])
    return np.split(_plain(encoded.indices, -1), ends[:-1]), encoded.dictionary


def _names(held: Columns) -> Hints:
    """Names as codes and letters.

    Middle names are a signature of their codes, and the letters of the first.
    """
    middle = held["middle_names"]
    (forename, surname, middles), names = _codes(held["forename"], held["surname"], middle.values)
    # Nobody's letters come last, where the code -1 finds them.
    letters = np.append(letters_of(names), np.uint64(0))
    ends = middle.offsets.to_numpy()
    has_middle = np.diff(ends) > 0
    first = np.full(len(forename), -1)
    first[has_middle] = middles[ends[:-1][has_middle]]
    (forename_sound, surname_sound), _ = _codes(held["forename_sound"], held["surname_sound"])
    return {
        "forename": forename,
        "surname": surname,
        "forename_letters": letters[forename],
        "surname_letters": letters[surname],
        "middle_letters": letters[first],
        "middle_names": _signature(ends, middles),
        "forename_sound": forename_sound,
        "surname_sound": surname_sound,
        "name_frequency": _plain(held["name_frequency"]),
    }


def _birth(held: Columns) -> Hints:
    """The eight digits of year, month and day of birth, four bits each; 0 for none."""
    birth = held["birth"]
    days = _plain(birth).astype("datetime64[D]")
    months, years = days.astype("datetime64[M]"), days.astype("datetime64[Y]")
    year = years.astype(np.int64) + 1970
    month = (months - years).astype(np.int64) + 1
    day = (days - months).astype(np.int64) + 1
    digits = (_digits(year) << 16) | (_digits(month) << 8) | _digits(day)
    return {"digits": np.where(_plain(birth.is_valid()), digits, 0).astype(np.uint32)}


def _digits(number: Array) -> Array:
    """Up to four decimal digits, four bits each."""
    digits: Array = sum(
        (number // 10**place % 10 << 4 * place for place in range(4)), start=np.zeros_like(number)
    )
    return digits


def _days(held: Columns) -> Hints:
    """How many days, their signature, and the first and the last of them."""
    days = held["days"]
    ends, values = days.offsets.to_numpy(), _plain(days.values)
    has_any = np.diff(ends) > 0
    first, last = np.zeros((2, len(has_any)), dtype=np.int32)
    first[has_any], last[has_any] = values[ends[:-1][has_any]], values[ends[1:][has_any] - 1]
    return {
        "days": _signature(ends, values),
        "days_known": _plain(held["days_known"]),
        "first_day": first,
        "last_day": last,
    }


def _numbers(held: Columns) -> Hints:
    """Signatures of the beginnings and ends of all police numbers, and of those that are slips."""
    texts, ends = [], []
    for kind, (begin, end) in ENDS.items():
        for column in (kind, f"slipped_{kind}"):
            values = held[column].values
            texts += [
                pc.utf8_slice_codeunits(values, 0, begin),
                pc.utf8_slice_codeunits(values, -end),
            ]
            ends.append(held[column].offsets.to_numpy())
    codes, _ = _codes(*texts)
    signatures = [_signature(ends[place // 2], code) for place, code in enumerate(codes)]
    numbers = signatures[0] | signatures[1] | signatures[4] | signatures[5]
    slips = signatures[2] | signatures[3] | signatures[6] | signatures[7]
    return {"numbers": numbers, "slips": slips}


def _flags(held: Columns) -> Hints:
    """What is there at all, and sex: 0 for unknown."""
    sex, _ = _codes(held["sex"])
    known = {
        name: _plain(held[name])
        for name in ("has_postcode", "has_prison_number", "has_sound_pnc", "has_sound_cro")
    }
    return known | {
        "has_aliases": np.diff(held["aliases"].offsets.to_numpy()) > 0,
        "sex": sex[0] + 1,
    }
