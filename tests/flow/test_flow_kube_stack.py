"""A cluster as kube-prometheus-stack labels it: one service in two namespaces, fifteen unrelated alerts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flow.command import Ran, run_all
from tests.lab.build import build
from tests.lab.catalogue import rules_of
from tests.lab.prometheus import serve

pytestmark = pytest.mark.server

WINDOW = ("--from", "2023-05-17T12:30Z", "--to", "2023-05-17T14:30Z")


@pytest.fixture(scope="module")
def ran(
    lab_cache: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[dict[str, Ran]]:
    """The service asked for by name alone, and in each of its namespaces."""
    for program in ("prometheus_binary", "promtool_binary"):
        request.getfixturevalue(program)  # skips by name where it is not installed
    folder = tmp_path_factory.mktemp("kube")
    lab = build("kube_stack", lab_cache)
    ways = {"": [], "prod": ["--match", 'exported_namespace="prod"']}
    with serve(lab.data_dir, rules=rules_of("kube_stack")) as url:
        asked = [
            ["draft", "--prometheus", url, "--service", "payments", *WINDOW, "--output", str(folder), *way]
            for way in ways.values()
        ]
        by_alert = ["draft", "--prometheus", url, "--alert", "IngressErrors", *WINDOW]
        asked.append([*by_alert, "--output", str(folder / "alert")])
        yield dict(zip((*ways, "alert"), run_all(folder, asked), strict=True))


def test_one_name_in_two_namespaces_is_not_summed(ran: dict[str, Ran]) -> None:
    """Exit 2, both named, and the flag that chooses: by the label of the service, not of its exporter."""
    one = ran[""]

    assert one.code == 2
    assert "prod, staging" in one.errors[0]
    assert "--match 'exported_namespace=\"prod\"'" in one.errors[0]


def test_an_alert_says_which_of_the_two_it_is_about(ran: dict[str, Ran]) -> None:
    """Nothing but its name is asked for: its labels name the service and the namespace."""
    one = ran["alert"]
    timeline = json.loads((one.draft / "timeline.json").read_text("utf-8"))

    assert one.code == 0
    assert timeline["service"] == "payments"
    assert timeline["scope"]["matchers"] == ['exported_namespace="prod"']


def test_the_chosen_namespace_is_told_and_alerts_elsewhere_are_counted(ran: dict[str, Ran]) -> None:
    """Its own errors and its own alert; of the fifteen others a number."""
    one = ran["prod"]
    timeline = json.loads((one.draft / "timeline.json").read_text("utf-8"))

    assert one.code == 0
    assert timeline["status"] == "recovered"
    assert [alert["name"] for alert in timeline["alerts"]] == ["IngressErrors"]
    assert timeline["alerts_elsewhere"] == 15
    assert timeline["impact"]["requests"]["failed_ratio"] == pytest.approx(0.3, abs=0.01)


def test_the_alerts_expression_stands_beside_the_signals_that_were_found(ran: dict[str, Ran]) -> None:
    """Narrowed to the alert's labels, with its threshold, and only context where errors are known already."""
    timeline = json.loads((ran["prod"].draft / "timeline.json").read_text("utf-8"))
    (signal,) = (one for one in timeline["signals"] if one["name"] == "IngressErrors")

    assert (signal["role"], signal["limit"]) == ("context", 0.05)
    assert 'exported_namespace="prod"' in signal["query"]
