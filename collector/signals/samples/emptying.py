"""Rates whose range runs empty: where nothing was pushed, what is left of the range is no traffic.

A rate over four minutes still has a value three minutes after the last sample, smaller each time, and a
small one again when samples come back. Of what is scraped `up` tells the hole (`incident.impact` leaves
such values out); what is pushed has no `up`, and its hole shows only where the rate has no value at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from incident.impact.departure import looks_back
from incident.model.signals import Kind, SignalSeries
from incident.model.spans import Flags, Grid, frozen_values

# Series that have holes all over are sparse by nature: then their edges are what there is of them.
_MOST_LOST = 0.1


def without_edges(signals: Sequence[SignalSeries], interval_ms: int) -> tuple[SignalSeries, ...]:
    """The signals, rates without the values beside their holes; `interval_ms` lies between two samples.

    Shares and means stay as they are: what runs empty above the line runs empty below it, too.
    """
    return tuple(_without(one, interval_ms) if one.spec.kind is Kind.RATE else one for one in signals)


def _without(signal: SignalSeries, interval_ms: int) -> SignalSeries:
    back_ms = round(looks_back(signal.spec.query).total_seconds() * 1000)
    known = np.isfinite(signal.values)
    lost = _beside(~known, signal.grid, back_ms, interval_ms) & known
    if not lost.any() or np.count_nonzero(lost) > _MOST_LOST * np.count_nonzero(known):
        return signal
    return replace(signal, values=frozen_values(np.where(lost, np.nan, signal.values)))


def _beside(missing: Flags, grid: Grid, back_ms: int, interval_ms: int) -> Flags:
    """Times whose range lacks samples, but not all: as long before a hole as after it.

    A rate needs two samples: it ends when all but one have left its range, and begins with the second.
    """
    edges = np.flatnonzero(np.diff(np.concatenate(([0], missing.astype(np.int8), [0]))))
    beside = np.zeros(grid.count, dtype=bool)
    reach = max(0, -(-(back_ms - 2 * interval_ms) // grid.step_ms))
    for begins, ends in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        # What is missing from the first time on was not there yet: no range has run empty by then.
        if begins:
            beside[max(0, begins - reach) : begins] = True
            beside[ends : ends + reach] = True
    return beside
