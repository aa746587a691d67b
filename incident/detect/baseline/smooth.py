"""Running windows over a series."""

import numpy as np

from incident.detect.episode import Bools, Floats, Ints


def windows(y: Floats, width: int) -> Floats:
    """All windows of `width` samples of `y` (n,), shape (n - width + 1, width), a view."""
    view: Floats = np.lib.stride_tricks.sliding_window_view(y, width)
    return view


def running_medians(y: Floats, width: int) -> Floats:
    """Median of each window of `width` samples of `y` (n,), shape (n - width + 1,), n >= width."""
    # Sorting short rows is vectorised in numpy and several times faster than its median.
    ordered = np.sort(windows(y, width), axis=1)
    middle: Floats = (ordered[:, (width - 1) // 2] + ordered[:, width // 2]) / 2.0
    return middle


def steady(y: Floats, samples: int) -> Floats:
    """`y` (n,) without what lasts fewer than `samples` samples: a running median.

    The ends are mirrored. A series shorter than the median's window comes back as it is.
    """
    half = samples - 1
    if half == 0 or len(y) < 2 * half + 1:
        return y
    mirrored = np.concatenate((y[:half][::-1], y, y[-half:][::-1]))
    return running_medians(mirrored, 2 * half + 1)


def trailing_medians(y: Floats, width: int, least: int) -> Floats:
    """Median of the up to `width` samples before each index, shape (n + 1,).

    NaN where fewer than `least` samples come before.
    """
    n = len(y)
    medians = np.full(n + 1, np.nan)
    if n >= width:
        medians[width:] = running_medians(y, width)
    counts = np.arange(least, min(width, n + 1))
    medians[counts] = _leading_medians(y, counts)
    return medians


def _leading_medians(y: Floats, counts: Ints) -> Floats:
    """Median of the first `count` samples of `y` for each of the `counts`, all >= 1."""
    longest = int(counts.max(initial=0))
    beyond = np.arange(longest) >= counts[:, np.newaxis]
    ordered = np.sort(np.where(beyond, np.inf, y[:longest]), axis=1)
    rows = np.arange(len(counts))
    middle: Floats = (ordered[rows, (counts - 1) // 2] + ordered[rows, counts // 2]) / 2.0
    return middle


def spans(mask: Bools) -> list[tuple[int, int]]:
    """Half-open index ranges of the stretches of True in `mask` (n,)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False])).astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def bridged(mask: Bools) -> Bools:
    """`mask` (n,) with single False between two True filled: scrapes fail and quantiles flicker."""
    filled = mask.copy()
    filled[1:-1] |= mask[:-2] & mask[2:]
    return filled
