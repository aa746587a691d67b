"""Moves a whole value in time: every instant, grid and sample in it, however deep."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import TypeVar, cast

import numpy as np

from incident.model.spans import Grid, frozen_times

_MS = timedelta(milliseconds=1)


Value = TypeVar("Value")


def moved(value: Value, by: timedelta) -> Value:
    """The same value at another time; text is kept as it is."""
    return cast(Value, _moved(value, by))


def _moved(value: object, by: timedelta) -> object:
    if isinstance(value, Enum):
        return value
    if isinstance(value, datetime):
        return value + by
    if isinstance(value, Grid):
        return Grid(value.start_ms + by // _MS, value.step_ms, value.count)
    if isinstance(value, np.ndarray):
        return frozen_times(value + by // _MS) if value.dtype == np.int64 else value
    if isinstance(value, tuple):
        return tuple(_moved(one, by) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{f.name: _moved(getattr(value, f.name), by) for f in fields(value)})
    return value
