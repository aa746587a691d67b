"""What a repository should not carry: one machine's paths, registries' addresses, secrets of a build."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Written in pieces, so that this file does not find itself.
_HOMES = re.compile(r"(?<![\w.:/-])/" + r"(?:home|Users|root|work)/" + r"[\w.-]+")
_REGISTRY = re.compile(
    "|".join(["index-" + "url", "/simple" + "/", "files.python" + "hosted", "pypi." + "org"])
)
_BINARY = {".gz", ".png", ".ico", ".woff2", ".db"}

# The one place where the options of the package tool must be spelt out: to leave addresses out of the lock.
_SPELLS_OPTIONS = {"Makefile"}


def _tracked() -> list[Path]:
    """Files under version control and new ones that are not ignored; the whole tree without git."""
    git = shutil.which("git")
    if git and (ROOT / ".git").exists():
        command = [git, "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, capture_output=True, check=True).stdout.decode().split("\0")
        return [ROOT / name for name in names if name and (ROOT / name).is_file()]
    hidden = {".venv", ".git", ".cache", "reports", "build", "dist"}
    return [
        path for path in ROOT.rglob("*") if path.is_file() and not hidden & set(path.relative_to(ROOT).parts)
    ]


def _texts() -> list[tuple[str, str]]:
    readable = [path for path in _tracked() if path.suffix not in _BINARY]
    return [
        (path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8", errors="replace"))
        for path in readable
    ]


def test_no_file_names_a_path_of_one_machine() -> None:
    """A path below somebody's home, or this checkout's own place, means nothing elsewhere."""
    own = str(ROOT)
    found = [name for name, text in _texts() if own in text or _HOMES.search(text)]

    assert found == []


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is the reader's own setting."""
    found = [name for name, text in _texts() if name not in _SPELLS_OPTIONS and _REGISTRY.search(text)]

    assert found == []


def test_the_lock_pins_every_package_with_hashes_and_nothing_else() -> None:
    """Each entry of constraints.txt is one exact version and its files' digests; no address, no option."""
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    entries = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]

    assert entries
    assert [
        line
        for line in entries
        if not re.fullmatch(r"[a-z0-9-]+==[\w.!+]+( +--hash=sha256:[0-9a-f]{64})+ *", line)
    ] == []


def test_the_lock_has_every_declared_dependency() -> None:
    """What pyproject.toml asks for is pinned, for running and for developing."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = {re.split(r"[<>=!~\[; ]", requirement)[0].lower().replace("_", "-") for requirement in wanted}
    pinned = set(
        re.findall(r"^([a-z0-9-]+)==", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    )

    assert sorted(names - pinned) == []


def test_the_changelog_has_a_place_for_what_comes_next() -> None:
    """Each change tells users what they can now do, under Unreleased until it is released."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    unreleased = text.split("## [Unreleased]")[1].split("\n## ")[0]

    assert "- " in unreleased
