"""Where each row and each column of a raw table goes."""

from __future__ import annotations

import gzip
import hashlib
import hmac
import io
from collections.abc import Callable
from datetime import date
from typing import Any

import polars as pl
import pytest

from pipeline.delivery import typed_rows
from pipeline.errors import DeliveryError
from pipeline.landing.pseudonymise import pseudonymise_column, pseudonymise_keys
from tests.support.landing import KEY, Landed, rows_of

Land = Callable[..., Landed]
RECALLS = "probation.recalls"


def by_hand(family: str, source_key: str, key: bytes = KEY) -> str:
    """A pseudonym as it is documented, by Python's own library."""
    derived = hmac.new(key, b"justice-journeys pseudonyms", hashlib.sha256).hexdigest().encode()
    return hmac.new(derived, f"{family}\x1f{source_key}".encode(), hashlib.sha256).hexdigest()[:32]


def recalls(**columns: list[Any]) -> pl.DataFrame:
    height = len(next(iter(columns.values())))
    return rows_of(
        RECALLS,
        **(
            {"recall_id": [f"90{i}" for i in range(height)], "release_id": ["7"] * height} | columns
        ),
    )


def test_a_clean_table_is_staged_whole(land: Land) -> None:
    landed = land(
        RECALLS, {"probation/recalls.parquet": recalls(recall_date=[date(2016, 2, 29), None])}
    )
    assert (
        landed.entry.delivered,
        landed.entry.staged,
        landed.entry.quarantined,
        landed.entry.duplicates_removed,
    ) == (2, 2, 0, 0)
    assert landed.entry.balances
    assert not landed.entry.blocking
    assert not (landed.build.quarantine / "probation").exists()


def test_keys_become_pseudonyms_of_their_family(land: Land) -> None:
    landed = land(RECALLS, {"probation/recalls.parquet": recalls(recall_date=[date(2016, 2, 29)])})
    staged = landed.frame("staged")
    assert staged["recall_id"].to_list() == [by_hand("probation_recall", "900")]
    assert (
        staged["release_id"].to_list()
        == pseudonymise_keys(pl.Series(["7"]), "probation_release", KEY).to_list()
    )
    assert (
        staged["recall_id"].to_list()
        != pseudonymise_keys(pl.Series(["900"]), "probation_release", KEY).to_list()
    )


def test_another_key_gives_other_pseudonyms() -> None:
    same = pl.Series(["900", None])
    first, second = (pseudonymise_keys(same, "probation_recall", key) for key in (KEY, KEY + b"!"))
    assert first[0] != second[0]
    assert first[1] is None


@pytest.mark.parametrize(
    "key",
    [KEY, b"k" * 100, bytes(range(256)), b"\xff\x00\xfe" * 8],
    ids=["text", "long", "all bytes", "no text"],
)
def test_pseudonyms_are_those_of_the_standard_library(key: bytes) -> None:
    sources = ["1", "MC 7/2", "na\u00efve", "", "x" * 500]
    assert pseudonymise_keys(pl.Series(sources), "f", key).to_list() == [
        by_hand("f", source, key) for source in sources
    ]


def test_the_key_is_nowhere_to_be_seen() -> None:
    made = pseudonymise_column("family", pl.col("source_key"), KEY)
    rows = pl.LazyFrame({"source_key": ["1"]})
    with pytest.raises(pl.exceptions.InvalidOperationError) as caught:
        rows.select(made.cast(pl.Int64)).collect()
    shown = [
        repr(made),
        str(made),
        rows.select(made).explain(),
        rows.select(made).explain(engine="streaming"),
        str(caught.value),
    ]
    with pytest.raises(pl.exceptions.ColumnNotFoundError) as missing:
        rows.rename({"source_key": "other"}).select(made).collect()
    shown.append(str(missing.value))
    derived = hmac.new(KEY, b"justice-journeys pseudonyms", hashlib.sha256).hexdigest()
    assert [text for text in shown if "hmac" in text], "nothing here shows the expression any more"
    assert not [
        text for text in shown if KEY.decode() in text or derived in text or derived.upper() in text
    ]


def test_direct_identifiers_stay_on_the_identity_side(land: Land) -> None:
    offenders = rows_of(
        "probation.offenders",
        offender_id=["9000000001"],
        first_name=["MIG_ERROR_TOM"],
        date_of_birth_date=[date(1980, 2, 29)],
        crn=["X123456"],
        gender=["M"],
    )
    landed = land("probation.offenders", {"probation/offenders.parquet": offenders})
    identity, staged = landed.frame("identity"), landed.frame("staged")
    assert identity.select("forename", "date_of_birth", "crn", "gender").row(0) == (
        "MIG_ERROR_TOM",
        date(1980, 2, 29),
        "X123456",
        "M",
    )
    assert staged["birth_year"].to_list() == [1980]
    assert (
        staged["source_record_id"].to_list()
        == identity["source_record_id"].to_list()
        == staged["offender_id"].to_list()
    )
    assert not {"first_name", "forename", "date_of_birth_date", "crn"} & set(staged.columns)


def test_composite_records_are_hashed_over_the_parts(land: Land) -> None:
    rows = rows_of("magistrates.defendants", case_id=["1", "1"], defendant_id=["1", "2"])
    landed = land("magistrates.defendants", {"magistrates/defendants.parquet": rows})
    expected = pseudonymise_keys(pl.Series(["1/1", "1/2"]), "magistrates.defendants record", KEY)
    assert landed.frame("staged")["source_record_id"].to_list() == expected.to_list()


def test_what_breaks_a_row_rule_is_quarantined_with_every_reason(land: Land) -> None:
    frame = recalls(
        recall_date=[date(1900, 1, 1), date(2016, 1, 1)],
        recall_reason_code=["?", "FO"],
        recall_length_days=[15, 90],
    )
    landed = land(RECALLS, {"probation/recalls.parquet": frame})
    held = landed.frame("quarantine")
    assert held.select("file", "row_in_file").rows() == [
        ("probation/recalls.parquet", "1"),
        ("probation/recalls.parquet", "2"),
    ]
    assert held["reasons"].to_list() == [
        (
            "recall_date is below the least plausible value; "
            "recall_reason_code is not in the code list"
        ),
        "recall_length_days is above the greatest plausible value",
    ]
    assert landed.failed()[("recall_reason_code", "isin")] == 1
    assert landed.entry.blocking  # two of two quarantined rows is far more than tolerated


def test_reasons_stand_in_alphabetical_order(land: Land) -> None:
    landed = land(
        RECALLS,
        {"probation/recalls.parquet": recalls(recall_length_days=[15_000], hdc_subtype_code=["?"])},
    )
    reasons = landed.frame("quarantine")["reasons"][0].split("; ")
    assert [reason.split()[0] for reason in reasons] == ["hdc_subtype_code", "recall_length_days"]


def test_a_row_that_is_quarantined_is_never_lost_on_the_way(
    land: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = typed_rows.file_as_delivered
    monkeypatch.setattr(
        typed_rows, "file_as_delivered", lambda *given, **named: found(*given, **named).head(1)
    )
    with pytest.raises(RuntimeError, match="2 rows are quarantined and 1 were written"):
        land(RECALLS, {"probation/recalls.parquet": recalls(recall_reason_code=["?", "?", "FO"])})


def test_no_value_is_in_a_reason(land: Land) -> None:
    offenders = rows_of(
        "probation.offenders", offender_id=["9000000001"], crn=["SECRET"], gender=["SECRET"]
    )
    landed = land("probation.offenders", {"probation/offenders.parquet": offenders})
    assert "SECRET" not in landed.frame("quarantine")["reasons"][0]
    assert "SECRET" not in " ".join(landed.entry.blocking)


CSV = """recall_id,release_id,recall_date,recall_reason_code,ppcs_reason_codes,\
recall_outcome_code,recall_length_days,emergency,from_hdc,\
hdc_subtype_code,rescinded,return_to_custody_date,soft_deleted
901,7,29/02/2016,FO,OTHER,REC01,14,N,n,,false,2016-03-01,0
902,7,30/02/2016,FO,OTHER,REC01,14,N,n,,false,2016-03-01,0
903,7,2016-02-29 00:00:00,NULL,"OTHER;FAILED_RESIDE",REC02,,Y,,,,,1
904,7,2016-02-29,FO,OTHER,REC01,fourteen,perhaps,n,,false,2016-03-01,0
"""


@pytest.mark.parametrize("path", ["probation/recalls.csv", "probation/recalls.csv.gz"])
def test_text_is_typed_and_what_does_not_parse_is_a_reason(land: Land, path: str) -> None:
    content = CSV.encode()
    landed = land(
        RECALLS, {path: gzip.compress(content) if path.endswith("gz") else content}, rows=4
    )
    assert landed.entry.staged == 2
    assert landed.frame("staged")["recall_date"].to_list() == [date(2016, 2, 29)] * 2
    assert landed.frame("staged")["soft_deleted"].to_list() == [False, True]
    assert landed.frame("quarantine")["reasons"].to_list() == [
        "recall_date cannot be read as its type",
        "emergency cannot be read as its type; recall_length_days cannot be read as its type",
    ]
    assert landed.frame("quarantine")["recall_date"].to_list()[0] == "30/02/2016"


def test_parts_are_one_table_and_rows_keep_their_file(land: Land) -> None:
    parts = {
        f"probation/recalls/part-{i}.parquet": recalls(
            recall_id=[f"{i}1", f"{i}2"], recall_reason_code=["FO", "?"]
        )
        for i in (1, 2)
    }
    landed = land(RECALLS, parts)
    assert landed.entry.delivered == 4
    assert landed.frame("quarantine").select("file", "row_in_file").rows() == [
        (path, "2") for path in parts
    ]


def test_whole_rows_delivered_twice_are_removed_and_counted(land: Land) -> None:
    events = rows_of(
        "probation.events",
        event_id_hash=[f"e{i}" for i in range(200)] + ["e7"],
        offender_id=["1"] * 201,
    )
    landed = land("probation.events", {"probation/events.parquet": events})
    assert (landed.entry.staged, landed.entry.duplicates_removed, landed.entry.quarantined) == (
        200,
        1,
        0,
    )
    assert not landed.entry.blocking


def test_a_key_with_other_content_goes_to_quarantine_and_order_does_not_matter(land: Land) -> None:
    events = rows_of(
        "probation.events",
        event_id_hash=[f"e{i}" for i in range(200)] + ["e7"],
        offender_id=["1"] * 200 + ["2"],
    )
    straight = land("probation.events", {"probation/events.parquet": events})
    kept = set(straight.frame("staged").select("event_id_hash", "offender_id").rows())
    assert straight.frame("quarantine")["reasons"].to_list() == [
        "the key repeats with other content"
    ]
    reverse = land("probation.events", {"probation/events.parquet": events.reverse()})
    assert set(reverse.frame("staged").select("event_id_hash", "offender_id").rows()) == kept


def test_a_repeated_key_beyond_the_tolerance_blocks(land: Land) -> None:
    landed = land(
        RECALLS,
        {
            "probation/recalls.parquet": recalls(
                recall_id=["1", "1"], recall_date=[date(2016, 1, 1)] * 2
            )
        },
    )
    assert "[recall_id] repeats in 1 of 2 rows" in landed.entry.blocking[0]


def test_dates_out_of_order_are_flagged_and_kept(land: Land) -> None:
    frame = recalls(recall_date=[date(2016, 1, 2)], return_to_custody_date=[date(2016, 1, 1)])
    landed = land(RECALLS, {"probation/recalls.parquet": frame})
    assert landed.frame("staged")["contract_flags"].to_list() == [
        "return_to_custody_date before recall_date"
    ]


def test_an_optional_table_that_is_absent_is_empty(land: Land) -> None:
    landed = land("prison.movements", {})
    assert landed.frame("staged").height == 0
    assert not landed.entry.is_present


def cut(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()[:-40]


@pytest.mark.parametrize(
    ("files", "rows", "message"),
    [
        (
            {"probation/recalls.parquet": cut(recalls(recall_date=[None]))},
            1,
            "cannot be read as Parquet",
        ),
        (
            {"probation/recalls.csv.gz": gzip.compress(CSV.encode())[:-20]},
            4,
            "cannot be read as CSV",
        ),
        (
            {"probation/recalls.csv": CSV.replace("recall_id", "recall_key").encode()},
            4,
            "['recall_id'] are missing",
        ),
        (
            {"probation/recalls.csv": CSV.replace("from_hdc", "from_hdc,added", 1).encode()},
            4,
            "['added']",
        ),
        ({"probation/recalls.csv": CSV.encode()}, 5, "has 4 rows but the manifest states 5"),
        ({"probation/recalls.csv": b""}, 0, "is empty"),
    ],
    ids=["cut parquet", "cut gzip", "missing column", "unknown column", "row count", "empty"],
)
def test_a_broken_file_ends_in_one_clear_line(
    land: Land, files: dict[str, bytes], rows: int, message: str
) -> None:
    with pytest.raises(DeliveryError) as caught:
        land(RECALLS, files, rows=rows)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
