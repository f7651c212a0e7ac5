"""Coming in and going out: signing in, the links that work once, signing out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Response, current_app
from werkzeug.exceptions import HTTPException

from aggregator.errors import LinkSpent, NameTaken
from aggregator.store import people
from aggregator.store.people import Account
from moderation import auth, cookies, invitations, names, passwords, sessions
from moderation.drawing import HOME, at, draw, go, go_to, link
from moderation.routes import Asked, Desk, Role, Route

_MOST_OF_NEXT = 2000


def sign_in_first(path: str) -> Response:
    """Send somebody to the sign-in screen, which sends them back to where they wanted to go."""
    return go("sign-in") if path == HOME else go("sign-in", next=path)


def sign_in(desk: Desk, asked: Asked) -> Response:
    """Ask for name and password, or say how the first person comes in."""
    if asked.person:
        return go_to(HOME)
    with desk.reader.connect() as connection:
        is_empty = people.is_empty(connection)
    return _sign_in_screen(
        desk, asked, wanted=asked.query.get("next", ""), is_empty=is_empty, is_out="out" in asked.query
    )


def try_to_sign_in(desk: Desk, asked: Asked) -> Response:
    """Sign somebody in, or say one sentence that tells nothing about who has an account."""
    name, wanted = asked.form.get("name", ""), asked.form.get("next", "")
    tried = auth.sign_in(
        desk,
        name,
        asked.form.get("password", ""),
        network=asked.network,
        browser=asked.browser,
        instead_of=asked.session,
    )
    if tried.token:
        return _entered(desk, tried.token, way_back(wanted))
    if tried.waits_until is None:
        return _sign_in_screen(
            desk, asked, 403, name=name, wanted=wanted, problem=desk.say("sign-in-wrong")
        )
    answer = _sign_in_screen(
        desk, asked, 429, name=name, wanted=wanted, problem=wait(desk, tried.waits_until)
    )
    answer.headers["Retry-After"] = str(ceil((tried.waits_until - desk.now()).total_seconds()))
    return answer


def wait(desk: Desk, until: datetime) -> str:
    """Say until when no further password is looked at."""
    minutes = max(1, ceil((until - desk.now()) / timedelta(minutes=1)))
    return desk.say("sign-in-wait", until=at(desk, until).words, minutes=str(minutes))


def sign_out(desk: Desk, asked: Asked) -> Response:
    """End this session, here and in the store."""
    assert asked.person  # the row has a role
    with desk.writer.begin() as connection:
        people.close(connection, asked.person.id, asked.session)
    answer = go("sign-in", out=1)
    cookies.take_back(answer, desk.settings)
    return answer


def welcome(desk: Desk, asked: Asked) -> Response:
    """Show what a link is for. Nothing changes: mail scanners follow links."""
    try:
        found, owner = invitations.look(desk.reader, asked.names["token"], desk.now())
    except LinkSpent:
        return _private(draw(desk, asked, "welcome-spent.html", 410))
    return _welcome_screen(desk, asked, found.role, owner)


def join(desk: Desk, asked: Asked) -> Response:
    """Use a link: somebody new joins, or somebody has a new password; either is signed in."""
    token = asked.names["token"]
    try:
        found, owner = invitations.look(desk.reader, token, desk.now())
        name = owner.name if owner else names.settle(asked.form.get("name", ""))
        if wrong := _mistakes(desk, asked, name):
            return _welcome_screen(desk, asked, found.role, owner, wrong, name)
        stored = passwords.hashed(asked.form["password"])
        account = invitations.accept(desk.writer, token, name=name, password=stored, now=desk.now())
    except LinkSpent:
        return _private(draw(desk, asked, "welcome-spent.html", 410))
    except NameTaken:
        return _welcome_screen(desk, asked, found.role, owner, {"name": "name-taken"}, name)
    opened = sessions.open_for(
        desk.writer, account.id, asked.browser, desk.now(), instead_of=asked.session
    )
    return _entered(desk, opened, HOME)


def own_words(desk: Desk, name: str) -> Sequence[str]:
    """Give what a stranger would try first as this person's password."""
    campaigns = desk.settings.campaigns
    of_campaigns = [(one.name, one.slug, *one.hashtags) for one in campaigns]
    host = urlsplit(desk.settings.public_url).hostname or ""
    return (name, host, *(word for words in of_campaigns for word in words))


def new_password_mistake(desk: Desk, asked: Asked, name: str) -> str:
    """Give the key of the sentence about a new password typed twice; "" when it will do."""
    password = asked.form.get("password", "")
    if refused := passwords.refusal(password, own_words(desk, name)):
        return refused
    return "" if password == asked.form.get("again", "") else "password-again"


def way_back(wanted: str) -> str:
    """Give where to go after signing in: a screen of ours, by an address built anew; else the first."""
    if not wanted.startswith(HOME) or len(wanted) > _MOST_OF_NEXT:
        return HOME
    try:
        parts = urlsplit(wanted)
        found, values = current_app.url_map.bind("").match(parts.path, "GET")
    except (HTTPException, ValueError):
        return HOME
    row: Route | None = current_app.extensions["rows"].get(found)
    if row is None or row.role is None:
        return HOME
    query = urlencode(parse_qsl(parts.query))
    return link(found, **values) + (f"?{query}" if query else "")


def _mistakes(desk: Desk, asked: Asked, name: str) -> dict[str, str]:
    """Give the key of a sentence for each field that will not do."""
    found = {"name": names.refusal(name), "password": new_password_mistake(desk, asked, name)}
    return {field: key for field, key in found.items() if key}


def _entered(desk: Desk, token: str, path: str) -> Response:
    answer = go_to(path)
    cookies.give(answer, desk.settings, token)
    return _private(answer)


def _sign_in_screen(
    desk: Desk,
    asked: Asked,
    status: int = 200,
    *,
    name: str = "",
    wanted: str = "",
    problem: str = "",
    is_empty: bool = False,
    is_out: bool = False,
) -> Response:
    return draw(
        desk,
        asked,
        "sign-in.html",
        status,
        name=name[: names.LONGEST_EMAIL],
        wanted=wanted,
        problem=problem,
        is_empty=is_empty,
        is_out=is_out,
    )


def _welcome_screen(
    desk: Desk,
    asked: Asked,
    role: str,
    owner: Account | None,
    wrong: dict[str, str] | None = None,
    name: str = "",
) -> Response:
    limits = {"shortest": str(passwords.SHORTEST), "longest": str(passwords.LONGEST)}
    said = {field: desk.say(key, **limits) for field, key in (wrong or {}).items()}
    return _private(
        draw(
            desk,
            asked,
            "welcome.html",
            422 if wrong else 200,
            role=role,
            owner=owner,
            wrong=said,
            name=name[: names.LONGEST],
            shortest=limits["shortest"],
        )
    )


def _private(answer: Response) -> Response:
    """Let the browser tell nobody, not even us, what this address was: it holds a token."""
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


ROUTES: tuple[Route, ...] = (
    Route("/sign-in", "sign-in", sign_in, role=None),
    Route("/sign-in", "sign-in-try", try_to_sign_in, role=None, method="POST"),
    Route("/sign-out", "sign-out", sign_out, role=Role.VIEWER, method="POST"),
    Route("/welcome/<token>", "welcome", welcome, role=None),
    Route("/welcome/<token>", "welcome-join", join, role=None, method="POST"),
)
