"""How processes share the tests (`pytest -n`): what costs most begins first, and what shares stays together.

Tests of one file share its fixtures and stay in one process. Those of a simulated incident are a share of
their own, for each incident is drafted once for all tests of it.
"""

from __future__ import annotations

import pytest

FIRST = (
    "tests/live/",  # two minutes of waiting, in which the others work
    "tests/flow/test_flow_incidents.py",
    "tests/flow/",
    "tests/faults/",
    "tests/scan/",
    "tests/charts/",
    "tests/merge/",
    "tests/collect_record/",
    "tests/labtests/",
    "tests/render/",
)
"""Beginnings of paths, those with most work first: one of these last would work alone while others idle."""


def share(items: list[pytest.Item]) -> None:
    """Name the share of each test, and put them into the order in which the shares are handed out."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_share(item)))
    items.sort(key=lambda item: _rank(item.nodeid))


def _share(item: pytest.Item) -> str:
    path = item.nodeid.partition("::")[0]
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return f"{path}:{parameters['incident']}" if "incident" in parameters else path


def _rank(nodeid: str) -> int:
    return next((number for number, path in enumerate(FIRST) if nodeid.startswith(path)), len(FIRST))
