"""Blocking rules: which pairs of nodes are candidate pairs, each rule with a name and a reason.

In the SQL `l` and `r` are the two nodes of a pair.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BlockingRule:
    """Pairs of nodes with one key are scored."""

    name: str
    reason: str
    key: tuple[str, ...]
    """Expressions over the columns of a node; a node that lacks one has no key."""
    other: tuple[str, ...] | None = None
    """Those of the other node of a pair, where they are not the same."""
    explodes: str | None = None
    """List column that counts as one row an element."""

    @property
    def is_of_one_birth(self) -> bool:
        """Whether both nodes of a pair have one birth date."""
        return all(key[0] == "birth" for key in (self.key, self.other or self.key))


_DAY_AND_MONTH = (
    (
        "case when day(birth) <= 12 and day(birth) <> month(birth) "
        "then least(day(birth), month(birth)) end"
    ),
    "greatest(day(birth), month(birth))",
)
"""Day and month in one order, of births that would be others if the two were swapped."""

BLOCKING_RULES = (
    BlockingRule(
        "police_number",
        "A police or arrest number names one person.",
        ("police_numbers",),
        explodes="police_numbers",
    ),
    BlockingRule(
        "service_number",
        "A prison or probation number names one person, or two that were merged by mistake.",
        ("service_numbers",),
        explodes="service_numbers",
    ),
    BlockingRule(
        "birth_postcode",
        "Misspelt or changed names at one address.",
        ("birth", "postcodes"),
        explodes="postcodes",
    ),
    BlockingRule(
        "birth_forename",
        "Surname changed, as by marriage, or misspelt beyond its sound.",
        ("birth", "forename"),
    ),
    BlockingRule(
        "birth_surname",
        "Another forename in use: short, foreign, or the second one.",
        ("birth", "surname"),
    ),
    BlockingRule(
        "birth_sounds",
        "Both names misspelt.",
        ("birth", "left(forename_sound, 2)", "left(surname_sound, 2)"),
    ),
    BlockingRule(
        "names_swapped",
        "Forename and surname typed into each other's fields.",
        ("birth", "forename"),
        ("birth", "surname"),
    ),
    BlockingRule(
        "surname_postcode",
        "Birth date missing or wrong, forename misspelt.",
        ("surname", "postcodes"),
        explodes="postcodes",
    ),
    BlockingRule(
        "forename_postcode",
        "Birth date missing or wrong, surname changed.",
        ("forename", "postcodes"),
        explodes="postcodes",
    ),
    BlockingRule(
        "name_middle_name",
        "Birth date missing or wrong, address moved.",
        ("name_number", "middle_names"),
        explodes="middle_names",
    ),
    BlockingRule(
        "name_birth_year_month",
        "The usual way to find a person again, also with the wrong day.",
        ("name_number", "year(birth)", "month(birth)"),
    ),
    BlockingRule(
        "name_birth_month_day",
        "Birth date with one wrong part: the year.",
        ("name_number", "month(birth)", "day(birth)"),
    ),
    BlockingRule(
        "name_birth_year_day",
        "Birth date with one wrong part: the month.",
        ("name_number", "year(birth)", "day(birth)"),
    ),
    BlockingRule(
        "name_birth_swapped",
        "Day and month of birth swapped.",
        ("name_number", "year(birth)", *_DAY_AND_MONTH),
    ),
    BlockingRule(
        "name_day",
        "Birth date and address missing, but seen in court or prison on one day.",
        ("name_number", "days"),
        explodes="days",
    ),
)
