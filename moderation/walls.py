"""What stands before every screen, as pure functions: headers, whose form it is, how we are reached.

Nothing here knows a request or the store; app.py asks these and acts.
"""

import hmac
import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from werkzeug.datastructures import Headers

from feeds.i18n import Words

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; font-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # A form's Origin would read "null" with no-referrer; other sites see nothing either way.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
"""What every answer carries that does not say otherwise itself."""

_ELSEWHERE = frozenset({"cross-site", "same-site"})
_HOST = re.compile(r"[a-z0-9._-]{1,253}(?::[0-9]{1,5})?|\[[0-9a-f:.]{2,45}\](?::[0-9]{1,5})?")
_PORTS = {"http": 80, "https": 443}


def comes_from_us(headers: Headers, public_url: str) -> bool:
    """Say whether nothing in a request says that another site sent it.

    An Origin of "null" is what our own one-time links send, whose pages keep their address to
    themselves; a page in a sandbox sends it too, and has no token. Browsers before 2020 send neither
    header, and no browser sends Sec-Fetch-Site over http to another machine: the token decides then.
    """
    if headers.get("Sec-Fetch-Site", "") in _ELSEWHERE:
        return False
    origin = headers.get("Origin", "")
    if origin in ("", "null"):
        return True
    asked = _place(f"//{headers.get('Host', '')}", origin)
    return bool(_place(origin)[1]) and _place(origin) in (_place(public_url), asked)


def is_token_right(given: str, expected: str) -> bool:
    """Compare a form's token with its browser's; no expectation is met by nothing."""
    return bool(expected) and hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), expected.encode()
    )


def warnings(headers: Headers, public_url: str, say: Words) -> tuple[str, ...]:
    """Say what is not right about the way in which this browser reaches us."""
    asked = _asked(headers, public_url)
    if not asked:
        return ()
    found = []
    if not _fits(asked, public_url):
        hint = "warning-proxy" if _is_behind_proxy(asked, public_url) else "warning-address"
        found.append(say(hint, asked=asked, public=public_url))
    if asked.startswith("http:") and not _is_this_computer(asked):
        found.append(say("warning-unencrypted", host=urlsplit(asked).hostname or ""))
    return tuple(found)


def _asked(headers: Headers, public_url: str) -> str:
    """Give the address that the browser asked, as far as headers tell; "" when they tell nothing.

    They are shown and compared, and decide about nothing: whoever invents them warns himself.
    """
    host = (headers.get("X-Forwarded-Host") or headers.get("Host", "")).partition(",")[0].strip().lower()
    if not _HOST.fullmatch(host):
        return ""
    forwarded = headers.get("X-Forwarded-Proto", "").partition(",")[0].strip().lower()
    if forwarded in _PORTS:
        return f"{forwarded}://{host}"
    is_public = _place(f"//{host}", public_url) == _place(public_url)
    return f"{urlsplit(public_url).scheme if is_public else 'http'}://{host}"


def _fits(asked: str, public_url: str) -> bool:
    (scheme, host, port), (wanted, name, its_port) = _place(asked), _place(public_url)
    is_same_host = host == name or (_is_this_computer(asked) and _is_this_computer(public_url))
    return scheme == wanted and port == its_port and is_same_host


def _is_behind_proxy(asked: str, public_url: str) -> bool:
    """A proxy on this computer that keeps the name it was asked by to itself looks like this."""
    return public_url.startswith("https:") and _is_this_computer(asked)


def _is_this_computer(address: str) -> bool:
    host = _place(address)[1]
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _place(address: str, like: str = "") -> tuple[str, str, int]:
    """Give scheme, host and port of an address; a scheme that it lacks is taken from another one."""
    try:
        parts = urlsplit(address)
        scheme = parts.scheme or urlsplit(like).scheme
        return scheme, parts.hostname or "", parts.port or _PORTS.get(scheme, 0)
    except ValueError:
        return "", "", 0
