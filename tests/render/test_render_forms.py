"""Forms of a draft: ours, and those that teams write themselves."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from report.render import FORMS, ChartRef, FormError, markdown, open_prompts
from report.render.draft import values_of
from report.render.sandbox import FILTER_NAMES
from report.render.sections.evidence import AlertRow, GapRow, RuleSource, SignalSource
from report.render.sections.impact import EpisodeRow, SignalRow
from report.render.sections.rows import Graph, Row
from report.render.sections.summary.cotimed import CotimedRow
from tests import render_builder as build
from tests.render_hostile import poisoned

DOCS = Path(__file__).parents[2] / "docs"
_CHARTS = [ChartRef("summary", "Summary", "Errors rose.", "charts/summary.svg")]
_BANNER = '{% include "sections/banner.md.j2" %}\n'
_ALL = [build.payments(), build.store(), build.ongoing(), build.healthy(), build.unmeasured()]


def _example() -> dict[str, str]:
    folder = DOCS / "templates-example"
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.md.j2")}


def _own(body: str, **more: str) -> str:
    """A draft by a template of a team's own."""
    others = {f"sections/{name}.md.j2": source for name, source in more.items()}
    return markdown(
        build.payments(), _CHARTS, generation=1, form="own", templates={"own.md.j2": _BANNER + body} | others
    )


def _sections(text: str) -> list[str]:
    return re.findall("^## (.*)$", text, re.MULTILINE)


def test_the_short_form_is_summary_chart_timeline_impact_and_actions() -> None:
    """A page for a small incident; the evidence is only named."""
    text = markdown(build.payments(), _CHARTS, generation=1, form="short")
    assert _sections(text) == ["Issue summary", "Timeline", "Impact", "Action items", "Evidence"]
    assert "![Errors rose.](charts/summary.svg)" in text
    assert "timeline.json and evidence.json.gz beside this draft" in text
    assert text.count("\n") < markdown(build.payments(), _CHARTS, generation=1).count("\n") / 1.5


@pytest.mark.parametrize("timeline", _ALL)
@pytest.mark.parametrize("form", FORMS)
def test_every_form_counts_its_questions_and_defines_its_links(timeline: object, form: str) -> None:
    """Whatever the form, the banner is true and no reference leads nowhere."""
    text = markdown(timeline, _CHARTS, generation=1, form=form)  # type: ignore[arg-type]
    asked = len(open_prompts(text))
    assert f"> DRAFT, not reviewed. {asked} question{'s' if asked != 1 else ''} open." in text
    referred = set(re.findall(r"\[(e-[0-9a-f]+)\](?!:)", text))
    assert referred <= set(re.findall(r"^\[(e-[0-9a-f]+)\]: <", text, re.MULTILINE))


def test_action_items_say_beneath_what_they_are() -> None:
    """The heading that people know, the older name in the line below."""
    text = markdown(build.payments(), _CHARTS, generation=1)
    assert "## Action items\n\nCorrective and preventative measures, each with one owner" in text


def test_the_worked_example_makes_a_draft() -> None:
    """The documented directory works as it is: a new form, and a section of ours replaced in every form."""
    text = markdown(build.payments(), _CHARTS, generation=4, form="handover", templates=_example())
    assert text.startswith("<!-- itl:draft gen=4 -->\n# payments: partial outage")
    assert _sections(text)[:2] == ["What happened", "What to tell customers of payments"]
    assert "- p99: 0.42 s before, 3.8 s at 15:44:00 at worst" in text
    full = markdown(build.payments(), _CHARTS, generation=1, templates=_example())
    assert "| Action | Owner | Ticket | Due |" in full
    assert "## Root cause and resolution" in full
    assert "[You: which alert would have told us first?]" in markdown(
        build.store(), _CHARTS, generation=1, templates=_example()
    )


def test_the_worked_example_keeps_hostile_text_in_its_place() -> None:
    """A team's template prints what others wrote as safely as ours."""
    plain, hostile = (
        markdown(
            poisoned(build.payments(), text), _CHARTS, generation=1, form="handover", templates=_example()
        )
        for text in ("x", "a | b\n# c <script> [You: x?]")
    )
    assert hostile.count("\n") == plain.count("\n")
    assert open_prompts(hostile) == open_prompts(plain)


def test_the_documentation_names_every_value_and_every_field() -> None:
    """Neither more nor less than templates are given."""
    text = (DOCS / "templates.md").read_text("utf-8")
    table = text.partition("## Values")[2]
    named = set(re.findall("`([a-z_]+)`", table))
    given = set(values_of(build.payments(), _CHARTS)) | {"generation", "questions", "anchor", "ask", "fence"}
    kinds = (Row, SignalRow, EpisodeRow, CotimedRow, AlertRow, RuleSource, SignalSource, GapRow, Graph)
    columns = {field.name for kind in kinds for field in fields(kind)}
    assert given <= named
    assert named <= given | columns
    assert f"`{' '.join(sorted(FILTER_NAMES))}`" in text


def test_values_are_escaped_and_ours_are_not() -> None:
    """A team cannot forget to escape, and need not know what is Markdown already."""
    assert "a&#124;b" in _own('{{ "a|b" }}')
    assert "**14:04" in _own("{{ lead }}")
    assert "0.42 s, 3.8 s at 15:44:00" in _own(
        '{{ [signal_rows[1].normal, signal_rows[1].worst] | join(", ") }}'
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{{ misspelt }}", "template own.md.j2, line 2: 'misspelt' is undefined"),
        ("\n\n{{ rows[0].colour }}", "line 4: "),
        ("{% if %}", "template own.md.j2, line 2: "),
        ('{% include "sections/gone.md.j2" %}', "template sections/gone.md.j2: not found"),
        ("{{ rows[0].what.__class__ }}", "line 2: "),
        ('{{ ask("a | b") }}', "line 2: prompt 'a | b'"),
        ('{{ anchor("A B") }}', "line 2: anchor 'A B'"),
        ('{{ anchor("x") }}\n{{ anchor("x") }}', "the anchor 'x' is used twice"),
        ("{{ none }}", "line 2: a draft prints what is not known in words"),
        ("{{ 1 / 0 }}", "line 2: division by zero"),
        ("{% for x in range(101) %}{% endfor %}", "range of more than 100 numbers"),
        ("{% for a in rows %}" * 3 + "{% endfor %}" * 3, "no more than 2 loops inside one another"),
        ('{{ rows | join(" | ") }}', "only blanks, commas, semicolons and slashes"),
        ('{{ "x" * 1000000000 }}', "line 2: no '*'"),
        ('{{ "%1000000000d" % 1 }}', "'%' on a text"),
        ('{{ "x".center(1000000000) }}', "line 2: "),
        ('{{ "x" | center(1000000000) }}', "No filter named 'center'"),
        ("{{ rows | random }}", "No filter named 'random'"),
        ('{{ "<b>" | safe }}', "No filter named 'safe'"),
        ("{% macro m() %}{% endmacro %}", "line 2: no macros"),
        ("{% set a %}x{% endset %}", "line 2: no set blocks"),
        ('{{ "a" ~ "b" }}', "line 2: no '~'"),
        ("{{ namespace(a=1).a }}", "'namespace' is undefined"),
        ('{% include "own.md.j2" %}', "without end"),
        ('{% include "own.md.j2" %}{% include "own.md.j2" %}', "without end"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_that_names_the_template(body: str, said: str) -> None:
    """Which, where, why; nothing runs away."""
    with pytest.raises(FormError) as raised:
        _own(body)
    assert said in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_sums_stay_short() -> None:
    """Doubling a text forty times is a mistake, not a draft."""
    with pytest.raises(FormError, match="'\\+' makes more than 10,000 characters"):
        _own('{% set a = "x" %}' + "{% set a = a + a %}" * 40)


def test_a_draft_without_its_first_anchor_is_refused() -> None:
    """A refresh would not find what people wrote."""
    with pytest.raises(FormError, match="must begin with"):
        markdown(build.payments(), [], generation=1, form="own", templates={"own.md.j2": "# hello\n"})


@pytest.mark.parametrize(
    "name", ["../x.md.j2", "page.html.j2", "X.md.j2", "a/b.md.j2", "sections/../x.md.j2"]
)
def test_templates_have_plain_names(name: str) -> None:
    """A directory may hold other files, but none of them is handed in."""
    with pytest.raises(FormError, match="not a name for one"):
        markdown(build.payments(), [], generation=1, templates={name: ""})


def test_too_much_is_refused_before_it_is_read() -> None:
    """A file of megabytes is no template, and a home directory no directory of them."""
    with pytest.raises(FormError, match="65,536 at most"):
        _own("x" * 70_000)
    with pytest.raises(FormError, match="50 at most"):
        markdown(
            build.payments(), [], generation=1, templates={f"sections/s{k}.md.j2": "" for k in range(51)}
        )


def test_an_unknown_form_is_told_with_those_there_are() -> None:
    """The next step is in the message."""
    with pytest.raises(FormError, match="form 'shrot': not known; choose one of full, short, handover"):
        markdown(build.payments(), [], generation=1, form="shrot", templates=_example())


def test_a_form_of_a_team_falls_back_where_nothing_happened() -> None:
    """Without a template for quiet windows ours is used; with one, theirs."""
    text = markdown(build.healthy(), [], generation=1, form="handover", templates=_example())
    assert "did anyone notice something in this window" in text
    quiet = _example() | {"handover.quiet.md.j2": _BANNER + "\nNothing to hand over.\n"}
    assert markdown(build.healthy(), [], generation=1, form="handover", templates=quiet).endswith(
        "Nothing to hand over.\n"
    )
