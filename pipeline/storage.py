"""SQL names and literals, a database for the moment, files and folders that are replaced whole.

Belongs here: what every room needs of DuckDB and of the disk, and the only renames and flushes of
the project. Does not belong here: what is written and where (the rooms), and what a table means.

What is replaced is written beside its place under a hidden name, flushed, renamed, and then its
folder is flushed: whoever looks sees the former or the new one, and so does whoever looks after a
kill, a full disk or a power cut. A rename that is not flushed may be on the disk before the bytes
are, and leave an empty file. A folder cannot take the place of another in one step: the former
steps aside first, and `recover_folder` brings it back if that was all that happened.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

DatabaseConfig = dict[str, str | bool | int | float | list[str]]
"""Settings of a DuckDB database, by their names."""
PARTIAL, REPLACED = ".partial", ".replaced"
"""Endings of the hidden names: of what is being written, and of a folder that stepped aside."""


def quote_literal(value: str | Path) -> str:
    """A text or a path as an SQL literal, for the few places where DuckDB takes no parameter."""
    return "'" + str(value).replace("'", "''") + "'"


def quote_name(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def columns_of(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """Column names and types of a table or of a `read_parquet(...)`, in order."""
    return {
        row[0]: row[1]
        for row in connection.execute(f"describe select * from {relation}").fetchall()
    }


def open_database(
    path: Path | None = None, config: DatabaseConfig | None = None, *, read_only: bool = False
) -> duckdb.DuckDBPyConnection:
    """A connection to a DuckDB file, or to a database in memory: the only way to one.

    Args:
        path: the file; in memory unless given.
        config: threads, memory and the folder to spill to (`Settings.duckdb`).
        read_only: nothing is written to the file.
    """
    return duckdb.connect(str(path or ":memory:"), read_only=read_only, config=config or {})


@contextmanager
def open_scratch(threads: int | None, memory: str | None) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty DuckDB in memory, with bounded threads and memory ("4GB").

    It spills to a folder of its own.
    """
    with tempfile.TemporaryDirectory(prefix="journeys-") as spill:
        config: DatabaseConfig = {"temp_directory": spill}
        if threads is not None:
            config["threads"] = threads
        if memory is not None:
            config["memory_limit"] = memory
        with open_database(config=config) as connection:
            yield connection


@contextmanager
def replace_file(target: Path, *, mode: int | None = None) -> Iterator[Path]:
    """The path to write a file to, which takes the target's place when the block ends well.

    Else the former one stays, and nothing lies beside it.

    Args:
        target: the file. Its folder is made if it is not there.
        mode: permissions, which the file has before its first byte; by default as any new file.
    """
    make_folder(target.parent)
    partial = _beside(target, PARTIAL)
    _remove(partial)
    try:
        if mode is not None:
            partial.touch(mode=mode)
        yield partial
        put_in_place(partial, target)
    finally:
        _remove(partial)


def replace_text(target: Path, text: str) -> None:
    """Make a file hold a text, in UTF-8 and with its own line ends, by `replace_file`."""
    with replace_file(target) as partial:
        partial.write_text(text, encoding="utf-8", newline="")


@contextmanager
def replace_folder(target: Path, *, mode: int = 0o777) -> Iterator[Path]:
    """An empty folder to fill, which takes the target's place when the block ends well.

    Else the former one stays, and nothing lies beside it.
    """
    _bring_back(_beside(target, REPLACED), target)
    with _partial_folder(target, mode) as partial:
        yield partial
        put_in_place(partial, target)


@contextmanager
def new_folder(target: Path, *, mode: int = 0o777) -> Iterator[Path]:
    """As `replace_folder`, for a place where nothing is: what appeared there meanwhile stays.

    Raises:
        OSError: something is there by now.
    """
    with _partial_folder(target, mode) as partial:
        yield partial
        flush_path(partial)
        partial.rename(target)
        _flush_one(target.parent)


def replace_link(link: Path, to: str) -> None:
    """Let a symbolic link point to a neighbour, in one atomic move."""
    partial = _beside(link, PARTIAL)
    _remove(partial)
    partial.symlink_to(to)
    partial.replace(link)
    _flush_one(link.parent)


def put_in_place(finished: Path, target: Path) -> None:
    """Flush a finished file or folder, and let it take the target's place on the same file system.

    The former one is there again, or still there, if that fails.
    """
    flush_path(finished)
    make_folder(target.parent)
    if not finished.is_dir():
        finished.replace(target)
        _flush_one(target.parent)
        return
    aside = _beside(target, REPLACED)
    _bring_back(aside, target)
    try:
        if target.exists():
            target.rename(aside)
        finished.rename(target)
    except BaseException:
        _bring_back(aside, target)
        raise
    _flush_one(target.parent)
    shutil.rmtree(aside, ignore_errors=True)


def recover_folder(folder: Path) -> None:
    """Mend what a kill left in a folder: a folder that stepped aside comes back, what is half goes.

    Folders within are left alone. Nobody else may be writing there.
    """
    left = [path for ending in (REPLACED, PARTIAL) for path in folder.glob(f".*{ending}")]
    for path in left:
        if path.name.endswith(REPLACED):
            _bring_back(path, path.with_name(path.name.removeprefix(".").removesuffix(REPLACED)))
        else:
            _remove(path)
    if left:
        _flush_one(folder)


def make_folder(folder: Path, mode: int = 0o777) -> Path:
    """The folder, made and flushed with the folders above it.

    The mode is for the folder itself, if it did not exist.
    """
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=mode, exist_ok=True)
        _flush_one(folder.parent)
    return folder


def flush_path(path: Path) -> None:
    """Force a file, or a folder and every file and folder within, to the disk."""
    for each in (path, *(path.rglob("*") if path.is_dir() else ())):
        if not each.is_symlink():
            _flush_one(each)


def _flush_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _beside(target: Path, ending: str) -> Path:
    return target.with_name(f".{target.name}{ending}")


@contextmanager
def _partial_folder(target: Path, mode: int) -> Iterator[Path]:
    make_folder(target.parent)
    partial = _beside(target, PARTIAL)
    _remove(partial)
    partial.mkdir(mode=mode)
    try:
        yield partial
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _bring_back(aside: Path, target: Path) -> None:
    """Undo a folder's step aside, unless another one has its place by now: then it goes."""
    if not aside.exists():
        return
    if target.exists():
        shutil.rmtree(aside)
    else:
        aside.rename(target)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
