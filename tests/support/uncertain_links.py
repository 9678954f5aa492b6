"""Tables as linkage makes them, of people and edges written by hand."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
import polars as pl

Edges = Sequence[tuple[int, int, float]]


def fill(
    database: duckdb.DuckDBPyConnection,
    people: Sequence[Sequence[int]],
    edges: Edges,
    *,
    seed: int = 0,
    twice: bool = False,
) -> None:
    """Nodes of people by number, every node a record, or two; tables in an order of their own for
    each seed.
    """
    nodes = [(node, person[0]) for person in people for node in person]
    shuffled = np.random.default_rng(seed).permutation
    frames = {
        "nodes": pl.DataFrame(
            {"node": [node for node, _ in nodes], "size": [1 + twice] * len(nodes)}
        ),
        "clusters": pl.DataFrame(
            {"node": [node for node, _ in nodes], "medium": [person for _, person in nodes]}
        ),
        "edges": pl.DataFrame(
            edges, schema=["node_l", "node_r", "match_weight"], orient="row", strict=False
        ).cast({"node_l": pl.Int64, "node_r": pl.Int64, "match_weight": pl.Float64}),
        "record_nodes": pl.DataFrame(
            {"record": [node + copy for node, _ in nodes for copy in range(1 + twice)]}
        ).with_columns(
            node=pl.col("record") // 2 * 2 if twice else pl.col("record"),
            record=pl.col("record") + 100_000,
        ),
    }
    frames["records"] = frames["record_nodes"].select(
        "record",
        pl.lit("prison").alias("source_dataset"),
        pl.format("r{}", pl.col("record") - 100_000).alias("source_record_id"),
    )
    frames["groups"] = (
        frames["record_nodes"].join(frames["clusters"], on="node").select("record", "medium")
    )
    counted = frames["groups"].group_by(cluster="medium").agg(records=pl.len().cast(pl.Int64))
    frames["ids_person_id"] = counted.with_columns(id=pl.format("P{}", "cluster"))
    owners = frames["groups"].join(frames["records"], on="record")
    frames["person_links"] = owners.select(
        "source_dataset", "source_record_id", pl.format("P{}", "medium").alias("person_id")
    )
    for name, frame in frames.items():
        database.register("given", frame[shuffled(frame.height)].to_arrow())
        database.execute(f"create or replace temp table {name} as select * from given")
        database.unregister("given")
