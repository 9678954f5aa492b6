"""Checkpoints of a build: finished stages and their results, so that a run can be resumed.

A build belongs to one delivery, one state of the code and one key. `begun.json` says which; it is
written when the folders of the build are ready. A finished stage writes one small file under
`finished/`, after everything that it made is in place. A stage without a file is done again.
Belongs here: reading and writing these files. Does not belong here: what a stage does.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from pipeline.delivery.manifest import Delivery, hash_file
from pipeline.settings import PROJECT
from pipeline.storage import make_folder, replace_text
from pipeline.workspace import Build

Result = TypeVar("Result")

SOURCE_FOLDERS = ("pipeline", "data_contracts", "dbt_project")
MADE_BY_RUNNING = {"__pycache__", "target", "logs"}
"""Folders among the sources that running leaves behind."""
KEY_DIGITS = 16
NODES = "dbt_nodes.jsonl"
PUBLISHED, REGISTERED = "publish", "register"
"""The last two stages: the release is out, and the registry knows of it."""


@dataclass(frozen=True)
class Begun:
    """What a build was begun with.

    To resume, everything except the folder of the delivery must be the same.
    """

    delivery: str
    """Folder of the delivery."""
    delivery_digest: str
    code: str
    key: str
    """A keyed digest of a constant: it tells two keys apart and says nothing about either."""


def describe_run(delivery: Delivery, key: bytes) -> Begun:
    """What a run of this delivery with this code and this key would begin with."""
    told_apart = hmac.new(key, b"justice-journeys checkpoint", hashlib.sha256).hexdigest()
    return Begun(
        delivery=str(delivery.folder.resolve()),
        delivery_digest=delivery.digest,
        code=code_digest(),
        key=told_apart[:KEY_DIGITS],
    )


def code_digest() -> str:
    """SHA-256 over the paths and contents of all source files of the project."""
    lines = (f"{path.relative_to(PROJECT).as_posix()} {hash_file(path)}\n" for path in _sources())
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _sources() -> Iterator[Path]:
    for folder in SOURCE_FOLDERS:
        for path in sorted((PROJECT / folder).rglob("*")):
            inside = path.relative_to(PROJECT).parts
            if path.is_file() and not MADE_BY_RUNNING & set(inside):
                yield path


def write_begun(build: Build, begun: Begun) -> None:
    """Mark a build as begun; the last step of making its folders."""
    replace_text(build.root / "begun.json", json.dumps(asdict(begun), indent=2) + "\n")


def read_begun(build: Build) -> Begun | None:
    """What a build was begun with; None where there is no build or its folders were never ready."""
    file = build.root / "begun.json"
    return Begun(**json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None


def is_finished(build: Build, stage: str) -> bool:
    """Whether a stage of a build is finished."""
    return _file(build, stage).is_file()


def run_once(build: Build, stage: str, make: Callable[[], Result], kind: type[Result]) -> Result:
    """What a stage came to: read back where an earlier attempt finished it, else made and recorded.

    Args:
        build: the build.
        stage: name of the stage, unique within the build.
        make: does the stage; what it makes must be in place when it returns.
        kind: type of what `make` returns, which JSON can hold.
    """
    answer: TypeAdapter[Result] = TypeAdapter(kind)
    file = _file(build, stage)
    if file.is_file():
        return answer.validate_json(file.read_bytes())
    made = make()
    replace_text(file, answer.dump_json(made, indent=2).decode() + "\n")
    return made


def _file(build: Build, stage: str) -> Path:
    return build.finished / f"{stage}.json"


def record_node(build: Build, event: Mapping[str, Any]) -> None:
    """Keep dbt's event of a node that ended well, so that it need not run again.

    Args:
        build: the build.
        event: dbt's structured event of the node's result.
    """
    with (make_folder(build.finished) / NODES).open("a", encoding="utf-8") as nodes:
        nodes.write(json.dumps(event) + "\n")


def drop_cut_line(build: Build) -> None:
    """Take away what a kill left of a last line, so that the next line stands by itself."""
    file = build.finished / NODES
    if file.is_file() and not (held := file.read_bytes()).endswith(b"\n"):
        with file.open("r+b") as nodes:
            nodes.truncate(held.rfind(b"\n") + 1)


def finished_nodes(build: Build) -> list[dict[str, Any]]:
    """dbt's events of the nodes that earlier attempts finished, in order.

    A last line without its end is what a kill left of it; that node runs again.
    """
    file = build.finished / NODES
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True) if file.is_file() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]
