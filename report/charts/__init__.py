"""Charts: one summary and one figure per signal, as SVG and PNG. The only importer of matplotlib.

`report.charts.drawing` is the way in. It is not named here: whoever only passes charts on, as the process
that gets them from its drawers, has no need of the plotting library.
"""

from __future__ import annotations

from report.charts.values import Chart

__all__ = ["Chart"]
