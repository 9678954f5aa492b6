"""What changed between two states of the contracts, and whom each change breaks.

It also says whether the versions declare the changes.

A change breaks a reader who can no longer find or understand what was promised, or a supplier whose
delivery was taken in before and now is not, in whole or in rows. It asks for a higher first part of
the source's version; any other change asks for a higher second part.

Belongs here: the judgement of every kind of change. Does not belong here: what is kept of a
contract (`baseline`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pipeline.exports.baseline import Baseline, Facts

NAMED = 5
"""Codes that a message names; further ones are counted."""


@dataclass(frozen=True)
class Change:
    """One change of the contracts."""

    table: str
    """`source.table`."""
    column: str | None
    """None: of the whole table."""
    what: str
    breaking: bool

    @property
    def source(self) -> str:
        """Source whose version must say so."""
        return self.table.partition(".")[0]

    @property
    def told(self) -> str:
        """The change as people read it."""
        return f"{'.'.join(part for part in (self.table, self.column) if part)}: {self.what}"


Told = tuple[str, bool]
"""What changed, and whether it breaks."""

Judge = Callable[[Any, Any], Told]


def find_changes(before: Baseline, after: Baseline) -> list[Change]:
    """Every change, in the order of tables and columns."""
    found: list[Change] = []
    for table in dict.fromkeys([*before.tables, *after.tables]):
        if table not in after.tables:
            found.append(Change(table, None, "the table is gone", breaking=True))
        elif table not in before.tables:
            required = bool(after.tables[table]["required"])
            what = (
                "the table is new and every delivery must have it"
                if required
                else "the table is new; a delivery may leave it out"
            )
            found.append(Change(table, None, what, breaking=required))
        else:
            told = _differences(before.tables[table], after.tables[table], TABLE_JUDGES)
            found += [Change(table, None, what, breaking) for what, breaking in told]
            found += _columns(table, before, after)
    return found


def find_undeclared_changes(before: Baseline, after: Baseline) -> list[str]:
    """One line for each change that the version of its source does not declare.

    The list is empty if readers and suppliers are told of every change.
    """
    said: list[str] = []
    found = find_changes(before, after)
    for source, old in before.versions.items():
        of_source = [change for change in found if change.source == source]
        new = after.versions.get(source)
        said += (
            _gone(source) if new is None else _unsaid(source, of_source, _parts(old), _parts(new))
        )
    return said


def _gone(source: str) -> list[str]:
    meant = (
        "if that is meant, take its line out of versions in data_contracts/exports/baseline.json"
    )
    return [f"{source}: the source is gone, and no version is left to say so; {meant}."]


def _unsaid(
    source: str, found: list[Change], old: tuple[int, ...], new: tuple[int, ...]
) -> list[str]:
    module = f"data_contracts/{source}.py"
    if new < old:
        return [
            f"{source}: VERSION in {module} went back from {_dotted(old)} to {_dotted(new)}; "
            "versions only rise."
        ]
    breaking = [change for change in found if change.breaking]
    if breaking and new[0] == old[0]:
        return [
            _line(change, "breaks readers or suppliers", module, (old[0] + 1, 0, 0))
            for change in breaking
        ]
    if found and new[:2] == old[:2]:
        return [
            _line(change, "breaks nobody, but is a change", module, (old[0], old[1] + 1, 0))
            for change in found
        ]
    return []


def _line(change: Change, judgement: str, module: str, version: tuple[int, ...]) -> str:
    return (
        f"{change.told}. This {judgement}: raise VERSION in {module} to {_dotted(version)}, "
        "or take the change back."
    )


def _columns(table: str, before: Baseline, after: Baseline) -> Iterator[Change]:
    old, new = (dict(state.columns[table]) for state in (before, after))
    renamed = _renamed(old, new)
    for column, facts in old.items():
        if column in renamed:
            what = (
                f"the column is gone, and {renamed[column]} stands there with the same facts: "
                "it was renamed"
            )
            yield Change(table, column, what, breaking=True)
        elif column not in new:
            yield Change(table, column, "the column is gone", breaking=True)
        else:
            told = [
                *_differences(facts, new[column], COLUMN_JUDGES),
                *_codes(facts, new[column], before, after),
            ]
            yield from (Change(table, column, what, breaking) for what, breaking in told)
    for column in new:
        if column not in old and column not in renamed.values():
            required = bool(new[column]["required"])
            what = (
                "the column is new and every delivery must have it"
                if required
                else "the column is new; a delivery may leave it out"
            )
            yield Change(table, column, what, breaking=required)


def _renamed(old: dict[str, Facts], new: dict[str, Facts]) -> dict[str, str]:
    """Old name -> new name, where a column went and another that is like it in every fact came."""
    free = [column for column in new if column not in old]
    found: dict[str, str] = {}
    for column in old:
        alike = next(
            (other for other in free if column not in new and new[other] == old[column]), None
        )
        if alike:
            found[column] = alike
            free.remove(alike)
    return found


def _differences(old: Facts, new: Facts, judges: dict[str, Judge]) -> Iterator[Told]:
    for fact in dict.fromkeys([*old, *new]):
        if fact != "codes" and old.get(fact) != new.get(fact):
            yield judges[fact](old.get(fact), new.get(fact))


def _codes(old: Facts, new: Facts, before: Baseline, after: Baseline) -> Iterator[Told]:
    was, now = before.codes(old.get("codes")), after.codes(new.get("codes"))
    if was == now:
        return
    if was is None or now is None:
        yield (
            ("values are now judged by a code list", True)
            if was is None
            else ("values are no longer judged by a code list", False)
        )
        return
    gone, come = (
        [code for code in was if code not in now],
        [code for code in now if code not in was],
    )
    if gone:
        yield f"codes gone from {new['codes']} [{_some(gone)}]", True
    if come:
        yield f"codes new in {new['codes']} [{_some(come)}]", False


def _some(codes: list[str]) -> str:
    more = f" and {len(codes) - NAMED} more" if len(codes) > NAMED else ""
    return ", ".join(codes[:NAMED]) + more


def _any(subject: str, *, breaking: bool = True) -> Judge:
    return lambda old, new: (f"{subject} was [{_word(old)}] and is [{_word(new)}]", breaking)


def _least(subject: str) -> Judge:
    """A lower bound: to raise it, or to set one where there was none, is to tighten."""
    return lambda old, new: _bound(
        subject, old, new, tightened=new is not None and (old is None or new > old)
    )


def _most(subject: str) -> Judge:
    """An upper bound: to lower it, or to set one where there was none, is to tighten."""
    return lambda old, new: _bound(
        subject, old, new, tightened=new is not None and (old is None or new < old)
    )


def _bound(subject: str, old: Any, new: Any, *, tightened: bool) -> Told:
    return (
        f"{subject} was {'tightened' if tightened else 'loosened'} "
        f"from [{_word(old)}] to [{_word(new)}]",
        tightened,
    )


def _when_true(became: str, no_longer: str, *, loosening_breaks: bool = False) -> Judge:
    """A fact that asks more of a delivery when it is true."""
    return lambda _, new: (became, True) if new else (no_longer, loosening_breaks)


def _nullable(_: Any, new: Any) -> Told:
    """Breaking in both directions: a supplier's rows are quarantined, or a reader finds no value.

    The reader was promised a value.
    """
    return (
        "a value may now be missing, and readers were promised one"
        if new
        else "a value may no longer be missing"
    ), True


def _pattern(old: Any, new: Any) -> Told:
    """Breaking, unless the pattern is dropped.

    In general it cannot be told which of two patterns accepts more.
    """
    return f"the pattern was [{_word(old)}] and is [{_word(new)}]", new is not None


def _history(old: Any, new: Any) -> Told:
    """Of what is expected of rows over time only a collapse blocks a delivery; the rest warns."""
    return _any("what is expected of rows over time")(old, new)[0], new["collapse"] < old[
        "collapse"
    ]


def _word(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{name} {_word(part)}" for name, part in value.items() if part is not None
        )
    if isinstance(value, list):
        return ", ".join(_word(part) for part in value)
    return "none" if value is None else str(value)


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


COLUMN_JUDGES: dict[str, Judge] = {
    "type": _any("the type"),
    "nullable": _nullable,
    "required": _when_true(
        "every delivery must now have the column", "a delivery may now leave the column out"
    ),
    "payload": _any("what the payload holds"),
    "role": _any("the role"),
    "family": _any("the key family, and so every pseudonym,"),
    "family_by": _any("the column that says the key family"),
    "to": _any("the table that the reference is to"),
    "orphan_tolerance": _most("the share of rows that may refer to nothing"),
    "dated_by": _any("the day on which a code must be in force", breaking=False),
    "unit": _any("the unit"),
    "identifier": _any("what the column is to the linkage"),
    "privacy": _any("the privacy class", breaking=False),
    "least": _least("the least plausible value"),
    "most": _most("the greatest plausible value"),
    "shortest": _least("the least length"),
    "longest": _most("the greatest length"),
    "pattern": _pattern,
}
"""By fact of a column. A fact without a line here cannot change unjudged: comparing it fails."""

TABLE_JUDGES: dict[str, Judge] = {
    "key": _any("the key"),
    "required": _when_true(
        "every delivery must now have the table", "a delivery may now leave the table out"
    ),
    "record_of_person": _any("whether rows are records of people"),
    "lookup_key": _any("the column by which delivered links name a record"),
    "duplicate_tolerance": _most("the share of rows that may repeat a key"),
    "quarantine_tolerance": _most("the share of rows that may be quarantined"),
    "ordered_dates": _any("the pairs of days in order", breaking=False),
    "coverage": _any("what is expected of months", breaking=False),
    "row_history": _history,
    "drift": _any("what counts as drift", breaking=False),
}
"""By fact of a table, likewise."""
