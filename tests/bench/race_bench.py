"""An editor that saves a draft against refreshes of it: `python -m tests.bench.race_bench --saves 2000`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.flow.again.racing import raced

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures" / "webstore" / "expected" / "postmortem.md"


def main(arguments: list[str] | None = None) -> int:
    """Prints what came of the race; 1 where a saved word is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--saves", type=int, default=2000)
    asked = parser.parse_args(arguments)
    base = FIXTURE.read_text("utf-8").partition("## Detection")[0]
    with tempfile.TemporaryDirectory() as folder:
        race = raced(Path(folder, "draft"), (base, base.replace("gen=1", "gen=2")), asked.saves, seed=1)
    print(
        f"{race.saves} saves, {race.refreshes} refreshes, {race.overtaken} of them begun again, "
        f"{len(race.missing)} words missing from draft and history together"
    )
    return 1 if race.missing else 0


if __name__ == "__main__":
    sys.exit(main())
