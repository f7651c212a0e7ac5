"""The pages on which people subscribe, confirm, change their mind and leave: how each of them is drawn.

Pure. No account, no cookie. Nothing that is known about an address stands on any of them: a link may
have been forwarded, and nobody may find out who gets the mail.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from aggregator.item import Precision
from aggregator.settings import Campaign, Settings
from aggregator.store.subscribers import Subscriber
from feeds.addresses import MAIL_FORMS, Address, MailForm, mail_path, path_of
from feeds.dates import on_the_dial, weekday, written
from feeds.highlights.wording import isolated
from feeds.highlights.zones import by_part_of_the_world, place_of
from feeds.hub import around
from feeds.i18n import Words, words
from feeds.other_languages import InLanguage, in_languages, own_name, tag_of
from feeds.page import FOR_READERS, HTML, NOT_KEPT, PAGE_STYLE, Page, Sheet, draw, finished, sheet
from feeds.select import Snapshot

STYLE = (*PAGE_STYLE, "static/highlights.css")
PAUSE_WEEKS = 4

Progress = Literal["asking", "asked", "not-here"]
Mistake = Literal["", "no-address", "elsewhere"]
Standing = Literal["gets-it", "paused", "left"]


@dataclass(frozen=True, slots=True)
class Asked:
    """One form as it was sent: what stands in it again when it could not be taken."""

    address: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Letters:
    """The mail of one campaign, for one page in one language.

    Attributes:
        language: as in the address of the page; "" is the campaign's first.
        key: what stands in the page's address as somebody's secret; "" for the form to subscribe.
    """

    settings: Settings
    campaign: Campaign
    language: str = ""
    key: str = ""

    @property
    def say(self) -> Words:
        return words(self.language or self.campaign.languages[0])

    @property
    def name(self) -> str:
        """Give the campaign's name as it stands within a sentence: # belongs to it in Arabic, too."""
        return isolated(self.campaign.name, self.say.direction)

    def path(self, form: MailForm) -> str:
        return mail_path(form, self.campaign.slug, self.language, self.key)

    @property
    def to_subscribe(self) -> str:
        return mail_path("subscribe", self.campaign.slug, self.language)

    @property
    def archive(self) -> str:
        return path_of(Address("highlights", self.campaign.slug, language=self.language))


def subscribe(
    letters: Letters, progress: Progress = "asking", asked: Asked | None = None, mistake: Mistake = ""
) -> Page:
    """Draw the form to subscribe, or what is said after it, whatever is known of the address.

    Args:
        mistake: why nothing was taken; "": there is no mistake.
    """
    say, campaign = letters.say, letters.campaign
    asked = asked or Asked()
    statuses: Mapping[Mistake, int] = {"no-address": 400, "elsewhere": 403, "": 200}
    is_form = progress != "asked" and not mistake
    return _drawn(
        letters,
        "subscribe",
        status=statuses[mistake],
        kept=FOR_READERS if is_form else NOT_KEPT,
        progress=progress,
        asked=asked,
        mistake=say(f"subscribe-{mistake}") if mistake else "",
        day=weekday(campaign.highlights.send, say.language),
        number=say.number(campaign.highlights.top),
        languages_of_mail=_languages(campaign, asked.language or letters.language),
        canonical=letters.settings.public_url + letters.path("subscribe") if is_form else "",
    )


def confirm(letters: Letters, *, is_open: bool) -> Page:
    """Draw the button that confirms, or say that the link is of no use any more."""
    return _drawn(letters, "confirm", status=200 if is_open else 404, is_open=is_open)


def preferences(
    letters: Letters, subscriber: Subscriber | None, now: datetime, *, is_saved: bool = False
) -> Page:
    """Draw what somebody chose, and the ways to change it; None: the key is nobody's."""
    if subscriber is None:
        return _unknown(letters)
    say, campaign = letters.say, letters.campaign
    until = subscriber.paused_until
    hour = on_the_dial(campaign.highlights.send, say.language)
    return _drawn(
        letters,
        "preferences",
        standing=standing_of(subscriber, now),
        until=written(until, Precision.SECOND, campaign.timezone, say.language, now) if until else "",
        day=weekday(campaign.highlights.send, say.language),
        hour=hour,
        is_saved=is_saved,
        languages_of_mail=_languages(campaign, subscriber.language),
        zones=_zones(subscriber.zone or campaign.timezone) if campaign.highlights.own_zone else (),
    )


def unsubscribe(letters: Letters, subscriber: Subscriber | None, now: datetime) -> Page:
    """Draw the button that ends it, or say that it is done; None: the key is nobody's."""
    if subscriber is None:
        return _unknown(letters)
    return _drawn(letters, "unsubscribe", is_done=standing_of(subscriber, now) == "left")


def not_now(letters: Letters) -> Page:
    """Say that nothing could be written down at this moment, and nothing changed."""
    return _drawn(letters, "mail-trouble", status=503, is_unknown=False)


def _unknown(letters: Letters) -> Page:
    return _drawn(letters, "mail-trouble", status=404, is_unknown=True)


def standing_of(subscriber: Subscriber, now: datetime) -> Standing:
    """Say how it stands between us and somebody. A pause ends by itself."""
    if subscriber.state not in ("confirmed", "paused"):
        return "left"
    is_over = subscriber.paused_until is not None and subscriber.paused_until <= now
    return "paused" if subscriber.state == "paused" and not is_over else "gets-it"


def _languages(campaign: Campaign, chosen: str) -> Sequence[tuple[str, str, str, bool]]:
    """Give each language of the mail: as settings write it, its tag, its own name, if it is chosen."""
    known = chosen if chosen in campaign.languages else campaign.languages[0]
    return [(each, tag_of(each), own_name(each), each == known) for each in campaign.languages]


def _zones(chosen: str) -> Sequence[tuple[str, Sequence[tuple[str, str, bool]]]]:
    """Give the zones by part of the world; one that is named after no place stands first, alone."""
    parts = by_part_of_the_world()
    named = [
        (part, [(zone, place_of(zone), zone == chosen) for zone in some]) for part, some in parts.items()
    ]
    is_there = any(chosen in some for some in parts.values())
    return named if is_there else [(chosen, [(chosen, chosen, True)]), *named]


def _drawn(
    letters: Letters, name: str, *, status: int = 200, kept: str = NOT_KEPT, **values: object
) -> Page:
    campaign, style = letters.campaign, sheet(*STYLE)
    snapshot = Snapshot(letters.settings.public_url, campaign, notice=letters.settings.notice)
    address = Address("hub", campaign.slug, language=letters.language)
    values = {
        **around(snapshot, campaign, letters.say, address),
        "languages": _in_languages(letters, name, address),
        "style": style.css,
        "letters": letters,
        "is_found": kept == FOR_READERS,
        **values,
    }
    retry = (("Retry-After", "10"),) if status == 503 else ()
    text = draw(f"{name}.html", **values)
    return finished(status, HTML, text, (*_headers(style, kept), *retry), kept=kept)


def _in_languages(letters: Letters, name: str, hub: Address) -> Sequence[InLanguage]:
    """Give the same page in the campaign's other languages; a page about a trouble has none."""
    form = next((each for each in MAIL_FORMS if each == name), None)
    if form is None:
        return ()
    rest = letters.path(form).removeprefix(path_of(hub))
    found = in_languages(letters.campaign, hub, letters.settings.public_url)
    return [replace(each, link=each.link + rest) for each in found]


def _headers(style: Sheet, kept: str) -> tuple[tuple[str, str], ...]:
    policy = (
        f"default-src 'none'; style-src {style.policy}; img-src data:; form-action 'self'; "
        f"base-uri 'none'; frame-ancestors 'none'"
    )
    hidden = (("X-Robots-Tag", "noindex"),) if kept == NOT_KEPT else ()
    return (("Content-Security-Policy", policy), *hidden)
