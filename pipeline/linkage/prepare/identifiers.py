"""SQL expressions on the identifiers of a record.

They say which identifiers are given, which are placeholders or guesses, and what several of them
make together.
"""

from __future__ import annotations

NUMBERS = ("pnc", "cro", "prison_number", "crn")

IS_PERSON = f"coalesce(forename, cast(birth as varchar), {', '.join(NUMBERS)}) is not null"

IS_WELL_NAMED = "full_name is not null and birth is not null"

IS_GUESSED_BIRTH = "strftime(birth, '%m%d') = '0101'"
"""Birth dates of which only the year is known; one name and one address do not make such records
one person.
"""

TYPING_SLIP = 2
"""Edits within which two police numbers may be one, mistyped."""

HALF = 2**32

_HALF = f"cast({HALF} as ubigint)"

HOME_NUMBER = (
    "case when postcode is not null "
    f"then hash(postcode) % {_HALF} * {_HALF} + hash(coalesce(outcode, postcode)) % {_HALF} end"
)
"""A postcode as a number whose lower half is the outcode's, so that the outcodes of a node follow
from its postcodes.
"""

FULL_NAME = "forename || ' ' || surname"

NAME_NUMBER = f"case when forename is not null and surname is not null then hash({FULL_NAME}) end"
"""A full name as a number, for what only asks whether names are equal."""
