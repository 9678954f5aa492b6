"""All that linkage says about its own uncertainty: unsure merges, confidences, drawn linkages.

The steps run in this order.

Belongs here: the order of these steps. Does not belong here: any of the steps.
"""

from __future__ import annotations

import duckdb

from pipeline.linkage.uncertainty import confidence, sampled_linkages, uncertain_merges
from pipeline.linkage.uncertainty.weight_calibration import Calibration

TABLES = {
    "person_link_draw": (
        "select draw, source_dataset, source_record_id, person_id "
        "from person_link_draw order by 1, 2, 3"
    ),
    "person_confidence": (
        "select person_id, record_count, purity, wholeness, confidence "
        "from person_confidence order by 1"
    ),
    "record_confidence": (
        "select source_dataset, source_record_id, confidence from record_confidence order by 1, 2"
    ),
}
"""Files of `linkage/`, with the query that gives their rows in order."""


def load_uncertainty_tables(
    connection: duckdb.DuckDBPyConnection, calibration: Calibration, *, medium: float
) -> int:
    """Make the tables of `TABLES`.

    Args:
        connection: holds `records`, `record_nodes`, `nodes`, `clusters`, `groups`, `ids_person_id`,
            and `edges` from the least weight that the calibration knows.
        calibration: of the model that gave the weights, at the volume nearest to this one.
        medium: match weight of the medium threshold.

    Returns:
        The number of rows of `person_link_draw`.
    """
    unsure = uncertain_merges.find_uncertain_merges(
        connection, medium=medium, certain=calibration.certain_weight
    )
    confidence.load_confidence(connection, unsure, calibration)
    return sampled_linkages.load_draws(connection, unsure, calibration)


def load_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    """Make them empty: links that were delivered come without weights."""
    sampled_linkages.load_no_draws(connection)
    confidence.load_no_confidence(connection)
