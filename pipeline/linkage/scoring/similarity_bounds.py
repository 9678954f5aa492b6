"""Which letters a name has, as one number, and how alike two names of such letters can be at most.

Belongs here: that number, and bounds of text similarities that follow from it. Does not belong
here: which similarity counts (comparisons), what else of a node is a number (signatures).

Jaro similarity is (m / a + m / b + (m - t) / m) / 3 for names of a and b letters, of which m are in
both near enough to each other and t of those are out of order. So it is never more than with m the
letters that both have at all, and t nothing. Winkler's form adds a tenth of what is missing to 1
for each of the first four letters that are the same. An edit adds, takes or changes one letter, or
changes two about.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Letters = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.float32]
Truths = npt.NDArray[np.bool_]

SIGNS = 27
"""A to Z and the space; a name with any other sign can be like all names."""
FURTHER, FIRST = np.uint64(54), np.uint64(58)
"""Where the number holds, above two bits a sign, how many letters come a third time or more, and
the first letter.
"""
MAX_FURTHER = 15
TWICE = np.uint64((1 << 54) - 1)
UNTOLD = np.uint64(2**64 - 1)
SLACK = 1e-4
"""More than what rounding can take from a similarity."""


def letters_of(names: pa.Array) -> Letters:
    """The letters of each name, as one number.

    There is a bit for each sign, and one more where the sign is there twice. Above them are how
    many letters come a third time or more, and the first letter.
    """
    ends = (
        np.frombuffer(names.buffers()[1], dtype=np.int32)[names.offset :][: len(names) + 1]
        if len(names)
        else np.zeros(1, dtype=np.int32)
    )
    text = np.frombuffer(names.buffers()[2] or b"", dtype=np.uint8)[ends[0] : ends[-1]]
    sign = np.where(text == ord(" "), SIGNS - 1, text.astype(np.int64) - ord("A"))
    name = np.repeat(np.arange(len(names)), np.diff(ends))
    is_told = (text == ord(" ")) | ((sign >= 0) & (sign < SIGNS - 1))
    counts = np.bincount(
        name[is_told] * SIGNS + sign[is_told], minlength=len(names) * SIGNS
    ).reshape(-1, SIGNS)
    letters = np.zeros(len(names), dtype=np.uint64)
    for place in range(SIGNS):
        for often in (1, 2):
            letters |= (counts[:, place] >= often).astype(np.uint64) << np.uint64(
                2 * place + often - 1
            )
    further = np.maximum(counts - 2, 0).sum(axis=1)
    letters |= further.astype(np.uint64) << FURTHER
    has_any = np.diff(ends) > 0
    letters[has_any] |= (
        sign[ends[:-1][has_any] - ends[0]].astype(np.uint64) & np.uint64(31)
    ) << FIRST
    letters[name[~is_told]] = UNTOLD
    letters[further > MAX_FURTHER] = UNTOLD
    return letters


@dataclass(frozen=True)
class Shared:
    """What the letters of both names of each pair say."""

    shared: Numbers
    """Letters that both have, each as often as both have it; never fewer than there are."""
    one: Numbers
    """Letters of the one name."""
    other: Numbers
    is_first_same: Truths
    is_untold: Truths
    """One of the names has signs of which nothing is held."""

    @property
    def similarity(self) -> Numbers:
        """The highest Jaro-Winkler similarity that the names can have."""
        jaro = (
            self.shared / np.maximum(self.one, 1) + self.shared / np.maximum(self.other, 1) + 1
        ) / 3
        winkler = jaro + np.where(self.is_first_same, np.float32(0.4), np.float32(0)) * (1 - jaro)
        most: Numbers = np.where(self.is_untold, np.float32(1), winkler) + np.float32(SLACK)
        return most

    @property
    def may_be_one_edit_apart(self) -> Truths:
        """All but one letter of the longer name are in both."""
        truth: Truths = self.is_untold | (self.shared >= np.maximum(self.one, self.other) - 1)
        return truth

    @property
    def may_begin_alike(self) -> Truths:
        """One name can be the beginning of the other."""
        truth: Truths = self.is_untold | (
            self.is_first_same & (self.shared >= np.minimum(self.one, self.other))
        )
        return truth


def count_shared_letters(one: Letters, other: Letters) -> Shared:
    """Compare the letters of the names of each pair."""
    further_one, further_other = (
        ((side >> FURTHER) & np.uint64(MAX_FURTHER)).astype(np.float32) for side in (one, other)
    )
    both, *each = (
        np.bitwise_count(side & TWICE).astype(np.float32) for side in (one & other, one, other)
    )
    return Shared(
        shared=both + np.minimum(further_one, further_other),
        one=each[0] + further_one,
        other=each[1] + further_other,
        is_first_same=(one >> FIRST) == (other >> FIRST),
        is_untold=(one == UNTOLD) | (other == UNTOLD),
    )
