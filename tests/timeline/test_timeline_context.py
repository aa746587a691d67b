"""Specification of rows beside the impact: surges, faster answers, and signals that join."""

from __future__ import annotations

from datetime import timedelta

from incident.model.timeline import Status
from tests.reasoning_builders import at
from tests.timeline.scenes import CALM, STEP, Scene, box, kinds, row

SURGE = Scene(rate=box(20.0, ("12:55", "13:45", 60.0)), failing=STEP.failing)
FAST = Scene(latency=box(0.2, ("13:00:20", "13:40:10", 0.004)), failing=STEP.failing)


def test_a_surge_beside_the_impact_is_on_the_first_page() -> None:
    """Three times the traffic five minutes before: context, told as such, never as the cause."""
    told = SURGE.timeline()
    surge = row(told, "traffic_surge")

    assert surge.title.startswith("Traffic rising, ")
    assert abs(surge.at - at("12:55")) <= timedelta(minutes=3)
    assert surge.until is not None
    assert kinds(told, main=True)[0] == "traffic_surge"


def test_a_surge_far_from_the_impact_is_supporting() -> None:
    """Two hours earlier it is no neighbour of the impact any more."""
    early = Scene(
        rate=box(20.0, ("12:05", "12:25", 60.0)), failing=box(CALM, ("14:00", "14:30", 0.4))
    ).timeline()

    assert "traffic_surge" not in kinds(early, main=True)
    assert "traffic_surge" in kinds(early, main=False)


def test_context_without_impact_is_never_on_the_first_page() -> None:
    """A surge that harmed nobody is folded away."""
    told = Scene(rate=SURGE.rate).timeline()

    assert told.status is Status.NO_IMPACT
    assert kinds(told, main=True) == []
    assert kinds(told, main=False) == ["traffic_surge"]


def test_a_small_surge_is_not_told() -> None:
    """A third more traffic is within most services' day."""
    assert Scene(rate=box(20.0, ("13:00", "14:00", 27.0))).timeline().events == ()


def test_faster_answers_beside_errors_are_context() -> None:
    """Requests that fail at once answer fast: told, but the impact is the errors'."""
    told = FAST.timeline()

    assert row(told, "latency_drop").title.startswith("Responses faster: p99 ")
    assert told.episodes[0].signals == ("errors",)
    assert row(told, "degraded").title.startswith("Partial outage: errors")


def test_faster_answers_alone_are_no_impact() -> None:
    """Nobody is harmed by speed."""
    told = Scene(latency=FAST.latency).timeline()

    assert told.status is Status.NO_IMPACT
    assert kinds(told, main=True) == []
    assert kinds(told, main=False) == ["latency_drop"]


def test_answers_a_little_faster_are_told_only_beside_an_impact() -> None:
    """A quiet night is faster by a fifth; where requests fail at the same time it may say why."""
    faster = box(0.2, ("13:00:20", "13:40:10", 0.155))

    assert Scene(latency=faster).timeline().events == ()
    assert "latency_drop" in kinds(Scene(latency=faster, failing=STEP.failing).timeline(), main=True)


def test_signals_that_join_are_supporting_rows() -> None:
    """Latency that rises with the errors has its own row, folded."""
    told = Scene(failing=STEP.failing, latency=box(0.2, ("13:05", "13:40", 1.0))).timeline()
    joined = [e for e in told.events if e.subject == "p99"]

    assert [e.kind for e in joined if not e.main] == ["degraded"]
    assert told.episodes[0].signals == ("errors", "p99")
