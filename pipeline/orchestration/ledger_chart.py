"""The row ledger as a picture in text: a bar a table, of what was staged, quarantined and removed.

Belongs here: drawing counts that the ledger has. Does not belong here: counting.
"""

import polars as pl

WIDTH = 40
PLACES = {"staged": "█", "quarantined": "▓", "duplicates_removed": "▒", "replaced": "░"}
"""Where a delivered row can be, and how that is drawn."""


def draw_ledger(rows: pl.DataFrame) -> str:
    """Markdown table of the ledger, in the order given.

    The rows have `source`, `table_name`, `delivered` and the columns of `PLACES`.
    """
    legend = ", ".join(f"{drawn} {place.replace('_', ' ')}" for place, drawn in PLACES.items())
    head = ["table", "delivered", *(place.replace("_", " ") for place in PLACES), legend]
    lines = [_line(head), _line(["---", *["---:"] * (len(PLACES) + 1), "---"])]
    for row in rows.iter_rows(named=True):
        counts = [row[place] for place in PLACES]
        told = [
            f"{row['source']}.{row['table_name']}",
            f"{row['delivered']:,}",
            *(f"{count:,}" for count in counts),
        ]
        lines.append(_line([*told, draw_bar(counts)]))
    return "\n".join(lines)


def draw_bar(counts: list[int]) -> str:
    """Parts of a whole, as `WIDTH` characters in all; empty where nothing is there.

    Every part that is not zero has at least one character.
    """
    whole = sum(counts)
    if not whole:
        return ""
    widths = [max(round(WIDTH * count / whole), 1) if count else 0 for count in counts]
    widths[widths.index(max(widths))] += WIDTH - sum(widths)
    return "".join(drawn * width for drawn, width in zip(PLACES.values(), widths, strict=True))


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
