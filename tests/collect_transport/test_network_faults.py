"""Whatever the network does, the source answers with one typed error: one line, in time, no secret in it."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import collector.prometheus as door
from collector.errors import AccessRefused, CollectError, QueryRejected, TooExpensive, Unavailable
from collector.http import limits, retry
from collector.http.settings import HttpSettings, TlsSettings
from collector.prometheus import PrometheusSource, connect
from incident.model.spans import Grid, Span
from incident.text.secret import Secret
from tests.collect_transport.fault_server import (
    Behaviour,
    FaultServer,
    Request,
    answer,
    failure,
    in_turn,
    matrix,
    raw,
    success,
)

CANARY = "c4nary-t0ken-must-not-show"
GRID = Grid(1_700_000_000_000 // 15_000 * 15_000, 15_000, 20)
SPAN = Span(datetime(2023, 11, 14, tzinfo=UTC), datetime(2023, 11, 15, tzinfo=UTC))
GOOD = answer(matrix(({"job": "a"}, [(GRID.start_ms / 1000, "1")])))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-off and grace are scaled down; their proportions stay."""
    monkeypatch.setattr(retry, "BACKOFF", 0.01)
    monkeypatch.setattr(door, "_GRACE_S", 0.0)


def settings(**changes: object) -> HttpSettings:
    """Access with a canary for a credential."""
    given: dict[str, object] = {
        "headers": (("Authorization", Secret(f"Bearer {CANARY}")), ("X-Scope-OrgID", Secret("tenant-7"))),
        "masked": (Secret(CANARY),),
        "credential": "bearer_token of http.yml",
        "query_timeout": timedelta(seconds=1),
    }
    return HttpSettings(**given | changes)  # type: ignore[arg-type]


def source(url: str, *, seconds: float = 10, **changes: object) -> PrometheusSource:
    return connect(settings(**changes), url=url, deadline=timedelta(seconds=seconds), on_query=None)


def error_of(url: str, *, seconds: float = 10, **changes: object) -> CollectError:
    """The error of one range query."""
    asked = source(url, seconds=seconds, **changes)
    try:
        with pytest.raises(CollectError) as caught:
            asked.range("sum(up)", GRID)
    finally:
        asked.close()
    return caught.value


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    behave: Behaviour
    error: type[CollectError]
    words: str
    tries: int = 1


def hang(_request: Request, connection: socket.socket) -> None:
    """Say nothing until the client gives up."""
    connection.recv(1)


def drip(_request: Request, connection: socket.socket) -> None:
    """A body that arrives byte by byte, each in time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n")
    for _ in range(200):
        connection.sendall(b"{")
        time.sleep(0.05)


def drip_head(_request: Request, connection: socket.socket) -> None:
    """A head that arrives byte by byte."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(200):
        connection.sendall(b"x")
        time.sleep(0.05)


def reset(_request: Request, connection: socket.socket) -> None:
    """A reset in place of an answer."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def echo_credentials(request: Request, connection: socket.socket) -> None:
    """An error that repeats what it was sent, as proxies in debug mode do."""
    seen = f"bad header {request.headers.get('authorization')} for {request.target}\n\nsecond line"
    answer(failure("bad_data", seen), status=400)(request, connection)


LOGIN = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>login</body></html>"
HUGE = b'{"status":"success","data":' + b" " * 3_000_000 + b"}"

FAULTS = [
    Fault("reset", reset, Unavailable, "reset", tries=3),
    Fault("closed at once", raw(b""), Unavailable, "closed the connection", tries=3),
    Fault("not HTTP", raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), Unavailable, "does not speak HTTP"),
    Fault(
        "shorter than its length",
        answer("{", headers={"Content-Length": "9999"}),
        Unavailable,
        "cut off",
        tries=3,
    ),
    Fault(
        "truncated without length",
        raw(b'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{"status":"success","data":{"resu'),
        Unavailable,
        "not one of the Prometheus API",
        tries=2,
    ),
    Fault(
        "bad chunks",
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{"),
        Unavailable,
        "cut off",
        3,
    ),
    Fault(
        "401",
        answer("unauthorized", status=401, kind="text/plain"),
        AccessRefused,
        "check bearer_token of http.yml",
    ),
    Fault("401, no tenant", answer("no org id", status=401, kind="text/plain"), AccessRefused, "no org id"),
    Fault("403", answer("forbidden", status=403), AccessRefused, "forbidden (403)"),
    Fault("407", answer("", status=407), AccessRefused, "proxy"),
    Fault("login page", answer(LOGIN, kind="text/html"), AccessRefused, "login page?"),
    Fault("login page without a type", answer(LOGIN, kind=""), AccessRefused, "login page?"),
    Fault(
        "400", answer(failure("bad_data", "1:6: parse error"), status=400), QueryRejected, "1:6: parse error"
    ),
    Fault("422", answer(failure("execution", "many-to-many"), status=422), QueryRejected, "many-to-many"),
    Fault("200 with an error", answer(failure("bad_data", "no such thing")), QueryRejected, "no such thing"),
    Fault("echo", echo_credentials, QueryRejected, "bad header"),
    Fault("404", answer("404 page not found", status=404, kind="text/plain"), Unavailable, "path prefix"),
    Fault("500", answer("oops", status=500, kind="text/plain"), Unavailable, "oops", tries=3),
    Fault(
        "502 with a page",
        answer("<html><title>Bad\nGateway</title><p>secret page", status=502, kind="text/html"),
        Unavailable,
        "Bad Gateway",
        tries=3,
    ),
    Fault("503", answer("", status=503), Unavailable, "cannot answer now (status 503)", tries=3),
    Fault("429", answer("", status=429), Unavailable, "limits us", tries=3),
    Fault(
        "429 for an hour",
        answer("", status=429, headers={"Retry-After": "3600"}),
        Unavailable,
        "429",
        tries=1,
    ),
    Fault(
        "429 and rubbish",
        answer("", status=429, headers={"Retry-After": "soon"}),
        Unavailable,
        "429",
        tries=3,
    ),
    Fault("text", answer("hello", kind="text/plain"), Unavailable, "begins with 'hello'"),
    Fault("empty", answer(""), Unavailable, "not one of the Prometheus API"),
    Fault(
        "UTF-16",
        answer('{"status":"success"}'.encode("utf-16")),
        Unavailable,
        "not one of the Prometheus API",
    ),
    Fault(
        "latin-1", answer(b'{"status":"success","data":"\xe9"}'), Unavailable, "not one of the Prometheus API"
    ),
    Fault("deep", answer('{"data":' + "[" * 100_000 + "]" * 100_000 + "}"), Unavailable, "nested too deeply"),
    Fault("no data", answer(success(None)), Unavailable, "Expected `object`, got `null`"),
    Fault("a vector", answer(success({"resultType": "vector", "result": []})), Unavailable, "got a vector"),
    Fault("no status", answer('{"data":{}}'), Unavailable, "no status"),
    Fault("a list", answer("[]"), Unavailable, "Expected `object`, got `array`"),
    Fault(
        "values of text",
        answer(success({"resultType": "matrix", "result": [{"metric": {}, "values": "x"}]})),
        Unavailable,
        "Expected `array`",
    ),
    Fault(
        "to another host",
        answer("", status=302, headers={"Location": "http://other.example/api?token=" + CANARY}),
        Unavailable,
        "redirects to http://other.example/api",
    ),
    Fault(
        "to a login page",
        answer("", status=302, headers={"Location": "https://sso.example/oauth2/start?rd=x"}),
        AccessRefused,
        "login page",
    ),
    Fault(
        "round and round",
        answer("", status=307, headers={"Location": "/again"}),
        Unavailable,
        "more than 3 times",
        4,
    ),
    Fault(
        "to nowhere", answer("", status=302, headers={"Location": "ftp://x/"}), Unavailable, "cannot be read"
    ),
    Fault("zipped rubbish", answer("{}", headers={"Content-Encoding": "gzip"}), Unavailable, "compression"),
    Fault(
        "wrong port",
        answer("Client sent an HTTP request to an HTTPS server.\n", status=400, kind="text/plain"),
        Unavailable,
        "write https://",
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_is_one_typed_error(fault: Fault) -> None:
    """Each fault has its error, in one line, with the place, and tries only where a try may help."""
    with FaultServer(fault.behave) as server:
        error = error_of(server.url)

    text = str(error)
    assert isinstance(error, fault.error)
    assert fault.words in text
    assert server.url in text
    assert "\n" not in text
    assert len(text) < 1200
    assert CANARY not in text
    assert CANARY not in repr(error)
    assert len(server.asked) == fault.tries


@pytest.mark.parametrize("behave", [hang, drip, drip_head], ids=["hang", "drip", "dripping head"])
def test_the_deadline_ends_everything(behave: Behaviour) -> None:
    """However little arrives, and however regularly, the run's deadline ends the request."""
    with FaultServer(behave) as server:
        began = time.monotonic()
        error = error_of(server.url, seconds=0.6, query_timeout=timedelta(seconds=30))
        took = time.monotonic() - began

    assert isinstance(error, Unavailable)
    assert "deadline" in str(error)
    assert 0.5 < took < 2.6


def test_a_silent_server_is_given_up_after_the_query_s_own_time() -> None:
    """A server that accepts and says nothing costs one query's time, not the run's, and no second try."""
    with FaultServer(hang) as server:
        error = error_of(server.url)

    assert isinstance(error, Unavailable)
    assert "no answer in time" in str(error)
    assert len(server.asked) == 1


def test_nothing_is_asked_once_the_deadline_has_passed() -> None:
    """After the deadline a further question is refused without a request."""
    with FaultServer(GOOD) as server:
        asked = source(server.url, seconds=0.05)
        time.sleep(0.1)
        with pytest.raises(Unavailable, match="deadline"):
            asked.range("up", GRID)
        asked.close()

    assert server.asked == []


def test_a_closed_port_is_named() -> None:
    """Connection refused names the place and asks the two questions that usually help."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    error = error_of(f"http://127.0.0.1:{port}")

    assert isinstance(error, Unavailable)
    assert f"nothing listens on 127.0.0.1:{port}" in str(error)


def test_an_unknown_name_is_named() -> None:
    """A host that DNS does not know is named."""
    error = error_of("http://prometheus.does-not-exist.example:9090")

    assert isinstance(error, Unavailable)
    assert "prometheus.does-not-exist.example is not known to DNS" in str(error)


def test_two_failures_and_a_success_are_a_success() -> None:
    """Passing failures leave no trace in the answer, and are counted."""
    with FaultServer(in_turn(reset, answer("", status=502), GOOD)) as server:
        asked = source(server.url)
        found = asked.range("up", GRID)
        asked.close()

    assert [series.labels for series in found.series] == [(("job", "a"),)]
    assert asked.stats.tries == 3
    assert asked.stats.queries == 1


def test_retry_after_is_waited_for() -> None:
    """A server that asks for a second is given a second."""
    busy = answer("", status=429, headers={"Retry-After": "1"})
    with FaultServer(in_turn(busy, GOOD)) as server:
        asked = source(server.url)
        began = time.monotonic()
        asked.range("up", GRID)
        took = time.monotonic() - began
        asked.close()

    assert took >= 1.0


def test_an_endless_answer_stops_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A body over the cap is not read to its end, and is told of as too much."""
    monkeypatch.setattr(limits.Budget.__init__, "__defaults__", (1_000_000, 8_000_000))
    with FaultServer(answer(HUGE)) as server:
        error = error_of(server.url)

    assert isinstance(error, TooExpensive)
    assert "the answer is larger than" in str(error)


def test_a_bomb_stops_at_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cap counts decompressed bytes, so a small bomb is a large answer."""
    monkeypatch.setattr(limits.Budget.__init__, "__defaults__", (1_000_000, 8_000_000))
    bomb = gzip.compress(HUGE * 30)
    with FaultServer(answer(bomb, headers={"Content-Encoding": "gzip"})) as server:
        error = error_of(server.url, compression=True)

    assert len(bomb) < 200_000
    assert isinstance(error, TooExpensive)


def test_the_run_has_a_cap_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many answers that are small enough still end at the run's allowance, without being split."""
    monkeypatch.setattr(limits.Budget.__init__, "__defaults__", (1_000_000, 300))
    with FaultServer(GOOD) as server:
        asked = source(server.url)
        asked.range("up", GRID)
        asked.range("up", GRID)
        with pytest.raises(TooExpensive, match="this run has read"):
            asked.range("up", GRID)
        asked.close()

    assert len(server.asked) == 3


def test_what_may_be_asked_is_asked_in_halves() -> None:
    """A limit on samples is answered by halving the time, three times at most, with the same result."""

    def limited(request: Request, connection: socket.socket) -> None:
        start, end = (float(request.parameters[name][0]) for name in ("start", "end"))
        if end - start > 100:
            text = "query processing would load too many samples into memory in query execution"
            answer(failure("execution", text), status=422)(request, connection)
        else:
            values = [(float(at), str(at)) for at in range(int(start), int(end) + 1, 15)]
            answer(matrix(({"job": "a"}, values)))(request, connection)

    with FaultServer(limited) as server:
        asked = source(server.url)
        found = asked.range("sum(up)", GRID)
        asked.close()

    assert found.series[0].times.tolist() == GRID.times.tolist()
    assert found.series[0].values.tolist() == [at / 1000 for at in GRID.times.tolist()]


def test_a_limit_that_splitting_does_not_help_is_told() -> None:
    """A server that refuses every part is asked fifteen times at most, and its words are passed on."""
    busy = answer(failure("timeout", "query timed out in expression evaluation"), status=503)
    with FaultServer(busy) as server:
        error = error_of(server.url)

    assert isinstance(error, TooExpensive)
    assert error.status == 503
    assert error.error_type == "timeout"
    assert error.server_text == "query timed out in expression evaluation"
    assert error.query == "sum(up)"
    assert len(server.asked) == 1 + limits.SPLIT_LEVELS


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
        info = asked.info()
        asked.close()

    assert (info.product, info.version, info.retention) == ("", "", "")


def test_identity_unless_compression_is_wanted() -> None:
    """Answers are asked for uncompressed, or with gzip where the settings say so."""
    for wanted, expected in ((False, "identity"), (True, "gzip")):
        with FaultServer(GOOD) as server:
            asked = source(server.url, compression=wanted)
            asked.range("up", GRID)
            asked.close()
        assert server.asked[0].headers["accept-encoding"] == expected


@pytest.fixture(scope="module")
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A TLS server whose certificate, for the name prometheus.test only, nobody has signed but itself."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x"]
    names = ["-addext", "subjectAltName=DNS:prometheus.test", "-keyout", str(key), "-out", str(cert)]
    made = subprocess.run([*command, *names], capture_output=True, check=False)
    if made.returncode != 0:
        pytest.skip("openssl is not installed here")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(plain, server_side=True) as connection:
                    connection.recv(65536)
                    GOOD(Request("", "", {}, b""), connection)
            except OSError:
                plain.close()

    worker = threading.Thread(target=serve, daemon=True)
    worker.start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}", cert
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    worker.join(timeout=5)


def test_an_unknown_authority_is_told_with_its_setting(tls_server: tuple[str, Path]) -> None:
    """The message names ca_file, not the switch that turns all checks off."""
    error = error_of(tls_server[0])

    assert isinstance(error, Unavailable)
    assert "authority is unknown; give it as tls_config.ca_file" in str(error)
    assert "insecure" not in str(error)


def test_another_name_is_told_with_its_setting(tls_server: tuple[str, Path]) -> None:
    """A certificate for another name is told apart from one of an unknown authority."""
    error = error_of(tls_server[0], tls=TlsSettings(ca_pem=tls_server[1].read_text()))

    assert isinstance(error, Unavailable)
    assert "server_name" in str(error)


def test_ca_and_server_name_make_it_work(tls_server: tuple[str, Path]) -> None:
    """With the authority and the name given, the server is trusted and answers."""
    tls = TlsSettings(ca_pem=tls_server[1].read_text(), server_name="prometheus.test")
    asked = source(tls_server[0], tls=tls)
    found = asked.range("up", GRID)
    asked.close()

    assert len(found.series) == 1


def test_plain_http_is_told_apart() -> None:
    """https to a server without TLS says to write http."""
    with FaultServer(answer("Bad Request", status=400, kind="text/plain"), reads_http=False) as server:
        error = error_of(server.url.replace("http:", "https:"))

    assert isinstance(error, Unavailable)
    assert "write http://" in str(error)
