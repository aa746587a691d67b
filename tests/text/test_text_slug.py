"""Names for files and directories."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from incident.text.slug import slug, unique_slug

SAFE = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
NEAR = st.one_of(st.text(), st.text(st.sampled_from("aA-_. /\\é支\0:"), max_size=6))


@given(NEAR)
@example("..")
@example("con")
@example("LPT1")
@example("a" * 47 + "-b")
@settings(max_examples=300, deadline=None)
def test_a_slug_is_safe_anywhere(text: str) -> None:
    """Whatever the text, the slug is small letters, digits and single hyphens, and not too long."""
    assert SAFE.fullmatch(slug(text))
    assert len(slug(text)) <= 48
    assert slug(text) not in {"con", "nul", "lpt1"}


@given(st.lists(NEAR, unique=True, max_size=8))
@settings(max_examples=300, deadline=None)
def test_unique_slugs_never_meet(texts: list[str]) -> None:
    """Different texts have different names, and those are safe as well."""
    names = [unique_slug(text) for text in texts]

    assert len(set(names)) == len(texts)
    assert all(SAFE.fullmatch(name) and len(name) <= 59 for name in names)


def test_a_text_that_looks_like_a_made_name_is_told_apart() -> None:
    """Someone may call a service as the name made for another one; the two still differ."""
    made = unique_slug("Payments")

    assert unique_slug(made) != made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("payments", "payments"),
        ("Checkout API (EU)", "checkout-api-eu"),
        ("café", "cafe"),
        ("web_store.v2", "web-store-v2"),
        ("支付", "unnamed"),
        ("", "unnamed"),
        ("../../etc/passwd", "etc-passwd"),
    ],
)
def test_slugs_are_readable(text: str, expected: str) -> None:
    """People recognise their service in its directory's name."""
    assert slug(text) == expected


def test_a_clean_name_stays_as_it_is() -> None:
    """A service with an ordinary name gets no digest."""
    assert unique_slug("payments-api") == "payments-api"


def test_another_name_gets_a_digest() -> None:
    """What was changed on the way to a slug is made unique by ten hex digits."""
    assert re.fullmatch("payments-[0-9a-f]{10}", unique_slug("Payments"))
    assert re.fullmatch("x{48}-[0-9a-f]{10}", unique_slug("x" * 49))
    assert unique_slug("x" * 48) == "x" * 48
