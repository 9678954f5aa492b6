"""The truth of the planted effects.

There is a row for each order, sentence, licence and disposal on which an effect acts, with all that
confounds it.

Belongs here: the tables from which `effects` can be estimated as they were planted. Does not belong
here: the effects and sizes (effects).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from pipeline.synthetic import key_ranges
from pipeline.synthetic.calendar import NEVER, WINDOWS, WORLD_TO, YEAR_DAYS, to_dates
from pipeline.synthetic.code_lists import CLASSES, REGIONS
from pipeline.synthetic.extracts import probation, records
from pipeline.synthetic.lives import licence, supervision
from pipeline.synthetic.lives.careers import CAREERS, DAYS_TO_COURT, YEAR_AFTER
from pipeline.synthetic.lives.custody import ReleaseKind
from pipeline.synthetic.lives.pre_sentence_reports import TYPES
from pipeline.synthetic.lives.sentencing import (
    COMMUNITY,
    CUSTODIAL,
    DETERMINATE,
    DISPOSALS,
    MAX_PRIOR,
    SUSPENDED,
)
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.population.people import GROUPS, People
from pipeline.synthetic.random_draws import Bools, Ints

Tables = Mapping[tuple[str, str], pl.DataFrame]
LENGTHS = (
    "up to 29 days",
    "30 to 89 days",
    "90 to 179 days",
    "180 to 364 days",
    "365 days and more",
)
ADULT = 18
README = (
    "\n"
    "## Effects\n"
    "\n"
    "| file | a row is |\n"
    "|---|---|\n"
    "| `orders.parquet` | a community or suspended order of an adult that death did not end |\n"
    "| `custody_decisions.parquet` | a sentence by a court free to pass custody or not, "
    "on a person who was not serving custody already |\n"
    "| `licences.parquet` | a first licence that ended while the world lasts, "
    "of a person who outlived it |\n"
    "| `index_disposals.parquet` | a community order or custody of under twelve months, "
    "with an undisturbed year after it |\n"
    "\n"
    "A row of `effects.parquet` names the table of `units`, "
    "a `regression` on it as a formula (binomial family for log odds, Poisson family for a\n"
    "log risk ratio, errors clustered by `true_person_id`), "
    "and the `term` to compare with `size`. In the tables exposures and outcomes are 1 and\n"
    "0, null where one could not be seen; rows with nulls fall out. "
    "Without the confounders most contrasts are wrong, as they are in records.\n"
    "\n"
    "- `earlier_convictions` is what acted: convictions of the career so far, at most fifteen, "
    "with those that time in prison averted.\n"
    "- `case_log_odds` is what the case weighs for custody: "
    "offence, court, remand, age, law of the day, report and proposal, whether the last\n"
    "  offence that ended in conviction lies less than a year back, and the record.\n"
    "  `case_log_odds_no_order` is the same without the record, "
    "against sentences without any supervision (`custody_or_no_order`).\n"
    "- `started_late` is more than 14 days from the order to the start of the first requirement; "
    "the order was not revoked before that start.\n"
    "- `officer_changed` is a change of officer in the first 30 days of the licence, "
    "before any recall; probation's allocations show it, and no\n"
    "  other change in those days. `supported` is an intervention completed before release; "
    "the prison's interventions show it.\n"
    "- `recalled` leaves out recalls of people held on a new charge who were due for none. "
    "One due later comes when they are held.\n"
    "- `career_log_risk` is the log of the chance that the career alone brings an offence within "
    "the year; null where the career is over, or has\n"
    "  not begun, and there is nothing to avert. Records show only what stands for it: "
    "earlier convictions, offence, age.\n"
    "- A year of `index_disposals` runs from the order, or from release. "
    "No other sentence for an earlier offence touches it: no time in prison,\n"
    "  licence or community order, nor a recall due within it. "
    "Of orders that avert an offence, all offences of the year are averted.\n"
)


def list_units(tables: Tables, lives: Lives, people: People) -> dict[str, pl.DataFrame]:
    """Every table of units, by name.

    Exposures and outcomes are 1 and 0; an outcome is null where it could not be seen.
    """
    return {
        "orders": list_orders(lives, people),
        "custody_decisions": custody_decisions(lives, people),
        "licences": list_licences(tables, lives, people),
        "index_disposals": index_disposals(lives, people),
    }


def _who(people: People, person: pl.Series) -> pl.Series:
    return key_ranges.PERSON.references(people.numbers(person.to_numpy()))


def _yes(held: pl.Series | Bools) -> pl.Series:
    """1 and 0."""
    return pl.Series(held).cast(pl.Int8)


def _when(known: pl.Series | Bools, value: pl.Series | Bools) -> pl.Series:
    """1 and 0, null where it is not known."""
    return pl.select(pl.when(pl.Series(known)).then(_yes(value))).to_series()


def _earlier(cases: pl.DataFrame) -> pl.Series:
    return cases["prior"].clip(upper_bound=MAX_PRIOR)


def list_orders(lives: Lives, people: People) -> pl.DataFrame:
    """Community and suspended orders of adults that death did not end."""
    made = supervision.supervise_orders(people.town, lives.cases, people).drop("person")
    held = made.filter(~pl.col("died")).join(lives.cases, on="case", maintain_order="left")
    outcome, came = held["outcome"], held["type_delivered"]
    breached = outcome == supervision.OrderEnd.REVOKED_BREACH
    again = outcome == supervision.OrderEnd.REVOKED_OFFENCE
    completed = outcome < supervision.OrderEnd.REVOKED_BREACH
    return pl.DataFrame(
        {
            "true_person_id": _who(people, held["person"]),
            "start_date": to_dates(held["start"].to_numpy()),
            "disposal_group": pl.Series(DISPOSALS).gather(held["disposal"].to_numpy()),
            "report_delivered": pl.Series([*TYPES, "none"]).gather(
                came.to_numpy() % (len(TYPES) + 1)
            ),
            "report_not_as_asked": _yes((came >= 0) & (came != held["type_asked"])),
            "started_late": _yes(held["start_days"] > supervision.SOON),
            "earlier_convictions": _earlier(held),
            "crown_court": _yes(held["crown"]),
            "outcome": pl.Series(supervision.OUTCOMES).gather(outcome.to_numpy()),
            "completed": _yes(completed),
            "revoked_for_breach": _when(completed | breached, breached),
            "revoked_for_offence": _when(completed | again, again),
        }
    ).sort("true_person_id", "start_date")


def custody_decisions(lives: Lives, people: People) -> pl.DataFrame:
    """Sentences by courts that were free to pass custody or not.

    They are of people who would not have been in prison already when custody began.
    """
    held = lives.cases.filter(
        (pl.col("disposal") >= 0) & pl.col("free") & pl.col("case_log_odds").is_not_null()
    )
    person, disposal = held["person"].to_numpy(), held["disposal"]
    region = pl.Series(REGIONS).gather(people.region[person])
    return pl.DataFrame(
        {
            "true_person_id": _who(people, held["person"]),
            "sentence_date": to_dates(held["sentence_date"].to_numpy()),
            "disposal_group": pl.Series(DISPOSALS).gather(disposal.to_numpy()),
            "custody": _when(disposal != SUSPENDED, disposal <= CUSTODIAL),
            "case_log_odds": held["case_log_odds"],
            "custody_or_no_order": _when(
                ~disposal.is_in([SUSPENDED, COMMUNITY]), disposal <= CUSTODIAL
            ),
            "case_log_odds_no_order": held["case_log_odds_no_order"],
            "offence_class": pl.Series(CLASSES).gather(held["kind_of_offence"].to_numpy()),
            "crown_court": _yes(held["crown"]),
            "report_asked": _yes(held["report_asked"]),
            "pleaded_guilty": _yes(held["plea_guilty"]),
            "earlier_convictions": _earlier(held),
            "ethnic_group": pl.Series(GROUPS).gather(people.group[person]),
            "female": _yes(people.female[person]),
            "region": region,
            "london": _yes(region == "London"),
        }
    ).sort("true_person_id", "sentence_date", "disposal_group", "case_log_odds")


def list_licences(tables: Tables, lives: Lives, people: People) -> pl.DataFrame:
    """First licences of finite sentences, over before the world ends.

    The people outlive them.
    """
    recalled = lives.recalls.filter((pl.col("cycle") == 1) & ~pl.col("charged")).select(
        "case", recalled=pl.lit(True)
    )
    held = lives.releases.filter((pl.col("cycle") == 0) & pl.col("on_licence"))
    facts = lives.custody.select(
        "case",
        "custody_from",
        "licence_end",
        "indeterminate",
        "under_12_months",
        "release_kind",
        "age",
    )
    held = held.join(facts, on="case", maintain_order="left").filter(
        ~pl.col("indeterminate") & (pl.col("licence_end") <= WORLD_TO)
    )
    outlived = people.died[held["person"].to_numpy()] > held["licence_end"].to_numpy()
    held = held.filter(
        pl.Series(outlived) & (pl.col("licence_end") - pl.col("release_date") > licence.MIN_DAYS)
    )
    held = held.join(recalled, on="case", how="left", maintain_order="left")
    hdc, short = held["release_kind"] == ReleaseKind.HDC, held["under_12_months"]
    kind = pl.Series(licence.KINDS).gather(np.select([hdc.to_numpy(), short.to_numpy()], [0, 1], 2))
    length = pl.Series(LENGTHS).gather(
        licence.length_band((held["licence_end"] - held["release_date"]).to_numpy())
    )
    born = pl.Series(to_dates(people.born[held["person"].to_numpy()]))
    stay = held["release_date"] - held["custody_from"]
    return pl.DataFrame(
        {
            "true_person_id": _who(people, held["person"]),
            "release_date": to_dates(held["release_date"].to_numpy()),
            "licence": pl.select(pl.format("{}, {}", kind, length)).to_series(),
            "years_from_mid_2018": licence.years_from_middle(held["release_date"].to_numpy()),
            "under_25": _yes(held["age"] < licence.YOUNG),
            "days_inside": stay,
            "officer_changed": _yes(held["handover_day"] < NEVER),
            "supported": _yes(held["supported"]),
            "conditions": _conditions(tables, lives, held),
            "born_october_to_december": _yes(born.dt.month() >= 10),
            "recalled": _yes(held["recalled"].fill_null(False)),
        }
    ).sort("true_person_id", "release_date")


def _conditions(tables: Tables, lives: Lives, held: pl.DataFrame) -> pl.Series:
    """Conditions of each licence as probation has them; null where it does not deliver it."""
    rows = (
        tables["probation", "licence_conditions"]
        .filter(~pl.col("soft_deleted"))
        .group_by("event_id_hash")
        .len("conditions")
    )
    known = held["case"].is_in(probation.list_caseload(lives)["case"].implode()) & (
        held["release_date"] <= WINDOWS["probation"][1]
    )
    events = key_ranges.EVENT.references(held["case"].to_numpy())
    keyed = pl.DataFrame({"event_id_hash": events, "known": known})
    keyed = keyed.join(rows, on="event_id_hash", how="left", maintain_order="left")
    return keyed.select(
        pl.when("known").then(pl.col("conditions").fill_null(0).cast(pl.Int64))
    ).to_series()


def index_disposals(lives: Lives, people: People) -> pl.DataFrame:
    """Community orders and custody of under twelve months, each with a year at liberty before it.

    The year begins with the order, or with release. No other sentence touches it: no time in
    prison, licence, recall or community order that follows from an offence of before. So whether
    the person offends in it is for the career and the order alone.
    """
    held = pl.concat([_community(lives), _short_custody(lives)], how="diagonal")
    held = held.filter(
        pl.col("free") & (pl.col("age") >= ADULT) & (pl.col("start") + YEAR_AFTER <= WORLD_TO)
    )
    held = held.filter(pl.Series(people.died[held["person"].to_numpy()] > WORLD_TO))
    held = held.join(_touched(held, lives), on="case", how="anti", maintain_order="left").sort(
        "person", "start", "case"
    )
    person, start = held["person"].to_numpy(), held["start"].to_numpy()
    age = held["age"].to_numpy() + (start - held["first_hearing_date"].to_numpy()) / YEAR_DAYS
    goes_on = (people.entry[person] - DAYS_TO_COURT <= start) & (
        held["career_until"].to_numpy() >= start
    )
    risk = np.log(-np.expm1(-YEAR_AFTER / held["pace"].to_numpy()))
    return pl.DataFrame(
        {
            "true_person_id": _who(people, held["person"]),
            "sentence_date": to_dates(held["sentence_date"].to_numpy()),
            "year_from": to_dates(start),
            "community_order": _yes(held["disposal"] == COMMUNITY),
            "career": pl.Series(CAREERS).gather(held["kind"].to_numpy()),
            "days_between_offences": held["pace"],
            "career_log_risk": records.keep_known(risk, goes_on),
            "offence_class": pl.Series(CLASSES).gather(held["kind_of_offence"].to_numpy()),
            "earlier_convictions": _earlier(held),
            "female": _yes(people.female[person]),
            "age": np.floor(age).astype(np.int64),
            "reoffended": _yes(_offended(held, lives)),
        }
    ).sort("true_person_id", "year_from", "sentence_date")


def _community(lives: Lives) -> pl.DataFrame:
    return lives.cases.filter(pl.col("disposal") == COMMUNITY).with_columns(start="sentence_date")


def _short_custody(lives: Lives) -> pl.DataFrame:
    """Released from under twelve months, with no recall due within the year."""
    freed = lives.releases.filter(
        (pl.col("cycle") == 0) & (pl.col("recall_due") >= pl.col("release_date") + YEAR_AFTER)
    )
    stayed = lives.custody.filter(
        pl.col("is_sentence") & (pl.col("release_kind") != ReleaseKind.DEPORTED)
    ).select("case")
    freed = freed.join(stayed, on="case", how="semi").select("case", start="release_date")
    short = lives.cases.filter(
        (pl.col("disposal") == DETERMINATE) & (pl.col("term_days") < YEAR_DAYS)
    )
    return short.join(freed, on="case", how="inner", maintain_order="left")


def _touched(held: pl.DataFrame, lives: Lives) -> pl.DataFrame:
    """Cases whose year another sentence touches, by an offence of before the year."""
    mine = held.select("case", "person", "start")
    until = pl.max_horizontal("release_date", "licence_end")
    inside = lives.custody.select("person", other="case", begins="custody_from", ends=until)
    order = lives.cases.filter((pl.col("disposal") == COMMUNITY) & (pl.col("age") >= ADULT))
    order = order.select(
        "person", other="case", begins="sentence_date", ends=pl.col("sentence_date") + YEAR_AFTER
    )
    offences = lives.cases.select(other="case", offended="offence_date")
    both = pl.concat([inside, order]).join(offences, on="other", maintain_order="left")
    met = mine.join(both, on="person", how="inner").filter(pl.col("other") != pl.col("case"))
    met = met.filter((pl.col("offended") < pl.col("start")) & (pl.col("ends") > pl.col("start")))
    return met.filter(pl.col("begins") < pl.col("start") + YEAR_AFTER).select("case").unique()


def _offended(held: pl.DataFrame, lives: Lives) -> Bools:
    """Whether an offence that came to court falls within each year; rows ordered by person."""
    offences = lives.cases.select("person", next="offence_date").sort("next", "person")
    first = held.select("person", "start").with_row_index("row").sort("start", "row")
    met = first.join_asof(
        offences,
        left_on="start",
        right_on="next",
        by="person",
        strategy="forward",
        check_sortedness=False,
    )
    after: Ints = (
        (met["next"] - met["start"]).fill_null(NEVER).to_numpy()[np.argsort(met["row"].to_numpy())]
    )
    found: Bools = after < YEAR_AFTER
    return found
