"""A large fleet in parts that fit into memory and into one query."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

_MOST_SAMPLES = 1_200_000
"""Of a measure at once: four measures, and the answers that wait for their turn, are some 250 MiB then."""


def services_at_once(points: int) -> int:
    """How many services are screened at once where each measure has so many points."""
    return max(1, _MOST_SAMPLES // max(points, 1))


def apart(names: Sequence[str], most: int) -> Iterator[slice]:
    """The sorted names in even stretches of at most `most`; namesakes stay together, whatever their number.

    Whoever asks for a name is answered for all that bear it.
    """
    parts = -(-len(names) // most)
    first = 0
    for part in range(parts, 0, -1):
        stop = first + -(-(len(names) - first) // part)
        while first < stop < len(names) and names[stop] == names[stop - 1]:
            stop += 1
        if first < stop:
            yield slice(first, stop)
        first = stop
