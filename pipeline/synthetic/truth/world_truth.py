"""The truth of a delivery, kept apart from it.

It says whose each record is and what happened, whether or not a system saw it.

Belongs here: the truth folder. Does not belong here: scoring against it.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from data_contracts import crown_court, magistrates, prison, probation
from data_contracts.fields import facts
from pipeline.synthetic import key_ranges
from pipeline.synthetic.calendar import NEVER, WINDOWS, cut_after, to_dates
from pipeline.synthetic.code_lists import REGIONS
from pipeline.synthetic.corruption import identity_errors
from pipeline.synthetic.extracts import records
from pipeline.synthetic.lives import sentencing
from pipeline.synthetic.lives.effects import list_effects
from pipeline.synthetic.lives.pre_sentence_reports import TYPES
from pipeline.synthetic.lives.recall import RECALL_LENGTHS
from pipeline.synthetic.lives.sentencing import DISPOSALS
from pipeline.synthetic.lives.timeline import Lives
from pipeline.synthetic.population import names
from pipeline.synthetic.population.homes import list_areas
from pipeline.synthetic.population.people import ETHNICITIES, GROUPS, People
from pipeline.synthetic.random_draws import Ints
from pipeline.synthetic.truth import effect_truth

Tables = Mapping[tuple[str, str], pl.DataFrame]
WORLD = Path(__file__).parents[1] / "world.md"
"""What this world is and is not."""
RECORDS = (
    magistrates.Defendants,
    crown_court.Defendants,
    prison.CustodialJourneys,
    probation.Offenders,
)
README = (
    "# The truth of a made-up delivery\n"
    "\n"
    "This folder says what is true in the made-up world that the delivery records. "
    "None of it is real, and none of it may go near a workspace.\n"
    'Source keys are those of the raw extract; keys of several columns are joined with "/". '
    "Observable means that the delivery records it.\n"
    "\n"
    "| file | a row is |\n"
    "|---|---|\n"
    "| `record_person.parquet` | a delivered record, whose it truly is, "
    "and the mistakes of identity in it. Companies are their own (`C...`) |\n"
    "| `persons.parquet` | a person: sex, ethnicity, name origin, birth, death, region, "
    "deprivation, marriage, whose twin or namesake |\n"
    "| `areas.parquet` | a small area that an address can lie in, with its decile of deprivation, "
    "1 the most deprived |\n"
    "| `recalls.parquet` | a recall. Observable: a row of the probation extract records it |\n"
    "| `sentences.parquet` | a sentenced defendant-case of a person, "
    "with principal disposal and days. Observable: by the court that passed it |\n"
    "| `pre_sentence_reports.parquet` | a report asked for at conviction, as of the window's end. "
    "Observable: by a row of probation |\n"
    "| `releases.parquet` | a release from a sentence. "
    "Observable: probation or the prison delivered it, and it is not temporary |\n"
    "| `case_links.parquet` | a magistrates' defendant-case and the Crown defendant-case it "
    "became, both delivered |\n"
    "| `traps.parquet` | a quirk of a source system that the delivery holds, "
    "with the rate at which it was planted and the rows that have it |\n"
    "| `calibration.csv` | a published figure with its bounds, and what the delivery comes to |\n"
    "| `world.md` | what this world is and is not |\n"
    "| `effects.parquet` | an effect planted in the world, or one that is not there (`is_null`), "
    "with its size and what confounds it |\n"
    "\n"
    "Observable is judged before faults of rows, so a share close to one, not one, "
    "is the best that can be found.\n"
    "Planted effects are choices of ours. They say nothing about the real system.\n"
    + effect_truth.README
)


def write_truth(folder: Path, part: int, tables: Tables, lives: Lives, people: People) -> None:
    """Writes one town's part of every file of the truth folder."""
    made = {
        "record_person": record_person(tables),
        "persons": _persons(people),
        "recalls": _recalls(tables, lives, people),
        "sentences": _sentences(tables, lives, people),
        "pre_sentence_reports": _reports(tables, lives, people),
        "releases": _releases(tables, lives, people),
        "case_links": _case_links(tables),
        **effect_truth.list_units(tables, lives, people),
    }
    for name, frame in made.items():
        (folder / name).mkdir(exist_ok=True)
        frame.write_parquet(_part(folder, name, part))


def _part(folder: Path, name: str, part: int) -> Path:
    return folder / name / f"{part:03}.parquet"


def put_together(folder: Path, parts: int) -> None:
    """Makes one file of the parts of every town, in their order.

    It also writes what is the same for all towns.
    """
    for held in sorted(path for path in folder.iterdir() if path.is_dir()):
        pl.scan_parquet([_part(folder, held.name, part) for part in range(parts)]).sink_parquet(
            folder / f"{held.name}.parquet"
        )
        shutil.rmtree(held)
    list_effects().write_parquet(folder / "effects.parquet")
    list_areas().write_parquet(folder / "areas.parquet")
    shutil.copyfile(WORLD, folder / WORLD.name)
    (folder / "README.md").write_text(README, encoding="utf-8")


def record_person(tables: Tables) -> pl.DataFrame:
    """Every delivered record of a person, with the person and the mistakes in it.

    It also says what makes the record hard to place.
    """
    parts = []
    for model in RECORDS:
        held = facts(model)
        key = pl.concat_str([pl.col(name) for name in held.key], separator="/")
        rows = tables[held.source, held.name]
        parts.append(
            rows.select(
                pl.lit(held.source).alias("source"),
                pl.lit(held.name).alias("table_name"),
                key.alias("source_key"),
                identity_errors.list_names(rows["_errors"], identity_errors.KINDS).alias("errors"),
                identity_errors.list_names(
                    rows["_circumstances"], identity_errors.CIRCUMSTANCES
                ).alias("circumstances"),
                true_person_id="_person",
            )
        )
    return pl.concat(parts).sort("source", "table_name", "source_key")


def _ids(people: People, person: Ints) -> pl.Series:
    return key_ranges.PERSON.references(people.numbers(person))


def _persons(people: People) -> pl.DataFrame:
    number = np.arange(len(people))
    return pl.DataFrame(
        {
            "true_person_id": key_ranges.PERSON.keys(people.town, people.numbers(number)),
            "sex": np.where(people.female, "female", "male"),
            "ethnicity_18": pl.Series(ETHNICITIES).gather(people.ethnicity),
            "ethnic_group": pl.Series(GROUPS).gather(people.group),
            "name_origin": pl.Series(names.ORIGINS).gather(names.draw_origins(people.ethnicity)),
            "birth_date": to_dates(people.born),
            "death_date": to_dates(people.died),
            "region": pl.Series(REGIONS).gather(people.region),
            "deprivation_decile": people.decile + 1,
            "married_name_from": to_dates(people.married),
            "has_alias": people.alias.is_not_null(),
            "twin_of": _relative(people, people.twin_of),
            "namesake_of": _relative(people, people.namesake_of),
        }
    )


def _relative(people: People, other: Ints) -> pl.Series:
    return records.keep_known(_ids(people, np.maximum(other, 0)), other >= 0)


def _seen(case: pl.Series, held: pl.Series) -> pl.Series:
    return case.is_in(held.implode())


def _recalls(tables: Tables, lives: Lives, people: People) -> pl.DataFrame:
    told = (
        tables["probation", "recalls"]
        .filter(pl.col("_case") >= 0)
        .select(case="_case", cycle="_cycle")
        .with_columns(is_observable=pl.lit(True))
    )
    held = lives.recalls.join(told, on=["case", "cycle"], how="left", maintain_order="left")
    return pl.DataFrame(
        {
            "true_person_id": _ids(people, held["person"].to_numpy()),
            "revocation_date": to_dates(held["revocation_date"].to_numpy()),
            "return_date": to_dates(held["return_date"].to_numpy()),
            "recall_length": pl.Series(RECALL_LENGTHS).gather(held["kind"].to_numpy()),
            "is_observable": held["is_observable"].fill_null(False),
        }
    ).sort("true_person_id", "revocation_date")


def _sentences(tables: Tables, lives: Lives, people: People) -> pl.DataFrame:
    held = lives.cases.filter(pl.col("disposal") >= 0)
    crown = held["crown"]
    in_crown = _seen(held["case"], _sentenced(tables["crown_court", "defendants"]))
    in_magistrates = _seen(held["case"], _sentenced(tables["magistrates", "defendants"]))
    disposal = held["disposal"].to_numpy()
    orders = (sentencing.COMMUNITY, sentencing.CONDITIONAL)
    days = np.where(
        np.isin(disposal, orders), held["order_days"].to_numpy(), held["term_days"].to_numpy()
    )
    return pl.DataFrame(
        {
            "true_person_id": _ids(people, held["person"].to_numpy()),
            "sentence_date": to_dates(held["sentence_date"].to_numpy()),
            "disposal_group": pl.Series(DISPOSALS).gather(disposal),
            "sentence_days": records.keep_known(days, days > 0),
            "court_level": np.where(crown.to_numpy(), "crown", "magistrates"),
            "is_observable": (crown & in_crown) | (~crown & in_magistrates),
        }
    ).sort("true_person_id", "sentence_date", "disposal_group", "sentence_days")


def _sentenced(rows: pl.DataFrame) -> pl.Series:
    return rows.filter(pl.col("sentence_date").is_not_null() & (pl.col("_case") >= 0))["_case"]


def _reports(tables: Tables, lives: Lives, people: People) -> pl.DataFrame:
    held = lives.cases.filter("report_asked")
    told = tables["probation", "court_reports"].filter(pl.col("_case") >= 0)["_case"]
    completed = cut_after(held["report_completed"].to_numpy(), WINDOWS["probation"][1])
    asked, came = (
        held["type_asked"].to_numpy(),
        np.where(completed < NEVER, held["type_delivered"].to_numpy(), -1),
    )
    return pl.DataFrame(
        {
            "true_person_id": _ids(people, held["person"].to_numpy()),
            "requested_date": to_dates(held["report_requested"].to_numpy()),
            "completed_date": to_dates(completed),
            "requested_type": pl.Series(TYPES).gather(asked),
            "delivered_type": records.keep_known(
                pl.Series(TYPES).gather(np.maximum(came, 0)), came >= 0
            ),
            "is_observable": _seen(held["case"], told),
        }
    ).sort("true_person_id", "requested_date")


def _releases(tables: Tables, lives: Lives, people: People) -> pl.DataFrame:
    told = (
        tables["probation", "releases"]
        .filter(pl.col("_case") >= 0)
        .select(case="_case", cycle="_cycle")
    )
    inside = tables["prison", "custodial_journeys"].filter(
        (pl.col("_last_case") >= 0) & pl.col("release_date").is_not_null()
    )
    inside = inside.select(case="_last_case", cycle="_last_cycle")
    seen = (
        pl.concat([told, inside])
        .unique(maintain_order=True)
        .with_columns(is_observable=pl.lit(True))
    )
    held = lives.releases.join(
        lives.custody.filter("is_sentence").select("case", "died_inside"),
        on="case",
        how="inner",
        maintain_order="left",
    )
    held = held.filter((pl.col("release_date") < NEVER) & ~pl.col("died_inside")).join(
        seen, on=["case", "cycle"], how="left", maintain_order="left"
    )
    return pl.DataFrame(
        {
            "true_person_id": _ids(people, held["person"].to_numpy()),
            "release_date": to_dates(held["release_date"].to_numpy()),
            "is_first_release": held["cycle"] == 0,
            "is_on_licence": held["on_licence"],
            "is_observable": held["is_observable"].fill_null(False),
        }
    ).sort("true_person_id", "release_date")


def _case_links(tables: Tables) -> pl.DataFrame:
    mc = tables["magistrates", "defendants"].filter(pl.col("_case") >= 0)
    mc = mc.select("_case", mc_source_key=pl.format("{}/{}", "case_id", "defendant_id"))
    cc = (
        tables["crown_court", "defendants"]
        .filter(pl.col("_case") >= 0)
        .select("_case", cc_source_key="defendant_on_case_id")
    )
    return mc.join(cc, on="_case", how="inner").drop("_case").sort("mc_source_key", "cc_source_key")
