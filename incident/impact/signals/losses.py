"""Traffic that was lost and came back on the slope of its day, where no earlier day tells that slope.

Against four hours of a falling evening the traffic after an outage is lower than any before it, and
against those of a rising morning the traffic in an outage is as high as at dawn. From beside both are
plain: it fell within minutes, and came back within minutes to where the slopes before and after it lead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from incident.detect.baseline.smooth import spans
from incident.impact.departure import Departure, looks_back
from incident.impact.signals.asked import first_sample
from incident.impact.signals.slopes import LEVEL, Slope, Traffic, led_to
from incident.model.signals import SignalSeries
from incident.model.spans import Values

_FELL = -math.log(0.6)
"""Log units, as for any lost traffic: one of two targets gone is a fall to half."""
_SMALLEST = 0.12
"""Log units: a difference of an eighth is none, as for the kernel."""
_REGAINED = 0.75
"""Three quarters of what was lost back is back: as for the kernel, which parts two incidents so."""
_STILL = 0.5
"""It is seen to last where so much of the fall in log units, or a loss by itself, is surely left."""
_BACK = 0.85
"""A sample is back when it is so far up the way from the level inside to the level after."""
_ROSE = 0.5
"""What rose by half as much as it then falls, and as suddenly, was a surge that ended."""


@dataclass(frozen=True, slots=True)
class _Fall:
    onset: int
    settled: int
    """From here on the level is what it fell to."""
    before: float
    height: float
    """Log units from the level before to the level after."""
    slope: Slope | None
    """On the way to the fall; None: not known."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Traffic from a sudden fall to a sudden return; indices count points of the grid."""

    fall: _Fall
    end: int | None
    """First sample back; None: it is seen to last."""
    surges: bool = False
    """It came back to more than the slopes lead to."""
    sudden: bool = False
    """It came back within minutes to where the slopes lead, and no other end can be meant."""

    @property
    def onset(self) -> int:
        """The first sample off the level before."""
        return self.fall.onset


def with_losses(
    found: tuple[Departure, ...], series: SignalSeries, days: Values | None
) -> tuple[Departure, ...]:
    """The departures of a traffic, each sudden loss among them told from its fall to its return.

    A departure that goes on beyond the return ends there, one that ends while most is still lost goes on;
    what stands out at the return as a surge is none. Earlier `days` (n_days, count) know the slope better:
    with them only what nothing tells yet is added, unless one of them fell there too.
    """
    traffic = Traffic(series)
    for loss in _losses(traffic, first_sample(series.values)):
        if days is not None and (_fell_too(loss, traffic, days) or _down_there(found, loss)):
            continue
        if not any(_tells(one, loss, traffic) for one in found):
            kept = (d for d in found if not _gives_way(d, loss, traffic.near))
            found = (*kept, _departure(series, loss))
    return tuple(sorted(found, key=lambda d: d.onset))


def _fell_too(loss: Loss, traffic: Traffic, days: Values) -> bool:
    """Whether an earlier day fell at that time too, by at least half as much: then it is how days are."""
    a, b = loss.onset - traffic.near, loss.onset + traffic.smear + traffic.near
    stop = len(traffic.logs) if loss.end is None else loss.end
    for day in days:
        before, inside = day[max(0, a - traffic.level) : a], day[min(b, stop - 1) : stop]
        if np.isfinite(before).any() and np.isfinite(inside).any():
            kept = float(np.nanmedian(inside)) / max(float(np.nanmedian(before)), 1e-9)
            if kept <= math.exp(-_ROSE * loss.fall.height):
                return True
    return False


def _down_there(found: tuple[Departure, ...], loss: Loss) -> bool:
    """Whether some departure tells that traffic was lost then, from or to wherever."""
    return any(one.direction == "down" and _gives_way(one, loss, 0) for one in found)


def _losses(traffic: Traffic, since: int) -> Iterator[Loss]:
    """The sudden losses in order of time, from the sample `since` on; a surge that ends is none."""
    rises = traffic.rises()
    at = since + traffic.near
    while (fall := _fall(traffic, rises, at, since)) is not None:
        surged = bool((rises[since + traffic.near : fall.onset - traffic.near] >= _ROSE * fall.height).any())
        at = fall.settled
        if surged:
            continue
        loss = _told(traffic, rises, fall)
        yield loss
        if loss.end is None:
            return
        since, at = loss.end, loss.end + traffic.near


def _fall(traffic: Traffic, rises: Values, at: int, since: int) -> _Fall | None:
    """The first sudden fall from the index `at` on; None: nowhere. `since` then its level was reached."""
    ahead = traffic.smear + traffic.near
    for first in (at + np.flatnonzero(rises[at:] <= -_FELL)).tolist():
        before = traffic.before(first)
        least = before - (1.0 - _BACK) * (before - float(traffic.short[first + ahead]))
        off = np.flatnonzero(traffic.logs[first : first + ahead] < least)
        onset = first + int(off[0]) if off.size else 0
        if onset > 0 and onset + ahead < traffic.short.size and np.isfinite(traffic.logs[onset - 1]):
            height = before - float(traffic.short[onset + ahead])
            if height >= _FELL:
                slope = traffic.slope(max(since, onset - traffic.over), onset)
                return _Fall(onset, onset + ahead, before, height, slope)
    return None


def _told(traffic: Traffic, rises: Values, fall: _Fall) -> Loss:
    """What became of the fall: back at once, surely there still, back in part, faded, or not back."""
    lost = 1.0 - math.exp(-fall.height)
    enough = max(_SMALLEST, -math.log(1.0 - (1.0 - _REGAINED) * lost))
    back = _returned(traffic, rises, fall, enough)
    if back is not None:
        return replace(back, sudden=True)
    if _lasts(traffic, rises, fall):
        return Loss(fall, None)
    return _returned(traffic, rises, fall, _FELL) or _faded(traffic, fall, enough)


def _returned(traffic: Traffic, rises: Values, fall: _Fall, short: float) -> Loss | None:
    """The loss with the first sudden return to at most `short` log units below where the slopes lead."""
    for peak in _peaks(rises, fall.settled, 2 * _SMALLEST):
        end = _end(traffic, peak)
        off, apart = _off(traffic, fall, end)
        if off >= -apart - short and np.isfinite(traffic.logs[end - 1]):
            return Loss(fall, end, off > apart + short)
    return None


def _faded(traffic: Traffic, fall: _Fall, short: float) -> Loss:
    """The loss up to where the traffic has slowly come back to where the slopes lead, if it has."""
    for end in range(fall.settled, traffic.logs.size - traffic.level, traffic.block):
        off, apart = _off(traffic, fall, end)
        if off >= -apart - short and np.isfinite(traffic.logs[end - 1]):
            return Loss(fall, end)
    return Loss(fall, None)


def _off(traffic: Traffic, fall: _Fall, at: int) -> tuple[float, float]:
    """How far above where the slopes lead the level after an index is, and how far these leave open."""
    begins = at + traffic.smear
    after = traffic.slope(begins, begins + traffic.over)
    expected, apart = led_to(fall.slope, after, at - fall.onset)
    return traffic.after(at) - fall.before - expected, apart


def _lasts(traffic: Traffic, rises: Values, fall: _Fall) -> bool:
    """Whether the last that is seen surely lies far below where the slopes lead."""
    stop = int(np.flatnonzero(np.isfinite(traffic.logs))[-1]) + 1
    stepped = max(_peaks(rises, fall.settled, 2 * _SMALLEST), default=fall.onset)
    level = stepped + traffic.smear + traffic.near
    after = traffic.slope(max(level, stop - traffic.over), stop)
    expected, apart = led_to(fall.slope, after, stop - fall.onset)
    off = traffic.before(stop) - fall.before - expected
    return off + apart < -min(_FELL, _STILL * fall.height)


def _peaks(rises: Values, start: int, least: float) -> Iterator[int]:
    """Where the traffic rises most, once in each stretch of at least so much from `start` on."""
    for a, b in spans(rises[start:] >= least):
        yield start + a + int(np.argmax(rises[start + a : start + b]))


def _end(traffic: Traffic, peak: int) -> int:
    """The first sample that is back, near where the traffic rises most."""
    low, high = float(traffic.short[peak]), float(traffic.short[peak + traffic.smear + traffic.near])
    ahead = traffic.logs[peak : peak + traffic.smear + traffic.near]
    return peak + int(np.argmax(ahead >= low + _BACK * (high - low)))


def _tells(one: Departure, loss: Loss, traffic: Traffic) -> bool:
    """Whether the departure tells the loss well: a slow way back, or one in part, the kernel knows better."""
    if one.direction != "down" or abs(one.onset - loss.onset) > traffic.near:
        return False
    if loss.sudden:
        return one.end is not None and loss.end is not None and abs(one.end - loss.end) <= traffic.near
    if one.end is None:
        return True
    off, apart = _off(traffic, loss.fall, one.end)
    return not off + apart < (-_FELL if loss.end else -_STILL * _FELL)


def _gives_way(one: Departure, loss: Loss, near: int) -> bool:
    """Whether the departure is what the loss, or the return from it, looks like without the slope."""
    if one.direction == "up":
        return loss.end is not None and not loss.surges and abs(one.onset - loss.end) <= near
    return (loss.end is None or one.onset < loss.end) and (one.end is None or one.end > loss.onset)


def _departure(series: SignalSeries, loss: Loss) -> Departure:
    grid, values = series.grid, series.values
    inside = values[loss.onset : loss.end]
    begins = grid.start_ms + loss.onset * grid.step_ms
    level = max(5, int(LEVEL / grid.step))
    before = float(np.nanmedian(values[max(0, loss.onset - level) : loss.onset]))
    worst, middle = loss.onset + int(np.nanargmin(inside)), float(np.nanmedian(inside))
    after, by = _end_bracket(series, loss.end)
    lost = f"{1.0 - middle / before:.0%} of the level before lost within minutes"
    return Departure(
        spec=series.spec,
        onset=loss.onset,
        end=loss.end,
        start_after=begins - grid.step_ms,
        start_by=begins,
        end_after=after,
        end_by=by,
        before=before,
        inside=middle,
        peak=float(values[worst]),
        peak_ms=grid.start_ms + worst * grid.step_ms,
        direction="down",
        reason=lost if loss.end is None else f"{lost}, and back on the slope of the day",
    )


def _end_bracket(series: SignalSeries, end: int | None) -> tuple[int | None, int | None]:
    """The bracket of the end, epoch ms, without what the query's range smears."""
    if end is None:
        return None, None
    grid, back_ms = series.grid, looks_back(series.spec.query) // timedelta(milliseconds=1)
    first_good = grid.start_ms + end * grid.step_ms
    after = first_good - grid.step_ms - back_ms
    return after, max(after + grid.step_ms, first_good - back_ms // 2)
