"""How alike names can be at most, told from their letters, against what DuckDB says of the names
themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.linkage.scoring.comparisons import DIFFERENT, SIMILAR
from pipeline.linkage.scoring.similarity_bounds import (
    MAX_FURTHER,
    UNTOLD,
    Letters,
    Shared,
    count_shared_letters,
    letters_of,
)

KINDS = ("take", "add", "change", "turn")
"""Of edits."""
FEW_LETTERS = (
    st.text("AB", max_size=9) | st.text("ABCDE", max_size=7) | st.text("ANR Z", max_size=12)
)
"""Most of them come twice or more, change places, or are all that a name has."""
REAL = st.sampled_from(
    [
        "MARTHA",
        "MARHTA",
        "DIXON",
        "DICKSON",
        "ABDULLAH",
        "ABDALLAH",
        "ANN",
        "HANNAH",
        "JO",
        "JOJO",
        "O BRIEN",
    ]
)
LONG = st.integers(1, 2 * MAX_FURTHER).map(lambda times: "NAB" + "A" * times)
"""Further letters from none to more than can be held."""
OTHER_SIGNS = st.text("ABŽÉ1-[ z", min_size=1, max_size=7)
EDITS = st.tuples(st.sampled_from(KINDS), st.integers(0, 12), st.sampled_from("AEZ Ž"))

CLAIMS = {
    "similarity": "jaro_winkler_similarity(l.name, r.name)",
    "is_one_edit_apart": (
        "abs(length(l.name) - length(r.name)) <= 1 and damerau_levenshtein(l.name, r.name) <= 1"
    ),
    # An empty name would begin all others. No node has one: standardising gives null instead.
    "begins_alike": (
        "l.name <> '' and r.name <> '' "
        "and (starts_with(l.name, r.name) or starts_with(r.name, l.name))"
    ),
}
"""What is said of two names -> DuckDB's expression; null where one of them is missing, so that
nothing is held against its bound.
"""


def edited(text: str, kind: str, place: int, sign: str) -> str:
    """A text with one sign taken, added or changed, or two changed about."""
    before, after = text[:place], text[place:]
    if kind == "turn":
        return before + after[1::-1] + after[2:]
    return before + ("" if kind == "take" else sign) + (after if kind == "add" else after[1:])


@st.composite
def kin(draw: st.DrawFn) -> list[str | None]:
    """Names, each with one that is an edit away and one that is its beginning; among them an empty
    one and none at all.
    """
    names = draw(st.lists(FEW_LETTERS | REAL | LONG | OTHER_SIGNS, min_size=1, max_size=4))
    near = [edited(name, *draw(EDITS)) for name in names]
    begun = [name[: draw(st.integers(1, 6))] for name in names]
    found: list[str | None] = draw(st.permutations([*names, *near, *begun, "", None]))
    return found


def _letters(names: Sequence[str | None]) -> Letters:
    return letters_of(pa.array(names, type=pa.string()))


def _of_all(names: Sequence[str | None]) -> Shared:
    """What letters say of each name with each."""
    letters = _letters(names)
    return count_shared_letters(np.repeat(letters, len(names)), np.tile(letters, len(names)))


def _of(one: str | None, other: str | None) -> Shared:
    return count_shared_letters(_letters([one]), _letters([other]))


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(names=kin())
def test_names_are_never_more_alike_than_their_letters_allow(
    database: duckdb.DuckDBPyConnection, names: list[str | None]
) -> None:
    database.register(
        "named", pa.table({"place": range(len(names)), "name": pa.array(names, type=pa.string())})
    )
    told = ", ".join(f"({expression}) as {claim}" for claim, expression in CLAIMS.items())
    rows = database.execute(
        f"select l.name, r.name, {told} "
        "from named as l cross join named as r order by l.place, r.place"
    ).fetchall()
    most = _of_all(names)
    bounds = zip(most.similarity, most.may_be_one_edit_apart, most.may_begin_alike, strict=True)
    for (one, other, similarity, is_one_edit_apart, begins_alike), (
        highest,
        may_be_one_edit_apart,
        may_begin_alike,
    ) in zip(rows, bounds, strict=True):
        assert similarity is None or highest >= similarity, (one, other)
        assert may_be_one_edit_apart or not is_one_edit_apart, (one, other)
        assert may_begin_alike or not begins_alike, (one, other)


@settings(max_examples=200, deadline=None)
@given(names=st.lists(FEW_LETTERS | REAL | LONG, min_size=1, max_size=4))
def test_letters_are_counted_and_never_too_few_of_them_are_shared(names: list[str]) -> None:
    most = _of_all(names)
    pairs = [(one, other) for one in names for other in names]
    for place, (one, other) in enumerate(pairs):
        both = Counter(one) & Counter(other)
        if most.is_untold[place]:
            assert any(
                (Counter(name) - Counter(dict.fromkeys(name, 2))).total() > MAX_FURTHER
                for name in (one, other)
            )
            continue
        assert (most.one[place], most.other[place]) == (len(one), len(other))
        assert most.shared[place] >= both.total()
        if max((Counter(one) | Counter(other)).values(), default=0) <= 2:
            assert most.shared[place] == both.total()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SMITH", "BROWN"),
        ("JONES", "TAYLOR"),
        ("KHAN", "WILLIAMS"),
        ("O BRIEN", "SMYTHE"),
        ("AAAA", "BBBB"),
        ("SMITH", None),
    ],
)
def test_unlike_letters_rule_out_all_that_is_asked(one: str, other: str | None) -> None:
    most = _of(one, other)
    assert most.similarity[0] < DIFFERENT < SIMILAR
    assert not most.may_be_one_edit_apart[0]
    assert not most.may_begin_alike[0]


@pytest.mark.parametrize(
    ("one", "other", "is_like", "is_one_edit_apart", "begins_alike"),
    [
        ("SMITH", "SMITH", True, True, True),
        ("SMITH", "SMYTH", True, True, False),
        ("SMITH", "SMYTHE", True, False, False),
        ("MOHAMMED", "MOHAMED", True, True, True),
        ("THOMAS", "THO", True, False, True),
        ("THOMAS", "OTH", False, False, False),
        # Of the same letters but not the same first one: the order is not told.
        ("ALI", "LAI", True, True, False),
        ("TAYLOR", "TAY", True, False, True),
        # More than twice: AAAA shares four letters with AAAAB, two with AAB.
        ("AAAA", "AAAAB", True, True, True),
        ("AAAA", "AABB", False, False, False),
        ("JO ANN", "JOANN", True, True, True),
    ],
)
def test_letters_rule_out_one_thing_and_not_another(
    one: str, other: str, is_like: bool, is_one_edit_apart: bool, begins_alike: bool
) -> None:
    for most in (_of(one, other), _of(other, one)):
        found = (
            most.similarity[0] >= SIMILAR,
            most.may_be_one_edit_apart[0],
            most.may_begin_alike[0],
        )
        assert found == (is_like, is_one_edit_apart, begins_alike)


@pytest.mark.parametrize(
    "name", ["ŽIŽEK", "SMITH2", "O-BRIEN", "smith", "@", "A" * (MAX_FURTHER + 3)]
)
@pytest.mark.parametrize("other", ["BROWN", "", None, "ŽIŽEK"])
def test_a_name_of_which_not_all_is_held_can_be_like_every_name(
    name: str, other: str | None
) -> None:
    assert _letters([name])[0] == UNTOLD
    for most in (_of(name, other), _of(other, name)):
        assert most.similarity[0] >= 1
        assert most.may_be_one_edit_apart[0]
        assert most.may_begin_alike[0]


def test_as_many_further_letters_as_can_be_held_are_told() -> None:
    assert _letters(["A" * (MAX_FURTHER + 2)])[0] != UNTOLD
    assert not _of("A" * (MAX_FURTHER + 2), "BROWN").is_untold[0]


def test_letters_of_a_name_do_not_depend_on_the_names_around_it() -> None:
    names = [None, "ŽIŽEK", "ANNA", "", "BANANA", None, "O BRIEN", "Z", None]
    each = [int(_letters([name])[0]) for name in names]
    assert _letters(names).tolist() == each
    assert letters_of(pa.array(names, type=pa.string())[2:7]).tolist() == each[2:7]
    assert each[0] == each[3] == 0
    assert len(_letters([])) == 0
