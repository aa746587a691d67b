"""When an alert fires: from its first firing on, until it resolved."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.reasoning_builders import alert, at


@pytest.mark.parametrize(
    ("start", "end", "fires"),
    [
        (at("13:00"), at("13:10"), False),
        (at("13:00"), at("13:11"), True),
        (at("13:19"), at("14:00"), True),
        (at("13:20"), at("14:00"), False),
        (at("13:12"), at("13:15"), True),
        (at("13:19"), None, True),
        (at("13:20"), None, False),
    ],
)
def test_an_alert_fires_from_its_first_firing_until_it_resolved(
    start: datetime, end: datetime | None, fires: bool
) -> None:
    """Both are half open: 13:10 to 13:20 shares no time with what ends at 13:10 or begins at 13:20."""
    assert alert("Errors", "13:10", "13:20").fires_in(start, end) is fires


def test_an_alert_that_did_not_resolve_fires_from_then_on() -> None:
    """As far as is known; one that was only pending never does."""
    assert alert("Errors", "13:10", None).fires_in(at("20:00"), at("21:00"))
    assert not alert("Errors", None, None, pending="13:10").fires_in(at("13:00"), None)
