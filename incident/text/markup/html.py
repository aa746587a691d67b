"""Text into HTML, XML and SVG."""

from __future__ import annotations

import html

from incident.text.controls import visible_controls, without_xml_illegal

__all__ = ["escape", "visible_controls"]


def escape(text: str) -> str:
    """The text as HTML or XML character data, also safe inside a quoted attribute.

    Characters that XML forbids are removed, other unseen ones are written out as `U+XXXX`.
    """
    return html.escape(visible_controls(without_xml_illegal(text)), quote=True)
