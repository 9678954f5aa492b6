"""Which columns of a contract go to which side, as SQL over the typed table: the separation principle in two functions.

Belongs here: identity or payload, pseudonyms, what may be kept of an identifier. Does not belong here: rows (landing).
"""

from __future__ import annotations

from pipeline.contracts import Contract, lookup_families


def _pseudonym(contract: Contract, column: str) -> str:
    facts = contract.columns[column]
    if not facts.family_by:
        return f"pseudonym('{facts.family}', {column})"
    cases = (f"when '{code}' then pseudonym('{family}', {column})" for code, family in lookup_families().items())
    return f"case {facts.family_by} {' '.join(cases)} end"


def _record_id(contract: Contract) -> str:
    """The record's own pseudonym; of a composite key, over its parts joined by a slash."""
    parts = contract.facts.key
    if len(parts) == 1:
        return _pseudonym(contract, parts[0])
    joined = " || '/' || ".join(parts)
    return f"pseudonym('{contract.record_family}', {joined})"


def staged(contract: Contract) -> list[str]:
    """What the payload keeps: no direct identifier, pseudonyms for keys, and what a contract lets be kept of a birth date."""
    if contract.is_lookup:
        return []
    columns = []
    if contract.facts.record_of_person:
        columns.append(f"{_record_id(contract)} as source_record_id")
    for name, column in contract.columns.items():
        if column.role != "value":
            columns.append(f"{_pseudonym(contract, name)} as {name}")
        elif column.privacy != "direct":
            columns.append(name)
        if column.keeps == "birth_year":
            columns.append(f"cast(year({name}) as integer) as birth_year")
    flags = [f"case when {later} < {earlier} then '{flag}' end" for flag, earlier, later in contract.flags]
    joined = f"nullif(concat_ws(';', {', '.join(flags)}), '')" if flags else "cast(null as varchar)"
    return [*columns, f"{joined} as contract_flags"]


def identity(contract: Contract) -> list[str]:
    """What the identity side gets: identifiers under the linkage's names, pseudonyms, and columns that help to link."""
    record = contract.facts.record_of_person
    if not record and not any(column.links for column in contract.columns.values()):
        return []
    columns = [f"'{contract.facts.source}' as source_dataset", f"{_record_id(contract)} as source_record_id"] if record else []
    for name, column in contract.columns.items():
        if column.identifier:
            columns.append(f"{name} as {column.identifier}")
        elif column.role != "value":
            columns.append(f"{_pseudonym(contract, name)} as {name}")
        elif column.links:
            columns.append(name)
    return columns
