"""The plotting library finds a place to write to, silently, where a service's user has no home."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from report.pipeline.plotting import with_a_home
from report.write import OutputError

VARIABLE = "MPLCONFIGDIR"


@pytest.fixture(autouse=True)
def _nothing_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No directory named by the environment; temporary files go where the test sees them."""
    for name in (VARIABLE, "XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))


def _homeless(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A home that is a file, which nobody may write below, root neither."""
    (tmp_path / "home").write_text("", "utf-8")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def test_who_has_no_home_is_lent_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """For as long as it draws, also for processes begun meanwhile; nothing of it stays."""
    _homeless(monkeypatch, tmp_path)

    with with_a_home():
        lent = Path(os.environ[VARIABLE])
        assert lent.is_dir()

    assert VARIABLE not in os.environ
    assert not lent.exists()


def test_who_has_a_home_keeps_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the library found out there is there the next time; nothing is made before it is needed."""
    monkeypatch.setenv("HOME", str(tmp_path))

    with with_a_home():
        assert VARIABLE not in os.environ

    assert [path.name for path in tmp_path.iterdir()] == ["tmp"]


def test_a_place_that_was_named_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever runs the service knows better."""
    _homeless(monkeypatch, tmp_path)
    monkeypatch.setenv(VARIABLE, "/srv/matplotlib")

    with with_a_home():
        assert os.environ[VARIABLE] == "/srv/matplotlib"


def test_where_nothing_can_be_written_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A container without a home and without a /tmp: what to mount, and no defect of ours."""
    _homeless(monkeypatch, tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))

    with pytest.raises(OutputError, match=r"mount one at /tmp"), with_a_home():
        pass
