"""For a library's IT department: what to allow, what is asked and kept, what happens when we are away.

One page to print. What it promises is held by tests, or it is not promised.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from feeds import builder
from feeds.addresses import Address, path_of
from feeds.hub import around
from feeds.i18n import Words
from feeds.page import HTML, PAGE_STYLE, Page, draw, finished, sheet, unframed
from feeds.scripts import NEWEST, SCRIPTS_AT
from feeds.select import Snapshot

STYLE = (*PAGE_STYLE, "static/builder.css")
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a site must allow for one way in. `policy` is a part of its Content-Security-Policy."""

    way: str
    policy: str


def allowed(public_url: str) -> tuple[Allowed, ...]:
    """Give what each way needs, the one that needs least first."""
    return (
        Allowed("picture", f"img-src {public_url};"),
        Allowed("frame", f"frame-src {public_url};"),
        Allowed("script", f"script-src {public_url};\nconnect-src {public_url};\nimg-src {public_url};"),
    )


def it(snapshot: Snapshot, address: Address, say: Words) -> Page:
    """Draw the page."""
    campaign = snapshot.campaign
    assert campaign  # select.snapshot gives it for this address
    parts = urlsplit(snapshot.public_url)
    style = sheet(*STYLE)
    text = draw(
        "it.html",
        **around(snapshot, campaign, say, address),
        style=style.css,
        canonical=snapshot.public_url + path_of(address),
        host=parts.hostname or "",
        port=str(parts.port or _PORTS.get(parts.scheme, 443)),
        is_encrypted=parts.scheme == "https",
        allowed=allowed(snapshot.public_url),
        line=builder.choices(snapshot, campaign, say, address.language)[0].lines["frame"],
        addresses=addresses(snapshot.public_url, campaign.slug),
        accessibility=snapshot.public_url
        + path_of(Address("accessibility", campaign.slug, language=address.language)),
    )
    return finished(200, HTML, text, unframed(style))


def addresses(public_url: str, slug: str) -> tuple[tuple[str, str], ...]:
    """Give every sort of address that a library's page asks, with the key that says what it is."""
    here = f"{public_url}/{slug}"
    return (
        (f"{here}/e/…", "it-asks-frame"),
        (f"{public_url}{SCRIPTS_AT}/{NEWEST}", "it-asks-script"),
        (f"{here}/v/…", "it-asks-posts"),
        (f"{public_url}/i/…", "it-asks-pictures"),
        (f"{here}/count", "it-asks-count"),
    )
