"""The summary: when, how long, how much, in a paragraph that is read before anything else."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from incident.model.facts import Unknown, told_together
from incident.model.timeline import ImpactEpisode, Phase, Status, Timeline
from incident.text.numbers import percent
from report.render.sections.summary.apart import apart_sentence
from report.render.sections.summary.cotimed import context_sentence
from report.render.sections.summary.silenced import silenced_sentence
from report.render.sections.summary.where import where_sentence
from report.render.wording.amounts import (
    before_alert,
    errors_stayed_normal,
    latency_sentence,
    requests_sentence,
)
from report.render.wording.clock import Clock, clock_of, length
from report.render.wording.figures import blind_inside, elapsed, impacted, off_by, own_firing
from report.render.wording.md import Md, capital, counted, joined, line

# More episodes or phases than this are a table, not a sentence.
_MOST_EPISODES = 3
_MOST_PHASES = 5
_MOST_UNKNOWNS = 2
_MOST_NAMES = 3
# Where no phase fails more than this, failures are not what the phases are about.
_NOTICED = 0.001


def lead(timeline: Timeline) -> Md:
    """Start, end, duration in bold, then the headline figure and the latency."""
    when = line("**{} {}.**", _extent(timeline), _length(timeline))
    return joined(" ", [when, _amounts(timeline)])


def _amounts(timeline: Timeline) -> Md:
    """What failed and how slow it was; how slow it was comes first where no more failed than usual."""
    requests, latency = requests_sentence(timeline.requests), latency_sentence(timeline)
    if not latency:
        return requests
    if errors_stayed_normal(timeline):
        return Md(f"{latency}. Errors stayed normal: {requests}")
    return Md(f"{requests.removesuffix('.')}; {latency}.")


def _extent(timeline: Timeline) -> Md:
    clock, first, last = clock_of(timeline), timeline.episodes[0], timeline.episodes[-1]
    start = line("Before {}" if first.began_before else "{}", clock.point(first.start))
    if last.end is None and last.quiet_since is not None:
        return line(
            "{}, back in the normal range since {}, not held for {} by the end of the data, {}:",
            start,
            clock.said(last.quiet_since),
            length(timeline.policy.recovery_hold),
            clock.said(timeline.window.end),
        )
    if last.end is None:
        return line("{}, still going on at the end of the data, {}:", start, clock.said(timeline.window.end))
    end = line("{}, uncertain for lack of data" if last.end_uncertain else "{}", clock.point(last.end))
    return line("{} to {}:", start, end)


def _length(timeline: Timeline) -> Md:
    whole, hurt = elapsed(timeline), impacted(timeline)
    so_far = " so far" if timeline.status is Status.ONGOING else ""
    least = "at least " if timeline.episodes[0].began_before else ""
    off = off_by(timeline.episodes[0], timeline.episodes[-1])
    if len(timeline.episodes) == 1:
        return Md(f"{least}{length(whole, off)}{so_far}")
    episodes = counted(len(timeline.episodes), "episode", "episodes")
    return Md(f"{least}{length(whole, off)}{so_far}, of which {length(hurt, off)} with impact in {episodes}")


def course(timeline: Timeline) -> Md:
    """How bad it was when: the phases of one episode, or the episodes one after another."""
    clock = clock_of(timeline)
    if len(timeline.episodes) == 1:
        return _phases(timeline, clock, timeline.episodes[0])
    if len(timeline.episodes) > _MOST_EPISODES:
        return Md("The episodes are listed under Impact.")
    first, *others = [_episode(clock, timeline, episode) for episode in timeline.episodes]
    told = [line("{}.", capital(first))]
    for (before, after), words in zip(pairwise(timeline.episodes), others, strict=True):
        quiet = after.start.at - before.end.at if before.end is not None else timedelta(0)
        told.append(line("Relapse: {}." if quiet <= timeline.policy.quiet_gap else "Again: {}.", words))
    return joined(" ", told)


def _episode(clock: Clock, timeline: Timeline, episode: ImpactEpisode) -> Md:
    if episode.end is None:
        end, lasted = Md("the end of the data"), timeline.window.end - episode.start.at
    else:
        end, lasted = clock.point(episode.end), episode.end.at - episode.start.at
    words = episode.state.words
    return line(
        "{} {} to {} ({})", words, clock.point(episode.start), end, length(lasted, off_by(episode, episode))
    )


def _phases(timeline: Timeline, clock: Clock, episode: ImpactEpisode) -> Md:
    phases = episode.phases
    if len(phases) < 2 or len(phases) > _MOST_PHASES:
        state = episode.state.words
        seen = ", as far as could be seen" if blind_inside(timeline, episode) else ""
        if len(phases) == 1 and phases[0].bursts:
            return Md(f"{capital(Md(state))} on and off, in {phases[0].bursts} bursts{seen}.")
        return line("At worst {}.", state) if phases[1:] else Md(f"{capital(Md(state))} throughout{seen}.")
    failing = any(phase.failed_ratio and phase.failed_ratio >= _NOTICED for phase in phases)
    told = [_phase(clock, phase, number, failing=failing) for number, phase in enumerate(phases)]
    sentence = joined(", ", [*told[:-1], line("then {}", told[-1])])
    return line("{}.", capital(sentence))


def _phase(clock: Clock, phase: Phase, number: int, *, failing: bool) -> Md:
    until = Md("") if phase.end is None else line(" to {}", clock.said(phase.end))
    if phase.returned:
        return Md("back in the normal range")
    return line("{}{}{}", phase.words, until, _share(phase.failed_ratio if failing else None, number))


def _share(ratio: float | None, number: int) -> Md:
    if ratio is None:
        return Md("")
    return Md(f" ({percent(ratio)}{' failing' if number == 0 else ''})")


def alert_sentence(timeline: Timeline) -> Md:
    """When the first alert fired, counted from the start of the impact, and what had failed by then."""
    firing, start = timeline.milestones.first_alert_firing, timeline.milestones.impact_start
    if firing is None or start is None:
        return _no_alert(timeline)
    after = firing.at - start.at
    named, off = _name(timeline), firing.plus_minus + start.plus_minus
    if after < timedelta(0):
        return line("First alert{} {} before the measured start.", named, length(-after, off))
    if after == timedelta(0):
        return line("First alert{} at the measured start.", named)
    return line("First alert{} {} in{}.", named, length(after, off), before_alert(timeline))


def _name(timeline: Timeline) -> Md:
    """` (HighErrorRate)`: the alert whose firing is the milestone."""
    firing = timeline.milestones.first_alert_firing
    names = [each.name for each in timeline.alerts if firing is not None and each.firing_at == firing.at]
    return line(" ({})", names[0]) if names else Md("")


def _no_alert(timeline: Timeline) -> Md:
    if not timeline.alerts_readable:
        return Md("Alert history could not be read, so whether an alert fired is not known.")
    if own_firing(timeline):
        return Md("No alert fired during the impact.")
    if timeline.rules_seen == 0:
        return Md("No alert fired; no alerting rule covers this service.")
    if timeline.rules_seen is None:
        return Md("No alert fired; whether a rule covers this service is not known.")
    return line("No alert fired, though {} could have.", counted(timeline.rules_seen, "rule", "rules"))


def summary(timeline: Timeline) -> Md:
    """Everything after the bold line, as one paragraph."""
    sentences = [
        course(timeline),
        apart_sentence(timeline),
        where_sentence(timeline),
        alert_sentence(timeline),
        silenced_sentence(timeline),
        context_sentence(timeline),
        unknown_sentence(timeline),
        Md("% of users: not measured."),
    ]
    return joined(" ", [sentence for sentence in sentences if sentence])


def unknown_sentence(timeline: Timeline) -> Md:
    """What could not be seen, with its time and reason; what is beyond a few is counted."""
    hiding = [one for one in timeline.unknowns if not one.aside]
    clock, unknowns = clock_of(timeline), told_together(hiding, _MOST_NAMES)
    if not unknowns:
        return Md("")
    named = joined("; ", [_unknown(clock, each) for each in unknowns[:_MOST_UNKNOWNS]])
    left = len(unknowns) - _MOST_UNKNOWNS
    return line("Not seen: {}{}.", named, Md(f"; {left} more in the evidence" if left > 0 else ""))


def _unknown(clock: Clock, unknown: Unknown) -> Md:
    # An answer of a server, with its address and codes, is for the evidence, which has it.
    why = "could not be read" if unknown.failed and "://" in unknown.why else unknown.why
    if unknown.start is None or unknown.end is None:
        return line("{} ({})", unknown.what, why)
    return line("{}, {} ({})", unknown.what, clock.span(unknown.start, unknown.end), why)
