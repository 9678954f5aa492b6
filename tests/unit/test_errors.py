"""One line that says why a step failed, and no value."""

from __future__ import annotations

import errno
from pathlib import Path

import duckdb
import pytest

from pipeline.errors import DeliveryError, LinkageError, describe_error


def caught(error: Exception) -> Exception:
    try:
        raise error
    except Exception as raised:
        return raised


def test_what_a_person_can_put_right_speaks_for_itself() -> None:
    line = describe_error(DeliveryError("[recalls.csv] is empty: deliver it again"))
    assert line == "[recalls.csv] is empty: deliver it again"


def test_a_full_disk_is_named_with_its_file_and_what_to_do() -> None:
    error = OSError(errno.ENOSPC, "No space left on device", "/build/staged/part.parquet")
    line = describe_error(error)
    assert "[/build/staged/part.parquet]" in line
    assert "the disk is full" in line
    assert "--resume" in line


@pytest.mark.parametrize(
    "words",
    [
        "could not write to file: No space left on device (os error 28)",
        "IOError: [Errno 28] Error writing bytes to file. Detail: No space left on device",
    ],
)
def test_a_full_disk_is_known_by_what_libraries_say(words: str) -> None:
    assert "the disk is full" in describe_error(caught(RuntimeError(words)))


def test_too_little_memory_in_the_database_says_how_much_and_what_to_do(tmp_path: Path) -> None:
    with (
        duckdb.connect(config={"memory_limit": "20MB", "temp_directory": ""}) as database,
        pytest.raises(duckdb.OutOfMemoryException) as raised,
    ):
        database.execute("create table t as select range as a, hash(range) b from range(9000000)")
    line = describe_error(raised.value)
    assert "Out of Memory" in line
    assert "JOURNEYS_MEMORY" in line
    assert "\n" not in line


def test_linkage_out_of_memory_says_what_to_do() -> None:
    error = LinkageError("linkage failed while linking (OutOfMemoryException: Out of Memory Error)")
    assert "JOURNEYS_MEMORY" in describe_error(error)


def test_the_message_of_any_other_error_is_withheld() -> None:
    line = describe_error(caught(ValueError("could not convert 'SMITH'")))
    assert line.startswith("ValueError at ")
    assert "SMITH" not in line


def test_a_conversion_error_of_the_database_is_withheld() -> None:
    with duckdb.connect() as database, pytest.raises(duckdb.Error) as raised:
        database.execute("select cast('SMITH' as integer)")
    assert "SMITH" not in describe_error(raised.value)
