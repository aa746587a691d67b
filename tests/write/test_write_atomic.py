"""One file: old or new, its rights kept, and refused where it cannot be."""

from __future__ import annotations

import errno
import os
import resource
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from report.write import OutputError, preflight, staging, write_atomic


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def open_files() -> set[str]:
    return {path.name for path in Path("/dev/fd").iterdir()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_has_the_bytes(tmp_path: Path) -> None:
    """The file holds exactly what was given, and nothing lies beside it."""
    write_atomic(tmp_path / "a.md", b"one\r\n\0two")

    assert (tmp_path / "a.md").read_bytes() == b"one\r\n\0two"
    assert names(tmp_path) == ["a.md"]


def test_an_old_file_is_replaced(tmp_path: Path) -> None:
    """A reader that has the old file open goes on reading the old text."""
    path = tmp_path / "a.md"
    path.write_bytes(b"old text")
    with path.open("rb") as reader:
        write_atomic(path, b"new")

        assert reader.read() == b"old text"
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("data", [b"", b"x" * 3_000_000])
def test_any_size_is_written(tmp_path: Path, data: bytes) -> None:
    """Empty and large contents arrive whole."""
    write_atomic(tmp_path / "a", data)

    assert (tmp_path / "a").read_bytes() == data


def test_a_short_write_is_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system may take fewer bytes than offered; the rest follows."""
    whole = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: whole(fd, bytes(data)[:7]))
    write_atomic(tmp_path / "a", b"0123456789" * 5)

    assert (tmp_path / "a").read_bytes() == b"0123456789" * 5


@pytest.mark.parametrize("given", [0o640, 0o600, 0o444, 0o755])
def test_an_old_file_keeps_its_mode(tmp_path: Path, given: int) -> None:
    """Who may read the file is decided by people, not by a refresh."""
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(given)
    write_atomic(path, b"new", mode=0o666)

    assert mode(path) == given


@pytest.mark.parametrize(("given", "asked"), [(0o600, None), (None, 0o600), (0o640, 0o666)])
def test_private_contents_are_never_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: int | None, asked: int | None
) -> None:
    """While it is being written, the new text of a private file is nobody else's to read."""
    seen: list[int] = []
    whole = os.write

    def write(fd: int, data: bytes) -> int:
        seen.append(stat.S_IMODE(os.fstat(fd).st_mode))
        return whole(fd, data)

    if given is not None:
        (tmp_path / "a").write_bytes(b"old")
        (tmp_path / "a").chmod(given)
    monkeypatch.setattr(os, "write", write)
    write_atomic(tmp_path / "a", b"new", mode=asked)

    assert seen == [0o600]


def test_nothing_stays_open(tmp_path: Path) -> None:
    """A program that runs for months does not run out of file descriptors."""
    before = open_files()
    write_atomic(tmp_path / "a", b"first")
    write_atomic(tmp_path / "a", b"second")
    preflight(tmp_path)
    with pytest.raises(OutputError):
        write_atomic(tmp_path / "gone" / "a", b"x")

    assert open_files() == before


def test_a_new_file_has_the_mode_asked_for(tmp_path: Path) -> None:
    """State is private whatever the umask; other files follow the umask."""
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "state", b"x", mode=0o600)
        write_atomic(tmp_path / "shared", b"x", mode=0o664)
        write_atomic(tmp_path / "report", b"x")
    finally:
        os.umask(before)

    assert [mode(tmp_path / name) for name in ("state", "shared", "report")] == [0o600, 0o664, 0o640]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """What a symbolic link leads to is written, also where it does not exist yet."""
    (tmp_path / "real").mkdir()
    (tmp_path / "a").symlink_to("real/a")
    write_atomic(tmp_path / "a", b"first")
    write_atomic(tmp_path / "a", b"second")

    assert (tmp_path / "a").is_symlink()
    assert (tmp_path / "real" / "a").read_bytes() == b"second"
    assert names(tmp_path) == ["a", "real"]
    assert names(tmp_path / "real") == ["a"]


def test_the_longest_name_is_written(tmp_path: Path) -> None:
    """The temporary name does not grow with the name of the file."""
    path = tmp_path / ("n" * 255)
    write_atomic(path, b"x")

    assert path.read_bytes() == b"x"


def make_directory(path: Path) -> None:
    path.mkdir()


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_loop(path: Path) -> None:
    path.symlink_to(path.name)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (make_directory, "it is a directory"),
        (make_pipe, "it is not a plain file"),
        (make_loop, "a symbolic link leads to itself"),
    ],
)
def test_what_is_no_file_is_refused(tmp_path: Path, make: Callable[[Path], None], why: str) -> None:
    """A directory, a pipe or a loop of links is no place for a file, and stays what it is."""
    make(tmp_path / "a")
    before = (tmp_path / "a").lstat()
    with pytest.raises(OutputError, match=why) as caught:
        write_atomic(tmp_path / "a", b"x")

    assert "--output" in str(caught.value)
    assert (tmp_path / "a").lstat().st_ino == before.st_ino
    assert names(tmp_path) == ["a"]


def test_a_missing_directory_is_told(tmp_path: Path) -> None:
    """The message has what, where, why and what to do, on one line, and the path for programs."""
    path = tmp_path / "gone" / "a\n.md"
    with pytest.raises(OutputError) as caught:
        write_atomic(path, b"x")

    assert str(caught.value) == (
        f"cannot write {tmp_path}/gone/aU+000A.md: No such file or directory; "
        "the directory is gone; make it again, or choose another place with --output"
    )
    assert caught.value.path == path


def test_a_limit_of_the_system_leaves_the_old_file(tmp_path: Path) -> None:
    """Where the kernel stops a write half-way, the old file is whole and nothing lies beside it."""
    path = tmp_path / "a"
    path.write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OutputError, match="File too large; a file size limit"):
            write_atomic(path, b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_a_full_disk_is_told_with_the_bytes_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has to free space learns how much."""

    def full(fd: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, f"no space for {len(data)} in {fd}")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(
        OutputError, match=r"No space left on device \(12,345 bytes needed\); free some space"
    ):
        write_atomic(tmp_path / "a", bytes(12345))


@pytest.mark.parametrize(
    ("refusals", "asked", "expected"),
    [
        (0, [(4321, 8765)], 0o654),
        (1, [(4321, 8765), (-1, 8765)], 0o654),
        (2, [(4321, 8765), (-1, 8765)], 0o644),
    ],
)
def test_owner_and_group_are_kept_as_far_as_allowed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    refusals: int,
    asked: list[tuple[int, int]],
    expected: int,
) -> None:
    """Owner and group are asked for, then the group; where neither is given, no new group gets its rights."""
    calls: list[tuple[int, int]] = []

    def chown(fd: int, uid: int, gid: int) -> None:
        calls.append((uid, gid))
        if len(calls) <= refusals:
            raise PermissionError(errno.EPERM, f"not for {fd}")

    monkeypatch.setattr(os, "fchown", chown)
    rights = staging._Rights(uid=4321, gid=8765, mode=0o654, acl=None)
    staging.write_new(tmp_path / "a", b"x", rights, None)

    assert calls == asked
    assert mode(tmp_path / "a") == expected


def test_an_access_list_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was opened to some people by an access list stays so, and to no others."""
    given: list[tuple[str, bytes]] = []
    monkeypatch.setattr(os, "getxattr", lambda path, name: f"{path.name} {name}".encode())
    monkeypatch.setattr(os, "setxattr", lambda _, name, value: given.append((name, value)))
    (tmp_path / "a").write_bytes(b"old")
    write_atomic(tmp_path / "a", b"new")

    assert given == [("system.posix_acl_access", b"a system.posix_acl_access")]


def test_the_test_before_leaves_nothing(tmp_path: Path) -> None:
    """A directory that can be written, or made, passes and is as before."""
    preflight(tmp_path)
    preflight(tmp_path / "not" / "there" / "yet")

    assert names(tmp_path) == []


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_the_test_before_finds_a_file_in_the_way(tmp_path: Path, place: str) -> None:
    """A file where the directory should be is told before anything is fetched."""
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(OutputError, match="it is a file, not a directory"):
        preflight(tmp_path / place)

    assert (tmp_path / "file").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("call", "number", "why"),
    [
        ("open", errno.EROFS, "Read-only file system; the file system is mounted read-only"),
        ("open", errno.EACCES, "Permission denied; give this user the right to write there"),
        ("write", errno.ENOSPC, r"No space left on device \(4,096 bytes needed\)"),
        ("fsync", errno.EIO, "Input/output error; the disk does not take it"),
    ],
)
def test_the_test_before_finds_what_would_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, why: str
) -> None:
    """A read-only, closed, full or broken place is told, and nothing lies there afterwards."""

    def fails(*args: object) -> None:
        raise OSError(number, str(args))

    with monkeypatch.context() as patch:
        patch.setattr(os, call, fails)
        with pytest.raises(OutputError, match=why) as caught:
            preflight(tmp_path / "out")

    assert caught.value.path == tmp_path / "out"
    assert names(tmp_path) == []
