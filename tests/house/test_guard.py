"""The tests' own guard: nothing but the loopback can be reached."""

from __future__ import annotations

import socket

import pytest


def test_other_machines_cannot_be_reached() -> None:
    """A connection to an address outside this machine fails before a packet leaves."""
    with socket.socket() as one, pytest.raises(OSError, match="loopback only"):
        one.connect(("192.0.2.1", 80))  # TEST-NET-1 of RFC 5737: nobody is there


def test_names_are_not_looked_up() -> None:
    """A name fails as it does on a machine without a resolver."""
    with pytest.raises(socket.gaierror, match="look up no name"):
        socket.getaddrinfo("prometheus.example", 80)


def test_the_loopback_can_be_reached() -> None:
    """Servers that a test starts for itself answer."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        assert client.getpeername() == server.getsockname()
