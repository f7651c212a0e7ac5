"""What the world's name servers say of the domain that our mail comes from: SPF, DKIM, DMARC.

The only place that asks DNS. It needs dnspython, an extra: without it, each answer says how to get it.

Source: RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489 (DMARC); what Gmail and Yahoo ask of senders.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Texts = Callable[[str], tuple[str, ...]]
"""Gives the TXT records of a name; empty: there are none. Raises NotAsked."""

COMMON_SELECTORS = ("engaged", "default", "mail", "dkim", "google", "selector1", "s1", "k1")
PATIENCE_S = 5.0
DOTS_IN_SUFFIX = 2


class NotAsked(Exception):  # it ends in a sentence of Look, never in front of a person by itself
    """No answer could be had."""


@dataclass(frozen=True, slots=True)
class Look:
    """One thing that was looked up. `state` unknown: nobody could be asked."""

    code: Literal["spf", "dkim", "dmarc"]
    state: Literal["fine", "missing", "unknown"]
    words: str


def look(domain: str, selectors: Sequence[str], texts: Texts) -> tuple[Look, ...]:
    """Look the three up.

    Args:
        selectors: names of signing keys; empty: those that are common.
    """
    return (_spf(domain, texts), _dkim(domain, selectors, texts), _dmarc(domain, texts))


def ask_dns(name: str) -> tuple[str, ...]:
    """Give the TXT records of a name, as the machine's name servers know them."""
    try:
        import dns.exception  # an extra: who lets a service send needs none of it
        import dns.resolver
    except ImportError:
        raise NotAsked('dnspython is missing: pip install "engaged[mail]"') from None
    try:
        found = dns.resolver.resolve(name, "TXT", lifetime=PATIENCE_S)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return ()
    except (dns.exception.DNSException, OSError) as error:
        raise NotAsked(f"no name server answered for {name}: {type(error).__name__}") from error
    return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in found)


def _spf(domain: str, texts: Texts) -> Look:
    try:
        found = [text for text in texts(domain) if _is(text, "v=spf1")]
    except NotAsked as error:
        return Look("spf", "unknown", str(error))
    if len(found) == 1:
        return Look("spf", "fine", f"{domain} says who may send for it: {found[0]}")
    if found:
        return Look(
            "spf", "missing", f"{domain} has {len(found)} SPF records, and then none counts: keep one"
        )
    words = f"{domain} does not say who may send for it: add a TXT record, such as v=spf1 mx ~all"
    return Look("spf", "missing", words)


def _dkim(domain: str, selectors: Sequence[str], texts: Texts) -> Look:
    for selector in selectors or COMMON_SELECTORS:
        try:
            found = [text for text in texts(f"{selector}._domainkey.{domain}") if "p=" in text]
        except NotAsked as error:
            return Look("dkim", "unknown", str(error))
        if any(not text.replace(" ", "").rstrip(";").endswith("p=") for text in found):
            return Look("dkim", "fine", f"{selector}._domainkey.{domain} holds a key")
    if selectors:
        words = f"{selectors[0]}._domainkey.{domain} holds no key: signatures cannot be checked"
        return Look("dkim", "missing", words)
    words = (
        "no key was found under the common names. If your mail server signs, set mail.dkim_selector to "
        "the name of its key, and look again"
    )
    return Look("dkim", "unknown", words)


def _dmarc(domain: str, texts: Texts) -> Look:
    for name in _and_parents(domain):
        try:
            found = [text for text in texts(f"_dmarc.{name}") if _is(text, "v=dmarc1")]
        except NotAsked as error:
            return Look("dmarc", "unknown", str(error))
        if found:
            return Look("dmarc", "fine", f"_dmarc.{name} says {found[0]}")
    words = f"_dmarc.{domain} is missing: add a TXT record, such as v=DMARC1; p=none"
    return Look("dmarc", "missing", words)


def _and_parents(domain: str) -> list[str]:
    """Give a domain and those above it: what is not said of one holds for the one above."""
    labels = domain.split(".")
    return [".".join(labels[at:]) for at in range(max(len(labels) - DOTS_IN_SUFFIX + 1, 1))]


def _is(text: str, version: str) -> bool:
    return text.lower().replace(" ", "").startswith(version)
