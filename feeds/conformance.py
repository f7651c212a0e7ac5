"""The accessibility statement: what was tested and how, what is not as it should be, whom to tell.

It names what machines and people looked at, and nothing that nobody looked at. Whoever changes what is
tested changes it here.
"""

from feeds.addresses import Address, path_of
from feeds.hub import around
from feeds.i18n import Words
from feeds.page import HTML, PAGE_STYLE, Page, draw, finished, sheet, unframed
from feeds.select import Snapshot

STYLE = (*PAGE_STYLE, "static/builder.css")
TESTED = ("axe", "keyboard", "zoom", "contrast", "motion", "no-script", "right-to-left", "html")
"""What is tested with every change; each has a sentence of its own."""

LIMITS = ("readers", "posts", "pictures", "host", "languages")
"""What is known not to be as it should, or not to be in our hands."""


def accessibility(snapshot: Snapshot, address: Address, say: Words) -> Page:
    """Draw the page."""
    campaign = snapshot.campaign
    assert campaign  # select.snapshot gives it for this address
    style = sheet(*STYLE)
    text = draw(
        "accessibility.html",
        **around(snapshot, campaign, say, address),
        style=style.css,
        canonical=snapshot.public_url + path_of(address),
        tested=TESTED,
        limits=LIMITS,
        it=snapshot.public_url + path_of(Address("it", campaign.slug, language=address.language)),
    )
    return finished(200, HTML, text, unframed(style))
