"""Whatever the network does, the source answers with one typed error: one line, in time, no secret in it."""

from __future__ import annotations

import socket
from dataclasses import dataclass

import hypothesis
import pytest
from hypothesis import strategies as st

from collector.errors import AccessRefused, CollectError, QueryRejected, Unavailable
from tests.collect_transport.asking import CANARY, error_of
from tests.collect_transport.fault_server import (
    Behaviour,
    FaultServer,
    Request,
    answer,
    failure,
    raw,
    reset,
    success,
)

pytestmark = pytest.mark.usefixtures("quick")


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    behave: Behaviour
    error: type[CollectError]
    words: str
    tries: int = 1


def echo_credentials(request: Request, connection: socket.socket) -> None:
    """An error that repeats what it was sent, as proxies in debug mode do."""
    seen = f"bad header {request.headers.get('authorization')} for {request.target}\n\nsecond line"
    answer(failure("bad_data", seen), status=400)(request, connection)


LOGIN = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>login</body></html>"

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
    Fault(
        "401, no tenant",
        answer("no org id", status=401, kind="text/plain"),
        AccessRefused,
        "X-Scope-OrgID=TENANT",
    ),
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
    Fault("429", answer("", status=429), Unavailable, "limits our rate", tries=3),
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
        "to an address that repeats the credential",
        answer("", status=302, headers={"Location": f"http://other.example/{CANARY}/x?y=1"}),
        Unavailable,
        "redirects to http://other.example/<secret>/x",
    ),
    Fault(
        "an errorType of many lines",
        answer(failure(f"bad\n\n{CANARY}\x1b[31m", "text"), status=400),
        QueryRejected,
        "(400 bad <secret> [31m)",
    ),
    Fault("a type that repeats the credential", answer("x", kind=CANARY), Unavailable, "<secret>"),
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


HEADS = (b"", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", b"HTTP/1.1 ")


@hypothesis.settings(max_examples=60, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(head=st.sampled_from(HEADS), rest=st.binary(max_size=80))
def test_any_bytes_are_one_typed_error(head: bytes, rest: bytes) -> None:
    """Whatever a port sends back, it is told in one line and as one of our errors."""
    with FaultServer(raw(head + rest)) as server:
        error = error_of(server.url, seconds=5)

    assert server.url in str(error)
    assert str(error).isprintable()
