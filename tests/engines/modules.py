"""Build the servers that Debian lacks from their Go modules: `python -m tests.engines.modules [NAME...]`.

Sources come through Go's own module proxy with their checksums, are built once into `.cache/engines`
and kept there. It takes minutes for each server on two cores, and is never part of a plain test run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "engines"


@dataclass(frozen=True, slots=True)
class Module:
    """A server's program within its Go module; `tags` as its own makefile builds it."""

    path: str
    version: str
    program: str
    tags: str

    @property
    def binary(self) -> Path:
        """Where the program lies once it is built; another version is another file."""
        return CACHE / f"{Path(self.program).name}-{self.version}"


MODULES = {
    # Module v0.315.0 is Prometheus 3.15.0: its libraries count from 0.
    "prometheus": Module("github.com/prometheus/prometheus", "v0.315.0", "cmd/prometheus", "netgo"),
    # Without slicelabels Thanos reads labels in a form they do not have, and ends with a panic.
    "thanos": Module("github.com/thanos-io/thanos", "v0.42.3", "cmd/thanos", "netgo,slicelabels"),
}


class BuildError(RuntimeError):
    """A server could not be built; the message says what Go said."""


def build(module: Module) -> Path:
    """The program's path, built unless it is there. Raises BuildError with Go's last words."""
    if not module.binary.exists():
        go = shutil.which("go")
        if go is None:
            raise BuildError(f"{module.path}: Go is not installed; install it (https://go.dev/doc/install)")
        CACHE.mkdir(parents=True, exist_ok=True)
        _build(go, module)
    return module.binary


def _build(go: str, module: Module) -> None:
    """In a copy of the sources: Go keeps its own read-only, and heeds `replace` in the main module only."""
    with tempfile.TemporaryDirectory(prefix="src-", dir=CACHE) as folder:
        source = Path(folder, "module")
        shutil.copytree(_downloaded(go, module), source, copy_function=shutil.copyfile)
        for one in (source, *source.rglob("*")):
            one.chmod(0o755 if one.is_dir() else 0o644)
        built = Path(folder, "program")
        _run([go, "build", "-tags", module.tags, "-o", str(built), f"./{module.program}"], source)
        built.rename(module.binary)


def _downloaded(go: str, module: Module) -> Path:
    told = _run([go, "mod", "download", "-json", f"{module.path}@{module.version}"], CACHE)
    return Path(json.loads(told)["Dir"])


def _run(command: list[str], folder: Path) -> str:
    # A workspace file in the module names parts that its archive leaves out.
    environment = os.environ | {"GOWORK": "off", "GOFLAGS": "-mod=mod"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        last = "; ".join(f"{done.stderr}{done.stdout}".strip().splitlines()[-3:])
        raise BuildError(f"{' '.join(command[1:3])}: {last}")
    return done.stdout


def main() -> int:
    """Build what is named, or all; says each and where it lies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MODULES))
    failed = 0
    for name in parser.parse_args().names or MODULES:
        try:
            print(f"{name} {MODULES[name].version}: {build(MODULES[name]).relative_to(ROOT)}", flush=True)
        except BuildError as error:
            print(f"{name}: {error}", file=sys.stderr, flush=True)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
