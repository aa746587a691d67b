"""Usage, configuration and files: each fault has its code and one line, and every earlier file stays."""

from __future__ import annotations

import ctypes
import fcntl
import gzip
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.conftest import PASSWORD, Desk, Lab
from tests.faults.proxy import Answer, FaultProxy, always
from tests.flow.command import PATIENCE_S, ROOT, Ran, command, environment, run_here
from tests.flow.tree import changed, tree

EVIDENCE = ROOT / "fixtures" / "webstore" / "evidence.json.gz"
"""Of another incident than the earlier draft is about."""
SAME = ROOT / "fixtures" / "store" / "evidence.json.gz"
"""Of the incident that the earlier draft is about."""

NOBODY = "http://127.0.0.1:9"
"""Must not be asked: what is wrong is known before."""
WINDOW = ("--service", "quotes", "--from", "2023-05-23T08:00Z", "--to", "2023-05-23T08:30Z")


def _replay(path: Path | str, *more: str) -> Ran:
    return run_here(["draft", "--replay", str(path), *more])


# Usage and configuration


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--from", "2023-05-23T08:30Z", "--to", "2023-05-23T08:00Z", "--service", "q"], "after the start"),
        (["--from", "2023-05-23T08:00", "--to", "2023-05-23T08:30", "--service", "q"], "--timezone"),
        ([*WINDOW, "--timezone", "Europe/Atlantis"], "Europe/Atlantis"),
        ([*WINDOW, "--match", "namespace=prod"], "namespace"),
        ([*WINDOW, "--signal", "noquery"], "NAME=PROMQL"),
        ([*WINDOW, "--header", "NoValue"], "NAME=VALUE"),
        ([*WINDOW, "--http.config.file", "missing.yml"], "missing.yml"),
        ([*WINDOW, "--config", "missing.yaml"], "missing.yaml"),
        ([*WINDOW, "--events", "missing.csv"], "missing.csv"),
        (WINDOW[2:], "--service"),
    ],
    ids=[
        "inverted window",
        "naive time",
        "unknown zone",
        "no matcher",
        "no signal",
        "no header",
        "no http config",
        "no configuration",
        "no events file",
        "no service",
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: list[str], says: str, desk: Desk) -> None:
    """2, before anything is asked."""
    ran = run_here(["draft", "--prometheus", NOBODY, *arguments])

    desk.fails(ran, 2, says)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("servise: quotes\n", "did you mean"),
        ("prometheus:\n  ulr: http://prometheus.example\n", "did you mean"),
        ("timezone: 5\n", "timezone"),
        ("prometheus: [1, 2]\n", "prometheus"),
        ("service: a\nservice: b\n", "service"),
        ("service: 'unclosed\n", "config.yaml"),
        ("policy:\n  recovery_hold: soon\n", "recovery_hold"),
        (
            f"prometheus:\n  http_config:\n    basic_auth:\n      password: {PASSWORD}\n      passwrd: x\n",
            "passwrd",
        ),
        (f"prometheus:\n  url: http://reader:{PASSWORD}@prometheus.example\n", "url"),
    ],
    ids=[
        "unknown key",
        "unknown inner key",
        "wrong type",
        "a list",
        "a key twice",
        "no YAML",
        "no duration",
        "unknown key beside a secret",
        "a secret in the address",
    ],
)
def test_a_configuration_with_a_mistake_is_refused(text: str, says: str, desk: Desk) -> None:
    """2, with the place of the mistake; a secret beside it is not printed."""
    path = desk.home.parent / f"{desk.home.name}.yaml"
    path.write_text(text.replace("config.yaml", path.name), "utf-8")
    ran = run_here(["draft", "--config", str(path), *WINDOW])

    desk.fails(ran, 2, says.replace("config.yaml", path.name))


def test_no_address_is_told_first(desk: Desk) -> None:
    """2: the one thing without which nothing can be asked."""
    desk.fails(run_here(["draft", *WINDOW]), 2, "--prometheus")


def test_a_password_in_the_address_is_refused_and_not_printed(desk: Desk) -> None:
    """2: it would stand in the shell's history, and in every message about the address."""
    ran = run_here(["draft", "--prometheus", f"http://reader:{PASSWORD}@127.0.0.1:9", *WINDOW])

    desk.fails(ran, 2)


# Evidence


def _foreign(_evidence: bytes) -> bytes:
    return gzip.compress(b'{"schema": "something-else/1"}')


def _newer(evidence: bytes) -> bytes:
    return gzip.compress(gzip.decompress(evidence).replace(b"evidence/1", b"evidence/9", 1))


def _bent(evidence: bytes) -> bytes:
    return gzip.compress(gzip.decompress(evidence).replace(b'"signals":[{', b'"signals":[7,{', 1))


DAMAGES: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("empty", lambda evidence: evidence[:0], ""),
    ("cut off", lambda evidence: evidence[: len(evidence) // 2], "cut off"),
    ("a byte changed", lambda e: e[:500] + bytes([e[500] ^ 255]) + e[501:], ""),
    ("no gzip", lambda evidence: b"hello" + evidence[:0], "gzip"),
    ("another schema", _foreign, "something-else"),
    ("a newer schema", _newer, "newer"),
    ("another shape", _bent, ""),
]


@pytest.mark.parametrize(("damage", "says"), [one[1:] for one in DAMAGES], ids=[one[0] for one in DAMAGES])
def test_damaged_evidence_is_refused(damage: Callable[[bytes], bytes], says: str, desk: Desk) -> None:
    """2: what cannot be read whole is not drafted from."""
    path = desk.home.parent / f"{desk.home.name}.json.gz"
    path.write_bytes(damage(EVIDENCE.read_bytes()))

    desk.fails(_replay(path), 2, path.name, says)


@pytest.mark.parametrize("path", ["nowhere.json.gz", ".", "http.yml"])
def test_evidence_that_is_not_there_is_refused(path: str, desk: Desk) -> None:
    """2: a missing file, a directory without a draft, a file of another kind."""
    desk.fails(_replay(path), 2, path if path != "." else "evidence.json.gz")


def test_a_window_does_not_go_with_a_replay(desk: Desk) -> None:
    """2: the evidence has its own."""
    desk.fails(_replay(EVIDENCE, "--last", "1h"), 2, "--replay")


def test_damaged_evidence_beside_a_draft_is_replaced(desk: Desk) -> None:
    """It is of no use to anybody; the draft is made again from what is given."""
    (kept,) = Path("reports").glob("*/evidence.json.gz")
    whole = kept.read_bytes()
    kept.write_bytes(whole[:1000])
    ran = _replay(SAME)

    assert ran.code == 0, ran.stderr
    assert kept.read_bytes() == whole
    assert desk.before


@pytest.mark.parametrize("notes", [b"", b"{", b"[1]", b'[{"id": "ev-1"}]', b"\xff"])
def test_damaged_notes_are_told_and_not_lost(notes: bytes, desk: Desk) -> None:
    """People's words: nothing is written over them, and no defect of ours is reported."""
    (draft,) = (path.parent for path in Path("reports").glob("*/timeline.json"))
    (draft / ".incident-timeline" / "notes.json").write_bytes(notes)
    before = tree(desk.home)
    ran = _replay(SAME)

    assert ran.code in (2, 8), ran.stderr
    assert len(ran.errors) == 1
    assert "notes.json" in ran.errors[0]
    assert changed(before, tree(desk.home)) == set()


# Output


def _without_override(*arguments: str) -> Ran:
    """The command as a user whom permissions bind, which is nobody's privilege but root's to ignore."""
    drop = (
        "import ctypes, os, sys; "
        f"ctypes.CDLL(None).prctl({_PR_CAPBSET_DROP}, {_CAP_DAC_OVERRIDE}, 0, 0, 0); "
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", drop, *command(*arguments)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE = 1


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "prctl"), reason="needs Linux, where root can be bound")
@pytest.mark.parametrize("evidence", [EVIDENCE, SAME], ids=["a new draft", "the draft that is there"])
def test_output_that_cannot_be_written(evidence: Path, desk: Desk) -> None:
    """7: the directory is named, and what is there stays."""
    folders = [Path("reports"), *(path for path in Path("reports").rglob("*") if path.is_dir())]
    zone = ("--timezone", "Asia/Tokyo")
    for folder in folders:
        folder.chmod(0o555)
    try:
        ran = _without_override("draft", "--replay", str(evidence), *zone)
    finally:
        for folder in folders:
            folder.chmod(0o755)

    desk.fails(ran, 7, "reports", "ermission denied")


def test_output_below_a_file(desk: Desk) -> None:
    """7: a part of the path is no directory."""
    desk.fails(_replay(EVIDENCE, "--output", "password/reports"), 7, "password")


@pytest.mark.server
def test_output_that_cannot_be_written_is_known_before_drawing(spike_lab: Lab, desk: Desk) -> None:
    """The same for a live source."""
    ran = run_here(
        ["draft", "--prometheus", spike_lab.url, *spike_lab.window(), "--output", "password/reports"]
    )

    desk.fails(ran, 7, "password")


def test_another_run_is_at_work(desk: Desk) -> None:
    """75: nothing is touched; when it has ended, the same command works."""
    with (desk.home / "reports" / ".incident-timeline.lock").open("a+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        Desk(desk.home, tree(desk.home)).fails(_replay(EVIDENCE), 75, ".incident-timeline.lock")

    assert _replay(EVIDENCE).code == 0


def _hears_interrupts() -> None:
    """What is started in the background of a shell is deaf to SIGINT, and so are its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)], ids=["SIGTERM", "SIGINT"]
)
def test_a_signal_ends_a_run_cleanly(number: signal.Signals, code: int, desk: Desk) -> None:
    """While the server keeps it waiting: one line, no file, no lock left behind."""
    with FaultProxy(always(Answer(hang=True))) as proxy:
        arguments = command("draft", "--prometheus", proxy.url, *WINDOW, *desk.secrets)
        process = subprocess.Popen(
            arguments,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=_hears_interrupts,
        )
        assert proxy.waiting.wait(PATIENCE_S)
        os.kill(process.pid, number)
        stdout, stderr = process.communicate(timeout=PATIENCE_S)

    desk.fails(Ran(process.returncode, stdout, stderr), code)


def test_a_reader_that_goes_away_is_no_failure(desk: Desk) -> None:
    """The draft is written; that nobody reads its path is nobody's fault."""
    done = subprocess.run(
        [
            "/bin/sh",
            "-c",
            '"$@" | true',
            "sh",
            *command("draft", "--replay", str(EVIDENCE), "--format", "json"),
        ],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )

    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr
    assert "incident-timeline:" not in done.stderr
    assert len(list(Path("reports").glob("*/timeline.json"))) == 2
    assert desk.before
