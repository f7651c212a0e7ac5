"""Deliveries: at most one mail for each reader and week, and no doubt goes unsaid."""

from datetime import date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Engine

from aggregator.store import deliveries, issues, subscribers
from aggregator.store.deliveries import MOST_SOFT_BOUNCES, message_id
from aggregator.store.issues import Issue
from tests.aggregator.store.making import SLUG
from tests.aggregator.store.subscribing import SENDER, WEEK, claim, fill, readers, sending, tally

NAMES = ("ana@river.example", "ben@river.example", "cem@hill.example")
HOUR = timedelta(hours=1)


@pytest.fixture
def issue(writer: Engine, now: datetime) -> Issue:
    readers(writer, now, *NAMES, language="es")
    issue = sending(writer, now)
    assert fill(writer, issue, now) == 3
    return issue


def do(engine: Engine, step: Any, *more: Any) -> Any:
    with engine.begin() as connection:
        return step(connection, *more)


def state_of(engine: Engine, address: str) -> str:
    with engine.begin() as connection:
        return {one.address: one.state for one in subscribers.all_of(connection, SLUG)}[address]


def test_everybody_has_one_row_however_often_it_is_filled(
    writer: Engine, issue: Issue, now: datetime
) -> None:
    assert fill(writer, issue, now) == 0
    readers(writer, now, "dov@hill.example")
    assert fill(writer, issue, now) == 1
    assert tally(writer, issue) == {"queued": 4}


def test_a_claimed_mail_names_its_reader_and_always_the_same_message(
    writer: Engine, issue: Issue, now: datetime
) -> None:
    first, *_ = claim(writer, issue, now, most=1)
    assert (first.address, first.domain, first.language, first.tries) == (
        NAMES[0],
        "river.example",
        "es",
        1,
    )
    assert first.message_id == message_id(SLUG, 1, first.key, SENDER)
    assert first.message_id.endswith(f"@{SENDER}>")
    do(writer, deliveries.failed, first.id, "451 try later", now, now + HOUR)
    assert [one.address for one in claim(writer, issue, now)] == list(NAMES[1:])
    (second,) = claim(writer, issue, now + HOUR)
    assert (second.message_id, second.tries) == (first.message_id, 2)


def test_domains_that_had_enough_wait(writer: Engine, issue: Issue, now: datetime) -> None:
    pause = timedelta(seconds=20)
    first = claim(writer, issue, now, most=1, pause=pause)
    second = claim(writer, issue, now, most=1, pause=pause)
    assert [one.address for one in (*first, *second)] == [NAMES[0], NAMES[2]]
    with writer.connect() as connection:
        busy = deliveries.busy(connection, now + pause / 2, pause)
    assert busy == dict.fromkeys(("river.example", "hill.example"), now + pause)
    assert claim(writer, issue, now + pause / 2, most=1, pause=pause) == []
    (third,) = claim(writer, issue, now + pause, most=1, pause=pause)
    assert third.address == NAMES[1]


def test_two_workers_keep_one_pace(writer: Engine, issue: Issue, now: datetime) -> None:
    """Both look at the same moment, again and again: what one claimed, the other knows."""
    readers(writer, now, *(f"r{n}@lake.example" for n in range(30)))
    fill(writer, issue, now)
    pause, start, got = timedelta(minutes=1), Barrier(2), []

    def work() -> None:
        for minute in range(10):
            start.wait()
            for _ in range(3):
                got.extend(claim(writer, issue, now + minute * pause, most=1, pause=pause))

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.domain for one in got].count("lake.example") == 10
    assert len(got) == len({one.id for one in got})


def test_two_campaigns_keep_one_pace(writer: Engine, issue: Issue, now: datetime) -> None:
    other = sending(writer, now, week=date(2026, 10, 12))
    fill(writer, other, now)
    pause = timedelta(minutes=1)
    (first,) = claim(writer, issue, now, most=1, pause=pause)
    (second,) = claim(writer, other, now, most=1, pause=pause)
    assert first.domain != second.domain


def test_a_clock_that_was_set_back_keeps_no_domain_waiting(
    writer: Engine, issue: Issue, now: datetime
) -> None:
    pause = timedelta(minutes=1)
    assert claim(writer, issue, now + HOUR, most=1, pause=pause)
    (second,) = claim(writer, issue, now, most=1, pause=pause)
    assert second.domain == "river.example"


def test_two_workers_never_get_the_same_mail(writer: Engine, issue: Issue, now: datetime) -> None:
    readers(writer, now, *(f"r{n}@river.example" for n in range(30)))
    fill(writer, issue, now)
    start, got = Barrier(2), []

    def work() -> None:
        start.wait()
        while some := claim(writer, issue, now, most=4):
            got.extend(one.id for one in some)

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == len(set(got)) == 33


def test_nothing_is_claimed_of_an_issue_that_is_not_being_sent(
    writer: Engine, issue: Issue, now: datetime
) -> None:
    do(writer, issues.pause, issue.id)
    assert claim(writer, issue, now) == []
    do(writer, issues.resume, issue.id, now)
    assert len(claim(writer, issue, now)) == 3


def test_whoever_unsubscribed_meanwhile_is_left_out(writer: Engine, issue: Issue, now: datetime) -> None:
    with writer.begin() as connection:
        ana, ben, cem = subscribers.all_of(connection, SLUG)
        subscribers.unsubscribe(connection, ana.key, "one-click", now)
        subscribers.erase(connection, SLUG, ben.address, now)
    assert [one.address for one in claim(writer, issue, now)] == [cem.address]
    assert tally(writer, issue) == {"skipped": 2, "claimed": 1}
    with writer.begin() as connection:
        skipped = deliveries.in_state(connection, issue.id, "skipped")
    assert {one.words for one in skipped} == {"unsubscribed"}


def test_what_a_server_says_brings_no_erased_address_back(
    writer: Engine, issue: Issue, now: datetime
) -> None:
    first, second, third = claim(writer, issue, now)
    for one in (first, second):
        do(writer, subscribers.erase, SLUG, one.address, now)
    do(writer, deliveries.sent, first.id, now, f"250 kept for {first.address}")
    do(writer, deliveries.failed, second.id, f"550 no {second.address}", now)
    do(writer, deliveries.sent, third.id, now, "250 kept")
    do(writer, deliveries.bounced, first.message_id, True, f"no {first.address}", now)
    with writer.begin() as connection:
        words = [
            one.words
            for state in ("bounced", "failed", "sent")
            for one in deliveries.in_state(connection, issue.id, state)
        ]
    assert words == ["", "", "250 kept"]


def test_a_killed_worker_leaves_doubts_that_only_a_person_settles(
    writer: Engine, issue: Issue, now: datetime
) -> None:
    first, second, third = claim(writer, issue, now)
    do(writer, deliveries.sent, first.id, now, "250 taken")
    assert do(writer, deliveries.strand, now) == 2
    assert tally(writer, issue) == {"sent": 1, "uncertain": 2}
    assert claim(writer, issue, now + HOUR) == []
    with writer.begin() as connection:
        assert [one.message_id for one in deliveries.uncertain(connection, issue.id)] == [
            second.message_id,
            third.message_id,
        ]
        assert deliveries.is_done(connection, issue.id)
        issues.end(connection, issue.id, now)
    assert do(writer, deliveries.settle, second.id, "sent", "Ana", now)
    assert not do(writer, deliveries.settle, second.id, "again", "Ben", now)
    assert do(writer, deliveries.settle, third.id, "again", "Ana", now)
    assert do(writer, issues.by_id, issue.id).state == "sending"
    assert [one.id for one in claim(writer, issue, now)] == [third.id]


def test_a_worker_taken_for_dead_may_still_say_what_became_of_its_mail(
    writer: Engine, issue: Issue, now: datetime
) -> None:
    first, second, _ = claim(writer, issue, now)
    do(writer, deliveries.strand, now)
    assert do(writer, deliveries.sent, first.id, now)
    assert not do(writer, deliveries.failed, first.id, "no", now)
    assert do(writer, deliveries.doubted, second.id, "silence after DATA", now)
    assert tally(writer, issue) == {"sent": 1, "uncertain": 2}


def test_only_what_failed_is_retried_and_the_issue_goes_on(
    writer: Engine, issue: Issue, now: datetime
) -> None:
    first, second, third = claim(writer, issue, now)
    do(writer, deliveries.sent, first.id, now)
    do(writer, deliveries.failed, second.id, "554 no", now)
    do(writer, deliveries.skipped, third.id, "nothing-left", now)
    do(writer, issues.end, issue.id, now)
    later = now + 48 * HOUR
    assert do(writer, deliveries.retry_failed, issue.id, later) == 1
    assert do(writer, issues.by_id, issue.id).not_after > later
    assert [one.id for one in claim(writer, issue, later)] == [second.id]
    assert do(writer, deliveries.retry_failed, issue.id, later) == 0


def test_readers_get_it_when_their_own_clocks_say_so(writer: Engine, now: datetime) -> None:
    readers(writer, now, "ana@river.example", zone="Asia/Kathmandu")
    readers(writer, now, "ben@river.example")
    issue = sending(writer, now)
    times = {"": now + HOUR, "Asia/Kathmandu": now}
    with writer.begin() as connection:
        deliveries.fill(connection, issue.id, now, SENDER, times.__getitem__)
    assert [one.address for one in claim(writer, issue, now)] == ["ana@river.example"]
    assert [one.address for one in claim(writer, issue, now + HOUR)] == ["ben@river.example"]


def test_a_dead_address_is_never_mailed_again(writer: Engine, issue: Issue, now: datetime) -> None:
    first, *_ = claim(writer, issue, now)
    do(writer, deliveries.sent, first.id, now)
    bare = first.message_id.strip("<>")
    assert do(writer, deliveries.bounced, bare, True, "550 no such user", now)
    assert not do(writer, deliveries.bounced, first.message_id, True, "550", now)  # told twice
    assert not do(writer, deliveries.bounced, "<none@of.ours>", True, "550", now)
    assert state_of(writer, first.address) == "suppressed"
    assert tally(writer, issue) == {"claimed": 2, "bounced": 1}


def test_a_full_mailbox_counts_only_when_it_stays_full(writer: Engine, now: datetime) -> None:
    (ana,) = readers(writer, now, NAMES[0])
    for week in range(MOST_SOFT_BOUNCES + 2):
        issue = sending(writer, now, week=WEEK + timedelta(days=7 * week))
        fill(writer, issue, now)
        (mail,) = claim(writer, issue, now)
        do(writer, deliveries.sent, mail.id, now)
        if week != 1:  # once it came through: counting begins anew
            do(writer, deliveries.bounced, mail.message_id, False, "452 full", now)
        expected = "suppressed" if week == MOST_SOFT_BOUNCES + 1 else "confirmed"
        assert state_of(writer, ana.address) == expected


def test_a_complaint_ends_it_and_is_counted(writer: Engine, issue: Issue, now: datetime) -> None:
    first, *_ = claim(writer, issue, now)
    do(writer, deliveries.sent, first.id, now)
    assert do(writer, deliveries.complained, first.message_id, now)
    assert not do(writer, deliveries.complained, "<none@of.ours>", now)
    assert state_of(writer, first.address) == "suppressed"
    assert do(writer, deliveries.complaints, issue.id) == 1
