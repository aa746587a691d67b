"""Where it hurt: the labels on which failures, lost or slow requests concentrate, and those they do not."""

from incident.where.breakdown import breakdowns, located

__all__ = ["breakdowns", "located"]
