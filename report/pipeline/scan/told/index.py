"""The index of all drafts below the output directory: what stands in its rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from incident.fleet.together import Onset, together
from incident.text.durations import compact
from incident.text.instants import stamp, zone_label
from report.pipeline.kept.texts import DRAFT, text_of
from report.pipeline.scan.outcome import INDEX, Failure, StoodOut
from report.pipeline.scan.sought.known import Known, known_drafts
from report.render import Index, IndexOnset, IndexRow, index_html, index_markdown, open_prompts
from report.write import OutputError, write_all

_TO_MINUTE = len("2023-12-15 14:00")

PAGE = "index.html"


def write_index(
    output: Path, others: Sequence[StoodOut], failed: Sequence[Failure], zone: tzinfo
) -> tuple[str, ...]:
    """Writes both pages where there is something to list or an earlier index; returns what changed.

    Nothing in them is of this run: the same drafts and findings give the same bytes.
    """
    known = known_drafts(output)
    if not known and not others and not failed and not (output / INDEX).exists():
        return ()
    index = _index(output, known, others, failed, zone)
    return write_all(
        output, {INDEX: index_markdown(index).encode("utf-8", "replace"), PAGE: index_html(index)}
    )


def _index(
    output: Path,
    known: tuple[Known, ...],
    others: Sequence[StoodOut],
    failed: Sequence[Failure],
    zone: tzinfo,
) -> Index:
    newest = sorted(known, key=lambda one: (one.stretch[0], one.directory.name), reverse=True)
    several = len({_source(one) for one in known}) > 1
    label = zone_label(newest[0].stretch[0], zone) if newest else str(zone)
    return Index(
        tuple(_row(one, _link(output, one), zone, several) for one in newest),
        tuple(_groups(output, known, zone)),
        tuple(_other(one, zone) for one in sorted(others, key=lambda o: (o.start, o.service), reverse=True)),
        label,
        tuple((one.what, one.why) for one in failed),
    )


def _link(output: Path, one: Known) -> str:
    """Where the draft lies below the index, as a link says it."""
    return quote(one.directory.relative_to(output).as_posix())


def _row(one: Known, link: str, zone: tzinfo, several: bool) -> IndexRow:
    text = _text(one.directory / DRAFT)
    start, end = one.stretch
    return IndexRow(
        directory=link,
        began=_minute(start, zone),
        service=f"{one.service} ({_source(one)[0]})" if several else one.service,
        what=what_of(one.document),
        lasted="lasts" if one.ongoing else compact(end - start) if one.start else "",
        alert=_alert(one),
        open=len(open_prompts(text)) if text else 0,
    )


def _text(draft: Path) -> str | None:
    """None also where it may not be read: the others are to be listed all the same."""
    try:
        return text_of(draft)
    except OutputError:
        return None


def _minute(at: datetime, zone: tzinfo) -> str:
    """To the nearest minute, as the names of the directories."""
    return stamp((at + timedelta(seconds=30)).replace(second=0, microsecond=0), zone)[:_TO_MINUTE]


def what_of(document: dict[str, Any]) -> str:
    """The worst state, or that there was none, in words."""
    state = (document.get("impact") or {}).get("state")
    words = str(state or document.get("status")).replace("_", " ")
    return f"{words}, ongoing" if state and document.get("status") == "ongoing" else words


def _alert(one: Known) -> str:
    """How long after the onset the first alert fired."""
    moment = (one.document.get("milestones") or {}).get("first_alert_firing") or {}
    at = moment.get("at")
    if not isinstance(at, str) or one.start is None:
        return "none" if one.document.get("alerts_readable") else "not readable"
    return compact(datetime.fromisoformat(at) - one.start, signed=True)


def _groups(output: Path, known: tuple[Known, ...], zone: tzinfo) -> list[tuple[IndexOnset, ...]]:
    """What began together, newest first; groups of one are no groups. Sources are kept apart."""
    found: list[tuple[datetime, tuple[IndexOnset, ...]]] = []
    ordered = sorted(known, key=_source)
    for _, ones in groupby(ordered, key=_source):
        by_name = {str(one.directory): one for one in ones if one.start is not None}
        onsets = [Onset(name, one.stretch[0], one.end) for name, one in by_name.items()]
        for names in together(onsets):
            if len(names) > 1:
                first = by_name[names[0]].stretch[0]
                times = (_minute(first, zone), *(_later(by_name[name], first) for name in names[1:]))
                lines = (
                    IndexOnset(_link(output, by_name[name]), by_name[name].service, at)
                    for name, at in zip(names, times, strict=True)
                )
                found.append((first, tuple(lines)))
    return [lines for _, lines in sorted(found, key=lambda pair: pair[0], reverse=True)]


def _source(one: Known) -> tuple[str, str]:
    source = one.document.get("source") or {}
    return str(source.get("url")), str(source.get("tenant"))


def _later(one: Known, first: datetime) -> str:
    return compact(one.stretch[0] - first, signed=True)


def _other(one: StoodOut, zone: tzinfo) -> tuple[str, str, str, str]:
    end = compact(one.end - one.start) if one.end else "lasts"
    return _minute(one.start, zone), one.service, f"{one.what} ({end})" if one.what else end, one.why
