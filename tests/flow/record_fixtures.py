"""Record the fixtures anew: `python -m tests.flow.record_fixtures [--redraft] [NAME...]`.

Each incident is simulated, served by a real Prometheus and drafted by the command with nothing
configured. Its evidence is kept with a neutral address and date, and the draft made from it. With
`--redraft` the evidence stays, and only the expected draft is made anew from it, with no server.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import textwrap
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from collector.kept.record import dump
from collector.kept.replay import load
from incident.model.evidence import Evidence
from tests.flow.command import ROOT, run
from tests.lab.build import Lab, build
from tests.lab.catalogue import rules_of
from tests.lab.prometheus import serve
from tests.lab.truth import Truth, write_truth

FIXTURES = ROOT / "fixtures"
CACHE = ROOT / ".cache" / "lab"
ADDRESS = "http://prometheus.example:9090"
"""Stands for the server in what is kept: the real one had a port of its own on some machine."""
COLLECTED_AFTER = timedelta(hours=12)
"""The morning after: how long after the data end the evidence says it was collected."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The window somebody would give, in the incident's own time."""

    start: str
    end: str


ASKED = {
    "payments": Asked("2023-12-15T13:00", "2023-12-15T17:00"),
    "portal": Asked("2023-03-01T13:00", "2023-03-01T18:00"),
    "store": Asked("2023-05-03T09:30", "2023-05-03T12:30"),
    "store_probe": Asked("2023-05-03T09:30", "2023-05-03T12:30"),
    "checkout": Asked("2023-02-08T08:00", "2023-02-08T11:00"),
    "webstore": Asked("2022-02-05T08:30", "2022-02-05T11:30"),
    "healthy": Asked("2023-09-12T00:00", "2023-09-13T00:00"),
}
"""The five incidents of the written reports, one of them in two variants, and the healthy day."""


def record(name: str) -> None:
    """Make `fixtures/NAME` anew."""
    lab = build(name, CACHE)
    home = FIXTURES / name
    evidence = _neutral(_collected(lab, ASKED[name]), lab.truth)
    home.mkdir(parents=True, exist_ok=True)
    (home / "evidence.json.gz").write_bytes(dump(evidence))
    write_truth(lab.truth, home / "truth.yaml")
    (home / "README.md").write_text(_readme(lab.truth, ASKED[name]), encoding="utf-8")
    expect(name)


def _collected(lab: Lab, asked: Asked) -> Evidence:
    """What the command keeps beside a draft of this window."""
    truth = lab.truth
    with serve(lab.data_dir, rules=rules_of(truth.name)) as url, tempfile.TemporaryDirectory() as folder:
        window = ("--from", asked.start, "--to", asked.end, "--timezone", truth.zone)
        done = run(Path(folder), "draft", "--prometheus", url, "--service", truth.service, *window)
        if done.code != 0:
            raise SystemExit(f"{truth.name}: draft ended with {done.code}: {done.stderr}")
        kept = Path(folder, done.draft, "evidence.json.gz")
        return load(kept.read_bytes(), str(kept))


def _neutral(evidence: Evidence, truth: Truth) -> Evidence:
    """The same evidence, collected at another address on the morning after."""
    at = (truth.data.end + COLLECTED_AFTER).replace(second=0, microsecond=0)
    return replace(
        evidence,
        origin=replace(evidence.origin, url=ADDRESS, collected_at=at),
        presentation=replace(evidence.presentation, link_base=ADDRESS, identity=""),
    )


def expect(name: str) -> None:
    """Make the expected draft of a fixture anew from the evidence it has, which is put into today's form."""
    home = FIXTURES / name
    kept = home / "evidence.json.gz"
    kept.write_bytes(dump(load(kept.read_bytes(), str(kept))))
    (home / "expected").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        done = run(Path(folder), "draft", "--replay", str(home))
        if done.code != 0:
            raise SystemExit(f"{name}: replay ended with {done.code}: {done.stderr}")
        draft = Path(folder, done.draft)
        kept.write_bytes((draft / "evidence.json.gz").read_bytes())  # with the incident's id
        text, timeline = ((draft / made).read_text("utf-8") for made in ("postmortem.md", "timeline.json"))
    (home / "expected" / "postmortem.md").write_text(text, "utf-8")
    (home / "expected" / "timeline.json").write_text(without_version(timeline), "utf-8")


def without_version(timeline: str) -> str:
    """The timeline as every version of the program would say it of itself."""
    return re.sub(r'"version": "[^"]*"', '"version": "0"', timeline, count=1)


def _readme(truth: Truth, asked: Asked) -> str:
    """One paragraph: what this is and where it comes from."""
    from tests.lab.catalogue import INCIDENTS

    what = (INCIDENTS[truth.name].__doc__ or "").strip()
    start, end = (_local(text, truth.zone) for text in (asked.start, asked.end))
    text = (
        f"{what} The service is `{truth.service}`, the window {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} "
        f"{truth.zone}. Simulated request by request (`tests/lab`, seed {truth.seed}), served by a real "
        "Prometheus and collected by `draft` with nothing configured; address and date of collection are "
        "neutral. `truth.yaml` tells what really happened, `expected/` holds the draft made from "
        f"`evidence.json.gz`. Made by `python -m tests.flow.record_fixtures {truth.name}`."
    )
    return f"# {truth.name}\n\n{textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)}\n"


def _local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def main() -> None:
    """Record the named incidents, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all")
    parser.add_argument("--redraft", action="store_true", help="keep the evidence")
    asked = parser.parse_args()
    for name in asked.names or list(ASKED):
        (expect if asked.redraft else record)(name)
        size = (FIXTURES / name / "evidence.json.gz").stat().st_size
        sys.stdout.write(f"{name}: evidence of {size:,} bytes\n")


if __name__ == "__main__":
    main()
