"""A process killed at any system call leaves each file old or new, and the next run sets all right."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from report.write import sweep_stale, write_all

OLD = {"postmortem.md": b"old text", "timeline.json": b"{}"}
NEW = {"postmortem.md": b"new text!", "charts/new.svg": b"<new/>", "timeline.json": b"[]"}
LATER = datetime(2100, 1, 1, tzinfo=UTC)

# One child for each call: it writes in its own directory and kills itself before the call. Prints how
# many children were killed; the one after them has come to its end.
CHILDREN = """
import os, signal, sys
from pathlib import Path
from report.write import write_all

NEW = {name: text.encode() for name, text in NEW_TEXTS.items()}
CALLS = ("open", "write", "fsync", "close", "link", "replace", "unlink", "mkdir")

def child(root, at):
    left = at
    def watched(call):
        def run(*args, **options):
            nonlocal left
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1
            return call(*args, **options)
        return run
    for name in CALLS:
        setattr(os, name, watched(getattr(os, name)))
    write_all(root, NEW)
    os._exit(0)

at = 0
while True:
    root = Path(sys.argv[1]) / str(at)
    root.mkdir()
    for name, text in OLD_TEXTS.items():
        (root / name).write_bytes(text.encode())
    pid = os.fork()
    if pid == 0:
        child(root, at)
    if os.WIFEXITED(os.waitpid(pid, 0)[1]):
        break
    at += 1
print(at)
"""


def texts(files: dict[str, bytes]) -> str:
    return json.dumps({name: data.decode() for name, data in files.items()})


def contents(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_kill_at_any_call_tears_nothing(tmp_path: Path) -> None:
    """Killed before each call in turn, the writer leaves whole files, and writing again completes them."""
    code = f"OLD_TEXTS = {texts(OLD)}\nNEW_TEXTS = {texts(NEW)}\n{CHILDREN}"
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=root, capture_output=True, text=True, check=True
    )
    killed = int(ended.stdout)

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
