"""The runbook of an alert's rule: a link where it is fit to be one, otherwise the text that the rule has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from incident.model.timeline import Timeline
from report.render import html, markdown
from report.render.sections.evidence import rule_sources
from tests import render_builder as build

WIKI = "https://wiki.example/runbooks/errors?env=prod&page=1"


def with_runbook(address: str) -> Timeline:
    return replace(build.payments(), alert_rules=(replace(build.rule(), runbook_url=address),))


def facts(address: str) -> str:
    (told,) = rule_sources(with_runbook(address))
    return told.facts


def test_the_runbook_of_a_rule_is_a_link() -> None:
    """In the draft and in its page."""
    draft = markdown(with_runbook(WIKI), (), generation=1)
    assert f"evaluated every 15 s, runbook <{WIKI}>" in draft

    page = html(draft, title="x", charts={}).decode()
    assert 'href="https://wiki.example/runbooks/errors?env=prod&amp;page=1"' in page


def test_a_rule_without_runbook_says_nothing_of_one() -> None:
    """No empty mention."""
    assert facts("") == "`for` 1 min, evaluated every 15 s"


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "//evil.example",
        " data:text/html,x",
        "file:///etc/passwd",
        "https://wiki.example/{{ $labels.service }}",
    ],
)
def test_what_is_no_address_is_text(address: str) -> None:
    """Other schemes, no host, and what is still a template."""
    told = facts(address)
    assert ", runbook " in told
    assert "<" not in told
    page = html(markdown(with_runbook(address), (), generation=1), title="x", charts={}).decode()
    assert f'href="{address.strip()}' not in page


@pytest.mark.parametrize(
    "address", ["https://ann:hunter2@wiki.example/x", "https://wiki.example/x?token=hunter2"]
)
def test_a_secret_in_the_address_of_a_runbook_is_masked(address: str) -> None:
    """It is text then, not a link that would not work."""
    told = facts(address)
    assert "hunter2" not in told
    assert "wiki.example/x" in told
    assert "<http" not in told
