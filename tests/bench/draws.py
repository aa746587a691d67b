"""Series with a known truth, for the comparison of methods: healthy service-days, and faults.

Two sources of different making: single series drawn request by request (`tests.detect.shapes`), and the
signals of whole services (`tests.fleet`), of every shape in turn.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from incident.detect.episode import Floats
from tests.detect.shapes import (
    Clock,
    Drawn,
    Generator,
    error_ratio,
    flat,
    gauge,
    latency_quantile,
    ramp,
    request_rate,
    rhythm,
    step,
)
from tests.fleet.services import SHAPES, Fault, evidence_of

HOUR = 3600.0
DAY = Clock(step_s=60.0, window_s=24 * HOUR)
SHORT = Clock(step_s=15.0, window_s=2 * HOUR)
SERVICE_LEAD = timedelta(hours=12)
SERVICE_WINDOW = timedelta(hours=12)


def healthy(seed: int) -> list[Drawn]:
    """Signals of healthy services: four over a day, four over half a day."""
    return [*_healthy_series(np.random.default_rng(seed)), *_service(seed, None)]


def faulty(seed: int) -> list[Drawn]:
    """Step and ramp faults of a service with traffic, each series with its truth."""
    rng = np.random.default_rng(seed)
    lasting = float(rng.choice([180.0, 600.0, 2400.0]))
    start = (SERVICE_LEAD + timedelta(hours=1)).total_seconds() + float(rng.uniform(0.0, 9 * HOUR))
    slower = float(rng.choice([2.0, 4.0]))
    wrong = Fault(start, lasting, float(rng.choice([0.05, 0.2, 0.9])), slower)
    return [*_faulty_series(rng), *_service(seed, wrong)]


def days(drawn: Drawn) -> float:
    """Length of the window."""
    return (len(drawn.values) - drawn.baseline) * drawn.step_s / 86_400.0


def _healthy_series(rng: Generator) -> list[Drawn]:
    rps = float(rng.choice([0.2, 5.0, 100.0]))
    daily = rhythm(DAY, float(rng.uniform(0.0, 0.7)))
    batch = float(rng.uniform(0.0, 1.5))

    def load(t: Floats) -> Floats:
        return daily(t) * np.where(t % HOUR < 300.0, 1.0 + batch, 1.0)

    return [
        error_ratio(rng, DAY, rps, flat(float(rng.choice([0.0, 0.001, 0.01]))), daily),
        latency_quantile(rng, DAY, rps, flat(1.0), typical_s=float(rng.uniform(0.02, 0.2))),
        request_rate(rng, DAY, rps, load),
        gauge(rng, DAY, 0.4, 0.05, rhythm(DAY, float(rng.uniform(0.0, 0.3)))),
    ]


def _faulty_series(rng: Generator) -> list[Drawn]:
    start = float(rng.uniform(900.0, 3600.0))
    stop = start + float(rng.choice([180.0, 600.0, 2400.0]))
    rps = float(rng.choice([5.0, 100.0]))
    failing = float(rng.choice([0.05, 0.2, 0.9]))
    slower = float(rng.choice([2.0, 4.0]))
    corners = [(start, 0.0), (start + 1800.0, 1.0), (start + 2400.0, 1.0), (start + 3000.0, 0.0)]
    errors = ramp(SHORT, *[(t, 0.001 + failing * h) for t, h in corners])
    times = ramp(SHORT, *[(t, 1.0 + (slower - 1.0) * h) for t, h in corners])
    steps = SHORT.spans((start, stop))
    climb = SHORT.spans((start, start + 3000.0))
    return [
        _true(error_ratio(rng, SHORT, rps, step(SHORT, start, stop, failing, 0.001)), steps),
        _true(latency_quantile(rng, SHORT, 50.0, step(SHORT, start, stop, slower, 1.0)), steps),
        _true(request_rate(rng, SHORT, rps, step(SHORT, start, stop, 0.1, 1.0)), steps),
        _true(error_ratio(rng, SHORT, rps, errors), climb),
        _true(latency_quantile(rng, SHORT, 50.0, times), climb),
    ]


def _service(seed: int, fault: Fault | None) -> list[Drawn]:
    """A service's signals; of a faulty one those that a person reads first: errors and the median."""
    # Faults where there is traffic to fail: what one request a minute shows of three minutes is luck.
    shapes = SHAPES if fault is None else tuple(s for s in SHAPES if s.rate >= 1.0)
    shape = shapes[seed % len(shapes)]
    faults = () if fault is None else (fault,)
    evidence = evidence_of(shape, seed, lead=SERVICE_LEAD, window=SERVICE_WINDOW, faults=faults)
    step_s = evidence.grid.step_ms / 1000.0
    baseline = round(SERVICE_LEAD.total_seconds() / step_s)
    drawn = [
        Drawn(s.values, step_s, baseline, s.spec.kind.value, s.spec.worse.value)
        for s in evidence.signals
        if fault is None or s.spec.name in ("errors", "p50")
    ]
    if fault is None:
        return drawn
    truth = ((int(np.ceil(fault.start / step_s)), int(np.ceil((fault.start + fault.length) / step_s))),)
    return [_true(one, truth) for one in drawn]


def _true(drawn: Drawn, truth: tuple[tuple[int, int], ...]) -> Drawn:
    return Drawn(drawn.values, drawn.step_s, drawn.baseline, drawn.kind, drawn.worse, drawn.counts, truth)
