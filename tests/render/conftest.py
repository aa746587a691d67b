"""The browser that all pages are looked at with, started once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.render.pages.browser import Chromium, chromium


@pytest.fixture(scope="session")
def browser(chromium_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A real browser without a screen."""
    with chromium(chromium_binary, tmp_path_factory.mktemp("browser")) as started:
        yield started
