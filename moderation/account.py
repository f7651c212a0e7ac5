"""One's own account: the password, the browsers one is signed in in, keys on or off."""

from flask import Response

from aggregator.store import people
from aggregator.store.people import Account, SignedIn
from moderation import auth, cookies, passwords, sessions
from moderation.drawing import at, draw, go
from moderation.entrance import new_password_mistake, wait
from moderation.routes import Asked, Desk, Person, Role, Route

DONE = frozenset({"password", "keys", "session"})


def account(desk: Desk, asked: Asked) -> Response:
    """Show one's own account."""
    done = asked.query.get("done", "")
    return _screen(desk, asked, done=done if done in DONE else "")


def change_password(desk: Desk, asked: Asked) -> Response:
    """Set another password; every session but a new one here ends at once."""
    person = _person(asked)
    with desk.reader.connect() as connection:
        own = people.by_id(connection, person.id)
    if mistake := new_password_mistake(desk, asked, person.name):
        return _screen(desk, asked, 422, wrong={"password": _said(desk, mistake)})
    proof = auth.prove(desk, own, own.name, asked.form.get("current", ""), network=asked.network)
    if proof == "wrong":
        return _screen(desk, asked, 422, wrong={"current": desk.say("account-current-wrong")})
    if proof != "right":
        return _screen(desk, asked, 429, wrong={"current": wait(desk, proof)})
    return _with_new_password(desk, asked, own)


def choose(desk: Desk, asked: Asked) -> Response:
    """Let single keys decide, or not: people who speak to their computer type by accident."""
    person = _person(asked)
    with desk.writer.begin() as connection:
        people.set_choices(connection, person.id, {**person.choices, "keys": "keys" in asked.form})
    return go("account", done="keys")


def end_session(desk: Desk, asked: Asked) -> Response:
    """Sign out one other browser; what is no session of one's own is left alone."""
    digest = asked.form.get("session", "")
    if digest != asked.session:
        with desk.writer.begin() as connection:
            people.close(connection, _person(asked).id, digest)
    return go("account", done="session")


def end_all(desk: Desk, asked: Asked) -> Response:
    """Sign out everywhere, here too."""
    with desk.writer.begin() as connection:
        people.close_all(connection, _person(asked).id)
    answer = go("sign-in", out=1)
    cookies.take_back(answer, desk.settings)
    return answer


def _with_new_password(desk: Desk, asked: Asked, own: Account) -> Response:
    stored = passwords.hashed(asked.form["password"])
    with desk.writer.begin() as connection:
        people.set_password(connection, own.id, stored)
        people.close_all(connection, own.id)
    answer = go("account", done="password")
    cookies.give(
        answer, desk.settings, sessions.open_for(desk.writer, own.id, asked.browser, desk.now())
    )
    return answer


def _screen(
    desk: Desk, asked: Asked, status: int = 200, *, done: str = "", wrong: dict[str, str] | None = None
) -> Response:
    with desk.reader.connect() as connection:
        found = people.sessions_of(connection, _person(asked).id)
    return draw(
        desk,
        asked,
        "account.html",
        status,
        active="account",
        done=done,
        wrong=wrong or {},
        keys=_person(asked).choices.get("keys", True),
        sessions=[_row(desk, one, asked) for one in found if not sessions.is_over(one, desk.now())],
        shortest=str(passwords.SHORTEST),
    )


def _row(desk: Desk, one: SignedIn, asked: Asked) -> dict[str, object]:
    return {
        "digest": one.digest,
        "browser": one.browser,
        "is_here": one.digest == asked.session,
        "since": at(desk, one.created_at),
        "seen": at(desk, one.seen_at),
    }


def _said(desk: Desk, key: str) -> str:
    return desk.say(key, shortest=str(passwords.SHORTEST), longest=str(passwords.LONGEST))


def _person(asked: Asked) -> Person:
    if asked.person is None:
        raise RuntimeError("this row has a role: somebody is signed in")
    return asked.person


ROUTES: tuple[Route, ...] = (
    Route("/account", "account", account, role=Role.VIEWER),
    Route("/account/password", "account-password", change_password, role=Role.VIEWER, method="POST"),
    Route("/account/choices", "account-choices", choose, role=Role.VIEWER, method="POST"),
    Route("/account/end-session", "account-end-session", end_session, role=Role.VIEWER, method="POST"),
    Route("/account/end-all", "account-end-all", end_all, role=Role.VIEWER, method="POST"),
)
