"""Rules for templates, kept by reading them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from report.render.environment import html_environment, markdown_environment

TEMPLATES = Path(__file__).parents[2] / "report" / "templates"
FILES = sorted(TEMPLATES.rglob("*.j2"))
_FORBIDDEN = {
    r"\|\s*safe": "marks foreign text as safe",
    r"Markup\s*\(": "marks foreign text as safe",
    r"xmlattr": "writes attribute names from values",
    r"autoescape\s+false": "turns escaping off",
    r"<[^!>]*=\{\{": "an attribute without quotes",
    r"\son[a-z]+\s*=": "an event handler",
    r"\sstyle\s*=": "an inline style, which the page's policy forbids",
    r"<script": "a script",
}


def test_there_are_templates_to_look_at() -> None:
    """The rules below judge something."""
    assert len(FILES) > 8


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
@pytest.mark.parametrize("pattern", _FORBIDDEN)
def test_no_template_does_what_is_forbidden(path: Path, pattern: str) -> None:
    """No `|safe`, no unquoted attribute, no script, no handler, no inline style."""
    assert not re.search(pattern, path.read_text("utf-8")), _FORBIDDEN[pattern]


def test_the_rules_find_what_they_forbid() -> None:
    """Each rule matches an example of its offence."""
    offences = (
        "{{ x|safe }} Markup(x) xmlattr autoescape false <a href={{ x }}> "
        "<b onclick=x> <b style='x'> <script>"
    )
    assert all(re.search(pattern, offences) for pattern in _FORBIDDEN)


def test_an_unknown_name_in_a_template_is_an_error() -> None:
    """A misspelt name does not print as nothing."""
    for environment in (markdown_environment(), html_environment()):
        with pytest.raises(UndefinedError):
            environment.from_string("{{ misspelt }}").render()


def test_values_are_escaped_without_being_asked() -> None:
    """A team's own template cannot forget to escape."""
    assert markdown_environment().from_string("{{ x }}").render(x="a|b*") == "a&#124;b\\*"
    assert html_environment().from_string("{{ x }}").render(x="<b>") == "&lt;b&gt;"
