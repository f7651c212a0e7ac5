"""A page is a pure function of what is shown, its address, a language and a moment.

The web app calls it through a cache; the preview of moderation and the static publisher, directly.
"""

from datetime import datetime

from feeds import builder, conformance, hub, itpage, outline, permalink, posters, widget
from feeds.addresses import Address
from feeds.formats import atom, ics, jsonfeed, rss
from feeds.highlights import archive, issue_feed
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
            return permalink.permalink(snapshot, address, say, now)
        case "post-frame":
            return permalink.post_frame(snapshot, address, say, now)
        case "post-picture":
            return posters.post_picture(snapshot, address, say, now)
        case "post-ics":
            return ics.write_one(snapshot, address, say)
        case "view-picture":
            return posters.view_picture(snapshot, address, say, now)
        case "frame":
            return widget.frame(snapshot, address, say, now)
        case "kiosk":
            return widget.kiosk(snapshot, address, say, now)
        case "feed-json":
            return jsonfeed.write(snapshot, address, say, now)
        case "feed-rss":
            return rss.write(snapshot, address, say)
        case "feed-atom":
            return atom.write(snapshot, address, say)
        case "feed-ics":
            return ics.write(snapshot, address, say)
        case "outline":
            return outline.write(snapshot, address, say)
        case "embed":
            return builder.builder(snapshot, address, say)
        case "it":
            return itpage.it(snapshot, address, say)
        case "accessibility":
            return conformance.accessibility(snapshot, address, say)
        case "highlights":
            return archive.editions(snapshot, address, say)
        case "highlights-issue":
            return archive.issue(snapshot, address, say, now)
        case "highlights-feed":
            return issue_feed.write(snapshot, address, say)
