"""Random drafts, edited and merged; failures are counted: `python -m tests.bench.merge_bench`."""

from __future__ import annotations

import argparse
import sys
import time

from tests.merge.harness import run


def main(arguments: list[str] | None = None) -> int:
    """Prints the ratios; 1 where a property did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=5000)
    parser.add_argument("--first-seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    began = time.perf_counter()
    tally = run(range(asked.first_seed, asked.first_seed + asked.documents))
    took = time.perf_counter() - began
    print(
        f"{tally.documents} documents, {tally.lines} lines of people, {tally.failed.total()} failures, "
        f"{took:.0f} s, {tally.documents / took:.0f} documents a second"
    )
    for name, number in sorted(tally.failed.items()):
        print(f"{number:8} {name}, first seed {tally.seeds[name]}")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
