"""Charts: one summary and one figure per signal, as SVG and PNG. The only importer of matplotlib."""

from __future__ import annotations

from report.charts.drawing import draw, shares
from report.charts.values import Chart

__all__ = ["Chart", "draw", "shares"]
