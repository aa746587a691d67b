"""Certificates that ran out: the value of the probe's metric is the moment."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from collector.changes.reader import Reader
from collector.signals.labels.home import Home
from collector.signals.labels.sets import has_token
from incident.model.facts import Change, ChangeKind, Nearness
from incident.model.signals import Samples
from incident.model.spans import aligned, instant
from incident.text.markup.links import strip_userinfo
from incident.text.promql import Matcher, selector

METRIC = "probe_ssl_earliest_cert_expiry"
# Evaluations over the span: the metric only changes when a certificate does.
_LOOKS = 24


def expired(reader: Reader, home: Home, existing: frozenset[str]) -> list[Change]:
    """Certificates of the service's probes, or of those near by, whose time was up within the span.

    The server leaves out all others: there may be thousands, which are in order.
    """
    if METRIC not in existing:
        return []
    start, end = reader.span.start_ms / 1000, reader.span.end_ms / 1000
    grid = aligned(reader.span, max(reader.span.length / _LOOKS, timedelta(minutes=1)))
    query = f"{METRIC} >= {start:.0f} < {end:.0f}"
    found: list[Change] = []
    for one in reader.evaluated(query, grid, "certificates"):
        near = _nearness(one, home)
        if near is not Nearness.ELSEWHERE:
            found += [_change(one, value, near) for value in np.unique(one.values).tolist()]
    return found


def _nearness(one: Samples, home: Home) -> Nearness:
    near = home.nearness(one.labels)
    named = has_token(home.service, strip_userinfo(one.label("instance")))
    return Nearness.OWN if named else near


def _change(one: Samples, value: float, near: Nearness) -> Change:
    where = strip_userinfo(one.label("instance"))
    return Change(
        kind=ChangeKind.CERTIFICATE,
        at=instant(round(value * 1000)),
        until=None,
        plus_minus=timedelta(0),
        subject=where,
        title=f"certificate of {where} expired",
        value=f"{value:.0f}",
        query=selector(METRIC, (Matcher("instance", "=", one.label("instance")),)),
        nearness=near,
    )
