"""The detection kernel: series in, episodes out."""

from incident.detect.episode import Direction, Episode, Kind, Rule, Worse
from incident.detect.kernel import detect_episodes

__all__ = ["Direction", "Episode", "Kind", "Rule", "Worse", "detect_episodes"]
