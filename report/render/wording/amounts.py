"""Request figures and levels of signals in words. What is not known is said, never printed as 0."""

from __future__ import annotations

from incident.model.signals import Measure
from incident.model.timeline import RequestFigures, SignalEpisode, SignalReport, Timeline
from incident.text.numbers import count, percent, quantity
from report.render.wording.md import Md, foreign, line

_ESTIMATED_DIGITS = 3
"""How much was to be expected is not known better than to a percent."""

NOT_MEASURED = Md("Failed requests: not measured.")


def requests_sentence(requests: RequestFigures | None) -> Md:
    """The headline figure: what failed, or what was lost where more was lost than failed."""
    if requests is None:
        return NOT_MEASURED
    if _mostly_lost(requests):
        return _lost_sentence(requests)
    if requests.failed is None or requests.total is None:
        return NOT_MEASURED
    share = "" if requests.failed_ratio is None else f" ({percent(requests.failed_ratio)})"
    failed = f"{count(requests.failed)} of {count(requests.total)} requests failed{share}."
    return Md(f"{failed} About {about(requests.lost)} more were lost." if requests.lost else failed)


def _mostly_lost(requests: RequestFigures) -> bool:
    """Users who got no answer at all are counted as lost, not as failed."""
    return requests.lost is not None and requests.lost > (requests.failed or 0)


def _lost_sentence(requests: RequestFigures) -> Md:
    lost = f"About {about(requests.lost or 0)} requests lost"
    parts = []
    if requests.expected_low is not None and requests.expected_high is not None:
        parts.append(f"{about(requests.expected_low)} to {about(requests.expected_high)} expected")
    parts.append("served: not counted" if requests.total is None else f"{count(requests.total)} served")
    if requests.failed:
        parts.append(f"of these {count(requests.failed)} failed")
    return Md(f"{lost} ({', '.join(parts)}).")


def about(number: int) -> str:
    """An estimate in three significant digits: `179,000`. More would claim what was not measured."""
    unit = 10 ** max(0, len(str(abs(number))) - _ESTIMATED_DIGITS)
    return count(round(number / unit) * unit)


def formula(requests: RequestFigures | None) -> str:
    """How the figures were made, a clause a line; empty where there is no figure."""
    if requests is None or (requests.total is None and not requests.lost):
        return ""
    clauses = requests.formula.split("; ")
    told = [one for one in clauses if requests.lost or not one.startswith("lost = ")]
    return ";\n".join(told)


def before_alert(timeline: Timeline) -> Md:
    """`, after 6,415 failures`, or nothing where that is not known or nothing out of the ordinary."""
    requests = timeline.requests
    if (
        requests is None
        or requests.failed_before_alert is None
        or errors_stayed_normal(timeline)
        or _mostly_lost(requests)
    ):
        return Md("")
    number = requests.failed_before_alert
    return Md(f", after {count(number)} {'failure' if number == 1 else 'failures'}")


def change(before: float, after: float, unit: str) -> Md:
    """`0.42 -> 3.8 s`; the unit once where both have the same."""
    first, second = quantity(before, unit), quantity(after, unit)
    number, gap, shared = first.rpartition(" ")
    return line("{} -> {}", number if gap and second.endswith(f" {shared}") else first, second)


def latency_sentence(timeline: Timeline) -> Md:
    """`p99 0.42 -> 3.8 s`: the slowest that latency became while it hurt; empty where it did not."""
    worst = [
        (report, episode)
        for report in timeline.signals
        if report.spec.measure is Measure.LATENCY and (episode := worst_impact(report)) is not None
    ]
    if not worst:
        return Md("")
    report, episode = worst[0]
    levels = change(episode.before, episode.peak, report.spec.unit)
    return line("{} {}{}", foreign(report.spec.name), levels, Md(" or more" if episode.capped else ""))


def errors_stayed_normal(timeline: Timeline) -> bool:
    """Requests failed no more than they always do: the figure is then no measure of the harm."""
    errors = [report for report in timeline.signals if report.spec.measure is Measure.ERRORS]
    calm = bool(errors) and not any(_left_normal(report, timeline) for report in errors)
    return calm and timeline.requests is not None and not _mostly_lost(timeline.requests)


def _left_normal(report: SignalReport, timeline: Timeline) -> bool:
    """Whether the signal got worse in the impact, be it for a moment, and whether that was counted or not."""
    away = (one for one in report.episodes if one.impact or one.direction == report.spec.worse.value)
    met = any(
        (each.end is None or one.start < each.end.at) and (one.end is None or one.end > each.start.at)
        for one in away
        for each in timeline.episodes
    )
    return met or report.strayed is not None


def worst_impact(report: SignalReport) -> SignalEpisode | None:
    """The departure that counts as impact and went farthest from where it had been."""
    impact = [episode for episode in report.episodes if episode.impact]
    return max(impact, key=lambda each: abs(each.peak - each.before), default=None)


def figures_in_brief(timeline: Timeline) -> str:
    """The headline figure for one line of a terminal: `439,559 of ... failed (18.0 %), 6,415 before ...`."""
    requests = timeline.requests
    sentence = requests_sentence(requests).removesuffix(".")
    if errors_stayed_normal(timeline):
        return "; ".join(part for part in (latency_sentence(timeline), sentence) if part)
    if requests is None or requests.failed_before_alert is None or _mostly_lost(requests):
        return sentence
    return f"{sentence}, {count(requests.failed_before_alert)} before the first alert"
