"""How programs that are given an address of ours find what else there is: links in the page's head.

Source: https://oembed.com/ section 4; https://www.rssboard.org/rss-autodiscovery.
"""

from dataclasses import dataclass, replace
from urllib.parse import quote

from aggregator.settings import Campaign
from feeds.addresses import Address, AddressKind, path_of
from feeds.i18n import Words

OEMBED_AT = "/oembed"
FORMS: tuple[tuple[AddressKind, str, str], ...] = (
    ("feed-rss", "application/rss+xml", "RSS"),
    ("feed-atom", "application/atom+xml", "Atom"),
    ("feed-json", "application/feed+json", "JSON"),
)


@dataclass(frozen=True, slots=True)
class Offered:
    """The same posts in another form. `title` is what a reader of feeds asks its person with."""

    type: str
    title: str
    link: str


def oembed_link(public_url: str, page: str) -> str:
    """Give where the oEmbed answer about a page of ours is; both absolute."""
    return f"{public_url}{OEMBED_AT}?url={quote(page, safe='')}"


def forms_of(view: Address, campaign: Campaign, public_url: str, say: Words) -> tuple[Offered, ...]:
    """Give the feeds of a view, the best known form first, and its calendar of events."""
    settings = campaign.shown_views.get(view.name)
    name = (settings.heading if settings else "") or campaign.name
    calendar = public_url + path_of(replace(view, kind="feed-ics"))
    return (
        *(
            Offered(type_, f"{name} ({form})", public_url + path_of(replace(view, kind=kind)))
            for kind, type_, form in FORMS
        ),
        Offered("text/calendar", say("calendar-name", campaign=name), calendar),
    )


def list_of(campaign: Campaign, public_url: str, say: Words) -> Offered:
    """Give the list of all feeds of a campaign."""
    link = public_url + path_of(Address("outline", campaign.slug))
    return Offered("text/x-opml", say("feeds-of", campaign=campaign.name), link)
