"""What every test may rely on: real servers by name, repeatable examples, and no network but the loopback."""

from __future__ import annotations

import errno
import ipaddress
import os
import shutil
import socket
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.sharing import ordered, scheduler

ROOT = Path(__file__).resolve().parent.parent

SKIPPING_FORBIDDEN = os.environ.get("INCIDENT_TIMELINE_REQUIRE_SERVERS") == "1"

# The same examples in every run: a failure seen once is seen again, and no run fails by the draw.
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")


def _is_loopback(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if host is None or host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host).split("%")[0]).is_loopback
    except ValueError:
        return False


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    """Make the machine look as if its only network were the loopback; nothing gets past an audit hook."""
    if not event.startswith("socket."):
        return
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        if isinstance(address, tuple) and not _is_loopback(address[0]):
            raise OSError(errno.ENETUNREACH, f"tests reach the loopback only, not {address[0]}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname") and not _is_loopback(arguments[0]):
        raise socket.gaierror(socket.EAI_NONAME, f"tests look up no name, not even {arguments[0]!r}")


sys.addaudithook(_guard)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where several processes share the tests, what costs most begins first."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        ordered(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object | None:
    """`--dist loadgroup` hands the tests out as `tests.sharing` says."""
    return scheduler(config, log) if config.getvalue("dist") == "loadgroup" else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where skipping is forbidden, a skipped test is a failed one."""
    report = yield
    if SKIPPING_FORBIDDEN and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which INCIDENT_TIMELINE_REQUIRE_SERVERS=1 forbids: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a file that skips itself while it is read."""
    report = yield
    if SKIPPING_FORBIDDEN and report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"skipped, which INCIDENT_TIMELINE_REQUIRE_SERVERS=1 forbids: {report.longrepr}"
    return report


def _binary(*names: str) -> Path:
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"{names[0]} is not installed here (Debian: apt install {names[0]})")
    return Path(found)


@pytest.fixture(scope="session")
def prometheus_binary() -> Path:
    """A Prometheus server to run."""
    return _binary("prometheus")


@pytest.fixture(scope="session")
def promtool_binary() -> Path:
    """The tool that makes blocks for it."""
    return _binary("promtool", "prometheus")


@pytest.fixture(scope="session")
def alertmanager_binary() -> Path:
    """An Alertmanager to run; Debian names it with a prefix."""
    return _binary("prometheus-alertmanager", "alertmanager")


@pytest.fixture(scope="session")
def chromium_binary() -> Path:
    """A browser that shows a page without a screen."""
    return _binary("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def lab_cache() -> Path:
    """Where simulated incidents are kept between runs, as blocks that a Prometheus serves."""
    path = ROOT / ".cache" / "lab"
    path.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The top of the checkout."""
    return ROOT
