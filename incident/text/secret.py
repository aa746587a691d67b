"""Secrets that do not show themselves, and a mask for texts that others wrote.

Libraries put addresses, headers and request bodies into their errors. Everything foreign passes
`Masker.mask` before it reaches a terminal, a log or a file.
"""

from __future__ import annotations

import base64
import hmac
import html
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from incident.text.markup.links import USERINFO

MARK = "<secret>"
"""What stands in every output where a secret would stand."""


class Secret:
    """A password or token. Only `reveal` gives it; str, repr, format, pickle and copies do not.

    `user` is the name it is sent with in basic authentication, so that a mask also knows the base64
    form of the header. Equality compares the values in constant time.
    """

    __slots__ = ("_user", "_value")

    def __init__(self, value: str, *, user: str = "") -> None:
        self._value = value
        self._user = user

    def reveal(self) -> str:
        """The value itself, for the one place that sends it."""
        return self._value

    @property
    def user(self) -> str:
        """The user name it belongs to, empty where there is none."""
        return self._user

    def __bool__(self) -> bool:
        return bool(self._value)

    def __str__(self) -> str:
        return MARK

    def __repr__(self) -> str:
        return MARK

    def __format__(self, spec: str) -> str:
        return format(MARK, spec)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        """A pickle holds the mark, so what is loaded from it is the mark and not a Secret."""
        return (str, (MARK,))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Secret:
        memo[id(self)] = self
        return self

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        mine, its = (secret._value.encode("utf-8", "surrogatepass") for secret in (self, other))
        return hmac.compare_digest(mine, its) and self._user == other._user

    def __hash__(self) -> int:
        return hash((self._value, self._user))


# Names of query parameters and fragments whose values are credentials, whole or as an ending.
_TELLING = (
    r"(?:[\w.\-\[\]%]*(?:token|secret|passw(?:or)?d|passwd|pwd|passphrase|credentials?|"
    r"api[_.-]?key|access[_.-]?key|private[_.-]?key|signature|jwt)|key|sig|auth|authorization|sid|pass)"
)
_PARAMETER = re.compile(rf"(?P<lead>[?&;#]{_TELLING}=)[^&;#\s\"'<>]+", re.IGNORECASE)
_HEADER = re.compile(
    r"(?P<lead>authorization['\"]?\s*[:=]\s*b?['\"]?(?:basic|bearer|digest|token)\s+)[^\s'\",]+",
    re.IGNORECASE,
)


class Masker:
    """Replaces known secrets, and what looks like one in an address, by `<secret>`.

    A secret is found as it is, percent-encoded in whole or part, escaped as in JSON, a Python
    literal or HTML, and in base64, alone or as `user:value`. Empty secrets are left out.
    """

    def __init__(self, secrets: Iterable[Secret]) -> None:
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        # Longest first: a secret that contains another one is masked whole. The mark comes first,
        # so that a text masked before stays as it is.
        ordered = sorted(forms, key=lambda form: (-len(form), form))
        self._known = re.compile("|".join([re.escape(MARK), *map(_spellings, ordered)]))

    def mask(self, text: str) -> str:
        """The text without any of the secrets; the same text where there is none in it."""
        masked = self._known.sub(MARK, text)
        masked = USERINFO.sub(lambda match: f"{match['lead']}{MARK}@", masked)
        masked = _PARAMETER.sub(lambda match: f"{match['lead']}{MARK}", masked)
        return _HEADER.sub(lambda match: f"{match['lead']}{MARK}", masked)


def _forms(secret: Secret) -> Iterable[str]:
    """The value, and its base64 forms as headers and parameters carry them."""
    value = secret.reveal()
    yield value
    for plain in (value, f"{secret.user}:{value}"):
        for encoding in (
            "utf-8",
            "latin-1",
        ):  # HTTP libraries encode basic authentication as either
            raw = plain.encode(encoding, "replace" if encoding == "latin-1" else "surrogatepass")
            for encoded in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
                yield encoded.decode("ascii").rstrip("=")


def _spellings(form: str) -> str:
    """A pattern for the text with each character raw, percent-encoded or escaped."""
    return "".join(f"(?:{'|'.join(_spelled(char))})" for char in form)


def _spelled(char: str) -> list[str]:
    percent = "".join(f"%{byte:02X}" for byte in char.encode("utf-8", "surrogatepass"))
    escaped = {
        json.dumps(char)[1:-1],
        repr(char)[1:-1],
        ascii(char)[1:-1],
        "\\" + char,
        html.escape(char, quote=True),
        quote(char, safe="", errors="surrogatepass"),
        quote_plus(char, safe="", errors="surrogatepass"),
        char,
    }
    # Longest first, so that no half of an escape stays behind.
    patterns = [re.escape(spelling) for spelling in sorted(escaped, key=lambda text: (-len(text), text))]
    return [f"(?i:{re.escape(percent)})", *patterns]
