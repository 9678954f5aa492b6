"""Every form in which a table may arrive as text, down to the rows that are typed and the reasons
of those that are not.
"""

from __future__ import annotations

import csv
import gzip
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from data_contracts.fields import CODES
from pipeline.delivery import csv_profile, typed_rows, value_parsing
from pipeline.delivery.manifest import DeliveredFile
from pipeline.errors import DeliveryError
from tests.support.landing import Read, short


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-32"])
def test_encodings(read: Read, encoding: str) -> None:
    assert read("id,surname\n1,Nuñez\n2,O’Brien\n".encode(encoding)) == [
        ("1", "Nuñez"),
        ("2", "O’Brien"),
    ]


def test_a_row_that_is_not_in_the_encoding_of_the_others_is_quarantined(read: Read) -> None:
    told = "row has characters that are not in UTF-8 as those of the other rows are;"
    mixed = "id,surname\n1,é\n2,ü\n3,".encode() + b"\xe9\n4,a\n"
    assert read(mixed) == [("1", "é"), ("2", "ü"), (told,), ("4", "a")]


def test_a_byte_that_windows_1252_does_not_know_is_quarantined(read: Read) -> None:
    content = b"id,surname\n1,\xe9\n2,a\x81\n3,\xff\n"
    assert read(content) == [
        ("1", "é"),
        ("row has characters that Windows-1252 does not know;",),
        ("3", "ÿ"),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_known_by_the_header_and_not_by_the_data(
    read: Read, delimiter: str
) -> None:
    content = f"id{delimiter}surname\n1{delimiter}{'a,b;c|d' if delimiter == chr(9) else 'a b'}\n"
    assert read(content.encode()) == [("1", content.splitlines()[1].partition(delimiter)[2])]
    assert read(b'id|surname\n1|"a,b,c,d;e;f;g"\n') == [("1", "a,b,c,d;e;f;g")]


def test_quotes_hold_delimiters_line_ends_and_doubled_quotes(read: Read) -> None:
    content = b'"id","surname"\r\n"1","Smith, ""Tiny""\r\nJohn"\r\n2,""""\r\n3,""\r\n'
    assert read(content) == [("1", 'Smith, "Tiny"\r\nJohn'), ("2", '"'), ("3",)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends(read: Read, end: str, last: bool) -> None:
    content = end.join(["id,surname", "1,a", f'2,"b{end}c"']) + end * last
    assert read(content.encode()) == [("1", "a"), ("2", f"b{end}c")]


def test_blank_lines_are_no_rows(read: Read) -> None:
    assert read(b"id,surname\r\n1,a\r\n\r\n2,b\r\n\r\n\r\n") == [("1", "a"), ("2", "b")]


def test_spellings_of_nothing(read: Read) -> None:
    content = r"""id,surname,day,number,flag
1,,,,
2, ,NULL,null,\N
3,\N,N/A,nan,None
NULL,(null),#N/A,NA,<null>
"""
    assert read(content.encode()) == [("1",), ("2",), ("3",), ()]


def test_people_may_be_called_null_and_codes_na(read: Read) -> None:
    assert read(b"id,surname\nNA,NULL\nN/A,null\nNONE,Null\n") == [
        ("NA", "NULL"),
        ("N/A", "null"),
        ("NONE", "Null"),
    ]
    assert read(b"id,surname\n1,NULL\n", identifiers={}) == [("1",)]


def test_no_spelling_of_nothing_is_a_legal_code() -> None:
    for path in CODES.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as lines:
            assert not {row[0] for row in csv.reader(lines)} & {
                *value_parsing.NOTHING,
                *value_parsing.NULL_WORDS,
            }, path.name


@pytest.mark.parametrize(
    ("text", "number", "amount"),
    [
        ("7", 7, 7.0),
        ("+7", 7, 7.0),
        ("1,234", 1234, 1234.0),
        ("-1,234,567.0", -1234567, -1234567.0),
        ("1,234.5", None, 1234.5),
        ("14.0", 14, 14.0),
        ("1e3", 1000, 1000.0),
        ("9007199254740993", 9007199254740993, 9007199254740992.0),
        ("12,5", None, None),
        ("1,23", None, None),
        ("inf", None, None),
        ("0x10", None, None),
        ("seven", None, None),
    ],
)
def test_numbers(read: Read, text: str, number: int | None, amount: float | None) -> None:
    wrong = "".join(
        f"{name};" for name, value in (("number", number), ("amount", amount)) if value is None
    )
    expected = (
        ("1", None, None, number, amount, None, wrong)
        if wrong
        else ("1", None, None, number, amount)
    )
    assert read(f'id,number,amount\n1,"{text}","{text}"\n'.encode()) == [
        short((*expected[:5], None, wrong or None))
    ]


LEAP = date(2016, 2, 29)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2016-02-29", LEAP),
        ("29/02/2016", LEAP),
        ("29-02-2016", LEAP),
        ("2016/02/29", LEAP),
        ("29-FEB-2016", LEAP),
        ("29-feb-16", LEAP),
        ("20160229", LEAP),
        ("2016-02-29 00:00:00", LEAP),
        ("2016-02-29T13:01:02.123456", LEAP),
        ("29/02/2016 09:30", LEAP),
        ("29-FEB-16 12.00.00.000000000 AM", LEAP),
        ("2016-02-29T10:00:00Z", LEAP),
        (
            "2016-06-30T23:00:00.000+0000",
            date(2016, 7, 1),
        ),  # midnight of British summer time, written in universal time
        ("2016-07-01 00:00:00+01:00", date(2016, 7, 1)),
        ("01-JAN-49", date(2049, 1, 1)),
        ("01-JAN-50", date(1950, 1, 1)),
        ("1900-01-01", date(1900, 1, 1)),
        ("1970-01-01", date(1970, 1, 1)),
        ("01/01/1900", date(1900, 1, 1)),
        ("30/02/2016", None),
        ("02/29/2016", None),
        ("29/02/16", None),
        ("16-02-29", None),
        ("0016-02-29", None),
        ("2016-02-29 25:00", None),
        ("42429", None),  # a serial number: Excel, SAS and Unix count from different days
        ("2016229", None),
        ("today", None),
    ],
)
def test_dates(read: Read, text: str, day: date | None) -> None:
    expected = ("1", None, day) if day else ("1", "day;")
    assert read(f"id,day\n1,{text}\n".encode()) == [expected]


def test_spellings_of_dates_may_mix_in_one_column(read: Read) -> None:
    spelt = ["2016-02-29", "29/02/2016", "29-FEB-16", "20160229", "2016-02-29 00:00", "x", ""]
    content = "id,day\n" + "".join(f"{place},{text}\n" for place, text in enumerate(spelt))
    assert [row[1:] for row in read(content.encode())] == [(None, LEAP)] * 5 + [("day;",), ()]


def test_a_birth_date_is_never_to_come(read: Read) -> None:
    assert read(b"id,day\n1,01-JAN-45\n2,01-JAN-05\n", identifiers={"day": "date_of_birth"}) == [
        ("1", None, date(1945, 1, 1)),
        ("2", None, date(2005, 1, 1)),
    ]


def test_booleans(read: Read) -> None:
    spelt = {
        "true": True,
        "Y": True,
        "1": True,
        "T": True,
        "yes": True,
        "false": False,
        "N": False,
        "0": False,
        "F": False,
        "NO": False,
    }
    content = "id,flag\n" + "".join(f"x,{text}\n" for text in [*spelt, "perhaps"])
    assert read(content.encode()) == [
        ("x", None, None, None, None, value) for value in spelt.values()
    ] + [("x", "flag;")]


def test_a_delimiter_at_the_end_of_each_line_is_no_column(read: Read) -> None:
    assert read(b"id,surname,\n1,a,\n2,b,\n") == [("1", "a"), ("2", "b")]
    assert read(b"id,surname\n1,a,\n2,b,\n") == [("1", "a"), ("2", "b")]
    assert read(b'"id","surname",""\n"1","a",""\n') == [("1", "a")]
    assert read(b"id,surname,\r\n1,a\r\n2,b\r\n") == [("1", "a"), ("2", "b")]
    assert read(b"id,surname,,,\n1,a,,,\n2,b,,x,\n") == [
        ("1", "a"),
        ("row has a value in a column without a name;",),
    ]


def test_a_row_of_another_width_is_quarantined_and_no_other(read: Read, tmp_path: Path) -> None:
    content = b"id,surname,day\n1,a,2016-02-29\n2,b\n3,c,d,2016-02-29\n4\n5,e,2016-02-29\n6,,,\n"
    told = "row has {} instead of 3;"
    ok = [("1", "a", LEAP), ("5", "e", LEAP)]
    two, four, one = ((told.format(fields),) for fields in ("2 fields", "4 fields", "1 field"))
    assert read(content) == [ok[0], two, four, one, ok[1], four]
    file = DeliveredFile("prison", "anything", tmp_path / "0" / "0-part.csv", 0, "", None, None)
    held = typed_rows.as_delivered(
        [file], pl.Series([2, 4]), tmp_path, scratch=tmp_path / "scratch"
    ).collect()
    assert held.select("file", "row_in_file", "line", "row_text", "id").rows() == [
        ("0/0-part.csv", "3", "4", "3,c,d,2016-02-29", None),
        ("0/0-part.csv", "5", None, None, "5"),
    ]


def test_a_quotation_mark_in_the_wrong_place_costs_its_row_alone(read: Read) -> None:
    told = ("row has a quotation mark in the wrong place;",)
    content = b'id,surname\n1,a\n2,"b"x\n3,c"d\n4,"open\n5,"e"\n6,f\n7,"never closed'
    assert read(content) == [("1", "a"), told, told, told, ("5", "e"), ("6", "f"), told]


def test_many_faults_in_a_large_file_are_found_where_they_are(read: Read) -> None:
    lines = ['x"y,1' if place % 50 == 7 else f'{place},"a, b"' for place in range(5_000)]
    rows = read(("id,surname\n" + "\n".join(lines)).encode())
    assert [place for place, row in enumerate(rows) if row[0].startswith("row")] == [
        place for place in range(5_000) if place % 50 == 7
    ]
    assert rows[4_999] == ("4999", "a, b")


def test_a_row_longer_than_any_row_is_quarantined(read: Read) -> None:
    rows = read(b"id,surname\n1," + b"x" * (1 << 20) + b"\n2,b\n")
    assert rows == [("row is longer than 1048576 bytes;",), ("2", "b")]


def test_a_file_without_lines_is_no_table(read: Read) -> None:
    with pytest.raises(DeliveryError, match=r"0-part\.csv\] has no line end in its first"):
        read(b"id,surname" + b"x" * (1 << 20) + b"\n1,2\n")
    with pytest.raises(DeliveryError, match=r"0-part\.csv\] has a line of more than 1048576 bytes"):
        read(b"id,surname\n1," + b"x" * (1 << 25))


def test_too_many_faults_are_one_clear_line(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_profile, "MAX_FAULTS", 2)
    with pytest.raises(
        DeliveryError,
        match=(
            "has more than 2 rows that are not like its header or its other rows, "
            "the first on line 3:"
        ),
    ):
        read(b"id,surname\n1,a\n2\n3\n4\n5,a\n6,a\n7,a\n8,a\n")


def test_columns_in_any_order_and_spelling(read: Read) -> None:
    assert read(b'\xef\xbb\xbf Surname ;"ID"; "DAY"\r\na;1;2016-02-29\r\n') == [("1", "a", LEAP)]


def test_parts_with_unequal_columns_and_zero_rows(read: Read) -> None:
    parts = (
        b"id,surname\n1,a\n",
        b"day,id\n2016-02-29,2\n",
        b"id",
        b"id,number\r\n",
        b"number;id\n3;4\n",
    )
    assert read(*parts) == [("1", "a"), ("2", None, LEAP), ("4", None, None, 3)]


def test_gzip(read: Read) -> None:
    assert read(gzip.compress("id,surname\n1,é\n2,b\n3".encode("cp1252")), name="part.csv.gz") == [
        ("1", "é"),
        ("2", "b"),
        ("row has 1 field instead of 2;",),
    ]
    with pytest.raises(DeliveryError, match="cannot be read as CSV"):
        read(gzip.compress(b"id,surname\n1,a\n")[:-5], name="part.csv.gz")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"SMITH,JOHN\nA,B\n", "none of the 2 columns"),
        (b"surname\nSMITH\n", r"columns \['id'\] are missing"),
        (b"id,ID \n1,2\n", r"several columns called \['id'\]"),
        (b"id,,surname\n1,2,3\n", r"columns without a name \(places \[2\]\)"),
        (
            b"id,extra,10 Downing Street\n1,2,3\n",
            r"2 columns .* not in the contract: \['extra'\] and 1 whose names are not plain words",
        ),
        ("id,surname\n1,a\n".encode("utf-16-le"), "zero bytes in its header"),
    ],
)
def test_a_header_that_cannot_be_used_is_told_without_a_value(
    read: Read, content: bytes, message: str
) -> None:
    with pytest.raises(DeliveryError, match=message) as caught:
        read(content)
    assert not {"SMITH", "Downing"} & set(str(caught.value).replace("[", " ").split())
