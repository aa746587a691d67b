"""Further incidents of the same kind, to check a draft from outside."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from tests.lab.curves import spans, through
from tests.lab.rules import Rule
from tests.lab.scripts.parts import (
    AFTER,
    BEFORE,
    CRASH_LOOPING,
    HOUR,
    MINUTE,
    SECOND,
    WATCHDOG,
    bystander,
    error_rate,
    impact,
    moment,
    rolling,
    service,
    slow,
)
from tests.lab.spec import NORMAL_ERROR_RATIO, Incident, Restart, Route, Service
from tests.lab.truth import Change, Context

USUAL = NORMAL_ERROR_RATIO

Phases = tuple[tuple[datetime, datetime, float], ...]


def _incident(name: str, zone: str, app: Service, phases: Phases, *rules: Rule) -> Incident:
    """An incident with one episode and the usual margins."""
    return Incident(
        name=name,
        zone=zone,
        start=phases[0][0] - BEFORE,
        end=phases[-1][1] + AFTER,
        service=app,
        bystander=bystander(),
        rules=(*rules, WATCHDOG),
        impacts=(impact(*phases),),
    )


def flapping() -> Incident:
    """Half of the requests fail for five minutes of every ten, for an hour."""
    zone = "Asia/Kolkata"
    start = moment(zone, "2023-06-20 15:30:08")
    on = [start + number * 10 * MINUTE for number in range(6)]
    phases = tuple((at, at + 5 * MINUTE, 0.5) for at in on)
    app = replace(service("gateway", 50.0), peak_hour_utc=10.0, failing=spans(USUAL, *phases))
    return replace(
        _incident("flapping", zone, app, phases, error_rate(0.05, "1m", 60)),
        notes=("One episode: every return to normal is shorter than the hold of 10 min.",),
    )


def slow_leak() -> Incident:
    """Latency grows to four times its level over three hours; a restart ends it."""
    zone = "Australia/Sydney"
    start, restarted = moment(zone, "2023-08-09 09:00"), moment(zone, "2023-08-09 12:00")
    end = restarted + 10 * SECOND
    app = replace(
        service("reports", 30.0),
        peak_hour_utc=1.0,
        latency=through((start, 1.0), (end, 4.0), (end, 1.0)),
        restarts=rolling(restarted, apart=10 * SECOND),
    )
    return replace(
        _incident("slow_leak", zone, app, ((start, end, 0.0),), slow(1.0, "5m", 600)),
        impacts=(impact((start, end, 0.0), start_is_step=False),),
        changes=(Change("restart", restarted, end, 2, "restart"),),
        start_tolerance_s=2700.0,
        end_tolerance_s=60.0,
        notes=("Only latency suffers; it has left +25 % a quarter of an hour after the start.",),
    )


def blind() -> Incident:
    """Half of the requests fail for an hour; Prometheus is down in the middle of it."""
    zone = "UTC"
    start, gone, back, end = (moment(zone, f"2023-10-04 {at}") for at in ("09:00", "09:20", "09:40", "10:00"))
    app = replace(service("billing", 30.0), failing=spans(USUAL, (start, end, 0.5)))
    return replace(
        _incident("blind", zone, app, ((start, end, 0.5),), error_rate(0.05, "2m", 60)),
        blind=(gone, back),
        notes=(
            "No sample of anything from 09:20 to 09:40; the service ran on, so that its counters "
            "tell the requests of the gap as well.",
            "Prometheus forgets the alert in the crash: in ALERTS it is pending again after the "
            "gap. Here both parts are told as the one alert they are.",
        ),
    )


def low_traffic() -> Incident:
    """Five requests a minute, of which 60 % fail for an hour."""
    zone = "Europe/Paris"
    start = moment(zone, "2023-04-19 14:00:12")
    end = start + HOUR
    app = replace(service("invoices", 5 / 60), failing=spans(USUAL, (start, end, 0.6)))
    return replace(
        _incident("low_traffic", zone, app, ((start, end, 0.6),), error_rate(0.3, "5m", 120)),
        start_tolerance_s=180.0,
        end_tolerance_s=180.0,
        notes=("A boundary is only known to within a request or two: about half a minute.",),
    )


def dst_night() -> Incident:
    """The hour that happens twice: 02:40 summer time to 02:25 winter time is 45 minutes."""
    zone = "Europe/Berlin"
    start = moment(zone, "2023-10-29 02:40", fold=0)
    end = moment(zone, "2023-10-29 02:25", fold=1)
    phases = ((start, end, 0.4),)
    app = replace(service("booking", 20.0), failing=spans(USUAL, *phases), swing=0.25)
    return _incident("dst_night", zone, app, phases, error_rate(0.05, "2m", 60))


def ongoing() -> Incident:
    """The data end 50 minutes into an outage."""
    zone = "America/Sao_Paulo"
    start = moment(zone, "2023-11-08 15:00:52")
    last = start + 50 * MINUTE
    app = replace(service("login", 45.0), failing=spans(USUAL, (start, last + HOUR, 0.45)))
    usual = _incident("ongoing", zone, app, ((start, last, 0.45),), error_rate(0.05, "2m", 60))
    return replace(
        usual,
        end=last,
        impacts=tuple(replace(one, end=None) for one in usual.impacts),
    )


def latency_step() -> Incident:
    """Three times the latency for half an hour, and not one error more."""
    zone = "Europe/London"
    start = moment(zone, "2023-07-11 11:00:23")
    end = start + 30 * MINUTE
    app = replace(service("media", 40.0), latency=spans(1.0, (start, end, 3.0)))
    return _incident("latency_step", zone, app, ((start, end, 0.0),), slow(1.0, "5m", 300))


def short_spike() -> Incident:
    """10 % errors for four minutes."""
    zone = "UTC"
    start = moment(zone, "2023-05-23 08:12:37")
    phases = ((start, start + 4 * MINUTE, 0.1),)
    app = replace(service("quotes", 40.0), failing=spans(USUAL, *phases))
    return _incident("short_spike", zone, app, phases, error_rate(0.05, "1m", 60))


def lost_traffic() -> Incident:
    """Only 5 % of the requests arrive for 25 minutes; those that do are answered as ever."""
    zone = "Asia/Tokyo"
    start = moment(zone, "2023-02-21 20:00:41")
    end = start + timedelta(minutes=25)
    app = replace(service("orders", 40.0), peak_hour_utc=11.0, reaching=spans(1.0, (start, end, 0.05)))
    rate = 'sum by (namespace, service) (rate(http_requests_total{route!="/healthz"}[5m]'
    lost = Rule("TrafficLost", f"{rate})) < 0.3 * {rate} offset 1h))", 300)
    usual = _incident("lost_traffic", zone, app, ((start, end, 0.0),), lost)
    return replace(
        usual,
        impacts=(impact((start, end, 0.0), state="down"),),
        notes=("No errors and every target up: only the loss of traffic tells of it.",),
    )


def second_reset() -> Incident:
    """Two rolling restarts half an hour apart, which nobody notices."""
    zone = "UTC"
    first = moment(zone, "2023-03-14 12:00")
    second = first + 30 * MINUTE
    app = replace(service("profile", 30.0), restarts=(*rolling(first), *rolling(second)))
    return Incident(
        name="second_reset",
        zone=zone,
        start=first - BEFORE,
        end=second + AFTER,
        service=app,
        bystander=bystander(),
        rules=(error_rate(0.05, "2m", 60), slow(1.0, "5m", 300), WATCHDOG, CRASH_LOOPING),
        changes=tuple(
            Change("restart", at, at + 40 * SECOND, 2, "rolling restart") for at in (first, second)
        ),
        context=(Context("elsewhere", first - HOUR, second, "a pod of the namespace batch crash-loops"),),
        crash_loop=(first - HOUR, second),
    )


def bad_canary() -> Incident:
    """A new version on one of two instances fails 60 % of the requests on one of three routes, for 40 min."""
    zone = "UTC"
    start = moment(zone, "2023-09-26 13:10:17")
    end = start + 40 * MINUTE
    app = replace(
        service("tickets", 60.0),
        version="2.7.0",
        routes=(Route("GET", "/", 0.44), Route("POST", "/pay", 0.31), Route("POST", "/refund", 0.25)),
        failing=spans(USUAL, (start, end, 0.6)),
        failing_route="/pay",
        failing_version="2.7.1",
        restarts=(
            Restart(1, start, 2 * SECOND, "2.7.1"),
            Restart(1, end, 2 * SECOND, "2.7.0"),
        ),
    )
    share = 0.31 * 0.5 * 0.6
    return replace(
        _incident("bad_canary", zone, app, ((start, end, share),), error_rate(0.05, "2m", 60)),
        changes=(
            Change("deploy", start, start, 1, "2.7.0 -> 2.7.1"),
            Change("rollback", end, end, 1, "2.7.1 -> 2.7.0"),
        ),
        notes=("The failures are all on `/pay` and version 2.7.1, but for the usual 0.1 %.",),
    )
