"""The words by which files name what happened, and the kinds of timeline.json they stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from incident.model.facts import ChangeKind

NOTE = "note"
_CHANGES = {
    ChangeKind.DEPLOY: "deploy deployed deployment deploys release released rollout rolled_out upgrade",
    ChangeKind.ROLLBACK: "rollback rolled_back revert reverted",
    ChangeKind.RESTART: "restart restarted",
    ChangeKind.SCALE: "scale scaled scaling autoscale autoscaling",
    ChangeKind.CONFIG_RELOAD: "config_reload config configuration config_change",
    ChangeKind.OOM_KILL: "oom_kill oom oomkill oomkilled",
    ChangeKind.FAILOVER: "failover switchover",
    ChangeKind.JOB_FAILED: "job_failed",
    ChangeKind.TARGET_DOWN: "target_down",
    ChangeKind.TARGET_UP: "target_up",
    ChangeKind.NODE: "node",
    ChangeKind.POD: "pod",
    ChangeKind.ROLLOUT_STUCK: "rollout_stuck",
    ChangeKind.CERTIFICATE: "certificate",
    ChangeKind.DATA_GAP: "data_gap",
    ChangeKind.MONITORING_TROUBLE: "monitoring_trouble",
}
_PEOPLE = {
    "reported": "reported report detected triggered",
    "acknowledged": "acknowledged acknowledge ack acked",
    "declared": "declared declare",
    "escalated": "escalated escalate escalation",
    "action": "action change change_event",
    "mitigated": "mitigated mitigate",
    "resolved": "resolved resolve",
    "notified": "notified notify notification paged page",
    "silence": "silence silenced",
    NOTE: "note comment annotation annotate message info event",
}
_BY_WORD = {
    alias: str(kind)
    for group in (_CHANGES, _PEOPLE)
    for kind, words in group.items()
    for alias in words.split()
}
_KIND_OF_CHANGE = {str(kind): kind for kind in ChangeKind}
_ALERTS = frozenset({"alert", "alert_firing", "firing"})


def kind_named(text: str) -> str | None:
    """The kind that a word stands for, whatever its case and however it is joined; None if no kind."""
    return _BY_WORD.get(_word(text))


def kind_tagged(tags: Iterable[str]) -> str | None:
    """The kind that the first telling tag stands for; `deploy`, `type:deploy` and `event=deploy` tell."""
    for tag in tags:
        found = kind_named(re.split("[:=]", tag)[-1])
        if found is not None and found != NOTE:
            return found
    return None


def is_alert(text: str) -> bool:
    """Whether the word says that an alert fired."""
    return _word(text) in _ALERTS


def change_kind(kind: str) -> ChangeKind | None:
    """The kind as one of changes; None for what people do."""
    return _KIND_OF_CHANGE.get(kind)


def telling(kind: str) -> int:
    """How much a kind says, the most first: of two records of one fact the more telling kind is kept."""
    return 0 if change_kind(kind) else 2 if kind == NOTE else 1


def _word(text: str) -> str:
    return re.sub(r"[\s-]+", "_", text.strip().casefold())
