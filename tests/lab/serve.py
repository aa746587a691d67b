"""Serve one incident by hand: `python -m tests.lab.serve payments --port 9401 --dir FOLDER`."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from tests.lab.build import SEED, build
from tests.lab.catalogue import EVERY, rules_of
from tests.lab.prometheus import serve


def main() -> None:
    """Build what is asked for, print where it is served, and wait for a signal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=sorted(EVERY))
    parser.add_argument("--port", type=int, help="default: a free one")
    parser.add_argument("--dir", type=Path, required=True, help="where the blocks are kept")
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, _leave)
    lab = build(asked.name, asked.dir, seed=asked.seed)
    with serve(lab.data_dir, asked.port, rules=rules_of(asked.name)) as url:
        window = lab.truth.data
        sys.stdout.write(f"{url}  {window.start:%FT%TZ} to {window.end:%FT%TZ}\n")
        sys.stdout.write(f"truth: {lab.data_dir.parent / 'truth.yaml'}\n")
        sys.stdout.flush()
        signal.pause()


def _leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    main()
