"""Which records are one node, against plain Python that looks at the records one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

from pipeline.linkage.database import open_linkage_database
from pipeline.linkage.dedupe import exact_dedupe, node_attributes
from pipeline.linkage.prepare import load_records
from pipeline.linkage.standardise import CHECK_LETTERS
from tests.support import spoilt_records as spoilt
from tests.support.identity import TABLE, digest, stranger

Row = dict[str, Any]
Groups = list[list[Row]]
NUMBERS = ("pnc", "cro", "prison_number", "crn")
HASHED = (
    "own_groups",
    "police_numbers",
    "service_numbers",
    "postcodes",
    "common_postcodes",
    "outcodes",
    "forename_forms",
)
"""Lists of which the order says nothing."""
LATER: dict[str, Any] = {"deceased_date": pl.Date, "foreign_postcode": pl.String}
"""Columns that are not written for other tests."""


def pnc(serial: int) -> str:
    """A sound PNC number of 2003.

    Two numbers whose serials differ in one digit are two edits apart: the check letter changes too.
    """
    return f"2003/{serial:07}{CHECK_LETTERS[int(f'03{serial:07}') % len(CHECK_LETTERS)]}"


ONE, SLIP, FAR, OTHER = pnc(123456), pnc(123457), pnc(124957), pnc(7654321)
UNSOUND = "2003/7654321I"
"""No number has this letter."""
HOME, ELSEWHERE, BORN = "LS1 1AA", "LS2 2BB", date(1980, 2, 3)
VARIED: dict[str, tuple[str | date | None, ...]] = {
    **{
        "pnc": (ONE, SLIP, SLIP, OTHER, UNSOUND, None, None),
        "cro": ("012345/99N", "SF99/012345N", None),
        "crn": ("X123456", None),
    },
    **{
        "prison_number": ("A1234BC", "A1234BD", None),
        "postcode": (HOME, ELSEWHERE, spoilt.HOSTEL, None),
    },
    **{
        "sex": ("M", "F", None),
        "middle_names": ("PAUL", "ANNA", "ŊADI", None),
        "aliases": ("ANN DUNN; ANNA DUNN", "TOM KHAN", None),
    },
    **{
        "deceased_date": (date(2020, 1, 2), date(2019, 3, 4), None),
        "foreign_postcode": ("75001", None),
        "asn": ("11/01ZZ/01/2C", None),
    },
    "offender_id": ("group 1", "group 2"),
}


def people() -> list[Row]:
    """Spoilt people, each more than once and otherwise told each time, with worked people,
    companies, and some who are hardly known.
    """
    draws = np.random.default_rng(4)
    found = [*spoilt.spoilt_people(), *spoilt.worked_people()]
    for record in spoilt.spoilt_people():
        for again in range(int(draws.integers(1, 4))):
            varied = ["pnc", *draws.choice(sorted(VARIED), size=4, replace=False)]
            changes = {
                name: VARIED[name][int(draws.integers(len(VARIED[name])))] for name in varied
            }
            found.append(record | changes | {"id": f"{record['id']} {again}"})
    bare = (
        {"surname": "DUNN"},
        {"forename": "ANNA"},
        {"crn": "X1"},
        {"asn": "11/01ZZ/01/2C"},
        {"postcode": HOME},
        {"date_of_birth": BORN},
    )
    born = [known | birth for known in bare for birth in ({}, {"date_of_birth": BORN})] * 2
    return found + [
        dict(known) | {"source": "probation", "id": f"bare {number}"}
        for number, known in enumerate(born)
    ]


@dataclass(frozen=True)
class World:
    """Records and their nodes."""

    connection: duckdb.DuckDBPyConnection
    apart: Collection[int] = ()

    def rows(self, query: str) -> list[Row]:
        found: list[Row] = self.connection.sql(query).to_arrow_table().to_pylist()
        return found

    def told(self, expression: str, values: Iterable[str | None]) -> dict[str | None, Any]:
        """What the database says of each value; nothing of none."""
        query = f"select value, {expression} from (select unnest(cast(? as varchar[])) as value)"
        return {
            None: None,
            **dict(self.connection.execute(query, [[*{*values} - {None}]]).fetchall()),
        }

    def nodes(self) -> list[Row]:
        """The nodes in order, their hashes too."""
        return [
            node | {name: sorted(node[name]) for name in HASHED}
            for node in self.rows("from nodes order by node")
        ]

    def members(self) -> Groups:
        """The records of each node."""
        rows = self.rows(
            "from records inner join (select record, node from record_nodes) using (record) "
            "order by node"
        )
        return [[*group] for _, group in groupby(rows, key=itemgetter("node"))]


def opened(
    folder: Path,
    rows: Sequence[Row],
    *,
    threads: int = 1,
    most: int = 1_000_000,
    apart: str = "false",
) -> Iterator[World]:
    """Records are loaded, of which those that are `apart` must not be one node with others, and
    parted so that about so many are one.
    """
    spoilt.write(folder, rows)
    for source, table in TABLE.items():
        path = folder / source / f"{table}.parquet"
        later = [
            pl.Series(name, [row.get(name) for row in rows if row["source"] == source], dtype=kind)
            for name, kind in LATER.items()
        ]
        pl.read_parquet(path).with_columns(later).write_parquet(path)
    with (
        open_linkage_database(folder / "spill", threads=threads, memory="500MB") as connection,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(load_records, "RECORDS_A_PART", most)
        load_records.load_records(connection, folder)
        connection.execute(f"create table apart as select record from records where {apart}")
        yield World(
            connection, {record for (record,) in connection.execute("from apart").fetchall()}
        )


WORLDS: dict[str, dict[str, Any]] = {
    "in one part": {},
    "in many parts": {"most": 200, "threads": 2},
    "some apart": {"apart": "record % 5 = 0", "most": 400},
}


@pytest.fixture(scope="module", params=WORLDS)
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    for found in opened(tmp_path_factory.mktemp("world"), people(), **WORLDS[request.param]):
        exact_dedupe.load_nodes(found.connection)
        yield found


def _is_person(row: Row) -> bool:
    return any(row[name] is not None for name in ("forename", "birth", *NUMBERS))


def _shared(row: Row) -> list[str]:
    """What may join a record to others of its name and birth, the first of it first."""
    told = [row[name] for name in NUMBERS] + [
        row["postcode"] if f"{row['birth']}"[5:] != "01-01" else None
    ]
    return [value for value in told if value is not None]


def _hanging_together(rows: Sequence[Row]) -> Groups:
    groups: Groups = []
    for row in rows:
        met = [
            group for group in groups if any({*_shared(row)} & {*_shared(other)} for other in group)
        ]
        groups = [group for group in groups if group not in met] + [
            [row, *(other for group in met for other in group)]
        ]
    return groups


def _parted(group: list[Row]) -> Groups:
    return [
        [*rows] for _, rows in groupby(sorted(group, key=_shared), key=lambda row: _shared(row)[0])
    ]


def groups_of(world: World) -> Groups:
    """The records of each node, in no order."""
    sound = "(select distinct pnc from records where pnc_is_right(pnc))"
    far = (
        f"select l.pnc, r.pnc from {sound} as l, {sound} as r "
        "where damerau_levenshtein(l.pnc, r.pnc) > 2"
    )
    unlike = {*world.connection.execute(far).fetchall()}
    named = defaultdict(list)
    for row in filter(_is_person, world.rows("from records")):
        is_alone = row["full_name"] is None or row["birth"] is None or row["record"] in world.apart
        named[row["full_name"], row["birth"], row["record"] if is_alone else None].append(row)
    groups: Groups = []
    for group in chain(*map(_hanging_together, named.values())):
        is_conflict = any((one["pnc"], other["pnc"]) in unlike for one in group for other in group)
        groups += _parted(group) if is_conflict else [group]
    return groups


def _place(group: Sequence[Row]) -> tuple[int, date, int]:
    return group[0]["part"], group[0]["birth"] or date.min, min(row["record"] for row in group)


def _numbers(groups: Groups) -> list[list[int]]:
    return [sorted(row["record"] for row in group) for group in groups]


def test_records_that_hang_together_are_one_node_numbered_by_part_and_birth(world: World) -> None:
    expected = sorted(groups_of(world), key=_place)
    assert _numbers(world.members()) == _numbers(expected)
    numbers = world.rows(
        "select node, part, count(*) as size from record_nodes group by all order by node"
    )
    sizes = [
        {"node": place, "part": group[0]["part"], "size": len(group)}
        for place, group in enumerate(expected)
    ]
    assert numbers == sizes
    assert sum(len(node["sound_pncs"]) > 1 for node in world.nodes()) > 5, (
        "else nothing is told of numbers that are slips"
    )


@pytest.mark.parametrize("world", ["in one part"], indirect=True)
def test_nodes_do_not_depend_on_threads_or_on_the_order_of_records(
    world: World, tmp_path: Path
) -> None:
    for other in opened(tmp_path, sorted(people(), key=lambda row: digest(row["id"])), threads=2):
        assert exact_dedupe.load_nodes(other.connection) == len(world.nodes())
        assert other.nodes() == world.nodes()
        assert other.rows("from record_nodes order by record") == world.rows(
            "from record_nodes order by record"
        )


def test_uncollapsed_every_person_is_a_node(tmp_path: Path) -> None:
    for world in opened(tmp_path, people(), most=400, threads=2):
        count = exact_dedupe.load_uncollapsed_nodes(world.connection)
        alone = sorted(([row] for row in world.rows("from records") if _is_person(row)), key=_place)
        assert _numbers(world.members()) == _numbers(alone)
        assert count == len(alone)


CHAINS: dict[str, tuple[dict[str, Row], str]] = {
    "by a number, then by an address": (
        {"a": {"pnc": ONE}, "b": {"pnc": ONE, "postcode": HOME}, "c": {"postcode": HOME}},
        "abc",
    ),
    "nothing shared": ({"a": {"pnc": ONE}, "b": {"postcode": HOME}, "c": {}, "d": {}}, "a b c d"),
    "two sound numbers": (
        {
            "a": {"pnc": ONE, "postcode": HOME},
            "b": {"pnc": OTHER, "postcode": HOME},
            "c": {"postcode": HOME},
        },
        "a b c",
    ),
    "parted by the first number": (
        {
            "a": {"pnc": ONE, "crn": "X1"},
            "b": {"pnc": ONE},
            "c": {"pnc": OTHER, "crn": "X1"},
            "d": {"crn": "X1"},
            "e": {"crn": "X1"},
        },
        "ab c de",
    ),
    "an unsound number parts nobody": (
        {"a": {"pnc": ONE, "crn": "X1"}, "b": {"pnc": UNSOUND, "crn": "X1"}},
        "ab",
    ),
    "two edits apart": ({"a": {"pnc": ONE, "crn": "X1"}, "b": {"pnc": SLIP, "crn": "X1"}}, "ab"),
    "three edits apart": ({"a": {"pnc": SLIP, "crn": "X1"}, "b": {"pnc": FAR, "crn": "X1"}}, "a b"),
    "guessed births": (
        {"a": {"postcode": HOME}, "b": {"postcode": HOME, "crn": "X1"}, "c": {"crn": "X1"}},
        "a bc",
    ),
    "other births": (
        {
            "a": {"crn": "X1"},
            "b": {"crn": "X1", "date_of_birth": date(1980, 2, 4)},
            "c": {"crn": "X1"},
        },
        "ac b",
    ),
    "other names": (
        {
            "a": {"crn": "X1"},
            "b": {"crn": "X1", "surname": "DUNN"},
            "c": {"crn": "X1", "forename": None},
        },
        "a b c",
    ),
}


def _chain(name: str) -> list[Row]:
    """Records of one name, which is that of no other chain, and of one birth date unless they say
    otherwise.
    """
    known = {
        "surname": name,
        "date_of_birth": date(1980, 1, 1) if name == "guessed births" else BORN,
    }
    return [
        spoilt.QUILLFEATHER | known | row | {"id": f"{name}: {place}"}
        for place, row in CHAINS[name][0].items()
    ]


def test_chains_are_one_node_unless_something_parts_them(tmp_path: Path) -> None:
    found: dict[str, set[str]] = {name: set() for name in CHAINS}
    for world in opened(tmp_path, [*chain(*map(_chain, CHAINS))]):
        exact_dedupe.load_nodes(world.connection)
        for group in world.members():
            names, places = zip(
                *sorted(row["source_record_id"].split(": ") for row in group), strict=True
            )
            found[names[0]].add("".join(places))
    assert found == {name: {*expected.split()} for name, (_, expected) in CHAINS.items()}


COMPANIES: list[Row] = [
    {"source": "magistrates", "id": f"company {number}", "surname": "BAKER AND SONS"}
    for number in range(9)
]


@pytest.mark.parametrize("most", [1_000_000, 2])
@pytest.mark.parametrize(
    "rows",
    [[], COMPANIES, [*COMPANIES, stranger(1)]],
    ids=["nobody", "companies", "companies and a person"],
)
def test_companies_are_no_node_whatever_their_part(
    rows: list[Row], most: int, tmp_path: Path
) -> None:
    persons = len(rows) % len(COMPANIES)
    for world in opened(tmp_path, rows, most=most, threads=2):
        for load in (exact_dedupe.load_nodes, exact_dedupe.load_uncollapsed_nodes):
            assert load(world.connection) == persons
            assert [node["node"] for node in world.nodes()] == [*range(persons)]
            assert world.rows("select node from record_nodes") == [
                {"node": place} for place in range(persons)
            ]


def test_what_fails_in_one_part_fails_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(node_attributes, "write_nodes", broken)
    for world in opened(tmp_path, [stranger(number) for number in range(20)], most=2, threads=2):
        with pytest.raises(OSError, match="no room"):
            exact_dedupe.load_nodes(world.connection)
