"""A rule beside the rhythm of the day: what is normal at any hour, and what it does on earlier days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from incident.alerting.condition import firings
from incident.model.detection import SuggestedRule
from incident.model.signals import EarlierPeriod
from incident.model.timeline import Band, Usual


def whole_day(band: Band, usual: Usual | None) -> Band:
    """The band as far as the signal goes at any hour that was read: a threshold has no time of day."""
    if usual is None:
        return band
    low, high = (values[np.isfinite(values)] for values in (usual.low, usual.high))
    if not low.size or not high.size:
        return band
    return replace(band, low=min(band.low, float(low.min())), high=max(band.high, float(high.max())))


def on_earlier_days(earlier: Sequence[EarlierPeriod], rule: SuggestedRule, *, up: bool) -> tuple[int, int]:
    """Of how many earlier days the signal is known, and how often the rule would have fired in them.

    At the coarse step at which they were read: a stretch shorter than that is not seen.
    """
    hold_ms = round(rule.hold.total_seconds() * 1000)
    days = again = 0
    for period in earlier:
        for signal in (one for one in period.signals if one.name == rule.signal):
            with np.errstate(invalid="ignore"):
                true = signal.values > rule.threshold if up else signal.values < rule.threshold
            days += 1
            again += len(firings(true, period.grid, hold_ms))
    return days, again
