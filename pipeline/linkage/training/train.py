"""Training a model, offline, on uncollapsed records.

`journeys model train IDENTITY pipeline/linkage/models/person_DATE.json` does
it.

Belongs here: how chances are estimated. Does not belong here: rules, measuring against a truth
(measure_model), and any scheduled run.

No truth is needed. Chances among different people (u) come from pairs that cannot be one person:
for names and numbers from one record a birth date, for birth dates from one record a surname;
drawing from all records would count a person's own records as chance. Chances among records of one
person (m) come from expectation maximisation over pairs with the same birth date, and over pairs
with the same name. The same records give the same file: one thread, a seed, samples by hash, and
chances rounded to six digits.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import duckdb
from splink import Linker
from splink.internals.blocking_rule_creator import BlockingRuleCreator

from pipeline.errors import LinkageError
from pipeline.linkage.database import fetch_number, open_linkage_database
from pipeline.linkage.dedupe import exact_dedupe
from pipeline.linkage.prepare import load_records
from pipeline.linkage.scoring.comparisons import COMPARISONS, Comparison, query_sides
from pipeline.linkage.scoring.model import (
    Parameters,
    comparison_settings,
    find_newest_model,
    read_model,
)
from pipeline.linkage.splink_adapter import make_linker, run_discreetly
from pipeline.linkage.training.model_card import write_card
from pipeline.storage import replace_text

SEED = 20261122
CHANCE_PAIRS = 4e6
"""Pairs of different people that u is estimated from."""
MATCH_PAIRS = 1e6
"""Pairs that each round of expectation maximisation looks at."""
FEW_RECORDS = 50_000
"""Of fewer, every one is trained on, not a fifth."""
MIN_CHANCE = 1e-6
"""Least u of any level: two people may always have the same."""
MIN_MATCH = 1e-3
"""Least m of any level: one person in a thousand is always typed so."""
KNOWN_RULES = (
    "l.pncs[1] = r.pncs[1]",
    "l.full_name = r.full_name and l.birth = r.birth",
    "l.birth = r.birth and l.postcodes[1] = r.postcodes[1]",
)
KNOWN_RECALL = 0.95
"""Share of true pairs that the known rules find."""
STATED = ("own_group", "generations", "twins")
"""Comparisons whose weights are set, and all levels stated in comparisons.py."""
EM_RULES = ("l.birth = r.birth", "l.full_name = r.full_name")
THRESHOLDS = {"high": 12.0, "medium": 5.0, "low": 1.0}
"""Match weights: odds of 4096, 32 and 2 to 1."""
THRESHOLDS_FOR = 1_700_000
"""Records for which they fit, and any fewer: a tenth of the nation."""


def train_model(
    identity: Path, output: Path, *, what: str = "an identity side that nobody described"
) -> None:
    """Train a model on an identity side; write it to `output`, and its card beside it in Markdown.

    Args:
        identity: folder with `<source>/<table>.parquet`.
        output: model file, named `person_<date>.json`.
        what: describes the data, for the card.

    Raises:
        LinkageError: too few records, or a rule that finds no pair to learn from.
    """
    with (
        tempfile.TemporaryDirectory(dir=output.parent, prefix=".train-") as spill,
        open_linkage_database(Path(spill), threads=1, memory="4GB") as con,
    ):
        delivered = load_records.load_records(con, identity)
        exact_dedupe.load_uncollapsed_nodes(con)
        _require_pairs(con)
        chances = run_discreetly("training chances among strangers", lambda: _chances(con))
        trained, other_records = run_discreetly(
            "training chances among matches", lambda: _matches(con, chances)
        )
        content = {
            "other_records": other_records,
            "thresholds": THRESHOLDS,
            "thresholds_for": THRESHOLDS_FOR,
            "parameters": trained,
            "trained_on": {"what": what} | _trained_on(con, delivered),
        }
    replace_text(output, json.dumps(content, indent=2) + "\n")
    replace_text(output.with_suffix(".md"), write_card(content, read_model(output)))


def _require_pairs(connection: duckdb.DuckDBPyConnection) -> None:
    """Count first: Splink ends in a mathematical error when a rule finds nothing."""
    for rule in EM_RULES:
        if not _finds(connection, rule):
            raise LinkageError(f"no pair of records meets [{rule}]: train on more records")
    if not any(_finds(connection, rule) for rule in KNOWN_RULES):
        raise LinkageError(
            f"no pair of records meets any of [{'], ['.join(KNOWN_RULES)}]: train on more records"
        )


def _finds(connection: duckdb.DuckDBPyConnection, rule: str) -> bool:
    query = f"select 1 from nodes as l inner join nodes as r on {rule} and l.node < r.node limit 1"
    return connection.execute(query).fetchone() is not None


def _chances(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, float]]:
    """u of every level: comparison -> level -> chance."""
    chances: dict[str, dict[str, float]] = {}
    for one_each, names in (
        ("birth", [c.name for c in COMPARISONS if c.name not in ("birth", *STATED)]),
        ("surname", ["birth"]),
    ):
        connection.execute(
            "create or replace temp table strangers as "
            f"select * from nodes where {one_each} is not null "
            f"qualify row_number() over (partition by {one_each} "
            "order by md5(cast(node as varchar))) = 1 order by node"
        )
        splink = make_linker(
            connection, "strangers", _settings([c for c in COMPARISONS if c.name in names], {})
        )
        splink.training.estimate_u_using_random_sampling(
            max_pairs=CHANCE_PAIRS, seed=SEED, min_count_per_level=None, num_chunks=1
        )
        chances |= _learnt(splink, "u_probability")
    return chances


def _matches(
    connection: duckdb.DuckDBPyConnection, chances: dict[str, dict[str, float]]
) -> tuple[Parameters, float]:
    """m of every level beside its u, and the expected number of other records of one's own."""
    compared = [comparison for comparison in COMPARISONS if comparison.name not in STATED]
    splink = make_linker(connection, "nodes", _settings(compared, chances))
    known: list[str | BlockingRuleCreator] = [
        rule for rule in KNOWN_RULES if _finds(connection, rule)
    ]
    splink.training.estimate_probability_two_random_records_match(known, recall=KNOWN_RECALL)
    prior = float(splink.misc.save_model_to_json()["probability_two_random_records_match"])
    nodes = fetch_number(connection, "select count(*) from nodes")
    for rule in EM_RULES:
        splink.training.estimate_parameters_using_expectation_maximisation(
            rule,
            estimate_without_term_frequencies=True,
            max_pairs=MATCH_PAIRS,
            record_sample_proportion=1.0 if nodes < FEW_RECORDS else 0.2,
        )
    learnt = _learnt(splink, "m_probability")
    trained = {
        c.name: _parameters(c, learnt.get(c.name, {}), chances.get(c.name, {})) for c in COMPARISONS
    }
    return trained | _untold(connection), _rounded(prior * (nodes - 1))


def _untold(connection: duckdb.DuckDBPyConnection) -> Parameters:
    """Parameters of the newest model for comparisons that no pair of these records can tell.

    That is so, for example, of data without police numbers.
    """
    told = []
    for comparison in COMPARISONS:
        pairs = query_sides(
            f"nodes as l inner join nodes as r on {EM_RULES[1]} and l.node < r.node"
        )
        query = f"select 1 from ({pairs}) where not ({comparison.unknown}) limit 1"
        told += [comparison.name] if connection.execute(query).fetchone() else []
    untold = [
        comparison.name
        for comparison in COMPARISONS
        if comparison.name not in (*told, "birth", *STATED)
    ]
    return {name: read_model(find_newest_model()).parameters[name] for name in untold}


def _settings(
    comparisons: list[Comparison], chances: dict[str, dict[str, float]]
) -> dict[str, Any]:
    settings = [comparison_settings(comparison) for comparison in comparisons]
    for comparison in settings:
        for level in comparison["comparison_levels"]:
            (
                level.pop("tf_adjustment_column", None),
                level.pop("tf_adjustment_weight", None),
                level.pop("tf_minimum_u_value", None),
            )
            known = chances.get(comparison["output_column_name"], {}).get(level["label_for_charts"])
            if known is not None and not level.get("is_null_level"):
                level["u_probability"] = known
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "node",
        "comparisons": settings,
        "blocking_rules_to_generate_predictions": [],
    }


def _learnt(splink: Linker, chance: str) -> dict[str, dict[str, float]]:
    learnt = {}
    for comparison in splink.misc.save_model_to_json()["comparisons"]:
        levels = [
            level for level in comparison["comparison_levels"] if not level.get("is_null_level")
        ]
        learnt[comparison["output_column_name"]] = {
            level["label_for_charts"]: float(level[chance])
            for level in levels
            if level.get(chance) is not None
        }
    return learnt


def _parameters(
    comparison: Comparison, m: dict[str, float], u: dict[str, float]
) -> dict[str, dict[str, float]]:
    """The m and u probabilities of each level.

    What was never seen gets the least chance; what `comparisons` states stays as stated.
    """
    stated = {level.name: (level.m, level.u) for level in comparison.levels} | {
        "other": (comparison.other_m, comparison.other_u)
    }
    return {
        name: {
            "m": stated[name][0] or _rounded(max(m.get(name, 0), MIN_MATCH)),
            "u": stated[name][1] or _rounded(max(u.get(name, 0), MIN_CHANCE)),
        }
        for name in comparison.level_names
    }


def _rounded(chance: float) -> float:
    return float(f"{chance:.6g}")


def _trained_on(connection: duckdb.DuckDBPyConnection, delivered: int) -> dict[str, Any]:
    sources = connection.execute(
        "select source_dataset, count(*) from records "
        "group by source_dataset order by source_dataset"
    ).fetchall()
    return {
        "records": delivered,
        "sources": {source: int(count) for source, count in sources},
        "seed": SEED,
        "chance_pairs": int(CHANCE_PAIRS),
        "match_pairs": int(MATCH_PAIRS),
        "rules": list(EM_RULES),
    }
