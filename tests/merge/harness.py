"""Merges random drafts and counts what goes wrong; `tests/bench/merge_bench.py` does so with many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from report.merge import lost_lines, merge
from tests.merge.documents import data, later, render
from tests.merge.edits import edited
from tests.merge.paper import TOKEN
from tests.merge.properties import Case, Guard, Merge, failures, updates_fit, words_kept


@dataclass(frozen=True, slots=True)
class Tally:
    """What a run saw."""

    documents: int
    lines: int
    """Lines of people in them."""
    failed: Counter[str]
    """How often each property did not hold."""
    seeds: dict[str, int]
    """For each of these the seed of the first draft that shows it."""


RARE = (9464, 41802, 60387, 65334, 84656)
"""Seeds of drafts that a merge has failed for, of which there is one in many thousands."""


def merged(existing: str, base: str, new: str) -> str:
    """The merge under test, its text alone."""
    return merge(existing, base, new).text


def guarded(existing: str, base: str, made: str, new: str) -> tuple[str, ...]:
    """The guard under test."""
    return lost_lines(existing, base, made, new=new)


def run(
    seeds: Iterable[int], by: Merge = merged, guard: Guard = guarded, *, stop_at_first: bool = False
) -> Tally:
    """One document for each seed: P1 to P14, an old copy (P12) or a second generation (P11)."""
    failed: Counter[str] = Counter()
    first: dict[str, int] = {}
    lines = documents = 0
    for seed in seeds:
        documents += 1
        found, tokens = document(seed, by, guard)
        lines += tokens
        for name in found:
            failed[name] += 1
            first.setdefault(name, seed)
        if found and stop_at_first:
            break
    return Tally(documents, lines, failed, first)


def document(seed: int, by: Merge, guard: Guard) -> tuple[set[str], int]:
    """The properties that do not hold for the draft of this seed, and how many lines people wrote in it."""
    rng = np.random.default_rng(seed)
    before = data(rng)
    after = later(before, rng)
    base, new = render(before, 1), render(after, 2)
    page = edited(base, rng)
    case = Case(before, after, base, new, page)
    merged_once = by(page.text, base, new)
    found = set(failures(case, merged_once, by, guard))
    third = render(later(after, rng), 3)
    if seed % 2:  # half of them each, because a merge costs most of the time
        found |= set(_edited_again(merged_once, new, third, rng, by, guard))
    else:
        found |= {f"P12 {name}" for name in words_kept(page.text, by(page.text, base, third))}
    return found, len(set(TOKEN.findall(page.text)))


def _edited_again(
    once: str, new: str, third: str, rng: np.random.Generator, by: Merge, guard: Guard
) -> Iterator[str]:
    """P11: what was merged is edited and merged again."""
    page = edited(once, rng, first_token=1000)
    twice = by(page.text, new, third)
    yield from (f"P11 {name}" for name in words_kept(page.text, twice))
    if not (page.copied or page.formatted or page.stripped or page.conflicted):
        yield from (f"P11 {name}" for name in updates_fit(twice, third))
    if guard(page.text, new, twice, third):
        yield "P11 the guard fires"
