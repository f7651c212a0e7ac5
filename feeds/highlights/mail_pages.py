"""What happens at the addresses of the weekly mail: forms are taken, and only a form changes anything.

The web half writes through what it is handed in. Whoever holds the key in the links of a mail acts for
its reader: nothing else is asked, so that leaving takes one click, also for a mail program alone.
"""

import hmac
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from flask import Flask, Response, request

from aggregator import mail_address
from aggregator.settings import Settings
from aggregator.store.subscribers import Subscriber
from feeds.addresses import MAIL_FORMS, Address, MailForm, settle
from feeds.cache import UNREACHABLE
from feeds.checking import comes_from_us
from feeds.highlights import subscribing
from feeds.highlights.bounces import Returned, read_hook
from feeds.highlights.subscribing import PAUSE_WEEKS, Asked, Letters
from feeds.highlights.zones import known_zones
from feeds.i18n import words
from feeds.networks import asking_network
from feeds.notices import notice
from feeds.page import NOT_KEPT, Page
from feeds.public import reply

MOST_FORM_BYTES = 8 * 1024
MOST_HOOK_BYTES = 256 * 1024
ONE_CLICK, ON_THE_PAGE = "one-click", "page"
"""How somebody left: by their mail program (RFC 8058), or by the button on our page."""

log = logging.getLogger(__name__)


class Subscribers(Protocol):
    """Who gets the mail, bound to the store in `engaged/`.

    Every method may raise StoreError or SQLAlchemyError when the store cannot be asked.
    """

    def ask(self, slug: str, address: str, language: str, network: str, now: datetime) -> None:
        """Write down that somebody wants the mail; a mail to confirm is sent within the limits.

        The same is done whoever is meant: the time it takes must not say who gets the mail.
        """

    def may_confirm(self, slug: str, token: str, now: datetime) -> bool:
        """Say whether a token still confirms. Nothing changes."""

    def confirm(self, slug: str, token: str, now: datetime) -> Subscriber | None:
        """Confirm, once; None: the token is of no use any more."""

    def of_key(self, slug: str, key: str) -> Subscriber | None:
        """Give whose links have this key; None: nobody's of this campaign."""

    def prefer(
        self, slug: str, key: str, language: str, zone: str, paused_until: datetime | None
    ) -> Subscriber | None:
        """Write somebody's wishes down; None: nobody's who gets the mail."""

    def unsubscribe(self, slug: str, key: str, cause: str, now: datetime) -> Subscriber | None:
        """Send somebody nothing more; None: the key is nobody's of this campaign."""

    def returned(self, slug: str, report: Returned, now: datetime) -> None:
        """Note that a mail came back, or that somebody complained."""


class MailPages:
    """Takes forms and answers them. `subscribers` is None where nobody can subscribe: in a preview."""

    def __init__(
        self, settings: Settings, subscribers: Subscribers | None, now: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._subscribers = subscribers if settings.mail.is_ready else None
        self._leaving = subscribers  # who stops sending must still let people go
        self._now = now

    def look(self, letters: Letters, form: MailForm) -> Page:
        """Give a page as it stands. Nothing changes, whoever looks and however often."""
        try:
            return self._looked(letters, form)
        except UNREACHABLE as error:
            return self._not_now(letters, error)

    def act(self, letters: Letters, form: MailForm, network: str, *, is_ours: bool) -> Page | str:
        """Take a form, and give the page that answers it, or the path where the answer stands."""
        try:
            return self._acted(letters, form, network, is_ours=is_ours)
        except UNREACHABLE as error:
            return self._not_now(letters, error)

    def _not_now(self, letters: Letters, error: Exception) -> Page:
        log.error("a form of the weekly mail could not be taken: %r", error)
        return subscribing.not_now(letters)

    def _looked(self, letters: Letters, form: MailForm) -> Page:
        slug, key, known = letters.campaign.slug, letters.key, self._leaving
        match form:
            case "subscribe":
                return subscribing.subscribe(letters, "asking" if self._subscribers else "not-here")
            case "confirm":
                is_open = known is not None and known.may_confirm(slug, key, self._now())
                return subscribing.confirm(letters, is_open=is_open)
            case "preferences":
                found = known.of_key(slug, key) if known else None
                return subscribing.preferences(letters, found, self._now())
            case "unsubscribe":
                found = known.of_key(slug, key) if known else None
                return subscribing.unsubscribe(letters, found, self._now())

    def _acted(self, letters: Letters, form: MailForm, network: str, *, is_ours: bool) -> Page | str:
        slug, known = letters.campaign.slug, self._leaving
        if form == "subscribe":
            return self._subscribe(letters, network, is_ours=is_ours)
        if form == "confirm":
            done = known.confirm(slug, letters.key, self._now()) if known else None
            if done is None:
                return subscribing.confirm(letters, is_open=False)
            return replace(letters, key=done.key).path("preferences")
        if form == "preferences":
            return self._prefer(letters)
        is_by_program = request.form.get("List-Unsubscribe") == "One-Click"
        cause = ONE_CLICK if is_by_program else ON_THE_PAGE
        found = known.unsubscribe(slug, letters.key, cause, self._now()) if known else None
        return subscribing.unsubscribe(letters, found, self._now())

    def _subscribe(self, letters: Letters, network: str, *, is_ours: bool) -> Page:
        asked = Asked(request.form.get("address", "")[:500], request.form.get("language", "")[:35])
        if not is_ours:
            return subscribing.subscribe(letters, asked=asked, mistake="elsewhere")
        if self._subscribers is None:
            return subscribing.subscribe(letters, "not-here")
        address = mail_address.readable(asked.address)
        if not address:
            return subscribing.subscribe(letters, asked=asked, mistake="no-address")
        campaign = letters.campaign
        chosen = asked.language or letters.language
        language = chosen if chosen in campaign.languages else campaign.languages[0]
        self._subscribers.ask(campaign.slug, address, language, network, self._now())
        return subscribing.subscribe(letters, "asked", Asked(address, language))

    def _prefer(self, letters: Letters) -> Page:
        """Take a choice, a pause or its end. A field that the form lacks stays as it is."""
        slug, key, now = letters.campaign.slug, letters.key, self._now()
        found = self._leaving.of_key(slug, key) if self._leaving else None
        if self._leaving is None or found is None or subscribing.standing_of(found, now) == "left":
            return subscribing.preferences(letters, found, now)
        language, zone = request.form.get("language", ""), request.form.get("zone", "")
        until = {"pause": now + timedelta(weeks=PAUSE_WEEKS), "resume": None}
        changed = self._leaving.prefer(
            slug,
            key,
            language if language in letters.campaign.languages else found.language,
            zone if zone in known_zones() else found.zone,
            until.get(request.form.get("do", ""), found.paused_until),
        )
        return subscribing.preferences(letters, changed, now, is_saved=changed is not None)

    def take_reports(self, slug: str, key: str, body: bytes) -> tuple[int, str]:
        """Take what a mail service tells of returned mails; give a status and a sentence."""
        secret = self._settings.mail.bounce_key
        # As bytes: strings with other letters cannot be compared in constant time.
        is_known = secret != "" and hmac.compare_digest(key.encode(), secret.encode())
        if not is_known or self._leaving is None:
            return 404, "There is nothing here."
        reports = read_hook(body)
        if reports is None:
            return 400, (
                'This is not read. A report is {"type": "bounce" or "complaint", "hard": true or false, '
                '"message_id": "<…>" or "address": "…"}, or a list of such.'
            )
        try:
            for report in reports:
                self._leaving.returned(slug, report, self._now())
        except UNREACHABLE as error:
            log.error("reports of returned mails could not be written: %r", error)
            return 503, "Not now. Please send it again in a minute."
        return 200, "Noted."


def add_to(
    app: Flask, settings: Settings, subscribers: Subscribers | None, now: Callable[[], datetime]
) -> None:
    """Add the addresses of the weekly mail to the public application."""
    pages = MailPages(settings, subscribers, now)

    def answered(form: MailForm, campaign: str, language: str, key: str) -> Response:
        address = settle(settings, Address("hub", campaign, language=language))
        known = settings.campaign(campaign)
        if address is None or known is None:
            return _missing(settings, campaign)
        letters = Letters(settings, known, address.language, key)
        if request.method != "POST":
            return _answer(pages.look(letters, form))
        request.max_content_length = MOST_FORM_BYTES
        network = asking_network(request.remote_addr or "", request.headers, settings.public_url)
        is_ours = comes_from_us(request.headers, settings.public_url)
        done = pages.act(letters, form, network, is_ours=is_ours)
        return _see(done) if isinstance(done, str) else _answer(done)

    for form in MAIL_FORMS:
        _add_form(app, form, answered)

    def bounces(campaign: str, key: str) -> Response:
        if settings.campaign(campaign) is None:
            return _plain(404, "There is nothing here.")
        request.max_content_length = MOST_HOOK_BYTES
        return _plain(*pages.take_reports(campaign, key, request.get_data()))

    rule = "/<campaign>/bounces/<key>"
    app.add_url_rule(rule, "bounces", bounces, methods=["POST"], provide_automatic_options=False)


Answered = Callable[[MailForm, str, str, str], Response]


def _add_form(app: Flask, form: MailForm, answered: Answered) -> None:
    def view(campaign: str, language: str = "", key: str = "") -> Response:
        return answered(form, campaign, language, key)

    end = form if form == "subscribe" else f"{form}/<key>"
    for rule in (f"/<campaign>/{end}", f"/<campaign>/<language>/{end}"):
        app.add_url_rule(rule, form, view, methods=["GET", "POST"], provide_automatic_options=False)


def _missing(settings: Settings, slug: str) -> Response:
    known = settings.campaign(slug)
    say = words((known or settings.campaigns[0]).languages[0])
    return _answer(notice(404, settings.public_url, known, say))


def _see(path: str) -> Response:
    """Send the browser on to a path that this program built: no Host header gets into it."""
    answer = _plain(303, "")
    answer.headers["Location"] = path
    return answer


def _plain(status: int, words: str) -> Response:
    answer = Response(words, status=status, mimetype="text/plain")
    for name, value in (
        ("Cache-Control", NOT_KEPT),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("X-Robots-Tag", "noindex"),
    ):
        answer.headers[name] = value
    return answer


def _answer(page: Page) -> Response:
    known = "" if request.method == "POST" else request.headers.get("If-None-Match", "")
    line, headers, body = reply(page, request.method, known)
    answer = Response(body, status=line)
    del answer.headers["Content-Type"]
    for name, value in headers:
        answer.headers[name] = value
    return answer
