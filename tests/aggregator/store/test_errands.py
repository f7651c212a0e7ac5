"""Errands: asked by token, claimed for a while, answered once, forgotten in time."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from aggregator.errors import TooManyErrands
from aggregator.store import errands
from aggregator.store.errands import GIVEN_UP_AFTER, KEPT, LEASE, MOST_OPEN, MOST_TRIES, Errand


def ask(engine: Engine, now: datetime, slug: str = "c") -> str:
    with engine.begin() as connection:
        return errands.ask(connection, slug, "check-page", {"url": "https://a.example/"}, now)


def claim(engine: Engine, now: datetime) -> Errand | None:
    with engine.begin() as connection:
        return errands.claim(connection, now)


def settle(engine: Engine, token: str, now: datetime, **answer: object) -> None:
    with engine.begin() as connection:
        errands.settle(connection, token, answer, now)


def answer_of(engine: Engine, token: str) -> Errand | None:
    with engine.connect() as connection:
        return errands.answer_of(connection, token)


def test_a_question_travels_to_a_worker_and_its_answer_back(writer: Engine, now: datetime) -> None:
    token, later = ask(writer, now), now + timedelta(seconds=3)
    asked = Errand(token, "c", "check-page", {"url": "https://a.example/"}, now, None, {})
    assert answer_of(writer, token) == claim(writer, now) == asked
    settle(writer, token, later, frame="kept")
    settle(writer, token, now, frame="lost")
    answered = answer_of(writer, token)
    assert answered
    assert (answered.answer, answered.answered_at) == ({"frame": "kept"}, later)
    assert claim(writer, now + LEASE) is None


def test_a_token_cannot_be_guessed_and_an_unknown_one_says_nothing(
    writer: Engine, now: datetime
) -> None:
    tokens = {ask(writer, now) for _ in range(9)}
    assert len(tokens) == 9
    assert all(
        len(token) >= 22 and token.replace("-", "").replace("_", "").isalnum() for token in tokens
    )
    assert answer_of(writer, "nobody-asked") is None


def test_a_dead_workers_errand_is_taken_up_again_but_not_for_ever(writer: Engine, now: datetime) -> None:
    ask(writer, now)
    assert claim(writer, now)
    assert claim(writer, now) is None
    for number in range(1, MOST_TRIES):
        assert claim(writer, now + number * LEASE)
    assert claim(writer, now + MOST_TRIES * LEASE) is None


def test_who_asked_first_is_answered_first(writer: Engine, now: datetime) -> None:
    tokens = [ask(writer, now + timedelta(seconds=number)) for number in (2, 1, 3)]
    order = [one.token for _ in range(3) if (one := claim(writer, now))]
    assert order == [tokens[1], tokens[0], tokens[2]]


def test_a_campaign_asks_only_so_much_at_once(writer: Engine, now: datetime) -> None:
    tokens = [ask(writer, now) for _ in range(MOST_OPEN)]
    with pytest.raises(TooManyErrands):
        ask(writer, now)
    ask(writer, now, "another")
    settle(writer, tokens[0], now)
    ask(writer, now)
    with pytest.raises(TooManyErrands):
        ask(writer, now)
    ask(writer, now + GIVEN_UP_AFTER + timedelta(seconds=1))


def test_answers_are_forgotten_after_a_week(writer: Engine, now: datetime) -> None:
    token = ask(writer, now)
    settle(writer, token, now)
    ask(writer, now + KEPT)
    assert answer_of(writer, token)
    ask(writer, now + KEPT + timedelta(seconds=1))
    assert answer_of(writer, token) is None
