from __future__ import annotations

from types import ModuleType

import pandera.polars as pa
import pytest

import data_contracts
from data_contracts.fields import facts
from tests.support import further


def names(models: tuple[type[pa.DataFrameModel], ...]) -> list[str]:
    return [f"{facts(model).source}.{facts(model).name}" for model in models]


def module_with_visits(name: str) -> ModuleType:
    module = ModuleType(name)
    vars(module)["Visits"] = type("Visits", (further.Visits,), {"__module__": name})
    return module


def test_tables_stand_in_the_order_of_sources_and_modules() -> None:
    found = names(data_contracts.tables())
    assert found[:3] == ["probation.offenders", "probation.events", "probation.requirements"]
    assert list(dict.fromkeys(name.partition(".")[0] for name in found)) == [
        *data_contracts.SOURCES,
        *data_contracts.LOOKUPS,
    ]
    assert len(found) == len(set(found))


def test_a_further_source_stands_between_ours_and_the_lookups() -> None:
    found = names(data_contracts.registered([further]))
    first_lookup = found.index("linking.person_links")
    assert found[first_lookup - 2 : first_lookup] == ["further.visits", "further.notes"]
    assert len(found) == len(data_contracts.tables()) + 2


def test_a_table_that_names_another_source_is_refused() -> None:
    with pytest.raises(
        ValueError, match=r"module \[stranger\] that name another source \[Visits\]"
    ):
        data_contracts.registered([module_with_visits("stranger")])


def test_a_table_stated_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"stated twice \[further\.visits\]"):
        data_contracts.registered([further, module_with_visits("elsewhere.further")])


def test_a_module_without_tables_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no table in source module \[bare\]"):
        data_contracts.registered([ModuleType("bare")])
