"""What the tests of the transport share."""

from __future__ import annotations

import pytest

import collector.prometheus as door
from collector.http import retry


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-off and grace are scaled down; their proportions stay."""
    monkeypatch.setattr(retry, "BACKOFF", 0.01)
    monkeypatch.setattr(door, "_GRACE_S", 0.0)
