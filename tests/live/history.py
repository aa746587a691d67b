"""Some calm hours of the service before it is started: what normal is, in blocks that Prometheus serves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.lab.prometheus import create_blocks
from tests.lab.series import Series, make_series
from tests.live.shop import BOUNDS_S, USUAL_FAILING, USUAL_S

HOURS = 3
RATE = 48.0


def write_history(data_dir: Path, end_s: float, target: dict[str, str], version: str) -> None:
    """Samples of every second of the hours before `end_s`, of one target that ran all the while."""
    times = np.arange(round(end_s) * 1000 - HOURS * 3_600_000, round(end_s) * 1000, 1000, dtype=np.int64)
    rng = np.random.default_rng(11)
    requests = rng.poisson(RATE, times.size)
    failed = rng.binomial(requests, USUAL_FAILING)

    def one(name: str, values: npt.ArrayLike, **labels: str) -> Series:
        return make_series(name, (target | labels).items(), times, np.broadcast_to(values, times.shape))

    total = np.cumsum(requests)
    series = [
        one("up", 1.0),
        one("http_requests_total", np.cumsum(requests - failed), code="200"),
        one("http_requests_total", np.cumsum(failed), code="500"),
        one("http_request_duration_seconds_sum", total * USUAL_S),
        one("http_request_duration_seconds_count", total),
        *(
            one("http_request_duration_seconds_bucket", total, le=le)
            for le in (*(f"{bound:g}" for bound in BOUNDS_S), "+Inf")
        ),
        one("shop_build_info", 1.0, version=version),
        one("process_start_time_seconds", times[0] / 1000 - 86_400),
    ]
    create_blocks(series, data_dir)
