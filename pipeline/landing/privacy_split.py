"""Which columns of a contract go to which side: the separation principle.

The columns are polars expressions over the typed table.

Belongs here: identity or payload, pseudonyms, what may be kept of an identifier. Does not belong
here: rows (land_table).
"""

from __future__ import annotations

import polars as pl

from data_contracts.code_days import in_force
from pipeline.contracts.registry import Contract, lookup_families
from pipeline.landing.pseudonymise import pseudonymise_column

RECORD = "source_record_id"
FLAGS = "contract_flags"


def make_pseudonym_columns(contract: Contract, key: bytes) -> list[pl.Expr]:
    """The pseudonyms of a table, under names that no contract uses.

    Each pseudonym is computed once for both sides.
    """
    columns = [name for name, column in contract.columns.items() if column.role != "value"]
    made = [_pseudonym(contract, name, key).alias(_name(name)) for name in columns]
    if contract.facts.record_of_person:
        made.append(_record(contract, key).alias(_name(RECORD)))
    return made


def select_payload(contract: Contract) -> list[pl.Expr]:
    """The columns that the payload keeps.

    It keeps no direct identifier, pseudonyms in place of keys, and what a contract allows to be
    kept of a birth date.

    To be selected from the typed table with the columns of `make_pseudonym_columns`.
    """
    if contract.is_lookup:
        return []
    columns = [_made(RECORD)] if contract.facts.record_of_person else []
    for name, column in contract.columns.items():
        if column.role != "value":
            columns.append(_made(name))
        elif column.privacy != "direct":
            columns.append(pl.col(name))
        if column.keeps == "birth_year":
            columns.append(pl.col(name).dt.year().cast(pl.Int32).alias("birth_year"))
    return [*columns, _flags(contract).alias(FLAGS)]


def select_quarantine_keys(contract: Contract) -> list[pl.Expr]:
    """The pseudonyms of a quarantined row, which are all that is known of it outside quarantine.

    With them, rows that refer to a quarantined row are not called orphans.
    """
    return (
        []
        if contract.is_lookup
        else [_made(name) for name, column in contract.columns.items() if column.role != "value"]
    )


def select_identity(contract: Contract) -> list[pl.Expr]:
    """The columns that the identity side gets.

    These are identifiers under the linkage's names, pseudonyms, and columns that help to link.

    To be selected from the typed table with the columns of `make_pseudonym_columns`.
    """
    record = contract.facts.record_of_person
    if not record and not any(column.links for column in contract.columns.values()):
        return []
    columns = (
        [pl.lit(contract.facts.source).alias("source_dataset"), _made(RECORD)] if record else []
    )
    for name, column in contract.columns.items():
        if column.identifier:
            columns.append(pl.col(name).alias(column.identifier))
        elif column.role != "value":
            columns.append(_made(name))
        elif column.links:
            columns.append(pl.col(name))
    return columns


def flag_rows(contract: Contract) -> dict[tuple[str, str], pl.Expr]:
    """Every flag of the contract, by (column, flag), and whether a row raises it.

    The answer is null where a date is not known.
    """
    out_of_order = {
        (later, flag): pl.col(later) < pl.col(earlier) for flag, earlier, later in contract.flags
    }
    return out_of_order | {
        (column, flag): _out_of_force(contract, column, day)
        for flag, column, day in contract.dated_codes
    }


def _out_of_force(contract: Contract, column: str, day: str) -> pl.Expr:
    """The code stands on a day on which it was not, or no longer, in force."""
    days = in_force(contract.columns[column].codes or "")
    first, last = (
        pl.col(column).replace_strict(
            list(days),
            [between[end] for between in days.values()],
            default=None,
            return_dtype=pl.Date,
        )
        for end in (0, 1)
    )
    return (pl.col(day) < first) | (pl.col(day) > last)


def _pseudonym(contract: Contract, column: str, key: bytes) -> pl.Expr:
    facts = contract.columns[column]
    if not facts.family_by:
        return pseudonymise_column(facts.family or "", pl.col(column), key)
    families = pl.col(facts.family_by).replace_strict(
        lookup_families(), default=None, return_dtype=pl.String
    )
    return pseudonymise_column(families, pl.col(column), key)


def _record(contract: Contract, key: bytes) -> pl.Expr:
    """The record's own pseudonym; of a composite key, over its parts joined by a slash."""
    parts = contract.facts.key
    if len(parts) == 1:
        return _pseudonym(contract, parts[0], key)
    return pseudonymise_column(
        contract.record_family, pl.concat_str(pl.col(*parts).cast(pl.String), separator="/"), key
    )


def _flags(contract: Contract) -> pl.Expr:
    flags = [
        pl.when(is_raised).then(pl.lit(flag))
        for (_, flag), is_raised in flag_rows(contract).items()
    ]
    if not flags:
        return pl.lit(None, pl.String)
    joined = pl.concat_str(flags, separator=";", ignore_nulls=True)
    return pl.when(joined != "").then(joined)


def _name(column: str) -> str:
    return f"pseudonym of {column}"


def _made(column: str) -> pl.Expr:
    return pl.col(_name(column)).alias(column)
