"""Where the time of a draft goes, measured from within: `python -m tests.bench.flow_stages URL draft ...`.

Prints the seconds of each stage as JSON. What is measured runs otherwise as it always does.
"""

from __future__ import annotations

import functools
import importlib
import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # imported while the clock runs, not before
    from collector.http.settings import HttpSettings
    from collector.prometheus import QueryStat

PLACES = {
    "collect": ("report.pipeline.drafting", "collect"),
    "assess": ("report.pipeline.flow", "judged"),
    "compare with what is kept": ("report.pipeline.flow", "reconciled"),
    "draw, and wait for the drawers": ("report.pipeline.studio", "_drawn_beside"),
    "render text": ("report.pipeline.publishing", "markdown"),
    "render pages": ("report.pipeline.publishing", "pages"),
    "pack evidence": ("report.pipeline.publishing", "dump"),
    "write": ("report.pipeline.publishing", "write_all"),
}
"""Stages by the names under which the pipeline calls them."""


@dataclass(frozen=True, slots=True)
class Stages:
    """Seconds by stage, and what the server was asked for."""

    seconds: dict[str, float]
    requests: int
    waited: float
    samples: int
    loaded: int
    megabytes: float

    def tell(self) -> None:
        """Prints a table; what is not in a stage is the rest."""
        whole = self.seconds["all"]
        named = {name: spent for name, spent in self.seconds.items() if name != "all"}
        print(f"one draft within its process: {whole:.2f} s")
        for name, spent in {**named, "rest": whole - sum(named.values())}.items():
            print(f"  {name:<26} {spent:5.2f} s  {spent / whole:4.0%}")
        print(
            f"of collecting, {self.waited:.2f} s in {self.requests} requests, reading included; "
            f"{self.samples:,} samples received in {self.megabytes:.2f} MB, "
            f"{self.loaded:,} loaded by the server"
        )


def _timed(function: Callable[..., Any], name: str, spent: dict[str, float]) -> Callable[..., Any]:
    @functools.wraps(function)
    def timed(*arguments: object, **named: object) -> object:
        started = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            spent[name] += time.perf_counter() - started

    return timed


def main() -> None:
    """Run the command with a clock at every stage."""
    started = time.perf_counter()
    spent: dict[str, float] = defaultdict(float)
    drafting = importlib.import_module("report.pipeline.drafting")
    command = importlib.import_module("report.cli")
    spent["import"] = time.perf_counter() - started
    for name, (module, function) in PLACES.items():
        place = importlib.import_module(module)
        setattr(place, function, _timed(getattr(place, function), name, spent))
    asked = _counted(drafting)
    url, *arguments = sys.argv[1:]
    sys.argv[0] = "incident-timeline"  # as the command itself, which may start workers
    code = _run(command.main, [*arguments, "--prometheus", url, "--output", "staged"])
    if code:
        raise SystemExit(code)
    spent["all"] = time.perf_counter() - started
    told = Stages(
        dict(spent),
        requests=len(asked),
        waited=sum(one.seconds for one in asked),
        samples=sum(one.samples for one in asked),
        loaded=sum(one.loaded or 0 for one in asked),
        megabytes=sum(one.bytes for one in asked) / 1_000_000,
    )
    print(json.dumps(asdict(told)))


def _counted(drafting: ModuleType) -> list[QueryStat]:
    """What each question costs, filled as they are asked; the server is made to tell its part."""
    asked: list[QueryStat] = []
    connect = drafting.connect

    def counting(settings: HttpSettings, **named: Any) -> object:
        return connect(replace(settings, server_stats=True), **(named | {"on_query": asked.append}))

    drafting.connect = counting  # type: ignore[attr-defined]
    return asked


def _run(main: Callable[..., Any], arguments: list[str]) -> int:
    try:
        main(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


if __name__ == "__main__":
    main()
