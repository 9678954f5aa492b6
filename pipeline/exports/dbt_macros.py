"""Contracts as dbt macros: lists over which models loop.

So no model names a source or a table of one.

Belongs here: what a loop in a model needs of a contract. Does not belong here: anything that a
model can ask of its rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.exports.contract_model import NOTICE, DescribedTable, source_names

DELETED = ("soft_deleted", "obs_ind")
"""Columns that mark rows deleted by the source but still delivered; staging drops those rows."""


def sources_macro(tables: Sequence[DescribedTable]) -> str:
    """The text of `generated_sources.sql`, which has two macros.

    Marts union over `sources()`, and rows are counted over `landed_tables()`.
    """
    sources = source_names(tables)
    names = ", ".join(_quoted(name) for name in sources)
    landed = "".join(
        f"    {_landed(table)},\n" for table in tables if table.facts.source in sources
    )
    return (
        f"{{#- {NOTICE} -#}}\n"
        "{#- Names of the sources of people, in contract order. -#}\n"
        "{% macro sources() -%}\n"
        f"  {{{{ return([{names}]) }}}}\n"
        "{%- endmacro %}\n"
        "\n"
        "{#- Their tables: the day that places a row in time, the column that marks deleted rows, "
        "whether rows are records of people. -#}\n"
        "{% macro landed_tables() -%}\n"
        f"  {{{{ return([\n{landed}  ]) }}}}\n"
        "{%- endmacro %}\n"
    )


def _landed(table: DescribedTable) -> str:
    facts = table.facts
    stated = {
        "source": _quoted(facts.source),
        "table": _quoted(facts.name),
        "day": _quoted(_reference_day(table)),
        "deleted": _quoted(_deleted_flag(table)),
        "of_people": str(facts.record_of_person).lower(),
    }
    return "{" + ", ".join(f"'{name}': {value}" for name, value in stated.items()) + "}"


def _quoted(name: str | None) -> str:
    return f"'{name}'" if name else "none"


def _reference_day(table: DescribedTable) -> str | None:
    """The first day that every row has; otherwise the first day that a row may have.

    Records of people use only a day that every row has.
    """
    days = [column for column in table.columns if column.type == "DATE" and column.staged]
    certain = [column.name for column in days if not column.nullable]
    possible = [] if table.facts.record_of_person else [column.name for column in days]
    return next(iter([*certain, *possible]), None)


def _deleted_flag(table: DescribedTable) -> str | None:
    return next((column.name for column in table.columns if column.name in DELETED), None)
