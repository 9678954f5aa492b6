"""The sections of the page: which tables, in which order, with which words, and which are drawn.

Belongs here: a section a table, and its words. Does not belong here: the choice of rows
(section_rows.py), how rows are told (html_tables.py), how pictures are drawn (charts.py). Every
section names its denominator and says what its figures cannot tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

from pipeline.reports import section_rows
from pipeline.reports.html_tables import BOUNDS


@dataclass(frozen=True, kw_only=True)
class Section:
    """One section of the page.

    Attributes:
        name: anchor in the page and prefix of identifiers in its picture.
        title: heading.
        table: the `rpt_` table behind it.
        about: what is shown, with its denominator.
        counted: caption of the table.
        limits: what cannot be told from it.
        caption: caption of the picture; names of columns in braces stand for the value in the
            picked rows.
        pick: chooses and orders the rows that are shown.
        picked: what was chosen, in words.
        columns: columns shown, in order; empty for all.
        headings: headings in place of the usual ones.
        counts: further count columns, in which an empty cell is a suppressed one.
        draw: draws the whole table, given its rows and a prefix for identifiers.
        most_rows: rows that are shown at most.
    """

    name: str
    title: str
    table: str
    about: str
    counted: str
    limits: str
    caption: str = ""
    pick: Callable[[pl.DataFrame], pl.DataFrame] = field(default=lambda frame: frame)
    picked: str = ""
    columns: tuple[str, ...] = ()
    headings: Mapping[str, str] | None = None
    counts: tuple[str, ...] = ()
    draw: Callable[[pl.DataFrame, str], str] | None = None
    most_rows: int = 60

    def caption_for(self, frame: pl.DataFrame) -> str:
        """The caption with the values of the first picked row."""
        rows = self.pick(frame).head(1).to_dicts()
        return self.caption.format_map(rows[0]) if rows else ""


SECTIONS: tuple[Section, ...] = (
    Section(
        name="recall-by-sentence",
        title="Recall within a year of release",
        table="rpt_recall_by_sentence_band",
        about=(
            "The denominator is releases on licence that could be followed for 12 months, each "
            "release once; the numerator is those of them that were followed by a recall, by the "
            "date on which the licence was revoked. "
            "First releases are apart from re-releases after a recall."
        ),
        counted="Releases on licence recalled within 12 months, all years of release",
        caption=(
            "Dots are shares recalled within 12 months, lines their intervals; "
            "“c” marks a suppressed share."
        ),
        limits=(
            "Short sentences have short licences: whose licence ended within the year could not be "
            "recalled for all of it. People differ in risk in ways that are in no table, "
            "so differences between lengths are not effects of length. A recall is no offence."
        ),
        pick=section_rows.all_release_years,
        picked="all years of release together",
        columns=("release_order", "length_class", "numerator", "denominator", "rate", *BOUNDS),
        headings={
            "release_order": "Release",
            "length_class": "Sentence",
            "numerator": "Recalled",
            "denominator": "Releases",
        },
        draw=section_rows.draw_recall_rates,
    ),
    Section(
        name="recall-by-month",
        title="Time from release to recall",
        table="rpt_recall_cif",
        about=(
            "The denominator is first releases on licence. Cumulative incidence (Aalen-Johansen) "
            "is the share recalled by that month, where the end of the licence, death and new "
            "custody end the time at risk. One minus Kaplan-Meier treats these as if recall were "
            "still to come, and so is never lower."
        ),
        counted="Share recalled by month since release",
        caption=(
            "Cumulative incidence by month since first release, bands are intervals; everybody and "
            "the lengths of sentence with most releases. "
            "A line ends where too few are followed to go on."
        ),
        limits=(
            "Whoever is still on licence when the extracts end is followed only until then. "
            "Releases before the extracts begin are left out."
        ),
        pick=section_rows.months_listed,
        picked=f"first releases at months {', '.join(map(str, section_rows.LISTED_MONTHS))}",
        columns=(
            "length_class",
            "month",
            "denominator",
            "rate",
            *BOUNDS,
            "one_minus_kaplan_meier",
            "still_followed",
        ),
        headings={
            "length_class": "Sentence",
            "denominator": "Releases",
            "rate": "Recalled by then",
            "one_minus_kaplan_meier": "One minus Kaplan-Meier",
        },
        draw=section_rows.draw_incidence,
    ),
    Section(
        name="recall-by-type",
        title="Recalls by type",
        table="rpt_recall_by_type",
        about=(
            "The denominator is recalls: one a person and day of revocation, without those made in "
            "error. Each way of sorting them adds up to all recalls, but for rounding."
        ),
        counted="Recalls by sentence, length, process, curfew and return, all years",
        limits=(
            "Probation and prison records are not the register of revocations from which official "
            "recall figures are made, so that totals are near to those and not the same. "
            "Reasons are in a table of their own and are never added up to recalls."
        ),
        pick=section_rows.recalls_of_all_years,
        picked="all years together",
        columns=("axis", "category", "numerator", "denominator", "rate", *BOUNDS),
        headings={
            "axis": "Sorted by",
            "numerator": "Recalls",
            "denominator": "All recalls",
            "rate": "Share",
        },
    ),
    Section(
        name="custody-by-ethnicity",
        title="Sentences by ethnic group and sex",
        table="rpt_disposal_by_ethnicity_sex",
        about=(
            "The denominator is sentenced defendant-cases of people of that sex and ethnic group, "
            "each counted once across magistrates’ courts and Crown Court by its principal offence "
            "and most severe disposal. Suspended sentences are apart from immediate custody."
        ),
        counted="Share of those sentenced who got the disposal",
        caption=(
            "Dots are shares sentenced to immediate custody, lines their intervals; "
            "“c” marks a suppressed share."
        ),
        limits=(
            "Differences here are not effects of ethnicity or sex: offence, plea, history, "
            "mitigation and harm are not held equal, and some of them are in no table. "
            "Ethnicity is recorded by different rules in different systems, and often not at all."
        ),
        pick=section_rows.sentenced_to_main_disposals,
        picked="three disposals, women and men",
        columns=(
            "disposal_class",
            "sex",
            "ethnic_group",
            "numerator",
            "denominator",
            "rate",
            *BOUNDS,
        ),
        headings={"disposal_class": "Disposal", "numerator": "Got it", "denominator": "Sentenced"},
        draw=section_rows.draw_custody_rates,
    ),
    Section(
        name="reports-requested-delivered",
        title="Pre-sentence reports: requested and delivered",
        table="rpt_report_requested_delivered",
        about=(
            "The denominator is reports of the requested type that were completed in the year. A "
            "fuller type than requested is an upgrade; "
            "a shorter one, such as an oral report where a standard one was requested, a downgrade."
        ),
        counted="Reports of each requested type, by the type that was delivered",
        caption=(
            "Reports completed in {completed_year}, the year with most reports: "
            "counts in the cells, shade by share of the row; “c” marks a suppressed cell."
        ),
        limits=(
            "How good a report was is in no table: type and timing say nothing of its content. "
            "Why a type was changed is recorded for some reports only."
        ),
        pick=section_rows.busiest_year,
        picked="the year with most reports",
        columns=(
            "completed_year",
            "requested_type",
            "delivered_type",
            "numerator",
            "denominator",
            "rate",
            *BOUNDS,
        ),
        headings={"completed_year": "Year", "numerator": "Delivered", "denominator": "Requested"},
        draw=section_rows.draw_requested_delivered,
    ),
    Section(
        name="concordance",
        title="Pre-sentence reports: proposal and sentence",
        table="rpt_concordance_by_court",
        about=(
            "The denominator is completed reports with a proposal and a linked sentence. “Exact” "
            "is a sentence of the proposed category; “community tier” counts a community order and "
            "a suspended sentence with requirements as one. Reports without a proposal or without "
            "a linked sentence are excluded, and counted in the last column."
        ),
        counted="Share of reports whose proposal and sentence agree, or how they differ",
        limits=(
            "Agreement does not mean that a report persuaded the court: courts ask for reports "
            "where they have a sentence in mind. "
            "Small differences between courts are mostly chance: look at the intervals."
        ),
        pick=section_rows.national_then_largest_courts,
        picked=f"England and Wales, then the {section_rows.LISTED_COURTS} courts with most reports",
        columns=(
            "court_name",
            "court_level",
            "measure",
            "numerator",
            "denominator",
            "rate",
            *BOUNDS,
            "excluded",
        ),
        headings={"court_name": "Court", "denominator": "Reports", "excluded": "Excluded reports"},
        counts=("excluded",),
    ),
    Section(
        name="links",
        title="How good the links are",
        table="rpt_linkage_quality",
        about=(
            "Each measure has its own denominator: source records for links between two sources, "
            "linked persons of more than one record for conflicts, cases sent to the Crown Court "
            "and custodial sentences for what should have been found in another source."
        ),
        counted="Measures of linkage over everybody",
        limits=(
            "Wrong and missed links cannot be counted without knowing the truth; these are signs "
            "of them. Where links are missed more often for one group, "
            "its recall and reconviction rates come out too low."
        ),
        pick=section_rows.whole_links,
        picked="everybody; the Parquet file has each measure by sex, ethnic group, year and court",
        columns=("measure", "source_pair", "category", "numerator", "denominator", "rate", *BOUNDS),
        headings={"source_pair": "From > to", "category": "Threshold"},
    ),
    Section(
        name="coverage",
        title="What is covered",
        table="rpt_coverage",
        about=(
            "One row for each table that a delivery may bring. "
            "Outcomes are followed only as far as every source that is needed for them reaches."
        ),
        counted="Tables of the delivery and the period they cover",
        limits=(
            "An optional table that was not delivered leaves the tables that need it empty: "
            "that is not a finding of none."
        ),
        pick=section_rows.whole_tables,
        picked="tables as a whole; the Parquet file has them by month",
        columns=(
            "source_dataset",
            "table_name",
            "is_delivered",
            "is_required",
            "coverage_from",
            "coverage_to",
            "numerator",
            "absence_reason",
        ),
        headings={
            "source_dataset": "Source",
            "table_name": "Table",
            "numerator": "Usable rows",
            "absence_reason": "Why empty",
        },
    ),
    Section(
        name="ledger",
        title="Where every row went",
        table="rpt_row_ledger",
        about=(
            "The denominator is delivered rows. Each is in exactly one place: staged, quarantined "
            "with a reason, removed as an exact duplicate, "
            "or replaced by a supplement after it was quarantined."
        ),
        counted="Rows by where they went",
        limits="Which rows were never recorded, or never extracted, leaves no trace here.",
        pick=lambda frame: frame.sort("source_dataset", "table_name"),
        columns=(
            "source_dataset",
            "table_name",
            "delivered",
            "staged",
            "quarantined",
            "duplicates_removed",
            "replaced",
            "soft_deleted",
            "with_person",
            "is_balanced",
        ),
        headings={"source_dataset": "Source", "table_name": "Table"},
    ),
    Section(
        name="disclosure",
        title="What was suppressed",
        table="rpt_disclosure_audit",
        about=(
            "For each aggregate table, how many cells it has and how many of them are suppressed."
        ),
        counted="Cells and suppressed cells",
        limits=(
            "This page and the tables named rpt are disclosure controlled. The other tables of the "
            "release have a row a person, case or event: "
            "they are de-identified, not anonymous, and stay in the secure setting."
        ),
        pick=section_rows.first_of_each_report,
        picked="one row a report; the Parquet file has them by rule",
        columns=("report_table", "cells", "suppressed_cells", "threshold", "rounding_base"),
        headings={"report_table": "Report"},
    ),
)
