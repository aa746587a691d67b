"""One scan from screening to index, and what it came to."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from collector.config.settings import Settings
from collector.errors import AccessRefused, CollectError, NoData, QueryRejected, Unavailable
from collector.prometheus import connect
from collector.server.live import Stats
from collector.server.rationed import RationedSource
from collector.source import Source
from incident.text.controls import terminal
from report.exits import Exit, code_of
from report.pipeline.asked.given import Given
from report.pipeline.asked.window import described
from report.pipeline.scan.drafts.budget import over_budget, put_off_line
from report.pipeline.scan.drafts.handling import handle
from report.pipeline.scan.outcome import INDEX, Change, Failure, Outcome
from report.pipeline.scan.sought.known import known_drafts
from report.pipeline.scan.sought.looking import look
from report.pipeline.scan.sought.memory import Memory, shelf_of
from report.pipeline.scan.told import monitoring
from report.pipeline.scan.told.files import write_files
from report.pipeline.scan.wanted import Wanted, wanted
from report.progress import progress
from report.write import OutputError, Shelf, WriteError

if TYPE_CHECKING:
    from report.pipeline.scan.drafts.candidate import Desk

_LOST = (Unavailable, AccessRefused, NoData, QueryRejected)
"""What keeps a source from being scanned to the end; a single rejected query elsewhere costs itself only."""


@dataclass(frozen=True, slots=True)
class _Run:
    """What stays the same for a whole scan."""

    wanted: Wanted
    version: str
    now: datetime
    say: Callable[[str], None]
    workers: bool
    shelf: Shelf | None


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

    Raises what kept the only source from being asked, and ConfigError for the flags; the status file and the
    metrics are written in any case but the last.
    """
    asked = wanted(given, settings, now)
    outcome = Outcome()
    code = Exit.DEFECT
    try:
        with progress(quiet=asked.quiet) as say:
            shelf = shelf_of(asked.settings, wished=asked.remembers)
            code = _scanned(_Run(asked, version, now, say, workers, shelf), outcome)
    except (CollectError, WriteError) as error:
        code = code_of(error)
        raise
    except KeyboardInterrupt:
        code = Exit.INTERRUPTED
        raise
    except SystemExit:
        code = Exit.TERMINATED  # by a signal: nothing of a scan ends the program
        raise
    finally:
        code = write_files(asked, outcome, code, now, clock(), _warn)
    _print(asked, outcome, code, now, clock())
    return code


@contextmanager
def _desk(
    run: _Run, spent: Callable[[], str], source: Source, wanted: Wanted, namesakes: frozenset[str]
) -> Iterator[Desk]:
    """What drafting needs, loaded with the first close look: a quiet night loads no plotting library."""
    from report.pipeline.scan.drafts.candidate import Desk
    from report.pipeline.studio import has_workers, studio

    with studio(workers=run.workers, early=False) as draw:
        beside = has_workers(wished=run.workers)
        yield Desk(source, wanted, run.version, run.now, run.say, draw, beside, namesakes, spent)


def _scanned(run: _Run, outcome: Outcome) -> Exit:
    if not run.wanted.sources:
        run.wanted.settings.server  # noqa: B018 - no address is a mistake to tell before any other
    if not run.wanted.quiet and sys.stderr.isatty():
        print(f"period   {described(run.wanted.period, run.wanted.settings.timezone)}", file=sys.stderr)
    try:
        with _index_loading(run.wanted.settings):
            _sources(run, outcome)
        _index(run.wanted.settings, outcome)
    except OutputError as error:
        # What was drafted before is there, and is told: the next run has nothing new to say of it.
        outcome.failed_outputs.append(Failure("output", str(error)))
    if run.shelf is not None:
        run.shelf.trim()
    _executed(run.wanted, outcome)
    return _code(outcome)


@contextmanager
def _index_loading(settings: Settings) -> Iterator[None]:
    """An index that is there is made anew by every scan: what that takes is loaded while servers answer."""
    if not (settings.output / INDEX).exists():
        yield
        return
    loading = threading.Thread(target=_load_index, daemon=True)
    loading.start()
    try:
        yield
    finally:
        loading.join()


def _load_index() -> None:
    import report.pipeline.scan.told.index  # noqa: F401


def _index(settings: Settings, outcome: Outcome) -> None:
    """Both pages, where there is something to list or an earlier index."""
    put_off = (Failure(f"{one.service}: {one.what}", one.why) for one in outcome.put_off)
    failed = (*outcome.failed_sources, *outcome.failed_queries, *put_off)
    if outcome.stood_out or failed or (settings.output / INDEX).exists() or known_drafts(settings.output):
        from report.pipeline.scan.told.index import write_index

        write_index(settings.output, outcome.stood_out, failed, settings.timezone)


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
    live = connect(settings.http, url=settings.server, deadline=settings.deadline, on_query=None)
    memory = Memory(run.shelf, settings, run.version)
    rationed = RationedSource(live, settings.query_samples, live.allow)
    live.allow(settings.run_samples)
    source = memory.before(rationed, run.now)
    outcome.sources += 1
    before_us = (outcome.close_queries, outcome.close_samples)
    screened = Stats()

    def close() -> tuple[int, int]:
        asked = (live.stats.queries - screened.queries, live.stats.samples - screened.samples)
        return before_us[0] + asked[0], before_us[1] + asked[1]

    try:
        looked = look(source, run.wanted, run.say, rationed.expect)
        screened = live.stats
        outcome.services += len(looked.members)
        outcome.failed_queries += [Failure(u.what, u.why) for u in looked.unknowns]
        handle(
            source,
            looked,
            run.wanted,
            outcome,
            memory,
            partial(_desk, run, lambda: over_budget(settings, *close())),
        )
        outcome.close_queries, outcome.close_samples = close()
    except _LOST as error:
        outcome.failed_sources.append(Failure(source.url, str(error)))
        if len(outcome.drafted) == before:
            raise
    finally:
        outcome.queries += live.stats.queries
        outcome.samples += live.stats.samples
        live.close()


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
    if outcome.failed_outputs:
        return Exit.OUTPUT_FAILED
    if outcome.failed_sources:
        return Exit.PARTIAL
    if outcome.failed_commands:
        return Exit.OUTPUT_FAILED
    left = any(one.change is Change.LEFT for one in outcome.drafted)
    return Exit.HUMAN_NEEDED if left else Exit.DONE


def _print(asked: Wanted, outcome: Outcome, code: Exit, began: datetime, ended: datetime) -> None:
    """stdout: a line for each draft that changed, or the JSON; stderr: what failed and who is needed."""
    if asked.form == "json":
        told = monitoring.document(outcome, asked.period, code, ended, ended - began)
        sys.stdout.write(monitoring.json_text(told))
    else:
        for one in outcome.changed:
            print(f"{one.path}\t{terminal(one.finding)}")
    for failure in outcome.failures:
        _warn(f"{failure.what}: {failure.why}")
    if outcome.put_off:
        _warn(put_off_line(outcome.put_off))
    for left in outcome.drafted:
        if left.change is Change.LEFT:
            _warn(left.left)


def _warn(line: str) -> None:
    print(f"incident-timeline: {terminal(line)}", file=sys.stderr)
