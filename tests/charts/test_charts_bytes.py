"""The charts as files: the same bytes for the same values, real text, nothing that reaches out."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from xml.sax.saxutils import escape

import matplotlib as mpl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.model.timeline import Band
from report.charts import Chart
from report.charts.drawing import chart_names, draw, measured_signals
from report.charts.words import shown
from tests.charts_builder import ERRORS, HOSTILE, Case, alert, report, wave
from tests.charts_cases import payments, store

ROOT = Path(__file__).resolve().parents[2]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def charts() -> tuple[Chart, ...]:
    return draw(*payments().built())


def _texts(svg: bytes) -> list[str]:
    return ["".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text")]


def _digest(charts: tuple[Chart, ...]) -> str:
    return sha256(b"".join(chart.svg + chart.png + chart.alt.encode() for chart in charts)).hexdigest()


def test_the_summary_comes_first_then_one_chart_per_signal(charts: tuple[Chart, ...]) -> None:
    """Names are safe as file names and say what they show."""
    assert [chart.name for chart in charts] == ["summary", "signal-errors", "signal-p99", "signal-traffic"]
    assert charts[0].title == "payments: partial outage, 2 h 25 min 30 s"


def test_names_are_unique_and_safe_whatever_signals_are_called() -> None:
    """Signals whose names make the same slug are told apart."""
    names = ["p99 /a", "p99 (a)", "../../etc", "con", "a", "a-1", *HOSTILE]
    signals = tuple((report(replace(ERRORS, name=name), None), wave(1, 0.1, 0.01)) for name in names)

    found = chart_names(measured_signals(*Case(signals=signals).built()))

    assert len(set(found)) == len(names)
    assert all(name.replace("-", "").isalnum() and name.isascii() for name in found)


def test_the_same_values_make_the_same_bytes(charts: tuple[Chart, ...]) -> None:
    """Drawn again in the same process, nothing differs."""
    assert draw(*payments().built()) == charts


def test_another_process_makes_the_same_bytes(charts: tuple[Chart, ...], tmp_path: Path) -> None:
    """Another process with another hash seed, zone, and matplotlibrc draws the same."""
    (tmp_path / "matplotlibrc").write_text("font.size: 20\naxes.facecolor: pink\nsvg.fonttype: path\n")
    program = (
        "from tests.charts.test_charts_bytes import _digest, draw, payments;"
        "print(_digest(draw(*payments().built())))"
    )
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "1234",
        "TZ": "Asia/Tokyo",
        "SOURCE_DATE_EPOCH": "1",
        "MATPLOTLIBRC": str(tmp_path / "matplotlibrc"),
    }

    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT, env=environment
    )

    assert run.stdout.strip() == _digest(charts)


def test_drawing_leaves_the_settings_of_matplotlib_as_they_were() -> None:
    """A library that draws besides us keeps its own look."""
    before = dict(mpl.rcParams)

    draw(*store().built())

    assert dict(mpl.rcParams) == before


def test_svg_holds_real_text(charts: tuple[Chart, ...]) -> None:
    """Words can be searched and read aloud: they are text and not outlines."""
    texts = _texts(charts[0].svg)

    assert "payments: partial outage, 2 h 25 min 30 s" in texts
    assert "HighErrorRate" in texts
    assert "10" in texts


@pytest.mark.parametrize(
    "forbidden",
    [b"<!DOCTYPE", b"<script", b"http://www.w3.org/Graphics", b"matplotlib.org", b"<image", b"purl"],
)
def test_svg_reaches_for_nothing(charts: tuple[Chart, ...], forbidden: bytes) -> None:
    """No document type, no script, no maker's address, no picture inside."""
    assert all(forbidden not in chart.svg for chart in charts)


def test_svg_links_only_inside_itself(charts: tuple[Chart, ...]) -> None:
    """Every reference is to a part of the same file."""
    for chart in charts:
        links = [
            v for e in ET.fromstring(chart.svg).iter() for k, v in e.attrib.items() if k.endswith("href")
        ]
        assert links
        assert all(link.startswith("#") for link in links)


def test_pictures_have_their_own_white_page(charts: tuple[Chart, ...]) -> None:
    """On a dark page the chart is dark on white, not dark on dark."""
    root = ET.fromstring(charts[0].svg)
    first = next(root.iter(f"{SVG}path"))

    assert "fill: #ffffff" in first.attrib["style"]


def test_png_has_twice_the_pixels_of_a_wiki_column(charts: tuple[Chart, ...]) -> None:
    """1,520 pixels for a column of 760."""
    for chart in charts:
        assert chart.png.startswith(b"\x89PNG")
        assert int.from_bytes(chart.png[16:20], "big") == 1520


def test_png_names_neither_time_nor_maker(charts: tuple[Chart, ...]) -> None:
    """Chunks with text would differ from run to run."""
    for chart in charts:
        assert b"tEXt" not in chart.png
        assert b"tIME" not in chart.png
        assert b"Software" not in chart.png


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_makes_well_formed_pictures(text: str) -> None:
    """Whatever labels hold, the SVG is XML, and the text is in it as text."""
    case = replace(
        payments(),
        service=text,
        alerts=(alert(text, "14:10", "14:20", "15:00"),),
        signals=((report(replace(ERRORS, name=text, unit=text), Band(0.1, 0.0, 0.2)), wave(1, 0.1, 0.01)),),
    )

    for chart in draw(*case.built()):
        root = ET.fromstring(chart.svg)
        assert {e.tag for e in root.iter()} & {
            f"{SVG}script",
            f"{SVG}b",
            f"{SVG}a",
            f"{SVG}foreignObject",
        } == set()
        assert not any(name.startswith("on") for e in root.iter() for name in e.attrib)
        assert not any("\u202e" in t or "\x00" in t for t in [*_texts(chart.svg), chart.title, chart.alt])
        chart.alt.encode("utf-8")


@given(st.text(st.characters(exclude_categories=()), max_size=400))
def test_any_text_is_made_fit_for_a_picture(text: str) -> None:
    """Any Unicode at all becomes one line, not too long, that XML can hold."""
    words = shown(text)

    assert 0 < len(words) <= 60
    assert "\n" not in words
    assert ET.fromstring(f"<t>{escape(words)}</t>").text == words


@settings(max_examples=5)
@given(st.text(min_size=1, max_size=60))
def test_any_text_makes_well_formed_pictures(text: str) -> None:
    """The names of service, alert and signal may be anything, and the picture is still XML."""
    signals = ((report(replace(ERRORS, name=text), None), wave(1, 0.1, 0.01)),)
    case = Case(service=text, alerts=(alert(text, "14:10", "14:20", "15:00"),), signals=signals)

    for chart in draw(*case.built()):
        assert len(_texts(chart.svg)) > 5


def test_the_catalogue_card_goes_and_nothing_else_does() -> None:
    """A title that looks like markup is kept whole, as text."""
    hostile = "</metadata><!DOCTYPE x> <metadata>"
    chart = draw(*replace(payments(), service=hostile, signals=()).built())[0]

    assert any(text.startswith(hostile) for text in _texts(chart.svg))
