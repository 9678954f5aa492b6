"""Link scores against a slow count of every pair and every record."""

from __future__ import annotations

from itertools import combinations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluation.release_score import link_scores

ROW = st.tuples(
    st.integers(0, 5), st.none() | st.integers(0, 5), st.sampled_from(["prison", "probation"])
)
RECORDS = st.lists(ROW, min_size=1, max_size=30)


def frame(rows: list[tuple[int, int | None, str]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "source_dataset": [source for _, _, source in rows],
            "true_person_id": [person for person, _, _ in rows],
            "person_id": [cluster for _, cluster, _ in rows],
        },
        schema_overrides={"person_id": pl.Int32},
    )


GROUPS = pl.DataFrame(
    {"true_person_id": [*range(5)], "sex": ["male", "female", "male", "female", "male"]}
)


@given(RECORDS)
def test_link_scores_equal_a_count_of_pairs_and_records(
    rows: list[tuple[int, int | None, str]],
) -> None:
    clusters = [
        ("alone", position) if cluster is None else ("P", cluster)
        for position, (_, cluster, _) in enumerate(rows)
    ]
    persons = [person for person, _, _ in rows]
    pairs = list(combinations(range(len(rows)), 2))
    made = {pair for pair in pairs if clusters[pair[0]] == clusters[pair[1]]}
    true = {pair for pair in pairs if persons[pair[0]] == persons[pair[1]]}
    scores = link_scores(frame(rows), GROUPS)
    assert scores["pair_precision"] == (
        pytest.approx(len(made & true) / len(made)) if made else None
    )
    assert scores["pair_recall"] == (pytest.approx(len(made & true) / len(true)) if true else None)

    def mates(of: list[object], position: int) -> set[int]:
        return {other for other in range(len(rows)) if of[other] == of[position]}

    both = [
        (mates(list(clusters), position), mates(list(persons), position))
        for position in range(len(rows))
    ]
    assert scores["bcubed_precision"] == pytest.approx(
        sum(len(a & b) / len(a) for a, b in both) / len(rows)
    )
    assert scores["bcubed_recall"] == pytest.approx(
        sum(len(a & b) / len(b) for a, b in both) / len(rows)
    )

    males = [position for position in range(len(rows)) if persons[position] in (0, 2, 4)]
    if males:
        group = scores["by_group"]["sex"]["male"]
        assert group["records"] == len(males)
        assert group["bcubed_precision"] == pytest.approx(
            sum(len(both[p][0] & both[p][1]) / len(both[p][0]) for p in males) / len(males)
        )
        joined = sum(len(both[p][0]) - 1 for p in males)
        right = sum(len(both[p][0] & both[p][1]) - 1 for p in males)
        assert group["pair_precision"] == (pytest.approx(right / joined) if joined else None)
    for name, of_group in scores["by_group"].items():
        assert sum(values["records"] for values in of_group.values()) == len(rows), name


def test_persons_without_attributes_are_a_group_of_their_own() -> None:
    scores = link_scores(frame([(5, 0, "prison"), (5, 0, "prison")]), GROUPS)
    assert scores["by_group"]["sex"]["unknown"]["pair_recall"] == 1.0
