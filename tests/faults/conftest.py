"""What the fault tests share: a draft that must survive, secrets that must not show, a real server."""

from __future__ import annotations

import base64
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.flow.command import ROOT, Ran, run_all
from tests.flow.tree import Kept, changed, tree
from tests.lab.build import build
from tests.lab.prometheus import serve
from tests.lab.truth import Truth

PASSWORD = "canary-pa55word-of-the-reader"
KEY = "canary-key-in-a-header"


@dataclass(frozen=True, slots=True)
class Lab:
    """A served incident."""

    url: str
    truth: Truth

    def window(self) -> tuple[str, ...]:
        """The service, and a window of an hour around what happened to it."""
        start = self.truth.windows["tight"].start.isoformat()
        end = self.truth.windows["tight"].end.isoformat()
        return "--service", self.truth.service, "--from", start, "--to", end


@pytest.fixture(scope="session")
def spike_lab(lab_cache: Path, request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A real Prometheus with the shortest of the incidents."""
    for program in ("prometheus_binary", "promtool_binary"):
        request.getfixturevalue(program)  # skips by name where it is not installed
    lab = build("short_spike", lab_cache)
    with serve(lab.data_dir) as url:
        yield Lab(url, lab.truth)


@pytest.fixture(scope="session")
def earlier_draft(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output directory with one draft in it, for copies."""
    home = tmp_path_factory.mktemp("earlier")
    evidence = ROOT / "fixtures" / "store" / "evidence.json.gz"
    (ran,) = run_all(home, [["draft", "--replay", str(evidence)]])
    assert ran.code == 0, ran.stderr
    return home / "reports"


@dataclass(frozen=True, slots=True)
class Desk:
    """A working directory with an earlier draft, credentials in a file, and a memory of how all of it was."""

    home: Path
    before: dict[str, Kept]

    @property
    def secrets(self) -> tuple[str, ...]:
        """Flags that bring secrets in."""
        return "--http.config.file", "http.yml", "--header", f"X-Api-Key={KEY}"

    def fails(self, ran: Ran, code: int, *says: str) -> None:
        """What holds for every failure: the code, one line that says what, all files as they were."""
        assert ran.code == code, ran.stderr
        assert len(ran.errors) == 1, ran.stderr
        assert [
            line for line in ran.stderr.splitlines() if not line.startswith(("incident-", "window "))
        ] == []
        assert ran.stdout == ""
        for word in says:
            assert word in ran.errors[0]
        assert changed(self.before, tree(self.home)) == set()
        self.keeps_secrets(ran)

    def wrote_only(self, draft: Path) -> None:
        """Every file but those of this draft is as it was."""
        new = draft.as_posix()
        assert [n for n in changed(self.before, tree(self.home)) if not n.startswith(f"{new}/")] == []

    def keeps_secrets(self, ran: Ran) -> None:
        """No canary in any form in what was said, nor in any file the run has written; and no traceback."""
        said = f"{ran.stdout}{ran.stderr}"
        written = [kept.data for name, kept in tree(self.home).items() if name not in self.before]
        assert "Traceback" not in said
        for form in _forms():
            assert form not in said
            assert [data[:40] for data in written if form.encode() in data] == []


def _forms() -> list[str]:
    pair = base64.b64encode(f"reader:{PASSWORD}".encode()).decode()
    return [PASSWORD, KEY, pair, "canary"]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, earlier_draft: Path) -> Iterator[Desk]:
    """The working directory of one test; what the command sets in this process is taken back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROMETHEUS_URL", raising=False)
    shutil.copytree(earlier_draft, tmp_path / "reports")
    (tmp_path / "password").write_text(PASSWORD + "\n", "utf-8")
    (tmp_path / "password").chmod(0o600)
    (tmp_path / "http.yml").write_text(
        "basic_auth:\n  username: reader\n  password_file: password\n", encoding="utf-8"
    )
    handler = signal.getsignal(signal.SIGTERM)
    yield Desk(tmp_path, tree(tmp_path))
    signal.signal(signal.SIGTERM, handler)
