"""The detection kernel: series in, episodes out.

`detect_episodes` is all that callers need; docs/detection.md says how it decides.
"""

from incident.detect.detector import detect_episodes
from incident.detect.episode import Direction, Episode, Kind, Rule, Worse

__all__ = ["Direction", "Episode", "Kind", "Rule", "Worse", "detect_episodes"]
