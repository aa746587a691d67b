"""What people and their editors do to a draft, at random, and what they may expect of it afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from tests.merge.formatters import ROW, WHOLE
from tests.merge.paper import TOKEN, Page, Section, page


def edited(text: str, rng: np.random.Generator, *, first_token: int = 0) -> Page:
    """The draft after up to eight edits and perhaps a formatter or a wiki."""
    paper = page(text, first_token)
    for _ in range(int(rng.integers(0, 9))):
        name = str(rng.choice(_NAMES, p=_WEIGHTS))
        _EDITS[name][1](paper, rng)
    _written(paper)
    for name, (chance, _) in WHOLE.items():
        if rng.random() < chance:
            _formatted(paper, name, rng)
    return paper


def edited_by(kind: str, text: str, rng: np.random.Generator) -> Page:
    """The draft after three edits of one kind, or after one formatter."""
    paper = page(text)
    for _ in range(3 if kind in _EDITS else 0):
        _EDITS[kind][1](paper, rng)
    _written(paper)
    if kind in WHOLE:
        _formatted(paper, kind, rng)
    return paper


def _written(paper: Page) -> None:
    lines = [line for each in paper.sections for line in ([each.anchor] if each.anchor else []) + each.lines]
    paper.text = paper.plain = "\n".join(lines)


def _formatted(paper: Page, name: str, rng: np.random.Generator) -> None:
    paper.stripped |= name == "strip"
    paper.formatted |= name in ("blanks", "pad", "bullets", "escapes", "space")
    paper.text = WHOLE[name][1](paper.text, rng)


def _pick(paper: Page, rng: np.random.Generator) -> Section | None:
    able = [each for each in paper.sections if len(each.lines) > 1 and each.key not in ("", "links")]
    return able[int(rng.integers(len(able)))] if able else None


def _inside(section: Section, rng: np.random.Generator) -> int:
    """A place below the first line; the one above it is the end of the block before, once anchors go."""
    return int(rng.integers(1, len(section.lines) + 1))


def _in_fence(lines: list[str], place: int) -> bool:
    return sum(line.startswith("```") for line in lines[:place]) % 2 == 1


def _insert(paper: Page, rng: np.random.Generator) -> None:
    section = _pick(paper, rng)
    if section is not None:
        _insert_at(paper, section, _inside(section, rng))


def _insert_row(paper: Page, rng: np.random.Generator) -> None:
    found = _rows(paper, rng)
    if found is not None:
        _insert_at(paper, found[0], int(rng.choice(found[1])) + 1)


def _insert_at(paper: Page, section: Section, place: int) -> None:
    paper.touched.add(section.key)
    above = section.lines[place - 1]
    word = paper.token()
    section.lines.insert(
        place, f"| - | 15:0{place % 9} | | {word} called | Ada |" if above[:1] == "|" else f"- {word} by Ada"
    )


def _paragraph(paper: Page, rng: np.random.Generator) -> None:
    section = _pick(paper, rng)
    if section is None:
        return
    paper.touched.add(section.key)
    place = _inside(section, rng)
    section.lines[place:place] = ["", f"We saw {paper.token()}.", f"  Then {paper.token()} *too*.", ""]


def _change(paper: Page, rng: np.random.Generator) -> None:
    section = _pick(paper, rng)
    full = [n for n, line in enumerate(section.lines) if line.strip() and not _mark(line)] if section else []
    if section is not None and full:
        place = int(rng.choice(full))
        _change_at(paper, section, place, rng)


def _change_row(paper: Page, rng: np.random.Generator) -> None:
    found = _rows(paper, rng)
    if found is not None:
        place = int(rng.choice(found[1]))
        if not _mark(found[0].lines[place]):
            _change_at(paper, found[0], place, rng)


def _delete_row(paper: Page, rng: np.random.Generator) -> None:
    found = _rows(paper, rng)
    if found is not None:
        section, place = found[0], int(rng.choice(found[1]))
        row = ROW.fullmatch(section.lines[place])
        if row and not _mark(section.lines[place]):
            paper.touched.add(section.key)
            paper.deleted_rows.add((section.key, row[1]))
            del section.lines[place]


def _change_at(paper: Page, section: Section, place: int, rng: np.random.Generator) -> None:
    paper.touched.add(section.key)
    line = section.lines[place]
    _touch_row(paper, section, line)
    if line.startswith("|"):
        cells = line.split(" | ")
        at = max(len(cells) - 2, 0)
        cells[at] = f"{cells[at]} {paper.token()}"
        section.lines[place] = " | ".join(cells)
    elif rng.random() < 0.5:
        section.lines[place] = f"{line} {paper.token()}"
    else:
        paper.structural |= not any(above.strip() for above in section.lines[:place])
        section.lines[place] = f"Quite another {paper.token()} thing"


def _mark(line: str) -> bool:
    """A line that no one rewrites: the mark of a fence or a conflict, an anchor, a table's rule."""
    return (
        line.startswith(("```", "<<<<", "====", ">>>>", "<!--"))
        or set(line) <= set("|- ")
        or bool(TOKEN.search(line))
    )


def _touch_row(paper: Page, section: Section, line: str) -> None:
    found = ROW.fullmatch(line)
    if found:
        paper.touched_rows.add((section.key, found[1]))


def _answer(paper: Page, rng: np.random.Generator) -> None:
    asked = [
        (section, n) for section in paper.sections for n, line in enumerate(section.lines) if "[You: " in line
    ]
    if not asked:
        return
    section, n = asked[int(rng.integers(len(asked)))]
    paper.structural |= n == 0
    paper.touched.add(section.key)
    section.lines[n] = re.sub(r"\[You: [^\]]*\]", f"Because of {paper.token()}.", section.lines[n], count=1)


def _delete(paper: Page, rng: np.random.Generator) -> None:
    section = _pick(paper, rng)
    if section is None:
        return
    first = _inside(section, rng)
    last = min(len(section.lines), first + int(rng.integers(1, 4)))
    taken = section.lines[first:last]
    if any(_mark(line) or line.startswith("#") for line in taken):
        return
    paper.touched.add(section.key)
    for line in taken:
        found = ROW.fullmatch(line)
        if found:
            paper.deleted_rows.add((section.key, found[1]))
    del section.lines[first:last]


def _delete_block(paper: Page, rng: np.random.Generator) -> None:
    section = _pick(paper, rng)
    if (
        section is None
        or any(TOKEN.search(line) for line in [section.anchor, *section.lines])
        or section.copy
    ):
        return
    if section.key in paper.copied:
        return
    paper.touched.add(section.key)
    paper.deleted.add(section.key)
    paper.structural = True
    paper.sections.remove(section)


def _move_block(paper: Page, rng: np.random.Generator) -> None:
    section = _pick(paper, rng)
    if section is None:
        return
    paper.structural = True
    paper.sections.remove(section)
    paper.sections.insert(int(rng.integers(0, len(paper.sections) + 1)), section)


def _copy_block(paper: Page, rng: np.random.Generator) -> None:
    section = _pick(paper, rng)
    if (
        section is None
        or section.copy
        or any(TOKEN.search(line) for line in [section.anchor, *section.lines])
    ):
        return
    if section.key.startswith("was:") or section.key == "orphans":
        return
    paper.copied.add(section.key)
    paper.structural = True
    made = Section(section.key, section.anchor, list(section.lines), copy=True)
    if rng.random() < 0.6:
        made.lines.insert(_inside(made, rng), f"- in the copy: {paper.token()}")
    paper.sections.insert(int(rng.integers(0, len(paper.sections) + 1)), made)


def _rows(paper: Page, rng: np.random.Generator) -> tuple[Section, list[int]] | None:
    able = [(s, [n for n, x in enumerate(s.lines) if ROW.fullmatch(x)]) for s in paper.sections if not s.copy]
    able = [(s, places) for s, places in able if len(places) > 1]
    return able[int(rng.integers(len(able)))] if able else None


def _move_row(paper: Page, rng: np.random.Generator) -> None:
    found = _rows(paper, rng)
    if found is None:
        return
    section, places = found
    paper.touched.add(section.key)
    paper.moved_rows = True
    line = section.lines.pop(int(rng.choice(places)))
    section.lines.insert(int(rng.choice(places)), line)


def _copy_row(paper: Page, rng: np.random.Generator) -> None:
    found = _rows(paper, rng)
    if found is None:
        return
    section, places = found
    line = section.lines[int(rng.choice(places))]
    if TOKEN.search(line) or section.key in paper.copied:
        return
    paper.touched.add(section.key)
    cells = line.split(" | ")
    cells[-2] = f"{cells[-2]} again {paper.token()}"
    section.lines.insert(int(rng.choice(places)), " | ".join(cells))


def _on_anchor(paper: Page, rng: np.random.Generator) -> None:
    section = _pick(paper, rng)
    if section is None or not section.anchor or section.copy or section.key in paper.copied:
        return
    paper.touched.add(section.key)
    paper.structural = True
    section.anchor += f" my {paper.token()} note"


def _conflict(paper: Page, rng: np.random.Generator) -> None:
    section = _pick(paper, rng)
    if section is None or section.copy or section.key in paper.copied:
        return
    place = len(section.lines)
    paper.touched.add(section.key)
    paper.conflicted.add(section.key)
    mine, theirs = paper.token(), paper.token()
    half = ["<!-- itl:timeline -->", "## Timeline"]
    both = ["<<<<<<< HEAD", *half, f"{mine} says", "=======", *half, f"{theirs} says", ">>>>>>> other", ""]
    section.lines[place:place] = both


def _fence(paper: Page, rng: np.random.Generator) -> None:
    section = _pick(paper, rng)
    place = len(section.lines) if section else 0
    if section is None or _in_fence(section.lines, place):
        return
    paper.touched.add(section.key)
    section.lines[place:place] = ["```", "<!-- itl:timeline -->", f"log {paper.token()} \\_x", "```", ""]


def _preamble(paper: Page, rng: np.random.Generator) -> None:
    if paper.sections and paper.sections[0].key:
        paper.sections.insert(0, Section("", "", ["---", f"title: {paper.token()}", "---", ""]))
    elif rng.random() < 0.5 and paper.sections:
        paper.sections[0].lines.append(f"{paper.token()}")


_EDITS: dict[str, tuple[int, Callable[[Page, np.random.Generator], None]]] = {
    "insert": (4, _insert), "paragraph": (3, _paragraph), "change": (6, _change), "answer": (3, _answer),
    "delete": (3, _delete), "delete block": (2, _delete_block), "move block": (1, _move_block),
    "copy block": (2, _copy_block), "move row": (1, _move_row), "insert row": (2, _insert_row),
    "change row": (3, _change_row), "delete row": (1, _delete_row), "copy row": (1, _copy_row),
    "on anchor": (1, _on_anchor), "conflict": (1, _conflict), "fence": (1, _fence),
    "preamble": (1, _preamble),
}  # fmt: skip
_NAMES = list(_EDITS)
_WEIGHTS = [weight / sum(w for w, _ in _EDITS.values()) for weight, _ in _EDITS.values()]
KINDS = (*_EDITS, *WHOLE)
"""Every kind of edit, and every formatter."""
