"""Scores by group of records and pair of sources, against a slow count of pairs."""

from __future__ import annotations

from datetime import date
from itertools import combinations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evaluation import link_score
from pipeline.evaluation.release_score import link_scores

ROW = st.tuples(
    st.integers(0, 4),
    st.none() | st.integers(0, 4),
    st.sampled_from(["prison", "probation"]),
    st.sampled_from(["", "phonetic", "phonetic;swapped_names"]),
)
RECORDS = st.lists(ROW, min_size=1, max_size=25)
Row = tuple[int, int | None, str, str]


def frame(rows: list[Row]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "source_dataset": [row[2] for row in rows],
            "true_person_id": [row[0] for row in rows],
            "person_id": [row[1] for row in rows],
            "errors": [row[3] for row in rows],
        },
        schema_overrides={"person_id": pl.Int32},
    )


def share(part: int, whole: int) -> object:
    return pytest.approx(part / whole) if whole else None


@settings(max_examples=60, deadline=None)
@given(RECORDS)
def test_scores_of_errors_and_source_pairs_equal_a_count_of_pairs(rows: list[Row]) -> None:
    pairs = list(combinations(range(len(rows)), 2))
    true = {pair for pair in pairs if rows[pair[0]][0] == rows[pair[1]][0]}
    made = {
        pair
        for pair in pairs
        if rows[pair[0]][1] is not None and rows[pair[0]][1] == rows[pair[1]][1]
    }
    by_error = link_score.record_scores(frame(rows))["errors"]
    for error in ("phonetic", "swapped_names", "none"):
        members = [
            place
            for place, row in enumerate(rows)
            if error in (row[3].split(";") if row[3] else ["none"])
        ]
        if not members:
            assert error not in by_error
            continue
        count = {
            name: sum(place in pair for place in members for pair in of)
            for name, of in {"made": made, "true": true}.items()
        }
        right = sum(place in pair for place in members for pair in made & true)
        assert by_error[error]["records"] == len(members)
        assert by_error[error]["pair_precision"] == share(right, count["made"])
        assert by_error[error]["pair_recall"] == share(right, count["true"])
    for name, scores in link_score.source_pairs(frame(rows)).items():
        of_pair = {
            pair
            for pair in pairs
            if " x ".join(sorted((rows[pair[0]][2], rows[pair[1]][2]))) == name
        }
        assert scores["true_pairs"] == len(of_pair & true)
        assert scores["pair_recall"] == share(len(of_pair & made & true), len(of_pair & true))
        assert scores["pair_precision"] == share(len(of_pair & made & true), len(of_pair & made))


def test_people_are_told_apart_by_what_makes_them_hard_to_link() -> None:
    persons = pl.DataFrame(
        {
            "true_person_id": ["a", "b", "c", "d"],
            "birth_date": [date(1998, 1, 1), date(1997, 12, 31), date(1960, 1, 1), None],
            "name_origin": ["british", "irish", "arab", "british"],
            "twin_of": [None, "a", None, None],
            "namesake_of": [None, None, None, "c"],
            "married_name_from": [None, None, date(2014, 1, 1), None],
            "has_alias": [True, False, False, False],
        }
    )
    told = persons.select(link_score.person_groups(persons)).to_dict(as_series=False)
    assert told == {
        "age_band": ["under 18", "18-24", "55 and over", None],
        "twin": ["twin", "twin", "no twin", "no twin"],
        "namesake": ["no namesake", "no namesake", "namesake", "namesake"],
        "name_origin": ["british", "irish", "arab", "british"],
        "married_name": ["not changed", "not changed", "changed", "not changed"],
        "alias": ["alias", "no alias", "no alias", "no alias"],
    }


def test_the_gap_is_between_the_best_and_the_worst_of_large_groups(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(link_score, "MIN_PEOPLE", 2)
    rows: list[Row] = [(person, person, "prison", "") for person in range(4) for _ in range(2)]
    rows += [
        (4, 4, "prison", ""),
        (4, None, "prison", ""),
    ]  # one person of the third group: too small to say anything
    rows[0] = (0, None, "prison", "")
    groups = pl.DataFrame(
        {
            "true_person_id": [*range(5)],
            "sex": ["female", "female", "male", "male", "male"],
            "ethnic_group": ["White"] * 4 + ["Black"],
            "age_band": ["18-24"] * 5,
        }
    )
    gap = link_scores(frame(rows), groups)["gap"]
    assert gap["groups"] == 2
    assert gap["pair_recall"]["gap"] == pytest.approx(0.5)
    assert gap["pair_recall"]["worst"] == {
        "group": "female, White, 18-24",
        "pair_recall": 0.5,
        "persons": 2,
    }
    assert gap["bcubed_recall"]["gap"] == pytest.approx(0.25)
