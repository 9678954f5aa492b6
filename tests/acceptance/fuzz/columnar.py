"""What can happen to a Parquet file: in its columns, in how they are stored, in its bytes.

Belongs here: damage, drawn. Does not belong here: what becomes of it (judging).
"""

from __future__ import annotations

import io
from collections.abc import Callable
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.acceptance.fuzz import texts

COMPRESSIONS = ["none", "none", "none", "snappy", "gzip", "brotli", "zstd", "lz4"]
SHORT, LONG = 1_000, 3_000_000


def _others(draw: Random, size: int) -> Any:
    """A column of another type."""
    far = draw.choice([-1, 1]) * (2**63 - 1)
    values: list[Callable[[], Any]] = [
        lambda: pa.nulls(size),
        lambda: pa.array([{"a": 1}] * size),
        lambda: pa.array([[1, 2]] * size),
        lambda: pa.array([-(2**63) + place for place in range(size)]),
        lambda: pa.array([2**64 - 1] * size, pa.uint64()),
        lambda: pa.array(
            [draw.choice([float("nan"), float("inf"), -0.0, 1e308, 0.5]) for _ in range(size)]
        ),
        lambda: pa.array([10**18 + place for place in range(size)], pa.timestamp("us")),
        lambda: pa.array(
            [far] * size,
            pa.timestamp(
                draw.choice(["ms", "us", "ns"]), tz=draw.choice([None, "UTC", "Europe/London"])
            ),
        ),
        lambda: pa.array([2**31 - 1 - place for place in range(size)], pa.date32()),
        lambda: pa.array([far] * size, pa.duration("us")),
        lambda: pa.array([far // 2**32] * size, pa.date32()),
        lambda: pa.array([1] * size, pa.time64("us")),
        lambda: pa.array([1] * size).cast(pa.decimal128(38, 10)),
        lambda: pa.array([draw.randbytes(5) for _ in range(size)], pa.binary()),
        lambda: pa.array(["Zqx"] * size).dictionary_encode(),
    ]
    return draw.choice(values)()


def _with(table: Any, place: int, values: Any) -> Any:
    return table.set_column(place, table.schema.names[place], values)


def _place(draw: Random, table: Any) -> int:
    return draw.randrange(table.num_columns)


def other_type(draw: Random, table: Any) -> Any:
    for _ in range(draw.choice([1, 1, 3, table.num_columns])):
        table = _with(table, _place(draw, table), _others(draw, table.num_rows))
    return table


def _readable(column: Any) -> list[Any]:
    """Values of a column; none at all of one that holds what Python has no value for."""
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError):
        return [None] * len(column)


def all_text(draw: Random, table: Any) -> Any:
    """Every column as text, with damage in some cells."""
    for place in range(table.num_columns):
        column = table.column(place)
        cells = [None if cell is None else str(cell) for cell in _readable(column)]
        values = [
            draw.choice(texts.WRONG + texts.CONTROLS) if draw.random() < 0.05 else cell
            for cell in cells
        ]
        table = _with(table, place, pa.array(values, pa.string()))
    return table


def not_utf_8(draw: Random, table: Any) -> Any:
    """Bytes that are no text, as bytes or in a column that says that it is text."""
    values = pa.array(
        [
            draw.choice([b"Zqx\xff", b"\xed\xa0\x80", b"\x00", b"Zqx"])
            for _ in range(table.num_rows)
        ],
        pa.binary(),
    )
    kind = draw.choice([pa.binary(), pa.string()])
    return _with(
        table,
        _place(draw, table),
        values
        if kind == pa.binary()
        else pa.Array.from_buffers(kind, len(values), values.buffers()),
    )


def huge(draw: Random, table: Any) -> Any:
    values = ["Zqx"] * table.num_rows
    for place in range(min(len(values), draw.randint(1, 5))):
        values[place] = draw.choice("xé\n\x00") * draw.randint(SHORT, LONG)
    return _with(table, _place(draw, table), pa.array(values, pa.string()))


def column_gone(draw: Random, table: Any) -> Any:
    return table.remove_column(_place(draw, table)) if table.num_columns > 1 else table


def column_twice(draw: Random, table: Any) -> Any:
    place = _place(draw, table)
    return table.append_column(table.schema.names[place], table.column(place))


def column_strange(draw: Random, table: Any) -> Any:
    name = draw.choice(
        [
            "further",
            "",
            " ",
            "Zqx\x00",
            "\x1b[31m",
            "x" * SHORT,
            "_row",
            "_unreadable",
            "file",
            " reason",
            "Zqx 1987-06-05",
        ]
    )
    return table.append_column(name, pa.nulls(table.num_rows, pa.string()))


def columns_many(draw: Random, table: Any) -> Any:
    for place in range(draw.randint(100, 600)):
        table = table.append_column(f"c{place}", pa.nulls(table.num_rows, pa.int8()))
    return table


def names_swapped(draw: Random, table: Any) -> Any:
    return table.rename_columns(draw.sample(table.schema.names, table.num_columns))


def rows_again(draw: Random, table: Any) -> Any:
    return pa.concat_tables([table, table.slice(0, draw.randint(0, table.num_rows))])


def rows_gone(draw: Random, table: Any) -> Any:
    return table.slice(0, 0)


IN_COLUMNS: list[Callable[[Random, Any], Any]] = [
    other_type, other_type, all_text, not_utf_8, not_utf_8, huge,
    column_gone, column_twice, column_strange, columns_many, names_swapped, rows_again, rows_gone,
]  # fmt: skip


def _footer(content: bytes) -> int:
    """Where the footer begins, if the file still says so."""
    size = int.from_bytes(content[-8:-4], "little")
    return max(4, len(content) - 8 - size) if 0 < size < len(content) else 4


def footer_flipped(draw: Random, content: bytes) -> bytes:
    start = min(_footer(content), len(content))
    return content[:start] + texts.flipped(draw, content[start:])


def footer_cut(draw: Random, content: bytes) -> bytes:
    start = min(_footer(content), len(content))
    return content[: draw.randint(start, len(content))]


def footer_size(draw: Random, content: bytes) -> bytes:
    size = draw.choice(
        [0, 1, 2**31 - 1, 2**32 - 1, len(content), len(content) - 8, draw.randrange(2**32)]
    )
    return content[:-8] + (size % 2**32).to_bytes(4, "little") + content[-4:]


def magic(draw: Random, content: bytes) -> bytes:
    mark = draw.choice([b"PARE", b"PAR2", b"\x00" * 4, b"ORC\x00", b"ARRO"])
    return mark + content[4:] if draw.random() < 0.5 else content[:-4] + mark


def body_flipped(draw: Random, content: bytes) -> bytes:
    start = min(_footer(content), len(content))
    return texts.flipped(draw, content[:start]) + content[start:]


def body_gone(draw: Random, content: bytes) -> bytes:
    return content[:4] + content[_footer(content) :]


def body_zero(draw: Random, content: bytes) -> bytes:
    start, size = draw.randrange(max(1, _footer(content))), draw.choice([8, 100, 5_000])
    return (content[:start] + b"\x00" * size)[: len(content)] + content[start + size :]


def numbers_grown(draw: Random, content: bytes) -> bytes:
    """Small numbers of the footer (sizes, offsets, counts) grown to the largest that their place
    holds.
    """
    start = min(_footer(content), len(content))
    changed = bytearray(content)
    for _ in range(draw.choice([1, 2, 5])):
        place = draw.randrange(start, len(content) - 8) if len(content) - 8 > start else 0
        changed[place : place + 1] = bytes(
            [draw.choice([0x7E, 0x7F, 0xFE, 0xFF, 0x80, 0x00, 0x01])]
        )
    return bytes(changed)


IN_BYTES: list[Callable[[Random, bytes], bytes]] = [
    footer_flipped, footer_flipped, footer_flipped, numbers_grown, numbers_grown,
    footer_cut, footer_size, magic,
    body_flipped, body_flipped, body_flipped, body_zero, body_gone,
    texts.cut, texts.cut, texts.flipped, texts.overwritten, texts.twice, texts.backwards,
    texts.noise, texts.packed,
]  # fmt: skip


def written(draw: Random, table: Any) -> bytes:
    """A table as Parquet, stored in one of many ways."""
    stream = io.BytesIO()
    pq.write_table(
        table,
        stream,
        compression=draw.choice(COMPRESSIONS),
        row_group_size=draw.choice([1, 7, 1_000]) if table.num_rows else 1_000,
        use_dictionary=draw.random() < 0.5,
        data_page_version=draw.choice(["1.0", "2.0"]),
        data_page_size=draw.choice([64, 1 << 20]),
        write_statistics=draw.random() < 0.5,
        write_page_checksum=draw.random() < 0.1,
        store_schema=draw.random() < 0.5,
    )
    return stream.getvalue()


def mangled(draw: Random, table: Any) -> tuple[str, bytes, list[str]]:
    """A damaged Parquet file: the ending of its name, its bytes, and what was done to it."""
    done: list[str] = []
    for damage in draw.sample(IN_COLUMNS, draw.choice([0, 1, 1, 2])):
        table = damage(draw, table)
        done.append(damage.__name__)
    content = written(draw, table)
    for change in draw.sample(IN_BYTES, draw.choice([0, 0, 0, 1, 2] if done else [1, 1, 2])):
        content = change(draw, content)
        done.append(change.__name__)
    if draw.random() < 0.02:
        return draw.choice(["csv", "csv.gz"]), content, [*done, "named_csv"]
    return "parquet", content, done
