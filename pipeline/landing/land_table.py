"""One raw table -> identity, staged, quarantine, and its entry in the row ledger.

The columns decide: direct identifiers go to `identity/`, everything else to `staged/`, source keys
to neither but as keyed pseudonyms to both, columns that help to link to both. A row that breaks a
row rule goes to `quarantine/` whole. The rows pass once, a batch at a time; only the keys are read
before, since a key is unique in a table and not in a batch. Belongs here: the split and the counts.
Does not belong here: any rule (data_contracts), reading bytes (typed_rows).
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import polars as pl

from pipeline.contracts.registry import Contract
from pipeline.delivery import batches, typed_rows
from pipeline.delivery.batches import Part
from pipeline.delivery.manifest import DeliveredFile, Delivery, describe_unreadable
from pipeline.errors import DeliveryError
from pipeline.landing import deduplicate as repeats
from pipeline.landing import privacy_split, row_ledger, row_validation, superseded_rows
from pipeline.landing.deduplicate import Repeats
from pipeline.landing.row_ledger import RuleCount, TableLedger
from pipeline.landing.superseded_rows import Replaced
from pipeline.settings import Settings
from pipeline.storage import put_in_place
from pipeline.workspace import Build

HELD = "held"
"""Side of the quarantined rows, of which nothing but pseudonyms is kept outside quarantine."""
DUPLICATE_KEY = "the key repeats with other content"
_HELD = {typed_rows.ROW: pl.Int64(), "reasons": pl.Categorical()}
"""Quarantined rows, by position. Few reasons stand for many rows, so each text is kept once."""


@dataclass
class _Tally:
    """What is found as the rows pass."""

    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Rows by (column, broken rule), and rows that go on by (column, raised flag).

    A row that is quarantined has its own reason.
    """
    held: list[pl.DataFrame] = field(default_factory=lambda: [pl.DataFrame(schema=_HELD)])
    sound: int = 0
    """Rows that a supplement replaced though nothing was wrong with them."""


def land_table(
    contract: Contract, delivery: Delivery, build: Build, *, key: bytes, settings: Settings
) -> TableLedger:
    """Land one table of a delivery.

    Writes `identity/<source>/<table>.parquet` (if the table has anything that identifies or helps
    to link), `staged/<source>/<table>.parquet`, `quarantine/<source>/<table>.parquet` (if rows are
    quarantined) and the ledger. An optional table that was not delivered is staged empty.

    Raises:
        DeliveryError: a file or a column is not what it must be; nothing of the table is left
            half-written.
    """
    files = delivery.of_table(contract.facts.source, contract.facts.name)
    with _scratch(build, contract) as scratch:
        parts = batches.prepare_parts(contract, files, scratch)
        hashes = repeats.key_hashes(contract, parts)
        rows = len(hashes)
        _check_count(contract, files, rows)
        replaced = superseded_rows.find_replaced_rows(files, hashes, scratch)
        repeated = repeats.find_repeats(
            contract,
            parts,
            hashes,
            settings=settings,
            spill=scratch / "duckdb",
            without=replaced.rows,
        )
        del hashes
        tally = _write_split(contract, parts, repeated, replaced, key, scratch)
        held = pl.concat(tally.held)
        if held.height:
            _write_quarantine(held, files, delivery, scratch)
        noted = typed_rows.note_unread_columns(
            files, contract.types, required=contract.required_columns, scratch=scratch
        )
        entry = _entry(
            contract,
            files,
            tally,
            noted,
            rows=rows,
            held=held.height,
            repeated=repeated,
            replaced=len(replaced.rows),
        )
        _hand_over(scratch, contract, build)
    row_ledger.write_entry(entry, build.ledger)
    return entry


@contextmanager
def _scratch(build: Build, contract: Contract) -> Iterator[Path]:
    """A private folder that is gone afterwards, whatever happens: it holds identifiers."""
    folder = build.spill / contract.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _check_count(contract: Contract, files: tuple[DeliveredFile, ...], rows: int) -> None:
    """Rows delivered must be what the manifest states."""
    stated = sum(file.rows for file in files)
    if rows != stated:
        raise DeliveryError(
            f"{contract.name} has {rows} rows but the manifest states {stated}: "
            "deliver the whole table again"
        )


def _write_split(
    contract: Contract,
    parts: list[Part],
    repeated: Repeats,
    replaced: Replaced,
    key: bytes,
    scratch: Path,
) -> _Tally:
    """Write both sides into the scratch folder, a batch at a time."""
    tally = _Tally()
    keyed, columns_of = (
        privacy_split.make_pseudonym_columns(contract, key),
        {
            "identity": privacy_split.select_identity(contract),
            "staged": privacy_split.select_payload(contract),
            HELD: privacy_split.select_quarantine_keys(contract),
        },
    )
    nothing = batches.no_rows(contract).with_columns(keyed)
    with ExitStack() as stack:
        outputs = {
            side: stack.enter_context(
                batches.open_output(scratch / f"{side}.parquet", like=nothing.select(columns))
            )
            for side, columns in columns_of.items()
            if columns
        }
        for batch in batches.read_batches(contract, parts):
            sound, held = (
                rows.with_columns(keyed)
                for rows in _sift(contract, batch, repeated, replaced, tally)
            )
            for side, output in outputs.items():
                output.append((held if side == HELD else sound).select(columns_of[side]))
    return tally


def _sift(
    contract: Contract, batch: pl.DataFrame, repeated: Repeats, replaced: Replaced, tally: _Tally
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of a batch that go on, and those that are quarantined.

    Reasons and all counts go to the tally.
    """
    broken = row_validation.broken_rules(contract, batch)
    failed = row_validation.find_failed_rows(batch, broken)
    held, removed = (
        repeats.locate_in_batch(positions, batch) for positions in (repeated.held, repeated.removed)
    )
    if len(replaced.rows):
        tally.sound += replaced.sound(batch, failed)
        stays = repeats.locate_in_batch(replaced.rows, batch).not_()
        batch, held, removed = batch.filter(stays), held.filter(stays), removed.filter(stays)
        broken = {rule: rows.filter(stays) for rule, rows in broken.items()}
        failed = failed.filter(stays)
    tally.rows.update({rule: int(rows.sum()) for rule, rows in broken.items()})
    sound, unsound = batch, batch.clear()
    if failed.any() or held.any() or removed.any():
        told = batch.select(typed_rows.ROW, row_validation.join_reasons(batch, broken))
        told = told.with_columns(
            pl.when(held).then(pl.lit(DUPLICATE_KEY)).otherwise("reasons").alias("reasons")
        )
        tally.held.append(told.filter(failed | held).cast({"reasons": pl.Categorical()}))
        sound, unsound = batch.filter((failed | held | removed).not_()), batch.filter(failed | held)
    tally.rows.update(
        {
            flag: int(sound.select(is_raised.sum()).item())
            for flag, is_raised in privacy_split.flag_rows(contract).items()
        }
    )
    return sound, unsound


def _write_quarantine(
    held: pl.DataFrame, files: tuple[DeliveredFile, ...], delivery: Delivery, scratch: Path
) -> None:
    """Write the quarantined rows as they were delivered, with their reasons."""
    whole = typed_rows.as_delivered(files, held[typed_rows.ROW], delivery.folder, scratch=scratch)
    like = pl.DataFrame(schema={**whole.collect_schema(), "reasons": pl.String})
    written = 0
    try:
        with batches.open_output(
            scratch / "quarantine.parquet", like=like.drop(typed_rows.ROW)
        ) as output:
            for rows in batches.as_delivered(
                files, held[typed_rows.ROW], delivery.folder, scratch=scratch
            ):
                told = held.slice(written, rows.height)
                if not told[typed_rows.ROW].equals(rows[typed_rows.ROW]):
                    raise RuntimeError("rows in quarantine are not those quarantined")
                shown = pl.concat(
                    [like, rows.with_columns(told["reasons"].cast(pl.String))], how="diagonal"
                )
                output.append(shown.drop(typed_rows.ROW))
                written += rows.height
    except batches.DAMAGE as error:
        broken = batches.first_broken(files, scratch)  # in a column that is read here alone
        if broken is None:
            raise RuntimeError(
                f"{held.height} rows are quarantined and {written} were written to quarantine"
            ) from error
        raise describe_unreadable(broken) from error


def _hand_over(scratch: Path, contract: Contract, build: Build) -> None:
    """Move what is finished to its place."""
    for side, folder in (
        ("identity", build.identity),
        ("staged", build.staged),
        ("quarantine", build.quarantine),
        (HELD, build.held),
    ):
        finished = scratch / f"{side}.parquet"
        if finished.is_file():
            put_in_place(
                finished, folder / contract.facts.source / f"{contract.facts.name}.parquet"
            )


def _entry(
    contract: Contract,
    files: tuple[DeliveredFile, ...],
    tally: _Tally,
    noted: tuple[typed_rows.Note, ...],
    *,
    rows: int,
    held: int,
    repeated: Repeats,
    replaced: int,
) -> TableLedger:
    facts = contract.facts
    starts = [file.coverage_from for file in files if file.coverage_from]
    ends = [file.coverage_to for file in files if file.coverage_to]
    return TableLedger(
        source=facts.source,
        table_name=facts.name,
        is_present=bool(files),
        is_required=facts.required,
        delivered=rows,
        staged=rows - held - len(repeated.removed) - replaced,
        quarantined=held,
        duplicates_removed=len(repeated.removed),
        replaced=replaced,
        coverage_from=min(starts, default=None),
        coverage_to=max(ends, default=None),
        rules=tuple(_rule_counts(contract, tally, noted, rows - replaced, repeated.count)),
        blocking=tuple(
            _blocking(
                contract, rows - replaced, held=held, repeats=repeated.count, sound=tally.sound
            )
        ),
    )


def _rule_counts(
    contract: Contract, tally: _Tally, noted: tuple[typed_rows.Note, ...], rows: int, repeats: int
) -> Iterator[RuleCount]:
    count_of = partial(
        RuleCount, source=contract.facts.source, table_name=contract.facts.name, rows_checked=rows
    )
    for column, rule in contract.row_rules:
        yield count_of(
            column_name=column,
            rule=rule,
            severity="quarantine",
            rows_failed=tally.rows[column, rule],
        )
    key = ", ".join(contract.facts.key)
    yield count_of(column_name=key, rule="unique", severity="block", rows_failed=repeats)
    for column, flag in privacy_split.flag_rows(contract):
        yield count_of(
            column_name=column, rule=flag, severity="warn", rows_failed=tally.rows[column, flag]
        )
    for note in noted:
        yield count_of(
            column_name=note.column, rule=note.rule, severity="warn", rows_failed=note.rows
        )


def _blocking(
    contract: Contract, rows: int, *, held: int, repeats: int, sound: int
) -> Iterator[str]:
    facts = contract.facts
    if sound:
        yield (
            f"{contract.name}: {sound} of the rows that a supplement replaces were sound: "
            "make the delivery anew with `journeys amend`"
        )
    if repeats > facts.duplicate_tolerance * rows:
        key = ", ".join(facts.key)
        yield (
            f"{contract.name}: the key [{key}] repeats in {repeats} of {rows} rows, more than the "
            f"tolerated share of {facts.duplicate_tolerance}: "
            "ask the supplier for the table without repeats"
        )
    if held > facts.quarantine_tolerance * rows:
        yield (
            f"{contract.name}: {held} of {rows} rows are in quarantine, more than the tolerated "
            f"share of {facts.quarantine_tolerance}: "
            "see the reasons with `journeys check`, ask the supplier to correct them"
        )
