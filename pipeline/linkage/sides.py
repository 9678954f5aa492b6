"""The columns of both nodes of each pair, side by side, a batch at a time.

Belongs here: fetching what the rules read of two nodes. Does not belong here: which pairs there are (blocks), what they weigh (predict).

A join in SQL would copy every list of a node into its hash table and out again for each pair, which took longer than comparing them. Here
the nodes lie as columns of Arrow, and a batch of pairs takes from each column what it needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.linkage.rules import COMPARISONS, SIDES

PAIRS_A_BATCH = 65_536
Numbers = npt.NDArray[np.int64]


def columns(further: frozenset[str] = frozenset()) -> list[str]:
    """Columns of a node that the rules read, in order, and further ones."""
    texts = (text for comparison in COMPARISONS for text in (comparison.unknown, *(level.sql for level in comparison.levels)))
    return sorted({name for text in texts for name in re.findall(r"\b(\w+)_[lr]\b", text)} | further)


def reader(nodes: pa.Table, node_l: Numbers, node_r: Numbers) -> pa.RecordBatchReader:
    """Batches with node_l, node_r, and each column of the nodes with `_l` and `_r` behind its name.

    Args:
        nodes: node, which is different in each row, and whatever columns are wanted.
        node_l: the left nodes of pairs, each in `nodes`.
        node_r: the right ones.
    """
    number = nodes["node"].to_numpy()
    place = np.empty(int(number.max(initial=-1)) + 1, dtype=np.int32)
    place[number] = np.arange(len(number), dtype=np.int32)
    # Of one chunk each, for taking from several looks for the chunk of every row.
    held = {name: nodes[name].combine_chunks() for name in nodes.column_names}
    schema = pa.schema([(f"{name}_{side}", held[name].type) for side in SIDES for name in held])

    def batches() -> Iterator[pa.RecordBatch]:
        for first in range(0, len(node_l), PAIRS_A_BATCH):
            rows = [pa.array(place[ends[first : first + PAIRS_A_BATCH]]) for ends in (node_l, node_r)]
            yield pa.record_batch([held[name].take(some) for some in rows for name in held], schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())
