"""Magistrates' cases as LIBRA has them.

Belongs here: rows of `magistrates.defendants`. Does not belong here: what truly happened in court.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from data_contracts import magistrates
from pipeline.synthetic import key_ranges
from pipeline.synthetic.calendar import NEVER, PLATFORM, WINDOWS, cut_after, to_dates
from pipeline.synthetic.code_lists import OffenceClass, pick_text, read_courts, read_offences
from pipeline.synthetic.corruption.identity_errors import PROFILES
from pipeline.synthetic.extracts import companies, records
from pipeline.synthetic.lives.sentencing import (
    COMMUNITY,
    CONDITIONAL,
    DETERMINATE,
    FINE,
    SUSPENDED,
    TRAINING,
    disposal_codes,
)
from pipeline.synthetic.partitions import LITTLE_ROOM, Town
from pipeline.synthetic.population.people import People
from pipeline.synthetic.random_draws import Bools, draw_chance, open_stream

COMPANY_SHARE = 0.021
FIRST_REGION = 60
"""With which unique references begin."""
MOVED_BY_YEAR_END = 0.55
"""Share of cases that another system has taken over by the end of 2020."""
FIRST, LAST = WINDOWS["magistrates"]
NOT_CONVICTED = ("2006", "2051", "2004", "2050", "2063")
OTHER_OUTCOMES = ("1040", "2051", "1040", "2063")


def extract_magistrates(
    town: Town, cases: pl.DataFrame, people: People, *, errors: bool
) -> pl.DataFrame:
    """Rows of `magistrates.defendants`, with `_person` and `_case`."""
    rng = open_stream(town, "extract magistrates")
    first = cases["first_hearing_date"].to_numpy()
    moved = draw_chance(
        rng, np.clip((first - PLATFORM) / (LAST - PLATFORM), 0, 1) * MOVED_BY_YEAR_END, len(cases)
    )
    held = cases.filter(pl.Series((first >= FIRST) & (first <= LAST) & ~moved))
    parts = [_identity(rng, held, people, errors=errors), _case(town, held), _course(rng, held)]
    rows = pl.concat(parts, how="horizontal")
    rows = companies.mistake_companies(
        rng, pl.concat([rows, _companies(rng, town, rows, people)]), errors=errors
    )
    return records.shape_frame(rows.sort("case_id", "defendant_id"), magistrates.Defendants)


def _identity(
    rng: np.random.Generator, held: pl.DataFrame, people: People, *, errors: bool
) -> pl.DataFrame:
    person, first = held["person"].to_numpy(), held["first_hearing_date"].to_numpy()
    summary = held["kind_of_offence"].is_in([0, 1, 4]).to_numpy()
    seen = records.record_sightings(
        rng, people, person, first, PROFILES["magistrates"], errors=errors, summary=summary
    )
    sex = np.where(
        draw_chance(rng, 0.012, len(held)), "U", np.where(people.female[person], "F", "M")
    )
    return seen.select(
        "forename",
        pl.col("middle").alias("middle_names"),
        "surname",
        pl.col("born").alias("date_of_birth"),
        "postcode",
        pl.col("pnc").alias("pnc_id"),
        pl.col("cro").alias("cro_number"),
        pl.col("lsoa").alias("lsoa_residence"),
        "_person",
        "_errors",
        "_circumstances",
    ).with_columns(
        gender=pl.Series(sex),
        ethnicity_self_defined=records.record_ethnicity(rng, people, person, 0.24),
        ethnic_appearance_code=records.record_appearance(rng, people, person),
        age_at_first_hearing=pl.Series(records.age_on(people, person, first)),
        is_company=pl.lit(False),
    )


def _case(town: Town, held: pl.DataFrame) -> pl.DataFrame:
    joint, case = held["joint"].to_numpy(), held["case"].to_numpy()
    offence = held["offence"].to_numpy()
    region = (held["region"] + FIRST_REGION).cast(pl.String)
    return pl.DataFrame(
        {
            "case_id": key_ranges.MAGISTRATES_CASE.references(joint),
            "defendant_id": key_ranges.MAGISTRATES_DEFENDANT.keys(town, case),
            "urn": region + key_ranges.URN.references(joint),
            "asn": records.make_asn(case, held["charge_date"].to_numpy()),
            "youth_court": held["youth"],
            "court_code": read_courts("magistrates").codes.gather(
                held["magistrates_court"].to_numpy()
            ),
            "initiation_code": np.where(
                held["summons"].to_numpy(), "S", np.where(case % 5 == 0, "R", "C")
            ),
            "offence_code": read_offences().code.gather(offence),
            "offence_category": read_offences().category.gather(offence),
            "offence_date": to_dates(held["offence_date"].to_numpy()),
            "offence_count": 1 + case % 7 // 3 + case % 11 // 8,
            "charge_date": to_dates(held["charge_date"].to_numpy()),
            "first_hearing_date": to_dates(held["first_hearing_date"].to_numpy()),
            "_case": held["case"],
        }
    )


def _course(rng: np.random.Generator, held: pl.DataFrame) -> pl.DataFrame:
    """Plea, sending, outcome and sentence, as far as they had come by the end of the window."""
    size, crown = len(held), held["crown"].to_numpy()
    committed, convicted = held["committed"].to_numpy(), held["convicted"].to_numpy() & ~crown
    sentence = cut_after(np.where(convicted, held["sentence_date"].to_numpy(), NEVER), LAST)
    sent = cut_after(held["sent_date"].to_numpy(), LAST)
    verdict = cut_after(held["verdict_date"].to_numpy(), LAST)
    completion = np.where(crown, sent, np.where(convicted, sentence, verdict))
    done, sentenced = completion < NEVER, sentence < NEVER
    conviction = np.where(convicted, verdict, np.where(committed, sent, NEVER))
    disposal = np.where(sentenced, held["disposal"].to_numpy(), -1)
    guilty, other = (
        held["plea_guilty"].to_numpy(),
        held["kind_of_offence"].to_numpy() == OffenceClass.OTHER,
    )
    pleaded = done & ~(crown & ~committed) & ~draw_chance(rng, 0.03, size)
    plea = np.where(
        other, "NONE", np.where(guilty, "G", np.where(draw_chance(rng, 0.85, size), "NG", "NONE"))
    )
    return pl.DataFrame(
        {
            "completion_date": to_dates(completion),
            "hearing_count": held["hearings"],
            "plea_code": records.keep_known(plea, pleaded),
            "guilty_plea_all": records.keep_known(guilty, pleaded & ~other),
            "mode_of_trial_code": _mode(held, other),
            "remand_status": _remand(rng, held),
            "conviction_date": to_dates(conviction),
            "sent_to_crown_date": to_dates(sent),
            "crown_referral_code": records.keep_known(
                np.where(committed, "CFS", "SENT"), sent < NEVER
            ),
            "crown_court_code": pick_text(
                read_courts("crown").codes,
                np.where(sent < NEVER, held["crown_court"].to_numpy(), -1),
            ),
            "sentence_date": to_dates(sentence),
            "disposal_code": _outcome(rng, held, sentenced, done, other),
            "custodial_period_days": records.keep_known(
                held["term_days"].to_numpy(), np.isin(disposal, (DETERMINATE, TRAINING, SUSPENDED))
            ),
            "order_length_days": records.keep_known(
                held["order_days"].to_numpy(),
                np.isin(disposal, (SUSPENDED, COMMUNITY, CONDITIONAL)),
            ),
            "fine_amount": records.keep_known(held["fine"].to_numpy(), disposal == FINE),
            "psr_ordered": records.keep_known(
                held["report_asked"].to_numpy()
                & (held["report_requested"].to_numpy() <= LAST)
                & ~crown,
                done & ~draw_chance(rng, 0.02, size),
            ),
        }
    )


def _outcome(
    rng: np.random.Generator, held: pl.DataFrame, sentenced: Bools, done: Bools, other: Bools
) -> pl.Series:
    """Result code: of the sentence, or of an end without one."""
    size, crown = len(held), held["crown"].to_numpy()
    failed = np.array(NOT_CONVICTED)[rng.integers(0, len(NOT_CONVICTED), size)]
    matter = np.array(OTHER_OUTCOMES)[rng.integers(0, len(OTHER_OUTCOMES), size)]
    without = np.where(crown, "4001", np.where(other, matter, failed))
    passed = disposal_codes(rng, held)
    table = pl.DataFrame(
        {
            "s": sentenced,
            "p": passed,
            "w": without,
            "has": done & ~(crown & ~held["committed"].to_numpy()),
        }
    )
    return table.select(pl.when("s").then("p").when("has").then("w")).to_series()


def _mode(held: pl.DataFrame, other: Bools) -> pl.Series:
    kind, crown = held["kind_of_offence"].to_numpy(), held["crown"].to_numpy()
    either = np.where(crown, np.where(held["case"].to_numpy() % 3 == 0, "ETJ", "NOMOT"), "EST")
    return pl.Series(
        np.select(
            [other, kind == OffenceClass.CE, kind == OffenceClass.CI], ["NOMOT", either, "I"], "SUM"
        )
    )


def _remand(rng: np.random.Generator, held: pl.DataFrame) -> pl.Series:
    bail = np.where(
        held["summons"].to_numpy(), "NA", np.where(draw_chance(rng, 0.4, len(held)), "CB", "UB")
    )
    return pl.Series(np.where(held["remanded"].to_numpy(), "PR", bail))


def _companies(
    rng: np.random.Generator, town: Town, rows: pl.DataFrame, people: People
) -> pl.DataFrame:
    """Defendants that are companies, in rows of their own.

    Their cases are summary cases that end in a fine or nothing.
    """
    plain = rows.filter(
        pl.col("offence_category").is_in(["CM", "CS"])
        & pl.col("sent_to_crown_date").is_null()
        & pl.col("custodial_period_days").is_null()
    )
    part = plain.filter(
        pl.Series(draw_chance(rng, COMPANY_SHARE * len(rows) / max(len(plain), 1), len(plain)))
        & ~pl.col("disposal_code").is_in(companies.NOT_FOR_COMPANIES)
    )
    size, number = len(part), town.numbers(len(part), LITTLE_ROOM)
    nobody = (
        "forename",
        "middle_names",
        "date_of_birth",
        "pnc_id",
        "cro_number",
        "ethnicity_self_defined",
        "ethnic_appearance_code",
        "age_at_first_hearing",
    )
    return part.with_columns(
        *[pl.lit(None, dtype=part[name].dtype).alias(name) for name in nobody],
        surname=companies.make_names(rng, people.surname, size),
        gender=pl.lit("U"),
        is_company=pl.lit(True),
        youth_court=pl.lit(False),
        case_id=key_ranges.COMPANY_CASE.keys(town, number),
        defendant_id=key_ranges.COMPANY_DEFENDANT.keys(town, number),
        urn=key_ranges.COMPANY_URN.keys(town, number),
        asn=pl.lit(None, dtype=pl.String),
        remand_status=pl.lit("NA"),
        _person=key_ranges.COMPANY.keys(town, number),
        _errors=pl.lit(0, dtype=pl.Int64),
        _circumstances=pl.lit(0, dtype=pl.Int64),
        _case=pl.lit(-1, dtype=pl.Int64),
    )
