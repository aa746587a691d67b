"""Every hostile string in every field of a draft, in a real browser: `python -m tests.bench.hostile_bench`.

Counts what must be none: drafts whose Markdown has another tree than the one about `x`, requests, scripts,
blocked attempts and navigations, in the page to read and in the page to paste from. Before and after, the
same pages without escaping must be heard.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.render.pages.attacked import draft, pages, silent, tree, unguarded
from tests.render.pages.browser import Chromium, chromium, listening
from tests.render.pages.corpus import ADDRESS, WHOLE_CORPUS

_CHROMIUM = Path("/usr/bin/chromium")
_AT_ONCE = 250
"""Drafts in one page: more of them take memory, fewer take time."""


def main(arguments: list[str] | None = None) -> int:
    """Prints the counts; 1 where anything happened or the control was not heard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take every so manieth string")
    parser.add_argument("--first", type=int, default=0, help="from this one on")
    parser.add_argument("--chromium", type=Path, default=_CHROMIUM)
    asked = parser.parse_args(arguments)
    began = time.perf_counter()
    strings = WHOLE_CORPUS[asked.first :: asked.every]
    with tempfile.TemporaryDirectory() as folder, chromium(asked.chromium, Path(folder)) as browser:
        missed = _unheard(browser)
        told, heard, opened, moved = _attacked(browser, strings)
        missed += _unheard(browser)
    print(
        f"{len(strings)} strings, {opened} pages: {len(heard)} requests, {len(told)} other happenings, "
        f"{moved} other trees; {missed} places of the controls not heard; {time.perf_counter() - began:.0f} s"
    )
    for each in [*told, *heard][:20]:
        print(each)
    return 1 if told or heard or moved or missed else 0


def _attacked(browser: Chromium, strings: tuple[str, ...]) -> tuple[list[str], list[str], int, int]:
    told: list[str] = []
    opened = moved = 0
    shape = tree(draft("x"))
    with listening() as (address, heard):
        for first in range(0, len(strings), _AT_ONCE):
            texts = [text.replace(ADDRESS, address) for text in strings[first : first + _AT_ONCE]]
            drafts = [draft(text) for text in texts]
            moved += sum(tree(each) != shape for each in drafts)
            for page in pages(drafts, title=texts[0]):
                told += silent(browser, page)
                opened += 1
    return told, heard, opened, moved


def _unheard(browser: Chromium) -> int:
    """How many places of fields are silent where nothing is escaped."""
    missed = 0
    with listening() as (address, heard):
        fields, made = unguarded(address)
        for page in made:
            heard.clear()
            browser.reached(page, fields, heard)
            missed += len(fields - set(heard))
    return missed


if __name__ == "__main__":
    sys.exit(main())
