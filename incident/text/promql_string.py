"""String literals of PromQL."""

from __future__ import annotations

import json
import re

from incident.text.errors import TextError, excerpt

_SIMPLE = {
    "a": b"\a",
    "b": b"\b",
    "f": b"\f",
    "n": b"\n",
    "r": b"\r",
    "t": b"\t",
    "v": b"\v",
    "\\": b"\\",
    '"': b'"',
    "'": b"'",
}
_PIECE = re.compile(
    r"(?P<plain>[^\\]+)|\\(?:x(?P<byte>[0-9A-Fa-f]{2})|u(?P<short>[0-9A-Fa-f]{4})|U(?P<long>[0-9A-Fa-f]{8})"
    r"|(?P<octal>[0-3][0-7]{2})|(?P<simple>[abfnrtv\\\"']))"
)


def quote(value: str) -> str:
    """The value as a PromQL literal in double quotes, which Prometheus reads back as this value.

    Characters stay as they are instead of becoming pairs of surrogate escapes, which Prometheus
    refuses or reads as another text. U+FFFD is escaped: raw, the parser takes it for broken UTF-8.
    Raises TextError for a lone surrogate, which no label value can hold.
    """
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise TextError(
            f"value {excerpt(value)}: character {error.start + 1} is half a surrogate pair, which "
            "no label value can hold; give the text in UTF-8"
        ) from error
    return json.dumps(value, ensure_ascii=False).replace("\ufffd", r"\ufffd")


def unquote(literal: str) -> str:
    """The value of a PromQL literal in double, single or back quotes. Raises TextError."""
    mark, body = literal[:1], literal[1:-1]
    if len(literal) < 2 or mark not in "\"'`" or literal[-1] != mark:
        raise TextError(f"literal {excerpt(literal)}: a text in quotes is expected")
    if mark == "`":
        if mark in body:
            raise TextError(f"literal {excerpt(literal)}: a back quote cannot stand inside back quotes")
        return body
    return _unescaped(literal, body, mark)


def _unescaped(literal: str, body: str, mark: str) -> str:
    raw, at = b"", 0
    while at < len(body):
        piece = _PIECE.match(body, at)
        plain = piece["plain"] if piece else None
        if piece is None or (plain and (mark in plain or "\n" in plain)):
            raise TextError(f"literal {excerpt(literal)}: bad escape or quote at character {at + 2}")
        raw += _bytes_of(literal, piece, mark)
        at = piece.end()
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise TextError(f"literal {excerpt(literal)}: its escapes are not UTF-8") from error


def _bytes_of(literal: str, piece: re.Match[str], mark: str) -> bytes:
    if piece["plain"]:
        return piece["plain"].encode("utf-8", "surrogatepass")
    if piece["byte"]:
        return bytes([int(piece["byte"], 16)])
    if piece["octal"]:
        return bytes([int(piece["octal"], 8)])
    if piece["simple"]:
        if piece["simple"] in "\"'" and piece["simple"] != mark:
            raise TextError(f"literal {excerpt(literal)}: \\{piece['simple']} needs no backslash here")
        return _SIMPLE[piece["simple"]]
    point = int(piece["short"] or piece["long"], 16)
    if point > 0x10FFFF or 0xD800 <= point < 0xE000:
        raise TextError(f"literal {excerpt(literal)}: U+{point:04X} is no character")
    return chr(point).encode()
