"""The files of a draft: together, in their order, and only those that changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from report.write import OutputError, write_all

FILES = {"postmortem.md": b"# text", "charts/summary.svg": b"<svg/>", "timeline.json": b"{}"}


def test_all_files_are_written(tmp_path: Path) -> None:
    """Every file is there, in directories that were made for it, and nothing else."""
    changed = write_all(tmp_path / "2023-12-15-payments-1404", FILES)
    root = tmp_path / "2023-12-15-payments-1404"

    assert changed == tuple(FILES)
    assert {name: (root / name).read_bytes() for name in FILES} == FILES
    assert sorted(str(path.relative_to(root)) for path in root.rglob("*")) == ["charts", *sorted(FILES)]


def test_what_is_the_same_is_left_alone(tmp_path: Path) -> None:
    """A second run with one other file writes that one; the others keep their time and identity."""
    write_all(tmp_path, FILES)
    for name in FILES:
        os.utime(tmp_path / name, (1000, 1000))
    inode = (tmp_path / "timeline.json").stat().st_ino
    changed = write_all(tmp_path, FILES | {"postmortem.md": b"# tex7"})

    assert changed == ("postmortem.md",)
    assert (tmp_path / "postmortem.md").read_bytes() == b"# tex7"
    assert (tmp_path / "timeline.json").stat().st_mtime == 1000
    assert (tmp_path / "timeline.json").stat().st_ino == inode


def test_nothing_is_renamed_before_all_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All contents are on disk before the first file appears, and the files appear in their order."""
    done: list[str] = []
    sync, replace = os.fsync, os.replace

    def seen_sync(fd: int) -> None:
        done.append("sync")
        sync(fd)

    def seen_replace(source: Path, target: Path) -> None:
        done.append(Path(target).name)
        replace(source, target)

    monkeypatch.setattr(os, "fsync", seen_sync)
    monkeypatch.setattr(os, "replace", seen_replace)
    write_all(tmp_path, FILES)

    synced_first = ["sync"] * (1 + len(FILES))  # the new directory's name, then the contents
    assert done == [*synced_first, "postmortem.md", "summary.svg", "timeline.json", "sync", "sync"]


def test_no_files_do_nothing(tmp_path: Path) -> None:
    """An empty set of files makes no directory."""
    assert write_all(tmp_path / "out", {}) == ()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../a", "/etc/a", "a/../../b", "", ".", "a\0b", ".."])
def test_names_stay_inside(tmp_path: Path, name: str) -> None:
    """A name that leads elsewhere is refused before anything is made."""
    with pytest.raises(OutputError, match="leads out of the output directory"):
        write_all(tmp_path / "out", {"good.md": b"x", name: b"x"})

    assert list(tmp_path.iterdir()) == []


def test_a_directory_in_the_way_changes_nothing(tmp_path: Path) -> None:
    """Where the last file cannot be written, the first one is as it was."""
    write_all(tmp_path, FILES)
    (tmp_path / "timeline.json").unlink()
    (tmp_path / "timeline.json").mkdir()
    with pytest.raises(OutputError, match="it is a directory"):
        write_all(tmp_path, dict.fromkeys(FILES, b"new"))

    assert (tmp_path / "postmortem.md").read_bytes() == b"# text"
    assert (tmp_path / "charts" / "summary.svg").read_bytes() == b"<svg/>"


def test_a_file_where_a_directory_belongs_is_told(tmp_path: Path) -> None:
    """The output directory may be a file by mistake; the file stays."""
    (tmp_path / "out").write_bytes(b"mine")
    with pytest.raises(OutputError, match="cannot write"):
        write_all(tmp_path / "out", FILES)

    assert (tmp_path / "out").read_bytes() == b"mine"


def test_a_file_system_without_hard_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where old contents cannot get a second name, files are written all the same."""

    def refuses(source: Path, target: Path) -> None:
        raise PermissionError(1, f"no link from {source} to {target}")

    write_all(tmp_path, FILES)
    monkeypatch.setattr(os, "link", refuses)

    assert write_all(tmp_path, {"timeline.json": b"[]"}) == ("timeline.json",)
    assert (tmp_path / "timeline.json").read_bytes() == b"[]"
