"""Who is it? A name and a password become a session; a session becomes a person.

The answer to a wrong password, an unknown name and somebody who was let go is one and the same.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from aggregator.store import people
from aggregator.store.people import Account, SignedIn
from moderation import passwords, sessions, throttle
from moderation.routes import Desk, Person, Role

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Visitor:
    """What a request's cookie says, before anybody asks what it may do.

    Attributes:
        token: what the cookie holds, whoever that is; "" for none, or nothing of our making.
        session: None when nobody is signed in with it (any longer).
        is_new: the browser sent no token; this one was made for it now.
    """

    token: str = ""
    person: Person | None = None
    session: SignedIn | None = None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """How a try to sign in ended: with a session's token, with "wait until", or with neither."""

    token: str = ""
    waits_until: datetime | None = None


def visitor(desk: Desk, token: str) -> Visitor:
    """Say who holds this token, and note that they were seen."""
    if not sessions.is_token(token):
        return Visitor()
    with desk.reader.connect() as connection:
        found = people.whose(connection, sessions.digest_of(token))
    if found is None or sessions.is_over(found[1], desk.now()):
        return Visitor(token)
    sessions.note_seen(desk.writer, found[1], desk.now())
    return Visitor(token, person_of(found[0]), found[1])


def person_of(account: Account) -> Person:
    return Person(account.id, account.name, Role.of(account.role), account.email, account.choices)


def sign_in(
    desk: Desk, name: str, password: str, *, network: str, browser: str, instead_of: str = ""
) -> Tried:
    """Try a name with a password.

    Args:
        name: a person's name or mail address, in any case.
        network: where the request comes from, as `networks.asking_network` gives it.
        browser: how the session will be called in the list of the account page.
        instead_of: digest of a session in this browser, which ends with this.
    """
    with desk.reader.connect() as connection:
        account = people.find(connection, name)
    proof = prove(desk, account, name, password, network=network)
    if proof != "right" or account is None:
        return Tried(waits_until=proof if isinstance(proof, datetime) else None)
    _renew(desk, account, password)
    log.info("person %s signed in", account.id)
    token = sessions.open_for(desk.writer, account.id, browser, desk.now(), instead_of=instead_of)
    return Tried(token)


def prove(
    desk: Desk, account: Account | None, name: str, password: str, *, network: str
) -> datetime | Literal["right", "wrong"]:
    """Look whether a password is this account's; give until when to wait when it was tried too often."""
    digests = throttle.keys(account.name if account else name, network)
    if until := throttle.begin(desk.writer, digests, desk.now()):
        return until
    stored = account.password if account and account.is_active else ""
    if not passwords.is_right(stored, password):
        return "wrong"
    throttle.forgive(desk.writer, digests)
    return "right"


def _renew(desk: Desk, account: Account, password: str) -> None:
    """Store the password at today's costs: the moment it is known is when somebody signs in."""
    if passwords.is_outdated(account.password):
        again = passwords.hashed(password)
        with desk.writer.begin() as connection:
            people.set_password(connection, account.id, again)
