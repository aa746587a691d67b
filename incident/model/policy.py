"""The thresholds that decide what impact is; configurable, and printed in every draft."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """When a service counts as degraded, partly out, down and recovered."""

    partial_outage_ratio: float = 0.25
    """Failing share from which an episode is a partial outage: one request in four."""
    down_ratio: float = 0.95
    """Failing share from which a service is down: what still succeeds is chance."""
    lost_traffic_ratio: float = 0.10
    """Served share of the expected traffic at or below which a service is down."""
    recovery_hold: timedelta = timedelta(minutes=10)
    """How long signals must stay in the baseline's band before an end is believed."""
    quiet_gap: timedelta = timedelta(minutes=60)
    """Quiet for longer than this starts a new incident instead of a relapse."""
