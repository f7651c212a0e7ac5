"""A page is a pure function of what is shown, its address, a language and a moment.

The web app calls it through a cache; the preview of moderation and the static publisher, directly.
"""

from datetime import datetime

from feeds import hub, widget
from feeds.addresses import Address
from feeds.formats import jsonfeed, rss
from feeds.i18n import words
from feeds.page import Page
from feeds.select import Snapshot


def language_of(snapshot: Snapshot, address: Address) -> str:
    """Give the language a page is asked in: the address's, else the (first) campaign's first."""
    campaign = snapshot.campaign or snapshot.campaigns[0]
    return address.language or campaign.languages[0]


def render(snapshot: Snapshot, address: Address, language: str, now: datetime) -> Page:
    """Give the page at a settled address, and until when it holds.

    Same arguments, same bytes. A post that was never public gives 404, one that no longer is 410.
    """
    say = words(language)
    match address.kind:
        case "campaigns":
            return hub.campaigns(snapshot, say)
        case "hub":
            return hub.hub(snapshot, address, say, now)
        case "permalink":
            return hub.permalink(snapshot, address, say, now)
        case "frame":
            return widget.frame(snapshot, address, say, now)
        case "feed-json":
            return jsonfeed.write(snapshot, address, say)
        case "feed-rss":
            return rss.write(snapshot, address, say)
