"""One alert's share of an expression that watches many: only the series with its labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from incident.rules.tokens import Token, tokens
from incident.text.promql import label_name, quote

# Through these a label of the result is a label of every series it was made from, so that a matcher on the
# selector keeps exactly the results with this label. Everything else is narrowed from outside.
_TRANSPARENT = frozenset(
    "sum avg min max count rate irate increase delta idelta deriv changes resets abs ceil floor round "
    "avg_over_time min_over_time max_over_time sum_over_time count_over_time last_over_time "
    "quantile_over_time stddev_over_time present_over_time predict_linear histogram_quantile clamp_min "
    "clamp_max time".split()
)
_LISTS = frozenset({"by", "without"})
_REFUSED = frozenset(
    "on ignoring group_left group_right and or unless bool offset atan2 inf nan start end".split()
)


def metric_names(expression: str) -> tuple[str, ...]:
    """The distinct names of metrics that the expression selects, in its order."""
    found = tokens(expression) or ()
    return tuple(dict.fromkeys(found[i].text for i in _selectors(found)))


def narrowed(expression: str, labels: Mapping[str, str]) -> str:
    """The expression for the series with these labels, which its results must carry."""
    if not labels:
        return expression
    found = tokens(expression)
    places = _selectors(found) if found else ()
    if found and places and _is_transparent(found) and _all_named(found):
        return _with_matchers(expression, found, places, labels)
    return _matched_outside(expression, labels)


def _matched_outside(expression: str, labels: Mapping[str, str]) -> str:
    """Joined with a series that has the labels and nothing else: right for any expression."""
    one = "vector(1)"
    for name, value in sorted(labels.items()):
        # The replacement is a template: a dollar of the value must be doubled.
        doubled = value.replace("$", "$$")
        one = f'label_replace({one}, {quote(name)}, {quote(doubled)}, "", "")'
    return f"({expression}) and on ({', '.join(map(label_name, sorted(labels)))}) {one}"


def _selectors(found: Sequence[Token]) -> tuple[int, ...]:
    """Where names of metrics stand: words that are no function, keyword, or label."""
    listed = _inside_lists(found)
    braces = _inside_braces(found)
    places = []
    for i, one in enumerate(found):
        called = _is_called(found, i)
        plain = one.kind == "word" and one.text.lower() not in _REFUSED | _LISTS
        if plain and not called and i not in listed and i not in braces:
            places.append(i)
    return tuple(places)


def _is_called(found: Sequence[Token], i: int) -> bool:
    """Whether the word is a function, or an aggregation: `rate(`, `sum by (`."""
    follows = found[i + 1].text.lower() if i + 1 < len(found) else ""
    return follows == "(" or follows in _LISTS


def _inside_braces(found: Sequence[Token]) -> frozenset[int]:
    """What stands between braces (matchers) or square brackets (ranges)."""
    inside, level = set(), 0
    for i, one in enumerate(found):
        level -= one.text in ("}", "]")
        if level > 0:
            inside.add(i)
        level += one.text in ("{", "[")
    return frozenset(inside)


def _inside_lists(found: Sequence[Token]) -> frozenset[int]:
    """What stands in the label lists of `by (...)`, `on (...)` and the like."""
    inside: set[int] = set()
    for i, one in enumerate(found[:-1]):
        if one.kind == "word" and one.text.lower() in _LISTS | _REFUSED and found[i + 1].text == "(":
            for j in range(i + 2, len(found)):
                if found[j].text == ")" and found[j].depth == found[i + 1].depth:
                    break
                inside.add(j)
    return frozenset(inside)


def _is_transparent(found: Sequence[Token]) -> bool:
    words = {one.text.lower() for i, one in enumerate(found) if one.kind == "word" and _is_called(found, i)}
    refused = {one.text.lower() for one in found if one.kind == "word"} & _REFUSED
    return not refused and words <= _TRANSPARENT | _LISTS


def _all_named(found: Sequence[Token]) -> bool:
    """Whether each pair of braces belongs to a name: `{job="x"}` alone is left as it is."""
    return all(one.text != "{" or (i > 0 and found[i - 1].kind == "word") for i, one in enumerate(found))


def _with_matchers(
    expression: str, found: Sequence[Token], places: Sequence[int], labels: Mapping[str, str]
) -> str:
    made, at = "", 0
    for i in places:
        braced = i + 1 < len(found) and found[i + 1].text == "{"
        known = _known(found, i + 1) if braced else frozenset()
        more = [
            f"{label_name(name)}={quote(value)}"
            for name, value in sorted(labels.items())
            if (name, quote(value)) not in known
        ]
        cut = found[i + 1].end if braced else found[i].end
        made += expression[at:cut]
        if braced:
            follows = found[i + 2].text != "}"
            made += ",".join(more) + ("," if more and follows else "")
        else:
            made += "{" + ",".join(more) + "}"
        at = cut
    return made + expression[at:]


def _known(found: Sequence[Token], brace: int) -> frozenset[tuple[str, str]]:
    """The equalities that the selector has already, as (label, quoted value)."""
    pairs = set()
    for i in range(brace + 1, len(found) - 2):
        if found[i].text == "}":
            break
        if found[i + 1].text == "=" and found[i].kind == "word":
            pairs.add((found[i].text, found[i + 2].text))
    return frozenset(pairs)
