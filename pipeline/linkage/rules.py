"""Which pairs are looked at, and what agreement means: every rule with a name and a reason.

Belongs here: blocking rules and comparisons as data. Does not belong here: their weights (model), running them (predict, train).
The template is the model of the Core Person Record (HMPPS person match), rebuilt for the fields that these extracts have.

In the SQL `l` and `r` (blocking) or the suffixes `_l` and `_r` (comparisons) are the two nodes of a pair.
"""

from __future__ import annotations

from dataclasses import dataclass

SIMILAR = 0.85
"""Jaro-Winkler similarity from which two names may be one name misspelt."""
DIFFERENT = 0.75
"""Jaro-Winkler similarity below which two forenames are taken for two names."""
MOST_DAY_PAIRS = 60
"""More pairs of days than this, and two people share a day by chance."""


@dataclass(frozen=True)
class BlockingRule:
    """Pairs that meet `sql` are scored."""

    name: str
    reason: str
    sql: str
    explodes: tuple[str, ...] = ()
    """List columns that count as one row an element."""
    trains: bool = False
    """Also used to find pairs for training."""


@dataclass(frozen=True)
class Level:
    """One degree of agreement; the first level whose condition holds is the pair's."""

    name: str
    sql: str
    frequency: str | None = None
    """Column whose rarer values weigh more here."""
    u: float | None = None
    """Known probability among pairs of different people, not to be trained."""
    m: float | None = None
    """Known probability among pairs of one person, not to be trained."""


@dataclass(frozen=True)
class Comparison:
    """One piece of evidence; `unknown` says when a pair gives none."""

    name: str
    reason: str
    unknown: str
    levels: tuple[Level, ...]
    """From closest agreement down; what meets none of them is the level `other`."""
    other_u: float | None = None
    other_m: float | None = None

    @property
    def level_names(self) -> tuple[str, ...]:
        """Names of all levels that carry a weight, in order."""
        return (*(level.name for level in self.levels), OTHER)


OTHER = "other"

BLOCKING_RULES = (
    BlockingRule("pnc", "A police number names one person.", "l.pnc = r.pnc"),
    BlockingRule("cro", "A criminal record number names one person.", "l.cro = r.cro"),
    BlockingRule(
        "prison_number", "A prison number names one person, or two that were merged by mistake.", "l.prison_number = r.prison_number"
    ),
    BlockingRule("crn", "A probation number names one person.", "l.crn = r.crn"),
    BlockingRule("asn", "An arrest is of one person and goes with the case to the Crown Court.", "l.asns = r.asns", explodes=("asns",)),
    BlockingRule("name_birth", "The usual way to find a person again.", "l.full_name = r.full_name and l.birth = r.birth"),
    BlockingRule("birth_postcode", "Misspelt or changed names at one address.", "l.birth = r.birth and l.postcode = r.postcode"),
    BlockingRule(
        "birth_forename",
        "Surnames change and are misspelt; one letter of it keeps the block small, a changed surname must meet another rule.",
        "l.birth = r.birth and left(l.forename, 3) = left(r.forename, 3) and left(l.surname, 1) = left(r.surname, 1)",
    ),
    BlockingRule(
        "birth_surname",
        "Short, foreign and misspelt forenames.",
        "l.birth = r.birth and left(l.surname, 4) = left(r.surname, 4)",
    ),
    BlockingRule("birth_changed_surname", "Surname changed by marriage.", "l.birth = r.birth and l.forename = r.forename"),
    BlockingRule(
        "names_swapped",
        "Forename and surname typed into each other's fields.",
        "l.birth = r.birth and l.forename = r.surname",
    ),
    BlockingRule("name_postcode", "Birth date missing, a default, or wrong.", "l.full_name = r.full_name and l.postcode = r.postcode"),
    BlockingRule(
        "name_middle_name",
        "Birth date missing or wrong, address moved.",
        "l.full_name = r.full_name and l.middle_names = r.middle_names",
    ),
    BlockingRule(
        "name_birth_year_month",
        "Birth date with one wrong part: the day.",
        "l.full_name = r.full_name and left(l.birth_digits, 6) = left(r.birth_digits, 6)",
    ),
    BlockingRule(
        "name_birth_month_day",
        "Birth date with one wrong part: the year.",
        "l.full_name = r.full_name and right(l.birth_digits, 4) = right(r.birth_digits, 4)",
    ),
    BlockingRule(
        "name_birth_year_day",
        "Birth date with one wrong part: the month.",
        "l.full_name = r.full_name and year(l.birth) = year(r.birth) and day(l.birth) = day(r.birth)",
    ),
    BlockingRule(
        "name_birth_swapped",
        "Day and month of birth swapped.",
        "l.full_name = r.full_name and year(l.birth) = year(r.birth) and month(l.birth) = day(r.birth)",
    ),
    BlockingRule(
        "name_day",
        "Birth date and address missing, but seen in court or prison on one day.",
        "l.full_name = r.full_name and l.days = r.days",
        explodes=("days",),
    ),
)

_IS_ALIAS = "(list_contains(aliases_l, full_name_r) or list_contains(aliases_r, full_name_l) or list_has_any(aliases_l, aliases_r))"
_MIDDLE_NAME_USED = "(surname_l = surname_r and (forename_l = middle_names_r or forename_r = middle_names_l))"
_SHARED_DAYS = "len(list_intersect(days_l, days_r))"
_POLICE_NUMBERS_AGREE = "coalesce(pnc_l = pnc_r or cro_l = cro_r or list_has_any(asns_l, asns_r), false)"
_SERVICE_NUMBERS_AGREE = "coalesce(prison_number_l = prison_number_r or crn_l = crn_r, false)"


def _like(left: str, right: str) -> str:
    """One name misspelt."""
    return f"(jaro_winkler_similarity({left}, {right}) >= {SIMILAR} or damerau_levenshtein({left}, {right}) <= 1)"


_SURNAMES_ARE_LIKE = _like("surname_l", "surname_r")
_IS_SHORT_FORM = "(starts_with(forename_l, forename_r) or starts_with(forename_r, forename_l))"
_FORENAMES_ARE_LIKE = f"({_like('forename_l', 'forename_r')} or {_IS_SHORT_FORM})"
_SWAPPED_LIKE = f"({_like('forename_l', 'surname_r')} and {_like('surname_l', 'forename_r')})"
_SUSPECTED_TWINS = f"""birth_l = birth_r
    and jaro_winkler_similarity(forename_l, forename_r) < {DIFFERENT} and damerau_levenshtein(forename_l, forename_r) > 1
    and not {_IS_SHORT_FORM} and not {_SWAPPED_LIKE} and not {_IS_ALIAS} and not coalesce({_MIDDLE_NAME_USED}, false)
    and not {_POLICE_NUMBERS_AGREE} and not {_SERVICE_NUMBERS_AGREE}"""

NO_CHANCE = 1e-6
"""Among different people: two nodes with one number of a kind that names people, wrongly typed or copied."""

COMPARISONS = (
    Comparison(
        "name",
        "Forename and surname together, so that swaps and aliases count; rare names weigh more.",
        unknown="full_name_l is null or full_name_r is null",
        levels=(
            Level("same", "full_name_l = full_name_r", frequency="full_name"),
            Level("swapped", "forename_l = surname_r and surname_l = forename_r"),
            Level("alias", f"{_IS_ALIAS} or {_MIDDLE_NAME_USED}"),
            Level("forename_like", f"surname_l = surname_r and {_FORENAMES_ARE_LIKE}"),
            Level("surname_like", f"forename_l = forename_r and {_SURNAMES_ARE_LIKE}"),
            Level("both_like", f"{_FORENAMES_ARE_LIKE} and {_SURNAMES_ARE_LIKE}"),
            Level("surname_only", "surname_l = surname_r"),
            Level("forename_only", "forename_l = forename_r"),
        ),
    ),
    Comparison(
        "birth",
        "Day of birth, with the ways in which it is mistyped; 1 January is often a guess.",
        unknown="birth_l is null or birth_r is null",
        levels=(
            Level("first_of_january", "birth_l = birth_r and right(birth_digits_l, 4) = '0101'"),
            Level("same", "birth_l = birth_r"),
            Level("swapped", "year(birth_l) = year(birth_r) and month(birth_l) = day(birth_r) and day(birth_l) = month(birth_r)"),
            Level("one_digit", "damerau_levenshtein(birth_digits_l, birth_digits_r) <= 1"),
            Level(
                "two_parts",
                "left(birth_digits_l, 6) = left(birth_digits_r, 6) or right(birth_digits_l, 4) = right(birth_digits_r, 4) "
                "or (year(birth_l) = year(birth_r) and day(birth_l) = day(birth_r))",
            ),
        ),
    ),
    Comparison(
        "postcode",
        "Address; people move, so a difference says little. Hostels and prisons are common postcodes and weigh less.",
        unknown="postcode_l is null or postcode_r is null",
        levels=(Level("same", "postcode_l = postcode_r", frequency="postcode"), Level("same_outcode", "outcode_l = outcode_r")),
    ),
    Comparison(
        "middle_name",
        "First middle name; tells apart people with common names.",
        unknown="middle_names_l is null or middle_names_r is null",
        levels=(
            Level("same", "middle_names_l = middle_names_r"),
            Level("like", f"jaro_winkler_similarity(middle_names_l, middle_names_r) >= {SIMILAR}"),
        ),
    ),
    Comparison(
        "police_number",
        "PNC, CRO or arrest number: one agreement is enough, a difference of all that both have speaks against.",
        unknown=f"not {_POLICE_NUMBERS_AGREE} and (pnc_l is null or pnc_r is null) and (cro_l is null or cro_r is null)",
        levels=(
            Level("same", _POLICE_NUMBERS_AGREE, u=NO_CHANCE),
            Level("one_sign", "damerau_levenshtein(pnc_l, pnc_r) <= 1 or damerau_levenshtein(cro_l, cro_r) <= 1", u=1e-5),
        ),
    ),
    Comparison(
        "service_number",
        "Prison or probation number. Different probation numbers say nothing: a person gets many.",
        unknown=f"not {_SERVICE_NUMBERS_AGREE} and (prison_number_l is null or prison_number_r is null)",
        levels=(Level("same", _SERVICE_NUMBERS_AGREE, u=NO_CHANCE),),
    ),
    Comparison(
        "days",
        "Hearing, sentence, reception and release days that both sides hold.",
        unknown=f"len(days_l) = 0 or len(days_r) = 0 or len(days_l) * len(days_r) > {MOST_DAY_PAIRS}",
        levels=(Level("two_or_more", f"{_SHARED_DAYS} >= 2"), Level("one", f"{_SHARED_DAYS} = 1")),
    ),
    Comparison(
        "twins",
        "Born on one day with two unlike forenames: brothers and sisters until a number says otherwise. The weight is set, not trained.",
        unknown=f"not coalesce({_SUSPECTED_TWINS}, false)",
        levels=(Level("suspected", "birth_l = birth_r", m=2.0**-20, u=1.0),),
        other_m=1.0,
        other_u=1.0,
    ),
)
