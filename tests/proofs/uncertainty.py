"""Do intervals with drawn linkages cover the true recall rate, and does one fixed linkage? Small
worlds of prison and probation records.

Belongs here: the worlds, the rate, and how many intervals cover it; `tests.proofs` asks for it, and
`python -m tests.proofs.uncertainty` tells all of it. Does not belong here: any of the linkage.

The worlds are harsh (HARSH): hardly a record has a number, three addresses in ten are old, one
birth date in eight is mistyped, and no dates are shared. Names are right, so that most missed links
are pairs that linkage has seen and was not sure of.

The rate: of the releases that the prison recorded, the share whose person has a licence revoked
within a year in probation. Its truth is the same rate over the same rows, with the people as they
are: nothing but linkage lies between an estimate and its truth. A fixed linkage has the usual
interval of a proportion with people as units; over draws such estimates and variances are pooled by
Rubin's rules. Told as well:
- whether they cover the rate of the process, which is the mean of the true rates over all worlds,
  beside what a perfect linkage covers;
- whether the variance of linkage alone covers the world's own rate. Where links are missed that no
  pair shows, it does not: their part of the bias is in no draw.

The model is the committed one, calibrated anew on worlds of other seeds that err alike:
probabilities hold for data like those they were fitted on. With `--committed` its own calibration
is used, with `--names` names are wrong as often as in any made-up world.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import repeat
from math import sqrt
from multiprocessing import get_context
from pathlib import Path
from statistics import fmean
from unittest.mock import patch

import polars as pl

from pipeline.analysis.pooling import pool_estimates
from pipeline.contracts.registry import list_contracts
from pipeline.landing import privacy_split
from pipeline.linkage.run import link_identity
from pipeline.linkage.scoring import model as models
from pipeline.linkage.training.fit_calibration import calibrate_model
from pipeline.linkage.uncertainty.sampled_linkages import DRAWS
from pipeline.settings import SYNTHETIC_KEY
from pipeline.synthetic import build_partition
from pipeline.synthetic.corruption import identity_errors
from pipeline.synthetic.partitions import list_towns

PEOPLE = 60_000
FIRST_SEED, FIRST_TRAINING_SEED, TRAINING_WORLDS = 5000, 4001, 4
MIN_COVERED = 0.93
Z = 1.959964
SOURCES = ("prison", "probation")
RECORD = ["source_dataset", "source_record_id"]
FROM, TO = pl.date(2015, 1, 1), pl.date(2019, 12, 31)
"""Releases that are followed: every one of them a whole year within what probation delivers."""
NO_NUMBERS = {
    "pnc_missing": 0.97,
    "cro_missing": 0.97,
    "prison_number_missing": 0.97,
    "old_address": 0.3,
    "postcode_missing": 0.2,
}
NAMES = (
    "typing",
    "variant",
    "alias_used",
    "former_surname",
    "double_barrelled",
    "spacing",
    "swapped",
)
BIRTHS = ("birth_turned", "birth_other", "birth_missing", "birth_default")
HARSH = NO_NUMBERS | dict.fromkeys((*NAMES, *BIRTHS), 0.0) | {"birth_slip": 0.12}
HARSH_NAMES = NO_NUMBERS | {"birth_slip": 0.03}
Estimate = tuple[float, float]
"""A rate and its variance."""


@dataclass(frozen=True)
class World:
    """One made-up world as the linkage sees it, and what the rate is counted from."""

    identity: Path
    truth: Path
    releases: pl.DataFrame
    """source_dataset, source_record_id, release_date."""
    recalls: pl.DataFrame
    """source_dataset, source_record_id, recall_date."""


@dataclass(frozen=True)
class Told:
    """What one world says of its rate."""

    seed: int
    perfect: Estimate
    fixed: Estimate
    drawn: list[Estimate]


def make(
    folder: Path, seed: int, *, people: int = PEOPLE, rates: Mapping[str, float] = HARSH
) -> World:
    """Make a world; faults of rows are left out, for they are not about people."""
    everyone, lives = build_partition.make_lives(list_towns(seed, people)[0], _silent)
    with _erring(rates):
        tables = build_partition.record_tables(everyone, lives, errors=True, tell=_silent)
    delivered, truths = {}, []
    for contract in list_contracts().values():
        source, name = contract.facts.source, contract.facts.name
        if source in SOURCES and not contract.is_lookup:
            delivered[source, name] = rows = tables[source, name].with_columns(
                privacy_split.make_pseudonym_columns(contract, SYNTHETIC_KEY)
            )
            if contract.facts.record_of_person:
                identity = rows.select(privacy_split.select_identity(contract))
                (folder / "identity" / source).mkdir(parents=True)
                identity.write_parquet(folder / "identity" / source / f"{name}.parquet")
                truths.append(identity.select(RECORD).with_columns(true_person_id=rows["_person"]))
    pl.concat(truths).write_parquet(folder / "truth.parquet")
    return World(
        folder / "identity", folder / "truth.parquet", _releases(delivered), _recalls(delivered)
    )


@contextmanager
def _erring(rates: Mapping[str, float]) -> Iterator[None]:
    """Every system errs at these rates in place of its own."""
    with patch.dict(
        identity_errors.PROFILES,
        {name: replace(profile, **rates) for name, profile in identity_errors.PROFILES.items()},
    ):
        yield


def _silent(_step: str, _share: float) -> None:
    """Tells nobody."""


def _record(source: str) -> list[pl.Expr]:
    return [pl.lit(source).alias(RECORD[0]), pl.col(f"pseudonym of {RECORD[1]}").alias(RECORD[1])]


def _releases(delivered: Mapping[tuple[str, str], pl.DataFrame]) -> pl.DataFrame:
    journeys = delivered["prison", "custodial_journeys"].filter(
        pl.col("release_date").is_between(FROM, TO)
    )
    return journeys.select(*_record("prison"), "release_date")


def _recalls(delivered: Mapping[tuple[str, str], pl.DataFrame]) -> pl.DataFrame:
    offenders = delivered["probation", "offenders"].select("offender_id", *_record("probation"))
    events = (
        delivered["probation", "events"]
        .filter(pl.col("custody_id").is_not_null())
        .select("custody_id", "offender_id")
        .unique()
    )
    releases = delivered["probation", "releases"].select("release_id", "custody_id")
    revoked = delivered["probation", "recalls"].filter(
        ~pl.col("rescinded") & ~pl.col("soft_deleted")
    )
    joined = (
        revoked.join(releases, on="release_id")
        .join(events, on="custody_id")
        .join(offenders, on="offender_id")
    )
    return joined.select(*RECORD, "recall_date").unique()


def rate(world: World, people: pl.DataFrame, person: str = "person_id") -> Estimate:
    """The share of the prison's releases whose person has a recall within a year, and its variance
    with people as units.

    Args:
        world: gives releases and recalls.
        people: source_dataset, source_record_id and whose each record is.
        person: the column that says so.
    """
    recalls = world.recalls.join(people, on=RECORD).select(person, "recall_date").unique()
    releases = world.releases.join(people, on=RECORD).select(person, "release_date").unique()
    days = (pl.col("recall_date") - pl.col("release_date")).dt.total_days()
    recalled = (
        releases.join(recalls, on=person)
        .filter(days.is_between(0, 365))
        .select(person, "release_date")
        .unique()
    )
    counts = releases.join(
        recalled.with_columns(is_recalled=1), on=[person, "release_date"], how="left"
    )
    by_person = counts.group_by(person).agg(pl.len().alias("releases"), pl.col("is_recalled").sum())
    share = recalled.height / releases.height
    rest = (by_person["is_recalled"] - share * by_person["releases"]).pow(2).sum()
    return share, float(rest) / releases.height**2


def observe(folder: Path, seed: int, model: Path, rates: Mapping[str, float]) -> Told:
    """Make a world, link it, and estimate its rate with perfect, fixed and drawn links."""
    world = make(folder, seed, rates=rates)
    link_identity(
        world.identity,
        folder / "links",
        registry=folder / "registry",
        threads=1,
        memory="2GB",
        delivered_links=False,
        model=model,
    )
    links = pl.read_parquet(folder / "links" / "person_links.parquet").select(*RECORD, "person_id")
    drawn = pl.read_parquet(folder / "links" / "person_link_draw.parquet").rename(
        {"person_id": "drawn"}
    )
    estimates = []
    for draw in range(1, DRAWS + 1):
        people = links.join(drawn.filter(draw=draw), on=RECORD, how="left")
        estimates.append(
            rate(world, people.with_columns(pl.coalesce("drawn", "person_id").alias("person_id")))
        )
    told = Told(
        seed,
        rate(world, pl.read_parquet(world.truth), "true_person_id"),
        rate(world, links),
        estimates,
    )
    shutil.rmtree(folder)
    return told


def calibrated(root: Path, rates: Mapping[str, float]) -> Path:
    """A copy of the committed model, calibrated on worlds that err alike."""
    model = root / models.find_newest_model().name
    shutil.copyfile(models.find_newest_model(), model)
    worlds = [
        make(root / f"training-{seed}", seed, rates=rates)
        for seed in _seeds(FIRST_TRAINING_SEED, TRAINING_WORLDS)
    ]
    calibrate_model(model, [(world.identity, world.truth) for world in worlds])
    return model


def _seeds(first: int, count: int) -> range:
    return range(first, first + count)


def covered(told: Sequence[Told], truth: Callable[[Told], float]) -> dict[str, int]:
    """In how many worlds the interval holds the truth: with perfect links, one fixed linkage,
    draws, and the variance of linkage alone.
    """
    counts = dict.fromkeys(("perfect", "fixed", "drawn", "linkage alone"), 0)
    for world in told:
        for name, (share, variance) in (("perfect", world.perfect), ("fixed", world.fixed)):
            counts[name] += abs(share - truth(world)) <= Z * sqrt(variance)
        rates, variances = zip(*world.drawn, strict=True)
        for name, within in (("drawn", variances), ("linkage alone", [0.0] * len(rates))):
            pooled = pool_estimates(rates, within)
            counts[name] += pooled.lower <= truth(world) <= pooled.upper
    return counts


def report(told: Sequence[Told]) -> str:
    """What all worlds say, in a few lines."""
    process = fmean(world.perfect[0] for world in told)
    own, of_process = (
        covered(told, lambda world: world.perfect[0]),
        covered(told, lambda _: process),
    )
    bias = [
        fmean(fmean(share for share, _ in each(world)) - world.perfect[0] for world in told)
        for each in (lambda w: [w.fixed], lambda w: w.drawn)
    ]
    error = sqrt(fmean(world.perfect[1] for world in told))
    return (
        f"{len(told)} worlds, true rate {process:.4f}, "
        f"standard error of a perfect linkage {error:.4f}\n"
        f"bias of one fixed linkage {bias[0]:+.4f}, over draws {bias[1]:+.4f}\n"
        f"world's own rate covered by: fixed {own['fixed']}, drawn {own['drawn']}, "
        f"linkage alone {own['linkage alone']}\n"
        f"process rate covered by: perfect {of_process['perfect']}, "
        f"fixed {of_process['fixed']}, drawn {of_process['drawn']}"
    )


def observed(
    root: Path, worlds: int, *, rates: Mapping[str, float] = HARSH, model: Path | None = None
) -> list[Told]:
    """What so many worlds say, one a core at a time; with the model that is given, or with one
    calibrated on worlds that err alike.
    """
    chosen = model or calibrated(root, rates)
    seeds = _seeds(FIRST_SEED, worlds)
    with ProcessPoolExecutor(max_workers=os.cpu_count(), mp_context=get_context("spawn")) as pool:
        return list(
            pool.map(
                observe, [root / f"{seed}" for seed in seeds], seeds, repeat(chosen), repeat(rates)
            )
        )


def intervals(root: Path, worlds: int = 100) -> list[str]:
    """What is wrong: intervals with draws must cover the true rate in 93 worlds of 100, and those
    of one fixed linkage must not.
    """
    told = observed(root / "uncertainty", worlds)
    print(report(told), flush=True)
    own = covered(told, lambda world: world.perfect[0])
    wrong = []
    if own["drawn"] < MIN_COVERED * worlds:
        wrong.append(
            f"intervals with draws cover the true rate in {own['drawn']} of {worlds} worlds"
        )
    if own["fixed"] >= MIN_COVERED * worlds:
        wrong.append(
            f"one fixed linkage covers the true rate in {own['fixed']} of {worlds} worlds: "
            "the worlds show nothing"
        )
    return wrong


def main() -> None:
    """The report on so many worlds."""
    parser = argparse.ArgumentParser(
        description="Do intervals with drawn linkages cover the true recall rate?"
    )
    parser.add_argument("--worlds", type=int, default=int(os.environ.get("PROVE_WORLDS", "100")))
    parser.add_argument(
        "--names", action="store_true", help="names are wrong as often as in any made-up world"
    )
    parser.add_argument(
        "--committed", action="store_true", help="the committed model's own calibration"
    )
    asked = parser.parse_args()
    rates = HARSH_NAMES if asked.names else HARSH
    with tempfile.TemporaryDirectory(prefix="uncertainty-") as root:
        print(
            report(
                observed(
                    Path(root),
                    asked.worlds,
                    rates=rates,
                    model=models.find_newest_model() if asked.committed else None,
                )
            )
        )


if __name__ == "__main__":
    main()
