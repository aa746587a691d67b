"""`--alertmanager` through the command: who silenced what, in the draft, the evidence, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.collect_transport.fault_server import Behaviour, FaultServer, Request, answer
from tests.flow.command import Ran, run_here
from tests.lab.build import build
from tests.lab.catalogue import rules_of
from tests.lab.prometheus import serve

pytestmark = pytest.mark.server

COMMENT = "known <script>alert(1)</script> | INC-1"
SILENCE = {
    "id": "f874b8fd-2256-48b1-af11-f4a2f3a3dc35",
    "status": {"state": "expired"},
    "updatedAt": "2023-11-07T02:30:00.000Z",
    "comment": COMMENT,
    "createdBy": "oncall",
    "startsAt": "2023-11-07T02:30:00.000Z",
    "endsAt": "2023-11-07T04:30:00.000Z",
    "matchers": [{"isEqual": True, "isRegex": False, "name": "alertname", "value": "KafkaLagHigh"}],
}
LATER = SILENCE | {"id": "later", "startsAt": "2024-01-01T00:00:00Z", "endsAt": "2024-01-02T00:00:00Z"}


def _drafted(lab_cache: Path, behave: Behaviour) -> tuple[Ran, list[Request]]:
    lab = build("kafka_lag", lab_cache)
    with serve(lab.data_dir, rules=rules_of("kafka_lag")) as url, FaultServer(behave) as alertmanager:
        window = ["--from", "2023-11-07T02:00Z", "--to", "2023-11-07T07:00Z"]
        asked = ["--alert", "KafkaLagHigh", "--alertmanager", alertmanager.url]
        ran = run_here(["draft", "--prometheus", url, *asked, *window])
        return ran, alertmanager.asked


def _timeline(ran: Ran) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((ran.draft / "timeline.json").read_text("utf-8"))
    return document


@pytest.fixture(autouse=True)
def _binaries(prometheus_binary: Path, promtool_binary: Path, here: Path) -> None:
    """Skipped by name where a program is missing; each test works in a directory of its own."""
    del prometheus_binary, promtool_binary, here


def test_a_silenced_alert_is_said_to_have_paged_nobody(lab_cache: Path) -> None:
    """The row of the silence, the words in the summary, and the same from a replay without a network."""
    ran, asked = _drafted(lab_cache, answer(json.dumps([SILENCE, LATER])))
    timeline, text = _timeline(ran), (ran.draft / "postmortem.md").read_text("utf-8")
    (row,) = (event for event in timeline["events"] if event["kind"] == "silence")
    (told,) = timeline["silences"]

    assert (ran.code, ran.errors, len(asked)) == (0, [], 1)
    assert (row["at"], row["until"]) == ("2023-11-07T02:30:00Z", "2023-11-07T04:30:00Z")
    assert (told["by"], told["comment"], told["hid"][0]["alert"]) == ("oncall", COMMENT, "KafkaLagHigh")
    assert "Nobody was paged by KafkaLagHigh" in text
    assert "\\<script>" in text
    assert "<script>" not in (ran.draft / "postmortem.html").read_text("utf-8")

    again = run_here(["draft", "--replay", str(ran.draft), "--output", "again"])
    assert (again.draft / "postmortem.md").read_text("utf-8") == text


def test_an_alertmanager_that_cannot_be_read_costs_only_the_silences(lab_cache: Path) -> None:
    """Exit 3: the draft is written and names what is missing."""
    ran, _ = _drafted(lab_cache, answer("no silences here", status=404, kind="text/plain"))
    unknowns = [one["what"] for one in _timeline(ran)["unknowns"] if one["failed"]]

    assert ran.code == 3
    assert unknowns == ["silences"]
    assert _timeline(ran)["silences"] == []
