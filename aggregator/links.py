"""Web addresses: absolute, in one spelling, without what only serves to follow readers around.

Says nothing about whether an address may be asked: that is `address.py`, at the moment of connecting.
"""

import re
from ipaddress import IPv6Address
from unicodedata import normalize
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

LONGEST = 2000  # some browsers and many tables end at 2,048
DEFAULT_PORTS = {"http": 80, "https": 443}
_TRACKING = re.compile(
    "(?:utm_|pk_|mtm_|hsa_).*|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|igsh"
    "|mibextid|mc_cid|mc_eid|mkt_tok|ref_src|ref_url|_hsenc|_hsmi|_ga|_gl|oly_enc_id|oly_anon_id|vero_id"
    "|vero_conv|wt_mc|fb_action_ids|fb_action_types|fb_source|at_medium|at_campaign|xtor",
    re.IGNORECASE,
)
_SAFE = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/|-]|%[0-9A-F]{2})*"
_PORT = r"(?::(?!80/|443/)(?:[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}))?"
# Most links need nothing done; to see that costs a twentieth of doing it.
_CANONICAL = re.compile(
    rf"https?://[a-z0-9_-]{{1,63}}(?:\.[a-z0-9_-]{{1,63}})+{_PORT}/{_SAFE}(?:\?{_SAFE})?(?:#{_SAFE})?"
)
_NO_PLACE = re.compile(
    r"|/|!|top|rss|comments?|respond|content|more-\d+|:~:.*|.*(?:utm_|xtor=|ref=).*", re.IGNORECASE
)
_EDGES = "".join(map(chr, range(0x21)))
_IGNORED = re.compile("[\t\n\r]")
_SCHEME = re.compile(r"https?:", re.IGNORECASE)
_DOTS = re.compile("[.\u3002\uff0e\uff61]")
_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_ESCAPE = re.compile(r"%[0-9a-f]{2}", re.IGNORECASE)
_MAILTO = re.compile(r"mailto:[^\s<>\"'@:]++@[^\s<>\"'@:]++(?!@)", re.IGNORECASE)


def absolute(url: str, base: str = "") -> str:
    """Give the http(s) address that a link means to a browser; "" when it is none, or hides where it
    leads (a user name before the host).

    ASCII only, with nothing in it that ends an attribute; the host in lower case and as DNS knows it,
    no default port. An address that was given here once comes back as it is.

    Source: URL Standard (WHATWG), section 4.4, for backslashes and what is ignored; RFC 3986, section 5.
    """
    if _CANONICAL.fullmatch(url):
        return url if len(url) <= LONGEST else ""
    written = _IGNORED.sub("", url.strip(_EDGES))
    if not written:
        return ""
    path, mark, query = written.partition("?")
    written = path.replace("\\", "/") + mark + query
    try:
        parts = urlsplit(written if _SCHEME.match(written) or not base else urljoin(base, written))
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        return ""
    if parts.scheme not in DEFAULT_PORTS or not host or "@" in parts.netloc:
        return ""
    place = host if port in (None, DEFAULT_PORTS[parts.scheme]) else f"{host}:{port}"
    whole = (
        parts.scheme,
        place,
        _escaped(parts.path) or "/",
        _escaped(parts.query),
        _escaped(parts.fragment),
    )
    found = urlunsplit(whole)
    return found if len(found) <= LONGEST else ""


def _host(name: str) -> str:
    """Give a host as DNS knows it; "" for what no DNS name can be."""
    if ":" in name:
        return f"[{IPv6Address(name)}]"
    labels = [_label(label) for label in _DOTS.split(normalize("NFKC", name).lower().rstrip("."))]
    if not all(_LABEL.fullmatch(label) for label in labels):
        return ""
    host = ".".join(labels)
    return host if len(host) <= 253 else ""


def _label(label: str) -> str:
    # Not the library's "idna" codec: it is IDNA 2003 and makes another host of faß.example.
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


def _escaped(part: str) -> str:
    if not part.isascii() or not part.isalnum():
        part = quote(part, safe="%/:=&?~#+!$,;@()*[]-._|'", errors="replace")
        part = _ESCAPE.sub(lambda escape: escape[0].upper(), part)
    return part


def canonical_link(url: str, base: str = "") -> str:
    """Give an absolute address without fragment and tracking parameters; "" when it is none."""
    return without_tracking(absolute(url, base))


def without_tracking(address: str) -> str:
    """Give an absolute address without fragment and tracking parameters."""
    address, _, _ = address.partition("#")
    start, _, query = address.partition("?")
    if not query:
        return start
    kept = [
        pair for pair in query.split("&") if pair and not _TRACKING.fullmatch(pair.partition("=")[0])
    ]
    return f"{start}?{'&'.join(kept)}" if kept else start


def place_in_page(url: str, base: str = "") -> str:
    """Give the fragment of an address when it names what is meant (`comment-7`); "" for what only
    scrolls or follows (`respond`, `more-12`, a text fragment, `xtor=RSS-1`)."""
    _, _, fragment = absolute(url, base).partition("#")
    return "" if _NO_PLACE.fullmatch(fragment) else fragment


def identity_of_link(url: str) -> str:
    """Give what makes two links the same: a canonical link without scheme and trailing slash."""
    return canonical_link(url).partition("://")[2].rstrip("/")


def host_of(url: str) -> str:
    """Give the host of an absolute address, with its port unless that is the default; else ""."""
    return absolute(url).partition("://")[2].partition("/")[0]


def is_home_page(url: str) -> bool:
    """Say whether an address is only a host: it identifies nothing of what is published under it."""
    return "/" not in identity_of_link(url) and "?" not in canonical_link(url)


def reference(url: str, base: str = "") -> str:
    """Give what may stand in an `href`: an absolute http(s) address, or a plain mailto; else ""."""
    bare = url.strip(_EDGES)
    if bare[:7].lower() == "mailto:":
        found = _MAILTO.match(bare)
        return "mailto:" + _escaped(found[0][7:]) if found and len(found[0]) <= 320 else ""
    return absolute(url, base)
