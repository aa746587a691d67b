"""TLS is checked, and what is wrong is told with the setting that mends it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.errors import Unavailable
from collector.http.settings import TlsSettings
from incident.text.secret import Secret
from tests.collect_transport.asking import GOOD, GRID, error_of, source
from tests.collect_transport.fault_server import FaultServer, Request, answer

pytestmark = pytest.mark.usefixtures("quick")


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


def test_tls_through_a_proxy_is_checked_as_well(tls_server: tuple[str, Path]) -> None:
    """A proxy passes bytes on: the certificate is the server's, and no header is for the proxy to see."""
    port = int(tls_server[0].rpartition(":")[2])

    def tunnel(_request: Request, connection: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port)) as server:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(server, connection), daemon=True)
            back.start()
            pump(connection, server)
            back.join(timeout=5)

    tls = TlsSettings(ca_pem=tls_server[1].read_text())
    with FaultServer(tunnel) as proxy:
        asked = source("https://prometheus.test:9090", tls=tls, proxy=Secret(proxy.url))
        found = asked.range("up", GRID)
        asked.close()

    assert len(found.series) == 1
    assert (proxy.asked[0].method, proxy.asked[0].target) == ("CONNECT", "prometheus.test:9090")
    assert "authorization" not in proxy.asked[0].headers


def pump(giver: socket.socket, target: socket.socket) -> None:
    """Pass bytes on until one side ends."""
    with contextlib.suppress(OSError):
        while part := giver.recv(65536):
            target.sendall(part)
        target.shutdown(socket.SHUT_WR)
