"""What is replaced is there whole, the former or the new one, whatever goes wrong on the way and
wherever a run is killed.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from pipeline.storage import (
    flush_path,
    make_folder,
    new_folder,
    put_in_place,
    quote_literal,
    quote_name,
    recover_folder,
    replace_file,
    replace_folder,
    replace_link,
    replace_text,
)

Replace = Callable[[Path], AbstractContextManager[Path]]
KINDS = pytest.mark.parametrize("replace", [replace_file, replace_folder], ids=["file", "folder"])
DIES_AT_EVERY_STEP = """
import os, shutil, sys
from itertools import count
from pathlib import Path
from pipeline import storage

def mortal(call):
    def counted(*args, **more):
        global left
        if not left:
            os._exit(9)
        left -= 1
        return call(*args, **more)
    return counted

home, kind = Path(sys.argv[1]), sys.argv[2]
for step in count():
    target = home / f"{step:03}" / "target"
    target.parent.mkdir()
    shutil.copytree(home / "former", target) if kind == "folder" else \
shutil.copy(home / "former" / "one", target)
    child = os.fork()
    if not child:
        left = step
        for name in ("mkdir", "rename", "replace", "unlink", "rmdir", "fsync"):
            setattr(os, name, mortal(getattr(os, name)))
        with storage.replace_folder(target) if kind == "folder" else \
storage.replace_file(target) as partial:
            for path in (partial / "one", partial / "two") if kind == "folder" else (partial,):
                path.write_text("new")
        os._exit(0)
    if not os.waitpid(child, 0)[1]:
        break
"""
"""Replaces a target in one folder after the other, and dies before the first call that changes the
disk, before the second, ...
"""


def put(path: Path, text: str, *, is_folder: bool) -> None:
    """A file with a text, or a folder of two such files."""
    for file in (path / "one", path / "two") if is_folder else (path,):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)


def held(path: Path) -> set[str]:
    """Texts of a file, or of the two files of a folder: one text when it is whole."""
    texts = (
        [file.read_text() for file in sorted(path.rglob("*"))]
        if path.is_dir()
        else [path.read_text()]
    )
    assert len(texts) == 1 + path.is_dir()
    return set(texts)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@KINDS
@pytest.mark.parametrize("has_former", [True, False])
def test_a_target_is_replaced_or_made_and_nothing_lies_beside_it(
    tmp_path: Path, replace: Replace, has_former: bool
) -> None:
    is_folder, target = replace is replace_folder, tmp_path / "made" / "target"
    if has_former:
        target.parent.mkdir()
        put(target, "former", is_folder=is_folder)
    with replace(target) as partial:
        assert partial.name.startswith(".")
        assert target.exists() == has_former
        put(partial, "new", is_folder=is_folder)
    assert held(target) == {"new"}
    assert names(target.parent) == ["target"]


@KINDS
@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()],
    ids=["full", "stopped"],
)
@pytest.mark.parametrize("when", ["written", "flushed", "renamed"])
def test_what_fails_leaves_the_former_one_and_nothing_beside_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    replace: Replace,
    error: BaseException,
    when: str,
) -> None:
    is_folder, target = replace is replace_folder, tmp_path / "target"
    put(target, "former", is_folder=is_folder)
    move = "rename" if is_folder else "replace"
    call = getattr(os, move)

    def fails(*_: object) -> None:
        raise error

    def fails_to_put(path: Path, place: Path) -> None:
        call(path, place) if place != target or path.name.endswith(".replaced") else fails()

    with monkeypatch.context() as patched, pytest.raises(type(error)), replace(target) as partial:
        put(partial, "new", is_folder=is_folder)
        if when == "written":
            fails()
        patched.setattr(os, *(("fsync", fails) if when == "flushed" else (move, fails_to_put)))
    assert held(target) == {"former"}
    assert names(tmp_path) == ["target"]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_kill_at_any_step_leaves_the_former_or_the_new_one(tmp_path: Path, kind: str) -> None:
    put(tmp_path / "former", "former", is_folder=True)
    subprocess.run(
        [sys.executable, "-c", DIES_AT_EVERY_STEP, str(tmp_path), kind], check=True, timeout=60
    )
    steps = sorted(tmp_path.glob("[0-9]*"))
    is_missing = [not (step / "target").exists() for step in steps]
    for step in steps:
        recover_folder(step)
        assert names(step) == ["target"]
    texts = [held(step / "target") for step in steps]
    assert {"former"} in texts
    assert texts == sorted(texts, key=[{"former"}, {"new"}].index), (
        "each is whole, and the new one, once there, stays"
    )
    assert sum(is_missing) == (kind == "folder"), (
        "between its two renames a folder is not there, and comes back"
    )


def test_a_failure_after_a_kill_brings_the_former_folder_back_all_the_same(tmp_path: Path) -> None:
    put(tmp_path / ".target.replaced", "former", is_folder=True)
    with pytest.raises(ZeroDivisionError), replace_folder(tmp_path / "target"):
        raise ZeroDivisionError
    assert held(tmp_path / "target") == {"former"}
    put(tmp_path / ".target.replaced", "older", is_folder=True)
    put(tmp_path / "finished", "new", is_folder=True)
    put_in_place(tmp_path / "finished", tmp_path / "target")
    assert held(tmp_path / "target") == {"new"}
    assert names(tmp_path) == ["target"]


def test_what_a_former_run_left_half_is_no_part_of_the_new_one(tmp_path: Path) -> None:
    put(tmp_path / ".folder.partial", "left", is_folder=True)
    put(tmp_path / ".file.partial", "left", is_folder=False)
    with replace_folder(tmp_path / "folder") as folder, replace_file(tmp_path / "file") as file:
        assert not any(folder.iterdir())
        assert not file.exists()
        file.write_text("new")


def test_a_new_folder_takes_no_place_that_was_taken_meanwhile(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="not empty"), new_folder(tmp_path / "target") as partial:
        put(partial, "new", is_folder=True)
        put(tmp_path / "target", "of somebody else", is_folder=True)
    assert held(tmp_path / "target") == {"of somebody else"}
    assert names(tmp_path) == ["target"]


def test_permissions_are_there_before_the_first_byte_and_afterwards(tmp_path: Path) -> None:
    with (
        replace_file(tmp_path / "private" / "file", mode=0o600) as file,
        replace_folder(tmp_path / "folder", mode=0o700) as folder,
    ):
        assert file.stat().st_mode & 0o777 == 0o600
        assert folder.stat().st_mode & 0o777 == 0o700
        file.write_text("new")
    assert (tmp_path / "private" / "file").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o700
    assert make_folder(tmp_path / "a" / "b", mode=0o700).stat().st_mode & 0o777 == 0o700


def test_a_link_is_moved_in_one_step_though_one_is_left_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / ".current.partial").symlink_to("nowhere")
    for to in ("first", "second"):
        replace_link(tmp_path / "current", to)
        assert str((tmp_path / "current").readlink()) == to
    (tmp_path / ".current.partial").symlink_to("nowhere")
    recover_folder(tmp_path)
    flush_path(tmp_path)  # a link that leads nowhere is nothing to flush
    assert names(tmp_path) == ["current"]


def test_texts_keep_their_line_ends_and_names_and_literals_their_signs(tmp_path: Path) -> None:
    replace_text(tmp_path / "text", "é\r\nb\n")
    assert (tmp_path / "text").read_bytes() == "é\r\nb\n".encode()
    assert quote_literal("it's") == "'it''s'"
    assert quote_name('a "b"') == '"a ""b"""'
