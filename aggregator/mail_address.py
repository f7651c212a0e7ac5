"""Mail addresses: which writing is one, and in which form we keep and compare it. Asks nobody.

Strict on purpose: what passes here stands in headers and in commands to a mail server, so it holds
nothing that could end either. Quoted names and names outside of ASCII are refused.
"""

import re

import idna

LONGEST = 254
"""Source: RFC 5321, section 4.5.3.1.3, less the brackets."""

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)


def readable(written: str) -> str:
    """Give an address as we keep it, its domain as DNS knows it; "" when we cannot write to it.

    Source: RFC 5321, section 4.1.2 (Mailbox), without quoted strings and address literals.
    """
    name, at, domain = written.strip().rpartition("@")
    if not at or len(name) > 64 or not _NAME.fullmatch(name):
        return ""
    host = _host(domain)
    found = f"{name}@{host}"
    return found if host and len(found) <= LONGEST else ""


def _host(domain: str) -> str:
    try:
        host = domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return ""
    labels = host.split(".")
    is_name = len(labels) > 1 and all(_LABEL.fullmatch(label) for label in labels)
    return host if is_name and not labels[-1].isdigit() else ""


def domain_of(address: str) -> str:
    """Give the domain of a readable address."""
    return address.rpartition("@")[2]


def compared(address: str) -> str:
    """Give what all spellings of one address share: no mail service tells capitals apart."""
    return address.lower()
