"""Secrets and the mask: nothing that is written shows them."""

from __future__ import annotations

import base64
import copy
import dataclasses
import html
import json
import pickle
import re
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.text.secret import MARK, Masker, Secret

VALUE = "S3cr%t p/ss\"wö'rd\\&<x>"
# Not made of characters of the mark itself, and long enough not to appear by chance.
SECRETS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="<secret>"), min_size=8, max_size=20
)
ENCODINGS: list[Callable[[str], str]] = [str, quote, quote_plus, lambda text: json.dumps(text)[1:-1]]
AROUND = st.text(st.sampled_from("secrt <>abc:/@?&=\n"), max_size=20)


@dataclasses.dataclass(frozen=True)
class Settings:
    password: Secret


def header(user: str, value: str, encoding: str = "utf-8") -> str:
    return base64.b64encode(f"{user}:{value}".encode(encoding)).decode()


SPELLINGS = {
    "as it is": VALUE,
    "percent": quote(VALUE, safe=""),
    "percent, small": re.sub("%..", lambda match: match[0].lower(), quote(VALUE, safe="")),
    "percent, partly": quote(VALUE, safe="!#$%&'()*+,/:;=?@[]~"),
    "form": quote_plus(VALUE),
    "json": json.dumps(VALUE),
    "json, unicode": json.dumps(VALUE, ensure_ascii=False),
    "repr": repr(VALUE),
    "ascii": ascii(VALUE),
    "html": html.escape(VALUE),
    "basic": header("admin", VALUE),
    "basic, latin-1": header("admin", VALUE, "latin-1"),
    "basic, in an address": quote(header("admin", VALUE), safe=""),
    "base64": base64.b64encode(VALUE.encode()).decode(),
    "url-safe base64": base64.urlsafe_b64encode(VALUE.encode()).decode().rstrip("="),
}


@pytest.mark.parametrize(
    "shown",
    [
        str(Secret(VALUE)),
        repr(Secret(VALUE)),
        f"{Secret(VALUE)}",
        f"{Secret(VALUE):>20}",
        f"{Secret(VALUE)!r}",
        f"{Secret(VALUE)!s}",
        str([Secret(VALUE)]),
        repr(Settings(Secret(VALUE))),
        str(dataclasses.asdict(Settings(Secret(VALUE)))),
        json.dumps({"password": Secret(VALUE)}, default=str),
        pickle.dumps(Secret(VALUE)).decode("latin-1"),
        pickle.dumps(Settings(Secret(VALUE)), protocol=0).decode("latin-1"),
    ],
)
def test_no_way_of_showing_reveals(shown: str) -> None:
    """Text, format, data classes, JSON and pickle have the mark in place of the value."""
    assert MARK in shown
    assert "S3cr" not in shown


def test_json_does_not_take_a_secret_by_itself() -> None:
    """Without a default, JSON refuses, and its message does not tell either."""
    with pytest.raises(TypeError) as caught:
        json.dumps(Secret(VALUE))

    assert "S3cr" not in str(caught.value)


def test_a_secret_has_no_list_of_its_parts() -> None:
    """Tools that print all attributes of an object find none."""
    with pytest.raises(TypeError, match="__dict__"):
        vars(Secret(VALUE))


def test_reveal_gives_the_value() -> None:
    """The one place that sends it gets it, also from copies."""
    secret = Secret(VALUE, user="admin")

    assert secret.reveal() == VALUE
    assert secret.user == "admin"
    assert copy.deepcopy(secret).reveal() == copy.copy(secret).reveal() == VALUE


def test_secrets_are_equal_by_value() -> None:
    """Settings that hold the same secret are the same settings."""
    assert Secret("a", user="u") == Secret("a", user="u")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != Secret("a", user="u")
    assert Secret("a") != "a"


def test_an_empty_secret_is_none_at_all() -> None:
    """An empty secret is false, and masks nothing."""
    assert not Secret("")
    assert Secret("x")
    assert Masker([Secret("", user="admin")]).mask("admin said nothing") == "admin said nothing"


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_every_spelling_is_masked(spelling: str) -> None:
    """However a library writes the secret, the mark stands in its place."""
    masked = Masker([Secret(VALUE, user="admin")]).mask(f"before {spelling} after")

    assert MARK in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert len(masked) <= len(f"before {MARK} after") + 4  # quotes or padding may stay


@given(st.lists(SECRETS, min_size=1, max_size=3), st.data())
@settings(max_examples=150, deadline=None)
def test_no_secret_stays_in_any_text(secrets: list[str], data: st.DataObject) -> None:
    """Between whatever text, raw or encoded, no secret of several is left, and the mask settles at once."""
    pieces = [data.draw(AROUND) + data.draw(st.sampled_from(ENCODINGS))(secret) for secret in secrets]
    text = "".join(pieces) + data.draw(AROUND)
    masker = Masker(Secret(secret) for secret in secrets)
    masked = masker.mask(text)

    assert not any(secret in masked for secret in secrets)
    assert masker.mask(masked) == masked


def test_a_secret_inside_another_leaves_no_piece() -> None:
    """The longer secret is masked whole."""
    masker = Masker([Secret("token-1"), Secret("token-1-extended")])

    assert masker.mask("x token-1-extended y token-1 z") == f"x {MARK} y {MARK} z"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://user:S3CRET@host/api?query=up", f"http://{MARK}@host/api?query=up"),
        (
            "url: /api/v1/query?query=up&token=TOK (Caused by",
            f"url: /api/v1/query?query=up&token={MARK} (Caused by",
        ),
        ("http://h/?access_token=abc#x", f"http://h/?access_token={MARK}#x"),
        ("http://h/?X-Api-Key=abc&b=1", f"http://h/?X-Api-Key={MARK}&b=1"),
        ("http://h/?a=1&amp;apikey=abc", f"http://h/?a=1&amp;apikey={MARK}"),
        ("http://h/cb#id_token=abc", f"http://h/cb#id_token={MARK}"),
        ("s3://b/?X-Amz-Signature=abc&sig=def", f"s3://b/?X-Amz-Signature={MARK}&sig={MARK}"),
        ("{'Authorization': 'Bearer abc.def'}", f"{{'Authorization': 'Bearer {MARK}'}}"),
        ("authorization: Basic YWJj\n", f"authorization: Basic {MARK}\n"),
        ("redis://:pw@cache:6379/0", f"redis://{MARK}@cache:6379/0"),
    ],
)
def test_addresses_are_masked_without_knowing_the_secret(text: str, expected: str) -> None:
    """User information and parameters that carry tokens go from any address, also foreign ones."""
    masker = Masker([])

    assert masker.mask(text) == expected
    assert masker.mask(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "http://host:9090/graph?g0.expr=up&signal=errors",
        "mail a@b.c about http://host/x@y",
        'sum(rate(http_requests_total{code="500"}[5m] @ 1700000000))',
        "http://host/?monkey=1&query=token",
        "",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    """What looks like no credential is left as it is."""
    assert Masker([Secret("S3CRET")]).mask(text) == text
