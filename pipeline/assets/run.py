"""The resource that every asset shares: which delivery, which workspace, which release is being built."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster import ConfigurableResource, Failure

from pipeline import delivery as deliveries
from pipeline import runs
from pipeline.delivery import Delivery, DeliveryError
from pipeline.linkage.sources import LinkageError
from pipeline.settings import PROJECT, Build, Settings, SettingsError

USER_ERRORS = (DeliveryError, SettingsError, runs.WorkspaceBusyError, LinkageError)
"""What a person can put right; told in one line, without a traceback of ours."""


@contextmanager
def told() -> Iterator[None]:
    """Turn what a person can put right into a Dagster failure with that one line, and any other error into its kind and place.

    Dagster keeps errors with their causes for good, and the message of an error of a library may quote a cell: neither goes on.
    """
    try:
        yield
    except USER_ERRORS as error:
        raise Failure(str(error), allow_retries=False) from None
    except Exception as error:
        raise Failure(
            f"{type(error).__name__} at {_place(error)}: a fault of the pipeline; its message may hold values and is withheld"
        ) from None


def _place(error: BaseException) -> str:
    """Where in this project an error came from: the innermost of its own lines."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(PROJECT / "pipeline")]
    return f"{Path(own[-1].filename).relative_to(PROJECT)}:{own[-1].lineno}" if own else "unknown place"


class Run(ConfigurableResource):
    """One run: its delivery, its workspace and its release."""

    delivery: str
    release_id: str
    workspace: str

    @property
    def settings(self) -> Settings:
        """Settings from the environment, with this run's workspace."""
        return Settings.from_environment(Path(self.workspace))

    @property
    def build(self) -> Build:
        """Folders of the release under construction."""
        return self.settings.workspace.build(self.release_id)

    @property
    def key(self) -> bytes:
        """Key of the pseudonyms."""
        return runs.pseudonym_key(self.manifest(), self.settings)

    def manifest(self) -> Delivery:
        """The delivery as its manifest states it."""
        return deliveries.read(Path(self.delivery))
