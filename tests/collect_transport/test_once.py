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
