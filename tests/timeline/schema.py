"""Documents against docs/timeline.schema.json, by as much of JSON Schema (2020-12) as that file uses."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FILE = Path(__file__).resolve().parents[2] / "docs" / "timeline.schema.json"
SCHEMA: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
INSTANT: dict[str, Any] = SCHEMA["$defs"]["instant"]
_SAID = {"$schema", "$id", "$defs", "title", "description"}
_CHECKED = {
    "$ref",
    "type",
    "required",
    "properties",
    "items",
    "enum",
    "const",
    "pattern",
    "minimum",
    "anyOf",
    "examples",
}


def faults(value: object, shape: dict[str, Any] = SCHEMA, where: str = "$") -> Iterator[str]:
    """Where a document is not as the schema says; also a field or a kind that it does not tell of."""
    unread = shape.keys() - _SAID - _CHECKED - {"additionalProperties"}
    assert not unread, f"the schema uses {unread}, which is not checked here"
    if "$ref" in shape:
        yield from faults(value, SCHEMA["$defs"][shape["$ref"].removeprefix("#/$defs/")], where)
    if "anyOf" in shape and all(any(faults(value, one, where)) for one in shape["anyOf"]):
        yield f"{where}: {value!r} is none of those allowed"
    if not _fits(value, shape):
        yield f"{where}: {value!r} does not fit"
    elif isinstance(value, dict) and "type" in shape:
        yield from _of_fields(value, shape, where)
    elif isinstance(value, list):
        for i, one in enumerate(value):
            yield from faults(one, shape["items"], f"{where}[{i}]")


def _of_fields(value: dict[str, Any], shape: dict[str, Any], where: str) -> Iterator[str]:
    yield from (f"{where}.{name}: missing" for name in shape.get("required", ()) if name not in value)
    for name, one in value.items():
        described = shape.get("properties", {}).get(name, shape.get("additionalProperties"))
        if described is None:
            yield f"{where}.{name}: not described"
        else:
            yield from faults(one, described, f"{where}.{name}")


def _fits(value: object, shape: dict[str, Any]) -> bool:
    """Whether the value by itself is of the type, among the words and within the bounds."""
    types = shape.get("type", [])
    kinds = [types] if isinstance(types, str) else types
    return (
        (not kinds or any(_is(value, kind) for kind in kinds))
        and ("enum" not in shape or value in shape["enum"])
        and ("examples" not in shape or value in shape["examples"])
        and ("const" not in shape or value == shape["const"])
        and (not isinstance(value, str) or re.search(shape.get("pattern", ""), value) is not None)
        and (not number(value) or "minimum" not in shape or value >= shape["minimum"])
    )


def number(value: object) -> bool:
    """Whether it is one, and finite: JSON has no other."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is(value: object, kind: str) -> bool:
    match kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return number(value)
        case _:
            return isinstance(value, {"string": str, "array": list, "object": dict}[kind])
