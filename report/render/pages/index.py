"""The index of all drafts, newest first: a page in Markdown and the same as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from incident.text.markup.markdown import foreign
from report.render.environment import html_environment, template_text
from report.render.pages.page import policy_of

_HEADS = ("Began", "Service", "What", "Lasted", "First alert", "Open questions")
_OTHERS = ("Began", "Service", "What stood out", "Why there is no draft")
_TITLE = "Incident drafts"
_NONE = "No drafts yet."
_TOGETHER = "Began together"
_ORDER = (
    "Impact that began within a quarter of an hour of the first. The order is that of the onsets; "
    "it names no cause."
)
_STOOD_OUT = "What else stood out"
_MISSING = "Not seen by the last scan"
_UNSEEN = ("What", "Why")


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One draft; the texts are foreign and are escaped here."""

    directory: str
    """Its directory as a link says it: below the index, percent-encoded, for people rename directories."""
    began: str
    service: str
    what: str
    lasted: str
    """A duration, in our words."""
    alert: str
    """How long after the onset the first alert fired, in our words."""
    open: int


@dataclass(frozen=True, slots=True)
class IndexOnset:
    """One of the services whose impact began together; the texts are foreign and are escaped here."""

    directory: str
    """Of its draft, as of a row."""
    service: str
    at: str
    """When it began: of the first in a group the time, of the others how long after."""


@dataclass(frozen=True, slots=True)
class Index:
    """Everything the page shows."""

    rows: tuple[IndexRow, ...]
    together: tuple[tuple[IndexOnset, ...], ...]
    """Groups of services whose impact began together, in order of onset."""
    others: tuple[tuple[str, str, str, str], ...]
    zone: str
    missing: tuple[tuple[str, str], ...] = ()
    """What the last scan asked in vain, or got in part only, and why: below that nothing may be concluded."""


def index_markdown(index: Index) -> str:
    """The page for people who read Markdown, with links to each draft."""
    lines = [f"# {_TITLE}", "", f"Times in {foreign(index.zone)}.", ""]
    if index.rows:
        lines += _table(_HEADS, [_cells(row) for row in index.rows])
    else:
        lines += [_NONE]
    if index.missing:
        lines += ["", f"## {_MISSING}", ""]
        lines += _table(_UNSEEN, [(foreign(what), foreign(why)) for what, why in index.missing])
    if index.together:
        lines += ["", f"## {_TOGETHER}", "", _ORDER, ""]
        lines += [f"- {_group(group)}" for group in index.together]
    if index.others:
        lines += ["", f"## {_STOOD_OUT}", ""]
        lines += _table(_OTHERS, [tuple(foreign(text) for text in row) for row in index.others])
    return "\n".join(lines) + "\n"


def index_html(index: Index) -> bytes:
    """The same as a page that asks the network for nothing and runs no script."""
    style = template_text("report.css")
    page = html_environment().get_template("index.html.j2")
    text = page.render(
        policy=policy_of(style),
        style=Markup(style),
        title=_TITLE,
        index=index,
        heads=_HEADS,
        others=_OTHERS,
        unseen=_UNSEEN,
        words={
            "missing": _MISSING,
            "none": _NONE,
            "together": _TOGETHER,
            "order": _ORDER,
            "stood_out": _STOOD_OUT,
        },
    )
    return text.encode("utf-8")


def _group(group: Sequence[IndexOnset]) -> str:
    first, *others = ((one.at, f"[{foreign(one.service)}]({one.directory}/postmortem.md)") for one in group)
    return f"{first[0]} {first[1]}, then {', '.join(f'{link} {at}' for at, link in others)}"


def _cells(row: IndexRow) -> tuple[str, ...]:
    link = f"[{row.began}]({row.directory}/postmortem.md)"
    return link, foreign(row.service), foreign(row.what), row.lasted, row.alert, str(row.open)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    bars = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(row)} |" for row in bars]
