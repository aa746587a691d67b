"""Processes that share the tests: each incident is drafted by one, each file's fixtures are made by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.lab.catalogue import INCIDENTS
from tests.sharing import FIRST, scheduler, share_of

INCIDENT_TESTS = "tests/flow/test_flow_incidents.py"


def test_all_tests_of_an_incident_are_one_share(request: pytest.FixtureRequest) -> None:
    """Whatever their other parameters are; where they are not among the chosen ones, nothing is shown."""
    told = {
        share_of(item.nodeid).partition(":")[2]
        for item in request.session.items
        if item.nodeid.startswith(INCIDENT_TESTS)
    }

    assert told <= set(INCIDENTS)
    assert share_of(f"{INCIDENT_TESTS}::test_a[short_spike-whole]") == f"{INCIDENT_TESTS}:short_spike"
    assert share_of(f"{INCIDENT_TESTS}::test_b[short_spike]") == f"{INCIDENT_TESTS}:short_spike"


def test_all_other_tests_of_a_file_are_one_share() -> None:
    """Also those whose parameters look like anything."""
    assert share_of("tests/a/test_b.py::test_c[x::y-z]") == "tests/a/test_b.py"
    assert share_of("tests/a/test_b.py::test_d") == "tests/a/test_b.py"


class _Config:
    """As far as the scheduler asks."""

    def getvalue(self, name: str) -> list[str]:
        """One process of this machine."""
        assert name == "tx"
        return ["popen"]


def test_the_scheduler_hands_out_these_shares() -> None:
    """Not those of pytest-xdist."""
    pytest.importorskip("xdist")
    made: Any = scheduler(_Config(), None)

    assert made._split_scope("tests/a/test_b.py::test_c[x]") == "tests/a/test_b.py"


def test_what_is_to_begin_first_is_there(project_root: Path) -> None:
    """A file that was renamed would begin last, and nobody would notice."""
    assert [path for path in FIRST if not (project_root / path).exists()] == []
