"""Findings on delivered links, which are checked against the records they came with.

The check runs once every table is landed; its findings join the contract's.

Belongs here: when it is asked and where the answer is kept. Does not belong here: the rules
(link_checks).
"""

from __future__ import annotations

from pipeline.contracts.registry import describe_reason
from pipeline.landing import row_ledger
from pipeline.landing.row_ledger import RuleCount
from pipeline.linkage.delivered import link_checks
from pipeline.settings import Settings
from pipeline.storage import open_database
from pipeline.workspace import Build

NAME = "linking"
"""Of the file under `contract_results/`."""


def judge_links(build: Build, settings: Settings) -> tuple[RuleCount, ...]:
    """What is wrong with the delivered links of a build; empty where none were delivered.

    It is written to the ledger of the build as well.
    """
    with open_database(config=settings.duckdb(build.spill / NAME)) as connection:
        found = link_checks.count_broken_rules(connection, build.identity)
    row_ledger.write_rules(found, build.ledger, NAME)
    return found


def list_blocking(found: tuple[RuleCount, ...]) -> list[str]:
    """One line for each broken rule that blocks."""
    return [
        f"{rule.source}.{rule.table_name}: {describe_reason(rule.column_name, rule.rule)}, "
        f"in {rule.rows_failed} of {rule.rows_checked} rows: "
        "ask the supplier of the links to correct them"
        for rule in found
        if rule.severity == "block" and rule.rows_failed
    ]
