"""What a run says about itself: on stderr in words, and in one line where stdout takes nothing."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from collector.errors import ConfigError
from incident.model.facts import ChangeKind
from incident.model.spans import Span
from report.pipeline.asked.imported import with_events
from report.pipeline.asked.window import described
from report.pipeline.drafting import run_review
from report.pipeline.telling import counted_changes
from tests.flow.command import command, environment
from tests.reasoning_builders import at
from tests.timeline.scenes import STEP

BERLIN = ZoneInfo("Europe/Berlin")
DRAFT = "# shop: degraded, 2023-12-15\n\n> DRAFT, not reviewed.\n"
KEPT = '{"schema": "incident-timeline/1", "service": "shop", "timezone": "UTC"}'


def _span(start: str, end: str) -> Span:
    return Span(datetime.fromisoformat(start), datetime.fromisoformat(end))


def test_the_window_is_said_in_utc_and_in_the_zone() -> None:
    """Both ends by the same clocks: their name stands once."""
    winter = _span("2023-12-15T12:00:00+00:00", "2023-12-15T13:30:00+00:00")

    assert described(winter, UTC) == "2023-12-15 12:00:00 to 13:30:00 UTC (1 h 30 min)"
    assert described(winter, BERLIN).endswith("= 2023-12-15 13:00:00 to 14:30:00 CET (UTC+01:00)")


def test_a_window_over_a_change_of_clocks_names_both() -> None:
    """25 minutes by the wall, 85 in truth: each end says which clocks it means."""
    night = _span("2023-10-29T00:20:00+00:00", "2023-10-29T01:45:00+00:00")

    assert described(night, BERLIN) == (
        "2023-10-29 00:20:00 to 01:45:00 UTC (1 h 25 min)"
        " = 2023-10-29 02:20:00 CEST (UTC+02:00) to 02:45:00 CET (UTC+01:00)"
    )


def test_changes_are_counted_in_words() -> None:
    """No kind shows its name in timeline.json, which is for programs."""
    assert counted_changes({"data_gap": 2, "restart": 1, "oom_kill": 3}) == [
        "2 gaps in the data",
        "3 kills for lack of memory",
        "1 restart",
    ]
    assert not [line for line in counted_changes({kind.value: 1 for kind in ChangeKind}) if "_" in line]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("buffered", ["", "1"])
def test_a_full_standard_output_is_told_in_a_line(tmp_path: Path, buffered: str) -> None:
    """What cannot be printed is exit code 7 with its reason, whether Python buffers or not."""
    (tmp_path / "postmortem.md").write_text(DRAFT)
    (tmp_path / "timeline.json").write_text(KEPT)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command("review", str(tmp_path)),
            env=environment(PYTHONUNBUFFERED=buffered),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )

    why = "standard output: No space left on device; the files were written; send the output elsewhere"
    assert (done.returncode, done.stderr) == (7, f"incident-timeline: {why}\n")


def test_a_reader_that_has_read_enough_is_no_error(tmp_path: Path) -> None:
    """`review DIR | head -1`: the pipe is closed early, and that is said nowhere."""
    (tmp_path / "postmortem.md").write_text(DRAFT)
    (tmp_path / "timeline.json").write_text(KEPT)
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            command("review", str(tmp_path)),
            env=environment(),
            stdout=write,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(write)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_first_bad_rows_of_a_file_are_told_with_their_reason(tmp_path: Path) -> None:
    """Nobody has to open the draft to learn why a row was left out; ten thousand bad rows are no flood."""
    rows = ["2023-12-15T12:00Z,good", *(f"yesterday {n},bad" for n in range(9))]
    (tmp_path / "notes.csv").write_text("\n".join(["time,title", *rows]))
    told: list[str] = []

    with_events(STEP.evidence(), [tmp_path / "notes.csv"], now=at("20:00"), zone=None, tell=told.append)

    assert len(told) == 4
    assert told[0].startswith("notes.csv: 1 row (1 CSV), 9 bad (lines ")
    assert told[1].startswith("notes.csv line 3: time 'yesterday 0': not understood")


@pytest.mark.parametrize("kept", [None, "{"])
def test_a_draft_without_its_timeline_says_how_to_make_it_again(tmp_path: Path, kept: str | None) -> None:
    """The text is there, so "no draft in it" would be wrong; the evidence has what is missing."""
    (tmp_path / "postmortem.md").write_text(DRAFT)
    if kept is not None:
        (tmp_path / "timeline.json").write_text(kept)

    with pytest.raises(ConfigError, match=r"timeline\.json: missing or damaged; .* draft --replay "):
        run_review(tmp_path)
    with pytest.raises(ConfigError, match="no draft in it"):
        run_review(tmp_path / "elsewhere")
