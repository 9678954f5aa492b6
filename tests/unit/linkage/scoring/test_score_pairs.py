"""Two ways to the same weight: our query, and Splink's own prediction with the same settings."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from pipeline.linkage.dedupe import exact_dedupe
from pipeline.linkage.prepare import load_records
from pipeline.linkage.scoring import candidate_pairs, model, pair_batches, score_pairs
from pipeline.linkage.scoring.comparisons import sides_of
from pipeline.linkage.splink_adapter import make_linker
from tests.support.identity import cases, digest, stranger, write_identity


@pytest.fixture
def everyone(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """Nodes of all worked people among strangers, and every pair of the worked ones in `chosen`."""
    worked = [
        record | {"id": digest(case["case"], place)}
        for case in cases("people")
        for place, record in enumerate(case["records"])
    ]
    count = load_records.load_records(
        database,
        write_identity(
            tmp_path / "identity", [*worked, *(stranger(number) for number in range(200))]
        ),
    )
    assert count == len(worked) + 200
    exact_dedupe.load_nodes(database)
    ids = ", ".join(f"'{record['id']}'" for record in worked)
    database.execute(
        """
        create or replace table chosen as
        with mine as (select distinct node from record_nodes """
        f"""inner join records using (record) where source_record_id in ({ids}))

        select l.node as node_l, r.node as node_r from mine as l """
        """inner join mine as r on l.node < r.node
        """
    )
    return database


def test_our_weights_are_splinks(everyone: duckdb.DuckDBPyConnection) -> None:
    trained, chosen = model.read_model(model.find_newest_model()), f"({sides_of('chosen')})"
    everyone.execute(
        f"create or replace table ours as {score_pairs.query_scores(chosen, trained, 500)}"
    )
    splink = make_linker(everyone, "nodes", trained.settings(500))
    everyone.execute(
        "create or replace table tf as "
        "select distinct full_name, name_frequency as tf_full_name "
        "from nodes where full_name is not null"
    )
    blocked = (
        "select cast('0' as varchar) as match_key, node_l as join_key_l, node_r as join_key_r "
        "from chosen"
    )
    everyone.execute(f"create or replace table blocked as {blocked}")
    splink.table_management.register_term_frequency_lookup(
        splink._db_api.register("tf"), "full_name"
    )
    splink.table_management.register_blocked_pairs_for_predict(splink._db_api.register("blocked"))
    theirs = splink.inference.predict(
        threshold_match_weight=-1e9, warning_mode="never"
    ).physical_name
    told = everyone.execute(
        """
        select count(*), max(abs(ours.match_weight - theirs.match_weight)), """
        f"""count(distinct round(ours.match_weight, 1))
        from ours
        inner join {theirs} as theirs
            on least(theirs.node_l, theirs.node_r) = ours.node_l """
        """and greatest(theirs.node_l, theirs.node_r) = ours.node_r
        """
    ).fetchone()
    assert told is not None
    pairs, apart, kinds = told
    assert (pairs,) == everyone.execute("select count(*) from chosen").fetchone()
    assert apart < 1e-5
    assert kinds > 10


def test_weights_do_not_depend_on_how_pairs_are_batched(
    everyone: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained, found = model.read_model(model.find_newest_model()), []
    for most, at_once in ((pair_batches.PAIRS_A_BATCH, score_pairs.PAIRS_AT_ONCE), (3, 7)):
        monkeypatch.setattr(pair_batches, "PAIRS_A_BATCH", most)
        monkeypatch.setattr(score_pairs, "PAIRS_AT_ONCE", at_once)
        pairs = score_pairs.load_edges(everyone, trained, records=500)
        found.append((pairs, everyone.execute("from edges order by all").fetchall()))
    assert found[0] == found[1]
    assert found[0][1]


def test_pairs_are_those_of_all_rules_and_none_that_can_matter_is_passed_over(
    everyone: duckdb.DuckDBPyConnection,
) -> None:
    trained = model.read_model(model.find_newest_model())
    scored = score_pairs.load_edges(everyone, trained, records=500)
    candidate_pairs.make_crowded(everyone)
    node_l, node_r = candidate_pairs.split_pairs(candidate_pairs.find_pairs(everyone))
    everyone.register("every", {"node_l": node_l, "node_r": node_r})
    assert (scored,) == everyone.execute("select count(*) from every").fetchone()
    whole = score_pairs.query_scores(f"({sides_of('every')})", trained, 500)
    kept = everyone.execute(
        f"from ({whole}) where match_weight >= {score_pairs.MIN_WEIGHT} order by all"
    ).fetchall()
    assert kept == everyone.execute("from edges order by all").fetchall()
