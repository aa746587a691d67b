"""What a draft of one service would measure, with its values now; or which services there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np

from collector.errors import CollectError
from collector.signals.discover import Found, discover
from collector.signals.explain import told_latency, told_requests
from collector.signals.samples.measure import measure
from collector.signals.samples.pace import DEFAULT_SCRAPE
from collector.signals.saturation import find_pressures
from collector.signals.services import KnownService, list_services
from collector.signals.specs import latency_specs, rate_window, request_specs
from collector.source import Source
from incident.model.signals import SignalSpec
from incident.model.spans import Grid, Span
from incident.text.numbers import quantity
from report.pipeline.checkup.findings import Finding, Health, guarded
from report.pipeline.checkup.likely import advice, failures

# As many as one screen bears.
_SHOWN = 20
_MINUTE_MS = 60_000


def services(source: Source, span: Span) -> Iterator[Finding]:
    """The services of the last hour, those that can be drafted with errors and latency first."""
    known = list_services(source, span)
    if not known:
        yield Finding("services", Health.BAD, "none found in the last hour: is anything scraped?")
        return
    counted = sum(one.has_requests for one in known)
    yield Finding(
        "services",
        Health.GOOD if counted else Health.NOTE,
        f"{len(known)} found, requests counted for {counted}; look at one with --service NAME",
    )
    for one in known[:_SHOWN]:
        yield Finding(f"- {one.name}", Health.GOOD if one.has_requests else Health.NOTE, found_by(one))
    if len(known) > _SHOWN:
        yield Finding("...", Health.NOTE, f"{len(known) - _SHOWN} more")


def found_by(one: KnownService) -> str:
    """By which metric and label a service is known, and where it lives."""
    family = f" ({one.family})" if one.family else ""
    where = f", in {', '.join(one.places)}" if one.places else ""
    choose = "; choose one with --match" if len(one.places) > 1 else ""
    return f"{one.metric}{family} by {one.label}{where}{choose}"


def service(
    source: Source, now: datetime, span: Span, name: str, matchers: tuple[str, ...]
) -> Iterator[Finding]:
    """The scope found, and each signal with its value now, why it was taken and what else was possible."""
    what = f"service {name}"
    try:
        found = discover(source, name, matchers, span)
    except CollectError as error:
        yield Finding(what, Health.BAD, str(error))
        return
    yield Finding(what, Health.GOOD, f"found by its label {found.scope.label or '(none)'}: {found.scope}")
    yield from _requests(source, found, now, span)
    yield from _latency(source, found, now)
    yield from guarded("availability", lambda: _availability(source, found, span))
    if found.probes:
        yield Finding("probes", Health.GOOD, found.probes)
    yield from guarded("saturation", lambda: _saturation(source, found, span))
    for unknown in found.unknowns:
        yield Finding("not readable", Health.NOTE, f"{unknown.what}: {unknown.why}")


def targets_seen(source: Source, found: Found, span: Span) -> int:
    """How many targets of the service have an `up` in the span; what is pushed has none."""
    return len(source.series((found.targets,), span)) if found.targets else 0


def _availability(source: Source, found: Found, span: Span) -> Finding:
    number = targets_seen(source, found, span)
    if not number:
        return Finding(
            "availability", Health.NOTE, "no targets of its own: nothing scrapes it under this name"
        )
    return Finding(
        "availability", Health.GOOD, f"{number} target{'' if number == 1 else 's'}, {found.targets}"
    )


def _requests(source: Source, found: Found, now: datetime, span: Span) -> Iterator[Finding]:
    if found.requests is None:
        yield Finding(
            "errors, traffic",
            Health.NOTE,
            f"no request counter that we know; {advice(source, found, span)}",
        )
        return
    specs = request_specs(found.requests, _window())
    told = told_requests(found)
    left_out = f"; left out: {found.requests.left_out}" if found.requests.left_out else ""
    if found.requests.failing is None:
        yield Finding(
            "errors", Health.NOTE, f"no label tells failures apart; {failures(source, found, span)}"
        )
    yield from _values(source, specs, now, f"{told}{left_out}")


def _latency(source: Source, found: Found, now: datetime) -> Iterator[Finding]:
    if found.latency is None:
        yield Finding(
            "latency", Health.NOTE, "no request durations that we know; give them with --signal 'p99=PROMQL'"
        )
        return
    yield from _values(source, latency_specs(found.latency, _window()), now, told_latency(found.latency))


def _saturation(source: Source, found: Found, span: Span) -> Finding:
    names = [one.pressure.name for one in find_pressures(source, found.scope, span)]
    return Finding("saturation", Health.GOOD, ", ".join(names) or "no metric that we know; context only")


def _window() -> str:
    return rate_window(DEFAULT_SCRAPE, timedelta(minutes=1))


def _values(source: Source, specs: Sequence[SignalSpec], now: datetime, told: str) -> Iterator[Finding]:
    """Each signal with its value now; the first also says how it was chosen."""
    at = Grid(int(now.timestamp()) * 1000 // _MINUTE_MS * _MINUTE_MS, _MINUTE_MS, 1)
    for number, spec in enumerate(specs):
        try:
            (signal,) = measure(source, (spec,), at, lambda _: None).signals or (None,)
        except CollectError as error:
            yield Finding(spec.name, Health.BAD, str(error))
            continue
        value = float(signal.values[0]) if signal is not None else np.nan
        known = bool(np.isfinite(value))
        says = f"{quantity(value, spec.unit)} now" if known else "no value right now"
        health = Health.GOOD if known else Health.NOTE
        yield Finding(spec.name, health, f"{says}; {told}" if number == 0 else says)
