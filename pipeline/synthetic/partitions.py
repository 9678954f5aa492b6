"""The parts in which a world is made, each with its own people, draws and numbers.

So a nation needs no more memory than one of them.

Belongs here: how a world is divided, and which numbers each part may use. Does not belong here:
anything about people or records.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.errors import UsageError

TOWN = 250_000
"""People of a full town: about 1.2 GB while it is made. No town has more."""
MIN_PEOPLE = 100
"""Of a town: fewer leave some table empty."""
MAX_TOWNS = 40
ROOM = 2_000_000
"""Numbers that each town has for one kind of key."""
LITTLE_ROOM = 200_000


@dataclass(frozen=True)
class Town:
    """People who live, offend and are recorded apart from all others."""

    seed: int
    number: int
    people: int
    nation: int
    """People of the whole world."""

    @property
    def first_person(self) -> int:
        """Number of its first person in the whole world."""
        return self.number * TOWN

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
            raise OverflowError(
                f"a town has [{room}] numbers and [{count}] are wanted: "
                "give its kind of key more room"
            )
        return np.arange(count, dtype=np.int64) + self.number * room


def list_towns(seed: int, people: int, town_people: int = TOWN) -> list[Town]:
    """The parts of a world; the last, and for its sake the one before, may be smaller.

    Raises:
        UsageError: fewer people than a town needs, or more than there are numbers for; or towns too
            small or too large.
    """
    if people < MIN_PEOPLE:
        raise UsageError(f"a world of [{people}] people is too small: at least {MIN_PEOPLE}")
    if not 2 * MIN_PEOPLE <= town_people <= TOWN:
        between = f"from {2 * MIN_PEOPLE} to {TOWN}"
        raise UsageError(f"a partition of [{town_people}] people cannot be: {between}")
    count = -(-people // town_people)
    if count > MAX_TOWNS:
        most = MAX_TOWNS * town_people
        raise UsageError(f"a world of [{people}] people is too large: at most {most}")
    sizes = [town_people] * (count - 1) + [people - (count - 1) * town_people]
    if count > 1 and sizes[-1] < MIN_PEOPLE:
        sizes[-2:] = [town_people + sizes[-1] - MIN_PEOPLE, MIN_PEOPLE]
    return [Town(seed, number, size, people) for number, size in enumerate(sizes)]
