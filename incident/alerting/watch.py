"""Which signals the alerting rules watch, as far as their expressions say."""

from __future__ import annotations

import re
from collections.abc import Sequence

from incident.model.facts import AlertRule
from incident.model.signals import Measure, SignalSpec

_LITERAL = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`""")
_BRACES = re.compile(r"\{([^{}]*)\}")
_COMMENT = re.compile("#[^\n]*")
_LISTED = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*\)", re.IGNORECASE)
_NAME = re.compile(r"(?<![\w:.])[a-zA-Z_:][a-zA-Z0-9_:]*(?![\w:]*\s*\()")
_MATCHED = re.compile(r"([a-zA-Z_][a-zA-Z0-9_]*)\s*(?:=~|!~|!=|=)")
_RANGE = re.compile(r"\[[^\[\]]*\]|@\s*\S+|\boffset\s+\S+")
_WORD = re.compile(
    r"(?<![\w:])(?:by|without|on|ignoring|group_left|group_right|and|or|unless|bool|inf|nan)(?![\w:])", re.I
)
_READ = re.compile(r"\{([^{}]*)\}|(?<![\w:.])[a-zA-Z_:][a-zA-Z0-9_:]*(?![\w:]*\s*[({])")
"""Each selector's braces, or a name without any: then nothing is asked for."""
_OF_HISTOGRAM = re.compile("_(?:bucket|sum|count)$")
MOST_RULES = 50
"""More rules than this on one service's metrics are not kept: each carries its expression."""


def metrics_in(query: str) -> frozenset[str]:
    """The names of metrics and recorded series that a query reads, where it spells them plainly."""
    return frozenset(_NAME.findall(_BRACES.sub(" ", _bare(query))))


def rules_on(rules: Sequence[AlertRule], specs: Sequence[SignalSpec]) -> tuple[AlertRule, ...]:
    """The rules that read what a signal reads, or what other rules have recorded."""
    read = {_family(name) for spec in specs for name in metrics_in(spec.query)}
    found = (r for r in rules if any(":" in n or _family(n) in read for n in metrics_in(r.query)))
    return tuple(found)[:MOST_RULES]


def watching(rules: Sequence[AlertRule], spec: SignalSpec) -> tuple[str, ...] | None:
    """Names of the rules that watch the signal; None where that cannot be told.

    A rule on failures is one that asks for the labels by which the signal tells failures apart; a rule on
    the same counter without them watches the traffic. What a recorded series holds is not known here.
    """
    mine = {_family(name) for name in metrics_in(spec.query)}
    if not mine or len(rules) >= MOST_RULES:
        return None
    found = [rule for rule in rules if mine & {_family(name) for name in metrics_in(rule.query)}]
    telling = _telling_labels(spec.query)
    if spec.measure is Measure.ERRORS and telling:
        found = [rule for rule in found if telling & _labels(rule.query)]
    if not found and any(":" in name for rule in rules for name in metrics_in(rule.query)):
        return None
    return tuple(dict.fromkeys(rule.name for rule in found))


def _family(name: str) -> str:
    """A histogram's buckets, sum and count are one thing to watch, but its count is also the traffic."""
    return _OF_HISTOGRAM.sub("_bucket", name) if name.endswith(("_bucket", "_sum")) else name


def _telling_labels(query: str) -> frozenset[str]:
    """Labels that some selectors ask for and others do not: what tells the part from the whole."""
    asked = [frozenset(_MATCHED.findall(inside)) for inside in _READ.findall(_bare(query))]
    return frozenset().union(*asked) - frozenset.intersection(*asked) if asked else frozenset()


def _labels(query: str) -> frozenset[str]:
    return frozenset(name for inside in _BRACES.findall(_bare(query)) for name in _MATCHED.findall(inside))


def _bare(query: str) -> str:
    """The query without literals, comments, ranges and lists of labels to group by."""
    bare = _LISTED.sub(" ", _COMMENT.sub("", _LITERAL.sub('""', query)))
    return _WORD.sub(" ", _RANGE.sub(" ", bare))
