"""How right a model is on records whose truth is known.

`journeys model measure MODEL IDENTITY TRUTH --what TEXT` writes it into
the model.

Belongs here: running a model against a truth, and telling its file and card. Does not belong here:
how the measures are counted (truth_metrics). The truth is a Parquet file with source_dataset,
source_record_id and true_person_id; take other people than those the model was trained on.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import polars as pl

from pipeline.linkage.clustering.person_ids import THRESHOLD_OF
from pipeline.linkage.monitoring.truth_metrics import evaluate_links
from pipeline.linkage.run import link_identity
from pipeline.linkage.scoring import model as models
from pipeline.linkage.training.model_card import write_card
from pipeline.storage import replace_text

SHARES = ("pair_precision", "pair_recall", "bcubed_precision", "bcubed_recall")


def measure_model(model: Path, identity: Path, truth: Path, *, what: str) -> None:
    """Link with a model, compare with the truth, and write the shares into model file and card.

    Args:
        model: model file; rewritten with `measured`.
        identity: folder with `<source>/<table>.parquet`.
        truth: Parquet file that says whose each record is.
        what: describes the data, for the card.
    """
    with tempfile.TemporaryDirectory(dir=model.parent, prefix=".measure-") as folder:
        link_identity(
            identity,
            Path(folder) / "linkage",
            registry=Path(folder),
            threads=1,
            memory="4GB",
            delivered_links=False,
            model=model,
        )
        links = pl.read_parquet(Path(folder) / "linkage" / "person_links.parquet")
    people = pl.read_parquet(truth)
    shares = {}
    for column, threshold in sorted(
        THRESHOLD_OF.items(), key=lambda item: models.THRESHOLDS.index(item[1])
    ):
        row = evaluate_links(links, people, person=column).row(0, named=True)
        shares[threshold] = {name: round(row[name], 5) for name in SHARES}
    content = json.loads(model.read_text(encoding="utf-8")) | {
        "measured": {"what": what, "shares": shares}
    }
    replace_text(model, json.dumps(content, indent=2) + "\n")
    replace_text(model.with_suffix(".md"), write_card(content, models.read_model(model)))
