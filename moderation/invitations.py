"""Links that work once: to become somebody who signs in, or to set a new password.

Looking at a link changes nothing, because mail programs and scanners look at links. Addresses begin with
the configured `public_url`, never with what a request says about itself.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from aggregator.errors import LinkSpent, UnknownPerson
from aggregator.store import people
from aggregator.store.people import ADMIN, Account, Invite
from moderation.sessions import digest_of, is_token, new_token

LASTS = timedelta(hours=72)
"""A volunteer reads mail on some days only: a weekend must fit in."""
RESET_LASTS = timedelta(minutes=30)
"""It opens an account that exists, and whoever asked for it is waiting."""

# No person is called like these: names.py refuses the colon.
FIRST_START = "shell:run"
SHELL = "shell:invite"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Made:
    """A link, to be shown once: the store has its digest only."""

    url: str
    expires_at: datetime


def first_link(engine: Engine, public_url: str, now: datetime) -> str | None:
    """Give a link for the first admin; None when one can sign in already.

    Each call makes a new one, and the one before stops working.
    """
    with engine.begin() as connection:
        if not people.is_empty(connection):
            return None
        people.withdraw_invites_of(connection, FIRST_START)
        return _make(connection, public_url, ADMIN, "", None, FIRST_START, now).url


def invite(
    engine: Engine, public_url: str, *, role: str, email: str, made_by: str, now: datetime
) -> Made:
    """Make a link with which somebody new joins."""
    with engine.begin() as connection:
        return _make(connection, public_url, role, email, None, made_by, now)


def reset(engine: Engine, public_url: str, *, name: str, made_by: str, now: datetime) -> Made:
    """Make a link with which somebody sets a new password; an older one stops working.

    Raises:
        UnknownPerson: nobody active has this name.
    """
    with engine.begin() as connection:
        account = people.find(connection, name)
        if account is None or not account.is_active:
            raise UnknownPerson(
                f"nobody who may sign in is called {name}: `engaged people` lists everybody"
            )
        return _make(connection, public_url, account.role, account.email, account.id, made_by, now)


def look(engine: Engine, token: str, now: datetime) -> tuple[Invite, Account | None]:
    """Give what a link is for, and for whom when that is somebody already; changes nothing.

    Raises:
        LinkSpent: it was used, has run out, or never was.
    """
    if not is_token(token):
        raise LinkSpent("this is no link of ours")
    with engine.connect() as connection:
        found = people.open_invite(connection, digest_of(token), now)
        _must_still_be_meant(connection, found)
        return found, _owner(connection, found)


def accept(engine: Engine, token: str, *, name: str, password: str, now: datetime) -> Account:
    """Use a link up.

    Args:
        name: of somebody new; for a new password the name stays what it is.
        password: as `passwords.hashed` gives it.

    Raises:
        LinkSpent: as in `look`; of two at once, one gets this.
        NameTaken: and the link still works.
    """
    with engine.begin() as connection:
        used = people.use_invite(connection, digest_of(token), now)
        _must_still_be_meant(connection, used)
        owner = _owner(connection, used)
        if owner is None:
            account = people.add(
                connection, name=name, email=used.email, role=used.role, password=password, now=now
            )
        else:
            account = owner
            people.set_password(connection, owner.id, password)
            people.close_all(connection, owner.id)
    log.info("person %s %s", account.id, "has a new password" if owner else f"joined as {account.role}")
    return account


def _make(
    connection: Connection,
    public_url: str,
    role: str,
    email: str,
    person_id: int | None,
    made_by: str,
    now: datetime,
) -> Made:
    token = new_token()
    expires_at = now + (LASTS if person_id is None else RESET_LASTS)
    people.add_invite(
        connection, Invite(digest_of(token), role, email, person_id, made_by, now, expires_at)
    )
    return Made(f"{public_url}/moderate/welcome/{token}", expires_at)


def _owner(connection: Connection, found: Invite) -> Account | None:
    if found.person_id is None:
        return None
    owner = people.by_id(connection, found.person_id)
    if not owner.is_active:
        raise LinkSpent("this person may not sign in any longer")
    return owner


def _must_still_be_meant(connection: Connection, found: Invite) -> None:
    """The link of the first start makes an admin: it is for nobody once there is one."""
    if found.made_by == FIRST_START and not people.is_empty(connection):
        raise LinkSpent("somebody can sign in already")
