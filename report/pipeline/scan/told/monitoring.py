"""What a scan reports to machines: JSON on stdout or in a status file, and metrics for node_exporter."""

from __future__ import annotations

import json
import math
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from incident.model.spans import Span
from incident.text.instants import rfc3339
from report.exits import Exit
from report.pipeline.scan.outcome import Outcome
from report.write import write_atomic

_SCHEMA = "incident-timeline-scan/1"
_PREFIX = "incident_timeline_"
_LARGEST = 1 << 20
"""A textfile larger than this was not written by us."""
_READABLE = 0o644
"""node_exporter runs as another user."""


def document(outcome: Outcome, period: Span, code: Exit, ended: datetime, took: timedelta) -> dict[str, Any]:
    """The whole outcome as JSON values; durations in seconds, instants in RFC 3339 UTC."""
    return {
        "schema": _SCHEMA,
        "ended_at": rfc3339(ended),
        "duration_s": round(took.total_seconds(), 3),
        "exit_code": int(code),
        "period": {"start": rfc3339(period.start), "end": rfc3339(period.end)},
        "services": outcome.services,
        "drafts": [
            {
                "path": str(one.path),
                "service": one.service,
                "change": one.change.value,
                "finding": one.finding or None,
                "partial": one.partial,
            }
            for one in outcome.drafted
        ],
        "stood_out": [
            {
                "service": one.service,
                "start": rfc3339(one.start),
                "end": rfc3339(one.end) if one.end else None,
                "what": one.what,
                "why_no_draft": one.why,
            }
            for one in outcome.stood_out
        ],
        "put_off": [
            {"service": one.service, "start": rfc3339(one.start), "what": one.what, "why": one.why}
            for one in outcome.put_off
        ],
        "failed": [{"what": one.what, "why": one.why} for one in outcome.failures],
        "sources": outcome.sources,
        "sources_failed": len(outcome.failed_sources),
        "queries": outcome.queries,
        "samples": outcome.samples,
    }


def json_text(told: dict[str, Any]) -> str:
    """The document as text with one newline at its end."""
    return json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_status(path: Path, told: dict[str, Any]) -> None:
    """The status file, old or new, never half."""
    write_atomic(path, json_text(told).encode("utf-8", "replace"))


def write_textfile(path: Path, told: dict[str, Any], ended: datetime) -> None:
    """Metrics for node_exporter's textfile collector; counters go on from the file's last state."""
    write_atomic(path, metrics(told, ended, _before(path)).encode("ascii"), mode=_READABLE)


def metrics(told: dict[str, Any], ended: datetime, before: dict[str, float]) -> str:
    """The exposition: `before` are the values of the run before this one, by name."""
    good = told["exit_code"] in (Exit.DONE, Exit.HUMAN_NEEDED)
    success = ended.timestamp() if good else before.get("last_success_timestamp_seconds", 0.0)
    changed = sum(one["change"] in ("new", "refreshed") for one in told["drafts"])
    rows: tuple[tuple[str, str, str, float], ...] = (
        (
            "last_success_timestamp_seconds",
            "gauge",
            "When a scan last ended with all sources asked.",
            success,
        ),
        ("last_run_timestamp_seconds", "gauge", "When a scan last ended.", ended.timestamp()),
        ("last_exit_code", "gauge", "Exit code of the last scan.", told["exit_code"]),
        ("runs_total", "counter", "Scans that ended.", before.get("runs_total", 0) + 1),
        (
            "drafts_written_total",
            "counter",
            "Drafts written or refreshed.",
            before.get("drafts_written_total", 0) + changed,
        ),
        ("drafts", "gauge", "Drafts of incidents in the period.", len(told["drafts"])),
        ("stood_out", "gauge", "Findings of the period that were not drafted.", len(told["stood_out"])),
        ("put_off", "gauge", "Findings that wait for the next run's close look.", len(told["put_off"])),
        ("services", "gauge", "Services screened.", told["services"]),
        ("sources", "gauge", "Sources asked.", told["sources"]),
        ("sources_failed", "gauge", "Sources that could not be asked to the end.", told["sources_failed"]),
        ("duration_seconds", "gauge", "How long the last scan took.", told["duration_s"]),
        ("queries", "gauge", "Questions the last scan asked.", told["queries"]),
        ("samples", "gauge", "Samples the last scan received.", told["samples"]),
    )
    lines: list[str] = []
    for name, kind, words, value in rows:
        full = _PREFIX + name
        lines += [f"# HELP {full} {words}", f"# TYPE {full} {kind}", f"{full} {_number(value)}"]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else f"{value:.3f}"


def _before(path: Path) -> dict[str, float]:
    """The values of an earlier textfile; none where there is none that can be read."""
    try:
        text = path.read_text("utf-8") if path.stat().st_size <= _LARGEST else ""
    except (OSError, ValueError):
        return {}
    found = re.findall(rf"^{_PREFIX}(\w+) ([0-9.]+)$", text, re.MULTILINE)
    values = {name: float(value) for name, value in found if value.count(".") <= 1}
    return {name: value for name, value in values.items() if math.isfinite(value)}
