"""Specification of the frozen values: nothing that travels between stages can be changed."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, is_dataclass, replace
from datetime import timedelta
from types import ModuleType

import numpy as np
import pytest

from incident.model import evidence as evidence_module
from incident.model import facts, policy, signals, spans, timeline
from incident.model.facts import Unknown, names_nothing, told_together
from incident.model.policy import Policy
from incident.model.spans import Moment, frozen_times, frozen_values
from incident.model.timeline import State, Status
from tests.reasoning_builders import at, episode, labelled, samples, span

MODULES = (evidence_module, facts, policy, signals, spans, timeline)


def _frozen_types(module: ModuleType) -> list[type]:
    own = (v for v in vars(module).values() if isinstance(v, type) and v.__module__ == module.__name__)
    return [one for one in own if is_dataclass(one)]


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.__name__)
def test_every_value_that_travels_is_frozen_and_has_slots(module: ModuleType) -> None:
    """No field of the model can be set after the value was made, and none can be added."""
    found = _frozen_types(module)

    assert found
    for one in found:
        assert one.__dataclass_params__.frozen, one.__name__  # type: ignore[attr-defined]
        assert set(one.__slots__) == {f.name for f in fields(one)}, one.__name__  # type: ignore[attr-defined]


def test_setting_a_field_is_an_error() -> None:
    """A moment stays the moment it was."""
    moment = Moment(at("12:00"), timedelta(0), "up")

    with pytest.raises(FrozenInstanceError):
        moment.at = at("13:00")  # type: ignore[misc]


def test_frozen_values_are_a_copy_that_cannot_be_written() -> None:
    """Neither writing through the frozen array nor through its origin changes it."""
    origin = np.array([1.0, 2.0])
    frozen = frozen_values(origin)
    origin[0] = 9.0

    assert frozen.dtype == np.float64
    assert frozen.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        frozen[0] = 9.0
    with pytest.raises(ValueError, match="read-only"):
        frozen.sort()
    with pytest.raises(ValueError, match="WRITEABLE"):
        frozen.reshape(2, 1).setflags(write=True)


def test_frozen_times_are_whole_milliseconds_that_cannot_be_written() -> None:
    """Epoch milliseconds are int64 and stay as they were collected."""
    origin = np.array([1_700_000_000_000, 1_700_000_015_000], np.int64)
    frozen = frozen_times(origin)
    origin[0] = 0

    assert frozen.dtype == np.int64
    assert frozen.tolist() == [1_700_000_000_000, 1_700_000_015_000]
    with pytest.raises(ValueError, match="read-only"):
        frozen[1] += 1


def test_an_absent_label_is_empty() -> None:
    """A label that a series does not carry reads as the empty text, as in Prometheus."""
    one = samples({"instance": "a:1"}, [0], [1.0])

    assert one.label("instance") == "a:1"
    assert one.label("pod") == ""


def test_states_are_ordered_by_severity() -> None:
    """Down is worse than a partial outage, and that is worse than degraded."""
    assert State.DEGRADED.rank < State.PARTIAL_OUTAGE.rank < State.DOWN.rank
    assert State.PARTIAL_OUTAGE.words == "partial outage"


def test_statuses_are_the_words_of_the_schema() -> None:
    """The status words of timeline.json are these four."""
    assert {s.value for s in Status} == {"no_impact", "ongoing", "recovered", "unknown"}


def test_the_documented_thresholds_are_the_defaults() -> None:
    """A quarter failing is a partial outage, 95 % is down, ten minutes prove a recovery."""
    usual = Policy()

    assert (usual.partial_outage_ratio, usual.down_ratio, usual.lost_traffic_ratio) == (0.25, 0.95, 0.10)
    assert usual.recovery_hold == timedelta(minutes=10)
    assert usual.quiet_gap == timedelta(minutes=60)


def test_an_episode_is_compared_by_what_it_says() -> None:
    """Two runs over the same evidence can be compared with ==."""
    assert episode("12:00", "12:30") == episode("12:00", "12:30")
    assert episode("12:00", "12:30") != replace(episode("12:00", "12:30"), began_before=True)


def test_labels_without_a_place_name_nothing() -> None:
    """Severity and team say nothing about whose alert it is; a job, a pod or a namespace does."""
    assert names_nothing(labelled(severity="page", team="web"))
    assert names_nothing(())
    for name in ("service", "job", "pod", "namespace", "instance", "exported_job"):
        assert not names_nothing(labelled(**{"severity": "page", name: "x"}))


def test_spans_are_ordered_by_time() -> None:
    """Sorting spans sorts by their start."""
    assert sorted([span("13:00", "14:00"), span("12:00", "18:00")])[0] == span("12:00", "18:00")


def test_unknowns_of_one_reason_are_told_as_one() -> None:
    """A store that is gone is one fact with its parts named in order; another time is another fact."""
    gone = "the store is gone"
    parts = [Unknown(name, gone, failed=True) for name in ("errors", "p99", "errors", "traffic", "alerts")]
    other = Unknown("errors", gone, start=at("14:00"), failed=True)
    told = told_together([*parts, other], most=2)
    assert told == (Unknown("errors, p99 and 2 more", gone, failed=True), other)
    assert told_together(parts)[0].what == "errors, p99, traffic, alerts"
