"""What a server has and says of itself is asked once in a run; its samples as often as a stage wants them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from collector.errors import Unavailable
from collector.server.once import OnceSource
from collector.source import Relay, ServerInfo, Source
from incident.model.facts import AlertRule
from incident.model.signals import Labels
from incident.model.spans import Grid, Span, instant
from tests.lab_fakes import FakeSource, samples

START = instant(1_700_000_000_000)
HOUR = Span(START, START + timedelta(hours=1))
LATER = Span(HOUR.end, HOUR.end + timedelta(hours=1))
HELD = (samples("up", [HOUR.start_ms + 1000, LATER.start_ms + 1000], 1.0, job="shop"),)
QUESTIONS: dict[str, Callable[[Source], Any]] = {
    "series": lambda source: source.series(("up",), HOUR),
    "names": lambda source: source.names("up|down", HOUR),
    "rules": lambda source: source.rules(),
    "info": lambda source: source.info(),
}


class Counted(Relay):
    """A server that was asked `times` times what it has or says of itself; `away` for the first of them."""

    def __init__(self, *, away: bool = False) -> None:
        super().__init__(FakeSource(held=HELD))
        self.times = 0
        self._away = away

    def _count(self) -> None:
        self.times += 1
        if self._away and self.times == 1:
            raise Unavailable("http://prometheus.example:9090: away")

    def series(self, selectors: tuple[str, ...], span: Span) -> tuple[Labels, ...]:
        self._count()
        return super().series(selectors, span)

    def names(self, pattern: str, span: Span) -> tuple[str, ...]:
        self._count()
        return super().names(pattern, span)

    def rules(self) -> tuple[AlertRule, ...] | None:
        self._count()
        return super().rules()

    def info(self) -> ServerInfo:
        self._count()
        return super().info()


@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
def test_the_second_answer_is_the_first_one(ask: Callable[[Source], Any]) -> None:
    """Two stages that need the same names, label sets, rules or version cost one request."""
    server = Counted()
    source = OnceSource(server)

    assert ask(source) == ask(source) == ask(server)
    assert server.times == 1 + 1


@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
def test_a_question_in_vain_is_asked_again(ask: Callable[[Source], Any]) -> None:
    """A server that was away for a moment may answer the next stage."""
    source = OnceSource(Counted(away=True))

    with pytest.raises(Unavailable):
        ask(source)
    assert ask(source) == ask(Counted())


def test_another_stretch_of_time_is_another_question() -> None:
    """A pod that came after the first window is seen when the window grows."""
    server = Counted()
    source = OnceSource(server)

    for span in (HOUR, LATER, HOUR):
        source.series(("up",), span)
        source.names("up", span)

    assert server.times == 2 * 2


def test_samples_are_never_remembered() -> None:
    """What was asked twice of samples comes from the server twice: it may know more by then."""
    fake = FakeSource(held=HELD)
    source = OnceSource(fake)

    for _ in range(2):
        source.raw("up", HOUR)
        source.range("sum(up)", Grid(HOUR.start_ms, 60_000, 60))

    assert [kind for kind, _ in fake.asked] == ["raw", "range"] * 2


# What is only narrowed

PAIRS = (
    samples("up", [HOUR.start_ms + 1000], 1.0, job="shop", namespace="prod"),
    samples("up", [HOUR.start_ms + 1000], 1.0, job="shop", namespace="dev"),
    samples("up", [HOUR.start_ms + 1000], 1.0, job="shop"),
    samples("probe_success", [HOUR.start_ms + 1000], 1.0, job="blackbox"),
)
WIDER = ('{__name__=~"up|x",job="shop"}', '{__name__=~"up|x",service="shop"}', "probe_success")
PROD = 'namespace="prod"'


def _with(more: str, selectors: tuple[str, ...] = WIDER) -> tuple[str, ...]:
    return tuple(f"{one[:-1]},{more}}}" if one.endswith("}") else one for one in selectors)


def _asked_for(*questions: tuple[tuple[str, ...], Span]) -> tuple[tuple[Labels, ...], int]:
    """The last answer, the same as the server's own, and how many questions reached the server."""
    fake = FakeSource(held=PAIRS)
    source = OnceSource(fake)
    for selectors, span in questions:
        answer = source.series(selectors, span)
    asked = len(fake.asked)
    assert answer == fake.series(*questions[-1])
    return answer, asked


def test_label_sets_of_one_namespace_are_picked_from_those_of_all() -> None:
    """A service is looked for everywhere first; what has no selector of its own stays."""
    answer, asked = _asked_for((WIDER, HOUR), (_with(PROD), HOUR))

    assert asked == 1
    assert [dict(one).get("namespace") for one in answer] == [None, "prod"]


@pytest.mark.parametrize(
    "later",
    [
        (_with('namespace=~"prod|dev"'), HOUR),
        (_with('namespace!="prod"'), HOUR),
        (_with('namespace=""'), HOUR),
        (_with(PROD), LATER),
        (_with(PROD)[:2], HOUR),
        ((_with(PROD)[0], _with('namespace="dev"')[1], "probe_success"), HOUR),
        ((_with(PROD)[0], WIDER[1], "probe_success"), HOUR),
        (('{__name__=~"up|x",job="shops"}', *_with(PROD)[1:]), HOUR),
    ],
    ids=["a pattern", "others", "none", "later", "fewer", "two places", "one of two", "another service"],
)
def test_what_is_more_than_narrowed_is_asked_for(later: tuple[tuple[str, ...], Span]) -> None:
    """Only what surely is among the label sets that are held is taken from them."""
    assert _asked_for((WIDER, HOUR), later)[1] == 2
