"""The resource that every asset shares: which delivery, which workspace, which release is being built."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster import ConfigurableResource, Failure

from pipeline import delivery as deliveries
from pipeline import runs
from pipeline.delivery import Delivery, DeliveryError
from pipeline.linkage.records import LinkageError
from pipeline.settings import Build, Settings, SettingsError

USER_ERRORS = (DeliveryError, SettingsError, runs.WorkspaceBusyError, LinkageError)
"""What a person can put right; told in one line, without a traceback of ours."""


@contextmanager
def told() -> Iterator[None]:
    """Turn what a person can put right into a Dagster failure with that one line."""
    try:
        yield
    except USER_ERRORS as error:
        raise Failure(str(error), allow_retries=False) from error


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
