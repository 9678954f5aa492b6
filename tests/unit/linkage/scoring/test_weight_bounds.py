"""The most that a pair can weigh, told from hints, against what it weighs: over the worked people,
and over people spoilt at random.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import pytest

from pipeline.linkage.database import Columns, columns_of, open_linkage_database
from pipeline.linkage.dedupe import exact_dedupe
from pipeline.linkage.prepare import load_records
from pipeline.linkage.scoring import model as models
from pipeline.linkage.scoring import pair_batches, score_pairs, weight_bounds
from pipeline.linkage.scoring.comparisons import COMPARISONS, OTHER, SIDES, sides_of
from pipeline.linkage.scoring.model import Model
from pipeline.linkage.scoring.signatures import ENDS, Array, Hints, Side, hints_of
from tests.support import spoilt_records as spoilt
from tests.unit.linkage.scoring.test_comparisons import level_of
from tests.unit.linkage.scoring.test_similarity_bounds import KINDS, edited

TRAINED = models.read_model(models.find_newest_model())
ROUNDING = 1e-6
RECORDS, NATION = 500, 17_000_000
NUMBERS = (("pncs", "2003/0123456X"), ("cros", "012345/99X"), ("cros", "SF99/012345X"))
"""Column that holds them -> a number in its one form."""


@dataclass(frozen=True)
class Crowd:
    """Nodes, and every pair of them."""

    connection: duckdb.DuckDBPyConnection
    """Holds `nodes`, and the columns of both nodes of each pair in `paired`."""
    nodes: Columns
    hints: Hints
    """Of these nodes."""
    rows: tuple[Array, Array]
    """Where in the hints both nodes of each pair are, in the order of the pairs."""

    def weights(self, model: Model) -> dict[str, Array]:
        """Comparison -> what it weighs, for each pair."""
        told = ", ".join(
            f"{score_pairs.weight_of(comparison, model)} as {comparison.name}"
            for comparison in COMPARISONS
        )
        return dict(
            self.connection.execute(
                f"select {told} from paired order by node_l, node_r"
            ).fetchnumpy()
        )

    def most(self, model: Model, *, turned: bool = False) -> dict[str, Array]:
        """Comparison -> the most that it can weigh, for each pair."""
        left, right = (
            Side(self.hints, nodes) for nodes in (self.rows[::-1] if turned else self.rows)
        )
        return weight_bounds.at_most(model, left, right)

    def levels(self) -> set[tuple[str, str]]:
        """Each comparison with each of its levels that some pair is of."""
        found = set()
        for comparison in COMPARISONS:
            met = self.connection.execute(
                f"select distinct {level_of(comparison)} from paired"
            ).fetchall()
            found |= {(comparison.name, name) for (name,) in met}
        return found


CROWDS = {
    "worked": (spoilt.worked_people, exact_dedupe.load_nodes),
    "spoilt": (spoilt.spoilt_people, exact_dedupe.load_uncollapsed_nodes),
    # Their lists hold several values.
    "spoilt and collapsed": (spoilt.spoilt_people, exact_dedupe.load_nodes),
}


@pytest.fixture(scope="module", params=CROWDS)
def crowd(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crowd]:
    people, load_nodes = CROWDS[request.param]
    folder = tmp_path_factory.mktemp("crowd")
    with open_linkage_database(folder / "spill", threads=1, memory="500MB") as connection:
        load_records.load_records(connection, spoilt.write(folder / "identity", people()))
        count = load_nodes(connection)
        connection.execute(
            "create table chosen as select l.node as node_l, r.node as node_r "
            "from nodes as l, nodes as r where node_l < node_r"
        )
        connection.execute(f"create table paired as {sides_of('chosen')}")
        held = columns_of(
            connection.sql(
                f"select {', '.join(pair_batches.list_columns(score_pairs.NEEDED))} "
                "from nodes order by node"
            )
        )
        yield Crowd(connection, held, hints_of(held), np.triu_indices(count, 1))


ALL = frozenset(comparison.name for comparison in COMPARISONS)


def _favouring(place: int, names: frozenset[str] = ALL) -> Model:
    """A model by which of some comparisons only the level in one place speaks for one person (past
    the last: none), and no other weighs.
    """

    def chances(name: str, number: int) -> dict[str, float]:
        return {"m": (2.0**20 if number == place else 2.0**-40) if name in names else 1.0, "u": 1.0}

    parameters = {
        comparison.name: {
            level: chances(comparison.name, number)
            for number, level in enumerate(comparison.level_names)
        }
        for comparison in COMPARISONS
    }
    return replace(TRAINED, parameters=parameters)


MAX_LEVELS = max(len(comparison.level_names) for comparison in COMPARISONS)
MODELS = {
    "as trained": TRAINED,
    **{f"favouring level {place + 1}": _favouring(place) for place in range(MAX_LEVELS)},
    "favouring what is unknown": _favouring(MAX_LEVELS),
    "favouring the same name alone": _favouring(0, frozenset({"name"})),
}
"""Other weights than the trained ones, for a level that is wrongly ruled out shows only where it is
the heaviest.
"""


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_no_comparison_weighs_more_than_its_bound(crowd: Crowd, model: Model) -> None:
    weights, most = crowd.weights(model), crowd.most(model)
    assert set(most) == set(weights) == {comparison.name for comparison in COMPARISONS}
    exceeded = {name: int((weights[name] > most[name] + ROUNDING).sum()) for name in weights}
    assert not {name: pairs for name, pairs in exceeded.items() if pairs}, (
        "comparison: pairs that weigh more than their bound"
    )


@pytest.mark.parametrize("crowd", ["spoilt"], indirect=True)
def test_every_level_is_met_by_a_spoilt_pair(crowd: Crowd) -> None:
    """Else nothing would be held against its bound."""
    every = {
        (comparison.name, level)
        for comparison in COMPARISONS
        for level in (weight_bounds.UNKNOWN, *comparison.level_names)
    }
    assert every - crowd.levels() == {("own_group", OTHER)}, (
        "different groups say nothing, so there is no such pair"
    )


def test_bounds_are_the_same_either_way_round(crowd: Crowd) -> None:
    most, turned = crowd.most(TRAINED), crowd.most(TRAINED, turned=True)
    assert not [name for name in most if not np.array_equal(most[name], turned[name])]


@pytest.mark.parametrize("crowd", ["spoilt"], indirect=True)
def test_hints_rule_something_out_of_every_comparison_but_one(crowd: Crowd) -> None:
    most = crowd.most(TRAINED)
    assert [name for name in most if most[name].min() == most[name].max()] == ["generations"]


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_no_pair_that_reaches_a_weight_is_dropped(crowd: Crowd, model: Model) -> None:
    weights = model.prior_weight(RECORDS) + np.sum([*crowd.weights(model).values()], axis=0)
    for heaviest in (0.5, 0.05, 0.001):
        least = float(np.quantile(weights, 1 - heaviest))
        reached = weight_bounds.may_reach(least, model, RECORDS, crowd.hints, crowd.rows)
        assert len(np.setdiff1d(np.flatnonzero(weights >= least), reached)) == 0


@pytest.mark.parametrize(
    ("least", "count"),
    [(score_pairs.MIN_WEIGHT, RECORDS), (score_pairs.MIN_WEIGHT, NATION), (5.0, NATION)],
)
def test_pairs_are_dropped_whose_bounds_together_are_below_the_weight_and_no_others(
    crowd: Crowd, least: float, count: int
) -> None:
    most = TRAINED.prior_weight(count) + np.sum([*crowd.most(TRAINED).values()], axis=0)
    reached = weight_bounds.may_reach(least, TRAINED, count, crowd.hints, crowd.rows)
    assert np.array_equal(reached, np.flatnonzero(most >= least - weight_bounds.ROUNDING))
    assert 0 < len(reached) < len(most) / 2


def test_pairs_that_are_kept_do_not_depend_on_threads_or_on_how_many_are_looked_at(
    crowd: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for most in (weight_bounds.PAIRS_A_LOOK, 1_000, 997):
        monkeypatch.setattr(weight_bounds, "PAIRS_A_LOOK", most)
        found += [
            weight_bounds.may_reach(
                score_pairs.MIN_WEIGHT, TRAINED, NATION, crowd.hints, crowd.rows, threads
            )
            for threads in (1, 2)
        ]
    assert all(np.array_equal(found[0], other) for other in found)


def test_of_no_pairs_or_nobody_none_is_kept(crowd: Crowd) -> None:
    none = np.empty(0, dtype=np.int32)
    columns = pair_batches.list_columns(score_pairs.NEEDED)
    nobody = columns_of(crowd.connection.sql(f"select {', '.join(columns)} from nodes where false"))
    for hints in (crowd.hints, hints_of(nobody)):
        assert len(weight_bounds.may_reach(-1e9, TRAINED, RECORDS, hints, (none, none))) == 0


def test_lists_that_are_not_fetched_change_no_level(crowd: Crowd) -> None:
    levels = ", ".join(f"{level_of(comparison)} as {comparison.name}" for comparison in COMPARISONS)
    lengths = " + ".join(
        f"len({name}_{side})"
        for name in (*pair_batches.SHARED, *pair_batches.SLIPS)
        for side in SIDES
    )
    told = f"select node_l, node_r, {levels}, {lengths} as held from"
    crowd.connection.register(
        "read", pair_batches.read_pair_batches(crowd.nodes, crowd.hints, *crowd.rows)
    )
    crowd.connection.execute(f"create or replace table fetched as {told} read")
    crowd.connection.unregister("read")
    crowd.connection.execute(f"create or replace table whole as {told} paired")
    counts = (
        "select (select count(*) from fetched), (select count(*) from whole), "
        "(select sum(held) from fetched), sum(held) from whole"
    )
    pairs, all_pairs, held, all_held = crowd.connection.execute(counts).fetchone() or (0, 0, 0, 0)
    assert pairs == all_pairs > 0
    assert 0 < held < all_held / 2
    other = "(select * exclude (held) from whole) except (select * exclude (held) from fetched)"
    assert crowd.connection.execute(f"select count(*) from ({other})").fetchone() == (0,)


def test_hints_do_not_depend_on_threads(crowd: Crowd) -> None:
    again = hints_of(crowd.nodes, threads=2)
    assert list(again) == list(crowd.hints)
    assert all(np.array_equal(again[name], values) for name, values in crowd.hints.items())


def _stays(number: str, other: str, ends: tuple[int, int]) -> bool:
    """Whether two numbers begin or end with the same signs."""
    begin, end = ends
    return number[:begin] == other[:begin] or number[-end:] == other[-end:]


def _one_edit_away(number: str) -> set[str]:
    places = range(len(number) + 1)
    return {
        edited(number, kind, place, sign)
        for place in places
        for kind in KINDS
        for sign in spoilt.NUMERALS
    }


@pytest.mark.parametrize(("column", "number"), NUMBERS)
def test_a_slip_leaves_the_beginning_or_the_end_of_a_number(column: str, number: str) -> None:
    slips = _one_edit_away(number)
    assert len(slips) > 100
    assert all(_stays(number, slip, ENDS[column]) for slip in slips)
    assert not _stays(number, f"9{number[1:-1]}Z", ENDS[column])


@pytest.mark.parametrize(
    ("column", "macro", "given"),
    [
        ("pncs", "real_pnc", "03/1X"),
        ("pncs", "real_pnc", "2003/0123456X"),
        ("pncs", "real_pnc", "20030123456X"),
        ("cros", "real_cro", "1/99X"),
        ("cros", "real_cro", "01234599X"),
        ("cros", "real_cro", "SF99/1X"),
    ],
)
def test_every_number_is_longer_than_its_beginning_and_end(
    database: duckdb.DuckDBPyConnection, column: str, macro: str, given: str
) -> None:
    (length,) = database.execute(f"select length({macro}(?))", [given]).fetchone() or (0,)
    assert length > sum(ENDS[column])
