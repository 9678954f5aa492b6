"""What can happen to a CSV file: in its cells, in its bytes, in what it is packed into.

Belongs here: damage, drawn. Does not belong here: what becomes of it (judging).
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable
from random import Random

Cells = list[list[str]]
"""The header, then the rows."""

CONTROLS = [
    "\x00",
    "\x01",
    "\x07",
    "\x08",
    "\x0b",
    "\x0c",
    "\x1a",
    "\x1b[31m",
    "\x7f",
    "\x85",
    "\u2028",
    "\ufeff",
    "\u202e",
]
WRONG = [
    *("abc", "31/02/2020", "99999999999999999999999999", "-1e400", "NaN", "0x1F", "\uff11\uff12"),
    *("2020-13-45", "true", "\\N", '"', "'", "=1+1"),
]
SPLITS = [b",", b";", b"\t", b"|", b"^", b"~", b" ", b":", b"\x01", b"\xa7"]
SHORT, LONG = 1_000, 3_000_000


def _cell(draw: Random, cells: Cells) -> tuple[int, int]:
    row = draw.randrange(1, len(cells)) if len(cells) > 1 else 0
    return row, draw.randrange(len(cells[row])) if cells[row] else 0


def _put(draw: Random, cells: Cells, value: str) -> None:
    for _ in range(draw.randint(1, 5)):
        row, place = _cell(draw, cells)
        cells[row][place : place + 1] = [value]


def huge(draw: Random, cells: Cells) -> None:
    _put(
        draw,
        cells[: draw.randint(1, len(cells))],
        draw.choice('xé\n,"') * draw.randint(SHORT, LONG),
    )


def wrong_type(draw: Random, cells: Cells) -> None:
    for _ in range(draw.randint(1, 20)):
        _put(draw, cells, draw.choice(WRONG))


def controls(draw: Random, cells: Cells) -> None:
    for _ in range(draw.randint(1, 20)):
        row, place = draw.randrange(len(cells)), 0
        place = draw.randrange(len(cells[row])) if cells[row] else 0
        cells[row][place : place + 1] = [
            "".join(cells[row][place : place + 1]) + draw.choice(CONTROLS)
        ]


def column_gone(draw: Random, cells: Cells) -> None:
    place = draw.randrange(len(cells[0]))
    for row in cells if draw.random() < 0.5 else cells[1:]:
        del row[place : place + 1]


def name_gone(draw: Random, cells: Cells) -> None:
    if draw.random() < 0.5:
        del cells[0][draw.randrange(len(cells[0]))]
    else:
        cells[0][draw.randrange(len(cells[0]))] = draw.choice(["", " ", '"', "\x00", "?" * LONG])


def column_twice(draw: Random, cells: Cells) -> None:
    place = draw.randrange(len(cells[0]))
    for row in cells:
        row[place:place] = row[place : place + 1]


def column_strange(draw: Random, cells: Cells) -> None:
    for number, row in enumerate(cells):
        row.append("further" if number == 0 else "1")


def columns_swapped(draw: Random, cells: Cells) -> None:
    draw.shuffle(cells[0])


def columns_many(draw: Random, cells: Cells) -> None:
    cells[0] += [f"c{place}" for place in range(draw.randint(1_000, 30_000))]


def header_gone(draw: Random, cells: Cells) -> None:
    del cells[0]


def header_again(draw: Random, cells: Cells) -> None:
    cells.insert(draw.randint(1, len(cells)), list(cells[0]))


def rows_again(draw: Random, cells: Cells) -> None:
    cells += [list(row) for row in draw.choices(cells[1:] or cells, k=draw.randint(1, 30))]


def rows_ragged(draw: Random, cells: Cells) -> None:
    for row in draw.sample(cells[1:], min(len(cells) - 1, draw.randint(1, 9))):
        if draw.random() < 0.5:
            row.extend(["surplus"] * draw.randint(1, 300))
        elif row:
            del row[draw.randrange(len(row)) :]


def rows_blank(draw: Random, cells: Cells) -> None:
    for _ in range(draw.randint(1, 500)):
        cells.insert(draw.randint(1, len(cells)), [])


def rows_gone(draw: Random, cells: Cells) -> None:
    del cells[draw.randint(0, 1) :]


IN_CELLS: list[Callable[[Random, Cells], None]] = [
    huge, wrong_type, controls,
    column_gone, name_gone, column_twice, column_strange, columns_swapped, columns_many,
    header_gone, header_again, rows_again, rows_ragged, rows_blank, rows_gone,
]  # fmt: skip


def cut(draw: Random, content: bytes) -> bytes:
    return content[
        draw.randint(0, len(content)) if draw.random() < 0.5 else 0 : draw.randint(
            1, max(1, len(content))
        )
    ]


def flipped(draw: Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.choice([1, 3, 30, 1_000])):
        if changed:
            changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
    return bytes(changed)


def overwritten(draw: Random, content: bytes) -> bytes:
    start, size = draw.randint(0, len(content)), draw.choice([1, 16, 4_096])
    filling = draw.choice(
        [b"\x00" * size, b"\xff" * size, draw.randbytes(size), b'"' * size, b"\n" * size]
    )
    return content[:start] + filling + content[start + (size if draw.random() < 0.5 else 0) :]


def other_delimiter(draw: Random, content: bytes) -> bytes:
    lines = content.split(b"\n")
    first = draw.choice([0, 1, len(lines) // 2])
    return b"\n".join(
        [*lines[:first], *(line.replace(b",", draw.choice(SPLITS)) for line in lines[first:])]
    )


def other_line_ends(draw: Random, content: bytes) -> bytes:
    pieces = content.split(b"\n")
    ends = draw.choice(
        [[b"\r"], [b"\r\n"], [b"\r", b"\n", b"\r\n", b"\n\r"], [b"\x0b"], [b"\xe2\x80\xa8"], [b""]]
    )
    return b"".join(piece + draw.choice(ends) for piece in pieces)


def other_encoding(draw: Random, content: bytes) -> bytes:
    text = content.decode("utf-8", "replace")
    encoding = draw.choice(
        ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig", "utf-7", "cp037", "cp1252"]
    )
    middle = draw.choice([0, 0, len(text) // 2])
    return text[:middle].encode() + text[middle:].encode(encoding, "replace")


def mixed_encodings(draw: Random, content: bytes) -> bytes:
    wide = [
        b"\xe9",
        "é".encode(),
        b"\x81",
        b"\xc3",
        b"\xf0\x9f\x98",
        "😀".encode(),
        b"\xed\xa0\x80",
        b"\xc0\x80",
        b"\x93quoted\x94",
    ]
    pieces = content.split(b",")
    return b",".join(
        piece + (draw.choice(wide) if draw.random() < 0.2 else b"") for piece in pieces
    )


def quotes(draw: Random, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(draw.choice([1, 2, 7, 500])):
        changed[draw.randint(0, len(changed)) : 0] = b'"'
    for _ in range(draw.choice([1, 2, 7, 500])):
        place = draw.randint(0, len(changed))
        changed[place:place] = b'"'
    return bytes(changed)


def twice(draw: Random, content: bytes) -> bytes:
    return content + content[draw.randint(0, len(content)) :]


def backwards(draw: Random, content: bytes) -> bytes:
    return content[::-1]


def noise(draw: Random, content: bytes) -> bytes:
    size = draw.choice([1, 2, 3, 100, 100_000])
    return draw.choice(
        [
            draw.randbytes(size),
            b"\x00" * size,
            b'"' * size,
            b"\n" * size,
            b"," * size,
            b"x" * 3_000_000,
            b"\xef\xbb\xbf",
        ]
    )


IN_BYTES: list[Callable[[Random, bytes], bytes]] = [
    cut, flipped, overwritten, other_delimiter, other_line_ends, other_encoding, mixed_encodings,
    quotes, twice, backwards, noise,
]  # fmt: skip


def packed(draw: Random, content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def packed_badly(draw: Random, content: bytes) -> bytes:
    return draw.choice([cut, flipped, overwritten, twice])(draw, packed(draw, content))


def packed_twice(draw: Random, content: bytes) -> bytes:
    return packed(draw, packed(draw, content))


def packed_with_more(draw: Random, content: bytes) -> bytes:
    more = draw.choice(
        [draw.randbytes(100), b"\x00" * 512, packed(draw, content), packed(draw, content)[:30]]
    )
    return packed(draw, content) + more


def packed_bomb(draw: Random, content: bytes) -> bytes:
    filling = draw.choice([b"\x00", b"\n", b"x", content.splitlines(keepends=True)[-1] or b"\n"])
    return packed(draw, content + filling * (50_000_000 // len(filling)))


def unpacked(draw: Random, content: bytes) -> bytes:
    return content


PACKED: list[Callable[[Random, bytes], bytes]] = [
    *[packed] * 4,
    *[packed_badly] * 4,
    packed_twice,
    packed_with_more,
    unpacked,
]


def written(cells: Cells) -> bytes:
    """Cells as CSV."""
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\n").writerows(cells)
    return stream.getvalue().encode("utf-8", "surrogatepass")


def mangled(draw: Random, cells: Cells) -> tuple[str, bytes, list[str]]:
    """A damaged CSV file: the ending of its name, its bytes, and what was done to it."""
    done: list[str] = []
    for damage in draw.sample(IN_CELLS, draw.choice([0, 1, 1, 2])):
        if cells and cells[0]:
            damage(draw, cells)
            done.append(damage.__name__)
    content = written(cells)
    for change in draw.sample(IN_BYTES, draw.choice([0, 0, 0, 1, 2] if done else [1, 2])):
        kept = (
            content.find(b"\n") + 1 if draw.random() < 0.6 else 0
        )  # most damage to a header ends all that could follow
        content = content[:kept] + change(draw, content[kept:])
        done.append(change.__name__)
    if draw.random() < 0.25:
        pack = packed_bomb if draw.random() < 0.02 else draw.choice(PACKED)
        return "csv.gz", pack(draw, content), [*done, pack.__name__]
    if draw.random() < 0.02:
        return "csv", packed(draw, content), [*done, "packed_unsaid"]
    return "csv", content, done
