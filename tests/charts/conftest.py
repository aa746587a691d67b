"""What every test of the charts draws in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from report.charts.sheet import drawing


@pytest.fixture
def in_our_style() -> Iterator[None]:
    """The style that charts are drawn in, and none of the machine's."""
    with drawing():
        yield
