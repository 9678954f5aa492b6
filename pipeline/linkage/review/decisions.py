"""The file of reviewed decisions: which records are one person, and which are not.

A decision also says who decided, when and why.

Belongs here: the file's shape, its checks, adding to it. Does not belong here: what linkage makes
of the decisions (overrides), and where the file lies (settings).

Decisions are added and never taken out: a later one on the same two records stands in place of an
earlier one. A message names file, line and column, and no cell: cells name people, or those who
decided about them.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from pipeline.errors import DecisionError
from pipeline.storage import make_folder, replace_file

COLUMNS = (
    "decision",
    "source_dataset_a",
    "record_id_a",
    "source_dataset_b",
    "record_id_b",
    "who",
    "when",
    "why",
)
MUST_LINK, MUST_NOT_LINK = "must_link", "must_not_link"
MAX_TOLD = 3
"""Contradictions that one message tells."""

Record = tuple[str, str]
"""Source and record id."""
Thing = TypeVar("Thing", bound=Hashable)


@dataclass(frozen=True)
class Decision:
    """One line."""

    is_link: bool
    left: Record
    right: Record
    who: str
    when: date
    why: str
    file: str
    """Name of the file that it stands in."""
    line: int

    @property
    def pair(self) -> tuple[Record, Record]:
        """The two records, whichever way round they were given."""
        return (self.left, self.right) if self.left < self.right else (self.right, self.left)

    @property
    def cells(self) -> tuple[str, ...]:
        """The line's cells, in the order of `COLUMNS`."""
        return (
            MUST_LINK if self.is_link else MUST_NOT_LINK,
            *self.left,
            *self.right,
            self.who,
            self.when.isoformat(),
            self.why,
        )


def read_decisions(file: Path) -> list[Decision]:
    """Every decision of the file, in its order; none where there is no file.

    Raises:
        DecisionError: a line cannot be taken as it is, or decisions contradict each other.
    """
    if not file.is_file():
        return []
    decisions = [_decision(file, line, cells) for line, cells in _lines(file, exactly=True)]
    require_sense(decisions)
    return decisions


def read_sheet(file: Path, *, who: str | None, today: date) -> list[Decision]:
    """The decisions of a sheet that was filled in; lines without a decision are left out.

    Args:
        file: CSV file with the columns of a decision, and any others.
        who: decided wherever the sheet does not say.
        today: day of the decision wherever the sheet does not say.

    Raises:
        DecisionError: a line cannot be taken as it is.
    """
    given = {"who": who or "", "when": today.isoformat()}
    lines = [(line, cells) for line, cells in _lines(file, exactly=False) if cells["decision"]]
    decisions = [
        _decision(file, line, cells | {name: cells[name] or given[name] for name in given})
        for line, cells in lines
    ]
    for decision in decisions:
        if decision.when > today:
            raise _wrong(
                file, decision.line, "when", "lies in the future: give the day of the decision"
            )
    return decisions


def _lines(file: Path, *, exactly: bool) -> Iterator[tuple[int, dict[str, str]]]:
    """The number and the cells of each line, blank lines left out.

    Where a cell has line breaks, the number is that of the row of text in which its line begins.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DecisionError(f"[{file}] is not UTF-8: save it as `CSV UTF-8`") from None
    rows, line = csv.reader(io.StringIO(text, newline=""), strict=True), 1
    header = [name.strip() for name in next(rows, [])]
    missing = [name for name in COLUMNS if header.count(name) != 1]
    if missing or (exactly and tuple(header) != COLUMNS):
        fault = (
            "must have each of these columns once, separated by commas"
            f"{' and in this order' if exactly else ''}"
        )
        raise DecisionError(f"[{file}] line 1 {fault}: {', '.join(COLUMNS)}")
    try:
        while True:
            line = rows.line_num + 1
            cells = next(rows, None)
            if cells is None:
                return
            if len(cells) not in (0, len(header)):
                raise DecisionError(
                    f"[{file}] line {line} has {len(cells)} cells and the header {len(header)}: "
                    "quote cells with commas"
                )
            if any(cell.strip() for cell in cells):
                yield line, dict(zip(header, (cell.strip() for cell in cells), strict=True))
    except csv.Error as error:
        raise DecisionError(
            f"[{file}] line {line} cannot be cut into cells: look at its quotes"
        ) from error


def _decision(file: Path, line: int, cells: Mapping[str, str]) -> Decision:
    if cells["decision"] not in (MUST_LINK, MUST_NOT_LINK):
        raise _wrong(file, line, "decision", f"must be {MUST_LINK} or {MUST_NOT_LINK}")
    for name in COLUMNS:
        if not cells[name]:
            raise _wrong(
                file,
                line,
                name,
                "is empty: fill it in"
                + (" (--who does so for a whole sheet)" if name == "who" else ""),
            )
    left, right = ((cells[f"source_dataset_{side}"], cells[f"record_id_{side}"]) for side in "ab")
    if left == right:
        raise _wrong(
            file,
            line,
            "record_id_b",
            "is the same record as record_id_a: a decision is about two records",
        )
    is_link, when = cells["decision"] == MUST_LINK, _day(cells["when"])
    if when is None:
        raise _wrong(file, line, "when", "is not a day: write it as 2026-01-31")
    return Decision(is_link, left, right, cells["who"], when, cells["why"], file.name, line)


def _day(text: str) -> date | None:
    """A day as we write it, or as spreadsheets here make of it (31/01/2026)."""
    turned = re.fullmatch(r"(\d{2})/(\d{2})/(\d{4})", text)
    iso = f"{turned[3]}-{turned[2]}-{turned[1]}" if turned else text
    try:
        return date.fromisoformat(iso) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", iso) else None
    except ValueError:
        return None


def _wrong(file: Path, line: int, column: str, fault: str) -> DecisionError:
    return DecisionError(f"[{file}] line {line}, column {column} {fault}")


def in_force(decisions: Iterable[Decision]) -> list[Decision]:
    """The last decision on each pair of records, in their order."""
    last: dict[tuple[Record, Record], Decision] = {}
    for decision in decisions:
        last.pop(decision.pair, None)
        last[decision.pair] = decision
    return list(last.values())


def require_sense(decisions: Iterable[Decision]) -> None:
    """Check that the decisions in force do not contradict each other, step by step.

    If A is one person with B, and B with C, then A is one person with C.

    Raises:
        DecisionError: records that must be one person, step by step, must not be.
    """
    standing = in_force(decisions)
    links = [decision for decision in standing if decision.is_link]
    person = group_connected((decision.left, decision.right) for decision in links)
    torn = [
        decision
        for decision in standing
        if not decision.is_link and person.get(decision.left, 0) == person.get(decision.right, -1)
    ]
    if torn:
        told = [
            f"{_place(decision)} against {', '.join(map(_place, _way(decision, links)))}"
            for decision in torn[:MAX_TOLD]
        ]
        more = f" and {len(torn) - MAX_TOLD} more" if len(torn) > MAX_TOLD else ""
        raise DecisionError(
            f"decisions contradict each other: {'; '.join(told)}{more}: "
            "decide on one of each again, in a later line"
        )


def group_connected(pairs: Iterable[tuple[Thing, Thing]]) -> dict[Thing, int]:
    """Things that hang together, by number from 1; decisions are made by hand, so there are few."""
    beside: defaultdict[Thing, list[Thing]] = defaultdict(list)
    for left, right in pairs:
        beside[left].append(right)
        beside[right].append(left)
    number: dict[Thing, int] = {}
    groups = 0
    for start in beside:
        if start not in number:
            groups += 1
            number[start] = groups
            waiting = [start]
            while waiting:
                found = [other for other in beside[waiting.pop()] if other not in number]
                number |= dict.fromkeys(found, groups)
                waiting += found
    return number


def _way(torn: Decision, links: Sequence[Decision]) -> list[Decision]:
    """The fewest links that lead from one record of a decision to the other.

    They come in the order of their lines.
    """
    steps: defaultdict[Record, list[tuple[Record, Decision]]] = defaultdict(list)
    for link in links:
        steps[link.left].append((link.right, link))
        steps[link.right].append((link.left, link))
    came: dict[Record, list[Decision]] = {torn.left: []}
    waiting = deque([torn.left])
    while torn.right not in came:
        here = waiting.popleft()
        for there, link in steps[here]:
            if there not in came:
                came[there] = [*came[here], link]
                waiting.append(there)
    return sorted(came[torn.right], key=lambda link: (link.file, link.line))


def _place(decision: Decision) -> str:
    return f"[{decision.file}] line {decision.line}"


def append_decisions(file: Path, decisions: Sequence[Decision]) -> int:
    """Add decisions to the file, in one atomic move.

    Those that stand there already, word for word, are left out.

    Returns:
        The number of decisions added.

    Raises:
        DecisionError: the file cannot be used, or what is added contradicts what is there.
    """
    there = read_decisions(file)
    standing = {
        decision.pair: (decision.is_link, decision.who, decision.why)
        for decision in in_force(there)
    }
    new = [
        decision
        for decision in decisions
        if standing.get(decision.pair) != (decision.is_link, decision.who, decision.why)
    ]
    require_sense([*there, *new])
    if new:
        _replace(file, [decision.cells for decision in new])
    return len(new)


def _replace(file: Path, rows: Sequence[Sequence[str]]) -> None:
    former = file.read_bytes() if file.is_file() else (",".join(COLUMNS) + "\n").encode()
    added = io.StringIO()
    csv.writer(added, lineterminator="\n").writerows(rows)
    make_folder(file.parent, mode=0o700)
    with replace_file(file, mode=0o600) as partial:
        partial.write_bytes(
            former + (b"" if former.endswith(b"\n") else b"\n") + added.getvalue().encode()
        )
