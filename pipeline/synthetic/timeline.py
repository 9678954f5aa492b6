"""One life, one body: nobody offends while in prison or after death, and a new time in prison ends what the old licence held.

Belongs here: making the cases of a person fit together. Does not belong here: any chance that a court or a supervisor decides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.synthetic.custody import RELEASES
from pipeline.synthetic.days import NEVER, WORLD_TO
from pipeline.synthetic.draws import Bools, Ints, chance, stream
from pipeline.synthetic.people import People
from pipeline.synthetic.recall import CYCLES, REASONS
from pipeline.synthetic.town import Town

HIDDEN_SHARE = 0.45
"""Of those held on a new charge while on licence, how many are also recalled: a recall inside one time in prison."""


@dataclass(frozen=True)
class Lives:
    """What truly happened, settled."""

    cases: pl.DataFrame
    custody: pl.DataFrame
    releases: pl.DataFrame
    recalls: pl.DataFrame


def settle(town: Town, cases: pl.DataFrame, custody: pl.DataFrame, releases: pl.DataFrame, recalls: pl.DataFrame, people: People) -> Lives:
    """Drops cases that cannot have been, cuts licences that a later time in prison overtakes, adds recalls made while held anew."""
    rng = stream(town, "timeline")
    spells = _spells(custody, recalls)
    keep, cut, cut_by = _fitting(cases, custody, spells, people)
    kept = cases.filter(pl.Series(keep))
    limits = pl.DataFrame({"case": custody["case"], "cut": cut, "cut_by": cut_by})
    held = custody.join(limits, on="case", maintain_order="left").filter(pl.col("case").is_in(kept["case"].implode()))
    cuts = held.select("case", "cut")
    within = (pl.col("revocation_date") < pl.col("cut")) & (pl.col("back_until").clip(upper_bound=WORLD_TO + 1) < pl.col("cut"))
    within |= (pl.col("revocation_date") < pl.col("cut")) & (pl.col("return_date") >= NEVER)
    still = recalls.join(cuts, on="case", maintain_order="left").filter(within.cum_prod().over("case").cast(pl.Boolean))
    freed = releases.join(cuts, on="case", maintain_order="left").filter(pl.col("release_date") < pl.col("cut"))
    freed = freed.join(still.select("case", "cycle", pl.lit(True).alias("known")), on=["case", "cycle"], how="left", maintain_order="left")
    freed = freed.filter((pl.col("cycle") == 0) | pl.col("known").fill_null(False)).drop("known", "cut")
    hidden = _hidden(rng, held, still, freed)
    return Lives(kept, held, freed, pl.concat([still.drop("cut").with_columns(hidden=pl.lit(False)), hidden], how="diagonal"))


def _spells(custody: pl.DataFrame, recalls: pl.DataFrame) -> tuple[Ints, Ints]:
    """Starts and ends of each row's times in prison: the first, then one a recall."""
    starts = np.full((len(custody), CYCLES + 1), NEVER, dtype=np.int64)
    ends = np.full((len(custody), CYCLES + 1), NEVER, dtype=np.int64)
    starts[:, 0], ends[:, 0] = custody["custody_from"].to_numpy(), custody["release_date"].to_numpy()
    place = np.searchsorted(custody["case"].to_numpy(), recalls["case"].to_numpy())
    cycle = recalls["cycle"].to_numpy()
    starts[place, cycle], ends[place, cycle] = recalls["return_date"].to_numpy(), recalls["back_until"].to_numpy()
    return starts, ends


def _fitting(cases: pl.DataFrame, custody: pl.DataFrame, spells: tuple[Ints, Ints], people: People) -> tuple[Bools, Ints, Ints]:
    """Which cases fit together, and where licences are cut. Walks again without those that still lie inside an older time in prison."""
    barred = np.zeros(len(cases), dtype=np.bool_)
    while True:
        keep, cut, cut_by = _rounds(cases, custody, spells, people, barred)
        inside = keep & _inside(cases, custody, spells, keep, cut)
        if not inside.any():
            return keep, cut, cut_by
        barred |= inside


def _inside(cases: pl.DataFrame, custody: pl.DataFrame, spells: tuple[Ints, Ints], keep: Bools, cut: Ints) -> Bools:
    """Whether each offence falls within any time in prison that stands."""
    starts, ends = spells
    stands = keep[np.searchsorted(cases["case"].to_numpy(), custody["case"].to_numpy())][:, None] & (starts < NEVER)
    stands &= (ends < cut[:, None]) | (np.arange(CYCLES + 1) == 0)
    owner = np.broadcast_to(custody["person"].to_numpy()[:, None], starts.shape)
    held = pl.DataFrame({"person": owner[stands], "start": starts[stands], "end": ends[stands]}).sort("start", "person")
    offences = cases.select("person", "offence_date").with_row_index("row").sort("offence_date", "row")
    met = offences.join_asof(held, left_on="offence_date", right_on="start", by="person", check_sortedness=False).sort("row")
    return (met["offence_date"] < met["end"]).fill_null(False).to_numpy()


def _rounds(
    cases: pl.DataFrame, custody: pl.DataFrame, spells: tuple[Ints, Ints], people: People, barred: Bools
) -> tuple[Bools, Ints, Ints]:
    """Walks through the first, second, third ... case of everybody at once."""
    starts, ends = spells
    person, offence_date = cases["person"].to_numpy(), cases["offence_date"].to_numpy()
    first = np.searchsorted(person, person, side="left")
    rank = np.arange(len(person)) - first
    own = np.full(len(cases), -1)
    own[np.searchsorted(cases["case"].to_numpy(), custody["case"].to_numpy())] = np.arange(len(custody))
    gone = custody["release_kind"].to_numpy() == RELEASES.index("deported")
    keep = np.zeros(len(cases), dtype=np.bool_)
    cut, cut_by = np.full(len(custody), NEVER), np.full(len(custody), -1)
    last = np.full(len(people), -1)
    finished = np.minimum(cases["sentence_date"].to_numpy(), cases["verdict_date"].to_numpy())
    alive = (finished < people.died[person]) & ~barred
    order = np.argsort(rank, kind="stable")
    edges = np.concatenate([[0], np.cumsum(np.bincount(rank))])
    for this in range(len(edges) - 1):
        here = order[edges[this] : edges[this + 1]]
        before = last[person[here]]
        known, mine = before >= 0, own[here]
        inside = ((starts[before] <= offence_date[here, None]) & (offence_date[here, None] < ends[before])).any(axis=1)
        clash = (mine >= 0) & (starts[mine, 0] <= ends[before, 0])
        fits = alive[here] & ~(known & (inside | clash | (gone[before] & (offence_date[here] >= ends[before, 0]))))
        keep[here] = fits
        to_prison = fits & (mine >= 0)
        overtaken = to_prison & known
        cut[before[overtaken]] = starts[mine[overtaken], 0]
        cut_by[before[overtaken]] = mine[overtaken]
        last[person[here[to_prison]]] = mine[to_prison]
    return keep, cut, np.where(cut_by >= 0, custody["case"].to_numpy()[cut_by], -1)


def _hidden(rng: np.random.Generator, custody: pl.DataFrame, recalls: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """Recalls of people who sit in prison for something new: no return, no row of their own in the prison's journeys."""
    newer = custody.select(cut_by="case", new_from="custody_from", new_until="release_date")
    last = releases.sort("case", "cycle").group_by("case", maintain_order=True).last().select("case", "cycle", "release_date", "on_licence")
    held = custody.select("case", "person", "cut", "cut_by", "licence_end", "indeterminate", "crd", "release_kind").join(
        last, on="case", maintain_order="left"
    )
    held = held.join(newer, on="cut_by", maintain_order="left")
    pending = recalls.filter(pl.col("return_date") >= NEVER).select("case", pl.lit(True).alias("at_large"))
    held = held.join(pending, on="case", how="left", maintain_order="left").filter(pl.col("at_large").is_null())
    revoked = held["cut"].to_numpy() + rng.integers(0, 4, len(held))
    happens = chance(rng, HIDDEN_SHARE, len(held)) & held["on_licence"].to_numpy() & (revoked < held["licence_end"].to_numpy() - 1)
    happens &= (revoked < held["new_until"].to_numpy()) & (revoked > held["release_date"].to_numpy()) & (revoked <= WORLD_TO)
    part, revoked = held.filter(pl.Series(happens)), revoked[happens]
    kind = np.where(part["indeterminate"].to_numpy() == 1, 3, 2)
    on_hdc = (
        (part["release_kind"].to_numpy() == RELEASES.index("hdc")) & (part["cycle"].to_numpy() == 0) & (revoked < part["crd"].to_numpy())
    )
    return pl.DataFrame(
        {
            "revocation_date": revoked,
            "return_date": revoked,
            "kind": kind,
            "emergency": kind == 3,
            "hdc": on_hdc,
            "curfew": np.zeros(len(part), dtype=np.bool_),
            "reasons": pl.Series([REASONS[1]]).gather(np.zeros(len(part), dtype=np.int64)),
            "back_until": np.full(len(part), NEVER),
            "case": part["case"],
            "person": part["person"],
            "cycle": part["cycle"] + 1,
            "hidden": np.ones(len(part), dtype=np.bool_),
        }
    )
