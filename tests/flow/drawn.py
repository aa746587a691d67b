"""Charts of the same judgement and evidence, drawn once for all tests of a process.

Drawing is most of what a draft costs, and many tests make the same one. That charts are the same bytes
whenever and wherever they are drawn is what tests/charts and test_flow_replay.py show with none of this.
"""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import replace

import pytest

import report.pipeline.noting
import report.pipeline.studio
from incident.model.evidence import Evidence
from incident.model.timeline import Timeline
from report.charts import Chart
from report.charts.drawing import draw

_drawn: dict[bytes, tuple[Chart, ...]] = {}


def draw_once(patch: pytest.MonkeyPatch) -> None:
    """What is drawn in this process is looked up first."""
    for module in (report.pipeline.studio, report.pipeline.noting):
        patch.setattr(module, "draw_here", _looked_up)


def draw_anew(patch: pytest.MonkeyPatch) -> None:
    """Nothing is looked up."""
    for module in (report.pipeline.studio, report.pipeline.noting):
        patch.setattr(module, "draw_here", draw)


def _looked_up(timeline: Timeline, evidence: Evidence) -> tuple[Chart, ...]:
    # Equal values may pickle to other bytes; then they are drawn again, no more.
    key = hashlib.sha256(pickle.dumps((replace(timeline, identity=""), evidence))).digest()
    if key not in _drawn:
        _drawn[key] = draw(timeline, evidence)
    return _drawn[key]
