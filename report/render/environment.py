"""Jinja environments: one for Markdown, one for HTML, both escaping whatever is not marked as ours."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.runtime import Undefined

from report.render.md import Md, piece

_TEMPLATES = Path(__file__).parent.parent / "templates"


def _finalize(value: object) -> str:
    """Each `{{ value }}` of a Markdown template; an undefined one raises."""
    return str(value) if isinstance(value, Undefined) else piece(value)


@cache
def markdown_environment() -> Environment:
    """Templates of Markdown: values are escaped unless they are `Md`, an unknown name is an error."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        finalize=_finalize,
        autoescape=False,  # that would be for HTML; `finalize` escapes for Markdown
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def html_environment() -> Environment:
    """Templates of HTML: everything is escaped that is not sanitised markup."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def template_text(name: str) -> str:
    """A file of the templates as it stands, e.g. the style sheet."""
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def anchor(block: str) -> Md:
    """The comment that tells where a generated block begins. `block` is a name of ours."""
    return Md(f"<!-- itl:{block} -->")
