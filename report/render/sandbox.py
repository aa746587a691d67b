"""Where templates run: they print what they are given, and can neither reach out nor grow without end.

A template is code of the team that wrote it, and is trusted like code; the limits here turn its
mistakes into one line that names the template. What a template prints is escaped wherever the text is
not marked as Markdown of ours, so forgetting to escape is not possible.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

from jinja2 import nodes
from jinja2.exceptions import SecurityError, TemplateSyntaxError
from jinja2.filters import FILTERS
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from report.render.wording.md import Md, joined

LONGEST_RANGE = 100
"""Numbers in one `range`; tables of a draft have no more rows than events."""
_MOST_INCLUDES = 1000
"""In one draft: a piece for each of many rows is fine, one that includes itself is not."""
_DEEPEST_LOOP = 2
"""Rows and their cells; each further loop multiplies the time by the number of rows."""
_LONGEST_SUM = 10_000
"""Characters or items that `+` may make: longer than a line of a draft, too short to fill the memory."""

# Filters that neither make text of a wanted size, nor choose by chance, nor mark text as safe.
_FILTERS = (
    "abs count d default first float int last length list lower map max min reject rejectattr reverse "
    "round select selectattr sort sum title trim unique upper"
).split()
_TEXT_METHODS = frozenset(
    "capitalize endswith isdecimal lower removeprefix removesuffix split startswith strip title upper".split()
)
_REFUSED: dict[type[nodes.Node], str] = {
    nodes.Macro: "macros: put the piece in a template of its own and include it",
    nodes.CallBlock: "call blocks: put the piece in a template of its own and include it",
    nodes.FilterBlock: "filter blocks: filter each value",
    nodes.AssignBlock: "set blocks: their text would be escaped a second time; include a template",
    nodes.Concat: "'~': its text would be escaped a second time; print the parts one after another",
    nodes.Mul: "'*': nothing in a draft is computed by its template",
    nodes.Pow: "'**': nothing in a draft is computed by its template",
}


FILTER_NAMES = frozenset({*_FILTERS, "join"})
"""The filters that templates may use."""


class Bounded(ImmutableSandboxedEnvironment):
    """A sandbox without the constructs that let a template grow without end."""

    intercepted_binops = frozenset({"+", "%"})

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - the options of Jinja's environment
        super().__init__(**options)
        self.filters = {name: FILTERS[name] for name in _FILTERS} | {"join": _joined}
        self.globals = {"range": _range}
        self._loaded = 0

    def begin(self) -> None:
        """Counts includes from here on."""
        self._loaded = 0

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for kind, why in _REFUSED.items():
            for found in tree.find_all(kind):
                _refuse(why, found, name)
        _loops(tree, 0, name)
        return tree

    def _load_template(self, name: str, globals: Any) -> Any:  # noqa: ANN401 - the signature of Jinja's
        self._loaded += 1
        if self._loaded > _MOST_INCLUDES:
            raise SecurityError(f"{name} is included without end")
        return super()._load_template(name, globals)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401
        """Sums of texts and lists are short, and `%` is for numbers."""
        if operator == "%" and isinstance(left, str):
            raise SecurityError("'%' on a text: print the parts one after another")
        total = super().call_binop(context, operator, left, right)
        if isinstance(total, (str, list, tuple)) and len(total) > _LONGEST_SUM:
            raise SecurityError(f"'+' makes more than {_LONGEST_SUM:,} characters or items")
        return total

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:  # noqa: ANN401 - the signature of Jinja's
        """Fields of what is printed, and of texts what makes them no longer."""
        if isinstance(obj, str) and attr not in _TEXT_METHODS:
            return False
        return super().is_safe_attribute(obj, attr, value)


def _refuse(why: str, node: nodes.Node, name: str | None) -> NoReturn:
    raise TemplateSyntaxError(f"no {why}", node.lineno, name, name)


def _loops(node: nodes.Node, depth: int, name: str | None) -> None:
    for child in node.iter_child_nodes():
        inside = depth + isinstance(child, nodes.For)
        if isinstance(child, nodes.For) and (inside > _DEEPEST_LOOP or child.recursive):
            _refuse(f"more than {_DEEPEST_LOOP} loops inside one another, and no recursive ones", child, name)
        _loops(child, inside, name)


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > LONGEST_RANGE:
        raise SecurityError(f"range of more than {LONGEST_RANGE} numbers")
    return numbers


def _joined(parts: Iterable[object], between: str = "") -> Md:
    """The parts in one line; Markdown of ours among them stays Markdown."""
    if between.strip(" ,;/"):
        raise ValueError(f"join({between!r}): only blanks, commas, semicolons and slashes between the parts")
    return joined(between, parts)
