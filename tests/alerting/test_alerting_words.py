"""The YAML of a suggested rule: plain to read, and nothing that others wrote has an effect in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from incident.alerting.wording import alert_name, expression, plain, quoted, rule_yaml
from incident.model.detection import SuggestedRule
from tests.reasoning_builders import ERRORS, TARGETS, at

RULE = SuggestedRule(
    name="ShopErrorsHigh",
    signal="errors",
    expr=f"({ERRORS.query}) > 0.01",
    threshold=0.01,
    hold=timedelta(minutes=2),
    interval=timedelta(seconds=30),
    labels=(("severity", "page"), ("service", "shop")),
    summary="shop: errors above 1 %",
    condition_at=at("12:00"),
    would_fire_at=at("12:02"),
    plus_minus=timedelta(seconds=30),
    earlier=None,
    episodes_seen=1,
    false_firings=0,
    looked_at=timedelta(hours=4),
)
TEXT = st.text(st.characters(codec="utf-8"), max_size=60)


def test_a_rule_reads_as_people_write_them() -> None:
    """The expression stands unescaped in a block of its own."""
    assert rule_yaml(RULE) == (
        "groups:\n"
        '  - name: "ShopErrorsHigh (suggested)"\n'
        "    interval: 30s\n"
        "    rules:\n"
        "      - alert: ShopErrorsHigh\n"
        "        expr: |-\n"
        f"          ({ERRORS.query}) > 0.01\n"
        "        for: 2m\n"
        "        labels:\n"
        "          severity: page\n"
        '          service: "shop"\n'
        "        annotations:\n"
        '          summary: "shop: errors above 1 %"'
    )


@given(TEXT, TEXT, TEXT)
@example("\n", "", "")
@example("\n up", "", "")
@example("up\n\n", "", "")
def test_whatever_names_and_queries_hold_a_reader_gets_them_back(expr: str, service: str, text: str) -> None:
    """Any characters at all: the document has the same shape and the same texts."""
    rule = replace(RULE, expr=expr, labels=(("severity", "page"), ("service", service)), summary=text)
    (group,) = yaml.safe_load(rule_yaml(rule))["groups"]
    (read,) = group["rules"]

    assert read["expr"] == expr
    assert read["labels"]["service"] == plain(service)
    assert read["annotations"]["summary"] == plain(text)
    assert set(read) == {"alert", "expr", "for", "labels", "annotations"}


def test_half_a_surrogate_pair_becomes_the_replacement_character() -> None:
    """No file can hold it, and a draft must be written all the same."""
    assert quoted("a\ud800b") == '"a\\uFFFDb"'


def test_braces_of_a_template_are_printed_and_not_run() -> None:
    """Labels and annotations of a rule are templates of Go."""
    assert plain("{{ $value }}") == '{{"{{"}} $value }}'


def test_a_comment_in_a_query_does_not_swallow_the_threshold() -> None:
    """The query stands on lines of its own."""
    asked = replace(ERRORS, query="errors_ratio # from the recording rule")

    assert expression(asked, 0.05, up=True) == "(\nerrors_ratio # from the recording rule\n) > 0.05"


def test_targets_are_compared_as_the_share_that_is_up() -> None:
    """The selector of raw samples alone would be one alert for each target."""
    assert expression(TARGETS, 0.5, up=False) == 'avg(up{job="shop"}) < 0.5'


def test_of_several_series_the_worst_is_compared_as_the_draft_does() -> None:
    """Otherwise `for` would be counted for each series by itself."""
    asked = replace(ERRORS, query="errors_ratio", why="given; the greatest of 3 series at each time")

    assert expression(asked, 0.05, up=True) == "max(errors_ratio) > 0.05"


def test_a_name_has_letters_and_digits_only() -> None:
    """Whatever the service is called."""
    assert alert_name("web-store", "p99", up=True) == "WebStoreP99High"
    assert alert_name('{{ "x" }}\n# y', "errors", up=True) == "XYErrorsHigh"
    assert alert_name("1st", "traffic", up=False) == "Service1stTrafficLow"
    assert alert_name("日本", "", up=False) == "ServiceLow"
