"""Which template makes the draft: the forms that travel with the program, and a team's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from traceback import extract_tb

from jinja2 import Template, TemplateError, TemplateNotFound, TemplateSyntaxError

from incident.model.timeline import Status
from incident.text.errors import TextError
from report.render.environment import markdown_environment, team_environment

FORMS = ("full", "short")
"""The forms that travel with the program."""

# Only an incident asks for causes and actions.
_QUIET = frozenset({Status.NO_IMPACT, Status.UNKNOWN})
_NAME = re.compile(r"(?:sections/)?[a-z][a-z0-9_-]{0,40}(?:\.quiet)?\.md\.j2")
_MOST_TEMPLATES = 50
_LONGEST_TEMPLATE = 64 * 1024
_LONGEST_DRAFT = 8 * 1024 * 1024
"""Characters; some forty times the draft of a hundred events."""
_FIRST_ANCHOR = re.compile(r"<!-- itl:draft gen=[0-9]+ -->\n# ")
_ANCHOR = re.compile(r"^<!-- itl:([a-z0-9-]+)", re.MULTILINE)

# What an expression of a template can raise, beside what Jinja itself does.
_MISTAKES = (
    *(TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError),
)


class FormError(TextError):
    """A form is unknown, or a team's template cannot be used. One line: which, where, why, what next."""


class Form:
    """A template with everything it includes, ready to be filled in as often as needed."""

    def __init__(self, form: str, status: Status, templates: Mapping[str, str]) -> None:
        """Raises FormError where there is no such form, or its template is not understood."""
        _check_sources(templates)
        self._own = bool(templates)
        self._environment = team_environment(templates) if templates else markdown_environment()
        self._environment.begin()
        self._template = self._found(form, status in _QUIET, templates)

    def _found(self, form: str, quiet: bool, templates: Mapping[str, str]) -> Template:
        wanted = _names(form, quiet)
        if form not in FORMS and f"{form}.md.j2" not in templates:
            known = [*FORMS, *(own for name in templates if (own := _form_of(name)) and own not in FORMS)]
            raise FormError(f"form {form!r}: not known; choose one of {', '.join(dict.fromkeys(known))}")
        try:
            return self._environment.select_template(wanted)
        except TemplateError as error:
            raise FormError(_said(error)) from error

    def check(self, names: Iterable[str]) -> None:
        """Reads the templates of these names. Raises FormError where one is not understood."""
        for name in names:
            try:
                self._environment.get_template(name)
            except TemplateError as error:
                raise FormError(_said(error)) from error

    def filled(self, values: Mapping[str, object]) -> str:
        """The draft with these values. Raises FormError where a team's template does not fit them."""
        self._environment.begin()
        if not self._own:
            return self._template.render(values)
        try:
            return _checked(_gathered(self._template, values), str(self._template.name))
        except FormError:
            raise
        except _MISTAKES as error:
            raise FormError(_said(error)) from error


def check_form(form: str, templates: Mapping[str, str]) -> None:
    """Reads all templates of a form before anything is fetched.

    Raises FormError where there is no such form, or a template is not understood.
    """
    Form(form, Status.RECOVERED, templates).check(templates)


def _names(form: str, quiet: bool) -> Sequence[str]:
    """The templates of a form, the one that fits best first."""
    incident = "incident.md.j2" if form == "full" else f"{form}.md.j2"
    return [f"{form}.quiet.md.j2", "quiet.md.j2"] if quiet else [incident]


def _form_of(name: str) -> str:
    """The form that a team's template makes; empty for a piece of others."""
    inner = name.removesuffix(".md.j2")
    pieces = {"incident", "quiet"}
    return "" if "/" in inner or inner.endswith(".quiet") or inner in pieces else inner


def _check_sources(templates: Mapping[str, str]) -> None:
    if len(templates) > _MOST_TEMPLATES:
        raise FormError(f"templates: {len(templates)} files; {_MOST_TEMPLATES} at most")
    for name, source in templates.items():
        if not _NAME.fullmatch(name):
            raise FormError(
                f"template {name[:80]!r}: not a name for one; use NAME.md.j2 or sections/NAME.md.j2, "
                "in small letters"
            )
        if len(source) > _LONGEST_TEMPLATE:
            raise FormError(f"template {name}: {len(source):,} characters; {_LONGEST_TEMPLATE:,} at most")


def _gathered(template: Template, values: Mapping[str, object]) -> str:
    """The text piece by piece, so that one without end is not waited for."""
    pieces, length = [], 0
    for each in template.generate(values):
        length += len(each)
        if length > _LONGEST_DRAFT:
            raise FormError(f"template {template.name}: makes more than {_LONGEST_DRAFT:,} characters")
        pieces.append(each)
    return "".join(pieces)


def _checked(text: str, name: str) -> str:
    """The text, if a later draft can be merged into it: its blocks are found again by their anchors."""
    if not _FIRST_ANCHOR.match(text):
        raise FormError(
            f'template {name}: must begin with {{% include "sections/banner.md.j2" %}}, or with the same '
            "anchor and a heading"
        )
    anchors = _ANCHOR.findall(text)
    twice = next((each for each in anchors if anchors.count(each) > 1), None)
    if twice:
        raise FormError(f"template {name}: the anchor {twice!r} is used twice; each block needs its own")
    return text


def _said(error: Exception) -> str:
    """`template sections/x.md.j2, line 4: 'y' is undefined`."""
    if isinstance(error, RecursionError):
        return "templates: they include one another in a circle"
    if isinstance(error, TemplateNotFound):
        return f"template {error.name}: not found; it is included by another"
    if isinstance(error, TemplateSyntaxError):
        return f"template {error.name}, line {error.lineno}: {error.message}"
    places = [at for at in extract_tb(error.__traceback__) if at.filename.endswith(".j2")]
    place = f"template {places[-1].filename}, line {places[-1].lineno}" if places else "templates"
    return f"{place}: {' '.join(str(error).split())}"
