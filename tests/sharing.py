"""How processes share the tests (`pytest -n`): what costs most begins first, and what shares stays together.

Tests of one file share its fixtures and stay in one process. Those of a simulated incident are a share of
their own, for each incident is drafted once for all tests of it.
"""

from __future__ import annotations

import importlib
from typing import Any

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
_BY_INCIDENT = "tests/flow/test_flow_incidents.py"
"""The first parameter of each of its tests is an incident's name."""


def ordered(items: list[pytest.Item]) -> None:
    """Put the tests into the order in which their shares are handed out."""
    items.sort(key=lambda item: _rank(item.nodeid))


def _rank(nodeid: str) -> int:
    return next((number for number, path in enumerate(FIRST) if nodeid.startswith(path)), len(FIRST))


def share_of(nodeid: str) -> str:
    """The share that a test belongs to: its file, or its incident."""
    path, _, test = nodeid.partition("::")
    return f"{path}:{test.partition('[')[2].rstrip(']').partition('-')[0]}" if path == _BY_INCIDENT else path


def scheduler(config: object, log: object) -> object:
    """Hands out whole shares, the next one to whoever is about to be done.

    Not by marks, as `--dist loadgroup` does by itself: pytest-xdist 3.8 writes them into the ids of tests,
    and pytest 9.2 takes no notice.
    """
    made: Any = importlib.import_module("xdist.scheduler").LoadScopeScheduling(config, log)
    made._split_scope = share_of
    return made
