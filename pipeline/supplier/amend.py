"""A delivery and a supplement to it, put together to a new delivery.

The files stay as they are; the manifest says the rest.

The new folder has every file of the delivery untouched, the files of the supplement beside them,
and a manifest that names the rows which the supplement replaces, by file and number. So no row but
those can change, both digests stay those of the suppliers, and what takes a delivery (run, sensor,
check, verify) takes an amended one as it is. Belongs here: which row of a supplement replaces which
row. Does not belong here: how landing leaves rows out (superseded_rows).
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.contracts.registry import Contract, list_contracts
from pipeline.delivery import manifest as deliveries
from pipeline.delivery import typed_rows
from pipeline.delivery.column_mapping import PLACE, normalise_name
from pipeline.delivery.manifest import DeliveredFile, Delivery
from pipeline.errors import DeliveryError
from pipeline.landing import land_table, pseudonymise
from pipeline.settings import Settings
from pipeline.storage import new_folder, replace_text
from pipeline.workspace import Build

FOLDER = "supplements"
ROWS = pl.Int64()


@dataclass(frozen=True)
class Amended:
    """What a supplement did to one table."""

    table: str
    quarantined: int
    """Rows of the delivery that were quarantined."""
    replaced: int


def amend_delivery(
    base: Path, supplement: Path, target: Path, settings: Settings, progress: Callable[[str], None]
) -> list[Amended]:
    """Put a delivery and a supplement together.

    Args:
        base: folder of the delivery; it may be an amended one.
        supplement: folder of the supplement.
        target: folder to write; must not exist. Its manifest is written last.
        settings: the workspace lends a private folder.
        progress: told the name of each table as it begins.

    Raises:
        DeliveryError: a row of the supplement replaces nothing that was quarantined, or the two do
            not belong together.
    """
    if target.exists():
        raise DeliveryError(f"[{target}] exists already: give another folder")
    delivery, corrections = deliveries.read_delivery(base), deliveries.read_delivery(supplement)
    _check_pair(delivery, corrections)
    for each in (delivery, corrections):
        deliveries.check_digests(each, progress)
    settings.workspace.root.mkdir(parents=True, exist_ok=True)
    amended: list[Amended] = []
    replaced: dict[str, list[int]] = {}
    with tempfile.TemporaryDirectory(prefix=".amend-", dir=settings.workspace.root) as scratch:
        for source, table in sorted(corrections.tables):
            progress(f"{source}.{table}")
            held, rows = _replaced(
                list_contracts()[source, table], delivery, corrections, Path(scratch), settings
            )
            amended.append(Amended(f"{source}.{table}", held, rows.height))
            for file, row in rows.select(PLACE).iter_rows():
                replaced.setdefault(file, []).append(row)
    _write(delivery, corrections, replaced, target)
    return amended


def _check_pair(delivery: Delivery, corrections: Delivery) -> None:
    if corrections.supplements is None:
        raise DeliveryError(
            f"[{corrections.delivery_id}] does not say what it supplements: "
            'its manifest needs "supplements"'
        )
    if delivery.supplements is not None:
        raise DeliveryError(
            f"[{delivery.delivery_id}] is a supplement itself: "
            "amend the delivery that it belongs to"
        )
    known = {
        delivery.delivery_id,
        *(
            origin.get("delivery_id", "")
            for origin in delivery.amended_from
            if "supplement" not in origin
        ),
    }
    if corrections.supplements not in known:
        raise DeliveryError(
            f"[{corrections.delivery_id}] supplements [{corrections.supplements}] and not "
            f"[{delivery.delivery_id}]: give the delivery that it is for"
        )
    if corrections.synthetic != delivery.synthetic:
        raise DeliveryError(
            f"[{corrections.delivery_id}] and its delivery are not both synthetic or both real: "
            "correct the manifest"
        )
    if any(file.supplement == corrections.delivery_id for file in delivery.files):
        raise DeliveryError(
            f"[{delivery.delivery_id}] has the rows of [{corrections.delivery_id}] already: "
            "nothing is to be done"
        )
    strange = sorted(
        f"[{source}.{table}]" for source, table in corrections.tables - delivery.tables
    )
    if strange:
        raise DeliveryError(
            f"the delivery has no {', '.join(strange)}, and a supplement only replaces rows: "
            "deliver these tables whole"
        )


def _replaced(
    contract: Contract, delivery: Delivery, corrections: Delivery, scratch: Path, settings: Settings
) -> tuple[int, pl.DataFrame]:
    """Quarantined rows, and the place (`file`, `row_in_file`) of each row that is replaced."""
    build, private = Build(scratch / contract.name), scratch / "rows"
    names = (contract.facts.source, contract.facts.name)
    land_table.land_table(
        contract,
        delivery,
        build,
        key=pseudonymise.pseudonym_key(delivery, settings),
        settings=settings,
    )
    path = build.quarantine / names[0] / f"{names[1]}.parquet"
    nothing = pl.DataFrame(schema={"file": pl.String, "row_in_file": ROWS})
    held = (
        pl.read_parquet(path, columns=list(PLACE)).cast({"row_in_file": ROWS})
        if path.is_file()
        else nothing
    )
    keys = pl.concat(
        [_keys(contract, file, delivery.folder, private) for file in delivery.of_table(*names)]
    )
    rows = pl.concat([_corrected(contract, file, private) for file in corrections.of_table(*names)])
    found = _match(contract, rows, held, keys)
    shutil.rmtree(build.root, ignore_errors=True)
    shutil.rmtree(private, ignore_errors=True)
    return held.height, found


def _keys(contract: Contract, file: DeliveredFile, folder: Path, scratch: Path) -> pl.LazyFrame:
    """Place and key of every row of a file."""
    typed = typed_rows.typed_file(
        file, contract.types, required=contract.required_columns, scratch=scratch
    )
    placed = (
        typed.select(contract.facts.key)
        .with_row_index("row_in_file", offset=1)
        .cast({"row_in_file": ROWS})
    )
    return placed.with_columns(pl.lit(str(file.path.relative_to(folder))).alias("file"))


def _corrected(contract: Contract, file: DeliveredFile, scratch: Path) -> pl.DataFrame:
    """Key of every row of a supplement's file, and the place that the row names.

    The place is null where the row names none.
    """
    typed = typed_rows.typed_file(
        file, contract.types, required=contract.required_columns, scratch=scratch
    )
    rows = typed.select(contract.facts.key).collect(engine="streaming")
    plainly = typed_rows.scan_file(file, scratch=scratch)
    stated = {
        normalise_name(name): name
        for name in plainly.collect_schema().names()
        if normalise_name(name) not in contract.types
    }
    named = [_place(stated, "file", pl.String()), _place(stated, "row_in_file", ROWS)]
    place = (
        plainly.with_row_index(" position")
        .select(" position", *named)
        .drop(" position")
        .collect(engine="streaming")
    )
    return pl.concat([rows, place], how="horizontal").with_columns(pl.col("file").replace("", None))


def _place(stated: dict[str, str], name: str, kind: pl.DataType) -> pl.Expr:
    return (
        pl.col(stated[name]).cast(kind, strict=False) if name in stated else pl.lit(None, kind)
    ).alias(name)


def _match(
    contract: Contract, rows: pl.DataFrame, held: pl.DataFrame, keys: pl.LazyFrame
) -> pl.DataFrame:
    """The place of the row that each row of a supplement replaces, in the order of the supplement.

    Raises:
        DeliveryError: counts what does not match.
    """
    key = list(contract.facts.key)
    by_place = rows.filter(pl.all_horizontal(pl.col(PLACE).is_not_null())).select(PLACE)
    by_key = rows.filter(pl.all_horizontal(pl.col(PLACE).is_null())).select(key)
    placed = by_place.join(held, on=PLACE, how="semi", maintain_order="left")
    with_key = keys.join(held.lazy(), on=PLACE, how="semi").collect(engine="streaming")
    times = with_key.group_by(key).agg(pl.len().alias("times"), pl.col(*PLACE).first())
    keyed = by_key.join(times, on=key, how="left", maintain_order="left")
    found = pl.concat([placed, keyed.filter(pl.col("times") == 1).select(PLACE)])
    _refuse(
        contract,
        rows.height,
        {
            "give only one of `file` and `row_in_file`, or neither as it should be": rows.height
            - by_place.height
            - by_key.height,
            "would replace a row that was sound": _there(
                by_place.join(held, on=PLACE, how="anti"), keys, list(PLACE)
            )
            + _there(keyed.filter(pl.col("times").is_null()).select(key), keys, key),
            "match no row of the delivery": _absent(by_place, keys, list(PLACE))
            + _absent(by_key, keys, key),
            (
                "have a key that several quarantined rows have (give `file` and `row_in_file`)"
            ): keyed.filter(pl.col("times") > 1).height,
            "replace a row that another one replaces too": found.height - found.n_unique(),
        },
    )
    return found


def _there(rows: pl.DataFrame, keys: pl.LazyFrame, by: list[str]) -> int:
    """How many of the rows name one that is in the delivery."""
    named = (
        keys.select(by)
        .join(rows.lazy().unique(), on=by, how="semi")
        .unique()
        .collect(engine="streaming")
    )
    return rows.join(named, on=by, how="semi").height


def _absent(rows: pl.DataFrame, keys: pl.LazyFrame, by: list[str]) -> int:
    return rows.height - _there(rows, keys, by)


def _refuse(contract: Contract, rows: int, wrong: dict[str, int]) -> None:
    told = [f"{count} {what}" for what, count in wrong.items() if count]
    if told:
        raise DeliveryError(
            f"{contract.name}: of {rows} rows of the supplement {', '.join(told)}: a supplement "
            "replaces rows that are quarantined, one by one; "
            "see them with `journeys quarantine --rows`"
        )


def _write(
    delivery: Delivery, corrections: Delivery, replaced: dict[str, list[int]], target: Path
) -> None:
    """Write the new delivery, its manifest last."""
    stated = json.loads((delivery.folder / deliveries.MANIFEST).read_text(encoding="utf-8"))
    brought = json.loads((corrections.folder / deliveries.MANIFEST).read_text(encoding="utf-8"))
    beside = Path(FOLDER, corrections.delivery_id)
    files = [entry | _rows(entry, replaced) for entry in stated["files"]]
    files += [
        entry | {"path": str(beside / entry["path"]), "supplement": corrections.delivery_id}
        for entry in brought["files"]
    ]
    origins = stated.get("amended_from") or [
        {"delivery_id": delivery.delivery_id, "digest": delivery.digest}
    ]
    origins.append({"supplement": corrections.delivery_id, "digest": corrections.digest})
    manifest = stated | {
        "delivery_id": f"{delivery.delivery_id}.{corrections.delivery_id}",
        "files": files,
        "amended_from": origins,
    }
    with new_folder(target) as partial:
        for file in delivery.files:
            _take(file.path, partial / file.path.relative_to(delivery.folder))
        for file in corrections.files:
            _take(file.path, partial / beside / file.path.relative_to(corrections.folder))
    replace_text(
        target / deliveries.MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
    )


def _rows(entry: dict[str, Any], replaced: dict[str, list[int]]) -> dict[str, list[int]]:
    rows = sorted({*entry.get("replaced_rows", []), *replaced.get(str(Path(entry["path"])), [])})
    return {"replaced_rows": rows} if rows else {}


def _take(file: Path, place: Path) -> None:
    """The same file in another place: a second name of it where the disk allows, else a copy."""
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(file, place)
    except OSError:
        shutil.copy2(file, place)
