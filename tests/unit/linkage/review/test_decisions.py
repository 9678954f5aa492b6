from __future__ import annotations

import os
import stat
from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import DecisionError
from pipeline.linkage.review.decisions import (
    COLUMNS,
    append_decisions,
    in_force,
    read_decisions,
    read_sheet,
)

TODAY = date(2026, 11, 23)
HEADER = ",".join(COLUMNS)


def line(
    a: str,
    b: str,
    decision: str = "must_link",
    why: str = "same photograph",
    when: str = "2026-11-20",
    who: str = "J. Clerk",
) -> str:
    return f'{decision},prison,{a},probation,{b},{who},{when},"{why}"'


def written(path: Path, *lines: str, header: str = HEADER) -> Path:
    path.write_text("\n".join((header, *lines)) + "\n", encoding="utf-8")
    return path


def test_without_a_file_nothing_is_decided(tmp_path: Path) -> None:
    assert read_decisions(tmp_path / "overrides.csv") == []


def test_a_decision_is_read_with_who_when_and_why(tmp_path: Path) -> None:
    decision, other = read_decisions(
        written(
            tmp_path / "overrides.csv",
            line("p1", "q1", why="a, b\nand c"),
            "",
            line("p2", "q2", "must_not_link"),
        )
    )
    assert decision.is_link
    assert (decision.left, decision.right) == (("prison", "p1"), ("probation", "q1"))
    assert (decision.who, decision.when, decision.why) == (
        "J. Clerk",
        date(2026, 11, 20),
        "a, b\nand c",
    )
    assert not other.is_link
    assert (decision.line, other.line) == (2, 5), (
        "a line break within a cell and a blank line are counted"
    )


def test_a_later_decision_on_the_same_two_records_stands(tmp_path: Path) -> None:
    file = written(
        tmp_path / "overrides.csv",
        line("p1", "q1"),
        "must_not_link,probation,q1,prison,p1,K,2026-11-21,looked again",
    )
    assert [decision.is_link for decision in in_force(read_decisions(file))] == [False]


@pytest.mark.parametrize(
    ("spoilt", "message"),
    [
        (
            line("p1", "q1", "mustlink"),
            "line 2, column decision must be must_link or must_not_link",
        ),
        (line("p1", ""), "line 2, column record_id_b is empty"),
        (line("p1", "q1", who=" "), "line 2, column who is empty"),
        (line("p1", "q1", why=""), "line 2, column why is empty"),
        (line("p1", "q1", when="2026-02-30"), "line 2, column when is not a day"),
        (line("p1", "q1", when="20261120"), "line 2, column when is not a day"),
        (
            "must_link,prison,p1,prison,p1,J,2026-11-20,x",
            "line 2, column record_id_b is the same record",
        ),
        (line("p1", "q1") + ",more", "line 2 has 9 cells and the header 8"),
        ('must_link,prison,p1,probation,q1,J,2026-11-20,"open', "line 2 cannot be cut into cells"),
    ],
)
def test_a_line_that_cannot_be_taken_is_told_by_file_line_and_column(
    tmp_path: Path, spoilt: str, message: str
) -> None:
    file = written(tmp_path / "overrides.csv", spoilt)
    with pytest.raises(DecisionError) as error:
        read_decisions(file)
    assert message in str(error.value)
    assert str(file) in str(error.value)
    assert not [
        cell
        for cell in ("p1", "q1", "photograph", "J. Clerk", "mustlink")
        if cell in str(error.value)
    ], "no cell is told"


def test_columns_are_those_that_are_stated(tmp_path: Path) -> None:
    for header in (
        HEADER.replace("why", "reason"),
        HEADER + ",more",
        HEADER.replace(",who,when", ",when,who"),
        HEADER.replace(",", ";"),
    ):
        with pytest.raises(DecisionError, match="line 1 must have each of these columns once"):
            read_decisions(written(tmp_path / "overrides.csv", header=header))
    (tmp_path / "overrides.csv").write_bytes(HEADER.encode("utf-16"))
    with pytest.raises(DecisionError, match="not UTF-8"):
        read_decisions(tmp_path / "overrides.csv")


def test_decisions_that_contradict_each_other_are_told_by_line(tmp_path: Path) -> None:
    lines = [
        line("p1", "q1"),
        line("p7", "q7"),
        line("p2", "q1"),
        line("p2", "q2"),
        line("p1", "q2", "must_not_link"),
    ]
    with pytest.raises(DecisionError) as error:
        read_decisions(written(tmp_path / "overrides.csv", *lines))
    told = str(error.value)
    assert (
        "[overrides.csv] line 6 against "
        "[overrides.csv] line 2, [overrides.csv] line 4, [overrides.csv] line 5"
    ) in told
    assert "line 3" not in told, "what has no part in it is not told"
    mended = written(tmp_path / "overrides.csv", *lines, line("p1", "q2", "must_link"))
    assert len(in_force(read_decisions(mended))) == 5


def test_what_is_not_one_person_may_be_one_with_a_third_that_is_not_either(tmp_path: Path) -> None:
    apart = [
        line("p1", "q1", "must_not_link"),
        line("p2", "q1", "must_not_link"),
        line("p1", "q2"),
        line("p3", "q1"),
    ]
    assert len(read_decisions(written(tmp_path / "overrides.csv", *apart))) == 4


def test_a_sheet_is_read_where_it_is_filled_in(tmp_path: Path) -> None:
    header = (
        "pair,decision,who,when,why,forename_a,"
        "source_dataset_a,record_id_a,source_dataset_b,record_id_b"
    )
    sheet = written(
        tmp_path / "pairs.csv",
        "1,,,,,TOM,prison,p1,probation,q1",
        "2,must_link,,21/11/2026,one voice,TOM,prison,p2,probation,q2",
        "3,must_not_link,K. Clerk,,father and son,TOM,prison,p3,probation,q3",
        header=header,
    )
    sheet.write_bytes(b"\xef\xbb\xbf" + sheet.read_bytes().replace(b"\n", b"\r\n"))
    first, second = read_sheet(sheet, who="J. Clerk", today=TODAY)
    assert (first.line, first.who, first.when, first.why) == (
        3,
        "J. Clerk",
        date(2026, 11, 21),
        "one voice",
    )
    assert (second.line, second.who, second.when) == (4, "K. Clerk", TODAY)
    with pytest.raises(DecisionError, match="line 3, column who is empty"):
        read_sheet(sheet, who=None, today=TODAY)
    with pytest.raises(DecisionError, match="line 3, column when lies in the future"):
        read_sheet(sheet, who="J. Clerk", today=date(2026, 11, 20))


def test_decisions_are_added_and_what_stood_there_stays_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "registry" / "overrides.csv"
    new = read_decisions(
        written(
            tmp_path / "new.csv",
            line("p1", "q1", why='says ""one""'),
            line("p2", "q2", "must_not_link"),
        )
    )
    assert append_decisions(file, new) == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [decision.cells for decision in read_decisions(file)] == [
        decision.cells for decision in new
    ]
    before = file.read_bytes()
    assert append_decisions(file, new) == 0
    assert file.read_bytes() == before
    file.write_bytes(before.rstrip(b"\n"))  # as an editor leaves it
    assert (
        append_decisions(
            file, read_decisions(written(tmp_path / "more.csv", line("p1", "q1", "must_not_link")))
        )
        == 1
    )
    assert file.read_bytes().startswith(before)
    assert [decision.is_link for decision in in_force(read_decisions(file))] == [False, False]
    assert sorted(path.name for path in file.parent.iterdir()) == ["overrides.csv"]


def test_nothing_is_added_that_contradicts_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written(tmp_path / "overrides.csv", line("p1", "q1"), line("p1", "q2"))
    before = file.read_bytes()
    new = read_decisions(
        written(
            tmp_path / "new.csv",
            line("p9", "q9"),
            line("p2", "q1"),
            line("p2", "q2", "must_not_link"),
        )
    )
    with pytest.raises(DecisionError) as error:
        append_decisions(file, new)
    assert (
        "[new.csv] line 4 against [new.csv] line 3, [overrides.csv] line 2, [overrides.csv] line 3"
        in str(error.value)
    )
    assert file.read_bytes() == before

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        append_decisions(file, new[:1])
    assert file.read_bytes() == before, "a full disk leaves the file whole"
