"""What each delivered table must look like.

There is one module per source, one class per table and one line per column.

Belongs here: which sources there are, and in which order. Does not belong here: any table, and
anything that reads data.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandera.polars as pa

SOURCES: tuple[str, ...] = ("probation", "prison", "crown_court", "magistrates")
"""Sources of people: each is a module here and a folder of staging models.
A new source is one more name.
"""

LOOKUPS: tuple[str, ...] = ("linking",)
"""Contracts of tables that replace a step of ours instead of feeding staging."""


def tables() -> tuple[type[pa.DataFrameModel], ...]:
    """Every contract: sources in the order of `SOURCES`, then lookups.

    Tables come in the order in which they stand in their module.
    """
    return registered()


def registered(extra: Sequence[ModuleType] = ()) -> tuple[type[pa.DataFrameModel], ...]:
    """Every contract, with those of further source modules between our own sources and the lookups.

    Args:
        extra: modules written like those here, of sources that live elsewhere.

    Raises:
        ValueError: a module states no table, a table names another source than its module, or a
            table is stated twice.
    """
    modules = [*_modules(SOURCES), *extra, *_modules(LOOKUPS)]
    found = tuple(model for module in modules for model in _tables_of(module))
    names = [_full_name(model) for model in found]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f"tables stated twice [{', '.join(repeated)}]")
    return found


def _modules(names: Sequence[str]) -> list[ModuleType]:
    return [importlib.import_module(f"{__name__}.{name}") for name in names]


def _tables_of(module: ModuleType) -> list[type[pa.DataFrameModel]]:
    import pandera.polars as pa  # here, so that naming the sources costs no import of pandera

    source = module.__name__.rpartition(".")[2]
    found = [
        thing
        for thing in vars(module).values()
        if inspect.isclass(thing)
        and issubclass(thing, pa.DataFrameModel)
        and thing.__module__ == module.__name__
    ]
    if not found:
        raise ValueError(f"no table in source module [{source}]")
    strangers = [model.__name__ for model in found if _full_name(model).partition(".")[0] != source]
    if strangers:
        raise ValueError(
            f"tables of module [{source}] that name another source [{', '.join(strangers)}]"
        )
    return found


def _full_name(model: type[pa.DataFrameModel]) -> str:
    from data_contracts.fields import facts

    return f"{facts(model).source}.{facts(model).name}"
