"""A trained model: what each level of agreement weighs, and named thresholds in match weights.

It is a dated file.

Belongs here: the file's shape, its checks, and the settings that Splink gets. Does not belong here:
what the rules are (comparisons), where the numbers come from (train).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from math import log2
from pathlib import Path
from typing import Any

from pipeline.errors import LinkageError
from pipeline.linkage.scoring.comparisons import COMPARISONS, OTHER, Comparison, Level

MODELS = Path(__file__).parents[1] / "models"
THRESHOLDS = ("high", "medium", "low")
"""From strict to loose."""
Parameters = dict[str, dict[str, dict[str, float]]]
"""Comparison -> level -> `m` and `u`."""


@dataclass(frozen=True)
class Model:
    """What a file in `models/` says."""

    name: str
    other_records: float
    """Expected number of other records of the same person, for a record; the prior follows from it
    and from the number of records.
    """
    thresholds: dict[str, float]
    """Match weights from which a pair holds together, by name."""
    thresholds_for: int
    """Records of the largest collection for which the thresholds are stated."""
    parameters: Parameters

    def prior(self, records: int) -> float:
        """The prior, for a collection of this many records.

        It is the probability that two records drawn at random are of one person.
        """
        return min(0.5, self.other_records / max(records - 1, 1))

    def prior_weight(self, records: int) -> float:
        """The prior as a match weight."""
        prior = self.prior(records)
        return log2(prior / (1 - prior))

    def of_volume(self, records: int) -> Model:
        """The model with the thresholds of a collection of this many records.

        The prior falls by a bit each time that a collection doubles, and with it the weight of
        pairs that are as right as before, if they are told by numbers and addresses; those told by
        names and birth dates do become less sure. So beyond the volume that they are stated for,
        thresholds follow the prior half the way.
        """
        lost = max(0.0, self.prior_weight(self.thresholds_for) - self.prior_weight(records))
        return replace(
            self, thresholds={name: weight - lost / 2 for name, weight in self.thresholds.items()}
        )

    def weight(self, comparison: str, level: str) -> float:
        """Match weight of a level, before any adjustment for rare values."""
        chances = self.parameters[comparison][level]
        return log2(chances["m"] / chances["u"])

    def settings(self, records: int) -> dict[str, Any]:
        """Settings for Splink, for a collection of this many records."""
        return {
            "link_type": "dedupe_only",
            "unique_id_column_name": "node",
            "probability_two_random_records_match": self.prior(records),
            "retain_matching_columns": False,
            "retain_intermediate_calculation_columns": False,
            "comparisons": [
                comparison_settings(comparison, self.parameters[comparison.name])
                for comparison in COMPARISONS
            ],
            "blocking_rules_to_generate_predictions": [],
        }


def read_model(path: Path) -> Model:
    """Read a model file.

    Raises:
        LinkageError: the file is not a model, or was trained for other rules than those of today.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        model = Model(
            path.stem,
            float(content["other_records"]),
            dict(content["thresholds"]),
            int(content["thresholds_for"]),
            content["parameters"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LinkageError(
            f"{path.name} is not a model file: train one with journeys model train"
        ) from error
    stated = {comparison.name: set(comparison.level_names) for comparison in COMPARISONS}
    if {name: set(levels) for name, levels in model.parameters.items()} != stated:
        raise LinkageError(
            f"{path.name} was trained for other comparisons than comparisons.py states: train again"
        )
    weights = [model.thresholds[name] for name in THRESHOLDS if name in model.thresholds]
    if len(weights) < len(THRESHOLDS) or sorted(weights, reverse=True) != weights:
        raise LinkageError(
            f"{path.name} must state thresholds {', '.join(THRESHOLDS)}, from high to low"
        )
    return model


def find_newest_model() -> Path:
    """The committed model with the latest date in its name."""
    return max(MODELS.glob("person_*.json"))


def comparison_settings(
    comparison: Comparison, parameters: dict[str, dict[str, float]] | None = None
) -> dict[str, Any]:
    """One comparison as Splink wants it.

    Its m and u probabilities are the trained ones or, without them, those that `comparisons`
    states.
    """
    levels = [*comparison.levels, Level(OTHER, "ELSE", u=comparison.other_u, m=comparison.other_m)]
    unknown = {
        "sql_condition": comparison.unknown,
        "label_for_charts": "unknown",
        "is_null_level": True,
    }
    return {
        "output_column_name": comparison.name,
        "comparison_description": comparison.reason,
        "comparison_levels": [
            unknown,
            *(_level_settings(level, (parameters or {}).get(level.name)) for level in levels),
        ],
    }


def _level_settings(level: Level, trained: dict[str, float] | None) -> dict[str, Any]:
    settings: dict[str, Any] = {"sql_condition": level.sql, "label_for_charts": level.name}
    stated = {"m": level.m, "u": level.u}
    for chance, value in (trained or stated).items():
        if value is not None:
            settings[f"{chance}_probability"] = value
        if stated[chance] is not None:
            settings[f"fix_{chance}_probability"] = True
    if level.frequency:
        settings |= {
            "tf_adjustment_column": level.frequency,
            "tf_adjustment_weight": 1.0,
            "tf_minimum_u_value": MIN_FREQUENCY[level.frequency],
        }
    return settings


MIN_FREQUENCY = {"full_name": 2e-6}
"""No value is held to be rarer than this, however small the collection."""

DECIDED = 1_000.0
"""Match weight of a pair that a clerk has joined: stronger than any evidence."""
