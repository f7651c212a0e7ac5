"""A post before it is approved, exactly as readers would see it: the real page, made by feeds.

The pictures of it that nobody approved are served here too, to people who are signed in.
"""

import re

from flask import Response

from aggregator.settings import Campaign
from aggregator.store import preview, queue
from aggregator.store.published import Shown
from feeds.addresses import Address
from feeds.page import Page
from feeds.render import language_of, render
from feeds.select import Snapshot
from feeds.views import featured_name, view_of
from moderation.campaigns import campaign_of, nowhere
from moderation.queues import item_id
from moderation.routes import Asked, Desk, Role, Route

PICTURES_AT = "/moderate/i"
_PICTURE = re.compile(r"([0-9a-f]{24})-([1-9][0-9]{0,3})\.webp")
_ANCESTORS = re.compile(r"frame-ancestors [^;]*")
# The frame around a preview lets none run, and the browser would complain of each. A post's own words
# are escaped: they hold no element.
_SCRIPT = re.compile(rb"<script>.*?</script>", re.DOTALL)


def show(desk: Desk, asked: Asked) -> Response:
    """Show a post in the featured frame, or with `?as=page` on its own page."""
    campaign = campaign_of(desk, asked)
    item = item_id(asked.names["item"])
    if campaign is None or not item:
        return nowhere(desk, asked)
    with desk.reader.connect() as connection:
        is_ours = queue.exists(connection, [item], campaign=campaign.slug)
        shown = preview.shown_as_if_approved(connection, item) if is_ours else None
    if shown is None:
        return nowhere(desk, asked)
    address = _address(campaign, item, asked.query.get("as", ""))
    snapshot = _snapshot(desk, campaign, shown)
    return _answer(render(snapshot, address, language_of(snapshot, address), desk.now()))


def _address(campaign: Campaign, item: str, wanted: str) -> Address:
    if wanted == "page":
        return Address("permalink", campaign.slug, item)
    return Address("frame", campaign.slug, featured_name(campaign))


def _snapshot(desk: Desk, campaign: Campaign, shown: Shown) -> Snapshot:
    """Give a snapshot of this one post, with its pictures where they stand before approval."""
    return Snapshot(
        desk.settings.public_url,
        campaign,
        view=view_of(campaign, featured_name(campaign)),
        posts=(shown,),
        one=shown,
        pictures_at=PICTURES_AT,
    )


def _answer(page: Page) -> Response:
    """Give a page of feeds with its own policy, except that only we may frame it and nobody keeps it."""
    answer = Response(_SCRIPT.sub(b"", page.body), status=page.status, content_type=page.content_type)
    for name, value in page.headers:
        answer.headers[name] = value
    policy = _ANCESTORS.sub("frame-ancestors 'self'", answer.headers["Content-Security-Policy"])
    answer.headers["Content-Security-Policy"] = policy
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    answer.headers["Cache-Control"] = "no-store"
    return answer


def picture(desk: Desk, asked: Asked) -> Response:
    """Give a master of a picture. Its name holds all that ever reaches the disk."""
    found = _PICTURE.fullmatch(asked.names["name"])
    if found is None:
        return nowhere(desk, asked)
    try:
        data = preview.held_file(desk.media, found[1], int(found[2])).read_bytes()
    except OSError:
        return nowhere(desk, asked)
    answer = Response(data, content_type="image/webp")
    # Nobody has approved it: it stays in no browser, least of all on a computer that several share.
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


ROUTES = (
    Route("/<campaign>/preview/<item>", "preview", show, role=Role.VIEWER),
    Route("/i/<name>", "held-picture", picture, role=Role.VIEWER),
)
