"""Who gets the weekly mail: in numbers, one by one by their whole address, and as lists for admins.

An address is asked for in a form and never in a path: paths stand in the logs of proxies.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response
from sqlalchemy import Connection

from aggregator.mail_address import readable
from aggregator.settings import Campaign
from aggregator.store import subscribers
from aggregator.store.subscribers import Subscriber
from feeds.i18n import Words
from moderation.campaigns import campaign_of, nowhere
from moderation.drawing import draw, go
from moderation.mail_words import campaign_languages
from moderation.routes import Asked, Desk, Role, Route
from moderation.times import Moment, moment

STATES = ("confirmed", "asked", "paused", "unsubscribed", "suppressed")
CAUSES = ("one-click", "page", "letter", "person", "bounce", "complaint", "erased")
SAID = ("erased", "stopped", "released", "nothing")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """One subscriber in words.

    Attributes:
        cause: how it ended; "" when it did not.
    """

    address: str
    state: str
    came: str
    language: str
    zone: str
    asked: Moment
    confirmed: Moment | None
    ended: Moment | None
    cause: str
    is_stopped: bool


def show(desk: Desk, asked: Asked) -> Response:
    """Show how many there are, and what can be done."""
    campaign = campaign_of(desk, asked)
    if campaign is None:
        return nowhere(desk, asked)
    said = asked.query.get("said", "")
    return screen(desk, asked, campaign, said=desk.say(f"mail-said-{said}") if said in SAID else "")


def screen(
    desk: Desk, asked: Asked, campaign: Campaign, status: int = 200, *, said: str = "", **more: Any
) -> Response:
    """Draw the page, with what a search, or a list that was brought in, came to."""
    assert asked.person  # every row that shows this has a role
    with desk.reader.connect() as connection:
        counted = subscribers.counts(connection, campaign.slug)
    values: dict[str, Any] = {
        "typed": "",
        "wrong": "",
        "found": None,
        "nobody": "",
        "bad": (),
        "more_bad": 0,
        "left_out": (),
        "more_left_out": 0,
    }
    return draw(
        desk,
        asked,
        "subscribers.html",
        status,
        campaign=campaign,
        sums=[(desk.say(f"people-mail-{state}"), f"{counted[state]:,}") for state in STATES],
        is_admin=asked.person.role >= Role.ADMIN,
        said=said,
        **{**values, "wrong_list": "", **more},
    )


def find(desk: Desk, asked: Asked) -> Response:
    """Show one subscriber by their whole address."""
    campaign = campaign_of(desk, asked)
    if campaign is None:
        return nowhere(desk, asked)
    typed = asked.form.get("address", "").strip()
    address = readable(typed)
    if not address:
        return screen(desk, asked, campaign, 422, typed=typed, wrong=desk.say("find-odd"))
    with desk.reader.connect() as connection:
        found = _by_address(connection, campaign.slug, address)
    if found is None:
        return screen(
            desk, asked, campaign, typed=typed, nobody=desk.say("find-nobody", address=address)
        )
    return screen(desk, asked, campaign, typed=typed, found=_known(found, campaign, desk.say))


def _by_address(connection: Connection, slug: str, address: str) -> Subscriber | None:
    like = subscribers.all_of(connection, slug, words=address)
    return next((one for one in like if one.address.lower() == address.lower()), None)


def _known(one: Subscriber, campaign: Campaign, say: Words) -> Known:
    def when(moment_of: Any) -> Moment | None:
        return moment(moment_of, campaign.timezone, say.language) if moment_of else None

    cause = one.cause if one.cause in CAUSES else "other"
    return Known(
        address=one.address,
        state=say(f"people-mail-{one.state}"),
        came=say("find-import", consent=one.consent) if one.origin == "import" else say("find-form"),
        language=dict(campaign_languages(campaign)).get(one.language, "") or say("find-own-language"),
        zone=one.zone or say("find-own-zone"),
        asked=moment(one.asked_at, campaign.timezone, say.language),
        confirmed=when(one.confirmed_at),
        ended=when(one.ended_at),
        cause=say(f"cause-{cause}") if one.ended_at else "",
        is_stopped=one.state == "suppressed",
    )


def stop(desk: Desk, asked: Asked) -> Response:
    """Never mail an address again: somebody asked for that by telephone or at the desk."""
    return _change(desk, asked, "stopped")


def release(desk: Desk, asked: Asked) -> Response:
    """Let an address subscribe again that was never to be mailed."""
    return _change(desk, asked, "released")


def erase(desk: Desk, asked: Asked) -> Response:
    """Forget a person for good. It cannot be undone, so the form says twice that it is meant."""
    campaign = campaign_of(desk, asked)
    if campaign is None:
        return nowhere(desk, asked)
    if asked.form.get("sure") != "on":
        with desk.reader.connect() as connection:
            found = _by_address(connection, campaign.slug, asked.form.get("address", ""))
        known = _known(found, campaign, desk.say) if found else None
        return screen(desk, asked, campaign, 422, found=known, wrong=desk.say("erase-unsure"))
    return _change(desk, asked, "erased")


def _change(desk: Desk, asked: Asked, what: str) -> Response:
    campaign = campaign_of(desk, asked)
    if campaign is None:
        return nowhere(desk, asked)
    assert asked.person  # the row has a role
    address = readable(asked.form.get("address", ""))
    with desk.writer.begin() as connection:
        is_done = bool(address) and _done(connection, campaign.slug, address, what, desk)
    log.info("person %s: a subscriber of %s was %s", asked.person.id, campaign.slug, what)
    return go("subscribers", campaign=campaign.slug, said=what if is_done else "nothing")


def _done(connection: Connection, slug: str, address: str, what: str, desk: Desk) -> bool:
    if what == "erased":
        return subscribers.erase(connection, slug, address, desk.now())
    if what == "released":
        return subscribers.release(connection, slug, address, desk.now())
    subscribers.suppress(connection, slug, address, "person", desk.now())
    return True


_AT = "/<campaign>/subscribers"
ROUTES: Sequence[Route] = (
    Route(_AT, "subscribers", show, role=Role.EDITOR),
    Route(f"{_AT}/find", "subscribers-find", find, role=Role.EDITOR, method="POST"),
    Route(f"{_AT}/stop", "subscribers-stop", stop, role=Role.EDITOR, method="POST"),
    Route(f"{_AT}/release", "subscribers-release", release, role=Role.ADMIN, method="POST"),
    Route(f"{_AT}/erase", "subscribers-erase", erase, role=Role.ADMIN, method="POST"),
)
