"""The pieces of docs/operations.md by their kind, as a reader would copy them."""

from __future__ import annotations

import re
import shlex

from tests.flow.command import ROOT

TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def blocks(kind: str) -> list[str]:
    """The code blocks of one kind, in order."""
    return re.findall(rf"^```{kind}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """The words after `incident-timeline` of every command line in the document."""
    lines = "\n".join(blocks("sh") + blocks("crontab") + blocks("ini")).splitlines()
    found = [re.search(r"(?:^|/bin/| )incident-timeline (scan .*)", line) for line in lines]
    words = [shlex.split(match[1]) for match in found if match]
    args = [re.findall(r"^ +- (--?\S+|scan)$", text, re.MULTILINE) for text in blocks("yaml")]
    return words + [one for one in args if one]
