"""Times in prison as NOMIS has them: journeys, movements, and support taken up inside.

Belongs here: rows of the prison tables. Does not belong here: why someone was held (custody,
recall).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from data_contracts import prison
from pipeline.synthetic import key_ranges
from pipeline.synthetic.calendar import NEVER, SENTENCING_CODE, to_dates
from pipeline.synthetic.code_lists import read_offences, read_prisons
from pipeline.synthetic.corruption.identity_errors import PROFILES
from pipeline.synthetic.extracts import records
from pipeline.synthetic.extracts.prison_spells import FIRST, LAST, sentence_status
from pipeline.synthetic.lives.custody import ReleaseKind
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.partitions import LITTLE_ROOM, Town
from pipeline.synthetic.population.people import People
from pipeline.synthetic.population.police_numbers import second_prison_numbers
from pipeline.synthetic.random_draws import Bools, Ints, draw_chance, open_stream

SPLIT_SHARE, JOINED_SHARE = 0.03, 0.004
"""Journeys under another offender id than the person's, and under somebody else's."""
OVERRIDE_SHARE = 0.08
MERGED_SHARE = 0.004
OTHER_HOLDS_SHARE = 0.039
"""Fine defaulters, contempt and immigration detention, as a share of journeys."""
OTHER_HOLDS = (("A_FINE", 0.5), ("CIVIL_CON", 0.15), ("DET", 0.35))


def extract_journeys(
    town: Town, lives: Lives, held: pl.DataFrame, people: People, *, errors: bool
) -> pl.DataFrame:
    """Rows of `prison.custodial_journeys`, with `_person`, `_last_case` and `_last_cycle`."""
    rng = open_stream(town, "extract prison")
    whole = _whole(held).filter(pl.col("start").is_between(FIRST, LAST))
    size, person, journey = len(whole), whole["person"].to_numpy(), whole["journey"].to_numpy()
    seen = records.record_sightings(
        rng, people, person, whole["start"].to_numpy(), PROFILES["prison"], errors=errors
    )
    end, sentenced = (
        whole["end"].to_numpy(),
        whole["is_sentence"].to_numpy() & (whole["sentence_date"].to_numpy() <= LAST),
    )
    died = (whole["reason"] == "DEC").to_numpy()
    status = np.where(
        sentenced,
        np.where(
            whole["cycle"].to_numpy() > 0,
            whole["reception_last"].to_numpy(),
            sentence_status(whole),
        ),
        whole["reception"].to_numpy(),
    )
    sex = np.where(draw_chance(rng, 0.004, size), "NK", np.where(people.female[person], "F", "M"))
    race = records.record_ethnicity(rng, people, person, 0.02)
    rows = pl.DataFrame(
        {
            "custodial_journey_id": key_ranges.JOURNEY.keys(town, journey),
            **_numbers(rng, people, person, seen["prison_number"], errors=errors),
            "offender_book_id": key_ranges.BOOKING.keys(town, journey),
            "first_name": seen["forename"],
            "middle_name": seen["middle"],
            "last_name": seen["surname"],
            "aliases": seen["aliases"],
            "birth_date": seen["born"],
            "postcode": seen["postcode"],
            "pnc_number": seen["pnc"],
            "cro_number": seen["cro"],
            "sex_code": sex,
            "race_code": records.hide_values(race, draw_chance(rng, 0.004, size), "MERGE"),
            "booking_begin_date": to_dates(whole["start"].to_numpy()),
            "booking_end_date": to_dates(end),
            "agy_loc_id": read_prisons().codes.gather(whole["prison"].to_numpy()),
            "release_agy_loc_id": records.keep_known(
                read_prisons().codes.gather(whole["release_prison"].to_numpy()), end < NEVER
            ),
            "youth_adult_code": np.where(whole["age"].to_numpy() < 21, "Y", "A"),
            "reception_imprisonment_status": whole["reception"],
            "imprisonment_status": status,
            "offence_code": read_offences().code.gather(whole["offence"].to_numpy()),
            "offence_date": to_dates(whole["offence_date"].to_numpy()),
            "release_date": to_dates(np.where(died, NEVER, end)),
            "movement_reason_code": records.keep_known(whole["reason"], end < NEVER),
            "_person": seen["_person"],
            "_errors": seen["_errors"],
            "_circumstances": seen["_circumstances"],
            "_last_case": np.where(sentenced & (end < NEVER) & ~died, whole["case"].to_numpy(), -1),
            "_last_cycle": whole["cycle"],
        }
    )
    rows = pl.concat([rows, _dates(rng, whole, sentenced)], how="horizontal")
    rows = pl.concat(
        [rows, _others(rng, rows, lives, people), _merged(rng, town, rows)], how="vertical"
    )
    return records.shape_frame(rows.sort("custodial_journey_id"), prison.CustodialJourneys)


def _whole(held: pl.DataFrame) -> pl.DataFrame:
    """Connected spells as one journey.

    It has the facts of its last sentence and the status of its first reception.
    """
    first = (
        held.group_by("journey", maintain_order=True)
        .first()
        .select("journey", "person", "start", "reception", "age", "prison")
    )
    last = (
        held.group_by("journey", maintain_order=True)
        .last()
        .drop("person", "start", "reception", "age", "prison")
    )
    ending = (
        held.group_by("journey", maintain_order=True)
        .last()
        .select("journey", pl.col("reception").alias("reception_last"))
    )
    return first.join(last, on="journey", maintain_order="left").join(
        ending, on="journey", maintain_order="left"
    )


def _numbers(
    rng: np.random.Generator, people: People, person: Ints, own: pl.Series, *, errors: bool
) -> dict[str, pl.Series]:
    """The source's own grouping of terms, and the prison numbers.

    The grouping misses some terms and joins others. A term that it misses also has a new prison
    number.
    """
    size = len(person)
    rate = 1.0 if errors else 0.0
    split = draw_chance(rng, SPLIT_SHARE * rate, size)
    joined = draw_chance(rng, JOINED_SHARE * rate, size)
    shown = np.where(joined, rng.permutation(person), person)
    grouped = key_ranges.PRISONER.references(people.numbers(shown))
    apart = key_ranges.SPLIT_PRISONER.new(people.town, size)
    again = second_prison_numbers(people.town, size)
    held = {"split": split, "grouped": grouped, "apart": apart, "own": own, "again": again}
    numbers = pl.DataFrame(held)
    return {
        "offender_id": numbers.select(
            pl.when("split").then("apart").otherwise("grouped")
        ).to_series(),
        "offender_id_display": numbers.select(
            pl.when("split").then("again").otherwise("own")
        ).to_series(),
    }


def _dates(rng: np.random.Generator, whole: pl.DataFrame, sentenced: Bools) -> pl.DataFrame:
    """Sentence and release dates.

    Where there is an override, it is the right day, and the calculated day is wrong by a few days.
    """
    size = len(whole)
    finite = sentenced & (whole["indeterminate"].to_numpy() == 0)
    wrong = draw_chance(rng, OVERRIDE_SHARE, size) & finite
    slip = np.where(wrong, rng.integers(1, 15, size), 0)

    def shown(column: str, where: Bools) -> Ints:
        return np.where(where, whole[column].to_numpy(), NEVER)

    crd, sed = shown("crd", finite), shown("sed", finite)
    led = np.where(
        finite & (whole["licence_end"].to_numpy() > 0), whole["licence_end"].to_numpy(), NEVER
    )
    calc = pl.Series(["LIFE", "IPP", "EDS", "ADIMP", "DTO"]).gather(
        np.clip(whole["disposal"].to_numpy(), 0, 4)
    )
    status = pl.Series(sentence_status(whole))
    better = pl.select(
        pl.when(status.is_in(["ADIMP_ORA", "YOI", "YOI_ORA", "DTO_ORA", "SEC236A"]))
        .then(status)
        .otherwise(calc)
    ).to_series()
    return pl.DataFrame(
        {
            "sentence_start_date": to_dates(shown("sentence_date", sentenced)),
            "aggregate_term_days": records.keep_known(whole["term"].to_numpy(), finite),
            "sentence_calc_type": records.keep_known(better, sentenced),
            "sentence_category": records.keep_known(
                np.where(whole["sentence_date"].to_numpy() >= SENTENCING_CODE, "2020", "2003"),
                sentenced,
            ),
            "crd_calculated_date": to_dates(np.where(crd < NEVER, crd + slip, NEVER)),
            "crd_overrided_date": to_dates(np.where(wrong, crd, NEVER)),
            "hdcad_calculated_date": to_dates(
                np.where(
                    (whole["release_kind"].to_numpy() == ReleaseKind.HDC)
                    & (whole["cycle"].to_numpy() == 0)
                    & finite,
                    whole["end"].to_numpy(),
                    NEVER,
                )
            ),
            "led_calculated_date": to_dates(np.where(led < NEVER, led + slip, NEVER)),
            "led_overrided_date": to_dates(np.where(wrong, led, NEVER)),
            "sed_calculated_date": to_dates(np.where(sed < NEVER, sed + slip, NEVER)),
            "sed_overrided_date": to_dates(np.where(wrong, sed, NEVER)),
            "tused_calculated_date": to_dates(
                np.where(
                    finite & (whole["pss_end"].to_numpy() > 0), whole["pss_end"].to_numpy(), NEVER
                )
            ),
        }
    )


SENTENCE_COLUMNS = (
    "sentence_start_date",
    "aggregate_term_days",
    "sentence_calc_type",
    "sentence_category",
    "crd_calculated_date",
    "crd_overrided_date",
    "hdcad_calculated_date",
    "led_calculated_date",
    "led_overrided_date",
    "sed_calculated_date",
    "sed_overrided_date",
    "tused_calculated_date",
)


def _others(
    rng: np.random.Generator, rows: pl.DataFrame, lives: Lives, people: People
) -> pl.DataFrame:
    """Short times in prison for something other than a sentence or remand.

    They are of people who are never in prison otherwise.
    """
    size = int(len(rows) * OTHER_HOLDS_SHARE)
    free = np.setdiff1d(
        lives.cases["person"].unique().to_numpy(), lives.custody["person"].to_numpy()
    )
    free = free[people.died[free] > FIRST + 60]
    person = rng.choice(free, min(size, len(free)), replace=False)
    size = len(person)
    part = rows[rng.integers(0, len(rows), size)]
    start = np.minimum(rng.integers(FIRST, LAST - 40, size), people.died[person] - 60)
    end = start + rng.integers(3, 35, size)
    seen = records.record_sightings(rng, people, person, start, PROFILES["prison"], errors=False)
    status = pl.Series([name for name, _ in OTHER_HOLDS]).gather(
        np.searchsorted(np.cumsum([share for _, share in OTHER_HOLDS]), rng.random(size))
    )
    number = people.town.numbers(size, LITTLE_ROOM)
    return part.with_columns(
        *[
            pl.lit(None, dtype=part[name].dtype).alias(name)
            for name in (*SENTENCE_COLUMNS, "offence_code", "offence_date")
        ],
        custodial_journey_id=key_ranges.OTHER_JOURNEY.keys(people.town, number),
        offender_book_id=key_ranges.OTHER_BOOKING.keys(people.town, number),
        offender_id=key_ranges.PRISONER.references(people.numbers(person)),
        offender_id_display=seen["prison_number"],
        first_name=seen["forename"],
        middle_name=seen["middle"],
        last_name=seen["surname"],
        aliases=seen["aliases"],
        birth_date=seen["born"],
        postcode=seen["postcode"],
        pnc_number=seen["pnc"],
        cro_number=seen["cro"],
        sex_code=pl.Series(np.where(people.female[person], "F", "M")),
        race_code=records.record_ethnicity(rng, people, person, 0.02),
        booking_begin_date=to_dates(start),
        booking_end_date=to_dates(end),
        release_agy_loc_id=pl.col("agy_loc_id"),
        youth_adult_code=pl.lit("A"),
        reception_imprisonment_status=status,
        imprisonment_status=status,
        release_date=to_dates(end),
        movement_reason_code=pl.when(status == "A_FINE")
        .then(pl.lit("PF"))
        .when(status == "DET")
        .then(pl.lit("BD"))
        .otherwise(pl.lit("SC")),
        _person=seen["_person"],
        _errors=seen["_errors"],
        _circumstances=seen["_circumstances"],
        _last_case=pl.lit(-1, pl.Int64),
        _last_cycle=pl.lit(0, pl.Int64),
    )


def _merged(rng: np.random.Generator, town: Town, rows: pl.DataFrame) -> pl.DataFrame:
    """Records merged into another: a second row of a remand.

    It is closed by an administrative release that never took place.
    """
    part = rows.filter(
        pl.col("sentence_start_date").is_null() & pl.col("booking_end_date").is_not_null()
    )
    part = part.filter(
        pl.Series(
            draw_chance(rng, min(MERGED_SHARE * len(rows) / max(len(part), 1), 1.0), len(part))
        )
    )
    number = town.numbers(len(part), LITTLE_ROOM)
    return part.with_columns(
        custodial_journey_id=key_ranges.MERGED_JOURNEY.keys(town, number),
        offender_book_id=key_ranges.MERGED_BOOKING.keys(town, number),
        booking_end_date="booking_begin_date",
        release_date="booking_begin_date",
        movement_reason_code=pl.lit("MRG"),
        _last_case=pl.lit(-1, pl.Int64),
    )
