"""Crown Court cases as XHIBIT has them.

Belongs here: rows of `crown_court.defendants`. Does not belong here: what truly happened in court.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from data_contracts import crown_court
from pipeline.synthetic import key_ranges
from pipeline.synthetic.calendar import NEVER, WINDOWS, Days, cut_after, to_dates, year_of
from pipeline.synthetic.code_lists import pick_text, read_courts, read_offences
from pipeline.synthetic.corruption.identity_errors import PROFILES
from pipeline.synthetic.extracts import companies, records
from pipeline.synthetic.lives.sentencing import (
    COMMUNITY,
    CONDITIONAL,
    DETERMINATE,
    EXTENDED,
    FINE,
    SUSPENDED,
    TRAINING,
    disposal_codes,
)
from pipeline.synthetic.partitions import LITTLE_ROOM, Town
from pipeline.synthetic.population.people import People
from pipeline.synthetic.random_draws import Bools, Texts, draw_chance, open_stream

FIRST, LAST = WINDOWS["crown_court"]
APPEAL_SHARE = 0.011
"""Of convictions by magistrates, how many are appealed."""
OBSOLETE_SHARE = 0.012
AMENDED_SHARE = 0.4
"""Of obsolete rows, how many hold an earlier result that was amended; the others hold none."""
COMPANY_SHARE = 0.004
MASKED_SHARE = 0.004
MASK = "WITHHELD"
MASKED = ("first_name", "middle_name", "surname")


def extract_crown_court(
    town: Town, cases: pl.DataFrame, people: People, *, errors: bool
) -> pl.DataFrame:
    """Rows of `crown_court.defendants`, with `_person` and `_case`.

    `_case` is -1 for rows that are not a first trial or sentence.
    """
    rng = open_stream(town, "extract crown court")
    tried = _in_window(cases.filter(pl.col("crown")).with_columns(appeal=pl.lit(False)))
    held = pl.concat([tried, _appeals(rng, cases)], how="vertical")
    rows = _rows(rng, town, held, people, errors=errors)
    rows = pl.concat([rows, _companies(rng, town, rows, people), _obsolete(rng, town, rows)]).sort(
        "defendant_on_case_id"
    )
    rows = companies.mistake_companies(rng, rows, errors=errors)
    masked = pl.Series(draw_chance(rng, MASKED_SHARE if errors else 0.0, len(rows)))
    rows = rows.with_columns(
        *[pl.when(masked).then(pl.lit(MASK)).otherwise(name).alias(name) for name in MASKED],
        is_masked=masked,
    )
    return records.shape_frame(rows, crown_court.Defendants)


def _in_window(cases: pl.DataFrame) -> pl.DataFrame:
    return cases.filter(pl.col("receipt_date").is_between(FIRST, LAST))


def _appeals(rng: np.random.Generator, cases: pl.DataFrame) -> pl.DataFrame:
    """Appeals against magistrates: heard again, not sentenced again."""
    from_magistrates = cases.filter(pl.col("convicted") & ~pl.col("crown"))
    part = from_magistrates.filter(pl.Series(draw_chance(rng, APPEAL_SHARE, len(from_magistrates))))
    receipt = part["sentence_date"].to_numpy() + rng.integers(10, 35, len(part))
    main = receipt + rng.integers(20, 90, len(part))
    return _in_window(
        part.with_columns(
            appeal=pl.lit(True),
            receipt_date=receipt,
            main_hearing_date=main,
            earliest_sentence=main,
        )
    )


def _rows(
    rng: np.random.Generator,
    town: Town,
    held: pl.DataFrame,
    people: People,
    *,
    errors: bool,
) -> pl.DataFrame:
    person, appeal = held["person"].to_numpy(), held["appeal"].to_numpy()
    receipt, joint, case = (
        held["receipt_date"].to_numpy(),
        held["joint"].to_numpy(),
        held["case"].to_numpy(),
    )
    seen = records.record_sightings(
        rng, people, person, receipt, PROFILES["crown_court"], errors=errors
    )
    letter = np.where(appeal, "A", np.where(held["committed"].to_numpy(), "S", "T"))
    size, heard_again = len(held), appeal.astype(np.int64)
    number = key_ranges.CROWN_NUMBER.references(joint)
    offence = held["offence"].to_numpy()
    identity = pl.DataFrame(
        {
            "defendant_on_case_id": key_ranges.CROWN_DEFENDANT.keys(town, case, heard_again),
            "case_id": key_ranges.CROWN_CASE.references(joint, heard_again),
            "case_number": _case_numbers(letter, receipt, number),
            "asn": records.hide_values(
                records.make_asn(case, held["charge_date"].to_numpy()),
                draw_chance(rng, 0.06 if errors else 0.0, size),
            ),
            "first_name": seen["forename"],
            "middle_name": seen["middle"],
            "surname": seen["surname"],
            "date_of_birth": seen["born"],
            "postcode": seen["postcode"],
            "pnc_id": seen["pnc"],
            "cro_number": seen["cro"],
            "lsoa_residence": seen["lsoa"],
            "gender": np.where(
                draw_chance(rng, 0.01, size), 9 * (case % 2), np.where(people.female[person], 2, 1)
            ),
            "ethnicity_self_defined": records.record_ethnicity(rng, people, person, 0.15),
            "ethnic_appearance_code": records.record_appearance(rng, people, person),
            "age_at_receipt": records.age_on(people, person, receipt),
            "is_company": np.zeros(size, dtype=np.bool_),
            "is_juvenile": held["age"].to_numpy() < 18,
            "case_type": letter,
            "court_code": read_courts("crown").codes.gather(held["crown_court"].to_numpy()),
            "ref_court_code": read_courts("magistrates").codes.gather(
                held["magistrates_court"].to_numpy()
            ),
            "mag_court_first_hearing_date": to_dates(held["first_hearing_date"].to_numpy()),
            "receipt_date": to_dates(receipt),
            "date_of_committal": to_dates(np.where(appeal, NEVER, held["sent_date"].to_numpy())),
            "first_main_hearing_date": to_dates(
                cut_after(held["main_hearing_date"].to_numpy(), LAST)
            ),
            "offence_code": read_offences().code.gather(offence),
            "offence_date": to_dates(held["offence_date"].to_numpy()),
            "offence_count": 1 + case % 5,
            "obs_ind": np.zeros(size, dtype=np.bool_),
            "_person": seen["_person"],
            "_errors": seen["_errors"],
            "_circumstances": seen["_circumstances"],
            "_case": np.where(appeal, -1, case),
        }
    )
    return pl.concat([identity, _course(rng, held, appeal)], how="horizontal")


def _case_numbers(letter: Texts, receipt: Days, number: pl.Series) -> pl.Series:
    """Letter, year and a number, such as T20150012; co-defendants share it."""
    held = pl.DataFrame({"l": letter, "y": year_of(receipt), "n": number})
    return held.select(pl.format("{}{}{}", "l", "y", "n")).to_series()


def _course(rng: np.random.Generator, held: pl.DataFrame, appeal: Bools) -> pl.DataFrame:
    """Plea, verdict and sentence, as far as they had come by the end of the window."""
    size, convicted = len(held), held["convicted"].to_numpy() & ~appeal
    verdict = cut_after(
        np.where(appeal, held["main_hearing_date"].to_numpy(), held["verdict_date"].to_numpy()),
        LAST,
    )
    sentence = cut_after(np.where(convicted, held["sentence_date"].to_numpy(), NEVER), LAST)
    completion = np.where(convicted, sentence, verdict)
    done, sentenced = completion < NEVER, sentence < NEVER
    guilty = held["plea_guilty"].to_numpy()
    disposal = np.where(sentenced, held["disposal"].to_numpy(), -1)
    found = np.where(convicted, "G", "NG")
    custody = np.isin(disposal, (EXTENDED, DETERMINATE, TRAINING, SUSPENDED))
    pleaded = (verdict < NEVER) & ~appeal & ~draw_chance(rng, 0.04, size)
    return pl.DataFrame(
        {
            "completion_date": to_dates(completion),
            "plea_code": records.keep_known(np.where(guilty, "G", "NG"), pleaded),
            "guilty_plea_all": records.keep_known(guilty, pleaded),
            "verdict_code": records.keep_known(found, (verdict < NEVER) & ~appeal),
            "remand_status": np.where(
                held["remanded"].to_numpy() & ~appeal,
                "PB",
                np.where(draw_chance(rng, 0.6, size), "CB", "UB"),
            ),
            "conviction_date": to_dates(np.where(convicted, verdict, NEVER)),
            "sentence_date": to_dates(sentence),
            "disposal_code": pick_text(
                disposal_codes(rng, held), np.where(sentenced, np.arange(size), -1)
            ),
            "custodial_period_days": records.keep_known(held["term_days"].to_numpy(), custody),
            "licence_extension_days": records.keep_known(
                held["extension_days"].to_numpy(), disposal == EXTENDED
            ),
            "order_length_days": records.keep_known(
                held["order_days"].to_numpy(),
                np.isin(disposal, (SUSPENDED, COMMUNITY, CONDITIONAL)),
            ),
            "fine_amount": records.keep_known(held["fine"].to_numpy(), disposal == FINE),
            "appeal_result_code": records.keep_known(
                np.array(["AD", "AA", "AV", "AB"])[rng.integers(0, 4, size)], appeal & done
            ),
            "psr_ordered": records.keep_known(
                held["report_asked"].to_numpy() & (held["report_requested"].to_numpy() <= LAST),
                (verdict < NEVER) & ~appeal,
            ),
        }
    )


def _companies(
    rng: np.random.Generator, town: Town, rows: pl.DataFrame, people: People
) -> pl.DataFrame:
    """Defendants that are companies: fined or not, in rows and cases of their own."""
    plain = rows.filter(
        ~pl.col("disposal_code").is_in(companies.NOT_FOR_COMPANIES).fill_null(False)
        & pl.col("custodial_period_days").is_null()
        & (pl.col("case_type") == "T")
    )
    part = plain.filter(
        pl.Series(
            draw_chance(rng, min(COMPANY_SHARE * len(rows) / max(len(plain), 1), 1.0), len(plain))
        )
    )
    number = town.numbers(len(part), LITTLE_ROOM)
    nobody = (
        "first_name",
        "middle_name",
        "date_of_birth",
        "pnc_id",
        "cro_number",
        "asn",
        "age_at_receipt",
    )
    ethnic = ("ethnicity_self_defined", "ethnic_appearance_code")
    return part.with_columns(
        *[
            pl.lit(None, dtype=part[name].dtype).alias(name)
            for name in (*nobody, *ethnic, "order_length_days")
        ],
        defendant_on_case_id=key_ranges.CROWN_COMPANY_DEFENDANT.keys(town, number),
        case_id=key_ranges.CROWN_COMPANY_CASE.keys(town, number),
        case_number=_case_numbers(
            part["case_type"].to_numpy(),
            part["receipt_date"].to_physical().to_numpy(),
            key_ranges.CROWN_COMPANY_NUMBER.keys(town, number),
        ),
        surname=companies.make_names(rng, people.surname, len(part)),
        gender=pl.lit(0, dtype=pl.Int64),
        is_company=pl.lit(True),
        is_juvenile=pl.lit(False),
        remand_status=pl.lit("NA"),
        _person=key_ranges.CROWN_COMPANY.keys(town, number),
        _errors=pl.lit(0, dtype=pl.Int64),
        _circumstances=pl.lit(0, dtype=pl.Int64),
        _case=pl.lit(-1, dtype=pl.Int64),
    )


def _obsolete(rng: np.random.Generator, town: Town, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows that were replaced: the same case under an older key.

    Such a row has no end of the case, or has one that was amended.
    """
    part = rows.filter(pl.Series(draw_chance(rng, OBSOLETE_SHARE, len(rows))))
    ended = (
        "completion_date",
        "conviction_date",
        "sentence_date",
        "disposal_code",
        "custodial_period_days",
        "licence_extension_days",
        "order_length_days",
        "fine_amount",
        "verdict_code",
    )
    amended = pl.Series(draw_chance(rng, AMENDED_SHARE, len(part)))
    longer = pl.col("custodial_period_days").cast(pl.Int64) * 5 // 4 + 1
    return part.with_columns(
        fine_amount=pl.col("fine_amount") * 2,
        custodial_period_days=longer,
        order_length_days=pl.col("order_length_days") * 2,
    ).with_columns(
        *[pl.when(amended).then(pl.col(name)).alias(name) for name in ended],
        obs_ind=pl.lit(True),
        defendant_on_case_id=key_ranges.OBSOLETE_DEFENDANT.new(town, len(part)),
        _case=pl.lit(-1, dtype=pl.Int64),
    )
