"""Requirements, licence conditions, supervision requirements and reports as nDelius has them.

Belongs here: rows of those four tables. Does not belong here: events (probation), releases and
recalls (probation_custody).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from data_contracts import probation
from pipeline.synthetic import key_ranges
from pipeline.synthetic.calendar import NEVER, WINDOWS, cut_after, to_dates
from pipeline.synthetic.code_lists import read_courts, read_list
from pipeline.synthetic.extracts import records
from pipeline.synthetic.extracts.probation import pick_provider
from pipeline.synthetic.lives.pre_sentence_reports import PROPOSALS
from pipeline.synthetic.lives.supervision import (
    CATEGORIES,
    CATEGORY_SHARES,
    OUTCOMES,
    UNITS,
    OrderEnd,
)
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.partitions import Town
from pipeline.synthetic.random_draws import (
    draw_chance,
    draw_places,
    open_stream,
    repeat_index,
    whole_days,
)

FIRST, LAST = WINDOWS["probation"]
UNKNOWN_START_SHARE = 0.2
DELETED_SHARE = 0.006
REPORT_CODES = ("CJO", "CJF", "CJS", "PSR")
PROPOSAL_TEXTS = {
    "community_order": "Community Order",
    "suspended_sentence": "Suspended Sentence Order",
    "determinate_custody": "Custody",
    "fine": "Fine",
    "conditional_discharge": "Conditional Discharge",
    "none": "No Specific Proposal",
}
WHY_OTHERWISE = (
    "Complexity identified",
    "Time constraints",
    "Sentencer request",
    "Risk of serious harm",
)
OTHER_REPORTS = ("PSA", "BRE")


def extract_requirements(town: Town, held: pl.DataFrame, required: pl.DataFrame) -> pl.DataFrame:
    """Rows of `probation.requirements`."""
    rng = open_stream(town, "extract requirements")
    part = required.join(
        held.filter(pl.col("sentence_date") <= LAST).select("case", "region"),
        on="case",
        how="inner",
        maintain_order="left",
    )
    size, category = len(part), part["category"].to_numpy()
    ended = cut_after(part["ended"].to_numpy(), LAST)
    begun = np.where(
        draw_chance(rng, UNKNOWN_START_SHARE, size),
        NEVER,
        cut_after(part["begun"].to_numpy(), LAST),
    )
    outcome = part["outcome"].to_numpy()
    bad = np.where(outcome >= OrderEnd.REVOKED_BREACH, outcome, OrderEnd.EXPIRED)
    named = [
        "Requirement Completed",
        "Expired (Normal)",
        "Completed - early good progress",
        *OUTCOMES[OrderEnd.REVOKED_BREACH :],
        "Terminated - death",
    ]
    place = np.where(
        part["died"].to_numpy() & ~part["done"].to_numpy(),
        6,
        np.where(part["done"].to_numpy(), 0, bad),
    )
    rows = pl.DataFrame(
        {
            "rqmnt_id": key_ranges.REQUIREMENT.new(town, size),
            "event_id_hash": key_ranges.EVENT.references(part["case"].to_numpy()),
            "rqmnt_type_main_category_code": pl.Series(CATEGORIES).gather(category),
            "rqmnt_type_sub_category_desc": pl.Series([None, "Regular", "Intensive"]).gather(
                rng.integers(0, 3, size)
            ),
            "rqmnt_start_date": to_dates(part["imposed"].to_numpy()),
            "rqmnt_commencement_date": to_dates(begun),
            "rqmnt_termination_date": to_dates(ended),
            "rqmnt_termination_reason_desc": records.keep_known(
                pl.Series(named).gather(place), ended < NEVER
            ),
            "length": part["length"],
            "rqmnt_type_main_units_code": pl.Series(UNITS).gather(category),
            "probation_area_desc": pick_provider(
                rng,
                part["region"].to_numpy(),
                part["imposed"].to_numpy(),
                np.zeros(size, dtype=np.bool_),
            ),
            "soft_deleted": np.zeros(size, dtype=np.bool_),
        }
    )
    return records.shape_frame(with_deleted(rng, rows, "rqmnt_id"), probation.Requirements)


def with_deleted(rng: np.random.Generator, rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """The rows, and copies of some that the source had deleted but still delivers."""
    part = rows.filter(pl.Series(draw_chance(rng, DELETED_SHARE, len(rows))))
    part = part.with_columns(pl.format("{}D", key).alias(key), soft_deleted=pl.lit(True))
    return pl.concat([rows, part]).sort(key)


def licence_conditions(town: Town, held: pl.DataFrame, lives: Lives) -> pl.DataFrame:
    """Rows of `probation.licence_conditions`: some for each first release on licence."""
    rng = open_stream(town, "extract licence conditions")
    first = lives.releases.filter(
        (pl.col("cycle") == 0) & pl.col("on_licence") & (pl.col("release_date") <= LAST)
    ).select("case", "release_date")
    part = held.select("case").join(first, on="case", how="inner", maintain_order="left")
    part = part.join(
        lives.custody.select("case", "licence_end", "under_12_months"),
        on="case",
        maintain_order="left",
    )
    part = part.join(
        lives.recalls.group_by("case").agg(pl.col("revocation_date").min()),
        on="case",
        how="left",
        maintain_order="left",
    )
    source, _ = repeat_index(rng.poisson(np.where(part["under_12_months"].to_numpy(), 0.5, 1.9)))
    part, size = part[source], len(source)
    listed = read_list("licence_condition_categories")["code"]
    recalled = part["revocation_date"].fill_null(NEVER).to_numpy()
    ended = cut_after(np.minimum(part["licence_end"].to_numpy(), recalled), LAST)
    begun = part["release_date"].to_numpy() + rng.integers(0, 10, size)
    rows = pl.DataFrame(
        {
            "lic_condition_id": key_ranges.LICENCE_CONDITION.new(town, size),
            "event_id_hash": key_ranges.EVENT.references(part["case"].to_numpy()),
            "lic_cond_type_main_cat_desc": listed.gather(
                draw_places(rng, [1.0 / (1 + place) ** 0.4 for place in range(len(listed))], size)
            ),
            "start_date": to_dates(part["release_date"].to_numpy()),
            "commencement_date": to_dates(
                np.where(
                    draw_chance(rng, 0.25, size) | (begun > LAST) | (begun > ended), NEVER, begun
                )
            ),
            "termination_date": to_dates(ended),
            "lic_termination_reason_desc": records.keep_known(
                np.where(
                    recalled <= part["licence_end"].to_numpy(), "Recalled", "Expired (Normal)"
                ),
                ended < NEVER,
            ),
            "soft_deleted": np.zeros(size, dtype=np.bool_),
        }
    )
    return records.shape_frame(
        with_deleted(rng, rows, "lic_condition_id"), probation.LicenceConditions
    )


def pss_requirements(town: Town, held: pl.DataFrame, lives: Lives) -> pl.DataFrame:
    """Rows of `probation.pss_requirements`.

    Everybody under supervision has the standard requirement, and some have others.
    """
    rng = open_stream(town, "extract supervision requirements")
    due = lives.custody.filter(
        (pl.col("pss_end") > 0) & (pl.col("sed") <= LAST) & (pl.col("release_date") <= LAST)
    )
    part = held.select("case").join(
        due.select("case", "sed", "pss_end"), on="case", how="inner", maintain_order="left"
    )
    source, place = repeat_index(1 + rng.binomial(2, 0.15, len(part)))
    part, size = part[source], len(source)
    listed = read_list("pss_requirement_categories")["code"]
    begun, ended = (
        part["sed"].to_numpy() + 1 + rng.integers(0, 20, size),
        cut_after(part["pss_end"].to_numpy(), LAST),
    )
    rows = pl.DataFrame(
        {
            "pss_rqmnt_id": key_ranges.PSS_REQUIREMENT.new(town, size),
            "custody_id": key_ranges.CUSTODY.references(part["case"].to_numpy()),
            "pss_rqmnt_type_main_cat_desc": listed.gather(
                np.where(place == 0, 0, 1 + rng.integers(0, len(listed) - 1, size))
            ),
            "imposed_date": to_dates(part["sed"].to_numpy()),
            "commencement_date": to_dates(
                np.where(
                    draw_chance(rng, 0.3, size) | (begun > np.minimum(ended, LAST)), NEVER, begun
                )
            ),
            "termination_date": to_dates(ended),
            "pss_rqmnt_term_reason_desc": records.keep_known(
                np.full(size, "Expired (Normal)"), ended < NEVER
            ),
            "soft_deleted": np.zeros(size, dtype=np.bool_),
        }
    )
    return records.shape_frame(with_deleted(rng, rows, "pss_rqmnt_id"), probation.PssRequirements)


def court_reports(town: Town, held: pl.DataFrame) -> pl.DataFrame:
    """Rows of `probation.court_reports`, with `_case`.

    They hold the type asked for and the type delivered, with blanks in both, and include addenda
    and breach reports.
    """
    rng = open_stream(town, "extract reports")
    part = held.filter("report_asked")
    size = len(part)
    completed = cut_after(part["report_completed"].to_numpy(), LAST)
    done = completed < NEVER
    codes = pl.Series(REPORT_CODES)
    asked, came = (
        part["type_asked"].to_numpy(),
        np.where(done, part["type_delivered"].to_numpy(), -1),
    )
    proposal = np.where(done & ~draw_chance(rng, 0.12, size), part["proposal"].to_numpy(), -1)
    texts = pl.Series([PROPOSAL_TEXTS[name] for name in PROPOSALS])
    requested = part["report_requested"].to_numpy()
    given = np.minimum(requested + rng.integers(0, 3, size), completed)
    sent = cut_after(np.where(done, completed + (rng.random(size) < 0.2), NEVER), LAST)
    court = pl.select(
        pl.when(part["crown"])
        .then(read_courts("crown").codes.gather(part["crown_court"].to_numpy()))
        .otherwise(read_courts("magistrates").codes.gather(part["magistrates_court"].to_numpy()))
    ).to_series()
    level = np.array(["Low", "Medium", "High", "Very High"])[
        draw_places(rng, (0.3, 0.45, 0.2, 0.05), size)
    ]
    rows = pl.DataFrame(
        {
            "court_report_id": key_ranges.COURT_REPORT.keys(town, part["case"].to_numpy()),
            "event_id_hash": key_ranges.EVENT.references(part["case"].to_numpy()),
            "court_report_type_code": records.keep_known(
                codes.gather(asked), ~draw_chance(rng, 0.015, size)
            ),
            "delivered_court_report_type_code": records.keep_known(
                codes.gather(np.maximum(came, 0)), came >= 0
            ),
            "delivered_report_reason_desc": records.keep_known(
                pl.Series(WHY_OTHERWISE).gather(rng.integers(0, 4, size)),
                (came >= 0) & (came != asked),
            ),
            "date_requested": to_dates(requested),
            "date_required": to_dates(part["report_required"].to_numpy()),
            "allocation_date": to_dates(cut_after(given, LAST)),
            "completed_date": to_dates(completed),
            "sent_to_court_date": to_dates(sent),
            "received_by_court_date": to_dates(sent),
            "required_by_court_code": court,
            "level_of_seriousness_desc": records.keep_known(
                level, done & ~draw_chance(rng, 0.2, size)
            ),
            "proposed_disposal_desc": records.keep_known(
                texts.gather(np.maximum(proposal, 0)), proposal >= 0
            ),
            "proposed_requirement_category_code": records.keep_known(
                pl.Series(CATEGORIES).gather(draw_places(rng, CATEGORY_SHARES, size)),
                (proposal >= 0) & (proposal <= 1),
            ),
            **{
                name: draw_chance(rng, share, size)
                for name, share in (
                    ("punishment", 0.6),
                    ("reduction_of_crime", 0.3),
                    ("reform_and_rehabilitation", 0.65),
                    ("public_protection", 0.25),
                    ("reparation", 0.1),
                )
            },
            "soft_deleted": np.zeros(size, dtype=np.bool_),
            "_case": part["case"],
        }
    )
    rows = pl.concat([rows, _other_reports(rng, rows)])
    deleted = rows.filter(pl.Series(draw_chance(rng, DELETED_SHARE, len(rows)))).with_columns(
        pl.format("{}D", "court_report_id").alias("court_report_id"),
        soft_deleted=pl.lit(True),
        _case=pl.lit(-1, pl.Int64),
    )
    return records.shape_frame(
        pl.concat([rows, deleted]).sort("court_report_id"), probation.CourtReports
    )


def _other_reports(rng: np.random.Generator, rows: pl.DataFrame) -> pl.DataFrame:
    """Addenda and breach reports on the same events: reports, but no pre-sentence reports."""
    part = rows.filter(
        pl.Series(draw_chance(rng, 0.07, len(rows))) & pl.col("completed_date").is_not_null()
    )
    size = len(part)
    day = part["completed_date"].to_physical().to_numpy() + whole_days(rng, 40, 0.6, size)
    later = to_dates(cut_after(day, LAST))
    kind = pl.Series(OTHER_REPORTS).gather(rng.integers(0, len(OTHER_REPORTS), size))
    of_kind = ("court_report_type_code", "delivered_court_report_type_code")
    days = (
        "date_requested",
        "date_required",
        "allocation_date",
        "completed_date",
        "sent_to_court_date",
        "received_by_court_date",
    )
    blank = (
        "delivered_report_reason_desc",
        "proposed_disposal_desc",
        "proposed_requirement_category_code",
    )
    return part.with_columns(
        pl.format("{}B", "court_report_id").alias("court_report_id"),
        *[kind.alias(name) for name in of_kind],
        *[later.alias(name) for name in days],
        *[pl.lit(None, pl.String).alias(name) for name in blank],
        _case=pl.lit(-1, pl.Int64),
    ).filter(pl.col("completed_date").is_not_null())
