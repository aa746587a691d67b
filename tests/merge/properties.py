"""What people may expect of a merge, checked on one draft. Knows nothing of how the merge works."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.merge.documents import Data
from tests.merge.formatters import ROW
from tests.merge.paper import TOKEN, Page
from tests.merge.reading import UPDATE, Owned, body, keys, loose, owned, rows, spelled, tokens

Merge = Callable[[str, str, str], str]
Guard = Callable[[str, str, str, str], Sequence[str]]

_TABLES = ("timeline", "evidence-events")


@dataclass(frozen=True, slots=True)
class Case:
    """One draft: what was measured, what people did to it, what was measured later."""

    before: Data
    after: Data
    base: str
    new: str
    page: Page


def failures(case: Case, merged: str, merge: Merge, guard: Guard) -> list[str]:
    """The names of the properties that do not hold for this draft, merged to `merged`."""
    checks = [*_kept(case, merged), *_placed(case, merged), *_current(case, merged), *_form(case, merged)]
    checks += _guarded(case, merged, guard)
    checks += _stable(case, merged, merge)
    return checks


def _guarded(case: Case, merged: str, guard: Guard) -> Iterator[str]:
    """P14: the guard is silent over this merge, and speaks where a line is taken out or put in twice."""
    if guard(case.page.text, case.base, merged, case.new):
        yield "P14 the guard fires"
    found = re.search(r"[^\r\n]*tok\d+x[^\r\n]*", merged)
    if found is None or len(case.page.text) % 4:  # every fourth is enough, and spares a third of the time
        return
    less = merged[: found.start()] + merged[found.end() :]
    if not guard(case.page.text, case.base, less, case.new):
        yield "P14 the guard misses a lost line"
    if not guard(case.page.text, case.base, f"{merged}\n{found[0]}\n", case.new):
        yield "P14 the guard misses a doubled line"


def words_kept(before: str, merged: str) -> Iterator[str]:
    """P1, P2, P3: every line of people once, word for word."""
    had, has = Counter(TOKEN.findall(before)), Counter(TOKEN.findall(merged))
    if any(has[token] < number for token, number in had.items()):
        yield "P1 a line is lost"
    if any(has[token] > number for token, number in had.items()):
        yield "P2 a line is doubled"
    lines = Counter(spelled(line.text) for line in owned(merged))
    mine = Counter(spelled(line.text) for line in owned(before) if TOKEN.search(line.text))
    if any(lines[text] != number for text, number in mine.items()):
        yield "P3 a line is not word for word"


def _kept(case: Case, merged: str) -> Iterator[str]:
    yield from words_kept(case.page.text, merged)


def _placed(case: Case, merged: str) -> Iterator[str]:
    """P4, P5, P6: order, block, and what was taken out."""
    page = case.page
    if page.stripped and page.structural:
        return
    before, after = owned(page.plain), owned(merged)
    has = tokens(after)
    for owner, had in tokens(before).items():
        if owner not in page.copied:
            here = [token for token in has.get(owner, []) if token in had]
            if here != [token for token in had if token in here]:
                yield "P4 lines changed their order"
    where = {token: line.owner for line in after for token in TOKEN.findall(line.text)}
    for line in before:
        for token in TOKEN.findall(line.text):
            if not _may_stand(line, where.get(token, line.owner), case):
                yield "P5 a line stands in another block"
    yield from _below_its_row(page, before, after)
    yield from _stays_deleted(page, before, after)


def _may_stand(line: Owned, now: str, case: Case) -> bool:
    if now in (line.owner, f"was:{line.owner}"):
        return True
    row = ROW.fullmatch(line.text)
    left = {event.id[3:] for event in case.after.events}
    row_gone = row is not None and not any(event.startswith(row[1][2:]) for event in left)
    kin = [event for event in case.before.events if row and event.id[3:7] == row[1][2:6]]
    unclear = row is not None and len(kin) > 1 and f"[{row[1]}]" not in case.new
    return now == "orphans" and (row_gone or unclear or f"<!-- itl:{line.owner} " not in case.new)


def _below_its_row(page: Page, before: Sequence[Owned], after: Sequence[Owned]) -> Iterator[str]:
    """A line that people put below an event's row is not below another event's afterwards."""
    if page.moved_rows or page.copied:
        return
    for key in _TABLES:
        old, new = _above(before, key), _above(after, key)
        shown = Counter(
            found[1] for line in before if line.owner == key and (found := ROW.fullmatch(line.text))
        )
        plain = {row for row in rows(after, key) if shown[row] == 1}
        for token, row in old.items():
            if token in new and row in plain and new[token] != row:
                yield "P5 a line stands below another event"


def _above(lines: Sequence[Owned], key: str) -> dict[str, str | None]:
    """For each row that people put in the event of the row above it."""
    row: str | None = None
    found: dict[str, str | None] = {}
    for line in lines:
        if line.owner != key or UPDATE in line.text:
            continue
        mark = ROW.fullmatch(line.text.strip())
        if mark:
            row = mark[1]
        elif " called | " in line.text:
            found |= dict.fromkeys(TOKEN.findall(line.text), row)
        else:  # whatever follows belongs to this line and not to the event
            row = None
    return found


def _stays_deleted(page: Page, before: Sequence[Owned], after: Sequence[Owned]) -> Iterator[str]:
    if any(line.owner in page.deleted - page.copied and line.text.strip() for line in after):
        yield "P6 a deleted block is back"
    for key, row in page.deleted_rows:
        if key not in page.copied and row not in rows(before, key) and row in rows(after, key):
            yield "P6 a deleted row is back"


def _current(case: Case, merged: str) -> Iterator[str]:
    """P9: what nobody touched says what is measured now; what is new is there."""
    page = case.page
    if page.stripped and page.structural:
        return
    base, new = owned(case.base), owned(case.new)
    before, after = owned(page.plain), owned(merged)
    yield from _order_kept(page, after, new)
    hands_off = page.touched | page.copied | page.deleted | {"", "links"}
    for key in keys(new) - hands_off:
        if key in keys(base) and body(before, key, loose=False) != body(base, key, loose=False):
            continue  # deleted, or the block before it was moved away and left its notes here
        if body(after, key, loose=page.formatted) != body(new, key, loose=page.formatted):
            yield "P9 an untouched block is not what is measured now"
    for key in set() if page.stripped else page.conflicted - page.copied:
        if body(before, key, loose=True) != body(after, key, loose=True) and f"<!-- itl:{key} " in case.new:
            yield "P10 a block with conflict markers was merged"
    yield from _facts_told(case, before, after, new)
    if not page.formatted:
        yield from _rows_current(case, before, after, new)


def _facts_told(
    case: Case, before: Sequence[Owned], after: Sequence[Owned], new: Sequence[Owned]
) -> Iterator[str]:
    """A line that people wrote on and whose figures changed is followed by the new figures."""
    generated = {(line.owner, line.text) for line in owned(case.base)}
    said = {(line.owner, loose(line.text)) for line in after if UPDATE in line.text}
    for line in before:
        was = re.sub(r" tok\d+x\Z", "", line.text)
        if was == line.text or (line.owner, was) not in generated:
            continue
        if line.owner in case.page.copied | case.page.conflicted:
            continue
        now = [x.text for x in new if x.owner == line.owner and _figures(x.text) == _figures(was)]
        if len(now) == 1 and now[0] != was and (line.owner, loose(f"> {UPDATE}{now[0]}")) not in said:
            yield "P9 a new fact below an edited line is missing"


def _figures(text: str) -> str:
    return re.sub(r"\d+", "0", text)


def _rows_current(
    case: Case, before: Sequence[Owned], after: Sequence[Owned], new: Sequence[Owned]
) -> Iterator[str]:
    page = case.page
    for key in set(_TABLES) - page.copied - page.deleted - page.conflicted:
        had, has, wanted = rows(before, key), rows(after, key), rows(new, key)
        was = rows(owned(case.base), key)
        for short, row in wanted.items():
            taken = (key, short) in page.deleted_rows and short not in had
            edited = TOKEN.search(had.get(short, "")) is not None
            twice = sum(f"[{short}]" in line.text and line.owner == key for line in before) > 1
            if taken or twice:
                continue
            if short not in was and short not in had and any(short[:6] == each[:6] for each in was):
                continue  # the id grew because another event resembles it
            if not edited and has.get(short) != row:
                yield "P9 an untouched row is not what is measured now"
            if edited and short in was and _number(has.get(short, "")) != _number(row):
                yield "P9 an edited row has not the chart's number"
            news = short in was and spelled(row) != spelled(was[short])
            if edited and news and not any(UPDATE in x.text and f"[{short}]" in x.text for x in after):
                yield "P9 a new fact below an edited row is missing"


def _number(row: str) -> str:
    return row.split("|")[1].strip() if row.count("|") > 1 else ""


def _order_kept(page: Page, after: Sequence[Owned], new: Sequence[Owned]) -> Iterator[str]:
    """Where nobody moved blocks they stand in the order of the new text."""
    wanted = [key for key in dict.fromkeys(line.owner for line in new) if key]
    stand = [key for key in dict.fromkeys(line.owner for line in after) if key in wanted]
    if not page.structural and not page.stripped and stand != wanted:
        yield "P9 blocks do not stand in order"


def _form(case: Case, merged: str) -> Iterator[str]:
    """P8, P10, P13: no edit, no markers, line ends."""
    page = case.page
    if page.text == case.base and merged != case.new:
        yield "P8 a draft without edits is not the fresh one"
    only_formatted = page.plain == case.base
    if only_formatted and UPDATE in merged:
        yield "P8 a formatter is taken for an author"
    if only_formatted and not page.formatted and _bare(merged) != _bare(case.new):
        yield "P8 a draft without edits is not the fresh one"
    begun = Counter(line.owner for line in owned(merged) if line.begins)
    if any(number > 1 for number in begun.values()):
        yield "P2 two blocks have one anchor"
    if _markers(merged) != _markers(page.text):
        yield "P10 conflict markers"
    yield from _ends_kept(page.text, merged)
    yield from updates_fit(merged, case.new)
    if not page.stripped and _crowded(merged) > _crowded(page.text):
        yield "P9 a block follows without a blank line"


def updates_fit(merged: str, new: str) -> Iterator[str]:
    """What the tool tells below a line of people is what is measured now, and is told once."""
    told = (line for line in owned(merged) if UPDATE in line.text and line.owner != "orphans")
    lines = [(line.owner, line.text) for line in told]
    mine = [each for each in lines if not TOKEN.search(each[1])]
    if any(number > 1 for number in Counter(mine).values()):
        yield "P2 an update is told twice"
    said = {loose(line.text) for line in owned(new)}
    if any(loose(text.replace(f"> {UPDATE}", "")) not in said for _, text in mine):
        yield "P9 an update says what is not measured any more"


def _crowded(text: str) -> int:
    """How many anchors stand below a line that is not blank."""
    lines = text.replace("\r", "\n" if "\n" not in text else "").split("\n")
    return sum(bool(a.strip()) and b.startswith("<!-- itl:") for a, b in pairwise(lines))


def _bare(text: str) -> list[str]:
    return [line.text for line in owned(text) if line.text.strip()]


def _markers(text: str) -> int:
    return len(re.findall(r"(?m)^(?:<{7}|={7}|>{7})", text))


def _ends_kept(before: str, merged: str) -> Iterator[str]:
    if before.startswith("\ufeff") != merged.startswith("\ufeff"):
        yield "P13 the byte order mark"
    if before and before.endswith(("\n", "\r")) != merged.endswith(("\n", "\r")):
        yield "P13 the last line end"
    if "\r\n" in before and not re.search(r"(?<!\r)\n", before) and re.search(r"(?<!\r)\n", merged):
        yield "P13 line ends"
    mine = {TOKEN.findall(line)[0]: end for line, end in _with_end(before) if TOKEN.search(line)}
    made = {TOKEN.findall(line)[0]: end for line, end in _with_end(merged) if TOKEN.search(line)}
    if any(end and made.get(token) not in (end, "", None) for token, end in mine.items()):
        yield "P13 a line's own end"


def _with_end(text: str) -> list[tuple[str, str]]:
    return re.findall(r"([^\r\n]*)(\r\n|\n|\r)", text)


def _stable(case: Case, merged: str, merge: Merge) -> Iterator[str]:
    """P7: with nothing new to say a second run changes nothing but the number of the generation."""
    anchor = re.search(r"<!-- itl:draft gen=(\d+) -->", case.new)
    if len(case.page.text) % 2:  # every second is enough
        return
    if anchor and anchor[0] in merged:
        number = f"<!-- itl:draft gen={int(anchor[1]) + 1} -->"
        again = merge(merged, case.new, case.new.replace(anchor[0], number))
        if again != merged.replace(anchor[0], number, 1):
            yield "P7 not stable"
