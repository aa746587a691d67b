"""Progress for people who watch: one changing line on a terminal's stderr, and nothing anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from incident.text.controls import terminal


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Yields a function that shows what is being done now; silent in cron, in pipes and with `quiet`."""
    if quiet or not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console

    console = Console(stderr=True)
    with console.status("starting") as status:
        yield lambda text: status.update(terminal(text).replace("[", "\\["))


def _silent(_text: str) -> None:
    """Nobody watches."""
