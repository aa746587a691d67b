"""The verbs of the command line: each reads its flags, runs the flow, reports, and returns its exit code."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

from collector.config.settings import Settings
from collector.errors import AmbiguousService, ConfigError
from collector.prometheus import PrometheusSource, connect
from collector.reading.survey import SurveyRequest
from incident.model.evidence import Evidence, Presentation
from incident.model.facts import told_together
from incident.model.spans import Span
from incident.text.controls import terminal
from incident.text.instants import parse_time, zone
from incident.timeline import timeline_json
from report.exits import Exit
from report.pipeline.asked.forms import formed
from report.pipeline.asked.given import Given, settings_of
from report.pipeline.asked.given import text as _text
from report.pipeline.asked.given import texts as _texts
from report.pipeline.asked.imported import readable, with_events
from report.pipeline.asked.silences import with_silences
from report.pipeline.asked.window import (
    TAIL,
    About,
    Asked,
    alert_in,
    described,
    lead_for,
    window,
    window_of_alert,
)
from report.pipeline.collecting import collect
from report.pipeline.flow import Draft, draft, previewed
from report.pipeline.keeping import read_evidence
from report.pipeline.kept.restoring import restore
from report.pipeline.kept.texts import DRAFT, PAGE, text_of
from report.pipeline.merging import Outcome
from report.pipeline.noting import Note, add_note
from report.pipeline.places import read_document
from report.pipeline.publishing import Published, left_alone
from report.pipeline.studio import studio
from report.pipeline.telling import tell
from report.progress import progress
from report.render import open_prompts, review
from report.render import terminal as first_page

_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def run_draft(given: Given, *, version: str, now: datetime, workers: bool) -> Exit:
    """`draft`: one window of a live source, or of kept evidence, to one draft."""
    quiet = bool(given.get("quiet"))
    if given.get("restore"):
        return _run_restore(given, quiet=quiet)
    settings = settings_of(given)
    events = [Path(name) for name in _texts(given, "events")]
    readable(events)
    with studio(workers=workers) as draw, progress(quiet=quiet) as say:
        evidence = _evidence(given, settings, now=now, say=say)
        evidence = with_events(
            evidence,
            events,
            now=now,
            zone=settings.timezone if settings.timezone_given else None,
            tell=lambda line: None if quiet else print(f"events   {terminal(line)}", file=sys.stderr),
        )
        if given.get("dry_run"):
            sys.stdout.write(previewed(evidence, settings.output, version=version, say=say, draw=draw))
            return Exit.DONE
        made = draft(evidence, settings.output, version=version, now=now, say=say, draw=draw)
    if not quiet:
        tell(made)
    _print(made, _text(given, "form"))
    return _exit(made)


def _run_restore(given: Given, *, quiet: bool) -> Exit:
    """`draft --restore`: no window, no source; only the text of a draft goes back."""
    others = sorted(k for k, v in given.items() if v and k not in ("restore", "quiet", "form", "output"))
    if others:
        raise ConfigError(f"--restore: takes no other option; leave out --{others[0].replace('_', '-')}")
    print(
        restore(Path(_text(given, "restore")), lambda line: None if quiet else print(line, file=sys.stderr))
    )
    return Exit.DONE


def run_demo(output: Path, *, quiet: bool, version: str, now: datetime, workers: bool) -> Exit:
    """`demo`: the bundled incident, offline; its first page goes to stdout."""
    evidence = read_evidence(bundled())
    with studio(workers=workers) as draw, progress(quiet=quiet) as say:
        made = draft(evidence, output, version=version, now=now, say=say, draw=draw)
    print(first_page(made.timeline, recorded=True))
    asked = len(open_prompts(made.published.draft.read_text("utf-8")))
    print(f"{made.place.directory / PAGE}    {asked} questions for you")
    return _after(made.published)


def bundled() -> Path:
    """The recorded incident that travels with the program."""
    beside = Path(__file__).resolve().parents[1] / "demo" / "evidence.json.gz"
    return beside if beside.is_file() else Path(__file__).resolve().parents[2] / "fixtures" / "payments"


def run_note(
    directory: Path,
    time: str,
    text: str,
    kind: str,
    shown: str | None,
    *,
    quiet: bool,
    version: str,
    now: datetime,
) -> Exit:
    """`note`: a timed row into a draft."""
    if not directory.is_dir():
        raise ConfigError(f"{directory}: no such directory; give the directory of a draft")
    kept = read_document(directory)
    name = shown or (str(kept.get("timezone")) if kept else "UTC")
    at = parse_time(_dated(time, kept, zone(name)), now=now, zone=zone(name))
    words = " ".join(text.split())
    if not words:
        raise ConfigError("note: no text; say what happened, in quotes")
    with progress(quiet=quiet) as say:
        published = add_note(directory, Note(at, words, kind), version=version, now=now, say=say)
    print(published.draft)
    return _after(published)


def _dated(time: str, kept: dict[str, Any] | None, shown: tzinfo) -> str:
    """A bare `14:45` with the day of the draft: the one that puts it nearest to the incident."""
    if kept is None or not _CLOCK.fullmatch(time):
        return time
    began = (kept.get("impact") or {}).get("start") or (kept.get("window") or {}).get("start")
    if not isinstance(began, str):
        return time
    start = parse_time(began, now=_EPOCH, zone=None).astimezone(shown)
    days = (start.date() + timedelta(days=k) for k in (-1, 0, 1))
    try:
        return min((f"{day}T{time.rjust(5, '0')}" for day in days), key=lambda text: _distance(text, start))
    except ValueError:
        return time


def _distance(text: str, start: datetime) -> timedelta:
    return abs(datetime.fromisoformat(text) - start.replace(tzinfo=None))


def run_review(directory: Path) -> Exit:
    """`review`: what keeps a draft from being ready, one line each on stdout."""
    text, kept = text_of(directory / DRAFT), read_document(directory)
    if text is None:
        raise ConfigError(f"{directory}: no draft in it; give the directory of a draft")
    if kept is None:
        raise ConfigError(
            f"{directory / 'timeline.json'}: missing or damaged; "
            f"`incident-timeline draft --replay {directory} --output {directory.parent}` "
            "makes it again from the evidence and keeps what people wrote"
        )
    judged = review(text, kept)
    for finding in judged.findings:
        print(finding)
    return Exit.DONE if judged.ready else Exit.PARTIAL


def _asked(given: Given) -> Asked:
    return Asked(*(_text(given, name) for name in ("start", "end", "last", "around", "alert")))


def _no_window(given: Given) -> None:
    if _asked(given) != Asked():
        raise ConfigError(
            "--replay: the window is the evidence's own; leave out --from, --to, --last, --around"
        )


def _shown_as(evidence: Evidence, given: Given, settings: Settings) -> Evidence:
    """The evidence as it was shown first, or in the zone and the form that are asked for now."""
    name = _text(given, "timezone")
    shown = formed(evidence.presentation, settings)
    return replace(evidence, presentation=replace(shown, zone=zone(name).key) if name else shown)


def _connected(settings: Settings) -> PrometheusSource:
    return connect(settings.http, url=settings.server, deadline=settings.deadline, on_query=None)


def _evidence(given: Given, settings: Settings, *, now: datetime, say: Callable[[str], None]) -> Evidence:
    """Kept evidence where a replay is asked for, else what the live source has."""
    if given.get("replay"):
        _no_window(given)
        return _shown_as(read_evidence(Path(_text(given, "replay"))), given, settings)
    return _live(given, settings, now=now, say=say)


def _live(given: Given, settings: Settings, *, now: datetime, say: Callable[[str], None]) -> Evidence:
    settings.server  # noqa: B018 - no address is a mistake to tell before any other
    asked = _asked(given)
    shown = formed(Presentation(settings.timezone.key, settings.link_base, settings.policy, ""), settings)
    span = window(asked, now=now, zone=settings.timezone if settings.timezone_given else None)
    source = _connected(settings)
    about: About | None = None
    if span is None:
        say(f"looking for {asked.alert}")
        span, about = window_of_alert(source, asked.alert, now)
    elif asked.alert and not settings.service:
        about = alert_in(source, asked.alert, span)
    service = settings.service or (about.service if about else "")
    if not service:
        raise ConfigError(
            "service: none given; name one with --service, or `service:` in the configuration; "
            "`incident-timeline doctor` lists them"
        )
    if not given.get("quiet"):
        print(f"window   {described(span, settings.timezone)}", file=sys.stderr)
    wanted = replace(_request(settings, service, span), alert=asked.alert)
    try:
        evidence = collect(source, wanted, shown, now=now, say=say)
    except AmbiguousService as error:
        if about is None:
            raise
        wanted = replace(wanted, matchers=(*wanted.matchers, *about.place(error)))
        evidence = collect(source, wanted, shown, now=now, say=say)
    return with_silences(evidence, settings, say)


def _request(settings: Settings, service: str, span: Span) -> SurveyRequest:
    return SurveyRequest(
        service=service,
        matchers=settings.match,
        asked=span,
        lead=lead_for(span),
        tail=max(TAIL, settings.policy.recovery_hold + timedelta(minutes=5)),
        wanted=settings.signals,
        discovery=settings.discovery,
        tenant=settings.tenant,
    )


def _print(made: Draft, form: str) -> None:
    """The one thing on stdout: the draft's path, or its timeline.json."""
    if form == "json":
        sys.stdout.write(timeline_json(made.timeline).decode("utf-8"))
    else:
        print(made.published.draft)


def _exit(made: Draft) -> Exit:
    if made.published.outcome is Outcome.HUMAN_NEEDED:
        return _after(made.published)
    failed = told_together([u for u in made.timeline.unknowns if u.failed])
    for one in failed:
        print(f"incident-timeline: partial: {terminal(one.what)}: {terminal(one.why)}", file=sys.stderr)
    return Exit.PARTIAL if failed else Exit.DONE


def _after(published: Published) -> Exit:
    if published.outcome is not Outcome.HUMAN_NEEDED:
        return Exit.DONE
    print(f"incident-timeline: {terminal(left_alone(published))}", file=sys.stderr)
    return Exit.HUMAN_NEEDED
