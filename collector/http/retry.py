"""When a request is sent again, and after how long. Few tries: a struggling server needs none of ours."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

TRIES = 3
"""Of any one request, the first included."""

BACKOFF = 0.2
"""Seconds before the second try; doubled before the third."""

LONGEST_WAIT = 30.0
"""Seconds of Retry-After that are obeyed; a server that asks for more is told of as unavailable."""

RETRIED = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses of a passing state. A query's own failure with one of them (503 "query timed out") comes
with a JSON error and is not repeated: it would cost the server the same again."""


def wait_before(attempt: int, retry_after: str, server_date: str, jitter: float) -> float | None:
    """Seconds to wait before try number `attempt` (2, 3, ...), or None to give up.

    `retry_after` and `server_date` are the headers as they came, empty when absent; a date is
    reckoned from the server's own clock. `jitter` is in 0..1 and adds up to half of the back-off.
    """
    if attempt > TRIES:
        return None
    backoff = BACKOFF * 2.0 ** (attempt - 2) * (1 + jitter / 2)
    asked = _asked(retry_after.strip(), server_date)
    if asked is None:
        return backoff
    return None if asked > LONGEST_WAIT else max(asked, backoff)


def _asked(retry_after: str, server_date: str) -> float | None:
    """Seconds that a Retry-After header asks for; None when absent or unreadable."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after) if len(retry_after) < 10 else float("inf")
    until, now = http_date(retry_after), http_date(server_date)
    if until is None or now is None:
        return None
    return max(0.0, (until - now).total_seconds())


def http_date(text: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
