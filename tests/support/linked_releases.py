"""Releases made of groups of records by name, through the real registry file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from pipeline.linkage.clustering import crosswalk, link_files, person_ids

Groups = Sequence[Sequence[str]]


@dataclass
class Releases:
    """One registry, and releases made after each other."""

    database: duckdb.DuckDBPyConnection
    folder: Path
    number: int = 0
    shuffled: bool = False
    source_of: Mapping[str, str] = field(default_factory=dict)
    """Source of a record by its name; `s` unless stated."""

    def make(self, groups: Groups, *, publish: bool = True) -> dict[str, str]:
        """Give today's groups their ids: record -> id; makes `person_crosswalk` and, when
        published, tells the registry.
        """
        members = [
            (self.source_of.get(record, "s"), record, place)
            for place, group in enumerate(groups)
            for record in group
        ]
        rows = [(number, *row) for number, row in enumerate(sorted(members))]
        frame = pl.DataFrame(
            rows, schema=["record", "source_dataset", "source_record_id", "cluster"], orient="row"
        )
        frame = (
            frame.sample(fraction=1, shuffle=True, seed=self.number + 1) if self.shuffled else frame
        )
        self.database.register("today", frame)
        self.database.execute(
            "create or replace temp table records as "
            "select record, source_dataset, source_record_id from today"
        )
        self.database.execute(
            "create or replace temp table groups as "
            "select record, cluster as high, cluster as medium, cluster as low, "
            "cast(null as double) as match_weight from today"
        )
        release = person_ids.load_known(self.database, self.folder)
        person_ids.load_parts(self.database)
        person_ids.load_ids(self.database, release)
        crosswalk.load_crosswalk(self.database, release)
        if publish:
            link_files.write_link_files(self.database, self.folder, release)
            person_ids.remember_ids(self.folder, self.folder)
        self.number = release
        ids = self.database.execute(
            "select source_record_id, person_id from ids inner join records using (record)"
        ).fetchall()
        assert len({person for _, person in ids}) == len(groups)
        return dict(ids)

    def know(
        self, rows: Mapping[str, tuple[str, int]], *, last: int, missing: Sequence[str] = ()
    ) -> None:
        """Write a registry: record -> (id, release that gave it); `missing` records were not in the
        last release.
        """
        known = [
            ("s", record, person, person, person, since, last - (record in missing))
            for record, (person, since) in rows.items()
        ]
        columns = ["source_dataset", "source_record_id", *person_ids.LEVELS, "since", "seen"]
        pl.DataFrame(known, schema=columns, orient="row").write_parquet(
            person_ids.registry_file(self.folder)
        )

    def crosswalk(self) -> list[tuple[str | None, str | None, str, int]]:
        """The rows of the last release at the medium threshold."""
        rows = self.database.execute(crosswalk.CROSSWALK).fetchall()
        assert {row[0] for row in rows} <= set(person_ids.THRESHOLD_OF.values())
        return [row[1:] for row in rows if row[0] == "medium"]
