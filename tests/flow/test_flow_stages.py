"""The bench of the flow measures stages by the names under which the pipeline calls them."""

from __future__ import annotations

import importlib

import pytest

from tests.bench.flow_stages import PLACES


@pytest.mark.parametrize(("module", "function"), PLACES.values(), ids=list(PLACES))
def test_a_stage_is_where_the_bench_looks_for_it(module: str, function: str) -> None:
    """Otherwise its time would be told as somebody else's."""
    assert callable(getattr(importlib.import_module(module), function, None))
