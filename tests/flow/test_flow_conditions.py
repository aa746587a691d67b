"""What exporters measured, drafted by the command: conditions timed where no signal shows the users.

A real Prometheus serves simulated samples, the alerts its own evaluation of the rules gave, and the rules.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.flow.command import Ran, run_all
from tests.lab.build import build
from tests.lab.catalogue import rules_of
from tests.lab.prometheus import serve
from tests.lab.truth import Held, Truth

pytestmark = pytest.mark.server

EVALUATION = timedelta(seconds=15)
"""Scrapes and rules come every 15 s; a condition is seen at the next evaluation after the next scrape."""
NO_HTTP = ("kafka_lag", "pg_connections", "disk_full", "missed_cronjob")
MARGIN = timedelta(hours=1)


class Drafted:
    """The drafts of one incident: by the alert's name and by the service's."""

    def __init__(self, truth: Truth, runs: dict[str, Ran], folder: Path) -> None:
        self.truth = truth
        self.runs = runs
        self.folder = folder

    def timeline(self, way: str) -> dict[str, Any]:
        (found,) = (self.folder / way).glob("*/timeline.json")
        document: dict[str, Any] = json.loads(found.read_text("utf-8"))
        return document

    def text(self, way: str) -> str:
        (found,) = (self.folder / way).glob("*/postmortem.md")
        return found.read_text("utf-8")


@pytest.fixture(scope="module")
def drafted(
    lab_cache: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[dict[str, Drafted]]:
    """Each incident asked for in two ways, all in one process."""
    for program in ("prometheus_binary", "promtool_binary"):
        request.getfixturevalue(program)  # skips by name where it is not installed
    folder = tmp_path_factory.mktemp("conditions")
    made: dict[str, Drafted] = {}
    with ExitStack() as stack:
        many: list[list[str]] = []
        for name in NO_HTTP:
            lab = build(name, lab_cache)
            url = stack.enter_context(serve(lab.data_dir, rules=rules_of(name)))
            held = lab.truth.conditions[0]
            window = ["--from", _iso(held.start - MARGIN), "--to", _iso(held.end + MARGIN)]
            for way, said in (
                ("alert", ["--alert", held.alert]),
                ("service", ["--service", lab.truth.service]),
            ):
                home = ["--output", str(folder / name / way)]
                many.append(["draft", "--prometheus", url, *said, *window, *home])
            made[name] = Drafted(lab.truth, {}, folder / name)
        ran = iter(run_all(folder, many))
        for one in made.values():
            one.runs.update({way: next(ran) for way in ("alert", "service")})
        yield made


def _iso(at: datetime) -> str:
    return at.isoformat()


def _condition(one: Drafted, way: str) -> tuple[Held, dict[str, Any]]:
    (told,) = one.timeline(way)["conditions"]
    return one.truth.conditions[0], told


def _late(told: str, true: datetime) -> timedelta:
    return datetime.fromisoformat(told) - true


each = pytest.mark.parametrize("name", NO_HTTP)
either = pytest.mark.parametrize("way", ["alert", "service"])


@each
@either
def test_a_draft_without_any_request_metric_is_complete(
    name: str, way: str, drafted: dict[str, Drafted]
) -> None:
    """By the alert's name or the name its labels give: exit 0, nothing failed."""
    ran = drafted[name].runs[way]

    assert (ran.code, ran.errors) == (0, [])
    assert drafted[name].timeline(way)["service"] == drafted[name].truth.service


@each
@either
def test_a_draft_is_named_by_the_day_and_time_of_its_condition(
    name: str, way: str, drafted: dict[str, Drafted]
) -> None:
    """As its title is: the window began hours before, and often the day before."""
    _, told = _condition(drafted[name], way)
    start = datetime.fromisoformat(told["start"])

    near = start.replace(second=0, microsecond=0) + timedelta(minutes=start.second >= 30)
    assert drafted[name].runs[way].stdout.split("/")[-2].startswith(f"{near:%Y-%m-%d}-")
    assert drafted[name].runs[way].stdout.split("/")[-2].endswith(f"-{near:%H%M}")


@each
@either
def test_the_condition_is_timed_to_an_evaluation(name: str, way: str, drafted: dict[str, Drafted]) -> None:
    """Crossing and return are told at the first evaluation after a scrape has seen them, never before."""
    held, told = _condition(drafted[name], way)

    assert told["alert"] == held.alert
    assert timedelta(0) <= _late(told["start"], held.start) <= 2 * EVALUATION
    assert timedelta(0) <= _late(told["end"], held.end) <= 2 * EVALUATION
    assert told["peak"] == pytest.approx(held.peak, rel=0.01, abs=0.1)


@each
def test_impact_is_not_claimed_where_no_user_was_measured(name: str, drafted: dict[str, Drafted]) -> None:
    """The status is unknown, impact empty, and the words say that users were not measured."""
    timeline = drafted[name].timeline("service")

    assert timeline["status"] == drafted[name].truth.status == "unknown"
    assert timeline["impact"]["start"] is None
    assert "User impact was not measured" in drafted[name].text("service")


@each
def test_the_condition_and_its_end_are_rows_of_the_first_page(name: str, drafted: dict[str, Drafted]) -> None:
    """True, at its worst, no longer true: beside the alert's own rows."""
    kinds = [event["kind"] for event in drafted[name].timeline("service")["events"] if event["main"]]

    assert kinds.index("condition") < kinds.index("condition_over")
    assert "alert_firing" in kinds


@each
def test_the_expression_is_charted_with_its_threshold(name: str, drafted: dict[str, Drafted]) -> None:
    """The left side of the rule is a context signal with the rule's number as its limit."""
    held, told = _condition(drafted[name], "service")
    (signal,) = (
        s for s in drafted[name].timeline("service")["signals"] if s["name"] == told["signal"] == held.alert
    )

    assert (signal["role"], signal["limit"]) == ("context", told["limit"])
    assert list((drafted[name].folder / "service").glob("*/charts/signal-*.svg"))


def test_a_replay_tells_the_same_without_a_server(drafted: dict[str, Drafted], tmp_path: Path) -> None:
    """The samples of the condition are kept with the evidence."""
    (home,) = (path.parent for path in (drafted["kafka_lag"].folder / "service").glob("*/postmortem.md"))

    (ran,) = run_all(tmp_path, [["draft", "--replay", str(home), "--output", str(tmp_path)]])

    (again,) = tmp_path.glob("*/postmortem.md")
    assert ran.code == 0
    assert again.read_bytes() == (home / "postmortem.md").read_bytes()
