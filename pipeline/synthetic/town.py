"""The parts in which a world is made: each its own people, draws and numbers, so that a nation needs no more memory than one of them.

Belongs here: how a world is divided, and which numbers each part may use. Does not belong here: anything about people or records.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

TOWN = 250_000
"""People of a full town: about 1.2 GB while it is made."""
MOST_TOWNS = 40
ROOM = 2_000_000
"""Numbers that each town has for one kind of key."""
LITTLE_ROOM = 200_000


@dataclass(frozen=True)
class Town:
    """People who live, offend and are recorded apart from all others."""

    seed: int
    number: int
    people: int
    first_person: int
    """Number of its first person in the whole world."""
    nation: int
    """People of the whole world."""

    @property
    def is_alone(self) -> bool:
        """Whether it is the whole world."""
        return self.people == self.nation

    def numbers(self, count: int, room: int = ROOM) -> npt.NDArray[np.int64]:
        """Running numbers that no other town uses.

        Raises:
            OverflowError: more than the town has room for.
        """
        if count > room:
            raise OverflowError(f"a town has [{room}] numbers and [{count}] are wanted: give its kind of key more room")
        return np.arange(count, dtype=np.int64) + self.number * room


def towns(seed: int, people: int) -> list[Town]:
    """The parts of a world of so many people; the last may be smaller.

    Raises:
        ValueError: more people than there are numbers for.
    """
    count = -(-people // TOWN)
    if count > MOST_TOWNS:
        raise ValueError(f"a world of [{people}] people is too large: at most {MOST_TOWNS * TOWN}")
    return [Town(seed, number, min(TOWN, people - number * TOWN), number * TOWN, people) for number in range(count)]
