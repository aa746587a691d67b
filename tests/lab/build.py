"""From an incident's script to TSDB blocks and the truth about them, kept for the next run."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.lab.catalogue import EVERY
from tests.lab.evaluate import evaluate
from tests.lab.prometheus import SERVING, create_blocks, serve
from tests.lab.rules import alert_series
from tests.lab.scene import draw_scene
from tests.lab.tell import tell_truth
from tests.lab.truth import Truth, read_truth, write_truth

SEED = 20230301
"""The drawing used where none is asked for."""


@dataclass(frozen=True, slots=True)
class Lab:
    """A built incident: the folder of its blocks, ready to be served, and its truth."""

    name: str
    data_dir: Path
    truth: Truth


def build(name: str, cache: Path, *, seed: int = SEED) -> Lab:
    """The incident's blocks under `cache`, made unless the same code has made them before."""
    home = cache.resolve() / f"{name}-{seed}-{code_version()}"
    if not home.exists():
        cache.mkdir(parents=True, exist_ok=True)
        _make(name, seed, home)
        _forget_older(home)
    return Lab(name, home / "data", read_truth(home / "truth.yaml"))


def code_version() -> str:
    """A short digest of the laboratory's source: other code, other data."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:10]


def _make(name: str, seed: int, home: Path) -> None:
    partial = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=home.parent))
    try:
        truth = make_blocks(name, seed, partial / "data")
        write_truth(truth, partial / "truth.yaml")
        partial.chmod(0o755)
        _settle(partial, home)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _settle(partial: Path, home: Path) -> None:
    try:
        partial.rename(home)
    except OSError:
        # Another run may have finished the same incident meanwhile: theirs is as good.
        if not home.exists():
            raise


def _forget_older(home: Path) -> None:
    """Remove what other code drew of the same incident, unless it is being served."""
    for other in home.parent.glob(f"{home.name.rpartition('-')[0]}-*"):
        if other != home and not any(other.glob(f"{SERVING}*")):
            shutil.rmtree(other, ignore_errors=True)


def make_blocks(name: str, seed: int, data_dir: Path) -> Truth:
    """Draw the incident, write its blocks and its alerts into `data_dir`; the truth about it."""
    incident = EVERY[name]()
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    scene = draw_scene(incident, rng)
    create_blocks(scene.series, data_dir)
    runs = []
    if incident.rules:
        with serve(data_dir) as url:
            runs = evaluate(url, incident.rules, scene.span)
        create_blocks(alert_series(runs), data_dir)
    return tell_truth(incident, seed, scene, runs)
