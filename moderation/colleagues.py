"""The people who moderate: inviting them, their roles, letting go and letting in again. For admins."""

import logging
import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from urllib.parse import quote

from flask import Response, abort
from sqlalchemy import Connection

from aggregator.errors import LastAdmin, UnknownPerson
from aggregator.store import people
from aggregator.store.people import Account, Invite
from moderation import invitations, names
from moderation.drawing import at, draw, go
from moderation.invitations import Made
from moderation.problems import problem
from moderation.routes import Asked, Desk, Person, Role, Route

DONE = frozenset({"role", "out", "in", "withdrawn"})

log = logging.getLogger(__name__)


def colleagues(desk: Desk, asked: Asked) -> Response:
    """Show everybody, and the invitations that nobody has used yet."""
    done = asked.query.get("done", "")
    return _screen(desk, asked, done=done if done in DONE else "")


def invite(desk: Desk, asked: Asked) -> Response:
    """Make a link for somebody new. It is in this answer, and nowhere else ever again."""
    role, email = asked.form.get("role", ""), asked.form.get("email", "").strip()
    if role not in _roles():
        return _screen(desk, asked, 422, wrong={"role": desk.say("people-role-missing")}, email=email)
    if email and not names.is_email(email):
        return _screen(desk, asked, 422, wrong={"email": desk.say("people-email-odd")}, email=email)
    made = invitations.invite(
        desk.writer,
        desk.settings.public_url,
        role=role,
        email=email,
        made_by=_admin(asked).name,
        now=desk.now(),
    )
    log.info("person %s invited a new %s", _admin(asked).id, role)
    return _link_screen(desk, asked, made, role=role, email=email)


def withdraw(desk: Desk, asked: Asked) -> Response:
    """Let an invitation that nobody used work no longer."""
    with desk.writer.begin() as connection:
        people.withdraw_invite(connection, asked.form.get("invite", ""))
    return go("people", done="withdrawn")


def change_role(desk: Desk, asked: Asked) -> Response:
    """Give a colleague another role; it ends their sessions."""
    role = asked.form.get("role", "")
    if role not in _roles():
        return _screen(desk, asked, 422, wrong={"role": desk.say("people-role-missing")})
    return _change(
        desk, asked, lambda connection, number: people.set_role(connection, number, role), "role"
    )


def let_go(desk: Desk, asked: Asked) -> Response:
    """Let somebody no longer sign in; their decisions stay, with their name."""
    return _change(desk, asked, partial(people.set_active, is_active=False), "out")


def let_in(desk: Desk, asked: Asked) -> Response:
    """Let somebody sign in again, with the password they had."""
    return _change(desk, asked, partial(people.set_active, is_active=True), "in")


def reset(desk: Desk, asked: Asked) -> Response:
    """Make a link with which a colleague sets a new password."""
    try:
        with desk.reader.connect() as connection:
            account = _known(connection, asked)
        made = invitations.reset(
            desk.writer,
            desk.settings.public_url,
            name=account.name,
            made_by=_admin(asked).name,
            now=desk.now(),
        )
    except UnknownPerson:  # let go meanwhile
        return problem(desk, asked, 409, "stale-person", name=account.name)
    log.info("person %s made a link for a new password of person %s", _admin(asked).id, account.id)
    return _link_screen(desk, asked, made, name=account.name)


def _change(desk: Desk, asked: Asked, act: Callable[[Connection, int], object], done: str) -> Response:
    """Change something about a colleague, unless that is oneself, or they are not as the list showed."""
    try:
        with desk.writer.begin() as connection:
            account = _known(connection, asked)
            if account.id == _admin(asked).id:
                return problem(desk, asked, 409, "yourself")
            if asked.form.get("was") != _as_shown(account):
                return problem(desk, asked, 409, "stale-person", name=account.name)
            act(connection, account.id)
    except LastAdmin:
        return problem(desk, asked, 409, "last-admin")
    log.info("person %s changed person %s: %s", _admin(asked).id, account.id, done)
    return go("people", done=done)


def _known(connection: Connection, asked: Asked) -> Account:
    number = asked.names["person"]
    if not re.fullmatch("[0-9]{1,9}", number):
        abort(404)
    try:
        return people.by_id(connection, int(number))
    except UnknownPerson:
        abort(404)


def _as_shown(account: Account) -> str:
    """Give what a form says about the person it was made for."""
    return f"{account.role} {'in' if account.is_active else 'out'}"


def _screen(
    desk: Desk,
    asked: Asked,
    status: int = 200,
    *,
    done: str = "",
    wrong: dict[str, str] | None = None,
    email: str = "",
) -> Response:
    with desk.reader.connect() as connection:
        everybody = people.everybody(connection)
        seen = people.last_seen(connection)
        waiting = people.waiting_invites(connection, desk.now())
    by_id = {one.id: one for one in everybody}
    return draw(
        desk,
        asked,
        "people.html",
        status,
        active="people",
        done=done,
        wrong=wrong or {},
        email=email[: names.LONGEST_EMAIL],
        roles=_roles(),
        people=[_row(desk, asked, one, seen) for one in everybody],
        invites=[_invite_row(desk, one, by_id) for one in waiting],
    )


def _row(desk: Desk, asked: Asked, one: Account, seen: dict[int, datetime]) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "email": one.email,
        "role": one.role,
        "is_active": one.is_active,
        "is_oneself": one.id == _admin(asked).id,
        "was": _as_shown(one),
        "since": at(desk, one.created_at),
        "seen": at(desk, seen[one.id]) if one.id in seen else None,
    }


def _invite_row(desk: Desk, one: Invite, by_id: dict[int, Account]) -> dict[str, object]:
    owner = by_id.get(one.person_id) if one.person_id is not None else None
    return {
        "digest": one.digest,
        "role": one.role,
        "email": one.email,
        "for_whom": owner.name if owner else "",
        "is_from_shell": one.made_by in (invitations.FIRST_START, invitations.SHELL),
        "made_by": one.made_by,
        "until": at(desk, one.expires_at),
    }


def _link_screen(
    desk: Desk, asked: Asked, made: Made, *, name: str = "", role: str = "", email: str = ""
) -> Response:
    """Show a link once. The letter is one's own to send: nothing leaves from here."""
    until = at(desk, made.expires_at)
    text = desk.say("people-letter", link=made.url, until=until.words)
    subject = desk.say("people-letter-subject", campaign=desk.settings.campaigns[0].name)
    letter = f"mailto:{quote(email, safe='@')}?subject={quote(subject)}&body={quote(text)}"
    answer = draw(
        desk, asked, "people-link.html", url=made.url, until=until, name=name, role=role, letter=letter
    )
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def _roles() -> list[str]:
    return [role.word for role in Role]


def _admin(asked: Asked) -> Person:
    if asked.person is None:
        raise RuntimeError("this row has a role: somebody is signed in")
    return asked.person


ROUTES: tuple[Route, ...] = (
    Route("/people", "people", colleagues, role=Role.ADMIN),
    Route("/people/invite", "people-invite", invite, role=Role.ADMIN, method="POST"),
    Route("/people/withdraw", "people-withdraw", withdraw, role=Role.ADMIN, method="POST"),
    Route("/people/<person>/role", "people-role", change_role, role=Role.ADMIN, method="POST"),
    Route("/people/<person>/out", "people-out", let_go, role=Role.ADMIN, method="POST"),
    Route("/people/<person>/in", "people-in", let_in, role=Role.ADMIN, method="POST"),
    Route("/people/<person>/reset", "people-reset", reset, role=Role.ADMIN, method="POST"),
)
