"""A small fleet of half a day, served by a real Prometheus, and scans of it at any time of that day."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from report.exits import Exit
from report.pipeline.scan.start import run_scan
from tests.fleet.blocks import Member, Trouble

START = datetime(2024, 3, 4, tzinfo=UTC)
END = START + timedelta(hours=12)
_MINUTE = timedelta(minutes=1)


def at(hours: float) -> datetime:
    """An instant so many hours after the fleet's midnight."""
    return START + timedelta(hours=hours)


FLEET = (
    Member("payments", 40, troubles=(Trouble(at(8), 30 * _MINUTE, failing=0.4, slower=4, alert=True),)),
    Member("checkout", 25, troubles=(Trouble(at(8) + 3 * _MINUTE, 28 * _MINUTE, failing=0.15, slower=2),)),
    Member("search", 30, troubles=(Trouble(at(9.5), 20 * _MINUTE, slower=5),)),
    Member("login", 15, troubles=(Trouble(at(7), 12 * _MINUTE, down=True),)),
    Member("cart", 20, troubles=(Trouble(at(10), 30 * _MINUTE, failing=0.05),)),
    Member("orders", 20, troubles=(Trouble(at(11.5), 60 * _MINUTE, failing=0.5, slower=3, alert=True),)),
    *(Member(f"calm-{number}", 5 + number * 9, bursts=number % 3 * 6, deploys=number) for number in range(4)),
)
"""Two services in trouble together, one slow, one down, one with few errors, one still failing, four calm."""

DRAFTED = {
    "payments": at(8),
    "checkout": at(8) + 3 * _MINUTE,
    "search": at(9.5),
    "login": at(7),
    "orders": at(11.5),
}
"""What must be found, with its onset."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """One scan: its code and what it said."""

    code: int
    stdout: str
    stderr: str

    @property
    def lines(self) -> list[str]:
        """The drafts told of."""
        return self.stdout.splitlines()


def scan(url: str, output: Path, now: datetime, **flags: str | bool) -> Scanned:
    """One scan in this process at a time of the fleet's day, over six hours unless told otherwise."""
    given: Mapping[str, str | bool | tuple[str, ...] | None] = {
        "prometheus": url,
        "output": str(output),
        "last": "6h",
        **flags,
    }
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run_scan(given, version=lambda: "0", now=now, clock=lambda: now, workers=False)
    return Scanned(Exit(code).value, out.getvalue(), err.getvalue())


def timelines(output: Path) -> dict[str, dict[str, Any]]:
    """timeline.json of every draft, by its directory."""
    paths = sorted(output.glob("*/timeline.json"))
    return {path.parent.name: json.loads(path.read_text("utf-8")) for path in paths}
