"""What goes out with a question and what the head of an answer means: statuses, headers, validators.

Pure: no clock, no network. `fetch.py` asks; here it is read what was said.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from aggregator.errors import Busy, Denied, Missing, Refused
from aggregator.patience import http_date
from aggregator.stages import Validators

GIVEN = frozenset((200, 203, 226))
REDIRECTS = frozenset((301, 302, 303, 307, 308))
PERMANENT = frozenset((301, 308))
_REFUSALS: Mapping[int, type[Refused]] = {
    401: Denied,
    403: Denied,
    404: Missing,
    410: Missing,
    429: Busy,
    451: Denied,
    503: Busy,
}

# Some servers leave the quotes out and compare what comes back letter by letter.
_ETAG = re.compile(r'(?:W/)?"[ !#-~]*"|[A-Za-z0-9_.:+=-]+')
_LONGEST_VALIDATOR = 512
_CLOCK_SKEW = timedelta(days=1)
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{1,4000}=*")  # RFC 6750, section 2.1
_NOT_FOR_A_HEADER = re.compile(r"[^ -~]|[()\\]")


@dataclass(slots=True)
class Answer:
    """What one server said, as far as it came: `status` is 0 before its headers did."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def user_agent(version: str, public_url: str, contact: str) -> str:
    """Give the name we go by: `Engaged/0.1.0 (+https://engaged.example; campaign@library.example)`.

    Args:
        contact: the campaign's mail or web address; what no header can carry is left out.

    Source: RFC 9110, section 10.1.5.
    """
    words = [_NOT_FOR_A_HEADER.sub("", word).strip() for word in (f"+{public_url}", contact)]
    return f"Engaged/{version} ({'; '.join(word for word in words if word)})"


def request_headers(user_agent: str, accept: str, validators: Validators) -> dict[str, str]:
    """Give all headers of a question but Host. Both validators go back when both came.

    Only gzip is accepted: what libraries ask for by themselves grows with what is installed, and we
    unpack within a limit only what we can.

    Source: RFC 9110, sections 12.5.3, 13.1.2 and 13.1.3.
    """
    headers = {"User-Agent": user_agent, "Accept": accept, "Accept-Encoding": "gzip"}
    if validators.etag:
        headers["If-None-Match"] = validators.etag
    if validators.last_modified:
        headers["If-Modified-Since"] = validators.last_modified
    return headers


def is_token(text: str) -> bool:
    """Say whether a text can be sent as a bearer token: nothing in it ends a header."""
    return bool(_TOKEN.fullmatch(text))


def header_map(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Give headers by lower-case name, a repeated one joined by ", ". Cookies are not taken in.

    Source: RFC 9110, sections 5.3 and 5.5. Values are UTF-8 where they can be, else Latin-1.
    """
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name = name_bytes.decode("latin-1").lower()
        value = _text(value_bytes)
        if name not in ("set-cookie", "set-cookie2"):
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def validators_in(headers: Mapping[str, str], now: datetime) -> Validators:
    """Give the validators that can be sent back without harm.

    A Last-Modified of the year 9999 would have every later question answered by 304.

    Source: RFC 9110, sections 8.8.2 and 8.8.3.
    """
    etag = headers.get("etag", "")
    if len(etag) > _LONGEST_VALIDATOR or not _ETAG.fullmatch(etag):
        etag = ""
    modified = headers.get("last-modified", "")
    date = (
        http_date(modified) if len(modified) <= _LONGEST_VALIDATOR and modified.isprintable() else None
    )
    return Validators(etag, modified if date is not None and date <= now + _CLOCK_SKEW else "")


def refusal(status: int) -> Refused:
    """Give the error for a status that brings nothing.

    Source: RFC 9110, section 15; RFC 6585; RFC 7725.
    """
    return _REFUSALS.get(status, Refused)(f"status {status}")


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
