"""Rows of a fleet's screening, of every kind of day: rhythm, few requests, bursts, steps, ramps, holes."""

from __future__ import annotations

import numpy as np

from incident.detect.episode import Floats, Kind


def fleet_rows(rng: np.random.Generator, count: int, points: int, step_s: float, kind: Kind) -> Floats:
    """Shape (count, points); some are calm, some have one to three troubles, some miss samples."""
    hours = np.arange(points) * step_s / 3600
    swing = rng.choice([0, 0.1, 0.4, 0.8], count)[:, None]
    wave = swing * np.sin(2 * np.pi * (hours[None] / 24 + rng.random((count, 1))))
    rows = _ratios(rng, wave) if kind == "ratio" else _levels(rng, wave, step_s, counted=kind == "rate")
    for row in rows:
        for _ in range(rng.integers(0, 4)):
            _troubled(rng, row, kind)
        if rng.random() < 0.15:
            row[rng.integers(0, points, rng.integers(1, 6))] = np.nan
    if rng.random() < 0.5:
        rows[:, : rng.integers(0, 5)] = np.nan
    return rows


def _levels(rng: np.random.Generator, wave: Floats, step_s: float, *, counted: bool) -> Floats:
    count = len(wave)
    level = rng.choice([0.05, 0.5, 3.0, 40.0], count)[:, None]
    noise = rng.choice([0.001, 0.02, 0.1, 0.3], count)[:, None]
    rows: Floats = level * np.exp(wave + noise * rng.standard_normal(wave.shape))
    if counted:
        few = rng.random(count) < 0.5
        rows[few] = rng.poisson(rows[few] * step_s) / step_s
    return rows


def _ratios(rng: np.random.Generator, wave: Floats) -> Floats:
    total = rng.choice([5, 50, 2000], len(wave))[:, None]
    share = np.clip(rng.choice([0.0, 0.001, 0.02, 0.3], len(wave))[:, None] * np.exp(wave), 0, 1)
    rows: Floats = (
        rng.binomial(np.broadcast_to(total, wave.shape), np.broadcast_to(share, wave.shape)) / total
    )
    return rows


def _troubled(rng: np.random.Generator, row: Floats, kind: Kind) -> None:
    start = int(rng.integers(0, row.size))
    stop = min(row.size, start + int(rng.choice([1, 2, 3, 5, 9, 12, 30, 80])))
    factor = float(rng.choice([0.1, 0.5, 0.8, 1.2, 1.5, 3.0, 10.0]))
    shape = rng.choice(["box", "ramp", "step"])
    if shape == "step":
        stop = row.size
    way = np.linspace(0, 1, stop - start) if shape == "ramp" else np.ones(stop - start)
    if kind == "ratio":
        row[start:stop] = np.clip(row[start:stop] + way * factor / 20, 0, 1)
    else:
        row[start:stop] *= 1 + way * (factor - 1)
