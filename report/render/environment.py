"""Jinja environments: one for Markdown, one for HTML, both escaping whatever is not marked as ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, FunctionLoader, StrictUndefined
from jinja2.runtime import Undefined

from report.render.sandbox import Bounded
from report.render.wording.md import Md, piece

_TEMPLATES = Path(__file__).parent.parent / "templates"
_BLOCK = re.compile("[a-z0-9][a-z0-9-]*")


def _finalize(value: object) -> str:
    """Each `{{ value }}` of a Markdown template; an undefined one raises."""
    return str(value) if isinstance(value, Undefined) else piece(value)


@cache
def markdown_environment() -> Bounded:
    """Templates of Markdown: values are escaped unless they are `Md`, an unknown name is an error."""
    return _markdown_environment({})


def team_environment(templates: Mapping[str, str]) -> Bounded:
    """The same with a team's own templates, by name, before ours."""
    return _markdown_environment(templates)


def _markdown_environment(templates: Mapping[str, str]) -> Bounded:
    def own(name: str) -> tuple[str, str, None] | None:
        # The name is also the file's, so that an error can say where it is.
        return (templates[name], name, None) if name in templates else None

    return Bounded(
        loader=ChoiceLoader([FunctionLoader(own), FileSystemLoader(_TEMPLATES)]),
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
    """The comment that tells where a generated block begins: small letters, digits and `-`."""
    if not _BLOCK.fullmatch(block):
        raise ValueError(f"anchor {block!r}: use small letters, digits and '-'")
    return Md(f"<!-- itl:{block} -->")
