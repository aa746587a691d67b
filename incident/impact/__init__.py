"""From signals to the service's impact: when it began, how bad it was, when it ended, what failed.

Read in this order: signals (each against its own normal), outages (targets and probes), fusion (which
departures are impact on users), survey (what these say together, and where to read on), counts and steps (raw
counters around a boundary), phases (how bad when), figures (requests), reports (what is told of each signal),
and assess, which joins them.
"""

from incident.impact.assess import Assessment, assess
from incident.impact.fusion import RawEpisode
from incident.impact.survey import Surveyed, surveyed

__all__ = ["Assessment", "RawEpisode", "Surveyed", "assess", "surveyed"]
