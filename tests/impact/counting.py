"""A service simulated request by request, and its counters as a scrape would see them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from incident.model.signals import Samples
from incident.model.spans import Millis
from tests.reasoning_builders import samples


@dataclass(frozen=True)
class Process:
    """One target: when requests of each code came, when it restarted, when it was scraped (epoch ms)."""

    instance: str
    requests: Mapping[str, Sequence[int]]
    restarts: Sequence[int]
    scraped: Sequence[int]

    def counters(self) -> list[Samples]:
        """The counter of each code: born with its first request in each life of the process."""
        return [one for code in sorted(self.requests) if (one := self._counter(code)) is not None]

    def value(self, code: str, when: int) -> int:
        """What the counter of a code shows at an instant: requests since the last restart."""
        born = max((r for r in self.restarts if r <= when), default=-1)
        return self.happened((code,), born, when)

    def readable(self, codes: Sequence[str]) -> int:
        """Requests of these codes that some scrape saw: not those lost between a scrape and a restart."""
        return sum(self.readable_between(codes, a, b) for a, b in self.intervals())

    def readable_between(self, codes: Sequence[str], a: int, b: int) -> int:
        """The same for one scrape interval (a, b]."""
        since = max([a, *(r for r in self.restarts if a < r <= b)])
        return self.happened(codes, since, b)

    def intervals(self) -> list[tuple[int, int]]:
        """The scrape intervals, from the first sight of any counter on."""
        seen = [t for t in self.scraped if any(self.value(code, t) for code in self.requests)]
        return list(pairwise(seen))

    def happened(self, codes: Sequence[str], a: int, b: int) -> int:
        """Requests of these codes in (a, b], seen or not."""
        times = (self._sorted[code] for code in codes)
        return sum(bisect_right(one, b) - bisect_right(one, a) for one in times)

    @cached_property
    def _sorted(self) -> dict[str, list[int]]:
        return {code: sorted(times) for code, times in self.requests.items()}

    def _counter(self, code: str) -> Samples | None:
        read = [(t, self.value(code, t)) for t in self.scraped]
        alive = [(t, float(v)) for t, v in read if v]
        if not alive:
            return None
        labels = {"job": "shop", "instance": self.instance, "code": code}
        return samples(labels, [t for t, _ in alive], [v for _, v in alive])


def arrivals(rate: float, start: int, end: int, rng: np.random.Generator) -> Millis:
    """Random arrival times in [start, end), `rate` a second, in epoch ms."""
    count = rng.poisson(rate * (end - start) / 1000.0)
    return np.sort(rng.integers(start, end, count, dtype=np.int64))


def stepping(
    instance: str,
    rates: tuple[float, float],
    shares: tuple[float, float],
    step: int,
    scraped: Millis,
    rng: np.random.Generator,
) -> Process:
    """A target whose request rate and failing share step at an instant."""
    start, end = int(scraped[0]) - 60_000, int(scraped[-1]) + 1
    before, after = arrivals(rates[0], start, step, rng), arrivals(rates[1], step, end, rng)
    failed = np.concatenate([rng.random(before.size) < shares[0], rng.random(after.size) < shares[1]])
    times = np.concatenate([before, after])
    requests = {"200": times[~failed].tolist(), "500": times[failed].tolist()}
    return Process(instance, requests, (), scraped.tolist())
