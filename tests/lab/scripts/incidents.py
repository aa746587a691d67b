"""The five incidents of the written reports, and a healthy day."""

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
    quantile,
    rolling,
    service,
    slow,
)
from tests.lab.spec import NORMAL_ERROR_RATIO, Incident, Restart
from tests.lab.truth import Change, Context

USUAL = NORMAL_ERROR_RATIO


def payments() -> Incident:
    """Traffic triples, latency and errors climb, then 40 % fail until capacity is added."""
    zone = "UTC"
    start, loaded, worse, scaled, end = (
        moment(zone, f"2023-12-15 {at}") for at in ("14:00", "14:30", "15:30", "16:00", "16:30")
    )
    # 40 % falls to 25 %, where a partial outage ends, on the straight line to normal.
    below_quarter = scaled + (end - scaled) * ((0.40 - 0.25) / (0.40 - USUAL))
    app = replace(
        service("payments", 100.0),
        version="4.11.2",
        swing=0.05,
        surge=through((start, 1.0), (loaded, 3.0)),
        failing=through(
            (start, USUAL), (loaded, 0.08), (worse, 0.12), (worse, 0.40), (scaled, 0.40), (end, USUAL)
        ),
        latency=through((start, 1.0), (loaded, 3.0), (worse, 8.0), (scaled, 8.0), (end, 1.0)),
        replicas=((None, 4), (scaled, 12)),
    )
    return Incident(
        name="payments",
        zone=zone,
        start=start - BEFORE,
        end=end + AFTER,
        service=app,
        bystander=bystander(),
        rules=(error_rate(0.05, "2m", 60), slow(1.0, "5m", 300), WATCHDOG, CRASH_LOOPING),
        impacts=(
            impact(
                (start, worse, 0.09),
                (worse, below_quarter, 0.39),
                (below_quarter, end, 0.12),
                start_is_step=False,
                end_is_step=False,
            ),
        ),
        changes=(Change("scale", scaled, scaled, 1, "replicas 4 -> 12"),),
        context=(Context("traffic_surge", start, end + AFTER, "traffic x 3 by 14:30, and stays"),),
        crash_loop=(start - HOUR, end + HOUR),
        start_tolerance_s=600.0,
        end_tolerance_s=300.0,
        notes=("Two of the replicas are scraped, before and after the scaling.",),
    )


def portal() -> Incident:
    """60 % of requests fail at once, so that response times drop; restarts do not help."""
    zone = "America/New_York"
    start, end = moment(zone, "2023-03-01 14:00"), moment(zone, "2023-03-01 17:00")
    restarts = [moment(zone, f"2023-03-01 {at}") for at in ("14:20", "14:50", "15:25")]
    changed, fixed = moment(zone, "2023-03-01 15:05"), moment(zone, "2023-03-01 16:58")
    app = replace(
        service("portal", 40.0),
        version="3.2.0",
        peak_hour_utc=19.0,
        failing=spans(USUAL, (start, end, 0.60)),
        failure_median_s=0.003,
        restarts=(
            *(one for at in restarts for one in rolling(at, apart=20 * SECOND)),
            *rolling(changed, version="3.2.1"),
            *rolling(fixed, version="3.2.2"),
        ),
    )
    drop = Rule("ResponseTimeDrop", f"{quantile(0.5, '1m')} < 0.02", 0)
    return Incident(
        name="portal",
        zone=zone,
        start=start - BEFORE,
        end=end + AFTER,
        service=app,
        bystander=bystander(),
        rules=(drop, error_rate(0.05, "2m", 60), WATCHDOG),
        impacts=(impact((start, end, 0.60)),),
        changes=(
            *(Change("restart", at, at + 20 * SECOND, 2, "restart") for at in restarts),
            _deploy(changed, "3.2.0", "3.2.1"),
            _deploy(fixed, "3.2.1", "3.2.2"),
        ),
        context=(Context("latency_drop", start, end, "median of a few ms: failures are quick"),),
        notes=("The fixed version starts at 16:58 and takes effect at 17:00 (local time).",),
    )


def _deploy(at: datetime, before: str, after: str, apart: timedelta = 40 * SECOND) -> Change:
    return Change("deploy", at, at + apart, 2, f"{before} -> {after}")


def store(*, probed: bool = False) -> Incident:
    """Down twice; no alert rule exists. With `probed`, targets vanish and only a probe fails."""
    zone = "America/Los_Angeles"
    first, back, again, end = (
        moment(zone, f"2023-05-03 {at}") for at in ("10:00", "10:30", "11:00", "12:00")
    )
    app = replace(
        service("store", 30.0),
        version="1.9.4",
        peak_hour_utc=20.0,
        restarts=tuple(
            Restart(index, started, started - stopped)
            for stopped, started in ((first, back), (again, end))
            for index in (0, 1)
        ),
        targets_vanish=probed,
    )
    return Incident(
        name="store_probe" if probed else "store",
        zone=zone,
        start=first - BEFORE,
        end=end + AFTER,
        service=app,
        bystander=bystander(),
        rules=(),
        impacts=(
            impact((first, back, 1.0), state="down"),
            impact((again, end, 1.0), state="down"),
        ),
        changes=(
            Change("restart", back, back, 2, "started after the first outage"),
            Change("restart", end, end, 2, "started after the second outage"),
        ),
        probe="https://store.example/" if probed else None,
        notes=("Requests are lost, not failed: nothing was there to answer or to count them.",),
    )


def store_probe() -> Incident:
    """`store`, where nothing but a blackbox probe sees the outage."""
    return store(probed=True)


def checkout() -> Incident:
    """Every request fails; a restart does not help, a new version does."""
    zone = "Etc/GMT+5"
    start, tried, end = (moment(zone, f"2023-02-08 {at}") for at in ("08:30", "08:50", "10:00"))
    app = replace(
        service("checkout", 25.0),
        version="5.0.1",
        failing=spans(USUAL, (start, end, 1.0)),
        failure_median_s=0.012,
        restarts=(
            *rolling(tried, apart=15 * SECOND),
            *rolling(end, apart=1 * SECOND, version="5.0.2"),
        ),
    )
    return Incident(
        name="checkout",
        zone=zone,
        start=start - BEFORE,
        end=end + AFTER,
        service=app,
        bystander=bystander(),
        rules=(error_rate(0.05, "1m", 0), WATCHDOG, CRASH_LOOPING),
        impacts=(impact((start, end, 1.0)),),
        changes=(
            Change("restart", tried, tried + 15 * SECOND, 2, "restart"),
            _deploy(end, "5.0.1", "5.0.2", apart=1 * SECOND),
        ),
        crash_loop=(start - 2 * HOUR, start + HOUR),
    )


def webstore() -> Incident:
    """75 % fail and the answers are slower; the alert follows a minute later."""
    zone = "Europe/London"
    start, end = moment(zone, "2022-02-05 09:00"), moment(zone, "2022-02-05 11:00")
    app = replace(
        service("webstore", 35.0),
        version="7.4.0",
        peak_hour_utc=15.0,
        failing=spans(USUAL, (start, end, 0.75)),
        latency=spans(1.0, (start, end, 1.6)),
        restarts=rolling(end, apart=1 * SECOND, version="7.4.1"),
    )
    return Incident(
        name="webstore",
        zone=zone,
        start=start - BEFORE,
        end=end + AFTER,
        service=app,
        bystander=bystander(),
        rules=(error_rate(0.05, "1m", 45), WATCHDOG),
        impacts=(impact((start, end, 0.75)),),
        changes=(_deploy(end, "7.4.0", "7.4.1", apart=1 * SECOND),),
    )


def healthy() -> Incident:
    """A day of strong daily rhythm, hourly batches and one rolling deploy: nothing happened."""
    zone = "UTC"
    start = moment(zone, "2023-09-12 00:00")
    deployed = moment(zone, "2023-09-12 11:00")
    hours = [start + number * HOUR + 5 * MINUTE for number in range(-4, 26)]
    bumps = [(at, at + 3 * MINUTE) for at in hours]
    app = replace(
        service("catalog", 30.0),
        version="6.1.0",
        swing=0.6,
        peak_hour_utc=14.0,
        latency_swing=1 / 9,
        surge=spans(1.0, *((*bump, 1.5) for bump in bumps)),
        latency=spans(1.0, *((*bump, 1.2) for bump in bumps)),
        restarts=rolling(deployed, apart=45 * SECOND, version="6.2.0"),
    )
    return Incident(
        name="healthy",
        zone=zone,
        start=start - BEFORE,
        end=start + 24 * HOUR + AFTER,
        service=app,
        bystander=bystander(),
        rules=(error_rate(0.05, "2m", 60), slow(1.0, "5m", 300), WATCHDOG),
        changes=(_deploy(deployed, "6.1.0", "6.2.0", apart=45 * SECOND),),
    )
