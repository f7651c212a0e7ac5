"""The door for people: who may sign in, where they are signed in, links that work once, wrong tries.

Only digests of links and sessions come in here, never what they are digests of. Judging passwords and
knowing how long anything lasts is moderation's; each function here runs in its caller's transaction.
"""

import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    true,
    update,
)

from aggregator.errors import LastAdmin, LinkSpent, NameTaken, UnknownPerson
from aggregator.store.models import attempt, invite, person, session
from aggregator.store.upsert import upsert

ADMIN = "admin"
LONGEST_BROWSER = 200
HURRIED_MS = 100


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in, or might once. `password` is argon2id's own writing; "": none yet."""

    id: int
    name: str
    email: str
    role: str
    password: str = field(repr=False)
    is_active: bool
    choices: Mapping[str, bool]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One browser in which somebody is signed in."""

    digest: str
    person_id: int
    browser: str
    created_at: datetime
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Invite:
    """A link that works once: to become a person (`person_id` None), or to set a new password."""

    digest: str
    role: str
    email: str
    person_id: int | None
    made_by: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong tries under one digest, and when the last one was."""

    failures: int
    last_at: datetime


def key(name: str) -> str:
    """Give what all spellings of a name share: case, width and extra blanks do not count."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def is_empty(connection: Connection) -> bool:
    """Say whether nobody can sign in who may invite others."""
    return not _admins(connection)


def everybody(connection: Connection) -> list[Account]:
    """Give all people, by name."""
    rows = connection.execute(select(person)).all()
    return sorted(map(_account, rows), key=lambda one: (key(one.name), one.id))


def by_id(connection: Connection, number: int) -> Account:
    """Give one person.

    Raises:
        UnknownPerson: there is none.
    """
    row = connection.execute(select(person).where(person.c.id == number)).one_or_none()
    if row is None:
        raise UnknownPerson(f"there is no person {number}")
    return _account(row)


def find(connection: Connection, name: str) -> Account | None:
    """Give the person with this name, or with this mail address when only one active person has it."""
    wanted, people = key(name), everybody(connection)
    named = [one for one in people if key(one.name) == wanted]
    mailed = [one for one in people if one.is_active and one.email and key(one.email) == wanted]
    return named[0] if named else mailed[0] if len(mailed) == 1 else None


def add(
    connection: Connection, *, name: str, email: str, role: str, password: str, now: datetime
) -> Account:
    """Write a new person.

    Raises:
        NameTaken: the name differs from somebody's in nothing, or only in what `key` ignores.
    """
    _alone(connection, person)
    if any(key(one.name) == key(name) for one in everybody(connection)):
        raise NameTaken(f"somebody is called {name} already")
    written = connection.execute(
        insert(person).values(
            name=name, email=email, role=role, password=password, choices={}, created_at=now
        )
    )
    return by_id(connection, (written.inserted_primary_key or (0,))[0])


def set_password(connection: Connection, number: int, password: str) -> None:
    """Write another password, or the same one at other costs."""
    connection.execute(update(person).where(person.c.id == number).values(password=password))


def set_choices(connection: Connection, number: int, choices: Mapping[str, bool]) -> None:
    connection.execute(update(person).where(person.c.id == number).values(choices=dict(choices)))


def set_role(connection: Connection, number: int, role: str) -> Account:
    """Give somebody another role; it ends all their sessions, and the links that they made.

    Raises:
        UnknownPerson, LastAdmin
    """
    _alone(connection, person)
    found = by_id(connection, number)
    _must_leave_an_admin(connection, found, stays=role == ADMIN)
    if found.role != role:
        connection.execute(update(person).where(person.c.id == number).values(role=role))
        _shut_out(connection, found)
    return found


def set_active(connection: Connection, number: int, *, is_active: bool) -> Account:
    """Let somebody in again, or no longer: that ends their sessions, and links for or by them.

    Raises:
        UnknownPerson, LastAdmin
    """
    _alone(connection, person)
    found = by_id(connection, number)
    _must_leave_an_admin(connection, found, stays=is_active)
    if found.is_active != is_active:
        connection.execute(update(person).where(person.c.id == number).values(is_active=is_active))
        _shut_out(connection, found)
    return found


def open_session(connection: Connection, digest: str, number: int, browser: str, now: datetime) -> None:
    """Remember that somebody is signed in in a browser."""
    connection.execute(
        insert(session).values(
            digest=digest,
            person_id=number,
            browser=browser[:LONGEST_BROWSER],
            created_at=now,
            seen_at=now,
        )
    )


def whose(connection: Connection, digest: str) -> tuple[Account, SignedIn] | None:
    """Give who is signed in with a session, whatever its age; None for nobody who may."""
    row = connection.execute(
        select(person, *_SESSION)
        .join(session, session.c.person_id == person.c.id)
        .where(session.c.digest == digest, person.c.is_active == true(), person.c.password != "")
    ).one_or_none()
    return (_account(row), _signed_in(row)) if row else None


@contextmanager
def hurried(engine: Engine) -> Iterator[Connection]:
    """Give a transaction that waits next to nothing for another writer: for what may as well be left.

    Raises:
        DBAPIError: another writer was at it.
    """
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = {HURRIED_MS}"))
            yield connection
            connection.commit()
            return
        patience = _patience_ms(connection, HURRIED_MS)
        try:
            yield connection
            connection.commit()
        finally:
            connection.rollback()
            _patience_ms(connection, patience)


def _patience_ms(connection: Connection, milliseconds: int) -> int:
    """Set how long SQLite waits for a lock, outside of any transaction, and give what it was."""
    driver: Any = connection.connection.driver_connection
    before = driver.execute("PRAGMA busy_timeout").fetchone()[0]
    driver.execute(f"PRAGMA busy_timeout = {milliseconds}")
    return int(before)


def sessions_of(connection: Connection, number: int) -> list[SignedIn]:
    """Give where somebody is signed in, last seen first."""
    rows = connection.execute(
        select(*_SESSION)
        .where(session.c.person_id == number)
        .order_by(session.c.seen_at.desc(), session.c.digest)
    )
    return [_signed_in(row) for row in rows]


def last_seen(connection: Connection) -> dict[int, datetime]:
    """Give when each person was last seen in a session that is still known."""
    rows = connection.execute(
        select(session.c.person_id, func.max(session.c.seen_at)).group_by(session.c.person_id)
    )
    return {row[0]: row[1] for row in rows}


def seen(connection: Connection, digest: str, now: datetime) -> None:
    connection.execute(update(session).where(session.c.digest == digest).values(seen_at=now))


def close(connection: Connection, number: int, digest: str) -> None:
    """End one session, if it is this person's."""
    connection.execute(delete(session).where(session.c.digest == digest, session.c.person_id == number))


def forget_session(connection: Connection, digest: str) -> None:
    connection.execute(delete(session).where(session.c.digest == digest))


def close_all(connection: Connection, number: int) -> None:
    """End every session of a person."""
    connection.execute(delete(session).where(session.c.person_id == number))


def forget_sessions(connection: Connection, *, opened_before: datetime, seen_before: datetime) -> None:
    """Delete sessions that are too old, or were left alone too long."""
    is_over = or_(session.c.created_at < opened_before, session.c.seen_at < seen_before)
    connection.execute(delete(session).where(is_over))


def add_invite(connection: Connection, made: Invite) -> None:
    """Remember a link that works once. A person has at most one for a new password: the newest."""
    if made.person_id is not None:
        _withdraw(connection, invite.c.person_id == made.person_id)
    connection.execute(insert(invite).values({name: getattr(made, name) for name in Invite.__slots__}))


def open_invite(connection: Connection, digest: str, now: datetime) -> Invite:
    """Give a link that still works.

    Raises:
        LinkSpent: it was used, has run out, or never was: nobody outside learns which.
    """
    row = connection.execute(
        select(*_INVITE).where(invite.c.digest == digest, *_still_works(now))
    ).one_or_none()
    if row is None:
        raise LinkSpent("this link was used already, or has run out")
    return Invite(*row)


def use_invite(connection: Connection, digest: str, now: datetime) -> Invite:
    """Use a link up. Of two who try at once, one succeeds.

    Raises:
        LinkSpent: as in `open_invite`.
    """
    used = connection.execute(
        update(invite).where(invite.c.digest == digest, *_still_works(now)).values(used_at=now)
    )
    if used.rowcount != 1:
        raise LinkSpent("this link was used already, or has run out")
    row = connection.execute(select(*_INVITE).where(invite.c.digest == digest)).one()
    return Invite(*row)


def waiting_invites(connection: Connection, now: datetime) -> list[Invite]:
    """Give the links that still work, newest first."""
    rows = connection.execute(
        select(*_INVITE).where(*_still_works(now)).order_by(invite.c.created_at.desc(), invite.c.digest)
    )
    return [Invite(*row) for row in rows]


def withdraw_invite(connection: Connection, digest: str) -> None:
    """Let a link that nobody used yet work no longer."""
    _withdraw(connection, invite.c.digest == digest)


def withdraw_invites_of(connection: Connection, made_by: str) -> None:
    """Let no unused link of this maker work any longer."""
    _withdraw(connection, invite.c.made_by == made_by)


def tries(connection: Connection, digests: Collection[str]) -> dict[str, Tries]:
    """Give what is known under each digest; nobody else can count until this transaction ends."""
    _alone(connection, attempt)
    rows = connection.execute(select(attempt).where(attempt.c.digest.in_(digests)))
    return {row.digest: Tries(row.failures, row.last_at) for row in rows}


def write_tries(connection: Connection, counted: Mapping[str, Tries]) -> None:
    rows: Sequence[dict[str, Any]] = [
        {"digest": digest, "failures": one.failures, "last_at": one.last_at}
        for digest, one in counted.items()
    ]
    upsert(connection, attempt, rows)


def forget_tries(connection: Connection, before: datetime) -> None:
    connection.execute(delete(attempt).where(attempt.c.last_at < before))


def _still_works(now: datetime) -> tuple[Any, ...]:
    return (invite.c.used_at.is_(None), invite.c.expires_at > now)


def _admins(connection: Connection) -> list[int]:
    able = (person.c.role == ADMIN, person.c.is_active == true(), person.c.password != "")
    return list(connection.scalars(select(person.c.id).where(*able)))


def _must_leave_an_admin(connection: Connection, found: Account, *, stays: bool) -> None:
    if not stays and _admins(connection) == [found.id]:
        raise LastAdmin(f"{found.name} is the only admin: make somebody else admin first")


def _shut_out(connection: Connection, found: Account) -> None:
    close_all(connection, found.id)
    _withdraw(connection, or_(invite.c.person_id == found.id, invite.c.made_by == found.name))


def _withdraw(connection: Connection, which: ColumnElement[bool]) -> None:
    connection.execute(delete(invite).where(which, invite.c.used_at.is_(None)))


def _alone(connection: Connection, table: Table) -> None:
    """Let nobody else write a table until this transaction ends; on SQLite nobody can anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE"))


def _account(row: Any) -> Account:
    return Account(
        row.id,
        row.name,
        row.email,
        row.role,
        row.password,
        row.is_active,
        dict(row.choices),
        row.created_at,
    )


def _signed_in(row: Any) -> SignedIn:
    return SignedIn(row.digest, row.person_id, row.browser, row.session_created_at, row.seen_at)


_SESSION = (
    session.c.digest,
    session.c.person_id,
    session.c.browser,
    session.c.created_at.label("session_created_at"),
    session.c.seen_at,
)
_INVITE = tuple(invite.c[name] for name in Invite.__slots__)
