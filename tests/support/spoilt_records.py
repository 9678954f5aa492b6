"""People spoilt at random in the ways in which records are, and worked people among strangers, for
what must hold of every pair of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.linkage.standardise import CHECK_LETTERS
from tests.support.identity import DAYS, TABLE, cases, digest, stranger, write_identity
from tests.unit.linkage.scoring.test_similarity_bounds import KINDS, edited

Record = dict[str, Any]
Draws = np.random.Generator
STRANGERS, PEOPLE, VARIANTS, MAX_SPOILS = 60, 40, 5, 3
FORENAMES = (
    "WILLIAM",
    "ELIZABETH",
    "THOMAS",
    "EDWARD",
    "KATHERINE",
    "ANNA",
    "HANNAH",
    "MOHAMMED",
    "ALI",
    "LAI",
    "ŊADI",
    "BARNABY",
)
SURNAMES = (
    "KHAN",
    "KAHN",
    "SMITH",
    "SMYTHE",
    "THOMAS",
    "O'HARA",
    "BARNABASS",
    "ALI",
    "DUNN",
    "HANNA-SMITH",
    "ŊUYEN",
    "TAYLOR",
)
"""Some are near others, some are in both, some have signs other than A to Z."""
NICKNAMES = {
    "WILLIAM": "BILL",
    "ELIZABETH": "LIZ",
    "THOMAS": "TOM",
    "EDWARD": "TED",
    "KATHERINE": "KATE",
}
QUILLFEATHER: Record = {"source": "probation", "forename": "PEREGRINE", "surname": "QUILLFEATHER"}
SELDOM: tuple[tuple[Record, Record], ...] = (
    # Born on one day and of unlike forenames, but no twins for that reason alone.
    ({"forename": "JO"}, {"forename": "BO"}),
    ({"forename": "WILLIAM"}, {"forename": "BILL"}),
    ({"forename": "ANNA", "aliases": "ROLF QUILLFEATHER"}, {"forename": "ROLF"}),
    ({"forename": "ANNA", "middle_names": "ROLF"}, {"forename": "ROLF"}),
    ({"forename": "ANNA", "crn": "X123456"}, {"forename": "ROLF", "crn": "X123456"}),
    (
        {"forename": "ANNA", "asn": "11/01ZZ/01/123456C"},
        {"forename": "ROLF", "asn": "11/01ZZ/01/123456C"},
    ),
    (
        {"forename": "QUILFEATHER", "surname": "ROLF"},
        {"forename": "ROLF", "surname": "QUILLFEATHER"},
    ),
    # Of one sound, but few of the same letters.
    ({"surname": "LEE"}, {"surname": "LOWE"}),
    ({"forename": "LEE"}, {"forename": "LOWE"}),
    ({"forename": "LEE", "surname": "COWEY"}, {"forename": "LOWE", "surname": "KAYE"}),
    # A number that is a slip of the other, of either kind and on either side.
    ({"pnc": "2009/0765432C"}, {"pnc": "2009/0765432D"}),
    ({"pnc": "2009/0765423C"}, {"pnc": "2009/0765432C"}),
    ({"cro": "012345/99N"}, {"cro": "012354/99N"}),
    ({"cro": "012346/99N"}, {"cro": "012345/99N"}),
    ({"cro": "SF99/012345N"}, {"cro": "SF98/012345N"}),
)
HOSTEL, FAR_OFF = "ZX9 9ZZ", date(2019, 12, 24)
"""Where and when many people are."""
LETTERS, NUMERALS = "ABEHINORST", "0123456789/ABCFS"
FORMS = {
    "pnc": r"([0-9]{4}|[0-9]{2})/?[0-9]{1,7}[A-Z]",
    "cro": r"[0-9]{1,6}/?[0-9]{2}[A-Z]|SF[0-9]{2}/?[0-9]{1,6}[A-Z]",
}
"""What standardising takes for a number; anything else would be dropped."""


def _one_of(values: Sequence[Any], draws: Draws) -> Any:
    return values[int(draws.integers(len(values)))]


def _signs(signs: str, count: int, draws: Draws) -> str:
    return "".join(_one_of(signs, draws) for _ in range(count))


def _mistyped(text: str, signs: str, draws: Draws) -> str:
    return edited(
        text, _one_of(KINDS, draws), int(draws.integers(len(text))), _one_of(signs, draws)
    )


def _pnc(draws: Draws) -> str:
    year, serial = int(draws.integers(1990, 2020)), f"{draws.integers(1, 10**7):07}"
    return f"{year}/{serial}{CHECK_LETTERS[int(f'{year % 100}{serial}') % len(CHECK_LETTERS)]}"


def _cro(draws: Draws) -> str:
    year, serial = int(draws.integers(75, 100)), f"{draws.integers(1, 10**6):06}"
    letter = CHECK_LETTERS[int(f"{year}{serial}") % len(CHECK_LETTERS)]
    return str(_one_of([f"{serial}/{year}{letter}", f"SF{year}/{serial}{letter}"], draws))


def _postcode(draws: Draws) -> str:
    return f"LS{draws.integers(1, 20)} {_incode(draws)}"


def _incode(draws: Draws) -> str:
    return f"{draws.integers(10)}{_signs('ABDEFGH', 2, draws)}"


def _person(number: int, before: Record, draws: Draws) -> Record:
    """A made-up person: of four, one is the twin of the one before and one the child; some live in
    a hostel, some births are guessed.
    """
    born = date(1955, 1, 1) + timedelta(days=int(draws.integers(14_000)))
    person = {
        "forename": _one_of(FORENAMES, draws),
        "middle_names": _one_of([*FORENAMES, "PAUL JAMES", None], draws),
        "surname": _one_of(SURNAMES, draws),
        "date_of_birth": born.replace(month=1, day=1) if number % 5 == 0 else born,
        "postcode": HOSTEL if number % 3 == 0 else _postcode(draws),
        "sex": _one_of("MF", draws),
        "pnc": _one_of([_pnc(draws), _pnc(draws), None], draws),
        "cro": _one_of([_cro(draws), None], draws),
        "prison_number": _one_of(
            [f"A{draws.integers(1000, 10_000)}{_signs('BCDE', 2, draws)}", None], draws
        ),
        "crn": _one_of([f"X{draws.integers(100_000, 1_000_000)}", None], draws),
        "asn": _one_of([f"11/01ZZ/01/{draws.integers(100_000, 1_000_000)}C", None], draws),
        "days": [
            date(2012, 1, 1) + timedelta(days=int(day)) for day in draws.integers(3_000, size=3)
        ],
    }
    if number % 4 == 1:
        return person | {name: before[name] for name in ("surname", "date_of_birth", "postcode")}
    if number % 4 == 2:
        born = before["date_of_birth"] + timedelta(days=25 * 365)
        return (
            person
            | {name: before[name] for name in ("forename", "surname", "postcode")}
            | {"date_of_birth": born}
        )
    return person


def _swapped(record: Record, draws: Draws) -> Record:
    return record | {"forename": record["surname"], "surname": record["forename"]}


def _misspelt(record: Record, draws: Draws) -> Record:
    name = _one_of(["forename", "surname", "middle_names"], draws)
    return record | ({name: _mistyped(record[name], LETTERS, draws)} if record[name] else {})


def _nicknamed(record: Record, draws: Draws) -> Record:
    return record | {"forename": NICKNAMES.get(record["forename"], record["forename"])}


def _shortened(record: Record, draws: Draws) -> Record:
    return record | (
        {"forename": record["forename"][: int(draws.integers(2, 5))]} if record["forename"] else {}
    )


def _under_an_alias(record: Record, draws: Draws) -> Record:
    return record | {
        "aliases": f"{record['forename']} {record['surname']}",
        "surname": _one_of(SURNAMES, draws),
    }


def _called_by_the_middle_name(record: Record, draws: Draws) -> Record:
    return record | (
        {"forename": record["middle_names"], "middle_names": record["forename"]}
        if record["middle_names"]
        else {}
    )


def _of_another_surname(record: Record, draws: Draws) -> Record:
    return record | {"surname": _one_of(SURNAMES, draws)}


def _of_another_digit(record: Record, draws: Draws) -> Record:
    """Birth date with one digit that is another, wherever that is a date."""
    return _born(
        record,
        lambda digits: edited(
            digits, "change", int(draws.integers(3, 8)), _one_of("0123456789", draws)
        ),
    )


def _of_digits_about(record: Record, draws: Draws) -> Record:
    return _born(record, lambda digits: edited(digits, "turn", int(draws.integers(3, 7)), ""))


def _of_another_day(record: Record, draws: Draws) -> Record:
    return _born(record, lambda digits: f"{digits[:6]}{draws.integers(1, 29):02}")


def _of_day_and_month_swapped(record: Record, draws: Draws) -> Record:
    return _born(record, lambda digits: digits[:4] + digits[6:] + digits[4:6])


def _born(record: Record, changed: Callable[[str], str]) -> Record:
    born = record["date_of_birth"]
    if born is None:
        return record
    digits = changed(f"{born:%Y%m%d}")
    try:
        return record | {"date_of_birth": date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))}
    except ValueError:
        return record


def _of_a_mistyped_number(record: Record, draws: Draws) -> Record:
    """One sign of a police number is wrong, and it still looks like one."""
    kind = _one_of(sorted(FORMS), draws)
    mistyped = ""
    while record[kind] and not re.fullmatch(FORMS[kind], mistyped):
        mistyped = _mistyped(record[kind], NUMERALS, draws)
    return record | {kind: mistyped or None}


def _moved_nearby(record: Record, draws: Draws) -> Record:
    return record | (
        {"postcode": f"{record['postcode'].split()[0]} {_incode(draws)}"}
        if record["postcode"]
        else {}
    )


def _moved_away(record: Record, draws: Draws) -> Record:
    return record | {"postcode": _postcode(draws)}


def _of_another_sex(record: Record, draws: Draws) -> Record:
    return record | {"sex": "F" if record["sex"] == "M" else "M"}


def _of_another_number(record: Record, draws: Draws) -> Record:
    other = _person(3, {}, draws)
    name = _one_of(["pnc", "cro", "prison_number", "crn", "asn"], draws)
    return record | {name: other[name]}


def _without(record: Record, draws: Draws) -> Record:
    return record | {_one_of(sorted({*record} - {"days"}), draws): None}


SPOILS: tuple[Callable[[Record, Draws], Record], ...] = (
    *(
        _swapped,
        _misspelt,
        _misspelt,
        _nicknamed,
        _shortened,
        _under_an_alias,
        _called_by_the_middle_name,
        _of_another_surname,
    ),
    *(_of_another_digit, _of_digits_about, _of_another_day, _of_day_and_month_swapped),
    *(
        _of_a_mistyped_number,
        _of_a_mistyped_number,
        _of_another_number,
        _moved_nearby,
        _moved_away,
        _of_another_sex,
        _without,
        _without,
    ),
)


def spoilt_people() -> list[Record]:
    """Records of made-up people, each some times over and each time spoilt in up to three ways."""
    draws = np.random.default_rng(20)
    found: list[Record] = []
    person: Record = {}
    for number in range(PEOPLE):
        person = _person(number, person, draws)
        for variant in range(VARIANTS):
            record = person
            for _ in range(int(draws.integers(MAX_SPOILS + 1))):
                record = _one_of(SPOILS, draws)(record, draws)
            source = _one_of(sorted(TABLE), draws)
            days = {name: _one_of([*person["days"], FAR_OFF, None], draws) for name in DAYS[source]}
            group = f"group{number}" if draws.random() < 0.5 else f"group{number} {variant}"
            found.append(
                record
                | days
                | {"source": source, "id": digest(number, variant), "offender_id": group}
            )
    return found + _seldom_met()


def _seldom_met() -> list[Record]:
    """Pairs that chance would hardly make, each of a birth date of its own."""
    found = []
    for place, pair in enumerate(SELDOM):
        born = QUILLFEATHER | {"date_of_birth": date(1980, 2, 3 + place)}
        found += [
            born | one | {"id": digest("seldom", place, number)} for number, one in enumerate(pair)
        ]
    # One person in two spellings, each with so many days, once its records are one node, that a day
    # in common says nothing.
    days = [date(2015, 1, 2 + place) for place in range(8)]
    for forename in ("PEREGRINE", "PEREGRIN"):
        busy = QUILLFEATHER | {
            "source": "magistrates",
            "forename": forename,
            "date_of_birth": date(1981, 2, 3),
            "pnc": "2009/0765432C",
        }
        for first in (0, 4):
            hearings = dict(zip(DAYS["magistrates"], days[first:], strict=False))
            found.append(busy | hearings | {"id": digest("busy", forename, first)})
    return found


def worked_people() -> list[Record]:
    """All worked people among strangers."""
    worked = [
        record | {"id": digest(case["case"], place)}
        for case in cases("people")
        for place, record in enumerate(case["records"])
    ]
    return [*worked, *map(stranger, range(STRANGERS))]


def write(folder: Path, rows: Sequence[Record]) -> Path:
    """An identity side of these records, which also says of what sex they are."""
    write_identity(folder, rows)
    for source, table in TABLE.items():
        path = folder / source / f"{table}.parquet"
        sexes = pl.Series(
            "sex", [row.get("sex") for row in rows if row["source"] == source], dtype=pl.String
        )
        pl.read_parquet(path).with_columns(sexes).write_parquet(path)
    return folder
