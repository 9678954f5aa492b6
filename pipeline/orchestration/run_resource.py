"""The resource that every asset shares: the delivery, the workspace and the release being built."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dagster import ConfigurableResource, Failure

from pipeline.delivery import manifest as deliveries
from pipeline.delivery.manifest import Delivery
from pipeline.errors import describe_error
from pipeline.landing import pseudonymise
from pipeline.settings import Settings
from pipeline.workspace import Build


@contextmanager
def redact_errors() -> Iterator[None]:
    """Turn any error into a Dagster failure with one line that holds no value.

    Dagster keeps errors with their causes for good, and the message of a library's error may quote
    a cell: neither goes on.
    """
    try:
        yield
    except Failure:
        raise
    except Exception as error:
        raise Failure(describe_error(error), allow_retries=False) from None


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
        return pseudonymise.pseudonym_key(self.manifest(), self.settings)

    def manifest(self) -> Delivery:
        """The delivery as its manifest states it."""
        return deliveries.read_delivery(Path(self.delivery))
