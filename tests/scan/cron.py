"""Many runs, minutes apart, through a proxy that makes some of them fail: who ended how, and what is left."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from collector.errors import CollectError
from report.exits import Exit, code_of
from report.pipeline.kept.texts import DRAFT
from report.write import WriteError
from report.write.staging import TEMP_NAME
from tests.faults.proxy import Answer, Asked, FaultProxy, failure
from tests.scan.scene import scan, timelines

Fault = Callable[[int], Answer | None]
"""What the n-th request of a run gets in place of the server's answer."""

_DATED = re.compile(r"<!-- itl:draft gen=|Collected \d{4}-")
_LOGIN = Answer(body=b"<html>Sign in</html>", kind="text/html")
_CUT = Answer(body=b'{"status":"success","data":{"resultType":"matrix"', kind="application/json")
_TOO_MANY = Answer(429, b"slow down", kind="text/plain", headers={"Retry-After": "1"})


def _from(number: int, answer: Answer) -> Fault:
    return lambda n: answer if n >= number else None


def _only(numbers: Sequence[int], answer: Answer) -> Fault:
    return lambda n: answer if n in numbers else None


FAULTS: dict[str, tuple[Fault, frozenset[int]]] = {
    "refused": (_from(0, Answer(401, b"no", kind="text/plain")), frozenset({6})),
    "login page": (_from(0, _LOGIN), frozenset({6})),
    "away": (_from(0, Answer(502, b"bad gateway", kind="text/plain")), frozenset({5})),
    "away after a while": (_from(6, Answer(503, b"starting", kind="text/plain")), frozenset({3, 5})),
    "answers cut": (_from(3, _CUT), frozenset({3, 5})),
    "one query refused": (_only((4,), failure(400, "bad_data", "made up")), frozenset({0})),
    "every fifth query refused": (
        _only(range(4, 1000, 5), failure(422, "execution", "made up")),
        frozenset({0, 3, 5}),
    ),
    "too many requests, then not": (_only((2, 3), _TOO_MANY), frozenset({0})),
}
"""What may go wrong, and the exit codes that it explains."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run: when, what was done to it, and how it ended."""

    now: datetime
    fault: str
    code: int
    samples: int
    queries: int

    @property
    def explained(self) -> bool:
        """A run without a fault ends with 0, another with a code that its fault explains."""
        return self.code in FAULTS[self.fault][1] if self.fault else self.code == 0


class _Proxy:
    """Puts one fault at a time between runs and server."""

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self._number = -1

    def begin(self, name: str) -> None:
        self.fault = FAULTS[name][0] if name else None
        self._number = -1

    def __call__(self, _asked: Asked) -> Answer | None:
        self._number += 1
        return self.fault(self._number) if self.fault else None


def runs(
    url: str, output: Path, times: Sequence[datetime], *, share: float, seed: int, **flags: str | bool
) -> Iterator[Run]:
    """A run at each of the times, every one of a random `share` with a fault; then two without.

    All ask through one proxy, because the address is part of what an incident is. The last thing done is
    one run into `output` + "-once", as if there had been none before.
    """
    rng = np.random.default_rng(seed)
    proxy = _Proxy()
    with FaultProxy(proxy, url) as between:
        for now in times:
            name = str(rng.choice(list(FAULTS))) if rng.random() < share else ""
            proxy.begin(name)
            yield _run(between.url, output, now, name, flags)
        proxy.begin("")
        yield _run(between.url, output, times[-1] + timedelta(minutes=5), "", flags)
        once = output.with_name(output.name + "-once")
        yield _run(between.url, once, times[-1] + timedelta(minutes=5), "", flags)


def _run(url: str, output: Path, now: datetime, fault: str, flags: dict[str, str | bool]) -> Run:
    status = output.with_name(output.name + "-status.json")
    try:
        code = scan(url, output, now, status_file=str(status), **flags).code
    except (CollectError, WriteError) as error:
        code = Exit(code_of(error)).value
    told = json.loads(status.read_text("utf-8"))
    return Run(now, fault, code, told["samples"], told["queries"])


def left_behind(output: Path) -> list[str]:
    """Temporary files, texts laid beside a draft, and locks."""
    ends = (".new.md", ".lock")
    return [p.name for p in output.rglob("*") if TEMP_NAME.fullmatch(p.name) or p.name.endswith(ends)]


def judged(output: Path) -> dict[str, dict[str, Any]]:
    """All of each draft's timeline.json and text, by its directory, but when it was collected.

    How often it was made anew is left out too: the number of the generation stands in its first line.
    """
    return {name: _without_dates(output / name, one) for name, one in timelines(output).items()}


def _without_dates(draft: Path, document: dict[str, Any]) -> dict[str, Any]:
    source = {key: value for key, value in document["source"].items() if key != "collected_at"}
    lines = (draft / DRAFT).read_text("utf-8").splitlines()
    text = [line for line in lines if not _DATED.match(line)]
    return document | {"source": source, "text": text}
