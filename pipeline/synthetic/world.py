"""A whole made-up world, town by town: the delivery, and the truth apart from it.

Belongs here: who makes which town, and putting their parts together. Does not belong here: what
happens in a town (build_partition).
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from pipeline.errors import UsageError
from pipeline.synthetic import traps, write_delivery
from pipeline.synthetic.build_partition import Tell, make_lives, record_tables
from pipeline.synthetic.calibration import published_figures
from pipeline.synthetic.corruption import contract_faults
from pipeline.synthetic.partitions import TOWN, Town, list_towns
from pipeline.synthetic.truth import world_truth
from pipeline.synthetic.write_delivery import Entry, FileFormat

DEFAULT_PEOPLE = 67_200
"""People whose lives leave about 173,000 records, one percent of the nation's.
Magistrates 131,000, probation 19,000, prison 13,000, Crown 10,000.
"""
DEFAULT_SHARE = 0.01
Errors = Literal["none", "realistic"]


def people_for_share(share: float) -> int:
    """How many people make that share of the nation's records; 0.01 is the default world."""
    return round(DEFAULT_PEOPLE * share / DEFAULT_SHARE)


def synthesise_world(
    target: Path,
    truth_folder: Path,
    *,
    people: int = DEFAULT_PEOPLE,
    seed: int = 1,
    errors: Errors = "realistic",
    file_format: FileFormat = "parquet",
    workers: int = 2,
    partition_people: int = TOWN,
    progress: Tell | None = None,
) -> pl.DataFrame:
    """Writes a delivery into `target` and its truth into `truth_folder`.

    The same arguments write the same bytes.

    Args:
        target: Folder of the delivery; replaced if it holds one.
        truth_folder: Folder of the truth; must not lie within the delivery.
        people: How many people live in the world.
        seed: Another seed makes other people.
        errors: `none` leaves out mistakes of identity and faults of rows.
        file_format: Format of the tables.
        workers: Towns made at once, each in a process of its own; they change nothing in what is
            made.
        partition_people: People of a town at most; of more, a table has several files, one a town.
        progress: Called with the name of each step and the share done.

    Returns:
        How near the world comes to published figures, as `published_figures.judge_tallies` gives
        it; it is written beside the truth too.

    Raises:
        UsageError: too few people or too many, towns too small or too large, or the truth would lie
            within the delivery.
        FileExistsError: one of the folders holds something else.
    """
    if truth_folder.resolve().is_relative_to(target.resolve()):
        raise UsageError("the truth must lie apart from the delivery: name another folder")
    every = list_towns(seed, people, partition_people)
    tell = progress or _silent
    with (
        write_delivery.open_beside(target) as delivered,
        write_delivery.open_beside(truth_folder) as true,
    ):
        orders = [Order(town, delivered, true, errors, file_format) for town in every]
        made = [make_town(orders[0], tell)] if len(orders) == 1 else _in_turn(orders, workers, tell)
        tell("truth", 0.97)
        world_truth.put_together(true, len(every))
        judged = published_figures.judge_tallies(
            pl.concat([part.tallies for part in made]), people / people_for_share(1.0)
        )
        published_figures.write_table(true, judged)
        traps.describe_traps(pl.concat([part.traps for part in made])).write_parquet(
            true / "traps.parquet"
        )
        shutil.copyfile(world_truth.WORLD, delivered / "README.md")
        write_delivery.write_manifest(
            delivered,
            [entry for part in made for entry in part.entries],
            delivery_id=f"synthetic-{people}-{seed}-{errors}",
        )
    tell("done", 1.0)
    return judged


def _silent(_step: str, _share: float) -> None:
    """Tells nobody."""


@dataclass(frozen=True)
class Order:
    """One town to make, and where its parts go."""

    town: Town
    delivered: Path
    true: Path
    errors: Errors
    file_format: FileFormat


@dataclass(frozen=True)
class Part:
    """What is known of a town once it is written."""

    entries: list[Entry]
    tallies: pl.DataFrame
    traps: pl.DataFrame


def make_town(order: Order, tell: Tell = _silent) -> Part:
    """Makes a town and writes its part of the delivery and of the truth."""
    town, realistic = order.town, order.errors == "realistic"
    everyone, lives = make_lives(town, tell)
    tables = record_tables(everyone, lives, errors=realistic, tell=tell)
    tell("truth", 0.8)
    world_truth.write_truth(order.true, town.number, tables, lives, everyone)
    tell("writing", 0.9)
    shown = tables
    if realistic:
        as_text = order.file_format == "csv"
        shown = {
            name: contract_faults.plant_faults(town, *name, rows, as_text=as_text)
            for name, rows in tables.items()
        }
    entries = write_delivery.write_tables(
        order.delivered,
        shown,
        part=None if town.is_alone else town.number,
        file_format=order.file_format,
    )
    return Part(
        entries,
        published_figures.tally_partition(tables, lives, everyone),
        traps.count_traps(shown),
    )


def _in_turn(orders: list[Order], workers: int, tell: Tell) -> list[Part]:
    """Several towns at once, as many as there are workers; in the order of their numbers."""
    with (
        _one_thread_each(),
        ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool,
    ):
        waiting = [pool.submit(make_town, order) for order in orders]
        try:
            for done, town in enumerate(as_completed(waiting), start=1):
                town.result()
                tell(f"{done} of {len(orders)} towns", 0.97 * done / len(orders))
            return [town.result() for town in waiting]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started within use one thread each.

    One core per town is faster than two cores per town.
    """
    name = "POLARS_MAX_THREADS"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
