"""A service simulated request by request, and its counters as a scrape would see them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from incident.model.signals import Counters, Samples
from incident.model.spans import Millis, Span, Values
from tests.reasoning_builders import at, at_ms, samples, scrapes


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


Points = tuple[tuple[str, float], ...]
"""A curve by its corners (clock, value), straight between them; two corners at one clock make a step."""


@dataclass(frozen=True)
class Service:
    """Two targets second by second: how many requests, how many of them failed, how many were slow."""

    start: str
    end: str
    rate: Points
    """Requests a second, both targets together."""
    failing: Points = (("00:00", 0.0),)
    slow: Points = (("00:00", 0.0),)
    """Share of the requests slower than half a second."""
    seed: int = 1
    holes: tuple[tuple[str, str], ...] = ()
    """Stretches in which nothing was scraped."""
    every_s: int = 15
    """Seconds between two scrapes of a target."""

    @property
    def seconds(self) -> Millis:
        """Starts of the simulated seconds, epoch ms."""
        return np.arange(at_ms(self.start), at_ms(self.end), 1000, dtype=np.int64)

    def curve(self, points: Points) -> Values:
        """The curve at the simulated seconds."""
        return np.interp(self.seconds, [at_ms(c) for c, _ in points], [v for _, v in points])

    @cached_property
    def drawn(self) -> tuple[Millis, Millis, Millis]:
        """(requests, failed, slow) of each second and target, shape (2, seconds)."""
        rng = np.random.default_rng(self.seed)
        rate = np.broadcast_to(self.curve(self.rate) / 2, (2, self.seconds.size))
        requests = rng.poisson(rate)
        return (
            requests,
            rng.binomial(requests, self.curve(self.failing)),
            rng.binomial(requests, self.curve(self.slow)),
        )

    def scraped(self, target: int) -> Millis:
        """Scrape times of a target, at a phase of its own, holes left out."""
        times = scrapes(self.start, self.end, self.every_s, (2_000, 9_000)[target])
        for a, b in self.holes:
            times = times[(times < at_ms(a)) | (times >= at_ms(b))]
        return times

    def _read(self, counted: Millis, target: int, **labels: str) -> Samples:
        """The counter over one row of events, as scraped."""
        times = self.scraped(target)
        sums = np.concatenate([[0], np.cumsum(counted)])
        values = sums[(times - at_ms(self.start)) // 1000].astype(float)
        return samples({"job": "shop", "instance": f"{'ab'[target]}:1", **labels}, times, values.tolist())

    def requests(self) -> list[Samples]:
        """Counters of good and failed answers of both targets."""
        total, failed, _ = self.drawn
        return [
            self._read(row[t], t, code=code)
            for t in (0, 1)
            for code, row in (("200", total - failed), ("500", failed))
        ]

    def buckets(self) -> list[Samples]:
        """Cumulative latency buckets: half a second parts fast from slow, two seconds hold all."""
        total, _, slow = self.drawn
        rows = (("0.1", (total - slow) // 2), ("0.5", total - slow), ("2", total), ("+Inf", total))
        return [self._read(row[t], t, le=le) for t in (0, 1) for le, row in rows]

    def counters(self, *, buckets: bool = False) -> Counters:
        """What a zoom over the whole time brings."""
        read = (Span(at(self.start), at(self.end)),)
        requests = self.requests()
        return Counters(
            spans=read,
            requests=tuple(requests),
            is_failed=tuple(one.label("code") == "500" for one in requests),
            buckets=tuple(self.buckets()) if buckets else (),
            bucket_spans=read if buckets else (),
            query="http_requests_total",
            failed_query='http_requests_total{code=~"5.."}',
            left_out="",
        )
