"""From an answer that is no success to the error that says what, where, why and what to do next.

Bodies are foreign text: masked, put on one line and cut before they come near a message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from collector.errors import AccessRefused, CollectError, QueryRejected, TooExpensive, Unavailable
from collector.http.answers.replies import Reply
from collector.http.limits import MIB, TEXT_CHARS, OverLimit
from incident.text.controls import cut, one_line

_SHOWN_QUERY = 200
"""Characters of a query in a message: enough to recognise it."""

_SHOWN_TYPE = 40
"""Characters of an errorType: the longest of Prometheus' own is "unavailable"."""

_TITLE = re.compile(rb"<title[^>]*>([^<]*)", re.IGNORECASE)

# The words of Prometheus, Thanos, Mimir and VictoriaMetrics for "this asks for too much at once".
_TOO_MUCH = re.compile(
    r"exceeded maximum resolution|too many (?:samples|points|series|chunks)|timed out|timeout exceeded|"
    r"deadline exceeded|err-mimir-(?:max|query|the-query)|exceed(?:s|ed)? the (?:\w+ ){0,4}limit|"
    r"limit exceeded|"
    r"cannot (?:select|process|fetch) more than|-search\.max|max_query_|exceeds -?search|"
    r"context canceled|would load too many",
    re.IGNORECASE,
)
# Limits on the query's own text or complexity, which a shorter window does not help.
_TOO_LONG = re.compile(
    r"too long query|maxQueryLen|max-query-expression|query.{0,20}bytes.{0,20}exceed", re.IGNORECASE
)
# VictoriaMetrics with -denyQueriesOutsideRetention, which says it as if it were away (503).
_EXPIRED = re.compile(r"outside the allowed -retentionPeriod")
# Cortex, Mimir and Loki, to who asks without X-Scope-OrgID.
_NO_TENANT = re.compile(r"no org id|no user id|missing (?:org|tenant) ?id", re.IGNORECASE)
_WRONG_SCHEME = re.compile(r"HTTP request (?:was sent )?to (?:an )?HTTPS", re.IGNORECASE)


class NoEndpoint(Unavailable):
    """The address answers, but not with this part of the API (404, 405, 501)."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class NotTheApi(Unavailable):
    """The address answers with a success, but not one of the API."""


class LoginPage(AccessRefused):
    """A web page came where an answer of the API was expected."""


class Forbidden(AccessRefused):
    """Known, but not allowed this part of the API (403)."""


class TooMuchAtOnce(TooExpensive):
    """A limit that a shorter stretch of time may stay under."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a message needs besides the answer: the mask, and where the credentials came from."""

    mask: Callable[[str], str]
    credential: str

    def text(self, raw: str) -> str:
        """Foreign text made fit for a message."""
        return cut(one_line(self.mask(raw)), TEXT_CHARS)


def failure(reply: Reply, query: str, wording: Wording) -> CollectError | None:
    """The error an answer stands for, or None where it is a success of the API."""
    if reply.status == 200:
        return _login_page(reply) if reply.is_page else None
    if reply.status in (401, 403, 407):
        return _refused(reply, wording)
    error_type, text = (wording.text(part) for part in _api_error(reply))
    if _WRONG_SCHEME.search(text):
        return Unavailable(f"{reply.url}: the server speaks HTTPS there; write https:// in the url")
    its_own = error_type and (_TOO_MUCH.search(f"{error_type} {text}") or _EXPIRED.search(text))
    if reply.status in (400, 413, 414, 422) or its_own:
        return rejected(reply, error_type, text, query)
    if reply.status in (404, 405, 501):
        return NoEndpoint(
            f"{reply.url}: no Prometheus API there (status {reply.status}); is a path prefix missing in "
            "the url, such as /prometheus, or one too many, such as /graph?",
            status=reply.status,
        )
    return _unavailable(reply, text)


def rejected(reply: Reply, error_type: str, text: str, query: str) -> QueryRejected:
    """The error for a refused query; type and text are the server's, fit for a message already."""
    error_type, shown = cut(error_type, _SHOWN_TYPE), cut(one_line(query), _SHOWN_QUERY)
    kind: type[QueryRejected] = QueryRejected
    advice = "correct the query"
    if _TOO_LONG.search(text) or reply.status == 414:
        kind, advice = TooExpensive, "shorten the query, or raise the server's limit"
    elif _TOO_MUCH.search(f"{error_type} {text}") or reply.status == 413:
        kind, advice = TooMuchAtOnce, "ask for a shorter window or fewer series, or raise the server's limit"
    elif _EXPIRED.search(text):
        advice = "choose a later window"
    said = text or "no reason given"
    return kind(
        f"{reply.url}: query refused ({reply.status} {error_type or 'no type'}): {said}; {advice}: {shown}",
        status=reply.status,
        error_type=error_type,
        server_text=text,
        query=query,
    )


def unreadable(reply: Reply, why: str, wording: Wording, api: str = "Prometheus") -> Unavailable:
    """The error for a success that cannot be read: says why, and how it begins."""
    begins = ascii(wording.mask(reply.body[:160].decode("utf-8", "replace"))[:40])
    kind = cut(wording.text(reply.content_type), 60) or "no content type"
    return NotTheApi(
        f"{reply.url}: the answer is not one of the {api} API ({wording.text(why)}; {kind}, begins "
        f"with {begins}); check the url and any proxy on the way"
    )


def _api_error(reply: Reply) -> tuple[str, str]:
    """errorType and error of a JSON error, else no type and the text of the page or its title."""
    try:
        said = json.loads(reply.body)
    except (ValueError, RecursionError):
        return "", _page_text(reply)
    if not isinstance(said, dict):
        return "", ""
    return str(said.get("errorType") or ""), str(said.get("error") or said.get("message") or "")


def _page_text(reply: Reply) -> str:
    if not reply.is_page:
        return reply.body.decode("utf-8", "replace")
    title = _TITLE.search(reply.body)
    return cut(title[1].decode("utf-8", "replace"), 80) if title else ""


def _login_page(reply: Reply) -> AccessRefused:
    return LoginPage(
        f"{reply.url}: answered with a web page instead of the API (login page?); give credentials with "
        "--http.config.file, or the address behind the login"
    )


def _refused(reply: Reply, wording: Wording) -> AccessRefused:
    if reply.status == 407:
        return AccessRefused(
            f"{reply.url}: the proxy asks for credentials (407); put them into proxy_url of the http config"
        )
    _, raw = _api_error(reply)
    said = wording.text(raw)
    because = f", the server says: {said}" if said else ""
    if reply.status == 403:
        return Forbidden(
            f"{reply.url}: access forbidden (403){because}; "
            f"are {wording.credential or 'you'} allowed to query?"
        )
    if _NO_TENANT.search(said):
        return AccessRefused(
            f"{reply.url}: no tenant named (401){because}; name one with --header X-Scope-OrgID=TENANT"
        )
    if wording.credential:
        next_step = f"check {wording.credential}"
    else:
        next_step = "give them with --http.config.file or --header"
    state = "credentials refused" if wording.credential else "credentials required, none given"
    return AccessRefused(f"{reply.url}: {state} (401){because}; {next_step}")


def _unavailable(reply: Reply, text: str) -> Unavailable:
    said = f": {text}" if text else ""
    advice = "try again later"
    if reply.status == 429:
        advice = "it is overloaded or limits our rate; try again later, or ask for less"
    return Unavailable(f"{reply.url}: the server cannot answer now (status {reply.status}){said}; {advice}")


def is_own_fault(reply: Reply) -> bool:
    """Whether a failure is the query's own, in the server's words; asking again would end the same."""
    error_type, text = _api_error(reply)
    return error_type in ("timeout", "canceled", "execution", "bad_data", "422") or bool(
        _EXPIRED.search(text)
    )


def over_limit(url: str, limit: OverLimit, query: str) -> TooExpensive:
    """The error of an answer that is larger than we read."""
    allowed = f"{limit.allowed // MIB} MiB"
    shown = cut(one_line(query), _SHOWN_QUERY)
    kind: type[TooExpensive]
    if limit.whole_run:
        why = f"this run has read {allowed}, its limit; ask for a shorter window"
        kind = TooExpensive
    else:
        why, kind = (
            f"the answer is larger than {allowed}; ask for a shorter window or fewer series",
            TooMuchAtOnce,
        )
    return kind(f"{url}: {why}: {shown}", status=200, error_type="size", server_text="", query=query)
