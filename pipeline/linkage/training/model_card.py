"""The card beside a model: what it was trained on, parameters, thresholds, and how right it was.

Belongs here: the text. Does not belong here: training (train), measuring (truth_metrics).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from pipeline.linkage.scoring.comparisons import COMPARISONS
from pipeline.linkage.scoring.model import Model
from pipeline.linkage.uncertainty.weight_calibration import from_content


def write_card(content: dict[str, Any], model: Model) -> str:
    """A model card in Markdown.

    Args:
        content: the model file, whose `trained_on` and, where it was measured against a truth,
            `measured` are told.
        model: the same, read.
    """
    parts = (
        _training(content["trained_on"], model),
        _measured(content),
        _calibrated(content),
        _thresholds(model),
        _weights(model),
    )
    return "\n".join([f"# {model.name}", "", *chain(*parts)]) + "\n"


def _training(on: dict[str, Any], model: Model) -> Iterator[str]:
    yield (
        "Trained with `journeys model train IDENTITY "
        f"pipeline/linkage/models/{model.name}.json` on {on['what']}."
    )
    yield ""
    sources = ", ".join(f"{source} {count}" for source, count in on["sources"].items())
    yield f"- Records: {on['records']} ({sources}), uncollapsed, without truth."
    yield (
        f"- Seed {on['seed']}; u from at most {on['chance_pairs']} pairs, "
        f"m from at most {on['match_pairs']} pairs a round."
    )
    yield (
        "- Rounds of expectation maximisation over pairs with "
        f"{' and with '.join(f'`{rule}`' for rule in on['rules'])}."
    )
    yield (
        f"- A record is expected to have {model.other_records:g} other records of its person; "
        "with the number of records: the prior."
    )
    yield ""


def _measured(content: dict[str, Any]) -> Iterator[str]:
    measured = content.get("measured")
    if not measured:
        yield "Not measured against a truth yet."
        yield ""
        return
    yield f"Measured on {measured['what']}:"
    yield ""
    yield "| threshold | pair precision | pair recall | B-cubed precision | B-cubed recall |"
    yield "|---|---|---|---|---|"
    for threshold, shares in measured["shares"].items():
        yield f"| {threshold} | {' | '.join(f'{share:.4f}' for share in shares.values())} |"
    yield ""


def _calibrated(content: dict[str, Any]) -> Iterator[str]:
    calibrated = content.get("calibration")
    if not calibrated:
        yield "Not calibrated yet: no linkages can be drawn with it."
        yield ""
        return
    yield f"Calibrated on made-up worlds of {', '.join(map(str, calibrated['worlds']))} records."
    yield (
        "Probability that a merge is right, by weight, and share of people "
        "(of one record, of several) with a record that no pair shows:"
    )
    yield ""
    yield (
        "| records | inside a person, 6 | inside, 12 "
        "| lone record to a person, 0 | lone, 4 | not shown |"
    )
    yield "|---|---|---|---|---|---|"
    for fitted in map(from_content, calibrated["volumes"]):
        chances = (*fitted.within([6, 12]), *fitted.lone([0, 4]), *fitted.unseen)
        told = [f"{chance:.4f}" for chance in chances]
        yield f"| {fitted.records} | {' | '.join(told[:4])} | {told[4]}, {told[5]} |"
    yield ""


def _thresholds(model: Model) -> Iterator[str]:
    yield "| threshold | match weight |"
    yield "|---|---|"
    yield from (f"| {name} | {weight:g} |" for name, weight in model.thresholds.items())
    yield ""
    yield (
        f"For collections of up to {model.thresholds_for} records; "
        "beyond it they follow the prior half the way (half a bit a doubling)."
    )
    yield ""


def _weights(model: Model) -> Iterator[str]:
    yield "| comparison | level | m | u | match weight |"
    yield "|---|---|---|---|---|"
    for comparison in COMPARISONS:
        for level in comparison.level_names:
            chances, weight = (
                model.parameters[comparison.name][level],
                model.weight(comparison.name, level),
            )
            yield (
                f"| {comparison.name} | {level} "
                f"| {chances['m']:.4g} | {chances['u']:.4g} | {weight:.2f} |"
            )
