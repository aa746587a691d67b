"""What showed the impact first, who watched, and the rule that would have alerted on it."""

from __future__ import annotations

from datetime import timedelta

from incident.alerting.rhythm import whole_day
from incident.alerting.wording import rule_yaml
from incident.model.detection import Seen, SuggestedRule
from incident.model.timeline import Timeline
from incident.text.durations import bound, format_duration
from incident.text.numbers import quantity
from report.render.wording.clock import Clock, clock_of, length
from report.render.wording.md import Md, counted, fence, foreign, joined, line, listed

_NAMED = 4
"""Signals or rules in one sentence; more are read in the table."""


def seen_first(timeline: Timeline) -> Md:
    """Which signal left normal first, and by how much; empty where none did later."""
    seen = timeline.detection.seen
    clock, first = clock_of(timeline), seen[0] if seen else None
    together = [one for one in seen if first and one.at - first.at <= timeline.step]
    later = [one for one in seen if one not in together]
    if first is None or not later:
        return Md("")
    names = listed(foreign(one.signal) for one in together)
    told = line("First visible in {}, at {}", names, clock.at(first.at))
    tail = [_later(one, first) for one in later[:_NAMED]]
    return Md(f"{joined('; ', [told, *tail])}.")


def _later(one: Seen, first: Seen) -> Md:
    return line("in {} {} later", one.signal, length(one.at - first.at))


def watchers(timeline: Timeline) -> tuple[Md, ...]:
    """Signals with impact that no rule watches, and rules that watch one and stayed silent."""
    found = timeline.detection
    told = []
    if found.unwatched and timeline.rules_seen:
        names = listed(foreign(each) for each in found.unwatched)
        told.append(line("No alerting rule watches {}, which had impact.", names))
    for rule, signal in found.silent[:_NAMED]:
        told.append(line("{} watches {} but did not fire during the impact.", rule, signal))
    return tuple(told)


def no_rule(timeline: Timeline) -> Md:
    """Why no rule is offered, where one was wanted."""
    why = timeline.detection.why_no_rule
    return line("No alert rule is suggested: {}.", why) if why else Md("")


def verdict(timeline: Timeline) -> Md:
    """What the suggested rule would have changed, in a sentence; the rule itself is in the evidence."""
    rule = timeline.detection.rule
    if rule is None:
        return Md("")
    when = clock_of(timeline).at(rule.would_fire_at, rule.plus_minus)
    sooner = Md("") if rule.earlier is None else line(", {} earlier", length(rule.earlier))
    restless = counted(rule.false_firings, "time", "times")
    noise = line(", but also {} for nothing before that", restless) if rule.false_firings else Md("")
    told = "An alert rule on {}, suggested in the evidence, would have fired at {}{}{}."
    return line(told, rule.signal, when, sooner, noise)


def suggestion(timeline: Timeline) -> Md:
    """The paragraph before the rule: what it would have done, and how far that was tested."""
    rule = timeline.detection.rule
    if rule is None:
        return Md("")
    fires = _fires(timeline, rule, clock_of(timeline))
    told = (fires, _tested(rule), _on_earlier_days(rule), _threshold(timeline, rule))
    return joined(" ", [part for part in told if part])


def rule_block(timeline: Timeline) -> Md:
    """The rule file itself."""
    rule = timeline.detection.rule
    return fence(rule_yaml(rule), "yaml") if rule else Md("")


def _fires(timeline: Timeline, rule: SuggestedRule, clock: Clock) -> Md:
    into = rule.would_fire_at - timeline.episodes[0].start.at
    when = line(
        "would have fired at {} (±{})",
        clock.at(rule.would_fire_at, rule.plus_minus),
        format_duration(bound(rule.plus_minus)),
    )
    after = line("{} into the impact", length(into)) if into > timedelta(0) else Md("as the impact began")
    if rule.earlier is None:
        return line(
            "No alert of the service fired. The rule below {}, {}{}.", when, after, _episodes(timeline, rule)
        )
    return line(
        "The first alert came late. The rule below {}, {}: {} earlier{}.",
        when,
        after,
        length(rule.earlier),
        _episodes(timeline, rule),
    )


def _episodes(timeline: Timeline, rule: SuggestedRule) -> Md:
    """In how many episodes it fires, where there were several."""
    if len(timeline.episodes) < 2:
        return Md("")
    total = len(timeline.episodes)
    which = "each" if rule.episodes_seen == total else f"{rule.episodes_seen}"
    return Md(f", and in {which} of the {total} episodes")


def _tested(rule: SuggestedRule) -> Md:
    looked = length(rule.looked_at - rule.looked_at % timedelta(minutes=1) or rule.looked_at)
    where = line("In the {} of samples before the impact", looked)
    if rule.false_firings == 0:
        return line("{} it would not have fired.", where)
    times = counted(rule.false_firings, "time", "times")
    return line(
        "{} it would have fired {} for nothing, and no threshold tried was quieter: it is too noisy "
        "to page on.",
        where,
        times,
    )


def _on_earlier_days(rule: SuggestedRule) -> Md:
    """What it does in the same hours of earlier days, on which nobody has judged what was impact."""
    if not rule.earlier_days:
        return Md("")
    where = line("In the same hours of {}", counted(rule.earlier_days, "earlier day", "earlier days"))
    if rule.earlier_firings == 0:
        return line("{} it would not have fired either.", where)
    times = counted(rule.earlier_firings, "time", "times")
    return line("{} it would have fired {}: check those before it pages anyone.", where, times)


def _threshold(timeline: Timeline, rule: SuggestedRule) -> Md:
    """What is normal for the signal, and what only people can know of the rest of the week."""
    report = next(each for each in timeline.signals if each.spec.name == rule.signal)
    band, unit = report.baseline, report.spec.unit
    usual = Md("")
    if band is not None and band.low != band.high:
        whole = whole_day(band, report.usual)
        over = Md(", daily rhythm included" if report.usual is not None else "")
        low, high = quantity(whole.low, unit), quantity(whole.high, unit)
        usual = line("Normal is {} to {}{}. ", low, high, over)
    other = Md("any other" if rule.earlier_days else "other")
    return line("{}It is a suggestion; it was not tested on {} days.", usual, other)
