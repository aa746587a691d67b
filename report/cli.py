"""The command line: arguments, the clock, exit codes. The only reader of the wall clock.

Data go to stdout, everything else to stderr. Heavy libraries are imported inside the verbs, so that
`--help` answers at once.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TypeAlias, TypeVar

import click

from report import scan_options
from report.exits import Exit, code_of

Flag: TypeAlias = str | bool | tuple[str, ...] | None
"""What click gives for a flag of ours."""
F = TypeVar("F", bound=Callable[..., Any])

# A full disk, a quota, a limit of the file's size, a medium that failed.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def _version() -> str:
    """Of the installed distribution; looked up late, because looking it up takes longer than `--help`."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("incident-timeline")
    except PackageNotFoundError:
        return "0+unknown"


def _print_version(context: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"incident-timeline {_version()}")
        context.exit()


def _is_own_process() -> bool:
    """Whether this program is all that runs here, so that it may start workers; not so inside a test."""
    program = Path(sys.argv[0])
    return program.name == "incident-timeline" or program.parts[-2:] == ("report", "__main__.py")


def _now() -> datetime:
    """In whole seconds: nobody means the milliseconds in which a command was typed."""
    return datetime.now(UTC).replace(microsecond=0)


@contextmanager
def _told() -> Iterator[None]:
    """Turns every error into one line on stderr and its exit code; no traceback reaches a user.

    Inside, an interrupt unwinds, so that locks and temporary files go; before and after, the program leaves
    at once where it is on its own.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        try:
            yield
        finally:
            # Now, while it can still be told in a line; Python would try it only while it ends.
            if sys.stdout is not None:
                sys.stdout.flush()
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except KeyboardInterrupt:
        _leave("interrupted; every earlier file is as it was", Exit.INTERRUPTED)
    except BrokenPipeError:
        _give_up_stdout()
        raise SystemExit(Exit.DONE) from None
    except OSError as error:
        # Files have a room of their own, whose errors name them; what has no name is a stream.
        if error.filename is not None or error.errno not in _FULL:
            _leave(_defect(error), Exit.DEFECT)
        _give_up_stdout()
        _leave(
            f"standard output: {error.strerror}; the files were written; send the output elsewhere",
            Exit.OUTPUT_FAILED,
        )
    except Exception as error:  # noqa: BLE001 - the one boundary: a defect becomes a line and code 1
        code = code_of(error)
        _leave(_defect(error) if code is Exit.DEFECT else str(error), code)
    finally:
        signal.signal(signal.SIGINT, before)


def _give_up_stdout() -> None:
    """Nothing more goes to stdout, so that Python does not fail on it while it ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _defect(error: Exception) -> str:
    where = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(where.filename).name}:{where.lineno}"
    return f"unexpected {type(error).__name__} at {place}; this is a defect of ours, please report this line"


def _leave(line: str, code: Exit) -> NoReturn:
    click.echo(f"incident-timeline: {' '.join(line.split())}", err=True)
    raise SystemExit(code)


def _options(*options: Callable[[F], F]) -> Callable[[F], F]:
    """Several options as one decorator, listed in this order."""

    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


_source_options = _options(
    click.option("--prometheus", metavar="URL", help="Address of Prometheus; also PROMETHEUS_URL."),
    click.option(
        "--http.config.file",
        "http_config_file",
        metavar="FILE",
        help="Credentials and TLS, exactly Prometheus' http_config in YAML.",
    ),
    click.option(
        "--header", multiple=True, metavar="NAME=VALUE", help="Header sent with every request; repeatable."
    ),
    click.option("--config", metavar="FILE", help="Configuration file; default ./config.yaml if it exists."),
)
_shown_options = _options(
    click.option("--timezone", metavar="ZONE", help="IANA zone to show times in; default UTC."),
    click.option("--output", metavar="DIR", help="Where drafts go; default reports."),
    click.option("--quiet", is_flag=True, help="Only errors on stderr."),
)
_scope_options = _options(
    click.option("--service", metavar="NAME", help="The service, as its labels name it."),
    click.option(
        "--match",
        multiple=True,
        metavar="MATCHER",
        help="Narrow the scope: 'namespace=\"prod\"'; repeatable.",
    ),
)


@click.group(context_settings=_SETTINGS)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version.",
)
def main() -> None:
    """Turn a window of Prometheus metrics and alerts into a measured postmortem draft.

    TIME is RFC 3339, unix seconds, or now-2h. Exit codes: 0 done, 2 usage, 3 partial, 4 no data,
    5 unavailable, 6 refused, 7 output failed, 8 a human is needed, 75 locked.
    """
    signal.signal(signal.SIGTERM, _terminated)


def _terminated(_number: int, _frame: FrameType | None) -> NoReturn:
    _leave("terminated; every earlier file is as it was", Exit.TERMINATED)


@main.command()
@_source_options
@_scope_options
@click.option("--from", "start", metavar="TIME", help="Start of the window.")
@click.option("--to", "end", metavar="TIME", help="End of the window; default now.")
@click.option("--last", metavar="DURATION", help="The window is this long and ends at --to.")
@click.option("--around", metavar="TIME", help="The window is two hours on each side of TIME.")
@click.option(
    "--alert", metavar="NAME", help="Draft what this alert is about; without a window, its latest firing."
)
@click.option(
    "--signal", "signals", multiple=True, metavar="NAME=PROMQL", help="Add or replace a signal; repeatable."
)
@click.option(
    "--alertmanager", metavar="URL", help="Alertmanager to read silences from; also ALERTMANAGER_URL."
)
@click.option("--replay", metavar="PATH", help="Draft from kept evidence, without a network.")
@click.option(
    "--events",
    multiple=True,
    metavar="FILE",
    help="What others recorded: alert logs, notes, CSV; repeatable.",
)
@click.option(
    "--form",
    "draft_form",
    metavar="NAME",
    help="Form of the draft: full, short, or one of your own templates.",
)
@click.option("--templates", metavar="DIR", help="Directory of your own templates; kept with the draft.")
@click.option(
    "--restore",
    metavar="DIR",
    help="Put back the text that the last refresh replaced; takes no other option.",
)
@click.option("--dry-run", is_flag=True, help="Write nothing; show what would change in the draft.")
@click.option(
    "--format", "form", type=click.Choice(["path", "json"]), default="path", help="What to print on stdout."
)
@_shown_options
def draft(**flags: Flag) -> None:
    """Draft one window: writes Markdown, HTML, charts and timeline.json, prints the draft's path."""
    with _told():
        from report.pipeline.drafting import run_draft

        sys.exit(run_draft(flags, version=_version(), now=_now(), workers=_is_own_process()))


@main.command()
@click.option("--output", metavar="DIR", default="reports", help="Where the draft goes; default reports.")
@click.option("--quiet", is_flag=True, help="Only errors on stderr.")
def demo(output: str, quiet: bool) -> None:
    """Draft the bundled incident from its recorded evidence, offline, and print its timeline."""
    with _told():
        from report.pipeline.drafting import run_demo

        sys.exit(
            run_demo(Path(output), quiet=quiet, version=_version(), now=_now(), workers=_is_own_process())
        )


@main.command()
@click.argument("directory", metavar="DIR")
@click.argument("time", metavar="TIME")
@click.argument("text", metavar="TEXT")
@click.option(
    "--kind",
    default="note",
    type=click.Choice(
        ["note", "reported", "acknowledged", "declared", "escalated", "action", "mitigated", "resolved"]
    ),
    help="What happened then; milestones fill the durations. Default note.",
)
@click.option(
    "--timezone", metavar="ZONE", help="What a TIME without an offset means; default the draft's zone."
)
@click.option("--quiet", is_flag=True, help="Only errors on stderr.")
def note(directory: str, time: str, text: str, kind: str, timezone: str | None, quiet: bool) -> None:
    """Add a timed note to the draft in DIR; nothing that people wrote is changed.

    TIME may be a time of day alone, such as 14:45: on the day of the incident, in the draft's zone.
    """
    with _told():
        from report.pipeline.drafting import run_note

        sys.exit(
            run_note(Path(directory), time, text, kind, timezone, quiet=quiet, version=_version(), now=_now())
        )


@main.command()
@_options(*scan_options.PERIOD)
@_source_options
@_scope_options
@_options(*scan_options.CRON)
@_shown_options
def scan(**flags: Flag) -> None:
    """Find the incidents of a period in all services and draft or refresh each; made for cron."""
    with _told():
        from report.pipeline.scan.start import run_scan

        lock = click.get_current_context().obj  # taken before any of this was loaded, or none
        workers = _is_own_process()
        sys.exit(run_scan(flags, version=_version, now=_now(), clock=_now, workers=workers, lock=lock))


@main.command()
@click.argument("directory", metavar="DIR")
def review(directory: str) -> None:
    """List what keeps the draft in DIR from being ready: open questions, contradicting times."""
    with _told():
        from report.pipeline.drafting import run_review

        sys.exit(run_review(Path(directory)))


@main.command()
@_source_options
@_scope_options
@click.option("--timezone", metavar="ZONE", hidden=True)
@click.option("--output", metavar="DIR", hidden=True)
def doctor(**flags: Flag) -> None:
    """Check what Prometheus gives us: access, version, retention, alerts, rules, signals."""
    with _told():
        from report.pipeline.checkup.verbs import run_doctor

        sys.exit(run_doctor(flags, now=_now()))


@main.command()
@_source_options
@_scope_options
@click.option(
    "--output",
    "file",
    metavar="FILE",
    help="File to write, or - for stdout; default config.yaml. Never overwrites one.",
)
@click.option("--timezone", metavar="ZONE", hidden=True)
def init(**flags: Flag) -> None:
    """Write a commented config.yaml of the services and signals that the server has."""
    with _told():
        from report.pipeline.checkup.verbs import run_init

        sys.exit(run_init(flags, now=_now()))


if __name__ == "__main__":
    main()
