"""Where it hurt, in words: a sentence that a person can read aloud, and a table beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from incident.model.timeline import Timeline
from incident.model.where import Breakdown, Harm, Portion
from report.render import markdown
from report.render.sections.summary.where import even_sentence, where_rows, where_sentence
from tests import render_builder as build

PAY = Portion("/pay", 404_394, 0.92, 0.31, 0.53, 0.001)
NEW = Portion("2.7.1", 439_559, 1.0, 0.5, 0.36, None, new=True)


def breakdown(label: str, *portions: Portion, harm: Harm = Harm.FAILED, values: int = 5) -> Breakdown:
    return Breakdown(harm, label, bool(portions), portions, values, 439_559, "increase(x[1h])")


def with_where(*where: Breakdown) -> Timeline:
    return replace(build.payments(), where=where)


def test_the_labels_that_concentrate_are_one_sentence() -> None:
    """Each with its share of the failures and its share of all requests."""
    told = where_sentence(with_where(breakdown("route", PAY), breakdown("version", NEW)))

    assert told == (
        "92.0 % of failures on route `/pay` (31.0 % of requests); all on version `2.7.1` (50.0 %)."
    )


def test_the_table_tells_the_rate_of_each_value_before_and_in_the_impact() -> None:
    """A version that was not there before is new, not zero."""
    first, second = where_rows(with_where(breakdown("route", PAY), breakdown("version", NEW, values=2)))

    assert (first.label, first.count, first.ratio) == ("route (of 5)", "404,394 failed", "0.1 % -> 53.0 %")
    assert (second.share, second.of_requests, second.ratio) == ("100 %", "50.0 %", "new -> 36.0 %")


def test_what_tells_failures_itself_has_no_share_of_requests() -> None:
    """Every failure has a failing code; how many requests have it says nothing."""
    one = breakdown("code", Portion("503", 9.0, 0.9, None, None, None))

    assert where_sentence(with_where(one)) == "90.0 % of failures on code `503`."
    assert (where_rows(with_where(one))[0].of_requests, where_rows(with_where(one))[0].ratio) == ("", "")


def test_slow_and_lost_requests_are_named_as_what_they_are() -> None:
    """Slower than what, and lost rather than failed."""
    slow = replace(breakdown("route", PAY, harm=Harm.SLOW), slower_than_s=0.5)

    assert where_sentence(with_where(slow)).startswith("92.0 % of requests slower than 0.5 s on route")
    assert where_sentence(with_where(breakdown("zone", PAY, harm=Harm.LOST))).startswith(
        "92.0 % of lost requests on zone"
    )


def test_an_even_spread_is_one_line() -> None:
    """What has nothing to tell is told once, for all it holds for."""
    alike = [breakdown(label, harm=harm) for harm in (Harm.FAILED, Harm.SLOW) for label in ("route", "pod")]

    told = even_sentence(with_where(*alike))

    assert told == "Failures and slow requests spread evenly over route and pod, as requests do."


def test_nothing_is_said_where_nothing_is_known() -> None:
    """No block, no heading, no empty table."""
    text = markdown(with_where(), [], generation=1)

    assert "Where it hurt" not in text
    assert "itl:impact-where" not in text


@pytest.mark.parametrize("form", ["full", "short"])
def test_the_sentence_stands_in_the_summary_and_the_table_under_impact(form: str) -> None:
    """Each once, in the short form too, and neither says why."""
    text = markdown(with_where(breakdown("route", PAY)), [], generation=1, form=form)

    assert text.count("92.0 % of failures on route `/pay` (31.0 % of requests).") == 1
    assert "Concentration, not cause." in text
    assert "\n\n\n" not in text
    assert "| route (of 5) | `/pay` | 404,394 failed | 92.0 % | 31.0 % | 0.1 % -> 53.0 % |" in text


def test_hostile_values_stay_text() -> None:
    """A route is what a request called it: it makes no markup, and no line of its own."""
    bad = Portion("</td><script>alert(1)</script>\n\n# Gone|`x`" + "y" * 500, 90.0, 0.9, 0.1, 0.5, 0.0)
    text = markdown(with_where(breakdown("route<b>", bad)), [], generation=1)

    assert "\n# Gone" not in text
    assert "<script>alert" not in text.replace("`</td><script>alert", "")
    assert "y" * 100 not in text
