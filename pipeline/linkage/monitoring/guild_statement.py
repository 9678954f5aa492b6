"""The linkage statement of a release, filled in by the run.

It says how the data were prepared, how they were linked, and how good the links are.

Belongs here: what a statement after GUILD says. Does not belong here: counting (link_quality, dbt),
what may be shown (dbt's disclosure rules: all counts are taken from the released reports, rounded
or suppressed there), the model's own card (model_card).

GUILD: R. Gilbert and others, GUILD: GUidance for Information about Linking Data sets, Journal of
Public Health 40(1), 2018, 191-198.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.linkage.monitoring.error_indicators import SIGNS
from pipeline.linkage.scoring.blocking_rules import BLOCKING_RULES
from pipeline.linkage.scoring.comparisons import COMPARISONS
from pipeline.linkage.scoring.model import THRESHOLDS, Model, read_model
from pipeline.storage import open_database

NAME = "linkage_statement.md"
REPORTS = ("rpt_linkage_quality", "rpt_coverage", "rpt_row_ledger")
"""Released tables that the statement is made of."""
SUPPRESSED = "suppressed"
MIN_OF_GROUP = 500
"""Records of a group below which its bounds are not told."""
CONTROLS = {
    "sent_cases_without_crown_row": (
        "cases sent to the Crown Court within its window, without a Crown Court record"
    ),
    "crown_cases_without_magistrates_row": "Crown Court cases without a magistrates' record",
    "custodial_sentences_without_custody_near_day": (
        "sentences to immediate custody, of persons not in prison within a week"
    ),
    "custody_without_court_sentence": (
        "prison journeys under a sentence, of persons whom no court sentenced within a week"
    ),
    "custody_twice_at_once": "prison journeys begun while the person was in another",
    "dead_persons_with_later_events": "persons who died, with later events",
    "persons_with_two_sexes": "persons of several records, of both sexes",
    "persons_with_birth_years_apart": (
        "persons of several records, with birth years more than two apart"
    ),
}
Frames = Mapping[str, pl.DataFrame]


def write_statement(
    marts: Path, target: Path, facts: Mapping[str, object], model: Path | None
) -> None:
    """Write the statement.

    Args:
        marts: the DuckDB file with the marts that dbt built; opened read-only.
        target: the Markdown file.
        facts: delivery_id, extract_date and synthetic of the release.
        model: file of the model that linked; none when the links were delivered.
    """
    with open_database(marts, read_only=True) as connection:
        frames = {name: connection.execute(f"select * from marts.{name}").pl() for name in REPORTS}
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(render_statement(frames, facts, model), encoding="utf-8")


def render_statement(frames: Frames, facts: Mapping[str, object], model: Path | None) -> str:
    """The statement in Markdown."""
    made_up = (
        "The delivery is made up: no record is of a real person.\n"
        if facts.get("synthetic")
        else ""
    )
    head = [
        "# Linkage statement",
        "",
        f"Delivery {facts['delivery_id']}, extracts of {facts['extract_date']}. {made_up}".rstrip(),
        "",
        (
            "After GUILD (Gilbert and others, Journal of Public Health 40(1), 2018, 191-198). "
            "Counts are those of the released reports:"
        ),
        (
            f"rounded to 5, and {SUPPRESSED} below 10. A record is a row that names a person; "
            "a person is what linkage makes of records."
        ),
        "",
    ]
    trained = json.loads(model.read_text(encoding="utf-8")) if model else {}
    parts = (
        _provision(frames),
        _linking(frames, read_model(model) if model else None, trained),
        _quality(frames, trained),
        _use(frames),
    )
    return "\n".join([*head, *chain(*parts)]).rstrip("\n") + "\n"


def _provision(frames: Frames) -> Iterator[str]:
    yield from ("## Step 1: what the data providers did", "", "### Population and coverage", "")
    tables = frames["rpt_coverage"].filter(
        (pl.col("period_kind") == "table") & pl.col("is_required")
    )
    ledger = {
        (row["source_dataset"], row["table_name"]): row
        for row in frames["rpt_row_ledger"].iter_rows(named=True)
    }
    rows = []
    for row in tables.sort("source_dataset", "table_name").iter_rows(named=True):
        counted = ledger.get((row["source_dataset"], row["table_name"]), {})
        days = (row["coverage_from"] or "not stated", row["coverage_to"] or "not stated")
        rows.append(
            (
                row["source_dataset"],
                row["table_name"],
                *days,
                *(_count(counted.get(name)) for name in ("delivered", "quarantined")),
            )
        )
    yield from _table(
        ("source", "table", "covers from", "to", "rows delivered", "quarantined by the contract"),
        rows,
    )
    yield (
        "Quarantined rows broke the contract of their table; they are not linked. "
        "Each is counted with its reason in rpt_row_ledger."
    )
    yield from ("", "### Identifiers and how complete they are", "")
    quality = frames["rpt_linkage_quality"]
    known = quality.filter(pl.col("measure") == "linkage_identifier_known").sort(
        "category", "source_pair"
    )
    records = dict(
        quality.filter(pl.col("measure") == "linkage_records")
        .select("category", "numerator")
        .iter_rows()
    )
    sources = sorted(records)
    by_name = {
        (row["category"], row["source_pair"]): row["numerator"]
        for row in known.iter_rows(named=True)
    }
    shares = [
        (name, *(_percent(by_name.get((name, source)), records[source]) for source in sources))
        for name in dict.fromkeys(known["category"].to_list())
    ]
    yield from _table(("identifier, after standardising", *sources), shares)
    yield from (
        (
            "Share of records that have the identifier; none where fewer than ten have it. "
            "Markers that staff type into names, dates and"
        ),
        "postcodes that systems fill in, and numbers that cannot be, count as missing.",
        "",
    )


def _linking(frames: Frames, model: Model | None, trained: Mapping[str, Any]) -> Iterator[str]:
    yield from ("## Step 2: what the linkers did", "", "### Method", "")
    if model is None:
        yield (
            "The links came with the delivery. "
            "Ask the supplier for the method, its thresholds and its error rates."
        )
    else:
        records = sum(
            row["numerator"] or 0 for row in _of(frames["rpt_linkage_quality"], "linkage_records")
        )
        yield from _method(model.of_volume(records), trained)
    yield from ("", "### Match status", "")
    quality = frames["rpt_linkage_quality"]
    people = {row["category"]: row["numerator"] for row in _of(quality, "linkage_persons")}
    rows = [(f"people at the {name} threshold", _count(people.get(name))) for name in THRESHOLDS]
    rows += [
        (f"records of {row['category']}", _count(row["numerator"]))
        for row in _of(quality, "linkage_records")
    ]
    sizes = sorted(
        _of(quality, "linkage_cluster_size"),
        key=lambda row: int(row["category"].rstrip("+").split("-")[0]),
    )
    rows += [
        (f"people by number of records: {row['category']}", _count(row["numerator"]))
        for row in sizes
    ]
    rows += [
        (f"people in both of {row['source_pair']}", _count(row["numerator"]))
        for row in _of(quality, "linkage_persons_in_both")
    ]
    rows += [
        (
            f"cases sent to the Crown Court, of all days, partner {row['category']}",
            _count(row["numerator"]),
        )
        for row in _of(quality, "linkage_cases_sent")
    ]
    yield from _table(("what", "count"), rows)


def _method(model: Model, trained: Mapping[str, Any]) -> Iterator[str]:
    yield from (
        (
            "Linkage sees direct identifiers and shared dates and nothing else; "
            "who analyses sees neither (the separation principle)."
        ),
        "",
        (
            "1. Names, dates, postcodes and numbers are brought to one form; "
            "what says nothing counts as missing."
        ),
        (
            "2. Records that agree on everything that names a person become one, "
            "given name, birth date, and address or number."
        ),
        "3. Pairs that agree on one of these are compared:",
    )
    yield from (f"   - `{rule.name}`: {rule.reason}" for rule in BLOCKING_RULES)
    yield (
        "4. Each pair gets a match weight, the sum of what these comparisons say "
        "(Fellegi and Sunter; rare values weigh more):"
    )
    yield from (f"   - `{comparison.name}`: {comparison.reason}" for comparison in COMPARISONS)
    yield (
        "5. Pairs are joined to people at three thresholds of the match weight; "
        "people whose numbers contradict each other are parted."
    )
    yield ""
    yield (
        f"Model `{model.name}`, trained on {trained['trained_on']['what']}; a run never trains. "
        "Its card lies beside it."
    )
    yield ""
    yield from _table(
        ("threshold", "match weight"),
        [(name, f"{model.thresholds[name]:.1f}") for name in THRESHOLDS],
    )


def _quality(frames: Frames, trained: Mapping[str, Any]) -> Iterator[str]:
    quality = frames["rpt_linkage_quality"]
    yield from ("### Quality against a truth", "")
    measured = trained.get("measured")
    if measured:
        yield (
            "The truth of this delivery is not known. "
            f"On {measured['what']}, the same method and model came to:"
        )
        yield ""
        names = list(next(iter(measured["shares"].values())))
        rows = [
            (threshold, *(f"{share:.4f}" for share in shares.values()))
            for threshold, shares in measured["shares"].items()
        ]
        yield from _table(("threshold", *(name.replace("_", " ") for name in names)), rows)
    else:
        yield from ("No measurement against a truth is known for these links.", "")
    yield from (
        "### Quality without a truth",
        "",
        (
            "Signs of errors on records. "
            "What is sure counts for the least there are, all for the most:"
        ),
        "",
    )
    yield from (
        f"- `{name}` ({error}{', sure' if sure else ''}): {text}"
        for name, (error, sure, text) in SIGNS.items()
    )
    yield ""
    yield from _table(
        ("group", "records", "missed at least", "at most", "wrong at least", "at most"),
        list(_bounds(quality)),
    )
    yield (
        f"Groups of fewer than {MIN_OF_GROUP} records are left out. "
        "Where missed links differ by group, so do rates of recall."
    )
    yield from ("", "What must have a partner and has none, and what cannot be:", "")
    rows = [
        (text, _count(row["numerator"]), _count(row["denominator"]), _interval(row))
        for measure, text in CONTROLS.items()
        for row in _of(quality, measure)
        if row["category_kind"] == "all"
    ]
    yield from _table(("control", "found", "of", "share (95% interval)"), rows)


def _bounds(quality: pl.DataFrame) -> Iterator[Sequence[object]]:
    names = [
        f"{error}_links_at_{side}" for error in ("missed", "false") for side in ("least", "most")
    ]
    cells = {
        (row["measure"], row["category_kind"], row["category"]): row
        for name in names
        for row in _of(quality, name)
    }
    for kind, category in sorted(
        dict.fromkeys((kind, category) for _, kind, category in cells),
        key=lambda group: (group[0] != "all", group),
    ):
        first = cells[names[0], kind, category]
        if first["denominator"] is not None and first["denominator"] >= MIN_OF_GROUP:
            group = "everybody" if kind == "all" else f"{kind.replace('_', ' ')}: {category}"
            shares = (cells[name, kind, category]["rate"] for name in names)
            yield (
                group,
                _count(first["denominator"]),
                *(SUPPRESSED if share is None else f"{share:.2%}" for share in shares),
            )


def _use(frames: Frames) -> Iterator[str]:
    yield from ("## Step 3: what analysts should do", "")
    yield from (
        (
            "- Use `person_id` (medium). "
            "Repeat the main results with `person_id_high` and `person_id_low` "
            "and tell the difference."
        ),
        (
            "- A missed link hides a recall or a reconviction: "
            "groups with more missed links show too low rates; a wrong link invents one."
        ),
        (
            "- Carry what linkage is not sure of into intervals: "
            "`person_link_draw` holds plausible linkages to pool a result over, and"
        ),
        "  `person_confidence` how sure each person is.",
        (
            "- Weigh contradictions with `dim_person`: "
            "its flags tell persons of two sexes, birth years or ethnic groups, and its"
        ),
        "  `link_confidence` whether the strictest threshold holds the person together.",
        (
            "- A person of the last release may have another id now: "
            "`person_crosswalk` says which. An id not named there is whom it was."
        ),
    )
    stages = _of(frames["rpt_linkage_quality"], "linkage_persons_between_releases")
    if stages:
        yield from ("", "People between the last release and this one:", "")
        yield from _table(
            ("stage", "people"), [(row["category"], _count(row["numerator"])) for row in stages]
        )


def _of(quality: pl.DataFrame, measure: str) -> list[dict[str, Any]]:
    return (
        quality.filter(pl.col("measure") == measure)
        .sort("category_kind", "category", "source_pair")
        .to_dicts()
    )


def _count(value: object) -> str:
    return SUPPRESSED if value is None else f"{value:,}"


def _percent(part: int | None, whole: int | None) -> str:
    """A share of rounded counts; rounding may bring it over one."""
    return "none" if part is None or not whole else f"{min(part / whole, 1.0):.0%}"


def _interval(row: Mapping[str, Any]) -> str:
    return (
        SUPPRESSED
        if row["rate"] is None
        else f"{row['rate']:.2%} ({row['rate_lower']:.2%} to {row['rate_upper']:.2%})"
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    yield from (f"| {' | '.join(map(str, row))} |" for row in rows)
    yield ""
