"""What a run of the nation took, as tables for the terminal and as one Markdown page.

Belongs here: showing. Does not belong here: any measure (stages, growth, report).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.table import Column
from rich.table import Table as Shown

from tests.benchmarks.nation import growth
from tests.benchmarks.nation.growth import Measure
from tests.benchmarks.nation.windows import BETWEEN, START

WALL = 20 * 60
"""Seconds that the whole way may take on two quiet cores."""
SLOWEST = 10
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """A table with a title; the first column is text, the others are figures."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()

    def markdown(self) -> str:
        """The table as Markdown."""
        lines = [self.head, [":--", *("--:" for _ in self.head[1:])], *self.rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return "\n\n".join([f"## {self.title}", *([table] if self.rows else []), *self.notes])

    def shown(self) -> Shown:
        """The table for the terminal."""
        head = [Column(name, justify="right", no_wrap=True) for name in self.head]
        head[0].justify = "left"
        table = Shown(
            *head,
            title=self.title,
            caption="\n".join(self.notes),
            box=SIMPLE_HEAD,
            title_justify="left",
            caption_justify="left",
        )
        for row in self.rows:
            table.add_row(*row)
        return table


def stages(facts: Facts) -> Table:
    """Every stage and its parts, the total, and what came after the run.

    `of floor` is wall time over that of the floor.
    """
    floor = facts["floor"]["wall"]
    sizes = ["peak GB", "spilled GB", "written GB"]
    head = ["stage", "rows", "wall s", "CPU s", *sizes, "rows/s", "of floor"]
    rows = [_stage(stage, floor) for stage in [*facts["stages"], facts["total"], *facts["after"]]]
    total, at = facts["total"], facts["machine"]
    most = at["budget"] + at["beside"]
    notes = [
        f"limits: {WALL / 60:.0f} min wall ({_kept(total['wall'] <= WALL)}: "
        f"{total['wall'] / 60:.1f} min), {most:.1f} GB ({_kept(total['peak'] <= most)}: "
        f"{total['peak']:.2f} GB, {total['private']:.2f} GB of it without shared pages)",
        f"floor: DuckDB reads every delivered file and writes it once as Parquet, in {floor:.1f} s "
        f"wall, {facts['floor']['cpu']:.1f} s CPU; most on disk: the workspace "
        f"{total['disk']:.1f} GB, the build file {facts['build']:.1f} GB",
        f"{at['cpus']} cores, {at['memory']:.1f} GB memory; load {at['load'][0]:.1f} before, "
        f"{at['load'][1]:.1f} after; {at['threads']} threads; "
        f"JOURNEYS_MEMORY {at['budget']:.1f} GB ({at['setting']}), "
        f"beside which the programs may take {at['beside']:.1f} GB",
    ]
    return Table(f"Stages: {facts['records']:,} records, {facts['name']}", head, rows, notes)


def _kept(is_kept: bool) -> str:
    return "kept" if is_kept else "EXCEEDED"


def _stage(stage: Facts, floor: float) -> list[str]:
    pace = stage["rows"] / stage["wall"] if stage["rows"] and stage["wall"] else None
    sizes = [f"{stage[what]:.2f}" for what in ("peak", "spilled", "written")]
    times = [f"{stage['wall']:.1f}", f"{stage['cpu']:.1f}"]
    name, ratio = f"{'· ' * stage['level']}{stage['name']}", f"{stage['wall'] / floor:.1f}"
    return [name, _count(stage["rows"]), *times, *sizes, _count(pace), ratio]


def _count(number: float | None) -> str:
    return "" if number is None else f"{number:,.0f}"


def models(facts: Facts) -> Table:
    """The slowest models, seeds and tests of dbt."""
    slowest = sorted(facts["nodes"], key=lambda node: (-node["wall"], node["name"]))
    rows = [_node(node) for node in [*_first(slowest, "model"), *_first(slowest, "test")]]
    title = f"The {SLOWEST} slowest models, and the slowest tests"
    return Table(title, ["model or test", "rows", "wall s", "CPU s", "peak GB", "spilled GB"], rows)


def _node(node: Facts) -> list[str]:
    times, sizes = [node["wall"], node["cpu"]], [node["peak"], node["spilled"]]
    told = [*(f"{time:.1f}" for time in times), *(f"{size:.2f}" for size in sizes)]
    return [node["name"], _count(node["rows"]), *told]


def _first(nodes: Sequence[Facts], kind: str) -> list[Facts]:
    most = SLOWEST if kind == "model" else SLOWEST // 2
    return [node for node in nodes if node["kind"] == kind][:most]


def right(facts: Facts) -> Table:
    """What the truth says of the release, and whether its digests hold."""
    rows = [_judged(one) for one in facts["score"]]
    for name, holds in facts["verified"].items():
        rows.append([f"journeys {name}", "", "exit code 0", _passes(holds)])
    return Table("Right or wrong", ["judged", "here", "wanted", ""], rows)


def _judged(one: Facts) -> list[str]:
    here = "none" if one["value"] is None else f"{one['value']:.4f}"
    wanted = f"{'≥' if one['at_least'] else '≤'} {one['limit']}"
    return [one["what"], here, wanted, _passes(one["passes"])]


def _passes(is_right: bool) -> str:
    return "passes" if is_right else "FAILS"


def calibration(facts: Facts) -> Table:
    """How near the made-up world comes to published figures."""
    told = facts["calibration"]
    rows = [_published(row) for row in told["judged"]]
    few = told["targets"] - len(rows)
    met = f"{told['passing']} of {len(rows)} published figures are met"
    note = f"{met}; for {few} more the world is too small to tell"
    head = ["measure", "published", "from", "to", "here", ""]
    return Table("The made-up world", head, rows, [note])


def _published(row: Facts) -> list[str]:
    figures = [_figure(row[name]) for name in ("target", "low", "high", "achieved")]
    return [row["measure"], *figures, _passes(row["passes"])]


def _figure(value: float) -> str:
    return f"{value:,.3f}" if abs(value) < 1000 else f"{value:,.0f}"


def page(facts: Facts, tables: Sequence[Table]) -> str:
    """One Markdown page of a run."""
    release = facts["release"] or "none"
    about = f"Delivery `{facts['delivery_id']}`, release `{release}`, code `{facts['commit']}`."
    parts = [f"# The nation: {facts['name']}", about, *(table.markdown() for table in tables)]
    return "\n\n".join(parts) + "\n"


def grown(runs: Sequence[Facts]) -> Table:
    """How stages grow over runs of different sizes, smallest first, and where the machine ends."""
    sizes = {name: found for name, found in _sizes(runs).items() if len(found) == len(runs)}
    shown = [f"{run['share']:.4g}" for run in runs]
    pairs = list(pairwise(shown))
    head = [
        "stage",
        *(f"CPU s at {share}" for share in shown),
        *(f"{one} to {other}" for one, other in pairs),
    ]
    head += [*(f"peak GB at {share}" for share in shown), ""]
    levels = {stage["name"]: stage["level"] for stage in [*runs[-1]["stages"], runs[-1]["total"]]}
    rows = []
    for name, found in sizes.items():
        steps = list(pairwise(found))
        is_flagged = any(growth.grows_too_fast(*step) for step in steps)
        is_long_part = levels.get(name) == 1 and found[-1].cpu >= growth.MIN_SECONDS
        if levels.get(name) == 0 or is_long_part or is_flagged:
            told = [_power(*step) for step in steps]
            cpu, peak = [f"{one.cpu:.1f}" for one in found], [f"{one.peak:.2f}" for one in found]
            rows.append([name, *cpu, *told, *peak, "FASTER than n log n" if is_flagged else ""])
    return Table("Growth", head, rows, [*_told_growth(len(runs)), *_told_ends(runs, sizes)])


def _power(smaller: Measure, larger: Measure) -> str:
    power = growth.exponent(smaller, larger) if larger.cpu >= growth.MIN_SECONDS else None
    return "–" if power is None else f"{power:.2f}"


def _sizes(runs: Sequence[Facts]) -> dict[str, list[Measure]]:
    """What each stage, part of one and model took at each size."""
    found: dict[str, list[Measure]] = {}
    for run in runs:
        models = [node for node in run["nodes"] if node["kind"] == "model"]
        for one in [*run["stages"], run["total"], *models]:
            measure = Measure(run["records"], one["cpu"], one["peak"], one["disk"])
            found.setdefault(one["name"], []).append(measure)
    return found


def _told_growth(sizes: int) -> Iterator[str]:
    if sizes < 2:
        yield "one size alone tells no growth"
        return
    yield (
        f"Between two sizes stands the power of n log n by which CPU grows: 1 is n log n itself, "
        f"over {1 + growth.TOLERANCE} is faster; "
        f"stages under {growth.MIN_SECONDS:.0f} s of CPU are not judged. "
        f"Parts of stages stand here from there on, models only where they grow faster."
    )


def _told_ends(runs: Sequence[Facts], sizes: Mapping[str, Sequence[Measure]]) -> Iterator[str]:
    """Where this machine ends, in words."""
    machine = runs[-1]["machine"]
    stages = {stage["name"] for stage in runs[-1]["stages"] if not stage["level"]}
    stages -= {START, BETWEEN}  # what lies there is of the steps around
    ours = {name: found for name, found in sizes.items() if name in stages}
    found = growth.ends(ours, machine["memory"], machine["disk"])
    for what, most in (("memory", machine["memory"]), ("disk", machine["disk"])):
        first = [end for end in found if end.what == what]
        if first:
            places = (f"{end.stage} at {end.records / 1e6:,.1f} million records" for end in first)
            yield (
                f"Extrapolated on straight lines through the last two sizes, {most:.0f} GB of "
                f"{what} end first for {'; '.join(islice(places, 3))}."
            )
        elif len(runs) > 1:
            yield f"No stage takes more {what} at the last size than at the one before."
