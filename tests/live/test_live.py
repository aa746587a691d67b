"""The draft of two minutes of a real service, beside the log of what was done to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.flow.command import run
from tests.live.load import buying
from tests.live.rig import rig
from tests.live.script import SILENCED, WHO, WHY, Log, play

pytestmark = pytest.mark.server

CLOSE = timedelta(seconds=2)
"""One scrape, and what orders and processes take to begin."""
CONFIG = Path(__file__).with_name("config.yaml")
BESIDE = ("peak", "alert_pending", "alert_resolved", "notified", "silence", "target_down", "target_up")
"""Kinds of rows that follow from others, or that hang on whether a scrape met a process that was away."""


@dataclass(frozen=True, slots=True, repr=False)
class Live:
    """The truth, and the draft made of it."""

    log: Log
    timeline: dict[str, Any]
    text: str
    received: list[datetime]
    """When the webhook's receiver got its bodies."""

    def rows(self, *kinds: str) -> list[datetime]:
        """When the timeline says that such things were."""
        return [_at(one["at"]) for one in self.timeline["events"] if one["kind"] in kinds]

    @property
    def episodes(self) -> list[tuple[datetime, datetime]]:
        return [(_at(one["start"]), _at(one["end"])) for one in self.timeline["impact"]["episodes"]]


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.fixture(scope="module")
def live(
    tmp_path_factory: pytest.TempPathFactory, prometheus_binary: Path, alertmanager_binary: Path
) -> Live:
    """Played once, drafted while the servers still run."""
    folder = tmp_path_factory.mktemp("live")
    with rig(folder, prometheus_binary, alertmanager_binary) as made, buying(made.shop_port):
        log = play(made)
        times = ("--from", log["begin"].isoformat(), "--to", log["end"].isoformat())
        told = [
            part for file in (made.events_file(), made.silences_file()) for part in ("--events", str(file))
        ]
        asked = ("--prometheus", made.prometheus, "--service", "shop", *told)
        ran = run(folder, "draft", "--config", str(CONFIG), *asked, *times)
        received = [_at(str(one["received"])) for one in made.webhooks]
    assert ran.code == 0, ran.stderr
    document = json.loads((folder / ran.draft / "timeline.json").read_text("utf-8"))
    return Live(log, document, (folder / ran.draft / "postmortem.md").read_text("utf-8"), received)


def _close(told: datetime, truth: datetime) -> bool:
    return abs(told - truth) <= CLOSE


def test_both_faults_are_told_when_they_began_and_ended(live: Live) -> None:
    """Failing requests, then slow ones: two episodes, each end within two seconds."""
    log = live.log
    truth = [(log["errors"], log["errors over"]), (log["slow"], log["slow over"])]

    assert len(live.episodes) == 2
    for told, done in zip(live.episodes, truth, strict=True):
        assert _close(told[0], done[0])
        assert _close(told[1], done[1])


def test_the_restart_and_the_new_version_are_told_apart(live: Live) -> None:
    """Four processes began within seconds of each other; each row has its own time."""
    (restart,), (deploy,) = live.rows("restart"), live.rows("deploy")

    assert _close(restart, live.log["restart"])
    assert _close(deploy, live.log["deploy"])
    assert "1.0.0 -> 1.1.0" in live.text


def test_the_alert_fired_once_and_somebody_was_told(live: Live) -> None:
    """Its `for` of three seconds after the share of five seconds had grown; the receiver a moment later."""
    (alert,) = live.timeline["alerts"]
    told = live.timeline["milestones"]["notified"]

    assert alert["name"] == "HighErrorRate"
    assert live.log["errors"] < _at(alert["firing_at"]) <= live.log["errors"] + timedelta(seconds=10)
    assert told is not None
    assert _close(_at(told["at"]), min(live.received))


def test_the_silence_is_told_with_who_and_why(live: Live) -> None:
    """From when on, which alert, by whom and for what reason."""
    (silence,) = [one for one in live.timeline["events"] if one["kind"] == "silence"]

    assert _close(_at(silence["at"]), live.log["silence"])
    assert all(word in silence["title"] for word in (SILENCED, WHO, WHY))


def test_nothing_is_told_that_was_not_done(live: Live) -> None:
    """As many rows of each kind as there were things; the second fault is a relapse within the hour."""
    rows = [one["kind"] for one in live.timeline["events"] if one["kind"] not in BESIDE]
    done = ["degraded", "recovered", "relapse", "recovered", "restart", "deploy", "alert_firing"]

    assert sorted(rows) == sorted(done)


def test_the_fault_that_no_rule_watches_is_named(live: Live) -> None:
    """The only rule watches failing requests; slow ones hurt without an alert."""
    assert live.timeline["detection"]["unwatched"] == ["p99"]
    assert "No alerting rule watches p99, which had impact." in live.text
