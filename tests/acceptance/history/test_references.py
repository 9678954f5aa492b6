"""References that lead nowhere: counted, kept, and blocked beyond the tolerance of the contract."""

from __future__ import annotations

from datetime import date

import polars as pl

from pipeline.contracts.registry import list_contracts
from pipeline.quality import referential_integrity
from tests.support.judged_deliveries import Judge
from tests.support.landing import rows_of

EVENTS, RELEASES, RECALLS = "probation.events", "probation.releases", "probation.recalls"


def releases(ids: list[str], custody: str = "c") -> pl.DataFrame:
    return rows_of(RELEASES, release_id=ids, custody_id=[custody] * len(ids))


def recalls(to: list[str]) -> pl.DataFrame:
    return rows_of(RECALLS, recall_id=[f"r{place}" for place in range(len(to))], release_id=to)


def test_what_refers_to_what() -> None:
    found = {
        f"{contract.name}.{one.column}": f"{one.to.name}.{one.to_column}"
        for contract in list_contracts().values()
        for one in referential_integrity.list_references(contract)
    }
    assert found["probation.events.offender_id"] == "probation.offenders.offender_id"
    assert found["probation.requirements.event_id_hash"] == "probation.events.event_id_hash"
    assert found["probation.releases.custody_id"] == "probation.events.custody_id"
    assert found["probation.recalls.release_id"] == "probation.releases.release_id"
    assert (
        found["prison.movements.offender_book_id"] == "prison.custodial_journeys.offender_book_id"
    )
    assert not [
        name for name in found if name.startswith(("magistrates.", "crown_court.", "linking."))
    ]
    assert all(name.partition(".")[2] != target for name, target in found.items())


def test_orphans_within_the_tolerance_warn_and_stay(judged: Judge) -> None:
    whole = judged(
        {
            RELEASES: releases(["1", "2"]),
            RECALLS: recalls(["1"] * 60 + ["2"] * 37 + ["3", "4", "4"]),
        }
    )
    (found,) = [one for one in whole.orphans if one.table == RECALLS]
    assert (found.column, found.severity, found.rows) == ("release_id", "warn", 3)
    assert found.text == "release_id leads to no row of probation.releases in 3 of 100 rows"
    assert whole.entries[RECALLS].staged == 100


def test_more_orphans_than_tolerated_block(judged: Judge) -> None:
    whole = judged({RELEASES: releases(["1"]), RECALLS: recalls(["1"] * 94 + ["2"] * 6)})
    (found,) = [one for one in whole.orphans if one.table == RECALLS]
    assert (found.severity, found.rows) == ("block", 6)
    assert found.text.endswith("in 6 of 100 rows, more than the tolerated share of 5%")


def test_every_reference_with_its_row_is_quiet(judged: Judge) -> None:
    whole = judged({RELEASES: releases(["1"]), RECALLS: recalls(["1", "1"])})
    assert [one for one in whole.orphans if one.table == RECALLS] == []


def test_an_empty_reference_is_no_orphan_and_a_repeated_target_counts_once(judged: Judge) -> None:
    events = rows_of(
        EVENTS, event_id_hash=["1", "2", "3"], offender_id=["o"] * 3, custody_id=["c", "c", None]
    )
    offenders = rows_of("probation.offenders", offender_id=["o"])
    whole = judged(
        {EVENTS: events, "probation.offenders": offenders, RELEASES: releases(["1", "2"])}
    )
    assert whole.orphans == []


def test_a_row_that_is_quarantined_makes_no_orphans(judged: Judge) -> None:
    """One fault is told once: at the row that has it."""
    rows = releases(["1", "2"]).with_columns(
        pl.Series("release_type_desc", [None, "no such release"])
    )
    whole = judged({RELEASES: rows, RECALLS: recalls(["1"] * 50 + ["2"] * 49 + ["3"])})
    assert whole.entries[RELEASES].quarantined == 1
    assert [(one.table, one.rows) for one in whole.orphans] == [(RECALLS, 1)]
    held = pl.read_parquet(whole.build.held / "probation" / "releases.parquet")
    assert held.columns == ["release_id", "custody_id"]
    assert held["release_id"].str.contains("^[0-9a-f]{32}$").all()


def test_a_table_that_was_not_delivered_is_not_asked_for(judged: Judge) -> None:
    assert judged({RECALLS: recalls(["1"])}).orphans == []


def test_a_table_delivered_without_rows_makes_all_orphans(judged: Judge) -> None:
    whole = judged({RELEASES: releases(["1"]).head(0), RECALLS: recalls(["1", "2"])})
    assert whole.told() >= {(RECALLS, "release_id", "reference", "block", 2)}


def test_codes_out_of_force_are_flagged_and_kept(judged: Judge) -> None:
    """A trust ended on 31 May 2014, a division began the day after; a prison has no dates."""
    areas = [
        "Wales Trust",
        "Wales Trust",
        "NPS Midlands",
        "NPS Midlands",
        "HMP Leeds",
        "Wales Trust",
        None,
    ]
    days = [
        date(2014, 5, 31),
        date(2014, 6, 1),
        date(2014, 6, 1),
        date(2014, 5, 31),
        date(2030, 1, 1),
        None,
        date(2014, 1, 1),
    ]
    rows = rows_of(
        "probation.requirements",
        rqmnt_id=list("abcdefg"),
        event_id_hash=["e"] * 7,
        probation_area_desc=areas,
        rqmnt_start_date=days,
    )
    whole = judged({"probation.requirements": rows})
    flag = "probation_area_desc not in force on rqmnt_start_date"
    staged = pl.read_parquet(whole.build.staged / "probation" / "requirements.parquet")
    assert staged["contract_flags"].to_list() == [None, flag, None, flag, None, None, None]
    (rule,) = [rule for rule in whole.entries["probation.requirements"].rules if rule.rule == flag]
    assert (rule.column_name, rule.severity, rule.rows_failed, rule.rows_checked) == (
        "probation_area_desc",
        "warn",
        2,
        7,
    )
