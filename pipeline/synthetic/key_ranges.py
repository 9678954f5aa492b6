"""Ranges of keys: each partition has its own stretch of every range, so that no key comes twice.

Belongs here: every range, and the two ways to spell a key: as that of a new row, or as a reference
to such a row. Does not belong here: which rows there are (extracts), and numbers that police and
prisons give (police_numbers).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.synthetic.code_lists import REGIONS
from pipeline.synthetic.partitions import LITTLE_ROOM, MAX_TOWNS, ROOM, TOWN, Town
from pipeline.synthetic.random_draws import Ints

FIRST = np.zeros(1, dtype=np.int64)
"""The place of the first or only key of a number."""


@dataclass(frozen=True)
class KeyRange:
    """Keys of one kind, by the number of a case, a person or a row.

    A partition's own numbers are those that `town.numbers(count, room)` gives.
    """

    family: str
    """Key family of the contracts, or a name of ours. Ranges of a family never meet."""
    prefix: str
    digits: int
    first: int = 0
    """What number 0 is spelled as."""
    room: int = ROOM
    """Numbers that a partition may use."""
    each: int = 1
    """Keys that one number may have, told apart by `place`."""
    groups: int = 1
    """A partition has a stretch in each of so many groups, such as regions."""
    is_scattered: bool = False
    """Whether keys look drawn at random."""

    def keys(self, town: Town, number: Ints, place: Ints = FIRST) -> pl.Series:
        """Keys of new rows.

        Raises:
            OverflowError: a number or place is not the partition's own.
            ValueError: two rows would have the same key.
        """
        held = self._own(number, place, town.number)
        if pl.Series(held).n_unique() < len(held):
            raise ValueError(f"two rows of town [{town.number}] have the same key: [{self.family}]")
        return self._spelled(held)

    def new(self, town: Town, count: int) -> pl.Series:
        """Keys of so many new rows, by running numbers.

        Raises:
            OverflowError: more rows than the partition has numbers for.
        """
        return self.keys(town, town.numbers(count, self.room))

    def references(self, number: Ints, place: Ints = FIRST) -> pl.Series:
        """Keys of rows that are or could be elsewhere, as often as they are asked for.

        Raises:
            OverflowError: the numbers are not all of one partition, or a place is beyond each.
        """
        partition = int(number[0]) // self.room % MAX_TOWNS if len(number) else 0
        return self._spelled(self._own(number, place, partition))

    def grouped(self, town: Town, group: Ints, number: Ints) -> Ints:
        """Numbers in the range for a partition's running numbers in each group."""
        return (group * MAX_TOWNS + town.number) * self.room + number

    def _own(self, number: Ints, place: Ints, partition: int) -> Ints:
        group, owner = np.divmod(number // self.room, MAX_TOWNS)
        is_own = (owner == partition) & (group >= 0) & (group < self.groups)
        is_own &= (place >= 0) & (place < self.each)
        if not is_own.all():
            wrong = f"[{(~is_own).sum()}] numbers of [{self.family}]"
            raise OverflowError(f"{wrong} are not those of partition [{partition}]")
        return number * self.each + place + self.first

    def _spelled(self, held: Ints) -> pl.Series:
        if self.is_scattered:
            return _scattered(self.prefix, held)
        return _numbered(self.prefix, held, self.digits)


def _numbered(prefix: str, number: Ints | npt.NDArray[np.uint64], digits: int) -> pl.Series:
    """A prefix with a number of fixed width."""
    held = pl.DataFrame({"n": number})
    return held.select(pl.lit(prefix) + pl.col("n").cast(pl.String).str.zfill(digits)).to_series()


def _scattered(prefix: str, number: Ints) -> pl.Series:
    """A prefix with a number that looks drawn at random but never repeats."""
    held = number.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    held = (held ^ (held >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    held ^= held >> np.uint64(32)
    return _numbered(prefix, held, 20)


PERSON = KeyRange("true_person", "T", 7, room=TOWN)
"""True ids of people, for the truth alone."""
COMPANY = KeyRange("true_person", "C", 7, room=LITTLE_ROOM)
CROWN_COMPANY = KeyRange("true_person", "C", 9, first=100_000_000, room=LITTLE_ROOM)

MAGISTRATES_CASE = KeyRange("magistrates_case", "MC", 9, first=100_000_000)
COMPANY_CASE = KeyRange("magistrates_case", "MC", 9, first=800_000_000, room=LITTLE_ROOM)
MAGISTRATES_DEFENDANT = KeyRange("magistrates_defendant", "MD", 9, first=500_000_000)
COMPANY_DEFENDANT = KeyRange("magistrates_defendant", "MD", 9, first=900_000_000, room=LITTLE_ROOM)
URN = KeyRange("case_number", "ZZ", 8)
"""Behind the number of a region."""
COMPANY_URN = KeyRange("case_number", "99ZZ", 8, room=LITTLE_ROOM)

CROWN_CASE = KeyRange("crown_case", "CC", 9, first=400_000_000, each=2)
"""Of a case, its trial and its appeal; so are the defendants on it."""
CROWN_COMPANY_CASE = KeyRange("crown_case", "CC", 9, first=900_000_000, room=LITTLE_ROOM)
CROWN_DEFENDANT = KeyRange("crown_defendant", "CD", 9, first=300_000_000, each=2)
CROWN_COMPANY_DEFENDANT = KeyRange("crown_defendant", "CD", 9, first=800_000_000, room=LITTLE_ROOM)
OBSOLETE_DEFENDANT = KeyRange("crown_defendant", "CD", 9, first=900_000_000, room=LITTLE_ROOM)
CROWN_NUMBER = KeyRange("crown_case_number", "", 8)
"""Behind a letter and a year."""
CROWN_COMPANY_NUMBER = KeyRange("crown_case_number", "", 8, first=90_000_000, room=LITTLE_ROOM)
ARREST = KeyRange("arrest", "01ZZ0000", 9, first=900_000_000)
"""Between a year and a letter."""

JOURNEY = KeyRange("prison_journey", "PJ", 9, first=700_000_000)
OTHER_JOURNEY = KeyRange("prison_journey", "PJ", 9, first=980_000_000, room=LITTLE_ROOM)
MERGED_JOURNEY = KeyRange("prison_journey", "PJ", 9, first=990_000_000, room=LITTLE_ROOM)
BOOKING = KeyRange("prison_booking", "PB", 9, first=600_000_000)
OTHER_BOOKING = KeyRange("prison_booking", "PB", 9, first=980_000_000, room=LITTLE_ROOM)
MERGED_BOOKING = KeyRange("prison_booking", "PB", 9, first=990_000_000, room=LITTLE_ROOM)
PRISONER = KeyRange("prison_offender", "PO", 9, first=100_000_000, room=TOWN)
SPLIT_PRISONER = KeyRange("prison_offender", "PO", 9, first=150_000_000, room=LITTLE_ROOM)
INTERVENTION = KeyRange("prison_intervention", "PI", 9, first=200_000_000)

OFFENDER = KeyRange("probation_offender", "", 10, first=9_000_000_000)
MISTAKEN_OFFENDER = KeyRange("probation_offender", "", 10, first=9_500_000_000)
DELETED_OFFENDER = KeyRange("probation_offender", "", 10, first=9_600_000_000)
ESTIMATED = KeyRange("probation_person", "E", 9, room=TOWN)
WRONGLY_ESTIMATED = KeyRange("probation_person", "E", 9, first=70_000_000)
MISTAKEN_ESTIMATED = KeyRange("probation_person", "E", 9, first=570_000_000)
DELETED_ESTIMATED = KeyRange("probation_person", "E", 9, first=670_000_000)
CRN = KeyRange("crn", "", 7, room=TOWN)
"""The first figure stands for a letter."""
EVENT = KeyRange("probation_event", "e", 20, is_scattered=True)
FURTHER_EVENT = KeyRange("probation_event", "e", 20, first=3_000_000_000, is_scattered=True)
CUSTODY = KeyRange("probation_custody", "CU", 9, first=700_000_000)
REQUIREMENT = KeyRange("probation_requirement", "RQ", 9, first=100_000_000)
LICENCE_CONDITION = KeyRange("probation_licence_condition", "LC", 9, first=100_000_000)
PSS_REQUIREMENT = KeyRange("probation_pss_requirement", "PR", 9, first=100_000_000)
COURT_REPORT = KeyRange("probation_court_report", "CR", 9, first=100_000_000)
RELEASE = KeyRange("probation_release", "RL", 10, first=1_000_000_000, each=10)
"""Of a case, its first release and those after each recall, and a temporary one at `TEMPORARY`."""
TEMPORARY = np.full(1, 9)
RECALL = KeyRange("probation_recall", "RC", 10, first=1_000_000_000, each=10)
NO_RECALL = KeyRange("probation_recall", "RC", 10, first=9_000_000_000)
CONTACT = KeyRange("probation_contact", "CT", 10, first=1_000_000_000)
ALLOCATION = KeyRange("probation_allocation", "OA", 9, first=100_000_000)
OFFICER = KeyRange("probation_officer", "OF", 8, first=50_000_000, room=10_000, groups=len(REGIONS))
REFERRAL = KeyRange("probation_referral", "RF", 9, first=100_000_000)
EVERY = tuple(held for held in list(globals().values()) if isinstance(held, KeyRange))
