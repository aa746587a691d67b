"""Merges that are wrong on purpose, to see whether the properties notice."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import report.merge
from tests.merge.properties import Guard, Merge

_HOME = Path(report.merge.__file__).parent
_MODULES = (
    "reading", "reading.rows", "reading.lines", "reading.blocks", "joining", "joining.updates",
    "joining.columns", "joining.diff3", "joining.events", "joining.body", "joining.orphans",
    "joining.refresh", "fallback", "guard", "merge",
)  # fmt: skip
"""Each after those it imports."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A planted bug: in `module`, `right` became `wrong`."""

    name: str
    module: str
    right: str
    wrong: str


MUTANTS = (
    Mutant("people's line goes where both wrote", "joining.diff3",
           "return _all(stretch.human, By.PERSON) + _told", "return _told"),
    Mutant("the tool wins", "joining.diff3",
           "return _all(stretch.human, By.PERSON) + _told(stretch, {*was, *said})",
           "return _all(stretch.new, By.TOOL)"),
    Mutant("the new fact is not told", "joining.diff3", " + _told(stretch, {*was, *said})", ""),
    Mutant("people's changes are not taken", "joining.diff3",
           "if not by_tool:\n        return _all(stretch.human, By.PERSON)",
           "if not by_tool:\n        return _all(stretch.base, By.PERSON)"),
    Mutant("the tool's insertions are not taken", "joining.diff3", "if added and added <= own", "if added"),
    Mutant("notes between rewritten lines go", "joining.diff3", " + _all(stretch.added, By.PERSON)", ""),
    Mutant("the tool's insertions come first", "joining.diff3", "return entry[:3]",
           "return entry[0], entry[1], -entry[2]"),
    Mutant("an edited row is replaced", "joining.body",
           "return [Piece(mine, By.PERSON), Piece(new, By.UPDATE)]", "return [Piece(new, By.TOOL)]"),
    Mutant("an edited row hears no news", "joining.body",
           "return [Piece(mine, By.PERSON), Piece(new, By.UPDATE)]", "return [Piece(mine, By.PERSON)]"),
    Mutant("an edited row keeps an old number", "joining.body",
           "mine = replace(human, text=rows.renumbered(human.text, base.text, new.text))", "mine = human"),
    Mutant("a deleted row is back", "joining.body",
           "deleted = set(events.ids(sides.base)) - set(events.ids(sides.human))", "deleted = set()"),
    Mutant("an edited row goes with its event", "joining.body", "return left, orphans", "return left, []"),
    Mutant("an edited row outlives its event unseen", "joining.body",
           "staying = edited & set(known)", "staying = edited"),
    Mutant("the tool's line ends in other files", "joining.body",
           "tuple(Line(line.text, end) for line in new)", "tuple(new)"),
    Mutant("earlier updates pile up", "joining.body",
           "gathered(human, set(meant(base)), set(meant(new)))", "list(human)"),
    Mutant("stale updates stay", "joining.updates", "elif repeats(update, now):", "else:"),
    Mutant("rows move under people's notes", "joining.events", "    places = [n for n, (_, event) in",
           "    return True\n    places = [n for n, (_, event) in"),
    Mutant("rows are known by their short ids alone", "joining.events", "    for _, old, new in sorted(kin",
           "    for _, old, new in sorted(kin[:0]"),
    Mutant("a deleted block is back", "merge", "elif block.key not in old.keys or", "elif True or"),
    Mutant("new blocks do not come", "merge", "elif block.key not in old.keys or",
           "elif False or"),
    Mutant("new blocks come on top", "merge", "    if above is not None:\n        return above",
           "    if above is not None:\n        return 0"),
    Mutant("blocks run together", "merge", "        if not met:", "        if False:"),
    Mutant("the byte order mark goes", "merge", "mine.bom + joined(", "joined("),
    Mutant("a last line end comes", "merge",
           'else text.rstrip("\\r\\n")', "else text"),
    Mutant("a row of people's stands below a new event", "joining.diff3",
           "return filled != now", "return False"),
    Mutant("a moved block with another heading stays lost", "fallback",
           "or self._unmistakable(key)", "or []"),
    Mutant("a found block's anchor ends in its own way", "fallback", "line.end or end", 'line.end or "\\n"'),
    Mutant("notes go with their block", "joining.refresh", "if all(said in generated for said in",
           "if True or all(said in generated for said in"),
    Mutant("a second anchor stays", "joining.refresh",
           "Outcome(block.key, neutral(block), note=note)", "Outcome(block.key, block, note=note)"),
    Mutant("conflict markers are merged", "joining.refresh",
           "if any(line.held for line in block.lines):", "if False:"),
    Mutant("a copy is taken for the block", "joining.refresh", "if not block.key or block.own or first",
           "if True or first"),
    Mutant("anchors in code are anchors", "reading.blocks", "if line.code or line.held:", "if line.held:"),
    Mutant("anchors in conflicts are anchors", "reading.blocks",
           "if line.code or line.held:", "if line.code:"),
    Mutant("words behind an anchor go", "reading.blocks", "Line(self.anchor + self.rest, self.end)",
           "Line(self.anchor, self.end)"),
    Mutant("escapes make an author", "reading.lines", '_ESCAPE.sub(r"\\1", text)', "text"),
    Mutant("bullets make an author", "reading.lines", '_BULLET.sub(r"\\1- ", _words(shown), count=1)',
           "_words(shown)"),
    Mutant("blanks make an author", "reading.lines",
           'removeprefix("\\ufeff")).rstrip()', 'removeprefix("\\ufeff"))'),
    Mutant("padding makes an author", "reading.rows",
           "return [each.strip() for each in", "return [each for each in"),
    Mutant("lost anchors stay lost", "fallback", "    if not places:", "    if True:"),
    Mutant("edited first lines lose their block", "fallback", "    if left:", "    if False:"),
    Mutant("the guard sleeps", "guard", "if made[text] < number or", "if False and"),
    Mutant("the guard counts once", "guard", "if made[text] < number or (made[text] > number + fresh[text]",
           "if made[text] < 1 or (False"),
    Mutant("the guard takes the words above notes for people's", "guard", "and not own_words(text)", ""),
    Mutant("the guard takes updates for people's", "guard",
           "theirs = update is not None and repeats(update, generated)", "theirs = False"),
)  # fmt: skip


@contextmanager
def planted(mutant: Mutant) -> Iterator[tuple[Merge, Guard]]:
    """The merge and the guard with the bug in them; the real ones are back afterwards."""
    kept = {
        name: module for name, module in sys.modules.items() if name.split(".")[:2] == ["report", "merge"]
    }
    package = ModuleType("report.merge")
    package.__path__ = []
    try:
        sys.modules["report.merge"] = package
        for name in _MODULES:
            room, _, leaf = f"report.merge.{name}".rpartition(".")
            setattr(sys.modules[room], leaf, _loaded(name, mutant))
        yield _functions(package)
    finally:
        for name in [name for name in sys.modules if name.split(".")[:2] == ["report", "merge"]]:
            del sys.modules[name]
        sys.modules.update(kept)


def _loaded(name: str, mutant: Mutant) -> ModuleType:
    path = _HOME.joinpath(*name.split("."))
    is_room = path.is_dir()
    source = (path / "__init__.py" if is_room else path.with_suffix(".py")).read_text(encoding="utf-8")
    if name == mutant.module:
        if source.count(mutant.right) != 1:
            raise LookupError(f"{mutant.name}: {name}.py has its line {source.count(mutant.right)} times")
        source = source.replace(mutant.right, mutant.wrong)
    module = ModuleType(f"report.merge.{name}")
    if is_room:
        module.__path__ = []
    sys.modules[module.__name__] = module
    exec(compile(source, f"{name}.py, {mutant.name}", "exec"), module.__dict__)
    return module


def _functions(package: ModuleType) -> tuple[Merge, Guard]:
    def merge(existing: str, base: str, new: str) -> str:
        text: str = package.merge.merge(existing, base, new).text
        return text

    def guard(existing: str, base: str, merged: str, new: str) -> tuple[str, ...]:
        lost: tuple[str, ...] = package.guard.lost_lines(existing, base, merged, new=new)
        return lost

    return merge, guard
