"""Which text a draft was made from, as its first anchor says."""

from __future__ import annotations

from report.merge import generation_of


def test_the_generation_is_read_from_the_first_anchor() -> None:
    """A draft knows the base it was made from, unless a wiki dropped its comments."""
    assert generation_of("<!-- itl:draft gen=4 -->\n# x\n") == 4
    assert generation_of("\ufeffNotes first.\r\n<!-- itl:draft gen=12 -->\r\n# x\r\n") == 12
    assert generation_of("# no anchors\n") is None


def test_an_anchor_pasted_as_an_example_names_no_generation() -> None:
    """Inside code and in other blocks it is text."""
    assert generation_of("```\n<!-- itl:draft gen=4 -->\n```\n") is None
    assert generation_of("<!-- itl:impact gen=4 -->\n") is None
