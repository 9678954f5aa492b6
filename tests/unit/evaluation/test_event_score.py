"""A whole score on a release and a truth small enough to count by hand."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipeline.errors import UsageError
from pipeline.evaluation.event_score import compare_events
from pipeline.evaluation.release_score import score_release

DAY, LATER, RETURN = date(2018, 3, 1), date(2018, 9, 1), date(2018, 9, 5)


def record_ids(source: str, table_name: str, keys: pl.Series) -> pl.Series:
    return pl.Series(
        [hashlib.sha256(f"{source}/{table_name}/{key}".encode()).hexdigest()[:32] for key in keys],
        dtype=pl.String,
    )


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    folder = tmp_path / "truth"
    folder.mkdir()
    tables: dict[str, dict[str, list[Any]]] = {
        "record_person": {
            "source": ["probation", "probation", "probation", "prison"],
            "table_name": ["offenders", "offenders", "offenders", "custodial_journeys"],
            "source_key": ["1", "2", "3", "7/1"],
            "true_person_id": ["a", "a", "b", "b"],
        },
        "persons": {
            "true_person_id": ["a", "b"],
            "sex": ["male", "female"],
            "ethnicity_18": ["W1", "NS"],
            "birth_date": [DAY, None],
            "region": ["Wales", None],
        },
        "case_links": {"mc_source_key": ["1/1", "2/1"], "cc_source_key": ["9", "8"]},
        "recalls": {
            "true_person_id": ["a", "a", "b", "b"],
            "revocation_date": [DAY, LATER, DAY, LATER],
            "return_date": [None, None, None, RETURN],
            "is_observable": [True, True, True, False],
        },
        "sentences": {
            "true_person_id": ["a", "a", "b"],
            "sentence_date": [DAY, DAY, DAY],
            "disposal_group": ["fine", "fine", "life"],
            "is_observable": [True] * 3,
        },
        "pre_sentence_reports": {
            "true_person_id": ["a", "b"],
            "requested_date": [DAY, DAY],
            "delivered_type": ["fast", None],
            "is_observable": [True, True],
        },
        "releases": {"true_person_id": ["a"], "release_date": [DAY], "is_observable": [False]},
    }  # fmt: skip
    for name, columns in tables.items():
        pl.DataFrame(columns).write_parquet(folder / f"{name}.parquet")
    return folder


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Record 2 of person a is linked to person b (P2); 3 and 7/1 are linked rightly; P9 is nobody
    of the truth.
    """
    keys = record_ids("probation", "offenders", pl.Series(["1", "2", "3"])).to_list()
    keys += record_ids("prison", "custodial_journeys", pl.Series(["7/1"])).to_list()
    folder = tmp_path / "release"
    (folder / "tables").mkdir(parents=True)
    mc = record_ids("magistrates", "defendants", pl.Series(["1/1", "3/1"])).to_list()
    cc = record_ids("crown_court", "defendants", pl.Series(["9", "8"])).to_list()
    tables: dict[str, dict[str, list[Any]]] = {
        "person_link": {
            "source_dataset": ["probation"] * 3 + ["prison", "prison"],
            "source_record_id": [*keys, "unknown"],
            "person_id": ["P1", "P2", "P2", "P2", "P9"],
        },
        "case_link": {
            "case_link_id": ["x", "y", "z"],
            "mc_source_record_id": [*mc, None],
            "cc_source_record_id": [*cc, "0"],
        },
        "fct_recall": {
            "person_id": ["P1", "P1", "P2", "P2", "P9", "P1", None],
            "revocation_date": [DAY, DAY, DAY, RETURN, DAY, LATER, DAY],
            "return_to_custody_date": [None, None, None, RETURN, None, None, None],
            "is_prison_only": [False, False, False, True, False, False, False],
            "is_counted": [True, True, True, True, True, False, True],
        },
        "fct_sentence": {
            "person_id": ["P1", "P2", "P2"],
            "sentence_date": [DAY, DAY, DAY],
            "disposal_group": ["fine", "ipp", "life"],
            "exclude_reason": [None, None, "company"],
        },
        "fct_pre_sentence_report": {
            "person_id": ["P1", "P2"],
            "requested_date": [DAY, DAY],
            "delivered_type": ["fast", None],
        },
        "journey_event": {
            "source_dataset": ["probation"] * 3 + ["prison"],
            "source_record_id": [keys[0], keys[0], None, keys[3]],
            "event_date": [LATER, date(2015, 12, 31), DAY, DAY],
        },
        "fct_release": {
            "person_id": ["P1", "P1"],
            "release_date": [DAY, DAY],
            "is_counted": [True, False],
        },
    }
    for name, columns in tables.items():
        pl.DataFrame(columns).write_parquet(folder / "tables" / f"{name}.parquet")
    return folder


def test_score_counts_what_a_hand_counts(release: Path, truth: Path) -> None:
    scores = score_release(release, truth, record_ids)
    assert scores["links"]["pair_precision"] == pytest.approx(1 / 3)
    assert scores["links"]["pair_recall"] == pytest.approx(1 / 2)
    assert scores["links"]["by_group"]["ethnic_group"].keys() == {"White", "Not stated"}
    assert scores["links"]["by_group"]["region"].keys() == {"Wales", "unknown"}
    assert {year: of["records"] for year, of in scores["links"]["by_record"]["year"].items()} == {
        "2015": 1,
        "2018": 1,
        "unknown": 2,
    }
    assert scores["case_links"] == {"precision": 1 / 2, "recall": 1 / 2, "made": 2, "true": 2}
    # P1 stands for a, P2 for b. Made: a/DAY twice, b/DAY, b/RETURN (of the recall of LATER, not
    # observable), nobody/DAY, one of no person. Observable: a/DAY, a/LATER, b/DAY.
    assert scores["recalls"] == {
        "found": 2 / 3,
        "invented": 2 / 5,
        "invented_by_date_alone": 3 / 5,
        "truth": 3,
        "truth_unobservable": 1,
        "in_marts": 5,
        "without_person": 1,
    }
    assert scores["sentences"]["found"] == pytest.approx(1 / 3)
    assert scores["sentences"]["found_by_date_alone"] == pytest.approx(2 / 3)
    assert scores["sentences"]["invented"] == 1 / 2
    assert scores["pre_sentence_reports"]["found"] == 1.0
    assert scores["releases"] == {
        "found": None,
        "invented": 0.0,
        "truth": 0,
        "truth_unobservable": 1,
        "in_marts": 1,
        "without_person": 0,
    }
    json.dumps(scores, allow_nan=False)


def test_no_truth_is_one_line(release: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="synthesise --truth"):
        score_release(release, tmp_path, record_ids)


def test_multisets_count_each_event_once() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create table stated as "
            "from (values (1, 'x', true), (1, 'x', false), (1, 'z', true)) "
            "t(true_person, kind, is_observable)"
        )
        made = "from (values (1, 'x'), (1, 'x'), (1, 'x'), (1, 'y')) made(true_person, kind)"
        counted = compare_events(connection, made, ["kind"])
    assert counted == {
        "found": 1 / 2,
        "invented": 2 / 4,
        "truth": 2,
        "truth_unobservable": 1,
        "in_marts": 4,
    }
