"""A process killed at any system call leaves each file old or new, and the next run sets all right."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from report.write import sweep_stale, write_all
from tests.write.killing import killed_before_each_call

OLD = {"postmortem.md": b"old text", "timeline.json": b"{}"}
NEW = {"postmortem.md": b"new text!", "charts/new.svg": b"<new/>", "timeline.json": b"[]"}
LATER = datetime(2100, 1, 1, tzinfo=UTC)

WRITER = """
from report.write import write_all

def prepare(root):
    for name, text in OLD_TEXTS.items():
        (root / name).write_bytes(text.encode())

def write(root):
    write_all(root, {name: text.encode() for name, text in NEW_TEXTS.items()})
"""


def texts(files: dict[str, bytes]) -> str:
    return json.dumps({name: data.decode() for name, data in files.items()})


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_kill_at_any_call_tears_nothing(tmp_path: Path) -> None:
    """Killed before each call in turn, the writer leaves whole files, and writing again completes them."""
    code = f"OLD_TEXTS = {texts(OLD)}\nNEW_TEXTS = {texts(NEW)}\n{WRITER}"
    killed = killed_before_each_call(code, tmp_path)

    assert killed >= 20
    for at in range(killed):
        place = tmp_path / str(at)
        sweep_stale(place, now=LATER)
        found = contents(place)
        assert set(OLD) <= set(found) <= set(NEW)
        assert all(data in (OLD.get(name), NEW[name]) for name, data in found.items())
        if found["timeline.json"] == NEW["timeline.json"]:
            assert found == NEW  # it is renamed last, so it vouches for the others
        write_all(place, NEW)
        assert contents(place) == NEW
    assert contents(tmp_path / str(killed)) == NEW
