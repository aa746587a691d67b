"""Failures where requests are few, looked for in the sums of several minutes.

Of one request a second a survey's sample holds thirty: one in twenty failing is one or two of them, as calm
minutes have now and then. Three hundred of five minutes say it plainly, and so do ten times as many failures
in forty minutes. Where such a sum departs, the counts of the single samples say where it began and ended.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from incident.detect import Episode, detect_episodes
from incident.impact.departure import Departure, looks_back
from incident.model.signals import SignalSeries
from incident.model.spans import Values

_WIDTHS = (timedelta(minutes=5), timedelta(minutes=15))
"""What is summed; over longer stretches the day itself changes."""
_ENOUGH = 300
"""Requests in a sample, or in a shorter sum, that need no longer one: one in fifty failing is seen."""
_LEAST_BINS = 12
"""Fewer sums than this before the window do not say what is usual."""
_UNSURE = 3.0
"""A bound may lie wherever the likelihood of the counts is not a twentieth of the best."""
_FLOOR = 0.5
"""Failures added to a calm lead-in without any: it has not shown that there are none."""


def with_pooled(
    found: tuple[Departure, ...], series: SignalSeries, points: int, counts: Values | None
) -> tuple[Departure, ...]:
    """The departures of a failing share, and those that only the sums of several minutes show.

    `counts`, shape (grid.count,), are the requests that each sample adds; `points` leading samples are usual.
    """
    if counts is None or not np.isfinite(counts[:points]).any():
        return found
    requests = float(np.nanmedian(counts[:points]))
    for width in (int(one / series.grid.step) for one in _WIDTHS):
        if width < 2 or requests >= _ENOUGH or points < _LEAST_BINS * width:
            break
        requests = float(np.nanmedian(counts[:points])) * width
        for one in _seen(series, points, counts, width):
            if not any(one.overlaps(other) for other in found):
                found = (*found, one)
    return tuple(sorted(found, key=lambda d: d.onset))


def _seen(series: SignalSeries, points: int, counts: Values, width: int) -> list[Departure]:
    """What the kernel finds in the sums of `width` samples, with bounds on single ones."""
    known = np.isfinite(series.values) & np.isfinite(counts)
    total = np.where(known, counts, 0.0)
    failed = np.where(known, np.clip(series.values, 0.0, 1.0) * counts, 0.0)
    first = points % width
    count = (total.size - first) // width
    binned = [row[first : first + count * width].reshape(count, width).sum(axis=1) for row in (failed, total)]
    ratio = np.divide(binned[0], binned[1], out=np.full(count, np.nan), where=binned[1] > 0)
    rows = detect_episodes(
        ratio[np.newaxis, :],
        step_s=series.grid.step.total_seconds() * width,
        baseline=points // width,
        kind="ratio",
        worse="up",
        counts=binned[1][np.newaxis, :],
    )
    usual = (failed[:points].sum() + _FLOOR) / (total[:points].sum() + 2 * _FLOOR)
    return [_placed(series, (failed, total), usual, _within(e, first, width, total.size)) for e in rows[0]]


def _within(episode: Episode, first: int, width: int, count: int) -> tuple[int, int, int, int | None]:
    """Where the onset and the end may lie, as samples: a sum to either side; no end where it has none."""
    onset = first + episode.onset * width
    low, high = max(0, onset - width), min(onset + width, count - 1)
    if episode.end is None:
        return low, high, count, None
    end = first + episode.end * width
    return low, high, max(high + 1, end - width), min(end + width, count)


def _placed(
    series: SignalSeries,
    counts: tuple[Values, Values],
    usual: float,
    within: tuple[int, int, int, int | None],
) -> Departure:
    failed, total = counts
    low, high, first_end, last_end = within
    inside = slice(high, first_end) if first_end - high > 2 else slice(low, last_end)
    share = min(1.0, float(failed[inside].sum()) / max(float(total[inside].sum()), 1.0))
    # Where most requests fail anyway, what is left may fail too: a share is below one.
    share = max(share, min(1.5 * usual, (1.0 + usual) / 2.0))
    gain = failed * np.log(share / usual) + (total - failed) * np.log((1.0 - share + 1e-9) / (1.0 - usual))
    onset, _, early = _best(gain[low : high + 1][::-1])
    start, after = high + 1 - onset, high + 1 - early
    if last_end is None:
        return _departure(series, counts, usual, (start, after), None)
    end, soon, far = (first_end + at for at in _best(gain[first_end:last_end]))
    return _departure(series, counts, usual, (start, after), (max(end, start + 1), soon, far))


def _best(outward: Values) -> tuple[int, int, int]:
    """How many samples from inside outwards most likely belong to it, and how few or many may."""
    sums = np.concatenate(([0.0], np.cumsum(outward)))
    likely = np.flatnonzero(sums >= sums.max() - _UNSURE)
    return int(np.argmax(sums)), int(likely[0]), int(likely[-1])


def _departure(
    series: SignalSeries,
    counts: tuple[Values, Values],
    usual: float,
    begins: tuple[int, int],
    ends: tuple[int, int, int] | None,
) -> Departure:
    grid, (failed, total) = series.grid, counts
    onset, after = begins
    stop = total.size if ends is None else ends[0]
    back_ms = looks_back(series.spec.query) // timedelta(milliseconds=1)
    share = float(failed[onset:stop].sum()) / max(float(total[onset:stop].sum()), 1e-9)
    worst = onset + int(np.nanargmax(np.where(total[onset:stop] > 0, series.values[onset:stop], -1.0)))
    end_after = end_by = None
    if ends is not None:
        end_after = grid.start_ms + (min(ends[1], ends[0]) - 1) * grid.step_ms - back_ms
        end_by = max(end_after + grid.step_ms, grid.start_ms + ends[2] * grid.step_ms - back_ms // 2)
    told = f"{failed[onset:stop].sum():.0f} of {total[onset:stop].sum():.0f} requests failed"
    return Departure(
        spec=series.spec,
        onset=onset,
        end=None if ends is None else ends[0],
        start_after=grid.start_ms + (min(after, onset) - 1) * grid.step_ms,
        # Where the raw counts are searched: a later start would hide the true one from them.
        start_by=grid.start_ms + onset * grid.step_ms,
        end_after=end_after,
        end_by=end_by,
        before=usual,
        inside=share,
        peak=float(series.values[worst]),
        peak_ms=grid.start_ms + worst * grid.step_ms,
        direction="up",
        reason=f"{told}, usually {usual:.2%}",
    )
