"""Saturation beside an incident: told where something ran full, and otherwise not at all."""

from __future__ import annotations

from dataclasses import replace

from incident.model.policy import Policy
from incident.model.signals import Kind, Measure, Role, SignalSpec, Worse
from incident.model.spans import Values
from incident.model.timeline import Status, Timeline
from incident.timeline import assemble
from tests.reasoning_builders import noisy, series, stepped
from tests.timeline.scenes import DISPLAY, Scene, box

THROTTLED = SignalSpec(
    "CPU throttled", Measure.SATURATION, Kind.GAUGE, Worse.UP, Role.CONTEXT, "ratio", "throttled"
)
FAILING = Scene(failing=box(0.001, ("13:00", "13:40", 0.3)))


def _beside(scene: Scene, values: Values, spec: SignalSpec = THROTTLED) -> Timeline:
    evidence = scene.evidence()
    full = series(spec, evidence.grid, noisy(values))
    return assemble(replace(evidence, signals=(*evidence.signals, full)), Policy(), DISPLAY, ())


def _stepped(scene: Scene, level: float, *changes: tuple[str, str, float]) -> Values:
    return stepped(scene.evidence().grid, level, *changes)


def _rows(told: Timeline) -> list[tuple[str, bool]]:
    return [(event.title, event.main) for event in told.events if event.subject == "CPU throttled"]


def test_what_ran_full_beside_the_impact_is_a_row() -> None:
    """Throttling from 2 to 60 % as the errors began stands in the timeline, as context and not as cause."""
    told = _beside(FAILING, _stepped(FAILING, 0.02, ("12:58", "13:40", 0.6)))

    ((title, main),) = _rows(told)
    assert title.startswith("CPU throttled 2.0 -> ")
    assert main
    assert told.episodes[0].signals == ("errors",)


def test_saturation_alone_is_no_impact() -> None:
    """However full something ran, users are harmed by what they see."""
    calm = Scene()

    told = _beside(calm, _stepped(calm, 0.02, ("13:00", "13:40", 0.9)))

    assert told.status is Status.NO_IMPACT
    assert [main for _, main in _rows(told)] == [False]


def test_a_little_more_of_a_limit_is_not_told() -> None:
    """From 40 to 55 % of a limit is no pressure, and a release of memory is none either."""
    for level, inside in ((0.4, 0.55), (0.01, 0.03), (0.9, 0.3)):
        told = _beside(FAILING, _stepped(FAILING, level, ("13:00", "13:40", inside)))

        assert _rows(told) == []


def test_calm_saturation_is_known_as_calm() -> None:
    """What stayed in its normal is reported without a departure, so that it needs no picture."""
    told = _beside(FAILING, _stepped(FAILING, 0.02))

    report = next(one for one in told.signals if one.spec is THROTTLED or one.spec == THROTTLED)
    assert report.is_calm_saturation
    assert not any(one.is_calm_saturation for one in told.signals if one is not report)
