"""A source that cannot be asked: each fault has its code, one line, and leaves every earlier file alone."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from tests.faults.conftest import KEY, PASSWORD, Desk, Lab
from tests.faults.proxy import Answer, Asked, Fault, FaultProxy, always, failure, on_query
from tests.flow.command import Ran, run_here
from tests.flow.tree import changed, tree
from tests.lab.prometheus import serve

WINDOW = ("--service", "quotes", "--from", "2023-05-23T08:00Z", "--to", "2023-05-23T08:30Z")

LOGIN = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><form></form></body></html>"
EMPTY = b'{"status":"success","data":{"resultType":"matrix","result":[]}}'


def _draft(url: str, desk: Desk, *more: str, window: tuple[str, ...] = WINDOW) -> Ran:
    return run_here(["draft", "--prometheus", url, *window, *desk.secrets, *more])


def test_nothing_listens(desk: Desk) -> None:
    """Refused connection: 5, the address named."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        place = f"127.0.0.1:{closed.getsockname()[1]}"

    desk.fails(_draft(f"http://{place}", desk), 5, place, "nothing listens")


def test_a_name_that_is_not_known(desk: Desk) -> None:
    """No such host: 5."""
    desk.fails(_draft("http://prometheus.invalid:9090", desk), 5, "prometheus.invalid")


REFUSALS: list[tuple[str, Answer, int, str]] = [
    ("wrong password", failure(401, "", "Unauthorized"), 6, "401"),
    ("forbidden", failure(403, "", "tenant may not read"), 6, "403"),
    ("login page", Answer(200, LOGIN, "text/html; charset=utf-8"), 6, "login page"),
    ("echo of secrets", failure(401, "", f"no user reader:{PASSWORD}, key {KEY}"), 6, "401"),
    ("bad query", failure(422, "execution", "query processing would load too many samples"), 5, "422"),
    ("no API", Answer(404, b"404 page not found\n", "text/plain"), 5, "404"),
    ("server error", failure(500, "internal", "database is gone"), 5, "500"),
    ("gateway's page", Answer(502, b"<html><title>Bad Gateway</title></html>", "text/html"), 5, "502"),
    ("cut off", Answer(200, EMPTY, cut=20), 5, "cut off"),
    ("cut off without a trace", Answer(200, EMPTY[:-20]), 5, "not one of the Prometheus API"),
    ("not JSON", Answer(200, b"ok\n", "text/plain"), 5, "not one of the Prometheus API"),
    ("another shape", Answer(200, b'{"status":"success","data":null}'), 5, "not one of the Prometheus API"),
    (
        "another host",
        Answer(302, headers={"Location": "http://elsewhere.example/api"}),
        5,
        "elsewhere.example",
    ),
]


@pytest.mark.parametrize(
    ("answer", "code", "says"), [one[1:] for one in REFUSALS], ids=[one[0] for one in REFUSALS]
)
def test_every_request_fails(answer: Answer, code: int, says: str, desk: Desk) -> None:
    """From the first question on."""
    with FaultProxy(always(answer)) as proxy:
        desk.fails(_draft(proxy.url, desk), code, says)

    assert 1 <= len(proxy.asked) <= 3 * 4


@pytest.mark.server
@pytest.mark.parametrize(
    ("answer", "code"),
    [one[1:3] for one in REFUSALS if one[0] not in ("login page", "no API")],
    ids=[one[0] for one in REFUSALS if one[0] not in ("login page", "no API")],
)
def test_every_query_fails(answer: Answer, code: int, spike_lab: Lab, desk: Desk) -> None:
    """The server says who it is and what it knows, and then answers no query: nothing to draft from."""
    with FaultProxy(on_query("", answer), spike_lab.url) as proxy:
        desk.fails(_draft(proxy.url, desk, window=spike_lab.window()), code)

    assert [asked for asked in proxy.asked if asked.query]


def _gone_after(good: int) -> Fault:
    """So many answers go through; all later ones are cut off."""
    left = iter([None] * good)
    return lambda _: next(left, Answer(200, EMPTY, cut=20))


@pytest.mark.server
def test_a_server_that_goes_away_before_the_signals_are_read(spike_lab: Lab, desk: Desk) -> None:
    """After a few answers the rest is cut off: 5, and no draft of next to nothing."""
    with FaultProxy(_gone_after(3), spike_lab.url) as proxy:
        desk.fails(_draft(proxy.url, desk, window=spike_lab.window()), 5)

    assert len(proxy.asked) > 3


@pytest.mark.server
@pytest.mark.parametrize("good", [11, 16])
def test_a_server_that_goes_away_after_them(good: int, spike_lab: Lab, desk: Desk) -> None:
    """3: what was read is told, each thing that was not is named with its reason, also in the draft."""
    with FaultProxy(_gone_after(good), spike_lab.url) as proxy:
        ran = _draft(proxy.url, desk, window=spike_lab.window())
    unknowns = json.loads((ran.draft / "timeline.json").read_text("utf-8"))["unknowns"]
    failed = [one for one in unknowns if one["failed"]]

    assert ran.code == 3
    assert len(ran.errors) == len({one["why"] for one in failed}) > 0
    assert all(one["what"] in "\n".join(ran.errors) for one in failed)
    assert all("cut off" in line for line in ran.errors)
    desk.wrote_only(ran.draft)


def test_a_server_that_never_answers(desk: Desk) -> None:
    """The deadline of the whole run ends it: 5."""
    Path("config.yaml").write_text("prometheus:\n  deadline: 1s\n", "utf-8")
    with FaultProxy(always(Answer(hang=True))) as proxy:
        ran = _draft(proxy.url, desk)
    Path("config.yaml").unlink()

    desk.fails(ran, 5, "time")


@pytest.mark.server
def test_a_failure_that_passes_leaves_no_trace(spike_lab: Lab, desk: Desk) -> None:
    """One answer of 503 is asked again, and the draft is that of a server without faults."""
    trouble = [failure(503, "unavailable", "starting")]

    def once(asked: Asked) -> Answer | None:
        return trouble.pop() if trouble and asked.query else None

    with FaultProxy(once, spike_lab.url) as proxy:
        ran = _draft(proxy.url, desk, window=spike_lab.window())

    assert (ran.code, ran.errors, trouble) == (0, [], [])
    desk.keeps_secrets(ran)


@pytest.mark.server
def test_credentials_are_sent_and_nowhere_kept(spike_lab: Lab, desk: Desk) -> None:
    """The server sees them with every request; no file of the draft holds them in any form."""
    with FaultProxy(lambda _: None, spike_lab.url) as proxy:
        ran = _draft(proxy.url, desk, window=spike_lab.window())

    assert ran.code == 0
    assert {asked.headers.get("X-Api-Key") for asked in proxy.asked} == {KEY}
    assert all(asked.headers.get("Authorization", "").startswith("Basic ") for asked in proxy.asked)
    desk.keeps_secrets(ran)


# Partial answers


@pytest.mark.server
@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("histogram_quantile(0.99", "p99"),
        ("ALERTS", "alert history"),
        ("process_start_time_seconds", "restarts"),
    ],
)
def test_one_refused_query_costs_its_own_signal_only(
    text: str, named: str, spike_lab: Lab, desk: Desk
) -> None:
    """Exit 3: the draft is written, and says what is missing and why; so does one line each on stderr."""
    refusal = failure(422, "execution", "too many of everything here")
    with FaultProxy(on_query(text, refusal), spike_lab.url) as proxy:
        ran = _draft(proxy.url, desk, window=spike_lab.window())
    written = (ran.draft / "postmortem.md").read_text("utf-8")

    assert ran.code == 3, ran.stderr
    assert all(line.startswith("incident-timeline: partial: ") for line in ran.errors)
    assert any(named in line.lower() for line in ran.errors)
    assert "too many of everything here" in written
    desk.wrote_only(ran.draft)
    desk.keeps_secrets(ran)


@pytest.mark.server
@pytest.mark.parametrize("text", ["ALERTS", "process_start_time_seconds", "histogram_quantile(0.99"])
def test_a_partial_run_does_not_replace_a_complete_draft(text: str, spike_lab: Lab, desk: Desk) -> None:
    """Richer evidence is never replaced by poorer, whatever it is poorer in."""
    refusing: list[bool] = []

    def fault(asked: Asked) -> Answer | None:
        return failure(422, "execution", "no") if refusing and text in asked.query else None

    with FaultProxy(fault, spike_lab.url) as proxy:
        complete = _draft(proxy.url, desk, window=spike_lab.window())
        before = tree(complete.draft)
        refusing.append(True)
        ran = _draft(proxy.url, desk, window=spike_lab.window())

    assert complete.code == 0
    assert ran.code in (3, 4)
    assert changed(before, tree(complete.draft)) == set()


@pytest.mark.server
def test_alerts_that_could_not_be_read_are_not_told_as_none(spike_lab: Lab, desk: Desk) -> None:
    """ "No alert fired" is a finding; a query that failed finds nothing."""
    with FaultProxy(on_query("ALERTS", failure(422, "execution", "no")), spike_lab.url) as proxy:
        ran = _draft(proxy.url, desk, window=spike_lab.window())
    written = (ran.draft / "postmortem.md").read_text("utf-8")

    assert ran.code == 3
    assert "no alert fired" not in written.lower()
    assert "no alert of the service fired" not in written.lower()


# What the source does not know


@pytest.mark.server
def test_an_unknown_service(spike_lab: Lab, desk: Desk) -> None:
    """4, and the services that are known."""
    window = ("--service", "qotes", *spike_lab.window()[2:])

    desk.fails(_draft(spike_lab.url, desk, window=window), 4, "qotes", "quotes", "search")


@pytest.mark.server
def test_a_window_without_data(spike_lab: Lab, desk: Desk) -> None:
    """4: the service is known at another time, and nothing is drafted of this one."""
    window = ("--service", "quotes", "--from", "2021-01-01T00:00Z", "--to", "2021-01-01T01:00Z")

    desk.fails(_draft(spike_lab.url, desk, window=window), 4)


@pytest.mark.server
def test_an_empty_prometheus(
    desk: Desk, tmp_path_factory: pytest.TempPathFactory, prometheus_binary: Path
) -> None:
    """It answers, and has nothing at all: 4."""
    data = tmp_path_factory.mktemp("empty") / "data"
    data.mkdir()
    assert prometheus_binary.exists()
    with serve(data) as url:
        desk.fails(_draft(url, desk), 4, "quotes")
