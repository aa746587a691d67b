"""What editors and wikis do to a whole draft, without a thought."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

ANCHOR = re.compile(r"<!-- itl:([a-z0-9-]+)(?: gen=[0-9]+)? -->(.*)")
WAS = re.compile(r"<!-- itl-was:([a-z0-9-]+)(?: gen=[0-9]+)? -->(.*)")
ROW = re.compile(r"\|.*\b(e-[0-9a-z]{4,})\b[^|]*\|\s*\Z")


def _strip(text: str, rng: np.random.Generator) -> str:
    """A wiki drops comments: all, or a part of them; what stood behind them stays."""
    keep = 0.0 if rng.random() < 0.6 else 0.5
    out = []
    for line in text.split("\n"):
        found = ANCHOR.fullmatch(line)
        if found is None or rng.random() < keep:
            out.append(line)
        elif found[2].strip():
            out.append(found[2].strip())
    return "\n".join(out)


def _blanks(text: str, rng: np.random.Generator) -> str:
    return "\n".join(line + "  " if rng.random() < 0.3 and line else line for line in text.split("\n"))


def _pad(text: str, rng: np.random.Generator) -> str:
    wide = "  " * int(rng.integers(1, 4))
    return "\n".join(
        line.replace(" | ", f"{wide}|{wide}") if line[:1] == "|" else line for line in text.split("\n")
    )


def _bullets(text: str, rng: np.random.Generator) -> str:
    sign = str(rng.choice(["*", "+"]))
    return re.sub(r"(?m)^- (?=\S)", f"{sign}   ", text)


def _escapes(text: str, rng: np.random.Generator) -> str:
    marks = "[" + "".join(rng.choice(list("_%[("), 2)).replace("[", r"\[") + "]"
    lines, fence = [], False
    for line in text.split("\n"):
        fence ^= line.startswith("```")
        ours = line.startswith(("<!--", "```", "[e-", "!["))
        lines.append(line if fence or ours else re.sub(rf"(?<!\\)({marks})(?!e-|You)", r"\\\1", line))
    return "\n".join(lines)


def _space(text: str, rng: np.random.Generator) -> str:
    """Some formatters want a blank line below a comment."""
    return re.sub(r"(?m)^(<!-- itl:[a-z -]+-->)\n(?!\n)", r"\1\n\n", text) if rng.random() < 2 else text


def _crlf(text: str, rng: np.random.Generator) -> str:
    if rng.random() < 0.7:
        return text.replace("\n", "\r\n")
    return "\n".join(line + "\r" if rng.random() < 0.2 else line for line in text.split("\n"))


def _unended(text: str, rng: np.random.Generator) -> str:
    return text.rstrip("\n") if rng.random() < 0.8 else text + "\n\n"


def _bom(text: str, rng: np.random.Generator) -> str:
    return "\ufeff" + text if rng.random() < 2 else text


WHOLE: dict[str, tuple[float, Callable[[str, np.random.Generator], str]]] = {
    "strip": (0.12, _strip), "blanks": (0.05, _blanks), "pad": (0.05, _pad), "bullets": (0.05, _bullets),
    "escapes": (0.05, _escapes), "space": (0.04, _space), "unended": (0.08, _unended), "crlf": (0.08, _crlf),
    "bom": (0.03, _bom),
}  # fmt: skip
"""How often each happens, and what it does, in this order."""
