"""What a page's own rules would refuse of ours: Content-Security-Policy and its neighbours, as browsers
read them.

Pure. It looks at four ways in (the script, what it fetches, the frame, the picture) and nothing else.

Source: Content Security Policy Level 3, sections 6.1, 6.7.2 and 6.8.
"""

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import SplitResult, urlsplit

NEEDS: Mapping[str, Sequence[Sequence[str]]] = {
    "script": (("script-src-elem", "script-src"), ("connect-src",)),
    "frame": (("frame-src", "child-src"),),
    "picture": (("img-src",),),
}
"""What each way has to load, and which directives speak of that; the first that is there counts."""

_PORTS = {"http": 80, "https": 443}


def refused_by(
    policies: Iterable[str], headers: Mapping[str, str], page: str, ours: str
) -> frozenset[str]:
    """Say which ways a page's rules refuse.

    Args:
        policies: every policy of the page; all of them must allow what is loaded.
        headers: by lower-case name; two of them keep frames out without being policies.
        page: the address of the page.
        ours: our own address, `public_url`.
    """
    read = [_directives(policy) for policy in policies]
    found = {
        way
        for way, kinds in NEEDS.items()
        for kind in kinds
        if any(not _allows(policy, kind, page, ours) for policy in read)
    }
    # Asks of every frame what no server of embeds sends (HTML, section 7.1.4).
    if headers.get("cross-origin-embedder-policy", "").partition(";")[0].strip() == "require-corp":
        found.add("frame")
    if _is_mixed(page, ours):
        found.update(NEEDS)
    return frozenset(found)


def _directives(policy: str) -> dict[str, list[str]]:
    """Give the sources of each directive; of two with one name the first counts."""
    read: dict[str, list[str]] = {}
    for part in policy.split(";"):
        name, *sources = part.split() or [""]
        if name:
            read.setdefault(name.lower(), sources)
    return read


def _allows(policy: Mapping[str, Sequence[str]], kind: Sequence[str], page: str, ours: str) -> bool:
    name = next((each for each in (*kind, "default-src") if each in policy), None)
    if name is None:
        return True
    sources = [source.lower() for source in policy[name]]
    # It turns every named host off; what counts then is a nonce, which no pasted line can know.
    if "'strict-dynamic'" in sources and "script-src" in kind:
        return False
    return any(_matches(source, urlsplit(page), urlsplit(ours)) for source in sources)


def _matches(source: str, page: SplitResult, ours: SplitResult) -> bool:
    if source == "*":
        return ours.scheme in _PORTS
    if source == "'self'":
        return (page.scheme, page.netloc.lower()) == (ours.scheme, ours.netloc.lower())
    if source.endswith(":") and "/" not in source:
        return _is_scheme(source[:-1], ours.scheme)
    if source.startswith("'"):
        return False
    scheme, _, rest = source.rpartition("://")
    host, _, port = rest.partition("/")[0].partition(":")
    return (
        _is_scheme(scheme or page.scheme, ours.scheme)
        and _is_host(host, ours.hostname or "")
        and _is_port(port, ours)
    )


def _is_scheme(allowed: str, ours: str) -> bool:
    """A page may always be served better than its policy says: http in it also means https."""
    return allowed == ours or (allowed, ours) == ("http", "https")


def _is_host(allowed: str, ours: str) -> bool:
    if allowed.startswith("*."):
        return ours.endswith(allowed[1:]) and len(ours) > len(allowed) - 1
    return allowed == ours


def _is_port(allowed: str, ours: SplitResult) -> bool:
    standard = _PORTS.get(ours.scheme, 0)
    return allowed == "*" or (int(allowed) if allowed.isdecimal() else standard) == (
        ours.port or standard
    )


def _is_mixed(page: str, ours: str) -> bool:
    """An https page loads nothing that travels in the open, whatever its policies say."""
    return urlsplit(page).scheme == "https" and urlsplit(ours).scheme == "http"
