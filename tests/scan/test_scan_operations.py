"""docs/operations.md: what people copy from it works as far as this machine can tell."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from report.cli import main
from tests.scan.documented import TEXT, blocks, commands


def _options(words: list[str]) -> list[str]:
    return [word.split("=")[0] for word in words if word.startswith("--")]


@pytest.mark.parametrize("words", commands(), ids=lambda words: " ".join(words)[:40])
def test_every_command_shown_is_one_of_the_program(words: list[str]) -> None:
    """The verb exists and takes each option that crontab, unit and CronJob give it."""
    told = CliRunner().invoke(main, [words[0], "--help"], catch_exceptions=False)

    assert told.exit_code == 0
    assert [option for option in _options(words) if option not in told.output] == []


def test_crontab_systemd_and_kubernetes_are_all_shown() -> None:
    """One command each, beside the plain one."""
    assert len(commands()) == 4


def test_every_option_in_the_text_is_one_of_scan() -> None:
    """The table of options names none that was renamed."""
    told = CliRunner().invoke(main, ["scan", "--help"], catch_exceptions=False).output
    named = set(re.findall(r"`(--[a-z-]+)", TEXT))

    assert named
    assert [option for option in sorted(named) if option not in told] == []


def test_the_units_are_accepted_by_systemd(tmp_path: Path) -> None:
    """Service and timer name each other, and `systemd-analyze verify` is content where it is there."""
    units = {re.match(r"# (\S+)", text)[1]: text for text in blocks("ini")}  # type: ignore[index]
    assert set(units) == {"incident-timeline.service", "incident-timeline.timer"}
    program = shutil.which("systemd-analyze")
    for name, text in units.items():
        # The one thing this machine lacks is the program itself.
        (tmp_path / name).write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", text), "utf-8")
    if program is not None:
        told = subprocess.run(
            [program, "verify", "--man=no", *(str(tmp_path / name) for name in units)],
            capture_output=True,
            text=True,
            check=False,
        )
        ours = [line for line in told.stderr.splitlines() if "incident-timeline" in line]
        assert ours == []


def test_the_cronjob_never_runs_twice_at_once_and_keeps_its_drafts() -> None:
    """The manifest is one document, forbids overlap, ends in time, and mounts what it writes to."""
    job = yaml.safe_load(next(text for text in blocks("yaml") if "CronJob" in text))
    inner = job["spec"]["jobTemplate"]["spec"]
    pod = inner["template"]["spec"]
    mounted = {mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]}

    assert job["spec"]["concurrencyPolicy"] == "Forbid"
    assert inner["activeDeadlineSeconds"] == 900
    assert {volume["name"] for volume in pod["volumes"]} == {"reports", "scratch"}
    assert "/reports" in mounted


@pytest.mark.server
def test_the_alerting_rule_is_accepted(promtool_binary: Path, tmp_path: Path) -> None:
    """`promtool check rules` takes the rule that watches over the scan."""
    path = tmp_path / "rules.yml"
    path.write_text(next(text for text in blocks("yaml") if "alert:" in text), "utf-8")
    told = subprocess.run(
        [promtool_binary, "check", "rules", str(path)], capture_output=True, text=True, check=False
    )

    assert told.returncode == 0, told.stderr
