"""The data dictionary as one HTML file that depends on nothing else.

It uses no script, no picture and no other file.

Belongs here: how the page is laid out, so that the browser's own search finds every column and
code. Does not belong here: what is said of a column (`dictionary`) or a code (the code lists).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from data_contracts.fields import meanings
from pipeline.exports.contract_model import NOTICE, DescribedTable, find_reference_targets
from pipeline.exports.dictionary import SHOWN, Entry, describe_entry, table_facts, write_legend

LISTED = 200
"""A code list up to this long stands on the page; a longer one is named with its file."""

STYLE = Markup(
    "\n"
    "body { font: 16px/1.5 system-ui, sans-serif; color: #0b0c0c; margin: 2rem auto; "
    "max-width: 80rem; padding: 0 1rem; }\n"
    "h2 { border-top: 2px solid #0b0c0c; padding-top: 1rem; }\n"
    "small { font-weight: normal; color: #505a5f; }\n"
    "nav ul { columns: 16rem; padding-left: 1rem; }\n"
    "table { border-collapse: collapse; font-size: 0.875rem; display: block; overflow-x: auto; }\n"
    "th, td { border-bottom: 1px solid #b1b4b6; padding: 0.25rem 0.75rem 0.25rem 0; "
    "text-align: left; vertical-align: top; }\n"
    "tbody th { font-weight: 600; }\n"
    "a { color: #1d70b8; }\n"
    ":target { background: #fff7bf; }\n"
    ".direct, .sensitive { font-weight: 600; }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  body { background: #0b0c0c; color: #f3f2f1; }\n"
    "  h2 { border-color: #f3f2f1; }\n"
    "  small { color: #b1b4b6; }\n"
    "  a { color: #73b8ff; }\n"
    "  :target { background: #4d4000; }\n"
    "}\n"
)


def dictionary_html(tables: Sequence[DescribedTable]) -> str:
    """The page: contents, then one section a table, then the code lists with their meanings."""
    lists = list(
        dict.fromkeys(
            column.contract.codes
            for table in tables
            for column in table.columns
            if column.contract.codes
        )
    )
    parts = [
        Markup("<!doctype html><!-- {} -->").format(NOTICE),
        Markup('<html lang="en-GB"><head><meta charset="utf-8">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup("<title>Data dictionary of the delivered tables</title>"),
        Markup("<style>{}</style></head><body>").format(STYLE),
        Markup("<h1>Data dictionary of the delivered tables</h1>"),
        _bullets(write_legend()),
        _contents(tables),
        *_sections(tables),
        Markup('<h2 id="codes">Code lists</h2>'),
        *(_code_list(name) for name in sorted(lists)),
        Markup("</body></html>"),
    ]
    return "\n".join(parts) + "\n"


def _contents(tables: Sequence[DescribedTable]) -> Markup:
    links = [_item(_name(table), f"#{_name(table)}") for table in tables]
    return Markup("<nav><ul>\n{}\n</ul></nav>").format(
        _lines([*links, _item("Code lists", "#codes")])
    )


def _sections(tables: Sequence[DescribedTable]) -> Iterable[Markup]:
    targets = find_reference_targets(tables)
    for source in dict.fromkeys(table.facts.source for table in tables):
        own = [table for table in tables if table.facts.source == source]
        yield Markup("<h2>{} <small>version {}</small></h2>").format(source, own[0].version)
        for table in own:
            yield Markup('<h3 id="{0}">{0}</h3>\n<p>{1}</p>').format(_name(table), table.grain)
            yield _bullets([*table_facts(table), *table.quirks])
            yield _table(
                table, [describe_entry(table, column, targets) for column in table.columns]
            )


def _table(table: DescribedTable, entries: Sequence[Entry]) -> Markup:
    head = Markup("").join(Markup("<th>{}</th>").format(heading) for heading in SHOWN.values())
    rows = [
        Markup("<tr>{}</tr>").format(Markup("").join(_cell(table, row, name) for name in SHOWN))
        for row in entries
    ]
    return Markup("<table><thead><tr>{}</tr></thead><tbody>\n{}\n</tbody></table>").format(
        head, _lines(rows)
    )


def _cell(table: DescribedTable, row: Entry, name: str) -> Markup:
    if name == "column":
        return Markup('<th scope="row" id="{}.{}">{}</th>').format(
            _name(table), row[name], row[name]
        )
    if name == "values" and row["code_list"]:
        return Markup('<td><a href="#codes.{0}">{0}</a></td>').format(row["code_list"])
    if name == "privacy":
        return Markup('<td class="{0}">{0}</td>').format(row[name])
    return Markup("<td>{}</td>").format(row[name])


def _code_list(name: str) -> Markup:
    codes = meanings(name)
    head = Markup('<h3 id="codes.{0}">{0}</h3>').format(name)
    if len(codes) > LISTED:
        return head + Markup("\n<p>{} codes: data_contracts/codes/{}.csv.</p>").format(
            len(codes), name
        )
    rows = [
        Markup('<tr><th scope="row">{}</th><td>{}</td></tr>').format(code, meaning)
        for code, meaning in codes.items()
    ]
    return head + Markup(
        "\n<table><thead><tr><th>code</th><th>meaning</th></tr></thead><tbody>\n{}\n</tbody></table>"
    ).format(_lines(rows))


def _bullets(said: Iterable[str]) -> Markup:
    return Markup("<ul>\n{}\n</ul>").format(
        _lines(Markup("<li>{}</li>").format(line) for line in said)
    )


def _item(text: str, to: str) -> Markup:
    return Markup('<li><a href="{}">{}</a></li>').format(to, text)


def _lines(parts: Iterable[Markup]) -> Markup:
    return Markup("\n").join(parts)


def _name(table: DescribedTable) -> str:
    return f"{table.facts.source}.{table.facts.name}"
