"""Flags as the command line gives them, and the settings they make with environment and file.

Light to load: `scan` takes its lock before it loads anything heavy.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from collector.config.load import load_settings
from collector.config.settings import Flags, Settings

Given: TypeAlias = Mapping[str, str | bool | tuple[str, ...] | None]
"""Flags as the command line gives them, by name."""


def settings_of(given: Given) -> Settings:
    """The settings of this run: flag over environment over file over default."""
    named = text(given, "config")
    http = text(given, "http_config_file")
    output = text(given, "output")
    templates = text(given, "templates")
    flags = Flags(
        prometheus=text(given, "prometheus") or None,
        http_config_file=Path(http) if http else None,
        headers=texts(given, "header"),
        timezone=text(given, "timezone") or None,
        output=Path(output) if output else None,
        service=text(given, "service") or None,
        match=texts(given, "match"),
        signals=texts(given, "signals"),
        alertmanager=text(given, "alertmanager") or None,
        form=text(given, "draft_form") or None,
        templates=Path(templates) if templates else None,
    )
    return load_settings(flags, os.environ, Path(named) if named else None)


def text(given: Given, name: str) -> str:
    """A flag that holds one text; empty where it was not given."""
    value = given.get(name)
    return value if isinstance(value, str) else ""


def texts(given: Given, name: str) -> tuple[str, ...]:
    """A flag that may be repeated."""
    value = given.get(name)
    return value if isinstance(value, tuple) else ()
