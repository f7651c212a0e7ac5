"""The public web application: every public address, and nothing private.

It sets no cookie, reads no session, trusts no Host or X-Forwarded header, and changes nothing.
"""

import logging
import re
import time
from collections.abc import Callable
from datetime import datetime

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from aggregator.settings import Settings
from feeds import check_page, oembed, scripts
from feeds.addresses import PATTERNS, PICTURES_AT, Address, parse, path_of, settle
from feeds.api.problems import DESCRIBED_AT
from feeds.api.serving import Api
from feeds.api.serving import Request as Asked
from feeds.cache import UNREACHABLE, Pages
from feeds.checking import Errands
from feeds.copies import Copies
from feeds.discovery import OEMBED_AT
from feeds.highlights import mail_pages
from feeds.highlights.mail_pages import Subscribers
from feeds.i18n import words
from feeds.notices import notice
from feeds.page import FOR_READERS, NOT_KEPT, framed, unframed
from feeds.public import Public, reply
from feeds.robots import ROBOTS
from feeds.scripts import SCRIPTS_AT
from feeds.select import Door

# The API says in its own form that it can only be read.
EVERY_METHOD = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_CODE = re.compile(r"[a-z0-9-]{1,40}")
_PLAIN = (("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff"))

log = logging.getLogger(__name__)


def create_app(
    settings: Settings,
    door: Door,
    now: Callable[[], datetime],
    tick: Callable[[], float] = time.monotonic,
    errands: Errands | None = None,
    subscribers: Subscribers | None = None,
) -> Flask:
    """Put the public side together.

    Args:
        errands: where a visitor's wish to have a page checked goes; None: nobody works on such wishes.
        subscribers: who gets the weekly mail; None: nobody can subscribe here.
        now: gives aware UTC.
        tick: a clock that never jumps, in seconds: it paces the looks at the published version.
    """
    pages = Pages(settings, door, now, tick)
    app = Flask("feeds", static_folder=None, template_folder=None)
    app.url_map.merge_slashes = False  # its redirect would repeat the Host header
    app.extensions["pages"] = pages
    copies = Copies(settings, door)
    _add_pages(app, pages)
    _add_pictures(app, settings, copies)
    _add_scripts(app, settings)
    _add_oembed(app, settings, door)
    check_page.add_to(app, settings, errands, now)
    mail_pages.add_to(app, settings, subscribers, now)
    _add_api(app, Api(settings, door, pages, now, tick))
    _add_operations(app, door)
    _add_errors(app, settings)
    app.wsgi_app = Public(app.wsgi_app, pages, copies)  # type: ignore[method-assign] # the place Flask documents
    return app


def _add_pages(app: Flask, pages: Pages) -> None:
    def public_page(**_names: str) -> Response:
        address = parse(request.path)
        page = pages.page(address) if address else None
        return (
            _answer(*reply(page, request.method, _if_none_match()))
            if page
            else _notice(pages.settings, 404)
        )

    def to_hub(campaign: str) -> Response:
        if pages.settings.campaign(campaign) is None:
            return _notice(pages.settings, 404)
        return _moved(f"{pages.settings.public_url}/{campaign}/")

    def to_archive(campaign: str) -> Response:
        if pages.settings.campaign(campaign) is None:
            return _notice(pages.settings, 404)
        return _moved(pages.settings.public_url + path_of(Address("highlights", campaign)))

    for kind, pattern in PATTERNS.items():
        rule = pattern.replace("{", "<").replace("}", ">")
        _add(app, rule, kind, public_page)
        if "<campaign>" in rule:
            # Without strict slashes: the redirect of strict ones would repeat the Host header.
            in_language = rule.replace("<campaign>", "<campaign>/<language>")
            _add(app, in_language, kind, public_page, strict_slashes=False)
    _add(app, "/<campaign>", "to-hub", to_hub)
    _add(app, "/<campaign>/highlights", "to-archive", to_archive)


def _add_pictures(app: Flask, settings: Settings, copies: Copies) -> None:
    def picture(**_names: str) -> Response:
        page = copies.at(request.path)
        return (
            _answer(*reply(page, request.method, _if_none_match())) if page else _notice(settings, 404)
        )

    _add(app, f"{PICTURES_AT}/<name>", "picture", picture)


def _add_oembed(app: Flask, settings: Settings, door: Door) -> None:
    def of_an_address() -> Response:
        page = oembed.answer(settings, door, request.args)
        return _answer(*reply(page, request.method, _if_none_match()))

    _add(app, OEMBED_AT, "oembed", of_an_address)


def _add_scripts(app: Flask, settings: Settings) -> None:
    def script(**_names: str) -> Response:
        page = scripts.at(request.path)
        return (
            _answer(*reply(page, request.method, _if_none_match())) if page else _notice(settings, 404)
        )

    _add(app, f"{SCRIPTS_AT}/<name>", "script", script)


def _add_api(app: Flask, api: Api) -> None:
    def answer(**_names: str) -> Response:
        query, peer = request.query_string.decode("utf-8", "replace"), request.remote_addr or ""
        asked = Asked(request.method, request.path, query, _if_none_match(), peer)
        return _answer(*api.answer(asked))

    for rule in (DESCRIBED_AT, "/<campaign>/api/<path:rest>"):
        app.add_url_rule(rule, rule, answer, methods=EVERY_METHOD, provide_automatic_options=False)


def _add_operations(app: Flask, door: Door) -> None:
    def robots() -> Response:
        return _plain(200, ROBOTS, FOR_READERS)

    def healthz() -> Response:
        return _plain(200, "ok\n", NOT_KEPT)

    def readyz() -> Response:
        codes = _problems(door)
        return _plain(503 if codes else 200, "\n".join(codes or ["ready"]) + "\n", NOT_KEPT)

    _add(app, "/robots.txt", "robots", robots)
    _add(app, "/healthz", "healthz", healthz)
    _add(app, "/readyz", "readyz", readyz)


def _add_errors(app: Flask, settings: Settings) -> None:
    def known(error: HTTPException) -> Response:
        answer = _notice(settings, error.code or 500)
        if error.code == 405:
            allowed = getattr(error, "valid_methods", None) or ("GET", "HEAD")
            answer.headers["Allow"] = ", ".join(sorted(allowed))
        return answer

    def unreachable(error: Exception) -> Response:
        log.error("the store cannot be read: %r", error)
        return _notice(settings, 503)

    def unexpected(error: Exception) -> Response:
        # %r, because a path may hold a line break: a request writes no line of our log.
        log.error("unexpected while answering %r", request.path, exc_info=error)
        return _notice(settings, 500)

    app.register_error_handler(HTTPException, known)
    for kind in UNREACHABLE:
        app.register_error_handler(kind, unreachable)
    app.register_error_handler(Exception, unexpected)


def _add(
    app: Flask, rule: str, name: str, view: Callable[..., Response], *, strict_slashes: bool = True
) -> None:
    app.add_url_rule(
        rule,
        name,
        view,
        methods=["GET", "HEAD"],
        provide_automatic_options=False,
        strict_slashes=strict_slashes,
    )


def _notice(settings: Settings, status: int) -> Response:
    """Say what is wrong, in the campaign's words where the path names one, and frameable in a frame."""
    address = parse(request.path) or Address("campaigns")
    only = settings.campaigns[0] if len(settings.campaigns) == 1 else None
    campaign = settings.campaign(address.campaign) or only
    settled = settle(settings, address)
    language = settled.language if settled else ""
    say = words(language or (campaign or settings.campaigns[0]).languages[0])
    headers_of = framed if address.kind in ("frame", "kiosk", "post-frame") else unframed
    page = notice(status, settings.public_url, campaign, say, headers_of, language)
    return _answer(*reply(page, request.method, ""))


def _problems(door: Door) -> list[str]:
    """Give codes and nothing else: who asks is not known."""
    try:
        problems = door.problems()
    except UNREACHABLE:
        return ["store"]
    return [problem if _CODE.fullmatch(problem) else "other" for problem in problems]


def _if_none_match() -> str:
    return request.headers.get("If-None-Match", "")


def _moved(to: str) -> Response:
    headers = [("Location", to), ("Cache-Control", FOR_READERS), *_PLAIN]
    return _answer("308 Permanent Redirect", headers, b"")


def _plain(status: int, text: str, kept: str) -> Response:
    return _answer(str(status), [("Cache-Control", kept), *_PLAIN], text.encode())


def _answer(status: str, headers: list[tuple[str, str]], body: bytes) -> Response:
    answer = Response(body, status=status)
    del answer.headers["Content-Type"]
    for name, value in headers:
        answer.headers[name] = value
    return answer
