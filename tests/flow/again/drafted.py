"""A draft of the fixture in the working directory, and what is left in it of people's words."""

from __future__ import annotations

from pathlib import Path

from tests.flow.command import ROOT, Ran, run_here

FIXTURE = ROOT / "fixtures" / "webstore" / "evidence.json.gz"
"""One episode with an alert and a deploy; made in a second."""


def run_draft(*more: str, replay: Path = FIXTURE) -> Ran:
    """`draft` of the fixture, or of other evidence, in the working directory."""
    return run_here(["draft", "--replay", str(replay), *more])


def lines(text: bytes) -> list[bytes]:
    """What is written, line by line."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def missing(edited: bytes, generated: bytes, now: bytes) -> list[bytes]:
    """Lines that people wrote and that are not in the draft any more."""
    kept, made = set(lines(now)), set(lines(generated))
    return [line for line in lines(edited) if line not in made and line not in kept]
