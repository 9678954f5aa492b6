"""The columns of both nodes of each pair, side by side, a batch at a time.

Belongs here: fetching what the rules read of two nodes. Does not belong here: which pairs there are
(candidate_pairs), what they weigh (score_pairs).

A join in SQL would copy every list of a node into its hash table and out again for each pair, which
took longer than comparing them. Here the nodes lie as columns of Arrow, and a batch of pairs takes
from each column what it needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.linkage.database import Columns
from pipeline.linkage.scoring.candidate_pairs import Pairs, split_pairs
from pipeline.linkage.scoring.comparisons import COMPARISONS, SIDES
from pipeline.linkage.scoring.signatures import SETS, Hints, Side, may_be_slips, share_bits

PAIRS_A_BATCH = 65_536
SHARED = (*SETS, "days")
"""List columns of which the rules ask nothing but what both nodes have of them."""
SLIPS = ("pncs", "cros", "slipped_pncs", "slipped_cros")
"""List columns of which the rules ask nothing but whether a number of one node is one of the other,
mistyped.
"""
Rows = npt.NDArray[np.int32]


def list_columns(further: frozenset[str] = frozenset()) -> list[str]:
    """Columns of a node that the rules read, in order, and further ones."""
    texts = (
        text
        for comparison in COMPARISONS
        for text in (comparison.unknown, *(level.sql for level in comparison.levels))
    )
    return sorted(
        {name for text in texts for name in re.findall(r"\b(\w+)_[lr]\b", text)} | further
    )


def rows_of(nodes: Columns, pairs: Pairs) -> tuple[Rows, Rows]:
    """Where among nodes, each of which is there once, both nodes of each pair are."""
    number = nodes["node"].to_numpy()
    place = np.empty(int(number.max(initial=-1)) + 1, dtype=np.int32)
    place[number] = np.arange(len(number), dtype=np.int32)
    node_l, node_r = split_pairs(pairs)
    return place[node_l], place[node_r]


def read_pair_batches(
    nodes: Columns, hints: Hints, left: Rows, right: Rows
) -> pa.RecordBatchReader:
    """Batches with each column of the nodes twice, with `_l` and `_r` behind its name.

    Args:
        nodes: whatever columns are wanted.
        hints: of these nodes; lists that cannot matter to a pair are empty in it.
        left: where the left nodes of pairs are.
        right: where the right ones are.
    """
    # An empty list comes last.
    lists = {name: nodes[name] for name in (*SHARED, *SLIPS) if name in nodes}
    held = nodes | {
        name: pa.concat_arrays([values, pa.array([[]], values.type)])
        for name, values in lists.items()
    }
    empty = len(nodes["node"])
    schema = pa.schema([(f"{name}_{side}", held[name].type) for side in SIDES for name in held])

    def batches() -> Iterator[pa.RecordBatch]:
        for first in range(0, len(left), PAIRS_A_BATCH):
            rows = [side[first : first + PAIRS_A_BATCH].astype(np.intp) for side in (left, right)]
            one, other = (Side(hints, some) for some in rows)
            matters = {name: share_bits(one, other, name) for name in SHARED} | dict.fromkeys(
                SLIPS, may_be_slips(one, other)
            )
            fetched = [
                held[name].take(
                    pa.array(np.where(matters[name], some, empty) if name in matters else some)
                )
                for some in rows
                for name in held
            ]
            yield pa.record_batch(fetched, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())
