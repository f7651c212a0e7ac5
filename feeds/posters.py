"""What stands on the pictures that we draw: of one post, of a view, of what is gone."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from aggregator.settings import Campaign
from aggregator.store.published import Gone, Shown
from feeds.addresses import Address
from feeds.cards import card, turning_point
from feeds.drawn import Poster, png
from feeds.i18n import Words
from feeds.page import Page, earliest, of_bytes
from feeds.pictures import card_pictures, feed_pictures
from feeds.select import Snapshot
from feeds.widget import tags_of, via

CONTENT_TYPE = "image/png"


def post_picture(snapshot: Snapshot, _address: Address, say: Words, now: datetime) -> Page:
    """Draw what networks show of a post's page when somebody shares it."""
    campaign, one = snapshot.campaign, snapshot.one
    assert campaign  # select.snapshot gives it for a post's address
    if not isinstance(one, Shown):
        return _nothing(campaign, say, was_there=isinstance(one, Gone))
    return _page(200, _of_post(one, snapshot, campaign, say, now), turning_point((one,), now))


def view_picture(snapshot: Snapshot, _address: Address, say: Words, now: datetime) -> Page:
    """Draw the first post of a view, or how to take part: what a site shows that keeps only pictures."""
    campaign = snapshot.campaign
    assert campaign  # select.snapshot gives it for a view's address
    first = snapshot.posts[:1]
    poster = _of_post(first[0], snapshot, campaign, say, now) if first else _invitation(campaign, say)
    return _page(200, poster, earliest((snapshot.holds_until, turning_point(first, now))))


def words_on(shown: Shown, snapshot: Snapshot, campaign: Campaign, say: Words, now: datetime) -> str:
    """Give the alternative text of a post's picture: the words on it, and what its photo shows."""
    drawn = card(shown, snapshot.public_url, campaign, say, now)
    photo = drawn.picture.alt if drawn.picture else ""
    return _line((drawn.words, drawn.author, photo)) or campaign.name


def _of_post(shown: Shown, snapshot: Snapshot, campaign: Campaign, say: Words, now: datetime) -> Poster:
    drawn = card(shown, snapshot.public_url, campaign, say, now)
    view = snapshot.view
    network = drawn.network if view is None or view.network else ""
    date = drawn.date if view is None or view.date else ""
    poster = Poster(
        tag=via(campaign),
        words=drawn.words,
        by=drawn.author,
        about=_line((drawn.library or network, date)),
        is_rtl=shown.item.direction == "rtl",
    )
    return poster if drawn.warning else _with_photo(poster, shown, snapshot, campaign, say)


def _with_photo(
    poster: Poster, shown: Shown, snapshot: Snapshot, campaign: Campaign, say: Words
) -> Poster:
    if not snapshot.photo or (snapshot.view and not snapshot.view.picture):
        return poster
    first = feed_pictures(shown, campaign)[0]
    place = shown.pictures.index(first)
    about = card_pictures(shown, campaign, say, snapshot.pictures_at)[place]
    return replace(
        poster,
        photo=snapshot.photo,
        colour=first.colour,
        is_whole=about.is_whole,
        credit=about.credit,
    )


def _invitation(campaign: Campaign, say: Words) -> Poster:
    tags = tags_of(campaign, say)
    words = say("take-part-write", tags=tags) if tags else say("take-part-write-untagged")
    return Poster(campaign.name, words, is_rtl=say.direction == "rtl")


def _nothing(campaign: Campaign, say: Words, *, was_there: bool) -> Page:
    words = say("notice-410-title") if was_there else ""
    poster = Poster(via(campaign), words, is_rtl=say.direction == "rtl")
    return _page(410 if was_there else 404, poster, None)


def _line(parts: Iterable[str]) -> str:
    return " · ".join(part for part in parts if part)


def _page(status: int, poster: Poster, holds_until: datetime | None) -> Page:
    headers = (
        ("Content-Security-Policy", "default-src 'none'; sandbox"),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
    )
    return of_bytes(status, CONTENT_TYPE, png(poster), headers, holds_until=holds_until)
