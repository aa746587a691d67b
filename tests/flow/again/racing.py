"""Somebody saves a draft over and over while the tool refreshes it over and over; what is lost is counted."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from report.pipeline.kept.history import displaced
from report.pipeline.kept.saving import save
from report.pipeline.kept.texts import DRAFT, base_name, encoded, kept_texts
from report.pipeline.merging import Outcome, decided
from report.write import Overtaken

_TOKEN = re.compile(r"word-\d+-of-mine")


@dataclass(frozen=True, slots=True)
class Race:
    """What came of it."""

    saves: int
    refreshes: int
    """How often the tool replaced the draft."""
    overtaken: int
    """How often it found that somebody had saved meanwhile."""
    missing: tuple[str, ...]
    """Words that were saved and are neither in the draft nor in its history."""


def raced(directory: Path, texts: tuple[str, str], saves: int, *, seed: int) -> Race:
    """Saves by rename and in place against refreshes that bring the one and the other text in turn."""
    directory.mkdir(parents=True)
    (directory / DRAFT).write_bytes(encoded(texts[0]))
    (directory / base_name(1)).parent.mkdir()
    for n, text in enumerate(texts, 1):
        (directory / base_name(n)).write_bytes(encoded(text))
    done = threading.Event()
    counts = {"refreshes": 0, "overtaken": 0}
    tool = threading.Thread(target=_refresh, args=(directory, texts, done, counts))
    tool.start()
    try:
        _edit(directory / DRAFT, saves, np.random.default_rng(seed))
    finally:
        done.set()
        tool.join()
    found = "".join([(directory / DRAFT).read_text("utf-8"), *(each.text for each in displaced(directory))])
    there = set(_TOKEN.findall(found))
    missing = tuple(word for n in range(saves) if (word := _word(n)) not in there)
    return Race(saves, counts["refreshes"], counts["overtaken"], missing)


def _word(number: int) -> str:
    return f"word-{number}-of-mine"


def _edit(path: Path, saves: int, rng: np.random.Generator) -> None:
    """Each save adds a line at some place of the text as it is then."""
    for number in range(saves):
        lines = path.read_text("utf-8").splitlines(keepends=True)
        place = int(rng.integers(3, max(4, len(lines))))
        text = "".join([*lines[:place], f"{_word(number)}\n", *lines[place:]]).encode()
        if rng.random() < 0.5:
            other = path.with_name(".#saved")
            other.write_bytes(text)
            other.replace(path)
        else:
            path.write_bytes(text)
        if rng.random() < 0.6:  # else the tool, which syncs, would never be in time
            threading.Event().wait(float(rng.random()) * 0.03)


def _refresh(directory: Path, texts: tuple[str, str], done: threading.Event, counts: dict[str, int]) -> None:
    turn = 0
    while not done.is_set():
        kept = kept_texts(directory)
        number = turn % 2
        choice = decided(kept, texts[number])
        if choice.outcome is Outcome.WRITTEN:
            try:
                save(directory, {DRAFT: encoded(choice.text)}, kept.existing)
                counts["refreshes"] += 1
            except Overtaken:
                counts["overtaken"] += 1
        turn += 1
