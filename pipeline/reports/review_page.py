"""Writes candidate pairs for clerical review as one HTML file for a restricted folder.

The file names people and makes no request.

Belongs here: putting pairs, their sides and the pictures of their evidence into the template. Does
not belong here: which pairs (linkage), where the file goes and reading decisions back
(review_pack).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import jinja2
import polars as pl
from markupsafe import Markup

from pipeline.reports.html_tables import MISSING
from pipeline.reports.release_page import TEMPLATES
from pipeline.reports.weight_waterfall import draw_waterfall

THRESHOLDS = ("low", "medium", "high")
PLACES = ("pair", "side", "place")
"""Columns of a member that say where it stands; the others are told."""
NOT_COMPARED = ("records", "sources", "days", "asns")
"""Columns in which two sets of identifiers of one person differ as a rule."""
BETWEEN = "; "
"""Stands between several values."""


@dataclass(frozen=True)
class Field:
    """One column of the two sets of identifiers that are compared."""

    name: str
    left: str
    right: str
    verdict: str
    """`same`, `shared` (of several values), `differs`, or nothing where a side does not know."""


@dataclass(frozen=True)
class Question:
    """One pair ready for the page."""

    number: int
    text: str
    is_linked: bool
    moved: int
    chance: str
    records: Mapping[str, int]
    fields: Sequence[Field]
    shared_days: str
    headings: Sequence[str]
    others: Mapping[str, Sequence[Sequence[str]]]
    """Side -> the cells of its other sets of identifiers."""
    silent: Sequence[str]
    """Comparisons that say nothing, mostly since a side does not know."""
    picture: Markup


def render_page(
    release: str, pairs: pl.DataFrame, members: pl.DataFrame, evidence: pl.DataFrame
) -> str:
    """The page as text.

    Args:
        release: name of the release.
        pairs: one row a pair, best first, with `shared_days`.
        members: one row a set of identifiers, as texts, those that are compared first.
        evidence: one row a pair and comparison, in order.
    """
    sides = {
        pair: list(rows)
        for pair, rows in groupby(members.iter_rows(named=True), key=lambda row: row["pair"])
    }
    weights = {
        number: frame for (number,), frame in evidence.partition_by("pair", as_dict=True).items()
    }
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("review.html.j2").render(
        release=release,
        questions=[
            _question(pair, sides[pair["pair"]], weights[pair["pair"]])
            for pair in pairs.iter_rows(named=True)
        ],
        style=Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),  # noqa: S704 our own file
    )


def _question(
    pair: Mapping[str, object], members: Sequence[Mapping[str, str]], evidence: pl.DataFrame
) -> Question:
    columns = [name for name in members[0] if name not in PLACES]
    left, right = (next(row for row in members if row["side"] == side) for side in "ab")
    others = {side: [row for row in members if row["side"] == side][1:] for side in "ab"}
    told = [name for name in columns if any(row[name] for rows in others.values() for row in rows)]
    number = int(str(pair["pair"]))
    silent = evidence.filter(
        (pl.col("weight") == 0) & (pl.col("rarity") == 0) & (pl.col("place") > 0)
    )
    weight = float(str(pair["match_weight"]))
    drawn = draw_waterfall(
        evidence,
        thresholds={name: float(str(pair[f"threshold_{name}"])) for name in THRESHOLDS},
        name=f"pair-{number}",
        description=(
            f"Waterfall of the evidence of pair {number}; "
            f"it adds up to a match weight of {weight:.1f}."
        ),
    )
    return Question(
        number=number,
        text=str(pair["question"]),
        is_linked=bool(pair["is_linked"]),
        moved=int(str(pair["moved"])),
        chance=f"{float(str(pair['chance'])):.0%}",
        records={side: int(str(pair[f"records_{side}"])) for side in "ab"},
        fields=[
            _field(name, left[name], right[name]) for name in columns if left[name] or right[name]
        ],
        shared_days=str(pair["shared_days"]),
        headings=list(map(_words, told)),
        others={
            side: [[row[name] or MISSING for name in told] for row in rows]
            for side, rows in others.items()
        },
        silent=list(map(_words, silent["comparison"])),
        picture=Markup(drawn),  # noqa: S704 drawn by us, texts escaped by the renderer
    )


def _field(name: str, left: str, right: str) -> Field:
    verdict = ""
    if left and right and name not in NOT_COMPARED:
        is_shared = not set(left.split(BETWEEN)).isdisjoint(right.split(BETWEEN))
        verdict = "same" if left == right else "shared" if is_shared else "differs"
    return Field(_words(name), left or MISSING, right or MISSING, verdict)


def _words(name: str) -> str:
    return name.replace("_", " ")
