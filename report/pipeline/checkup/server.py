"""The server itself: what it is, how far back it reaches, what it scrapes, which alerts it remembers."""

from __future__ import annotations

from datetime import datetime, timedelta

from collector.errors import QueryRejected
from collector.signals.samples.raw import spacing_ms
from collector.source import ServerInfo, Source
from incident.model.signals import Samples
from incident.model.spans import Grid, Span, aligned, instant, ms
from incident.text.durations import format_duration
from incident.text.numbers import count
from report.pipeline.checkup.findings import Finding, Health

# Times in answers are whole seconds, and a command takes one or two to get there.
_CLOCK_SLACK = timedelta(seconds=10)
_DAY = timedelta(days=1)
# How far back the oldest sample is looked for, and again where a server refuses so much at once.
_LOOK_BACK = (400 * _DAY, 30 * _DAY, 2 * _DAY)
_RECENT = timedelta(minutes=10)
# Above so many targets their samples are not read to see how often they are scraped.
_FEW_TARGETS = 2_000
# Samples older than this are not of now: the slowest usual scrape interval, several times.
_STALE = timedelta(minutes=5)


def version(info: ServerInfo) -> Finding:
    """Product and version."""
    if not info.version:
        return Finding(
            "version", Health.NOTE, "the server does not say; Prometheus 2.30 or newer is expected"
        )
    return Finding("version", Health.GOOD, f"{info.product} {info.version}")


def clock(told: datetime | None, now: datetime) -> Finding:
    """How far the server's clock is from ours, by the time in its answers."""
    if told is None:
        return Finding("clock", Health.NOTE, "the server's answers carry no time")
    skew = told - now
    if abs(skew) <= _CLOCK_SLACK:
        return Finding("clock", Health.GOOD, f"agrees with this machine's to within {_CLOCK_SLACK.seconds} s")
    far = f"{format_duration(timedelta(seconds=round(abs(skew).total_seconds())))}"
    side = "ahead of" if skew > timedelta(0) else "behind"
    return Finding(
        "clock",
        Health.NOTE,
        f"the server's is {far} {side} this machine's; set both by NTP, or give windows with --from and --to",
    )


def retention(source: Source, now: datetime) -> Finding:
    """How long samples are kept, as configured and as found."""
    first = _oldest(source, now)
    told = source.retention()
    kept = f"configured {told}; " if told else ""
    if first is None:
        return Finding("retention", Health.NOTE, f"{kept}no sample of `up` found in the last days")
    since = f"samples since about {first:%Y-%m-%d}" if now - first > _DAY else "samples of the last day only"
    return Finding("retention", Health.GOOD, f"{kept}{since}; incidents before that cannot be drafted")


def _oldest(source: Source, now: datetime) -> datetime | None:
    """The first of a few hundred times, from long ago on, at which anything was scraped."""
    for back in _LOOK_BACK:
        step = _DAY if back > 2 * _DAY else timedelta(hours=1)
        try:
            answer = source.range("count(up)", aligned(Span(now - back, now), step))
        except QueryRejected:
            continue
        if answer.series:
            return instant(min(int(samples.times[0]) for samples in answer.series))
    return None


def scrape_interval(source: Source, now: datetime) -> Finding:
    """How often targets are scraped, and whether they still are."""
    what = "scrape interval"
    targets = _value(source, "count(up)", now)
    if targets is None:
        if _value(source, "count(last_over_time(up[1d]))", now) is None:
            pushed = "no `up` samples in the last day: nothing is scraped (pushed metrics have no `up`)"
            return Finding(what, Health.NOTE, pushed)
        return Finding(what, Health.BAD, "no `up` samples in the last 5 min: is anything scraped?")
    if targets > _FEW_TARGETS:
        return Finding(what, Health.GOOD, f"{_targets(targets)}; too many to measure their interval here")
    answer = source.raw("up", Span(now - _RECENT, now + _RECENT))
    spacing = spacing_ms(answer.series)
    if spacing is None:
        return Finding(what, Health.NOTE, f"{_targets(targets)}, none scraped twice in the last 10 min")
    newest = max(int(samples.times[-1]) for samples in answer.series)
    every = format_duration(timedelta(milliseconds=spacing))
    age = timedelta(seconds=max(0, round((ms(now) - newest) / 1000)))
    fresh = f"{every} over {_targets(targets)}, newest sample {format_duration(age)} old"
    if age > _STALE:
        return Finding(what, Health.BAD, f"{fresh}: is it still scraping?")
    return Finding(what, Health.GOOD, fresh)


def _targets(number: float) -> str:
    return f"{count(number)} target{'' if number == 1 else 's'}"


def _value(source: Source, query: str, at: datetime) -> float | None:
    """The one number of a query at an instant; None where it is empty."""
    answer = source.range(query, Grid(ms(at), 60_000, 1))
    return float(answer.series[0].values[-1]) if answer.series and answer.series[0].values.size else None


def alerts(source: Source, span: Span) -> Finding:
    """Whether the history of alerts is there."""
    what = "alert history"
    if not source.names("ALERTS", span):
        return Finding(
            what,
            Health.NOTE,
            "no ALERTS in the last hour: nothing was pending or firing, or rules are evaluated elsewhere "
            "(then ask that server, or give its log with --events)",
        )
    answer = source.range("count by (alertname) (last_over_time(ALERTS[1h]))", Grid(span.end_ms, 60_000, 1))
    seen = f"ALERTS is stored, so alert times are exact; in the last hour: {_some(answer.series)}"
    return Finding(what, Health.GOOD, seen)


def _some(series: tuple[Samples, ...]) -> str:
    names = sorted({samples.label("alertname") for samples in series} - {""})
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}" if names else "none"


def rules(source: Source) -> Finding:
    """Whether rules can be read: they bring thresholds, `for`, and links to runbooks."""
    found = source.rules()
    what = "alerting rules"
    if found is None:
        missing = "thresholds and runbooks will be missing in drafts"
        return Finding(what, Health.NOTE, f"the server does not list rules: {missing}")
    if not found:
        return Finding(what, Health.NOTE, "none here; if a ruler evaluates them, give its address")
    return Finding(what, Health.GOOD, f"{len(found)} alerting rule{'' if len(found) == 1 else 's'}")
