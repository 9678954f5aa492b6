"""The rules over a whole table and over time, put together: what one landed table breaks.

The tables that show why come with it.

Belongs here: one place that a run and a supplier's check both ask. Does not belong here: any rule
of its own (coverage, drift, references).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import polars as pl

from pipeline.contracts.registry import Contract
from pipeline.delivery.manifest import Delivery
from pipeline.landing.row_ledger import TableLedger
from pipeline.quality import coverage, delivery_profile, drift
from pipeline.quality.delivery_profile import Accepted
from pipeline.quality.findings import TableFinding
from pipeline.settings import Settings
from pipeline.workspace import Build


@dataclass(frozen=True)
class Judged:
    """One table, judged as a whole."""

    facts: pl.DataFrame
    """Its counts, as `delivery_profile.FACTS`."""
    months: pl.DataFrame
    """As `coverage.count_months` gives them."""
    former: Accepted | None
    """The delivery it is compared with."""
    shares: pl.DataFrame | None = None
    """As `drift.compare_shares` gives them; None where there is nothing to compare with."""
    history: pl.DataFrame = field(default_factory=pl.DataFrame)
    """One row for each accepted delivery and for this one.

    The columns are `delivery`, `extract_date`, and one for each of `delivery_profile.PLACES`.
    """
    coverage: tuple[TableFinding, ...] = ()
    rows: tuple[TableFinding, ...] = ()
    drift: tuple[TableFinding, ...] = ()

    @property
    def findings(self) -> list[TableFinding]:
        """All of them."""
        return [*self.rows, *self.coverage, *self.drift]


def judge_table(
    contract: Contract, entry: TableLedger, delivery: Delivery, build: Build, settings: Settings
) -> Judged:
    """Measure and judge a table that just landed."""
    facts = delivery_profile.measure_profile(contract, entry, build, settings)
    months = coverage.count_months(contract, entry, facts)
    former = delivery_profile.find_former(settings.workspace.registry, delivery)
    judged = Judged(
        facts=facts,
        months=months,
        former=former,
        history=_history(contract, facts, delivery, settings),
        coverage=tuple(coverage.judge_coverage(contract, months)),
    )
    if former is None:
        return judged
    then = _of_table(former.facts(), contract)
    shares = drift.compare_shares(contract, facts, then)
    rows = tuple(drift.compare_rows(contract, entry, then, former))
    return replace(
        judged, shares=shares, rows=rows, drift=tuple(drift.judge_drift(contract, shares, former))
    )


def _of_table(facts: pl.DataFrame, contract: Contract) -> pl.DataFrame:
    return facts.filter(
        (pl.col("source") == contract.facts.source) & (pl.col("table_name") == contract.facts.name)
    )


def _history(
    contract: Contract, facts: pl.DataFrame, delivery: Delivery, settings: Settings
) -> pl.DataFrame:
    """Where the rows of the table went, in every accepted delivery and in this one.

    The oldest extract comes first.
    """
    before = [
        one
        for one in delivery_profile.list_accepted(settings.workspace.registry)
        if one.delivery_id != delivery.delivery_id
    ]
    known = [
        (one.delivery_id, one.extract_date, _of_table(one.facts(), contract)) for one in before
    ]
    known.append((delivery.delivery_id, delivery.extract_date, facts))
    records = [
        {"delivery": name, "extract_date": day}
        | dict(of.filter(pl.col("fact") == "rows").select("value", "rows").iter_rows())
        for name, day, of in known
    ]
    return pl.DataFrame(records).sort("extract_date", "delivery")
