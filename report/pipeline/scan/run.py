"""One scan from screening to index, and what it came to."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from collector.config.settings import Settings
from collector.errors import AccessRefused, CollectError, NoData, QueryRejected, Unavailable
from collector.prometheus import connect
from collector.source import Source
from incident.fleet.model import Candidate
from incident.model.evidence import Evidence
from incident.model.timeline import Timeline
from incident.text.controls import terminal
from report.exits import Exit, code_of
from report.pipeline.asked.given import Given
from report.pipeline.asked.window import described
from report.pipeline.scan import monitoring
from report.pipeline.scan.candidate import Desk, handled, matchers_of, stood_out
from report.pipeline.scan.index import write_index
from report.pipeline.scan.known import draft_of, known_drafts, of_source, still_open
from report.pipeline.scan.looking import Looked, look
from report.pipeline.scan.outcome import Change, Drafted, Failure, Outcome
from report.pipeline.scan.wanted import Wanted, wanted
from report.pipeline.studio import Draw, studio
from report.progress import progress
from report.write import WriteError

if TYPE_CHECKING:
    from report.charts import Chart

MOST_CANDIDATES = 50
"""Close looks in one scan: some two thousand questions, which a server answers in minutes. More services
than that in trouble at once are one incident, told by those that alerted and were hurt most."""
_ALONE = "a single signal, and no alert fired"
_LOST = (Unavailable, AccessRefused, NoData, QueryRejected)
"""What keeps a source from being scanned to the end; a single rejected query elsewhere costs itself only."""


@dataclass(frozen=True, slots=True)
class _Run:
    """What stays the same for a whole scan."""

    wanted: Wanted
    version: str
    now: datetime
    say: Callable[[str], None]
    draw: Draw


def scan(
    given: Given,
    settings: Settings,
    *,
    version: str,
    now: datetime,
    clock: Callable[[], datetime],
    workers: bool,
) -> Exit:
    """Scans every source, writes drafts and index, tells of it. `clock` says when it ended.

    Raises what kept the only source from being asked, OutputError, and ConfigError for the flags; the
    status file and the metrics are written in any case but the last.
    """
    asked = wanted(given, settings, now)
    outcome = Outcome()
    code = Exit.DEFECT
    try:
        with ExitStack() as open_until_the_end, progress(quiet=asked.quiet) as say:
            draw = _when_needed(open_until_the_end, workers=workers)
            code = _scanned(_Run(asked, version, now, say, draw), outcome)
    except (CollectError, WriteError) as error:
        code = code_of(error)
        raise
    finally:
        _report(asked, outcome, code, now, clock())
    _print(asked, outcome, code, now, clock())
    return code


def _when_needed(stack: ExitStack, *, workers: bool) -> Draw:
    """Draws in a studio that is opened with the first draft: a quiet night loads no plotting library."""
    studios: list[Draw] = []

    def draw(timeline: Timeline, evidence: Evidence) -> tuple[Chart, ...]:
        if not studios:
            studios.append(stack.enter_context(studio(workers=workers)))
        return studios[0](timeline, evidence)

    return draw


def _scanned(run: _Run, outcome: Outcome) -> Exit:
    if not run.wanted.sources:
        run.wanted.settings.server  # noqa: B018 - no address is a mistake to tell before any other
    if not run.wanted.quiet and sys.stderr.isatty():
        print(f"period   {described(run.wanted.period, run.wanted.settings.timezone)}", file=sys.stderr)
    _sources(run, outcome)
    write_index(run.wanted.settings.output, outcome.stood_out, run.wanted.settings.timezone)
    _executed(run.wanted, outcome)
    return _code(outcome)


def _sources(run: _Run, outcome: Outcome) -> None:
    """Each source in turn; one that fails costs its own drafts. Raises where none could be asked."""
    errors: list[CollectError] = []
    settings = [run.wanted.settings.of_source(one) for one in run.wanted.sources] or [run.wanted.settings]
    for one in settings:
        try:
            _source(replace(run, wanted=replace(run.wanted, settings=one)), outcome)
        except _LOST as error:
            errors.append(error)
    if len(errors) == len(settings):
        raise errors[0]


def _source(run: _Run, outcome: Outcome) -> None:
    """One source to its end. Raises what kept it from being asked to the end, unless drafts came of it."""
    settings, before = run.wanted.settings, len(outcome.drafted)
    source = connect(settings.http, url=settings.server, deadline=settings.deadline, on_query=None)
    outcome.sources += 1
    try:
        looked = look(source, run.wanted, run.say)
        outcome.services += len(looked.members)
        outcome.failed_queries += [Failure(u.what, u.why) for u in looked.unknowns]
        _candidates(source, looked, run, outcome)
    except _LOST as error:
        outcome.failed_sources.append(Failure(source.url, str(error)))
        if len(outcome.drafted) == before:
            raise
    finally:
        outcome.queries += source.stats.queries
        outcome.samples += source.stats.samples
        source.close()


def _candidates(source: Source, looked: Looked, run: _Run, outcome: Outcome) -> None:
    """Each candidate to a draft or a line; those that alerted first, so that a deadline costs the least."""
    settings, period = run.wanted.settings, run.wanted.period
    known = of_source(known_drafts(settings.output), source, settings.tenant)
    opened = tuple(c for c in still_open(known, looked.close, period) if _is_ours(c, run.wanted))
    counted = Counter(member.service for member in looked.members)
    namesakes = frozenset(name for name, count in counted.items() if count > 1)
    desk = Desk(source, run.wanted, run.version, run.now, run.say, run.draw, namesakes)
    urgent = sorted((*opened, *looked.close), key=_urgency)
    late = [(c, f"more than {MOST_CANDIDATES} at once; not looked at") for c in urgent[MOST_CANDIDATES:]]
    for candidate, why in (*((c, _ALONE) for c in looked.others), *late):
        outcome.stood_out.append(stood_out(candidate, why, namesakes))
    for candidate in urgent[:MOST_CANDIDATES]:
        one = draft_of(candidate, known, period)
        found = handled(candidate, one, matchers_of(candidate, settings.match, namesakes), desk)
        if isinstance(found, Drafted):
            outcome.drafted.append(found)
        else:
            outcome.stood_out.append(found)


def _urgency(candidate: Candidate) -> tuple[bool, int, datetime, str]:
    return (not candidate.firings, -len(candidate.measures), candidate.start, str(candidate.member))


def _is_ours(candidate: Candidate, asked: Wanted) -> bool:
    service = candidate.member.service
    if asked.settings.service and asked.settings.service != service:
        return False
    return asked.shard is None or asked.shard.holds(service)


def _executed(asked: Wanted, outcome: Outcome) -> None:
    """Runs the command with each draft that changed, no shell between; a failure costs no draft."""
    for one in outcome.changed if asked.execute else ():
        try:
            done = subprocess.run([*asked.execute, str(one.path)], stdin=subprocess.DEVNULL, check=False)
            why = f"ended with {done.returncode}" if done.returncode else ""
        except OSError as error:
            why = error.strerror or "could not be started"
        if why:
            outcome.failed_commands.append(Failure(f"--exec {asked.execute[0]}", f"{why} for {one.path}"))


def _code(outcome: Outcome) -> Exit:
    if outcome.failed_sources:
        return Exit.PARTIAL
    if outcome.failed_commands:
        return Exit.OUTPUT_FAILED
    left = any(one.change is Change.LEFT for one in outcome.drafted)
    return Exit.HUMAN_NEEDED if left else Exit.DONE


def _report(asked: Wanted, outcome: Outcome, code: Exit, began: datetime, ended: datetime) -> None:
    """The files for monitoring, whatever the scan came to."""
    told = monitoring.document(outcome, asked.period, code, ended, ended - began)
    if asked.status_file is not None:
        monitoring.write_status(asked.status_file, told)
    if asked.textfile is not None:
        monitoring.write_textfile(asked.textfile, told, ended)


def _print(asked: Wanted, outcome: Outcome, code: Exit, began: datetime, ended: datetime) -> None:
    """stdout: a line for each draft that changed, or the JSON; stderr: what failed and who is needed."""
    if asked.form == "json":
        told = monitoring.document(outcome, asked.period, code, ended, ended - began)
        sys.stdout.write(monitoring.json_text(told))
    else:
        for one in outcome.changed:
            print(f"{one.path}\t{terminal(one.finding)}")
    for failure in (*outcome.failed_sources, *outcome.failed_queries, *outcome.failed_commands):
        _warn(f"{failure.what}: {failure.why}")
    for left in outcome.drafted:
        if left.change is Change.LEFT:
            _warn(f"{left.path}: left alone, the new text lies beside it as postmortem.new.md")


def _warn(line: str) -> None:
    print(f"incident-timeline: {terminal(line)}", file=sys.stderr)
