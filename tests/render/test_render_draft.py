"""The draft as a document: sections, anchors, rows, links, questions."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from incident.model.timeline import Timeline
from report.render import ChartRef, markdown, open_prompts
from report.render.wording.ids import visible_ids
from tests import render_builder as build

CHARTS = [
    ChartRef("summary", "Summary", "Errors rose from 0.1 to 41 %.", "charts/summary.svg"),
    ChartRef("signal-errors", "errors", "Errors rose.", "charts/signal-errors.svg"),
]
SECTIONS = [
    "Issue summary",
    "Timeline",
    "Detection",
    "Impact",
    "Root cause and resolution",
    "Lessons",
    "Action items",
    "Evidence",
]
ALL = [build.payments(), build.store(), build.ongoing(), build.healthy(), build.unmeasured()]


def test_sections_stand_in_the_order_of_the_known_reports() -> None:
    """Conclusion first, evidence last."""
    text = markdown(build.payments(), CHARTS, generation=1)
    assert re.findall("^## (.*)$", text, re.MULTILINE) == SECTIONS


@pytest.mark.parametrize("timeline", ALL)
def test_the_same_timeline_makes_the_same_text(timeline: Timeline) -> None:
    """Same evidence, same bytes."""
    assert markdown(timeline, CHARTS, generation=3) == markdown(timeline, CHARTS, generation=3)


@pytest.mark.parametrize("timeline", ALL)
def test_anchors_are_distinct_and_the_first_carries_the_generation(timeline: Timeline) -> None:
    """A block is found again by its anchor, a draft's base by its generation."""
    text = markdown(timeline, CHARTS, generation=7)
    anchors = re.findall("<!-- itl:([a-z-]+)(?: gen=7)? -->", text)
    assert text.startswith("<!-- itl:draft gen=7 -->\n# ")
    assert len(anchors) == text.count("<!--") == len(set(anchors))


@pytest.mark.parametrize("timeline", ALL)
def test_blocks_are_one_blank_line_apart(timeline: Timeline) -> None:
    """No stray blank lines, no blanks at line ends, one line end at the end."""
    text = markdown(timeline, CHARTS, generation=1)
    assert "\n\n\n" not in text
    assert not re.search(r"[ \t]$", text, re.MULTILINE)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert all(
        before == "" for before, after in _pairs(text) if after.startswith("<!-- itl:") and before is not None
    )


def _pairs(text: str) -> list[tuple[str | None, str]]:
    lines = text.splitlines()
    return list(zip([None, *lines], lines, strict=False))


def test_the_banner_counts_the_questions_below_it() -> None:
    """Nine questions open means that nine are found."""
    for timeline in ALL:
        text = markdown(timeline, CHARTS, generation=1)
        asked = len(open_prompts(text))
        assert f"> DRAFT, not reviewed. {asked} question{'s' if asked != 1 else ''} open. Times" in text


def test_an_incident_asks_for_what_only_people_know() -> None:
    """Users, cause, detection, wrong turns, escalation, resolution, lessons, actions: nine to twelve."""
    asked = open_prompts(markdown(build.payments(), CHARTS, generation=1))
    assert 9 <= len(asked) <= 12
    assert len(set(asked)) == len(asked)


def test_only_main_events_are_numbered_rows_of_the_first_table() -> None:
    """The k-th main event has the number of its marker in the chart; the others are in the evidence."""
    table = _table(markdown(build.payments(), CHARTS, generation=1), "## Timeline")
    numbered = [row for row in table if row[0].isdecimal()]
    assert [row[0] for row in numbered] == [str(k) for k in range(1, 11)]
    assert numbered[1] == ["2", "14:04 ±2m", "0", "Degraded: errors 0.1 -> 0.9 %", "measured [e-0002]"]
    assert "1 more event in the evidence." in markdown(build.payments(), CHARTS, generation=1)


def _table(text: str, heading: str) -> list[list[str]]:
    section = text.partition(f"{heading}\n")[2].partition("\n#")[0]
    lines = [each for each in section.splitlines() if each.startswith("|")]
    return [[cell.strip() for cell in each.strip("|").split("|")] for each in lines[2:]]


def test_the_evidence_lists_every_event_exactly_and_in_utc() -> None:
    """Where the draft is shown in another zone, the evidence has UTC beside it."""
    rows = _table(markdown(build.store(), CHARTS, generation=1), "### All events")
    assert rows[0][:4] == ["1", "02:00:00", "2023-12-15 10:00:00", "8 s"]
    assert len(_table(markdown(build.payments(), CHARTS, generation=1), "### All events")) == 11


def test_each_short_id_with_a_graph_has_its_address_once_at_the_end() -> None:
    """Rows stay short; the long addresses stand at the end."""
    text = markdown(build.payments(), CHARTS, generation=1)
    referred = set(re.findall(r"\[(e-[0-9a-f]+)\]", text))
    defined = re.findall(r"^\[(e-[0-9a-f]+)\]: <http", text, re.MULTILINE)
    assert sorted(defined) == sorted(referred)


def test_an_address_that_is_none_makes_no_link() -> None:
    """A link that a server made up is left out, the id stays."""
    events = (replace(build.events()[0], link="javascript:alert(1)"),)
    text = markdown(replace(build.payments(), events=events), CHARTS, generation=1)
    assert "measured e-0001 |" in text
    assert "javascript" not in text


def test_short_ids_grow_where_they_would_be_shared() -> None:
    """Two events never share a visible id."""
    ids = visible_ids(["ev-3fa9c1d20b7e", "ev-3fa9c2d20b7e", "ev-77aac1d20b7e"])
    assert ids["ev-3fa9c1d20b7e"] == "e-3fa9c1"
    assert ids["ev-3fa9c2d20b7e"] == "e-3fa9c2"
    assert ids["ev-77aac1d20b7e"] == "e-77aa"


def test_the_summary_chart_stands_above_the_timeline_and_the_others_in_the_evidence() -> None:
    """With its alternative text, and nothing where a chart was not drawn."""
    text = markdown(build.payments(), CHARTS, generation=1)
    assert text.index("(charts/summary.svg)") < text.index("## Timeline")
    assert text.index("(charts/signal-errors.svg)") > text.index("## Evidence")
    assert "![" not in markdown(build.payments(), [], generation=1)


def test_durations_name_both_ends_and_say_what_is_not_recorded() -> None:
    """A duration is `A -> B = value`; an unknown one has its reason and no number."""
    text = markdown(build.payments(), CHARTS, generation=1)
    assert "- time to alert: impact start -> first alert firing = 16 min 45 s" in text
    assert "Not known (nobody entered it): time to acknowledge (first alert firing -> acknowledged)." in text


def test_unknowns_are_listed_and_named_in_the_summary() -> None:
    """What could not be seen is said where people read first, and why."""
    blind = replace(build.payments(), unknowns=(build.unknown(),))
    text = markdown(blind, CHARTS, generation=1)
    assert "Not seen: availability, 14:00 to 14:10 (the query timed out)." in text
    assert "| availability | the query timed out | 14:00:00 | 14:10:00 |" in text


def test_every_query_and_threshold_is_in_the_evidence() -> None:
    """A number without its query is not evidence."""
    text = markdown(build.payments(), CHARTS, generation=1).partition("## Evidence")[2]
    assert build.QUERY in text
    assert 'http_requests_total{service="payments",namespace="prod"}' in text
    assert "from 25 % of requests failing" in text
    assert "Queried from 2023-12-15T12:30:00Z to 2023-12-15T17:00:00Z, step 30s." in text
    assert "Collected 2023-12-16T09:00:00Z from `http://prometheus.example:9090` (Prometheus 2.42.0)." in text


def test_questions_in_code_or_answered_are_not_open() -> None:
    """A quotation of a question is none, and what was written over is gone."""
    text = "`[You: a?]`\n\n```\n[You: b?]\n```\n\n[You: c?] and [You:\nd?]\n\n\\[You: e?\\]\n"
    assert open_prompts(text) == ["c?", "d?"]
