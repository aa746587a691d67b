"""Which label tells failed requests from good ones, and which of its values are failures."""

from __future__ import annotations

import re
from collections.abc import Sequence

from collector.signals.labels import values_of
from collector.signals.registry import ERROR_LABELS, GRPC_FAILURES
from incident.model.signals import Labels
from incident.text.promql import Matcher

# One status code among the values is enough: beside it stand "unknown" or "0" for what had no answer.
_CODE = re.compile(r"[1-5](?:\d\d|xx|XX)")
_DIGIT = re.compile(r"[0-5]")
_GRPC_LABELS = frozenset({"grpc_code", "grpc_response_status"})
# The numbers of the codes in GRPC_FAILURES, for instrumentation that writes numbers.
_GRPC_NUMBERS = "2|4|8|9|13|14|15"
_WORDS = {
    "classification": ("failure", frozenset({"success", "failure"})),
    "outcome": (
        "SERVER_ERROR",
        frozenset({"SUCCESS", "REDIRECTION", "INFORMATIONAL", "CLIENT_ERROR", "SERVER_ERROR", "UNKNOWN"}),
    ),
}
_GOOD_WORDS = frozenset({"ok", "success", "successful", "succeeded"})
_BAD_WORDS = frozenset({"error", "errors", "fail", "failed", "failure"})


def failing_matcher(series: Sequence[Labels]) -> Matcher | None:
    """The matcher that selects the counters of failures; None where no label tells them apart."""
    for name in ERROR_LABELS:
        values = values_of(series, name)
        pattern = _pattern(name, values) if values or name == "error_type" else ""
        if pattern:
            return Matcher(name, "=~", pattern)
    return None


def _pattern(name: str, values: Sequence[str]) -> str:
    if name == "error_type":
        return ".+" if values else ""
    if name in _GRPC_LABELS:
        return _GRPC_NUMBERS if all(value.isdigit() for value in values) else GRPC_FAILURES
    if name in _WORDS:
        bad, known = _WORDS[name]
        return bad if known.issuperset(values) else ""
    if any(_CODE.fullmatch(value) for value in values) or all(_DIGIT.fullmatch(value) for value in values):
        return _http_pattern(name, values)
    return _word_pattern(values)


def _http_pattern(name: str, values: Sequence[str]) -> str:
    # `5..` also matches the grouped values 5xx and 5XX, as the dot is any character.
    pattern = "5(..)?" if any(len(value) == 1 and value != "0" for value in values) else "5.."
    # Envoy and Istio count a connection that was reset before an answer as code 0.
    return f"{pattern}|0" if name == "response_code" else pattern


def _word_pattern(values: Sequence[str]) -> str:
    lowered = {value.lower() for value in values}
    if not lowered <= _GOOD_WORDS | _BAD_WORDS:
        return ""
    return f"(?i:{'|'.join(sorted(_BAD_WORDS))})"
