"""The draft: a Timeline and its charts as the Markdown that people read, present and edit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from incident.model.timeline import Status, Timeline
from report.render.environment import anchor
from report.render.forms import Form
from report.render.pictures import SUMMARY, ChartRef
from report.render.prompts import ask, open_prompts
from report.render.sections import conditions, detection, evidence, impact, rows, suggestion
from report.render.sections.summary import cotimed, lead, together, where
from report.render.sections.summary.quiet import quiet
from report.render.wording import amounts
from report.render.wording.clock import clock_of, utc_clock
from report.render.wording.headline import title
from report.render.wording.md import Md, counted, fence, foreign

# Screen readers read an alternative text in one go; two long sentences are the most one can follow.
_LONGEST_ALT = 600
_ID = re.compile(r"[0-9a-f]{12}")


def markdown(
    timeline: Timeline,
    charts: Sequence[ChartRef],
    *,
    generation: int,
    form: str = "full",
    templates: Mapping[str, str] | None = None,
) -> str:
    """The text of the draft. Same timeline, charts, generation, form and templates: same text.

    `generation` counts the texts made for this draft, from 1 on; the first anchor carries it, and the
    timeline's id, also where a team's template wrote the anchor. `form` is
    one of `FORMS` or a team's own; `templates` are the sources of a team's templates by name, as
    `short.md.j2` or `sections/actions.md.j2`, and stand before ours of the same name (docs/templates.md).
    Raises FormError where the form is unknown or a team's template cannot be used.
    """
    template = Form(form, timeline.status, templates or {})
    values = values_of(timeline, charts) | {
        "generation": Md(generation),
        "anchor": anchor,
        "ask": ask,
        "fence": fence,
    }
    # The banner counts the questions below it, so they are counted on a first rendering.
    questions = len(open_prompts(template.filled(values | {"questions": Md("")})))
    text = template.filled(values | {"questions": counted(questions, "question", "questions")})
    return _named(text, generation, timeline.identity)


def _named(text: str, generation: int, identity: str) -> str:
    """The text with the incident's id in its first anchor; anything else for an id is left out."""
    first = f"<!-- itl:draft gen={generation} -->"
    return text.replace(first, f"{first[:-3]}id={identity} -->", 1) if _ID.fullmatch(identity) else text


def values_of(timeline: Timeline, charts: Sequence[ChartRef]) -> dict[str, object]:
    """Everything templates may print, by name."""
    return _opening(timeline) | _sections(timeline) | _evidence(timeline) | _pictures(charts)


def _opening(timeline: Timeline) -> dict[str, object]:
    clock = clock_of(timeline)
    opening: dict[str, object] = {
        "title": title(timeline),
        "service": timeline.scope.service,
        "zone": clock.label,
        "time_heading": clock.name,
        "extended": timeline.extended_because,
        "window": clock.span(timeline.window.start, timeline.window.end),
        "tolerance": evidence.tolerance(timeline),
        "rows": rows.main_rows(timeline),
        "folded": rows.folded(timeline),
        "has_impact": bool(timeline.episodes),
        "unknown": timeline.status is Status.UNKNOWN,
    }
    if timeline.episodes and timeline.status in (Status.RECOVERED, Status.ONGOING):
        return opening | {"lead": lead.lead(timeline), "summary": lead.summary(timeline)}
    return opening | {"lead": quiet(timeline), "summary": lead.unknown_sentence(timeline)}


def _sections(timeline: Timeline) -> dict[str, object]:
    requests = timeline.requests
    return {
        "alert_fired": timeline.milestones.first_alert_firing is not None,
        "happened": conditions.happened(timeline),
        "condition_lines": conditions.condition_lines(timeline),
        "detection_durations": detection.detection_durations(timeline),
        "alert_remarks": detection.alert_remarks(timeline),
        "rule_verdict": suggestion.verdict(timeline),
        "suggestion": suggestion.suggestion(timeline),
        "rule_block": suggestion.rule_block(timeline),
        "signal_rows": impact.signal_rows(timeline),
        "others": impact.others_sentence(timeline),
        "episode_rows": impact.episode_rows(timeline) if len(timeline.episodes) > 1 else (),
        "requests": amounts.requests_sentence(requests),
        "where": where.where_sentence(timeline),
        "where_even": where.even_sentence(timeline),
        "where_rows": where.where_rows(timeline),
        "formula": amounts.formula(requests),
        "impact_durations": detection.impact_durations(timeline),
        "together": together.together_line(timeline),
        "cotimed": cotimed.cotimed_rows(timeline),
        "cotimed_left_out": cotimed.left_out(timeline),
        "nothing_changed": cotimed.nothing_changed(timeline),
        "recovered": timeline.milestones.recovered is not None,
        "ongoing": timeline.status is Status.ONGOING,
    }


def _evidence(timeline: Timeline) -> dict[str, object]:
    return {
        "all_rows": rows.rows(timeline),
        "shows_utc": utc_clock(timeline).label != clock_of(timeline).label,
        "signal_sources": evidence.signal_sources(timeline),
        "query_range": evidence.query_range(timeline),
        "other_queries": evidence.other_queries(timeline),
        "context_rows": impact.context_rows(timeline),
        "departure_rows": impact.departure_rows(timeline),
        "alert_rows": evidence.alert_rows(timeline),
        "nearby_rows": evidence.nearby_rows(timeline),
        "alerts_readable": timeline.alerts_readable,
        "rule_sources": evidence.rule_sources(timeline),
        "gap_rows": evidence.gap_rows(timeline),
        "method": evidence.method(timeline),
        "explained": evidence.remarks(timeline),
        "provenance": evidence.provenance(timeline),
        "graphs": rows.graphs(timeline),
    }


def _pictures(charts: Sequence[ChartRef]) -> dict[str, object]:
    return {
        "summary_chart": next((_picture(chart) for chart in charts if chart.name == SUMMARY), Md("")),
        "signal_charts": tuple(
            (foreign(each.title), _picture(each)) for each in charts if each.name != SUMMARY
        ),
    }


def _picture(chart: ChartRef) -> Md:
    return Md(f"![{foreign(chart.alt, limit=_LONGEST_ALT)}]({chart.file})")
