"""From signals to the service's impact: when it began, how bad it was, when it ended, what failed.

Read in this order: signals (each against its own normal), outages (targets and probes),
fusion (which departures are impact on users), counts and steps (raw counters around a boundary),
phases (how bad when), figures (requests), and assess, which joins them.
"""

from incident.impact.assess import Assessment, Surveyed, assess, surveyed
from incident.impact.fusion import RawEpisode

__all__ = ["Assessment", "RawEpisode", "Surveyed", "assess", "surveyed"]
