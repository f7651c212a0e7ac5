"""The moderation application: every row of every screen, behind the same walls.

A request comes past them in this order: who is it, may they, did they mean it (an unsafe method needs
the token of their own forms), and only then the screen. What is not a row does not exist.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from flask import Flask, Response, g, request
from sqlalchemy.exc import StatementError
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from aggregator.errors import StoreBusy, UnknownItem
from feeds.cache import UNREACHABLE
from feeds.networks import asking_network
from moderation import (
    account,
    appearances,
    colleagues,
    cookies,
    deciding,
    entrance,
    issue_approving,
    issue_edit,
    issue_preview,
    issue_sending,
    issues,
    item,
    preview,
    queue,
    sessions,
    sources,
    static,
    steps,
    subscriber_lists,
    subscribers,
    walls,
)
from moderation.auth import Visitor, visitor
from moderation.drawing import HOME, go_to
from moderation.problems import problem
from moderation.routes import Asked, Desk, Route

PREFIX = "/moderate"
MOST_BYTES = 64 * 1024
"""The longest form is a note and a few hundred check boxes."""
MOST_PARTS = 1000
LONGEST_VALUE = 10_000

ROUTES: tuple[Route, ...] = (
    *entrance.ROUTES,
    *account.ROUTES,
    *colleagues.ROUTES,
    *steps.ROUTES,
    *queue.ROUTES,
    *deciding.ROUTES,
    *item.ROUTES,
    *preview.ROUTES,
    *sources.ROUTES,
    *appearances.ROUTES,
    *issues.ROUTES,
    *issue_edit.ROUTES,
    *issue_approving.ROUTES,
    *issue_preview.ROUTES,
    *issue_sending.ROUTES,
    *subscribers.ROUTES,
    *subscriber_lists.ROUTES,
    *static.ROUTES,
)
"""Every row there is; a test asks each of them as everybody."""

log = logging.getLogger(__name__)


def create_app(desk: Desk, routes: Sequence[Route] = ROUTES) -> Flask:
    """Put the moderation side together. It stands beside the public one, under /moderate."""
    app = Flask("moderation", static_folder=None, template_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=MOST_BYTES, MAX_FORM_MEMORY_SIZE=MOST_BYTES, MAX_FORM_PARTS=MOST_PARTS
    )
    app.url_map.merge_slashes = False  # its redirect would repeat the Host header
    app.add_url_rule(
        PREFIX,
        "to-home",
        lambda: go_to(HOME),
        methods=["GET"],
        provide_automatic_options=False,
    )
    for route in routes:
        _add(app, desk, route)
    app.extensions["rows"] = {route.name: route for route in routes}
    _add_errors(app, desk)
    app.after_request(_with_headers)
    return app


def _add(app: Flask, desk: Desk, route: Route) -> None:
    if route.rule != "/" and route.rule.endswith("/"):
        raise ValueError(f"{route.name}: the router would redirect to {route.rule}, by the Host header")
    app.add_url_rule(
        PREFIX + route.rule,
        route.name,
        _behind_walls(desk, route),
        methods=[route.method],
        provide_automatic_options=False,
    )


def _behind_walls(desk: Desk, route: Route) -> Callable[..., Response]:
    def view(**names: str) -> Response:
        who = _visitor(desk)
        _let_more_in(route, who)
        asked = replace(_asked(desk, who), names=names)
        refused = _may_not(desk, route, asked) or _did_not_mean_it(desk, route, who, asked)
        if refused:
            return refused
        answer = route.show(desk, asked)
        _acquaint(desk, route, who, answer)
        return answer

    return view


def _let_more_in(route: Route, who: Visitor) -> None:
    """Read a longer form where a row takes one, from somebody who may send it and from nobody else."""
    if route.most_bytes and route.role and who.person and who.person.role >= route.role:
        request.max_content_length = route.most_bytes
        request.max_form_memory_size = route.most_bytes


def _may_not(desk: Desk, route: Route, asked: Asked) -> Response | None:
    """Refuse whoever has less than the row's role."""
    if route.role is None or (asked.person and asked.person.role >= route.role):
        return None
    if asked.person:
        return problem(desk, asked, 403, "role", needed=desk.say(f"role-{route.role.word}"))
    if route.method == "GET" and not asked.wants_part:
        return entrance.sign_in_first(request.full_path.removesuffix("?"))
    return problem(desk, asked, 403, "signed-out")


def _did_not_mean_it(desk: Desk, route: Route, who: Visitor, asked: Asked) -> Response | None:
    """Refuse a change that did not come from a form of ours, in this very browser."""
    if route.method == "GET":
        return None
    if not walls.comes_from_us(request.headers, desk.settings.public_url):
        return problem(desk, asked, 403, "elsewhere")
    if who.is_new:
        return problem(desk, asked, 403, "no-cookie", public=desk.settings.public_url)
    given = request.form.get("csrf", "") or request.headers.get("X-Csrf", "")
    if not walls.is_token_right(given, asked.csrf):
        return problem(desk, asked, 403, "old-form")
    return None


def _acquaint(desk: Desk, route: Route, who: Visitor, answer: Response) -> None:
    """Let a new browser hold what the forms for signed-out people are tied to.

    An answer that may be kept, such as a stylesheet, carries no cookie: a cache would hand it on.
    """
    may_be_kept = "Cache-Control" in answer.headers
    if who.is_new and route.role is None and not may_be_kept:
        cookies.give(answer, desk.settings, who.token)


def _visitor(desk: Desk) -> Visitor:
    """Say who asks; the same again within one request."""
    if "visitor" not in g:
        found = visitor(desk, cookies.taken(request, desk.settings))
        g.visitor = found if found.token else Visitor(sessions.new_token(), is_new=True)
    known: Visitor = g.visitor
    return known


def _asked(desk: Desk, who: Visitor) -> Asked:
    """Give the request as screens see it, without its body for methods that have none.

    Raises:
        RequestEntityTooLarge: too many bytes, too many fields, or too long a value.
    """
    form = request.form.to_dict(flat=False) if request.method == "POST" else {}
    query = request.args.to_dict(flat=False)
    if any(
        len(value) > LONGEST_VALUE for values in (*form.values(), *query.values()) for value in values
    ):
        raise RequestEntityTooLarge
    return replace(
        _nameless(desk, who),
        query=_first(query),
        form=_first(form),
        several={name: tuple(values) for name, values in form.items()},
        files={name: file.read() for name, file in _files().items()},
    )


def _files() -> Mapping[str, FileStorage]:
    return request.files if request.method == "POST" else {}


def _nameless(desk: Desk, who: Visitor) -> Asked:
    """Give what is known of a request without looking at what it brings."""
    public_url = desk.settings.public_url
    return Asked(
        person=who.person,
        names={},
        query={},
        form={},
        several={},
        wants_part=request.headers.get("X-Part") == "1",
        csrf=sessions.csrf_of(who.token),
        session=who.session.digest if who.session else "",
        warnings=walls.warnings(request.headers, public_url, desk.say),
        network=asking_network(request.remote_addr or "", request.headers, public_url),
        browser=sessions.browser_of(request.headers.get("User-Agent", "")),
    )


def _first(values: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: found[0] for name, found in values.items()}


def _add_errors(app: Flask, desk: Desk) -> None:
    def known(error: HTTPException) -> Response:
        status = (
            error.code if error.code in (404, 405, 413) else 400 if (error.code or 500) < 500 else 500
        )
        answer = problem(desk, _asked_in_trouble(desk), status, str(status))
        if status == 405 and error.get_response().headers.get("Allow"):
            answer.headers["Allow"] = error.get_response().headers["Allow"]
        return answer

    def unknown_item(_error: UnknownItem) -> Response:
        return problem(desk, _asked_in_trouble(desk), 404, "404")

    def unreachable(error: Exception) -> Response:
        log.error("the store cannot be used for %s: %r", request.endpoint, _without_values(error))
        answer = problem(desk, _asked_in_trouble(desk), 503, "503")
        answer.headers["Retry-After"] = "10"
        return answer

    def unexpected(error: Exception) -> Response:
        # The row's name and not the path: a path can hold the token of a link.
        log.error("unexpected at %s", request.endpoint, exc_info=_without_values(error))
        return problem(desk, _asked_in_trouble(desk), 500, "500")

    app.register_error_handler(HTTPException, known)
    app.register_error_handler(UnknownItem, unknown_item)
    for kind in (*UNREACHABLE, StoreBusy):
        app.register_error_handler(kind, unreachable)
    app.register_error_handler(Exception, unexpected)


def _asked_in_trouble(desk: Desk) -> Asked:
    """Give what an error page needs, also when the store cannot say who asks."""
    if "visitor" not in g:
        try:
            _visitor(desk)
        except Exception:  # noqa: BLE001 - the page says what is wrong; this is only for its navigation
            g.visitor = Visitor(sessions.new_token(), is_new=True)
    return _nameless(desk, g.visitor)


def _without_values(error: Exception) -> Exception:
    """Let a database's complaint not repeat what was to be written: digests, names, mail addresses."""
    if isinstance(error, StatementError):
        error.hide_parameters = True
    return error


def _with_headers(answer: Response) -> Response:
    for name, value in walls.HEADERS.items():
        answer.headers.setdefault(name, value)
    return answer
