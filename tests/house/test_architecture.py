"""The plan of the house, held against the code: who imports whom, who reads the clock, what grows long."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("collector", "incident", "report")

# The parts of the standard library that neither see nor touch the world outside the process.
PURE = {
    "__future__", "abc", "base64", "binascii", "bisect", "collections", "contextlib", "dataclasses",
    "datetime", "decimal", "difflib", "enum", "fractions", "functools", "hashlib", "heapq", "hmac", "html",
    "ipaddress", "itertools", "json", "math", "operator", "re", "statistics", "string", "struct", "textwrap",
    "types", "typing", "unicodedata", "urllib.parse", "zlib", "zoneinfo",
}  # fmt: skip
ARRAYS = {"numpy", "pandas"}

# Who may read a clock or wait, and which; everybody else is handed `now`.
CLOCKS: dict[str, tuple[str, ...]] = {
    "time.monotonic": (
        "collector/server/live.py",
        "collector/prometheus.py",
        "collector/http/",
        "report/cli.py",
    ),
    "time.sleep": ("collector/prometheus.py", "collector/http/"),
    "time.perf_counter": (),
    "time.time": ("report/cli.py",),
    "datetime.now": ("report/cli.py",),
    "datetime.today": (),
    "datetime.utcnow": (),
    "date.today": (),
    "Timestamp.now": (),
}

MAX_FUNCTION_LINES = 60
MAX_FILE_LINES = 350


@cache
def _sources() -> dict[str, str]:
    """The code of the three packages: path from the top of the checkout -> text."""
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def _nodes() -> Iterator[tuple[str, ast.AST]]:
    for name, text in _sources().items():
        for node in ast.walk(ast.parse(text)):
            yield name, node


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{alias.name}" for alias in node.names]
    return []


def _parts(module: str) -> set[str]:
    """`urllib.parse.quote` -> itself, `urllib.parse` and `urllib`."""
    words = module.split(".")
    return {".".join(words[: length + 1]) for length in range(len(words))}


def test_the_import_contracts_hold() -> None:
    """Every contract of pyproject.toml is kept: layers, independence, one door per third party."""
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_the_layers_name_every_room_of_report() -> None:
    """A new module or folder of report/ takes its place in the layers contract, or this test says so."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = " ".join(next(one for one in contracts if one["id"] == "layers")["layers"])
    below = (name.removeprefix("report/").split("/")[0] for name in _sources() if name.startswith("report/"))
    rooms = {room.removesuffix(".py") for room in below} - {"__init__", "__main__"}

    assert sorted(room for room in rooms if f"report.{room}" not in layers) == []


def test_incident_imports_only_arrays_and_the_pure_standard_library() -> None:
    """Reasoning stays free of files, network, clock, logging and every other library."""
    foreign = [
        f"{name}: {module}"
        for name, node in _nodes()
        if name.startswith("incident/")
        for module in _imported(node)
        if not _parts(module) & (PURE | ARRAYS | {"incident"})
    ]

    assert foreign == []


def test_what_counts_as_pure_comes_with_python() -> None:
    """The list of pure modules names none that has to be installed."""
    assert {module.split(".")[0] for module in PURE} <= sys.stdlib_module_names


def test_clocks_are_read_only_where_the_plan_says() -> None:
    """Wall clock in report/cli.py, monotonic time and sleep in the transport, nowhere else."""
    astray = [
        f"{name}:{node.lineno}: {call}"
        for name, node in _nodes()
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        if (call := f"{node.value.id}.{node.attr}") in CLOCKS and not name.startswith(CLOCKS[call] or "-")
    ]

    assert astray == []


def test_clocks_are_called_by_their_full_names() -> None:
    """`from time import monotonic` would hide a reader of the clock from the test above."""
    hidden = [
        f"{name}: {node.module}"
        for name, node in _nodes()
        if isinstance(node, ast.ImportFrom) and node.module == "time"
    ]

    assert hidden == []


def test_functions_stay_short() -> None:
    """No function has more than 60 lines: what grows past that has two meanings."""
    long = [
        f"{name}:{node.lineno}: {node.name}"
        for name, node in _nodes()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= MAX_FUNCTION_LINES
    ]

    assert long == []


def test_files_stay_short() -> None:
    """No file has more than 350 lines; a folder with two files is easier to find one's way in."""
    assert [name for name, text in _sources().items() if len(text.splitlines()) > MAX_FILE_LINES] == []


def test_dataclasses_are_frozen() -> None:
    """What travels between the stages cannot be changed on the way; only private helpers fill up."""
    loose = [
        f"{name}:{node.lineno}: {node.name}"
        for name, node in _nodes()
        if isinstance(node, ast.ClassDef) and (name.startswith("incident/") or not node.name.startswith("_"))
        for decorator in node.decorator_list
        if "dataclass" in ast.unparse(decorator) and "frozen=True" not in _keywords(decorator)
    ]

    assert loose == []


def test_dataclasses_have_slots() -> None:
    """A field that was misspelt is an error, not a new attribute."""
    loose = [
        f"{name}:{node.lineno}: {node.name}"
        for name, node in _nodes()
        if isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list
        if "dataclass" in ast.unparse(decorator) and "slots=True" not in _keywords(decorator)
    ]

    assert loose == []


def _keywords(decorator: ast.expr) -> set[str]:
    return (
        {ast.unparse(keyword) for keyword in decorator.keywords} if isinstance(decorator, ast.Call) else set()
    )


def test_the_architecture_names_every_room() -> None:
    """docs/architecture.md has a word on each package and sub-package that exists."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = sorted({name.rsplit("/", 1)[0] for name in _sources()})

    assert [room for room in rooms if f"`{room}`" not in text] == []
