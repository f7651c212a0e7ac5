"""The pages around checking a library's page: the form, the wait, and what came of it.

They are made for one person and kept by nobody. Who asks is told by network alone, within the hour.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, Response, request

from aggregator.errors import TooManyErrands
from aggregator.settings import Campaign, Settings
from feeds import builder
from feeds.addresses import Address, path_of, settle
from feeds.cache import UNREACHABLE
from feeds.checking import (
    KIND,
    TRIED,
    Errands,
    Patience,
    Told,
    comes_from_us,
    page_address,
    told,
)
from feeds.hub import around
from feeds.i18n import words
from feeds.networks import asking_network
from feeds.notices import notice
from feeds.page import HTML, NOT_KEPT, Page, draw, finished, script, sheet
from feeds.public import reply
from feeds.select import Snapshot
from feeds.texts import host_of

CHECK = "check"
SCRIPT = "static/check.js"
MOST_FORM_BYTES = 8 * 1024


@dataclass(frozen=True, slots=True)
class Asked:
    """One form as it was sent."""

    address: str
    tried: str
    network: str = ""
    is_ours: bool = True


class CheckPages:
    """Asks and shows. `errands` is None where there is no worker to ask, such as in a preview."""

    def __init__(self, settings: Settings, errands: Errands | None, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._errands = errands
        self._now = now
        self._patience = Patience()

    def ask(self, address: Address, asked: Asked) -> Page | str:
        """Give the path at which the answer will stand, or a page that says why nothing was asked."""
        wanted = page_address(asked.address)
        if not asked.is_ours:
            return self._refused(address, asked, 403, "check-elsewhere")
        if not wanted:
            return self._refused(address, asked, 400, "check-no-address")
        if self._errands is None:
            return self._refused(address, asked, 503, "check-not-here")
        now = self._now()
        if not self._patience.may_ask(asked.network, now):
            return self._refused(address, asked, 429, "check-too-often")
        question = {"address": wanted, "tried": asked.tried if asked.tried in TRIED else ""}
        try:
            token = self._errands.ask(address.campaign, KIND, question, now)
        except TooManyErrands:
            return self._refused(address, asked, 429, "check-too-many")
        except UNREACHABLE:
            return self._refused(address, asked, 503, "check-not-here")
        return f"{path_of(address)}/{CHECK}/{token}"

    def show(self, address: Address, token: str) -> Page | None:
        """Give the page about one errand of this campaign; None: there is none (any more)."""
        errand = self._errands.answer_of(token) if self._errands else None
        if errand is None or errand.kind != KIND or errand.campaign != address.campaign:
            return None
        question = errand.question
        asked = Asked(str(question.get("address", "")), str(question.get("tried", "")))
        return self._drawn(address, asked, told(errand, self._now()), 200, "")

    def _refused(self, address: Address, asked: Asked, status: int, why: str) -> Page:
        return self._drawn(address, asked, Told("asking"), status, why)

    def _drawn(self, address: Address, asked: Asked, said: Told, status: int, mistake: str) -> Page:
        campaign = self._settings.campaign(address.campaign)
        assert campaign  # settle gives no address without one
        say = words(address.language or campaign.languages[0])
        snapshot = Snapshot(self._settings.public_url, campaign, notice=self._settings.notice)
        style, code = sheet(*builder.STYLE), script(SCRIPT)
        text = draw(
            "check.html",
            **around(snapshot, campaign, say, address),
            style=style.css,
            script=code.code,
            here="",  # an empty address is the page itself
            told=said,
            host=host_of(asked.address) if not mistake else "",
            address=asked.address[:500],
            chosen=asked.tried,
            mistake=say(mistake) if mistake else "",
            tried=TRIED,
            action=f"{path_of(address)}/{CHECK}",
            line=_line(snapshot, campaign, said, address),
            it=path_of(Address("it", campaign.slug, language=address.language)),
        )
        headers = builder.headers(style, code, self._settings.public_url)
        return finished(status, HTML, text, headers, kept=NOT_KEPT)


def _line(snapshot: Snapshot, campaign: Campaign, said: Told, address: Address) -> str:
    """Give the line of the featured display for the way that is to be tried next."""
    if said.next is None:
        return ""
    say = words(address.language or campaign.languages[0])
    return builder.choices(snapshot, campaign, say, address.language)[0].lines[said.next]


def add_to(app: Flask, settings: Settings, errands: Errands | None, now: Callable[[], datetime]) -> None:
    """Add the three addresses to the public application. They alone take a form."""
    pages = CheckPages(settings, errands, now)

    def ask(campaign: str, language: str = "") -> Response:
        address = settle(settings, Address("embed", campaign, language=language))
        if address is None:
            return _answer(notice(404, settings.public_url, None, words("en")))
        request.max_content_length = MOST_FORM_BYTES
        done = pages.ask(address, _asked(settings))
        return _see(done) if isinstance(done, str) else _answer(done)

    def to_form(campaign: str, language: str = "") -> Response:
        address = settle(settings, Address("embed", campaign, language=language))
        if address is None:
            return _answer(notice(404, settings.public_url, None, words("en")))
        return _see(f"{path_of(address)}#check")

    def show(campaign: str, token: str, language: str = "") -> Response:
        address = settle(settings, Address("embed", campaign, language=language))
        page = pages.show(address, token) if address else None
        known = settings.campaign(campaign)
        own = address.language if address else ""
        say = words(own or (known.languages[0] if known else "en"))
        return _answer(page or notice(404, settings.public_url, known, say, language=own))

    for start in ("/<campaign>", "/<campaign>/<language>"):
        _add(app, f"{start}/embed/{CHECK}", "check-ask", ask, "POST")
        _add(app, f"{start}/embed/{CHECK}", "check-form", to_form, "GET")
        _add(app, f"{start}/embed/{CHECK}/<token>", "check-answer", show, "GET")


def _asked(settings: Settings) -> Asked:
    return Asked(
        address=request.form.get("address", ""),
        tried=request.form.get("tried", ""),
        network=asking_network(request.remote_addr or "", request.headers, settings.public_url),
        is_ours=comes_from_us(request.headers, settings.public_url),
    )


def _add(app: Flask, rule: str, name: str, view: Callable[..., Response], method: str) -> None:
    app.add_url_rule(rule, name, view, methods=[method], provide_automatic_options=False)


def _see(path: str) -> Response:
    """Send the browser on to a path that this program built: no Host header gets into it."""
    answer = Response(status=303)
    del answer.headers["Content-Type"]
    answer.headers["Location"] = path
    for name, value in (
        ("Cache-Control", NOT_KEPT),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
    ):
        answer.headers[name] = value
    return answer


def _answer(page: Page) -> Response:
    line, headers, body = reply(page, request.method, "")
    answer = Response(body, status=line)
    del answer.headers["Content-Type"]
    for name, value in headers:
        answer.headers[name] = value
    return answer
