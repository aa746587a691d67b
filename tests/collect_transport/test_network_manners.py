"""Where requests go, in which form, and what they carry: nothing of ours reaches a stranger."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from collector.errors import Unavailable
from incident.text.secret import Secret
from tests.collect_transport.asking import CANARY, GOOD, GRID, SPAN, error_of, source
from tests.collect_transport.fault_server import FaultServer, Request, answer, success

pytestmark = pytest.mark.usefixtures("quick")


def test_credentials_stay_on_this_server() -> None:
    """No header goes to the server a redirect points to, not even to another port of the same host."""
    with FaultServer(GOOD) as other:
        elsewhere = answer("", status=307, headers={"Location": f"{other.url}/api/v1/query_range?x=1"})
        with FaultServer(elsewhere) as server:
            error = error_of(server.url)

    assert isinstance(error, Unavailable)
    assert other.url in str(error)
    assert other.asked == []


def test_a_redirect_on_the_same_server_is_followed() -> None:
    """A moved path is followed with all headers and the whole query."""

    def moved(request: Request, connection: socket.socket) -> None:
        if request.path.startswith("/prometheus"):
            GOOD(request, connection)
        else:
            location = {"Location": f"/prometheus{request.target}"}
            answer("", status=301, headers=location)(request, connection)

    with FaultServer(moved) as server:
        asked = source(server.url)
        asked.range("sum(up)", GRID)
        asked.close()

    last = server.asked[-1]
    assert last.parameters["query"] == ["sum(up)"]
    assert last.headers["authorization"] == f"Bearer {CANARY}"
    assert last.headers["x-scope-orgid"] == "tenant-7"


def test_redirects_can_be_forbidden() -> None:
    """follow_redirects: false refuses even those on the same server."""
    with FaultServer(answer("", status=302, headers={"Location": "/x"})) as server:
        error = error_of(server.url, follow_redirects=False)

    assert isinstance(error, Unavailable)
    assert "not followed" in str(error)


def test_netrc_and_proxies_of_the_environment_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither ~/.netrc nor http_proxy changes where a request goes or what it carries."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with FaultServer(GOOD) as server:
        asked = source(server.url)
        asked.range("up", GRID)
        asked.close()

    assert server.asked[0].headers["authorization"] == f"Bearer {CANARY}"


def test_the_proxy_of_the_settings_is_used() -> None:
    """With proxy_url the request goes to the proxy, the whole address in its first line."""
    with FaultServer(GOOD) as proxy:
        asked = source("http://prometheus.example:9090", proxy=Secret(proxy.url))
        asked.range("up", GRID)
        asked.close()

    assert proxy.asked[0].target.startswith("http://prometheus.example:9090/api/v1/query_range?")


def test_long_queries_go_as_a_form() -> None:
    """A query that would make a long first line goes as POST, whole."""
    long = 'up{job=~"' + "|".join(f"job-{number}" for number in range(1000)) + '"}'
    with FaultServer(GOOD) as server:
        asked = source(server.url)
        asked.range(long, GRID)
        asked.close()

    assert server.asked[0].method == "POST"
    assert server.asked[0].parameters["query"] == [long]
    assert "?" not in server.asked[0].target


def test_a_server_that_takes_no_form_is_asked_with_get() -> None:
    """405 to POST is remembered: the question is asked again with GET, and so are the following ones."""

    def read_only(request: Request, connection: socket.socket) -> None:
        listed = answer(success([{"__name__": "up"}]))
        (listed if request.method == "GET" else answer("", status=405))(request, connection)

    with FaultServer(read_only) as server:
        asked = source(server.url)
        first = asked.series(("up", 'x{a="b"}'), SPAN)
        second = asked.series(("up",), SPAN)
        asked.close()

    assert first == second == ((("__name__", "up"),),)
    assert [request.method for request in server.asked] == ["POST", "GET", "GET"]
    assert server.asked[1].parameters["match[]"] == ["up", 'x{a="b"}']


def test_a_missing_rules_page_is_none() -> None:
    """A server without rules has no rules to say, which is not the same as having none."""
    with FaultServer(answer("404 page not found", status=404, kind="text/plain")) as server:
        asked = source(server.url)
        assert asked.rules() is None
        asked.close()


def test_forbidden_status_pages_are_not_said() -> None:
    """A gateway that allows queries only still has a version: none."""
    with FaultServer(answer("no", status=403)) as server:
        asked = source(server.url)
        info, retention = asked.info(), asked.retention()
        asked.close()

    assert (info.product, info.version, retention) == ("", "", "")


def test_identity_unless_compression_is_wanted() -> None:
    """Answers are asked for uncompressed, or with gzip where the settings say so."""
    for wanted, expected in ((False, "identity"), (True, "gzip")):
        with FaultServer(GOOD) as server:
            asked = source(server.url, compression=wanted)
            asked.range("up", GRID)
            asked.close()
        assert server.asked[0].headers["accept-encoding"] == expected
