"""The words of a suggested rule: its expression, its name, and the YAML that Prometheus loads."""

from __future__ import annotations

import re

from incident.model.detection import SuggestedRule
from incident.model.signals import Measure, SignalSpec
from incident.text.durations import promql_duration

_WORD = re.compile(r"[A-Za-z0-9]+")
_LONGEST_NAME = 60
"""Characters: a name that fits the subject line of a page."""
_SEVERAL = re.compile(r"of \d+ series at each time")


def expression(spec: SignalSpec, threshold: float, *, up: bool) -> str:
    """The signal's own query compared with the threshold; where it has several series, the worst of them.

    Raw targets and probes are told as their share that is up, as the draft tells them. A query with a
    comment or lines of its own stands on lines of its own, so that nothing in it swallows the comparison.
    """
    query = spec.query
    shared = spec.measure in (Measure.AVAILABILITY, Measure.PROBE) and "(" not in query.partition("{")[0]
    whole = "avg" if shared else ("max" if up else "min") if _SEVERAL.search(spec.why) else ""
    body = f"\n{query}\n" if "#" in query or "\n" in query else query
    return f"{whole}({body}) {'>' if up else '<'} {threshold:.10g}"


def alert_name(service: str, signal: str, *, up: bool) -> str:
    """`PaymentsErrorsHigh`: letters and digits only, whatever service and signal are called."""
    words = [word[:1].upper() + word[1:] for word in _WORD.findall(f"{service} {signal}")]
    name = "".join(words)[:_LONGEST_NAME] or "Service"
    return f"{'' if name[0].isalpha() else 'Service'}{name}{'High' if up else 'Low'}"


def plain(text: str) -> str:
    """Text for an annotation or a label of a rule, which are Go templates, without effect as one."""
    return text.replace("{{", '{{"{{"}}')


def rule_yaml(rule: SuggestedRule) -> str:
    """A rule file with this one rule, as `promtool check rules` accepts it."""
    lines = [
        "groups:",
        f"  - name: {quoted(f'{rule.name} (suggested)')}",
        f"    interval: {promql_duration(rule.interval)}",
        "    rules:",
        f"      - alert: {quoted(rule.name)}",
        *_scalar("        expr", rule.expr),
        *([f"        for: {promql_duration(rule.hold)}"] if rule.hold else []),
        "        labels:",
        *(f"          {name}: {quoted(plain(value))}" for name, value in rule.labels),
        "        annotations:",
        f"          summary: {quoted(plain(rule.summary))}",
    ]
    return "\n".join(lines)


def _scalar(key: str, text: str) -> list[str]:
    """The text as it is in a block, where nothing in it needs an escape; else in quotes."""
    lines = text.split("\n")
    # A block finds its indent in its first line and drops the ends of lines after its last one.
    if text[:1] in ("", " ", "\n") or text[-1:] == "\n" or not all(line.isprintable() for line in lines):
        return [f"{key}: {quoted(text)}"]
    indent = " " * (len(key) - len(key.lstrip()) + 2)
    return [f"{key}: |-", *(f"{indent}{line}" if line else "" for line in lines)]


def quoted(text: str) -> str:
    """A YAML scalar: plain where that is certain to stay text, else in double quotes with escapes.

    What cannot be seen is escaped, line ends of every kind and marks of direction included. Half a
    surrogate pair, which no file can hold, becomes the replacement character.
    """
    if re.fullmatch(r"[A-Z][A-Za-z][A-Za-z0-9]*High|[A-Z][A-Za-z][A-Za-z0-9]*Low|page", text):
        return text
    return '"' + "".join(_escaped(char) for char in text) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char.isprintable():
        return char
    point = 0xFFFD if 0xD800 <= ord(char) < 0xE000 else ord(char)
    return f"\\u{point:04X}" if point < 0x10000 else f"\\U{point:08X}"
