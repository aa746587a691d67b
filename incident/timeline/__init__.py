"""From the judgement to the Timeline: events, milestones, durations, unknowns, and its JSON."""

from incident.timeline.assemble import Display, assemble
from incident.timeline.json_form import SCHEMA, timeline_json

__all__ = ["SCHEMA", "Display", "assemble", "timeline_json"]
