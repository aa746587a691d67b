"""Which label tells failed requests from good ones, and which of its values are failures."""

from __future__ import annotations

import re
from collections.abc import Sequence

from collector.signals.labels.registry import ERROR_LABELS, GRPC_LABELS
from collector.signals.labels.sets import label, values_of
from incident.model.signals import Labels
from incident.text.promql import Matcher

# One status code among the values is enough: beside it stand "unknown" or "0" for what had no answer.
_CODE = re.compile(r"[1-5](?:\d\d|xx|XX)")
_DIGIT = re.compile(r"[0-5]")
# Failures on the server's side as etcd's and the gRPC mixin's alert rules count them; the other codes
# are the caller's doing (NotFound, InvalidArgument) or cancellations. Three ways to write them.
_GRPC_WORDS = "Unknown|FailedPrecondition|ResourceExhausted|Internal|Unavailable|DataLoss|DeadlineExceeded"
_GRPC_CAPITALS = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", _GRPC_WORDS).upper()
_GRPC_NUMBERS = "2|4|8|9|13|14|15"
_WORDS = {
    "classification": ("failure", frozenset({"success", "failure"})),
    "outcome": (
        "SERVER_ERROR",
        frozenset({"SUCCESS", "REDIRECTION", "INFORMATIONAL", "CLIENT_ERROR", "SERVER_ERROR", "UNKNOWN"}),
    ),
    "rcode": (
        "SERVFAIL",
        frozenset({"NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED", "FORMERR", "NOTIMP", "NOTAUTH", "BADVERS"}),
    ),
    "success": ("(?i:false)|0", frozenset({"true", "false", "True", "False", "0", "1"})),
    "error": ("(?i:true)|1", frozenset({"true", "false", "True", "False", "0", "1"})),
}
_GOOD_WORDS = frozenset({"ok", "success", "successful", "succeeded", "unset"})
_BAD_WORDS = frozenset({"error", "errors", "fail", "failed", "failure"})
# How OpenTelemetry's span metrics write the same words.
_SPAN_PREFIX = "STATUS_CODE_"
# Labels that are there, or not empty, only where something failed.
_KINDS_OF_ERROR = frozenset({"error_type", "error.type"})


def failing_matcher(series: Sequence[Labels]) -> Matcher | None:
    """The matcher that selects the counters of failures; None where no label tells them apart.

    Where every series carries a gRPC status, that decides: beside it HTTP says 200 even for failures.
    """
    order = sorted(ERROR_LABELS, key=lambda name: not _on_all(name, series))
    for name in order:
        values = values_of(series, name)
        if name == "exception" and values:
            return Matcher(name, "!~", "(?i:none)?")
        pattern = _pattern(name, values) if values else ""
        if pattern:
            return Matcher(name, "=~", pattern)
    return None


def _on_all(name: str, series: Sequence[Labels]) -> bool:
    return name in GRPC_LABELS and all(label(labels, name) for labels in series)


def _pattern(name: str, values: Sequence[str]) -> str:
    if name in _KINDS_OF_ERROR:
        return ".+"
    if name in GRPC_LABELS:
        return _grpc_pattern(values)
    if name in _WORDS and _WORDS[name][1].issuperset(values):
        return _WORDS[name][0]
    if any(_CODE.fullmatch(value) for value in values) or all(_DIGIT.fullmatch(value) for value in values):
        return _http_pattern(name, values)
    return _word_pattern(values)


def _grpc_pattern(values: Sequence[str]) -> str:
    """By how the codes seen are written; `OK` alone leaves two ways open."""
    telling = [value for value in values if value.upper() != "OK"]
    if all(value.isdigit() for value in values):
        return _GRPC_NUMBERS
    if not telling:
        return f"{_GRPC_WORDS}|{_GRPC_CAPITALS}"
    return _GRPC_CAPITALS if all(value.isupper() for value in telling) else _GRPC_WORDS


def _http_pattern(name: str, values: Sequence[str]) -> str:
    # `5..` also matches the grouped values 5xx and 5XX, as the dot is any character.
    pattern = "5(..)?" if any(len(value) == 1 and value != "0" for value in values) else "5.."
    # Envoy and Istio count a connection that was reset before an answer as code 0.
    return f"{pattern}|0" if name == "response_code" else pattern


def _word_pattern(values: Sequence[str]) -> str:
    lowered = {value.removeprefix(_SPAN_PREFIX).lower() for value in values}
    if not lowered <= _GOOD_WORDS | _BAD_WORDS:
        return ""
    prefix = f"({_SPAN_PREFIX})?" if any(value.startswith(_SPAN_PREFIX) for value in values) else ""
    return f"{prefix}(?i:{'|'.join(sorted(_BAD_WORDS))})"
