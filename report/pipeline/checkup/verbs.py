"""`doctor` and `init`: each reads its flags, asks, and says what it found."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from collector.config.load import DEFAULT_FILE
from collector.config.settings import Settings
from collector.prometheus import PrometheusSource, connect
from incident.text.controls import terminal
from report.exits import Exit
from report.pipeline.asked.given import Given, settings_of
from report.pipeline.checkup.doctor import Patient, examine
from report.pipeline.checkup.findings import Health
from report.pipeline.checkup.initial import Wanted, configuration
from report.write import refused, write_once

# For one try of another path: what lies there answers at once, or is not what is looked for.
_ELSEWHERE = timedelta(seconds=5)


def run_doctor(given: Given, *, now: datetime) -> Exit:
    """`doctor`: every finding a line on stdout; bad ones make the exit code."""
    settings = settings_of(given)
    source = _connected(settings, settings.server)
    patient = Patient(
        source=source,
        open_at=lambda url: _connected(replace(settings, deadline=_ELSEWHERE), url),
        told_time=lambda: source.told_time,
        credential=settings.http.credential,
        tenant=settings.tenant,
        service=settings.service,
        matchers=settings.match,
    )
    worst = Exit.DONE
    for found in examine(patient, now):
        print(f"{found.health.value:<5} {terminal(found.what):<16} {terminal(found.says)}")
        if found.health is Health.BAD:
            worst = Exit.PARTIAL
    return worst


def run_init(given: Given, *, now: datetime) -> Exit:
    """`init`: a configuration of what the server has, into a file that is not there yet, or to stdout."""
    target = str(given.get("file") or DEFAULT_FILE)
    if target != "-" and Path(target).exists():
        raise refused(Path(target), "it already exists and was left as it is")
    settings = settings_of({name: value for name, value in given.items() if name != "file"})
    http = given.get("http_config_file")
    wanted = Wanted(
        service=settings.service,
        matchers=settings.match,
        http_config_file=Path(str(http)) if http else None,
        has_headers=bool(given.get("header")),
    )
    made = configuration(_connected(settings, settings.server), wanted, now)
    if target == "-":
        sys.stdout.write(made.text)
    else:
        write_once(Path(target), made.text.encode())
        print(target)
    print(f"init     {terminal(made.told)}", file=sys.stderr)
    return Exit.DONE


def _connected(settings: Settings, url: str) -> PrometheusSource:
    return connect(settings.http, url=url, deadline=settings.deadline, on_query=None)
