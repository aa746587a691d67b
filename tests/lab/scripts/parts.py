"""What the incidents share: instants, services, rules, and the usual margins around an impact."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.lab.rules import Rule
from tests.lab.spec import Restart, Route, Service
from tests.lab.truth import Impact, Phase

BEFORE = timedelta(hours=4)
AFTER = timedelta(hours=2)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

PARTIAL_FROM = 0.25
DOWN_FROM = 0.95

WATCHDOG = Rule("Watchdog", "vector(1)", 0, severity="none", offset_ms=3_127)
CRASH_LOOPING = Rule(
    "KubePodCrashLooping",
    'max_over_time(kube_pod_container_status_waiting_reason{reason="CrashLoopBackOff"}[5m]) >= 1',
    300,
    severity="warning",
    offset_ms=3_127,
)


def moment(zone: str, text: str, *, fold: int = 0) -> datetime:
    """The UTC instant of a local time such as `2023-03-01 14:00`."""
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return local.astimezone(UTC)


def error_rate(above: float, window: str, for_s: int) -> Rule:
    """Share of 5xx answers per service."""
    by = "sum by (namespace, service)"
    failed = f'{by} (rate(http_requests_total{{code=~"5..",route!="/healthz"}}[{window}]))'
    total = f'{by} (rate(http_requests_total{{route!="/healthz"}}[{window}]))'
    return Rule("HighErrorRate", f"{failed} / {total} > {above}", for_s)


def slow(above_s: float, window: str, for_s: int) -> Rule:
    """99th percentile of the latency per service."""
    return Rule("HighLatency", f"{quantile(0.99, window)} > {above_s}", for_s, "warning")


def quantile(share: float, window: str) -> str:
    """A quantile of the latency per service, health checks left out."""
    buckets = f'rate(http_request_duration_seconds_bucket{{route!="/healthz"}}[{window}])'
    return f"histogram_quantile({share}, sum by (namespace, service, le) ({buckets}))"


def service(name: str, requests_per_s: float) -> Service:
    """An ordinary service with two instances, whose addresses and offsets follow from its name."""
    seed = sum(name.encode())
    return Service(
        name=name,
        instances=(f"10.1.{seed % 200}.11:8080", f"10.1.{seed % 200 + 1}.23:8080"),
        scrape_offsets=(seed * 7 % 14_000 / 1000, (seed * 7 + 6_844) % 14_000 / 1000),
        routes=(Route("GET", "/", 0.6), Route("POST", f"/{name}", 0.4, slowness=1.3)),
        requests_per_s=requests_per_s,
        version="2.7.3",
        replicas=((None, 2),),
    )


def bystander() -> Service:
    """A healthy service in the same Prometheus."""
    return replace(service("search", 20.0), peak_hour_utc=17.0, median_s=0.06)


def rolling(
    at: datetime,
    *,
    apart: timedelta = 40 * SECOND,
    down: timedelta = 2 * SECOND,
    version: str | None = None,
) -> tuple[Restart, Restart]:
    """Both instances start again, one after the other."""
    return (Restart(0, at, down, version), Restart(1, at + apart, down, version))


def impact(
    *phases: tuple[datetime, datetime, float],
    state: str | None = None,
    start_is_step: bool = True,
    end_is_step: bool = True,
) -> Impact:
    """An episode of phases `(start, end, share failing)`; states follow from the shares."""
    told = tuple(Phase(start, end, state or _state(failing), failing) for start, end, failing in phases)
    order = ("degraded", "partial_outage", "down")
    worst = max((phase.state for phase in told), key=order.index)
    return Impact(phases[0][0], phases[-1][1], worst, told, start_is_step, end_is_step)


def _state(failing: float) -> str:
    if failing >= DOWN_FROM:
        return "down"
    return "partial_outage" if failing >= PARTIAL_FROM else "degraded"
