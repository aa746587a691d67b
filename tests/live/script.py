"""What is done to the service in the live test, and the log of when it was done."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime

from tests.live.clock import now
from tests.live.rig import Rig

CALM_S = 0.5
FAULT_S = 30.0
"""Three of the survey's samples, 10 s apart beside four hours of lead-in, lie in it wherever it begins: the
rates forget it some seconds later."""
STEP_S = 3.5
"""Between two changes."""
TAIL_S = 20.0
"""The recovery must hold for 10 s on those samples, and the rates forget the fault."""
SILENCED = "HighErrorRate"
WHO, WHY = "dana", "known noise during the rollout"


@dataclass(slots=True)
class Log:
    """The truth: when each thing was done."""

    at: dict[str, datetime] = field(default_factory=dict)

    def __getitem__(self, what: str) -> datetime:
        return self.at[what]


def play(rig: Rig) -> Log:
    """A fault that is alerted, a restart, a new version, a silence, and a fault that no rule watches."""
    log = Log()
    rig.wait_until_scraped()
    time.sleep(CALM_S)
    log.at["begin"] = now()
    time.sleep(1)
    log.at["errors"] = rig.fault(fail=0.5)
    time.sleep(FAULT_S)
    log.at["errors over"] = rig.fault()
    time.sleep(STEP_S)
    log.at["restart"] = rig.start("1.0.0")
    time.sleep(STEP_S)
    log.at["deploy"] = rig.start("1.1.0")
    time.sleep(STEP_S)
    log.at["silence"] = rig.silence(SILENCED, 300, WHO, WHY)
    time.sleep(STEP_S)
    log.at["slow"] = rig.fault(slow=0.4)
    time.sleep(FAULT_S)
    log.at["slow over"] = rig.fault()
    time.sleep(TAIL_S)
    log.at["end"] = now()
    return log
