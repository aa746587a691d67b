"""The day in the title, which times without a date belong to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np

from incident.model.conditions import Condition, ConditionStretch
from incident.model.signals import Samples
from report.render import headline, markdown
from tests import render_builder as build


def test_a_draft_without_impact_is_of_the_day_on_which_the_condition_held() -> None:
    """A window that begins the evening before does not put a date before each time of the night."""
    unmeasured = build.unmeasured()
    start = unmeasured.window.start + timedelta(days=1)
    samples = Samples((), np.array([], dtype=np.int64), np.array([], dtype=np.float64))
    minute = timedelta(minutes=1)
    lag = Condition("lag", "lag", "LagHigh", (), ">", 10_000.0, "", "lag > 10000", minute, False, samples)
    held = ConditionStretch(lag, start, start + minute, minute, minute, 12_000.0, start, 1, False)
    day = f"{start:%Y-%m-%d}"

    assert headline(unmeasured).endswith(f"{unmeasured.window.start:%Y-%m-%d}")
    assert headline(replace(unmeasured, conditions=(held,))).endswith(day)
    text = markdown(replace(unmeasured, conditions=(held,)), [], generation=1)
    assert f"{start:%H:%M}" in text
    assert f"{day} {start:%H:%M}" not in text
