"""Comparisons: what agreement of two nodes means, level by level, each with a name and a reason.

Belongs here: comparisons as data. Does not belong here: which pairs are compared (blocking_rules),
weights (model), running comparisons (score_pairs, train). The template is the model of the Core
Person Record (HMPPS person match), rebuilt for the fields that these extracts have.

In the SQL the suffixes `_l` and `_r` stand for the two nodes of a pair.
"""

from __future__ import annotations

from dataclasses import dataclass

SIMILAR = 0.85
"""Jaro-Winkler similarity from which two names may be one name misspelt."""
DIFFERENT = 0.75
"""Jaro-Winkler similarity below which two forenames are taken for two names."""
MAX_DAY_PAIRS = 60
"""More pairs of days than this, and two people share a day by chance."""


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
SIDES = ("l", "r")


def query_sides(joined: str) -> str:
    """Query of the columns of both nodes, as the SQL here names them.

    `joined` is a FROM item in which `l` and `r` are the nodes.
    """
    columns = ", ".join(f"columns({side}.*) as '\\0_{side}'" for side in SIDES)
    return f"select {columns} from {joined}"


def sides_of(pairs: str, nodes: str = "nodes") -> str:
    """The same for a table of pairs (node_l, node_r)."""
    return query_sides(
        f"{pairs} as pair inner join {nodes} as l on l.node = pair.node_l "
        f"inner join {nodes} as r on r.node = pair.node_r"
    )


_IS_ALIAS = (
    "(list_contains(aliases_l, full_name_r) or list_contains(aliases_r, full_name_l) "
    "or list_has_any(aliases_l, aliases_r))"
)
_MIDDLE_NAME_USED = (
    "(surname_l = surname_r and (list_contains(middle_names_r, forename_l) "
    "or list_contains(middle_names_l, forename_r)))"
)
_SHARED_DAYS = "len(list_intersect(days_l, days_r))"
_SHARE_A_DAY = (
    "(days_l[1] <= days_r[-1] and days_r[1] <= days_l[-1] and list_has_any(days_l, days_r))"
)
"""Days are in order, so most lists that share none are told by their ends."""
POLICE_NUMBERS_AGREE = "list_has_any(police_numbers_l, police_numbers_r)"
_SERVICE_NUMBERS_AGREE = "list_has_any(service_numbers_l, service_numbers_r)"


def _one_sign_apart(left: str, right: str) -> str:
    """Condition that at most one sign is another, too many, missing or transposed.

    Lengths are compared first, because edits take long to count.
    """
    return (
        f"(abs(length({left}) - length({right})) <= 1 "
        f"and damerau_levenshtein({left}, {right}) <= 1)"
    )


def _like(left: str, right: str) -> str:
    """One name misspelt."""
    return (
        f"(jaro_winkler_similarity({left}, {right}) >= {SIMILAR} or {_one_sign_apart(left, right)})"
    )


def _any_near(slipped: str, others: str) -> str:
    """A number whose check letter is wrong is one sign from a number of the other side."""
    near = f"len(list_filter({others}, lambda other: damerau_levenshtein(slip, other) <= 1)) > 0"
    return (
        f"case when len({slipped}) > 0 and len({others}) > 0 "
        f"then len(list_filter({slipped}, lambda slip: {near})) > 0 else false end"
    )


_SURNAMES_ARE_LIKE = f"(surname_sound_l = surname_sound_r or {_like('surname_l', 'surname_r')})"
_IS_SHORT_FORM = "(starts_with(forename_l, forename_r) or starts_with(forename_r, forename_l))"
_IS_NICKNAME = "list_has_any(forename_forms_l, forename_forms_r)"
_FORENAMES_ARE_LIKE = (
    f"(forename_sound_l = forename_sound_r or {_IS_SHORT_FORM} "
    f"or {_like('forename_l', 'forename_r')})"
)
_SWAPPED_LIKE = f"({_like('forename_l', 'surname_r')} and {_like('surname_l', 'forename_r')})"
SUSPECTED_TWINS = (
    f"""birth_l = birth_r and forename_l <> forename_r
    and not {POLICE_NUMBERS_AGREE} and not {_SERVICE_NUMBERS_AGREE}
    and jaro_winkler_similarity(forename_l, forename_r) < {DIFFERENT} """
    f"""and not {_IS_SHORT_FORM} and not {_IS_NICKNAME}
    and not {_IS_ALIAS} and not {_MIDDLE_NAME_USED} """
    f"and not {_one_sign_apart('forename_l', 'forename_r')} and not {_SWAPPED_LIKE}"
)
SUSPECTED_GENERATIONS = f"""abs(birth_l - birth_r) between 14 * 365 and 50 * 365
    and list_has_any(postcodes_l, postcodes_r)
    and damerau_levenshtein(birth_digits_l, birth_digits_r) > 1
    and not {POLICE_NUMBERS_AGREE} and not {_SERVICE_NUMBERS_AGREE}"""
_SLIPPED = " or ".join(
    _any_near(f"slipped_{kind}_{one}", f"{kind}_{other}")
    for kind in ("pncs", "cros")
    for one, other in (("l", "r"), ("r", "l"))
)

NO_CHANCE = 1e-6
"""Among different people: two nodes with one number of a kind that names people, wrongly typed or
copied.
"""

COMPARISONS = (
    Comparison(
        "name",
        "Forename and surname together, so that swaps and aliases count; rare names weigh more.",
        unknown=(
            "(forename_l is null or forename_r is null) "
            "and (surname_l is null or surname_r is null)"
        ),
        levels=(
            Level("same", "full_name_l = full_name_r", frequency="full_name"),
            Level("swapped", "forename_l = surname_r and surname_l = forename_r"),
            Level("alias", f"{_IS_ALIAS} or {_MIDDLE_NAME_USED}"),
            Level("nickname", f"surname_l = surname_r and {_IS_NICKNAME}"),
            Level("forename_like", f"surname_l = surname_r and {_FORENAMES_ARE_LIKE}"),
            Level("surname_like", f"forename_l = forename_r and {_SURNAMES_ARE_LIKE}"),
            Level("both_like", f"{_FORENAMES_ARE_LIKE} and {_SURNAMES_ARE_LIKE}"),
            Level("swapped_like", _SWAPPED_LIKE),
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
            Level(
                "swapped",
                "year(birth_l) = year(birth_r) "
                "and month(birth_l) = day(birth_r) and day(birth_l) = month(birth_r)",
            ),
            Level("one_digit", "damerau_levenshtein(birth_digits_l, birth_digits_r) <= 1"),
            Level(
                "two_parts",
                "left(birth_digits_l, 6) = left(birth_digits_r, 6) "
                "or right(birth_digits_l, 4) = right(birth_digits_r, 4) "
                "or (year(birth_l) = year(birth_r) and day(birth_l) = day(birth_r))",
            ),
        ),
    ),
    Comparison(
        "postcode",
        "Address, over all that a node had; people move, so a difference says little. "
        "Hostels, prisons and courts weigh less.",
        unknown="not (has_postcode_l and has_postcode_r)",
        levels=(
            Level("same", "list_has_any(postcodes_l, postcodes_r)"),
            Level("same_common", "list_has_any(common_postcodes_l, common_postcodes_r)"),
            Level("same_outcode", "list_has_any(outcodes_l, outcodes_r)"),
        ),
    ),
    Comparison(
        "middle_name",
        "First middle name; tells apart people with common names.",
        unknown="len(middle_names_l) = 0 or len(middle_names_r) = 0",
        levels=(
            Level("same", "list_has_any(middle_names_l, middle_names_r)"),
            Level(
                "like",
                f"jaro_winkler_similarity(middle_names_l[1], middle_names_r[1]) >= {SIMILAR}",
            ),
        ),
    ),
    Comparison(
        "sex",
        "As recorded; wrong in about one record in a hundred.",
        unknown="sex_l is null or sex_r is null",
        levels=(Level("same", "sex_l = sex_r"),),
        other_m=0.01,
    ),
    Comparison(
        "police_number",
        "PNC, CRO or arrest number: one agreement is enough. "
        "Only sound numbers can differ; one whose check letter is wrong is a slip.",
        unknown=(
            "not (has_sound_pnc_l and has_sound_pnc_r) "
            "and not (has_sound_cro_l and has_sound_cro_r) "
            f"and not {POLICE_NUMBERS_AGREE} and not ({_SLIPPED})"
        ),
        levels=(
            Level("same", POLICE_NUMBERS_AGREE, u=NO_CHANCE),
            Level("one_sign", _SLIPPED, u=1e-5),
        ),
    ),
    Comparison(
        "service_number",
        "Prison or probation number. Different probation numbers say nothing: a person gets many.",
        unknown=(
            f"not {_SERVICE_NUMBERS_AGREE} and not (has_prison_number_l and has_prison_number_r)"
        ),
        levels=(Level("same", _SERVICE_NUMBERS_AGREE, u=NO_CHANCE),),
    ),
    Comparison(
        "own_group",
        "What a source itself takes for one person; it misses and wrongly joins, "
        "so it weighs no more than an address. Set, not trained.",
        unknown="not list_has_any(own_groups_l, own_groups_r)",
        levels=(Level("same", "list_has_any(own_groups_l, own_groups_r)", m=1.0, u=2.0**-8),),
        other_m=1.0,
        other_u=1.0,
    ),
    Comparison(
        "days",
        "Hearing, sentence, reception and release days that both sides hold.",
        unknown=(
            f"days_known_l = 0 or days_known_r = 0 or days_known_l * days_known_r > {MAX_DAY_PAIRS}"
        ),
        levels=(
            Level("two_or_more", f"{_SHARE_A_DAY} and {_SHARED_DAYS} >= 2"),
            Level("one", _SHARE_A_DAY),
        ),
    ),
    Comparison(
        "generations",
        "One address and births a generation apart: parent and child until a number says "
        "otherwise. The weight is set, not trained.",
        unknown="birth_l is null or birth_r is null",
        levels=(Level("suspected", SUSPECTED_GENERATIONS, m=2.0**-12, u=1.0),),
        other_m=1.0,
        other_u=1.0,
    ),
    Comparison(
        "twins",
        "Born on one day with two unlike forenames: brothers and sisters until a number says "
        "otherwise. The weight is set, not trained.",
        unknown="birth_l <> birth_r",
        levels=(Level("suspected", SUSPECTED_TWINS, m=2.0**-20, u=1.0),),
        other_m=1.0,
        other_u=1.0,
    ),
)
