"""One consistent life for each person.

Nobody offends while in prison, after death or while an order works, and a new time in prison ends
the old licence.

Belongs here: making the cases of a person fit together. Does not belong here: any chance that a
court or a supervisor decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.synthetic.calendar import NEVER, WORLD_TO
from pipeline.synthetic.lives.careers import YEAR_AFTER, find_averting
from pipeline.synthetic.lives.custody import ReleaseKind
from pipeline.synthetic.lives.recall import CYCLES, REASONS, RecallLength
from pipeline.synthetic.partitions import Town
from pipeline.synthetic.population.people import People
from pipeline.synthetic.random_draws import Bools, Ints, draw_chance, open_stream

HIDDEN_SHARE, LIFER_HIDDEN_SHARE = 0.45, 0.8
"""Share of those held on a new charge while on licence who are also recalled.
This is a recall inside one time in prison.
"""
ORDERS_AT_ONCE = 3
"""Orders that work, kept in mind for each person."""


@dataclass(frozen=True)
class Lives:
    """What truly happened, settled."""

    cases: pl.DataFrame
    """With `free`: custody for this case would not have begun during custody for an earlier one."""
    custody: pl.DataFrame
    releases: pl.DataFrame
    recalls: pl.DataFrame
    """With `hidden` in another time in prison, and `charged`: for that alone, no recall was due."""


def settle_lives(
    town: Town,
    cases: pl.DataFrame,
    custody: pl.DataFrame,
    releases: pl.DataFrame,
    recalls: pl.DataFrame,
    people: People,
) -> Lives:
    """What truly happened: the cases that fit together, with their custody, releases and recalls.

    Cases that cannot have been are dropped, licences that a later time in prison overtakes are cut,
    and recalls still due then are brought forward.
    """
    rng = open_stream(town, "timeline")
    spells = _spells(custody, recalls)
    works_from = np.where(find_averting(town, cases), cases["sentence_date"].to_numpy(), NEVER)
    keep, free, cut, cut_by = _fitting(cases, custody, spells, people, works_from)
    kept = cases.with_columns(free=pl.Series(free)).filter(pl.Series(keep))
    limits = pl.DataFrame({"case": custody["case"], "cut": cut, "cut_by": cut_by})
    held = custody.join(limits, on="case", maintain_order="left").filter(
        pl.col("case").is_in(kept["case"].implode())
    )
    cuts = held.select("case", "cut")
    drawn = recalls.join(cuts, on="case", maintain_order="left")
    still = _overtaken(drawn.filter(pl.col("revocation_date") < pl.col("cut")))
    freed = releases.join(cuts, on="case", maintain_order="left").filter(
        pl.col("release_date") < pl.col("cut")
    )
    freed = freed.join(
        still.select("case", "cycle", pl.lit(True).alias("known")),
        on=["case", "cycle"],
        how="left",
        maintain_order="left",
    )
    freed = freed.filter((pl.col("cycle") == 0) | pl.col("known").fill_null(False)).drop(
        "known", "cut"
    )
    due = drawn.filter(pl.col("revocation_date") >= pl.col("cut")).select(
        "case", "cycle", due="revocation_date"
    )
    hidden = _hidden(rng, held, still, freed, due, people)
    everything = pl.concat([still, hidden], how="diagonal").with_columns(
        pl.col("charged").fill_null(False)
    )
    return Lives(kept, held, freed, everything)


def _overtaken(recalls: pl.DataFrame) -> pl.DataFrame:
    """The recalls, with those changed that a new time in prison overtakes.

    The new time in prison ends the one of a recall, or takes the place of the return, which then is
    hidden in it.
    """
    late = (pl.col("return_date") >= pl.col("cut")) & (pl.col("return_date") < NEVER)
    until = (
        pl.when(pl.col("return_date") < pl.col("cut"))
        .then(pl.min_horizontal("back_until", "cut"))
        .otherwise(NEVER)
    )
    return recalls.with_columns(
        hidden=late,
        return_date=pl.when(late).then("cut").otherwise("return_date"),
        back_until=until.cast(pl.Int64),
    ).drop("cut")


def _spells(custody: pl.DataFrame, recalls: pl.DataFrame) -> tuple[Ints, Ints]:
    """Starts and ends of each row's times in prison: the first, then one a recall."""
    starts = np.full((len(custody), CYCLES + 1), NEVER, dtype=np.int64)
    ends = np.full((len(custody), CYCLES + 1), NEVER, dtype=np.int64)
    starts[:, 0], ends[:, 0] = (
        custody["custody_from"].to_numpy(),
        custody["release_date"].to_numpy(),
    )
    place = np.searchsorted(custody["case"].to_numpy(), recalls["case"].to_numpy())
    cycle = recalls["cycle"].to_numpy()
    starts[place, cycle], ends[place, cycle] = (
        recalls["return_date"].to_numpy(),
        recalls["back_until"].to_numpy(),
    )
    return starts, ends


def _fitting(
    cases: pl.DataFrame,
    custody: pl.DataFrame,
    spells: tuple[Ints, Ints],
    people: People,
    works_from: Ints,
) -> tuple[Bools, Bools, Ints, Ints]:
    """Which cases fit together, and where licences are cut.

    The walk is repeated without those that still lie inside an older time in prison.
    """
    barred = np.zeros(len(cases), dtype=np.bool_)
    while True:
        keep, free, cut, cut_by = _rounds(cases, custody, spells, people, barred, works_from)
        inside = keep & _inside(cases, custody, spells, keep, cut)
        if not inside.any():
            return keep, free, cut, cut_by
        barred |= inside


def _inside(
    cases: pl.DataFrame, custody: pl.DataFrame, spells: tuple[Ints, Ints], keep: Bools, cut: Ints
) -> Bools:
    """Whether each offence falls within any time in prison that stands."""
    starts, ends = spells
    stands = keep[np.searchsorted(cases["case"].to_numpy(), custody["case"].to_numpy())][
        :, None
    ] & (starts < NEVER)
    stands &= (starts < cut[:, None]) | (np.arange(CYCLES + 1) == 0)
    ends = np.where(np.arange(CYCLES + 1) == 0, ends, np.minimum(ends, cut[:, None]))
    owner = np.broadcast_to(custody["person"].to_numpy()[:, None], starts.shape)
    held = pl.DataFrame(
        {"person": owner[stands], "start": starts[stands], "end": ends[stands]}
    ).sort("start", "person")
    offences = (
        cases.select("person", "offence_date").with_row_index("row").sort("offence_date", "row")
    )
    met = offences.join_asof(
        held, left_on="offence_date", right_on="start", by="person", check_sortedness=False
    ).sort("row")
    return (met["offence_date"] < met["end"]).fill_null(False).to_numpy()


def _rounds(
    cases: pl.DataFrame,
    custody: pl.DataFrame,
    spells: tuple[Ints, Ints],
    people: People,
    barred: Bools,
    works_from: Ints,
) -> tuple[Bools, Bools, Ints, Ints]:
    """Walks through the first, second, third ... case of everybody at once."""
    starts, ends = spells
    person, offence_date = cases["person"].to_numpy(), cases["offence_date"].to_numpy()
    first = np.searchsorted(person, person, side="left")
    rank = np.arange(len(person)) - first
    own = np.full(len(cases), -1)
    own[np.searchsorted(cases["case"].to_numpy(), custody["case"].to_numpy())] = np.arange(
        len(custody)
    )
    gone = custody["release_kind"].to_numpy() == ReleaseKind.DEPORTED
    keep, free = np.zeros(len(cases), dtype=np.bool_), np.ones(len(cases), dtype=np.bool_)
    would_start = np.where(
        cases["remanded"].to_numpy(),
        cases["charge_date"].to_numpy() + 1,
        cases["sentence_date"].to_numpy(),
    )
    orders = _Orders(len(people))
    cut, cut_by = np.full(len(custody), NEVER), np.full(len(custody), -1)
    last = np.full(len(people), -1)
    sentenced = cases["sentence_date"].to_numpy()
    finished = np.where(sentenced < NEVER, sentenced, cases["verdict_date"].to_numpy())
    alive = (finished < people.died[person]) & ~barred
    order = np.argsort(rank, kind="stable")
    edges = np.concatenate([[0], np.cumsum(np.bincount(rank))])
    for this in range(len(edges) - 1):
        here = order[edges[this] : edges[this + 1]]
        before = last[person[here]]
        known, mine = before >= 0, own[here]
        inside = (
            (starts[before] <= offence_date[here, None]) & (offence_date[here, None] < ends[before])
        ).any(axis=1)
        serving = known & (would_start[here] <= ends[before, 0])
        away = known & (inside | (gone[before] & (offence_date[here] >= ends[before, 0])))
        fits = (
            alive[here]
            & ~away
            & ~(serving & (mine >= 0))
            & ~orders.avert(person[here], offence_date[here])
        )
        keep[here], free[here] = fits, ~serving
        orders.begin(person[here][fits], works_from[here][fits])
        to_prison = fits & (mine >= 0)
        overtaken = to_prison & known
        cut[before[overtaken]] = starts[mine[overtaken], 0]
        cut_by[before[overtaken]] = mine[overtaken]
        last[person[here[to_prison]]] = mine[to_prison]
    return keep, free, cut, np.where(cut_by >= 0, custody["case"].to_numpy()[cut_by], -1)


class _Orders:
    """The latest orders of each person that keep them from offending for a year."""

    def __init__(self, people: int) -> None:
        self.begun = np.full((people, ORDERS_AT_ONCE), NEVER)
        self.number = np.zeros(people, dtype=np.int64)

    def avert(self, person: Ints, day: Ints) -> Bools:
        """Whether an order keeps each person from an offence on that day."""
        begun = self.begun[person]
        averted: Bools = np.any(
            (begun <= day[:, None]) & (day[:, None] < begun + YEAR_AFTER), axis=1
        )
        return averted

    def begin(self, person: Ints, day: Ints) -> None:
        """Notes the orders that work; `NEVER` for what is none. No person comes twice."""
        person, day = person[day < NEVER], day[day < NEVER]
        self.begun[person, self.number[person] % ORDERS_AT_ONCE] = day
        self.number[person] += 1


def _hidden(
    rng: np.random.Generator,
    custody: pl.DataFrame,
    recalls: pl.DataFrame,
    releases: pl.DataFrame,
    due: pl.DataFrame,
    people: People,
) -> pl.DataFrame:
    """Recalls of people who are in prison for something new.

    They have no return, and no row of their own in the prison's journeys.

    A recall that was due later comes when the new time in prison begins; others come for that
    alone, and are told apart as `charged`.
    """
    newer = custody.select(cut_by="case", new_until="release_date")
    last = (
        releases.sort("case", "cycle")
        .group_by("case", maintain_order=True)
        .last()
        .select("case", "cycle", "on_licence")
    )
    held = custody.filter(pl.col("cut") < NEVER).select(
        "case", "person", "cut", "cut_by", "licence_end", "indeterminate", "crd", "release_kind"
    )
    held = held.join(
        last.with_columns(pl.col("cycle") + 1), on="case", maintain_order="left"
    ).filter("on_licence")
    held = held.join(
        recalls.select("case", "cycle"), on=["case", "cycle"], how="anti", maintain_order="left"
    )
    held = held.join(newer, on="cut_by", maintain_order="left").join(
        due, on=["case", "cycle"], how="left", maintain_order="left"
    )
    revoked = np.minimum(
        held["cut"].to_numpy() + rng.integers(0, 4, len(held)), held["new_until"].to_numpy()
    )
    revoked = np.minimum(revoked, held["due"].fill_null(NEVER).to_numpy())
    for_that = draw_chance(
        rng,
        np.where(held["indeterminate"].to_numpy() == 1, LIFER_HIDDEN_SHARE, HIDDEN_SHARE),
        len(held),
    )
    for_that &= revoked < held["licence_end"].to_numpy() - 1
    happens = for_that | held["due"].is_not_null().to_numpy()
    happens &= (revoked <= WORLD_TO) & (revoked < people.died[held["person"].to_numpy()])
    part, revoked = held.filter(pl.Series(happens)), revoked[happens]
    kind = np.where(
        part["indeterminate"].to_numpy() == 1,
        RecallLength.STANDARD_INDETERMINATE,
        RecallLength.STANDARD_DETERMINATE,
    )
    on_hdc = (
        (part["release_kind"].to_numpy() == ReleaseKind.HDC)
        & (part["cycle"].to_numpy() == 1)
        & (revoked < part["crd"].to_numpy())
    )
    return pl.DataFrame(
        {
            "revocation_date": revoked,
            "return_date": revoked,
            "kind": kind,
            "emergency": kind == RecallLength.STANDARD_INDETERMINATE,
            "hdc": on_hdc,
            "curfew": np.zeros(len(part), dtype=np.bool_),
            "reasons": pl.Series([REASONS[1]]).gather(np.zeros(len(part), dtype=np.int64)),
            "back_until": np.full(len(part), NEVER),
            "case": part["case"],
            "person": part["person"],
            "cycle": part["cycle"],
            "hidden": np.ones(len(part), dtype=np.bool_),
            "charged": part["due"].is_null(),
        }
    )
