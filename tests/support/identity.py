"""Identity sides written by hand, with strangers around them so that names are as rare as they are
in life.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from pipeline.linkage.run import LinkageSummary

HERE = Path(__file__).parent / "cases"


Row = Mapping[str, Any]


DAYS = {
    "magistrates": ("first_hearing_date", "conviction_date", "sentence_date", "sent_to_crown_date"),
    "crown_court": (
        "mag_court_first_hearing_date",
        "date_of_committal",
        "receipt_date",
        "conviction_date",
        "sentence_date",
    ),
    "prison": ("booking_begin_date", "sentence_start_date", "release_date"),
    "probation": (),
}


TABLE = {
    "probation": "offenders",
    "prison": "custodial_journeys",
    "crown_court": "defendants",
    "magistrates": "defendants",
}


TEXTS = (
    "forename",
    "middle_names",
    "surname",
    "aliases",
    "postcode",
    "pnc",
    "cro",
    "prison_number",
    "crn",
    "asn",
)


def cases(name: str) -> list[dict[str, Any]]:
    """The worked cases of a YAML file beside the tests."""
    return list(yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8")))


def digest(*parts: object) -> str:
    return hashlib.md5("/".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()


def stranger(number: int) -> dict[str, Any]:
    """A person like no other, with one magistrates' record."""
    letters = digest("stranger", number).translate(str.maketrans("0123456789", "QWRTZPLKJH"))
    born = date(1950, 1, 1) + timedelta(days=int(digest("born", number)[:8], 16) % 18_000)
    return {
        "source": "magistrates",
        "id": f"stranger{number}",
        "forename": letters[:7].upper(),
        "surname": letters[8:17].upper(),
        "date_of_birth": born,
        "postcode": (
            f"LS{number % 20 + 1} {number % 10}"
            f"{letters[20:22].upper().translate(str.maketrans('0123456789', 'ABCDEFGHIJ'))}"
        ),
    }


def write_identity(folder: Path, rows: Sequence[Row], *, shuffle: int | None = None) -> Path:
    """Write `identity/` of these records: each has `source`, `id` and what identifiers and days it
    has.
    """
    for source, table in TABLE.items():
        days = DAYS[source]
        mine = [row for row in rows if row["source"] == source]
        texts = {
            name: pl.Series([row.get(name) for row in mine], dtype=pl.String) for name in TEXTS
        }
        dates = {
            name: pl.Series([row.get(name) for row in mine], dtype=pl.Date)
            for name in ("date_of_birth", *days)
        }
        ids = pl.Series([row["id"] for row in mine], dtype=pl.String)
        own = (
            {
                "offender_id": pl.Series(
                    [row.get("offender_id", row["id"]) for row in mine], dtype=pl.String
                )
            }
            if source != "magistrates"
            else {}
        )
        own |= {"case_id": ids + "c", "defendant_id": ids + "d"} if source == "magistrates" else {}
        own |= {"defendant_on_case_id": ids} if source == "crown_court" else {}
        frame = pl.DataFrame(
            {
                "source_dataset": pl.Series([source] * len(mine), dtype=pl.String),
                "source_record_id": ids,
                **texts,
                **dates,
                **own,
            }
        )
        if shuffle is not None:
            frame = frame.sample(fraction=1, shuffle=True, seed=shuffle)
        (folder / source).mkdir(parents=True, exist_ok=True)
        frame.write_parquet(folder / source / f"{table}.parquet")
    return folder


Linked = Callable[..., tuple[LinkageSummary, pl.DataFrame]]
