"""Specification of timeline.json: every documented field, of its documented type, in plain JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from incident.model.facts import AlertInterval, ChangeKind, Entered, Nearness, Unknown
from incident.model.policy import Policy
from incident.model.signals import Role
from incident.model.spans import frozen_values
from incident.model.timeline import SignalReport, Timeline
from incident.timeline import SCHEMA, assemble, timeline_json
from tests.reasoning_builders import MEMORY, alert, at, change, series
from tests.timeline.scenes import BLIND, DISPLAY, DOWN, HEALTHY, LASTING, LINKED, RELAPSE, STEP, Scene
from tests.timeline.schema import FILE, INSTANT, faults, number

PAGE = alert("HighErrors", "13:03", "13:42", pending="13:01", severity="page", service="shop")
FULL = replace(
    STEP,
    alerts=(PAGE, replace(PAGE, name="Near", nearness=Nearness.NEARBY)),
    changes=(
        change(ChangeKind.DEPLOY, "12:56"),
        change(ChangeKind.RESTART, "12:57", until="12:59", value="1"),
    ),
)
SCENES = {
    "step": STEP,
    "healthy": HEALTHY,
    "down": DOWN,
    "lasting": LASTING,
    "blind": BLIND,
    "relapse": RELAPSE,
    "full": FULL,
    "unseen": Scene(holes=(("11:50", "15:00"),)),
    "no lead-in": replace(STEP, start="12:00"),
    "no counters": replace(STEP, zoomed=False),
}


GOLDEN = sorted((FILE.parents[1] / "fixtures").glob("*/expected/timeline.json"))


def _refused(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def _document(timeline: Timeline) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(timeline_json(timeline), parse_constant=_refused)
    return document


def _named(document: dict[str, Any] | list[Any]) -> Iterator[tuple[str, object]]:
    """All (field name, value) pairs, however deep."""
    if isinstance(document, dict):
        yield from document.items()
    for one in document.values() if isinstance(document, dict) else document:
        if isinstance(one, dict | list):
            yield from _named(one)


@pytest.fixture(params=SCENES)
def told(request: pytest.FixtureRequest) -> Timeline:
    scene: Scene = SCENES[request.param]
    return scene.timeline(Entered("note", at("13:20"), "looked", "n1"), display=LINKED)


def test_the_schema_describes_every_field(told: Timeline) -> None:
    """Each kind of window is as docs/timeline.schema.json says, and holds nothing that it does not."""
    assert list(faults(_document(told))) == []


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.parts[-3])
def test_the_schema_describes_the_recorded_incidents(golden: Path) -> None:
    """What the drafts of real servers' data hold is described too."""
    assert list(faults(json.loads(golden.read_text("utf-8")))) == []


def test_the_check_itself_finds_faults() -> None:
    """A field that is missing or not described, a naive instant, a NaN, a wrong word, a negative count."""
    good = _document(STEP.timeline())
    bad = {**good, "status": "fine", "step_s": float("nan"), "alerts_elsewhere": -1, "mood": "calm"}
    del bad["durations"]
    bad["window"] = {"start": "2024-03-05T12:00:00", "end": "2024-03-05T15:00:00+00:00"}
    bad["impact"] = {
        **good["impact"],
        "start": "soon",
        "episodes": [{**good["impact"]["episodes"][0], "end": 5}],
    }

    assert sorted(fault.split(":")[0] for fault in faults(bad)) == [
        "$.alerts_elsewhere",
        "$.durations",
        "$.impact.episodes[0].end",
        "$.impact.start",
        "$.mood",
        "$.status",
        "$.step_s",
        "$.window.end",
        "$.window.start",
    ]
    assert not number(True)


def test_the_schema_says_what_each_field_means() -> None:
    """A program's author finds a sentence at every field, its own or that of what it holds."""
    schema = json.loads(FILE.read_text("utf-8"))
    fields = [item for each in _objects(schema) for item in each.get("properties", {}).items()]

    assert len(fields) > 150
    assert [name for name, field in fields if not (field.get("description") or "$ref" in field)] == []


def _objects(schema: object) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
    for one in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _objects(one)


def test_all_instants_end_in_z(told: Timeline) -> None:
    """Times are RFC 3339 in UTC, wherever they stand."""
    names = {
        "start",
        "end",
        "at",
        "until",
        "pending_at",
        "firing_at",
        "resolved_at",
        "peak_at",
        "collected_at",
    }
    found = [v for name, v in _named(_document(told)) if name in names and v is not None]

    assert found
    assert [v for v in found if list(faults(v, INSTANT))] == []


def test_all_durations_are_finite_seconds_or_null(told: Timeline) -> None:
    """Names in `_s` and `seconds` hold numbers of seconds."""
    found = [v for n, v in _named(_document(told)) if n.endswith("_s") or n == "seconds"]

    assert found
    assert all(v is None or number(v) for v in found)


def test_events_are_in_order_of_time(told: Timeline) -> None:
    """A reader can go through them once."""
    times = [e["at"] for e in _document(told)["events"]]

    assert times == sorted(times)


def test_the_document_says_what_the_timeline_says() -> None:
    """Start, end, sums, milestones and rows are those of the value it is made of."""
    made = FULL.timeline(Entered("acknowledged", at("13:06"), "on it", "a"))
    document = _document(made)
    one = made.episodes[0]
    assert one.end is not None

    assert document["schema"] == SCHEMA
    assert document["impact"]["start"] == one.start.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert document["impact"]["elapsed_s"] == (one.end.at - one.start.at).total_seconds()
    assert document["impact"]["impacted_s"] == document["impact"]["elapsed_s"]
    assert document["impact"]["episodes"][0]["state"] == "partial_outage"
    assert document["milestones"]["acknowledged"]["at"] == "2024-03-05T13:06:00Z"
    assert document["milestones"]["first_alert_firing"]["at"] == "2024-03-05T13:03:00Z"
    assert [e["id"] for e in document["events"]] == [e.id for e in made.events]
    assert [a["name"] for a in document["alerts"]] == ["HighErrors"]
    assert document["alerts"][0]["labels"] == {"severity": "page", "service": "shop"}
    assert document["window"] == {"start": "2024-03-05T12:00:00Z", "end": "2024-03-05T15:00:00Z"}


def test_what_lasts_has_null_ends() -> None:
    """Null where the end is not known, never the end of the window."""
    impact = _document(LASTING.timeline())["impact"]

    assert impact["start"] is not None
    assert (impact["end"], impact["elapsed_s"], impact["impacted_s"]) == (None, None, None)
    assert impact["episodes"][0]["end"] is None


def test_no_impact_is_null_not_zero() -> None:
    """A healthy window has no start, no end and no figures."""
    impact = _document(HEALTHY.timeline())["impact"]

    assert (impact["episodes"], impact["breakdown"]) == ([], [])
    single = {k: v for k, v in impact.items() if k not in ("episodes", "breakdown")}
    assert single == dict.fromkeys(single)


def test_the_sum_of_episodes_leaves_out_the_quiet() -> None:
    """Two episodes of twenty minutes with half an hour between."""
    impact = _document(RELAPSE.timeline())["impact"]
    lengths = [e.end.at - e.start.at for e in RELAPSE.timeline().episodes if e.end is not None]

    assert impact["impacted_s"] == sum(lengths, timedelta(0)).total_seconds()
    assert impact["elapsed_s"] == pytest.approx(70 * 60, abs=60)


def test_numbers_that_are_not_known_are_null() -> None:
    """A limit crossed from the first sample on has no level before: JSON has no NaN."""
    spec = replace(MEMORY, role=Role.IMPACT, limit=50.0)
    found = HEALTHY.evidence()
    above = series(spec, found.grid, [100.0] * found.grid.count)
    document = _document(assemble(replace(found, signals=(*found.signals, above)), Policy(), DISPLAY))

    assert list(faults(document)) == []
    assert document["signals"][-1]["episodes"][0]["before"] is None
    assert "nan" not in json.dumps(document["events"]).lower()


def test_infinite_samples_do_not_break_the_document() -> None:
    """+Inf in a quantile is what an overflowing histogram answers."""
    found = HEALTHY.evidence()
    values = found.signals[1].values.copy()
    values[300:330] = float("inf")
    odd = replace(found.signals[1], values=frozen_values(values))
    document = _document(
        assemble(replace(found, signals=(found.signals[0], odd, *found.signals[2:])), Policy(), DISPLAY)
    )

    assert list(faults(document)) == []


def test_text_of_any_kind_is_carried() -> None:
    """Labels and notes in every script, with quotes, newlines and half surrogates."""
    odd = 'été "x"\n日本\ud800'
    page = replace(PAGE, labels=(("service", odd),))
    raw = timeline_json(replace(FULL, alerts=(page,)).timeline(Entered("note", at("13:20"), odd, "n1")))

    document = json.loads(raw.decode("utf-8"))
    assert document["alerts"][0]["labels"]["service"].startswith('été "x"\n日本')


def test_failures_of_the_collection_are_told() -> None:
    """An unknown keeps what, why, and whether a source failed."""
    failed = Unknown("errors", "timed out", at("12:00"), at("13:00"), failed=True)
    document = _document(assemble(replace(STEP.evidence(), unknowns=(failed,)), Policy(), DISPLAY))

    assert document["unknowns"][0] == {
        "what": "errors",
        "why": "timed out",
        "start": "2024-03-05T12:00:00Z",
        "end": "2024-03-05T13:00:00Z",
        "failed": True,
    }


def test_alerts_are_the_firing_intervals_of_this_service() -> None:
    """Pending ones and those of neighbours are not among them."""
    pages: tuple[AlertInterval, ...] = (
        PAGE,
        alert("Pending", None, None, pending="13:10"),
        replace(PAGE, name="Near", nearness=Nearness.NEARBY),
    )
    document = _document(replace(STEP, alerts=pages).timeline())

    assert [a["name"] for a in document["alerts"]] == ["HighErrors"]


def test_the_document_ends_in_one_newline_and_keeps_its_order() -> None:
    """The same timeline gives the same bytes, in the order of the schema."""
    raw = timeline_json(STEP.timeline())
    keys = list(json.loads(raw))

    assert raw == timeline_json(STEP.timeline())
    assert raw.endswith(b"}\n")
    assert keys[:2] == ["schema", "tool"]
    assert keys.index("status") < keys.index("impact") < keys.index("events")


def test_reports_of_signals_without_a_baseline_are_null() -> None:
    """No sample, no band."""
    made = STEP.timeline()
    bare = tuple(SignalReport(s.spec, None, (), ()) for s in made.signals)

    assert [s["baseline"] for s in _document(replace(made, signals=bare))["signals"]] == [None] * 4
