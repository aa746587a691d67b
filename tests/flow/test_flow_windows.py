"""Which window is read: every way to say it, against a real Prometheus with one short incident."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from report.exits import Exit
from report.pipeline.asked.given import Given
from report.pipeline.drafting import run_draft
from tests.flow.command import Ran, run_here
from tests.flow.tree import changed, tree
from tests.lab.build import Lab, build
from tests.lab.prometheus import create_blocks, serve
from tests.lab.series import Series, make_series
from tests.lab.truth import Impact

pytestmark = [
    pytest.mark.server,
    pytest.mark.usefixtures("prometheus_binary", "promtool_binary", "here"),
]

SERVICE = "quotes"
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def lab(lab_cache: Path) -> Lab:
    """One in ten requests fails for four minutes; an alert fires meanwhile."""
    return build("short_spike", lab_cache)


@pytest.fixture(scope="module")
def url(lab: Lab) -> Iterator[str]:
    """Its server."""
    with serve(lab.data_dir) as address:
        yield address


@pytest.fixture
def spike(lab: Lab) -> Impact:
    """What happened."""
    (episode,) = lab.truth.episodes
    return episode


def _draft(url: str, *more: str, service: str = SERVICE) -> Ran:
    return run_here(["draft", "--prometheus", url, "--service", service, *more])


def _timeline(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.stderr
    document: dict[str, Any] = json.loads((ran.draft / "timeline.json").read_text("utf-8"))
    return document


def _is(timeline: dict[str, Any], start: datetime, end: datetime) -> bool:
    window = timeline["window"]
    return (datetime.fromisoformat(window["start"]), datetime.fromisoformat(window["end"])) == (start, end)


def _found(timeline: dict[str, Any], spike: Impact) -> bool:
    """Whether the draft is about the incident, to half a minute."""
    starts = [datetime.fromisoformat(one["start"]) for one in timeline["impact"]["episodes"]]
    return len(starts) == 1 and abs(starts[0] - spike.start) <= timedelta(seconds=30)


# Ways to say it


def test_around_reads_two_hours_to_each_side(url: str, spike: Impact) -> None:
    """The one time that somebody remembers is enough."""
    middle = spike.start + 10 * MINUTE
    timeline = _timeline(_draft(url, "--around", middle.isoformat()))

    assert _is(timeline, middle - 120 * MINUTE, middle + 120 * MINUTE)
    assert _found(timeline, spike)


def test_last_ends_at_to(url: str, spike: Impact) -> None:
    """A length and an end."""
    end = spike.start + 40 * MINUTE
    timeline = _timeline(_draft(url, "--last", "1h", "--to", end.isoformat()))

    assert _is(timeline, end - 60 * MINUTE, end)
    assert _found(timeline, spike)


def test_times_may_be_unix_seconds(url: str, spike: Impact) -> None:
    """As they are copied from a graph's address."""
    start, end = spike.start - 30 * MINUTE, spike.start + 30 * MINUTE
    timeline = _timeline(_draft(url, "--from", f"{start.timestamp():.0f}", "--to", f"{end.timestamp():.0f}"))

    assert _is(timeline, start, end)


def test_times_in_a_zone_are_those_of_the_zone(url: str, spike: Impact) -> None:
    """A time without offset means the zone that is named; all of the draft is shown in it."""
    start, end = "2023-05-23T13:30", "2023-05-23T14:30"  # 08:00 to 09:00 UTC
    ran = _draft(url, "--from", start, "--to", end, "--timezone", "Asia/Kolkata")
    timeline = _timeline(ran)

    assert _is(timeline, datetime(2023, 5, 23, 8, tzinfo=UTC), datetime(2023, 5, 23, 9, tzinfo=UTC))
    assert _found(timeline, spike)
    assert timeline["timezone"] == "Asia/Kolkata"
    assert "2023-05-23 08:00:00 to 09:00:00 UTC" in ran.stderr
    assert "13:30:00 to 14:30:00" in ran.stderr


@pytest.mark.parametrize("days", [3, 1000])
def test_an_alert_stands_for_its_latest_firing(url: str, lab: Lab, spike: Impact, days: int) -> None:
    """An hour to each side of it, however long ago, and the service that its labels name."""
    (alert,) = lab.truth.alerts
    now = lab.truth.data.end + timedelta(days=days)
    flags: Given = {"prometheus": url, "alert": alert.name, "quiet": True, "form": "json"}
    with redirect_stdout(StringIO()) as said:
        code = run_draft(flags, version="0", now=now, workers=False)
    timeline = json.loads(said.getvalue())

    assert code is Exit.DONE
    assert timeline["service"] == SERVICE
    assert _found(timeline, spike)
    assert alert.firing_at is not None
    start = datetime.fromisoformat(timeline["window"]["start"])
    assert abs(start - (alert.firing_at - 60 * MINUTE)) <= timedelta(seconds=15)


def test_last_alone_ends_now(url: str, lab: Lab, spike: Impact) -> None:
    """What somebody asks right after an incident; the clock is the caller's."""
    now = spike.start + 45 * MINUTE
    flags: Given = {"prometheus": url, "service": SERVICE, "last": "90m", "quiet": True, "form": "json"}
    with redirect_stdout(StringIO()) as said:
        code = run_draft(flags, version="0", now=now, workers=False)
    timeline = json.loads(said.getvalue())

    assert lab.truth.service == SERVICE
    assert code is Exit.DONE
    assert _is(timeline, now - 90 * MINUTE, now)
    assert _found(timeline, spike)


def test_an_alert_that_never_fired_is_no_data(url: str, lab: Lab) -> None:
    """Searched as far back as servers keep samples; exit 4, and nothing is written."""
    ran = run_here(["draft", "--prometheus", url, "--alert", "NoSuchAlert"])

    assert lab.truth.alerts
    assert ran.code == 4
    assert len(ran.errors) == 1
    assert "NoSuchAlert" in ran.errors[0]
    assert not Path("reports").exists()


@pytest.mark.parametrize(
    ("window", "says"),
    [
        (["--from", "2023-05-23T08:00", "--to", "2023-05-23T09:00Z"], "--timezone"),
        (["--from", "2023-05-23T09:00Z", "--to", "2023-05-23T08:00Z"], "end is not after the start"),
        (["--from", "2123-05-23T09:00Z", "--to", "2123-05-23T10:00Z"], "future"),
        (["--from", "yesterday", "--to", "2023-05-23T08:00Z"], "yesterday"),
        (["--around", "2023-05-23T08:00Z", "--last", "2h"], "contradict"),
        (["--last", "0s", "--to", "2023-05-23T08:00Z"], "--last"),
        ([], "--from"),
        (
            ["--from", "2023-03-26T02:30", "--to", "2023-03-26T04:00", "--timezone", "Europe/Berlin"],
            "02:30",
        ),
    ],
    ids=["naive", "inverted", "future", "no time", "two ways", "no length", "none", "never was"],
)
def test_a_window_that_cannot_be_meant_is_refused(url: str, window: list[str], says: str) -> None:
    """One line that says what is wrong, code 2, before anything is asked or written."""
    ran = _draft(url, *window)

    assert ran.code == 2
    assert len(ran.errors) == 1
    assert says in ran.errors[0]
    assert not Path("reports").exists()


# Windows that are moved by what is found


def test_impact_that_lasts_beyond_the_window_extends_it(url: str, spike: Impact) -> None:
    """Said in one line; the draft reports what was read, and still knows what was asked."""
    start, end = spike.start - 60 * MINUTE, spike.start + 2 * MINUTE
    ran = _draft(url, "--from", start.isoformat(), "--to", end.isoformat())
    timeline = _timeline(ran)
    because = timeline["reported"]["extended_because"]

    assert _is(timeline, start, end)
    assert _found(timeline, spike)
    assert timeline["status"] == "recovered"
    assert len([line for line in ran.stderr.splitlines() if because in line]) == 1
    assert datetime.fromisoformat(timeline["reported"]["end"]) > end


def test_impact_that_began_before_the_window_extends_it(url: str, spike: Impact) -> None:
    """The true start is told, not the window's."""
    start, end = spike.start + 2 * MINUTE, spike.start + 60 * MINUTE
    ran = _draft(url, "--from", start.isoformat(), "--to", end.isoformat())
    timeline = _timeline(ran)

    assert _found(timeline, spike)
    assert timeline["reported"]["extended_because"] in ran.stderr
    assert datetime.fromisoformat(timeline["reported"]["start"]) <= spike.start


def test_a_window_that_holds_it_all_is_not_extended(url: str, spike: Impact) -> None:
    """No reason, and no line beside the usual four."""
    start, end = spike.start - 60 * MINUTE, spike.start + 60 * MINUTE
    ran = _draft(url, "--from", start.isoformat(), "--to", end.isoformat())

    assert [line.split()[0] for line in ran.stderr.splitlines()] == ["window", "scope", "signals", "found"]
    assert _timeline(ran)["reported"]["extended_because"] is None


def test_the_same_incident_is_found_again_in_another_window(url: str, spike: Impact) -> None:
    """Its directory keeps the name it was first given; there is one draft of it."""
    first = _draft(url, "--from", str(spike.start - 60 * MINUTE), "--to", str(spike.start + 60 * MINUTE))
    again = _draft(url, "--from", str(spike.start - 70 * MINUTE), "--to", str(spike.start + 80 * MINUTE))

    assert (first.code, again.code) == (0, 0)
    assert again.draft == first.draft
    assert [path.parent.name for path in Path("reports").glob("*/timeline.json")] == [first.draft.name]


def test_a_live_source_asked_twice_changes_nothing(url: str, spike: Impact) -> None:
    """The same samples make the same evidence, whenever they are asked for."""
    window = ("--around", spike.start.isoformat())
    first = _draft(url, *window)
    before = tree(Path("reports"))
    again = _draft(url, *window)

    assert (first.code, again.code) == (0, 0)
    assert changed(before, tree(Path("reports"))) == set()
    assert "files    unchanged" in again.stderr.splitlines()


def test_a_replay_of_a_live_draft_changes_nothing(url: str, spike: Impact) -> None:
    """The evidence holds all that the draft was made from."""
    first = _draft(url, "--around", spike.start.isoformat())
    before = tree(Path("reports"))
    again = run_here(["draft", "--replay", str(first.draft)])

    assert (first.code, again.code) == (0, 0)
    assert changed(before, tree(Path("reports"))) == set()


def test_the_configuration_beside_is_read(url: str, spike: Impact) -> None:
    """Address, service and zone from ./config.yaml; a flag wins over it."""
    Path("config.yaml").write_text(
        f"prometheus:\n  url: {url}\nservice: {SERVICE}\ntimezone: Asia/Tokyo\noutput: kept\n", "utf-8"
    )
    ran = run_here(["draft", "--around", spike.start.isoformat(), "--timezone", "Europe/Paris"])

    assert _timeline(ran)["timezone"] == "Europe/Paris"
    assert ran.draft.parent == Path("kept")


# One name, two services


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory, lab: Lab) -> Iterator[str]:
    """A server that knows a service `pay` in two namespaces."""
    data = tmp_path_factory.mktemp("twins") / "data"
    first = int(lab.truth.data.start.timestamp() * 1000)
    times = np.arange(first, first + 2 * 3600 * 1000, 15_000, dtype=np.int64)
    create_blocks([one for space in ("blue", "green") for one in _service(space, times)], data)
    with serve(data) as address:
        yield address


def _service(space: str, times: np.typing.NDArray[np.int64]) -> list[Series]:
    own = [("service", "pay"), ("namespace", space), ("job", "pay"), ("instance", f"{space}:80")]
    counted = np.arange(times.size) * 150.0
    return [
        make_series("up", own, times, np.ones(times.size)),
        make_series("http_requests_total", [*own, ("code", "200")], times, counted),
    ]


def test_a_name_in_two_namespaces_is_not_summed(twins: str, lab: Lab) -> None:
    """Exit 2 with the list of both, and what to type; nothing is written."""
    ran = _draft(twins, "--last", "30m", "--to", str(lab.truth.data.start + 90 * MINUTE), service="pay")

    assert ran.code == 2
    assert len(ran.errors) == 1
    assert all(word in ran.errors[0] for word in ("blue", "green", "--match"))
    assert not Path("reports").exists()


def test_a_matcher_chooses_between_them(twins: str, lab: Lab) -> None:
    """What the message advises works."""
    window = ("--last", "30m", "--to", str(lab.truth.data.start + 90 * MINUTE))
    ran = _draft(twins, *window, "--match", 'namespace="green"', service="pay")

    assert _timeline(ran)["scope"]["matchers"] == ['namespace="green"']
    assert all("blue" not in signal["query"] for signal in _timeline(ran)["signals"])
