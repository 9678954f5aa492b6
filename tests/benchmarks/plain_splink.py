"""Plain Splink, as its documentation shows it: what our linkage is measured against in `make
bench`.

Belongs here: a sensible model of Splink's own comparisons (names by Jaro-Winkler and by how common
they are, birth date, postcode, police and prison numbers), trained by its own expectation
maximisation on the records to be linked, all of them uncollapsed, and connected components. Does
not belong here: anything of ours but the standardised records and the blocking rules, which are the
same for both.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import splink.comparison_library as cl
import sqlglot
from splink import Linker, SettingsCreator
from splink.internals.blocking_rule_library import CustomRule
from sqlglot import exp

from pipeline.linkage.database import open_linkage_database
from pipeline.linkage.prepare import load_records
from pipeline.linkage.prepare.identifiers import IS_PERSON
from pipeline.linkage.prepare.identity_tables import RECORD
from pipeline.linkage.scoring.blocking_rules import BLOCKING_RULES, BlockingRule
from pipeline.linkage.splink_adapter import make_api
from pipeline.settings import Settings

SEED = 1
PROBABILITIES = (0.5, 0.95, 0.99)
"""Thresholds of which the best is taken, by the truth: more than an analyst would know."""
USUAL = 0.95
KNOWN_RULES = (
    "l.pnc = r.pnc",
    "l.full_name = r.full_name and l.birth = r.birth and l.postcode = r.postcode",
)
KNOWN_RECALL = 0.8
EM_RULES = ("l.birth = r.birth", "l.full_name = r.full_name")
MAX_PAIRS = 1e6


def link(identity: Path, output: Path, settings: Settings) -> dict[str, float]:
    """Link an identity side and write `<probability>.parquet` (source_dataset, source_record_id,
    person_id) for each threshold.

    Returns:
        Seconds of the parts; `training` is what a scheduled run could save by a model trained
        before.
    """
    output.mkdir(parents=True)
    took = {}
    with open_linkage_database(
        output / "spill", threads=settings.threads, memory=settings.memory
    ) as connection:
        start = time.perf_counter()
        load_records.load_records(connection, identity)
        connection.execute(_PEOPLE)
        took["reading"] = time.perf_counter() - start
        linker = Linker(make_api(connection).register("people"), _settings(), log_level=None)
        start = time.perf_counter()
        _train(linker)
        took["training"] = time.perf_counter() - start
        start = time.perf_counter()
        pairs = linker.inference.predict(
            threshold_match_probability=min(PROBABILITIES), warning_mode="never"
        )
        took["scoring"] = time.perf_counter() - start
        for probability in PROBABILITIES:
            start = time.perf_counter()
            clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
                pairs, threshold_match_probability=probability
            )
            _write(connection, clusters.physical_name, output / f"{probability}.parquet")
            if probability == USUAL:
                took["clustering"] = time.perf_counter() - start
    return took


_PEOPLE = f"""
create or replace table people as
select
    * replace (list_distinct(days) as days),
    outcode || ' ' || right(postcode, 3) as spaced_postcode,
    strftime(birth, '%Y%m%d') as birth_digits,
    sound(forename) as forename_sound,
    sound(surname) as surname_sound
from records
where {IS_PERSON}
order by record
"""

OF_A_RECORD = {
    "police_numbers": ("pnc", "cro", "asn"),
    "service_numbers": ("prison_number", "crn"),
    "postcodes": ("postcode",),
    "middle_names": ("middle_names",),
}
"""List column of a node -> columns of a record, which has one value of each."""


def _plain(rule: BlockingRule) -> Iterator[CustomRule]:
    """A blocking rule over records as Splink takes it; one over several numbers of a node is one a
    number.
    """
    for column in OF_A_RECORD.get(rule.explodes or "", (rule.explodes,)):
        left, right = (
            [_sided(column if part == rule.explodes and column else part, side) for part in key]
            for key, side in ((rule.key, "l"), (rule.other or rule.key, "r"))
        )
        same = " and ".join(f"{one} = {other}" for one, other in zip(left, right, strict=True))
        lists = [rule.explodes] if rule.explodes and rule.explodes not in OF_A_RECORD else None
        yield CustomRule(same, sql_dialect="duckdb", arrays_to_explode=lists)


def _sided(expression: str, side: str) -> str:
    """The expression over one side of a pair."""
    parsed = sqlglot.parse_one(expression, dialect="duckdb")
    return parsed.transform(
        lambda part: exp.column(part.name, table=side) if isinstance(part, exp.Column) else part
    ).sql("duckdb")


def _settings() -> SettingsCreator:
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="record",
        retain_matching_columns=False,
        comparisons=[
            cl.ForenameSurnameComparison(
                "forename", "surname", forename_surname_concat_col_name="full_name"
            ),
            cl.DateOfBirthComparison("birth", input_is_string=False),
            cl.PostcodeComparison("spaced_postcode").configure(term_frequency_adjustments=True),
            *(cl.ExactMatch(number) for number in ("pnc", "cro", "prison_number")),
        ],
        blocking_rules_to_generate_predictions=[
            plain for rule in BLOCKING_RULES for plain in _plain(rule)
        ],
    )


def _train(linker: Linker) -> None:
    linker.training.estimate_probability_two_random_records_match(
        list(KNOWN_RULES), recall=KNOWN_RECALL
    )
    linker.training.estimate_u_using_random_sampling(max_pairs=MAX_PAIRS, seed=SEED)
    for rule in EM_RULES:
        linker.training.estimate_parameters_using_expectation_maximisation(
            rule, max_pairs=MAX_PAIRS
        )


def _write(connection: duckdb.DuckDBPyConnection, clusters: str, target: Path) -> None:
    """Clusters of nodes as links of records; a record that names nobody stands alone."""
    connection.execute(
        f"copy (select records.source_dataset, records.{RECORD}, "
        f"coalesce('n' || clusters.cluster_id, 'r' || records.record) as person_id from records "
        f"left join {clusters} as clusters on clusters.record = records.record "
        f"order by 1, 2) to '{target}' (format parquet)"
    )
