"""What must hold of every timeline, whatever happened in its window."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from incident.model.facts import ChangeKind
from incident.model.policy import Policy
from incident.model.timeline import Status
from incident.timeline import assemble, timeline_json
from tests.reasoning_builders import MEMORY, alert, change, noisy, series
from tests.timeline.moving import moved
from tests.timeline.scenes import CALM, DISPLAY, Scene, box
from tests.timeline.schema import faults

# Shrinking a whole window takes minutes and makes it no clearer: the first scene that fails is told as it is.
UNSHRUNK = (Phase.explicit, Phase.generate)
SOME = settings(max_examples=20, phases=UNSHRUNK)
MANY = settings(max_examples=40, phases=UNSHRUNK)


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}:{minute * 7 % 60:02}"


@st.composite
def stretches(draw: st.DrawFn, most: int) -> tuple[tuple[str, str], ...]:
    """Stretches inside 11:20-14:59 that follow each other."""
    cuts = draw(st.lists(st.integers(11 * 60 + 20, 14 * 60 + 58), max_size=2 * most, unique=True).map(sorted))
    return tuple((_clock(a), _clock(b)) for a, b in zip(cuts[::2], cuts[1::2], strict=False))


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """A window in which anything may happen."""
    levels = st.sampled_from([0.005, 0.05, 0.3, 0.7, 1.0])
    bad = [(a, b, draw(levels)) for a, b in draw(stretches(3))]
    slow = [(a, b, draw(st.sampled_from([0.01, 0.3, 1.0, 4.0]))) for a, b in draw(stretches(2))]
    busy = [(a, b, draw(st.sampled_from([0.0, 3.0, 60.0]))) for a, b in draw(stretches(2))]
    pages = (alert("HighErrors", "13:03", draw(st.sampled_from(["13:40", None])), pending="13:01"),)
    return Scene(
        failing=box(CALM, *bad),
        latency=box(0.2, *slow),
        rate=box(draw(st.sampled_from([0.1, 2.0, 20.0])), *busy),
        down=draw(stretches(1)),
        holes=draw(stretches(1)),
        probed=draw(st.booleans()),
        alerts=draw(st.sampled_from([(), pages])),
        changes=(change(ChangeKind.DEPLOY, "12:50"),),
        start=draw(st.sampled_from(["08:00", "12:00"])),
        asked=("12:00", draw(st.sampled_from(["13:30", "15:00"]))),
        zoomed=draw(st.booleans()),
    )


@SOME
@given(scenes())
def test_two_runs_tell_the_same(scene: Scene) -> None:
    """The same evidence gives an equal timeline and the same bytes."""
    one, other = scene.timeline(), scene.timeline()

    assert one == other
    assert timeline_json(one) == timeline_json(other)


@SOME
@given(scenes(), st.integers(-100_000, 100_000))
def test_a_story_moved_in_time_is_the_same_story(scene: Scene, steps: int) -> None:
    """All times shifted by whole steps shift every instant told, and nothing else."""
    found = scene.evidence()
    by = steps * found.grid.step
    told = assemble(moved(found, by), Policy(), DISPLAY)
    real = moved(scene.timeline(), by)
    unnamed = [tuple(replace(e, id="") for e in t.events) for t in (told, real)]

    assert unnamed[0] == unnamed[1]
    assert replace(told, events=()) == replace(real, events=())


@SOME
@given(scenes(), st.integers(1, 1000))
def test_a_healthy_context_signal_changes_nothing(scene: Scene, seed: int) -> None:
    """A memory that keeps calm beside the impact is one more signal, and no more."""
    found = scene.evidence()
    calm = series(MEMORY, found.grid, noisy(np.full(found.grid.count, 100.0), 0.01, seed))
    told = assemble(replace(found, signals=(*found.signals, calm)), Policy(), DISPLAY)
    alone = scene.timeline()

    assert told.signals[:-1] == alone.signals
    assert (told.status, told.window, told.episodes) == (alone.status, alone.window, alone.episodes)
    assert (told.requests, told.milestones, told.events) == (alone.requests, alone.milestones, alone.events)


@SOME
@given(scenes(), st.integers(0, 1000))
def test_the_order_of_signals_changes_nothing(scene: Scene, seed: int) -> None:
    """Signals may be found in any order; only their list keeps it."""
    found = scene.evidence()
    order = np.random.default_rng(seed).permutation(len(found.signals))
    told = assemble(replace(found, signals=tuple(found.signals[i] for i in order)), Policy(), DISPLAY)
    real = scene.timeline()

    assert told.episodes == real.episodes
    assert told.requests == real.requests
    assert told.milestones == real.milestones
    assert [(e.at, e.kind, e.main) for e in told.events] == [(e.at, e.kind, e.main) for e in real.events]


@MANY
@given(scenes())
def test_every_timeline_is_of_one_piece(scene: Scene) -> None:
    """Episodes follow each other, phases tile them, status and milestones agree with them."""
    told = scene.timeline()

    assert (told.status is Status.ONGOING) == bool(told.episodes and told.episodes[-1].end is None)
    assert all(one.end is not None for one in told.episodes[:-1])
    for one in told.episodes:
        assert one.end is None or one.end.at > one.start.at
        assert one.phases[0].start == one.start.at
        assert one.phases[-1].end == (one.end.at if one.end else None)
        assert all(a.end == b.start for a, b in pairwise(one.phases))
        assert one.state is max((p.state for p in one.phases), key=lambda s: s.rank)
        assert one.signals
    for before, after in pairwise(told.episodes):
        assert before.end is not None
        assert after.start.at - before.end.at >= timedelta(minutes=5)
    assert told.milestones.impact_start == (told.episodes[0].start if told.episodes else None)


@MANY
@given(scenes())
def test_every_timeline_can_be_written(scene: Scene) -> None:
    """Its document is valid, its rows are in order and named once, its first page is a page."""
    told = scene.timeline()

    assert list(faults(json.loads(timeline_json(told)))) == []
    assert [e.at for e in told.events] == sorted(e.at for e in told.events)
    assert len({e.id for e in told.events}) == len(told.events)
    assert sum(e.main for e in told.events) <= 14
    for event in told.events:
        assert "nan" not in event.title.split()
        assert event.until is None or event.until >= event.at
    if told.requests is not None and told.requests.total is not None:
        assert told.requests.failed is not None
        assert 0 <= told.requests.failed <= told.requests.total


@MANY
@given(scenes())
def test_the_report_holds_the_whole_impact(scene: Scene) -> None:
    """The reported window holds the asked one and every episode that was seen to end."""
    told = scene.timeline()

    assert told.window.start <= told.asked.start
    assert told.asked.end <= told.window.end
    for one in told.episodes:
        assert told.window.start <= one.start.at or one.start.at < scene.evidence().covered.start
        assert one.end is None or one.end.at <= told.window.end
