"""A file that people save too: replaced only in the state that is known, and what it held stays readable."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

import report.write.swap
from report.write import OutputError, Overtaken, Shared, sweep_stale, write_all
from report.write.exchange import exchange
from tests.write.killing import killed_before_each_call

OLD, NEW = b"old text, edited", b"new text"
KEPT = ".kept/history/0001.md"
LATER = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """A draft that somebody edited, and a file that vouches for it."""
    (tmp_path / "draft.md").write_bytes(OLD)
    (tmp_path / "end.json").write_bytes(b"{}")
    return tmp_path


def _write(root: Path, was: bytes | None = OLD, kept: str = KEPT) -> tuple[str, ...]:
    files = {"draft.md": NEW, "end.json": b"[]"}
    return write_all(root, files, shared=Shared("draft.md", was, kept), private=".kept")


def _contents(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


WAYS = [True, False]
"""With the system's swap of two files, and without it."""


@pytest.fixture(params=WAYS, ids=["swapped", "renamed"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """The file systems that there are."""
    if not request.param:
        monkeypatch.setattr(report.write.swap, "exchange", lambda _one, _other: False)
        monkeypatch.setattr(report.write.swap, "rename_new", lambda _one, _other: False)
    return bool(request.param)


@pytest.mark.usefixtures("way")
def test_what_it_held_is_kept(draft: Path) -> None:
    """Old text in its place, new text in the file, nothing else."""
    assert _write(draft) == (KEPT, "draft.md", "end.json")
    assert _contents(draft) == {KEPT: OLD, "draft.md": NEW, "end.json": b"[]"}


@pytest.mark.usefixtures("way")
def test_a_save_that_still_goes_on_in_the_old_file_is_kept(draft: Path) -> None:
    """An editor that writes in place had it open: its words are in the text that was displaced."""
    with (draft / "draft.md").open("ab", buffering=0) as editor:
        _write(draft)
        editor.write(b", and more")
    assert (draft / "draft.md").read_bytes() == NEW
    assert (draft / KEPT).read_bytes() == OLD + b", and more"


def test_only_its_owner_reads_what_is_kept(draft: Path) -> None:
    """What somebody took out of a draft is not for everybody; the draft's own rights stay."""
    (draft / "draft.md").chmod(0o644)
    _write(draft)
    assert (draft / ".kept").stat().st_mode & 0o777 == 0o700
    assert (draft / ".kept" / "history").stat().st_mode & 0o777 == 0o700
    assert (draft / "draft.md").stat().st_mode & 0o777 == 0o644


def _by_rename(path: Path, text: bytes = b"saved by rename") -> None:
    other = path.with_name("#editor")
    other.write_bytes(text)
    other.replace(path)


def _in_place(path: Path) -> None:
    path.write_bytes(b"saved in place")


def _away(path: Path) -> None:
    path.unlink()


SAVES: list[Callable[[Path], None]] = [_by_rename, _in_place, _away]
TWO_SAVES = [partial(_by_rename, text=text) for text in (b"first save", b"second save")]


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("save", SAVES)
def test_a_save_before_the_write_is_found(save: Callable[[Path], None], draft: Path) -> None:
    """Nothing is changed; the caller reads again."""
    save(draft / "draft.md")
    before = _contents(draft)
    with pytest.raises(Overtaken):
        _write(draft)
    assert _contents(draft) == before


@pytest.mark.usefixtures("way")
def test_a_file_that_somebody_made_is_not_replaced(tmp_path: Path) -> None:
    """Where there was none as far as we knew."""
    (tmp_path / "draft.md").write_bytes(b"mine")
    with pytest.raises(Overtaken):
        _write(tmp_path, was=None)
    assert _contents(tmp_path) == {"draft.md": b"mine"}


def _saved_late(monkeypatch: pytest.MonkeyPatch, draft: Path, *saves: Callable[[Path], None]) -> None:
    """Somebody saves between the last look and the first swap, and again before each further one."""
    left = iter(saves)

    def late(one: Path, other: Path) -> bool:
        save = next(left, None)
        if save is not None:
            save(draft / "draft.md")
        return exchange(one, other)

    monkeypatch.setattr(report.write.swap, "exchange", late)


@pytest.mark.parametrize("save", SAVES[:2])
def test_a_save_in_the_last_moment_is_found(
    save: Callable[[Path], None], draft: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the last look and the swap: what was displaced is looked at, and put back."""
    _saved_late(monkeypatch, draft, save)
    with pytest.raises(Overtaken):
        _write(draft)
    saved = (draft / "draft.md").read_bytes()
    assert saved.startswith(b"saved")
    beside = {KEPT.replace(".md", ".1.md"): NEW, KEPT.replace(".md", ".2.md"): saved, "end.json": b"{}"}
    assert _contents(draft) == beside | {"draft.md": saved}


def test_two_saves_around_the_swap_are_both_kept(draft: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One before it and one after it: the later is the file, the earlier is beside it."""
    _saved_late(monkeypatch, draft, *TWO_SAVES)
    with pytest.raises(Overtaken):
        _write(draft)
    assert {b"first save", b"second save"} <= set(_contents(draft).values())
    assert (draft / "draft.md").read_bytes() == b"second save"


def test_what_is_kept_beside_a_numbered_text_has_one_number_too(
    draft: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The history knows names with one number; under another a text would be there and not be found."""
    _saved_late(monkeypatch, draft, _by_rename)
    with pytest.raises(Overtaken):
        _write(draft, kept=KEPT.replace(".md", ".4.md"))
    assert {KEPT.replace(".md", f".{n}.md") for n in (1, 2)} <= set(_contents(draft))


@pytest.mark.parametrize("count", [1, 2])
def test_who_read_the_file_while_it_was_out_of_place_saves_over_nothing(
    count: int, draft: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An editor that had read between two swaps saves without what it did not see: that is kept."""
    _saved_late(monkeypatch, draft, *TWO_SAVES[:count])
    with pytest.raises(Overtaken):
        _write(draft)
    _by_rename(draft / "draft.md")
    kept = set(_contents(draft).values())
    assert b"first save" in kept
    assert count == 1 or b"second save" in kept


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_failure_after_the_swap_takes_it_back(
    number: int, draft: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last file cannot be renamed: the draft is the old one again, and nothing is left over."""
    replace = os.replace

    def failing(source: Path, target: Path) -> None:
        if Path(target).name == "end.json":
            raise OSError(number, os.strerror(number))
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(OutputError):
        _write(draft)
    assert _contents(draft) == {"draft.md": OLD, "end.json": b"{}"}


WRITER = """
import report.write.swap
from report.write import Shared, write_all
from tests.write.killing import watch

def prepare(root):
    (root / "draft.md").write_bytes(b"OLD_TEXT")

def write(root):
    watch(report.write.swap, "exchange")
    files = {"draft.md": b"NEW_TEXT", "end.json": b"[]"}
    write_all(root, files, shared=Shared("draft.md", b"OLD_TEXT", "KEPT_NAME"), private=".kept")
"""


def test_a_kill_at_any_call_loses_neither_text(tmp_path: Path) -> None:
    """The draft is the old or the new one, whole; where it is the new one, the old one is kept."""
    code = WRITER
    for name, value in (("OLD_TEXT", OLD), ("NEW_TEXT", NEW), ("KEPT_NAME", KEPT.encode())):
        code = code.replace(name, value.decode())
    killed = killed_before_each_call(code, tmp_path)
    assert killed >= 20
    for at in range(killed + 1):
        place = tmp_path / str(at)
        sweep_stale(place, now=LATER)
        found = _contents(place)
        assert set(found) <= {"draft.md", "end.json", KEPT}
        assert found["draft.md"] in (OLD, NEW)
        assert found["draft.md"] == OLD or found[KEPT] == OLD
