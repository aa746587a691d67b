"""What to do about a service whose counters are not known: those that look like requests, by name."""

from __future__ import annotations

from collections.abc import Sequence

from collector.errors import QueryRejected
from collector.signals.discover import Found
from collector.signals.labels.sets import label, named, parsed, values_of
from collector.source import Source
from incident.model.evidence import Scope
from incident.model.signals import Labels
from incident.model.spans import Span
from incident.text.promql import Matcher, regex_literal, selector

# What counters of requests are usually called, by whoever wrote them.
_LIKE_REQUESTS = "(?i:.*(request|http|grpc|rpc|call|handled|response).*_(total|count))"
_LIKELY = 4
# What counters of failures alone are usually called.
_FAILURES = "(?i:.*(error|fail|exception).*_total)"
# Labels that say how something counted went, and values of theirs that mean it went wrong.
_OUTCOMES = ("result", "outcome", "status", "status_code", "code", "state", "success")
_WENT_WRONG = "(?i:err|errors?|fail(s|ed|ure|ures)?|exceptions?|false|ko|timeouts?|5..|5xx)"


def advice(source: Source, found: Found, span: Span) -> str:
    """What to give by hand: a ready signal where a counter tells failures, else names to look at."""
    if not found.scope.label:
        return "give signals with --signal 'NAME=PROMQL'"
    if ready := _ready(source, found.scope, span):
        return ready
    names = values_of(_series(source, span, [_counters(found.scope, _LIKE_REQUESTS)]), "__name__")
    if not names:
        return "give signals with --signal 'NAME=PROMQL'"
    shown = ", ".join(names[:_LIKELY])
    return f"these look like request counters: {shown}; give them with --signal 'errors=PROMQL'"


def failures(source: Source, found: Found, span: Span) -> str:
    """What to give for errors where the counter of requests does not tell them: a counter of those."""
    by_hand = "give them with --signal 'errors=PROMQL'"
    if found.requests is None or not found.scope.label:
        return by_hand
    requests = found.requests.family.counter
    # Of the same maker only: what else a process counts as failed is not its requests.
    maker = regex_literal(requests.partition("_")[0])
    seen = _series(source, span, [_counters(found.scope, f"{maker}_{_FAILURES}")])
    if not seen:
        return by_hand
    every = (named(found.scope.label, found.scope.service), *parsed(found.scope.matchers))
    metric = values_of(seen, "__name__")[0]
    of = selector(requests, every)
    signal = f"errors=sum(rate({selector(metric, every)}[5m])) / sum(rate({of}[5m]))"
    return f"{metric} may count them; give it with --signal {_quoted(signal)}"


def _ready(source: Source, scope: Scope, span: Span) -> str:
    """The first counter with a label that tells failures, as the signal to give; "" where there is none."""
    asked = [
        _counters(scope, ".+_(total|count)", Matcher(name, "=~", _WENT_WRONG)) for name in sorted(_OUTCOMES)
    ]
    seen = _series(source, span, asked)
    if not seen:
        return ""
    metric = values_of(seen, "__name__")[0]
    own = [labels for labels in seen if label(labels, "__name__") == metric]
    outcome = next(name for name in _OUTCOMES if values_of(own, name))
    every = (named(scope.label, scope.service), *parsed(scope.matchers))
    failing = selector(metric, (*every, _one_of(outcome, values_of(own, outcome))))
    signal = f"errors=sum(rate({failing}[5m])) / sum(rate({selector(metric, every)}[5m]))"
    return f"{metric} may be one: its label {outcome} marks failures; give it with --signal {_quoted(signal)}"


def _counters(scope: Scope, pattern: str, *more: Matcher) -> str:
    own = named(scope.label, scope.service)
    return selector("", (Matcher("__name__", "=~", pattern), own, *parsed(scope.matchers), *more))


def _one_of(name: str, values: Sequence[str]) -> Matcher:
    return Matcher(name, "=", values[0]) if len(values) == 1 else Matcher(name, "=~", "|".join(values))


def _series(source: Source, span: Span, selectors: Sequence[str]) -> tuple[Labels, ...]:
    try:
        return source.series(tuple(selectors), span)
    except QueryRejected:
        return ()


def _quoted(text: str) -> str:
    """One word for a POSIX shell."""
    return "'" + text.replace("'", "'\\''") + "'"
