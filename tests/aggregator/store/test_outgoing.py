"""Mails of the program itself: none is lost, and what they said is forgotten."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text

from aggregator.store import models, outgoing
from aggregator.store.outgoing import FIRST_PAUSE, LASTS, LEASE, MOST_TRIES, Outgoing
from tests.aggregator.store.making import SLUG

ANA = "ana@reader.example"


def do(engine: Engine, step: Any, *more: Any, **named: Any) -> Any:
    with engine.begin() as connection:
        return step(connection, *more, **named)


def put(engine: Engine, now: datetime, kind: str = "confirm") -> int:
    number: int = do(engine, outgoing.put, SLUG, kind, ANA, {"token": "secret"}, now)
    return number


def test_a_mail_is_claimed_once_and_forgotten_when_it_left(writer: Engine, now: datetime) -> None:
    number = put(writer, now)
    assert do(writer, outgoing.claim, now) == (
        Outgoing(number, SLUG, "confirm", ANA, {"token": "secret"}, now, 1),
    )
    assert do(writer, outgoing.claim, now) == ()
    do(writer, outgoing.sent, number, now)
    with writer.connect() as connection:
        rows = repr(connection.execute(text("SELECT * FROM outgoing")).all())
    assert "secret" not in rows
    assert ANA not in rows
    assert do(writer, outgoing.claim, now + 2 * LEASE) == ()


def test_a_killed_worker_loses_no_mail(writer: Engine, now: datetime) -> None:
    put(writer, now)
    do(writer, outgoing.claim, now)
    (again,) = do(writer, outgoing.claim, now + LEASE)
    assert again.tries == 2


def test_failing_waits_longer_each_time_and_ends(writer: Engine, now: datetime) -> None:
    number, pauses = put(writer, now), []
    while do(writer, outgoing.claim, now):
        again = do(writer, outgoing.failed, number, "451 later", now)
        if again is None:
            break
        assert do(writer, outgoing.claim, again - timedelta(seconds=1)) == ()
        pauses.append(again - now)
        now = again
    assert len(pauses) == MOST_TRIES - 1
    assert pauses[:2] == [FIRST_PAUSE, 2 * FIRST_PAUSE]
    assert do(writer, outgoing.waiting, SLUG, "confirm") == 0


def test_what_can_never_be_sent_is_tried_once(writer: Engine, now: datetime) -> None:
    number = put(writer, now)
    assert do(writer, outgoing.waiting, SLUG, "confirm") == 1
    assert do(writer, outgoing.failed, number, "550 no", now, for_good=True) is None
    assert do(writer, outgoing.claim, now) == ()


@pytest.mark.parametrize("kind", sorted(LASTS))
def test_a_mail_that_is_of_no_use_any_more_is_dropped(writer: Engine, now: datetime, kind: str) -> None:
    put(writer, now, kind)
    too_late = now + LASTS[kind] + timedelta(seconds=1)  # type: ignore[index]  # the keys of it
    assert do(writer, outgoing.claim, too_late) == ()


def test_editors_with_an_address_are_told(writer: Engine, now: datetime) -> None:
    people = [
        ("Ana", "ana@desk.example", "editor", True),
        ("Ana too", "ANA@desk.example", "admin", True),
        ("Ben", "ben@desk.example", "admin", True),
        ("Cem", "cem@desk.example", "moderator", True),
        ("Dov", "dov@desk.example", "editor", False),
        ("Eve", "", "admin", True),
    ]
    with writer.begin() as connection:
        for name, email, role, active in people:
            row = {"name": name, "email": email, "role": role, "is_active": active}
            connection.execute(insert(models.person).values(choices={}, created_at=now, **row))
    assert do(writer, outgoing.put_to_editors, SLUG, {"about": "drafted"}, now) == 2
    claimed = do(writer, outgoing.claim, now)
    assert sorted(one.address.lower() for one in claimed) == ["ana@desk.example", "ben@desk.example"]
