"""Issues of the weekly mail: each step once, nothing lost between two people or two workers."""

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import Engine

from aggregator.errors import IssueNotOpen, NeedsAnother, StaleIssue, UnknownIssue
from aggregator.item import Action
from aggregator.store import issues
from aggregator.store.issues import Issue
from aggregator.store.published import Door
from tests.aggregator.store.making import SLUG, claim, decide, declare, found, post, publish
from tests.aggregator.store.subscribing import WEEK, approve, begin, sending

HOUR = timedelta(hours=1)


@pytest.fixture
def items(writer: Engine, now: datetime) -> list[str]:
    declare(writer, now, "river")
    return publish(writer, claim(writer, now, "river"), now, *(found(post(each)) for each in (1, 2, 3)))


def begun(engine: Engine, now: datetime, *items: str) -> Issue:
    issue = begin(engine, now, items=items)
    assert issue
    return issue


def do(engine: Engine, step: Any, *more: Any) -> Any:
    with engine.begin() as connection:
        return step(connection, *more)


def again(engine: Engine, issue: Issue) -> Issue:
    found: Issue = do(engine, issues.by_id, issue.id)
    return found


def test_a_week_has_one_issue_and_numbers_go_on(writer: Engine, now: datetime) -> None:
    first = begun(writer, now)
    assert (first.number, first.week, first.state, first.version) == (1, WEEK, "draft", 1)
    assert begin(writer, now) is None
    second = begin(writer, now, WEEK + timedelta(days=7))
    assert second
    assert second.number == 2
    with writer.begin() as connection:
        assert [one.number for one in issues.newest(connection, SLUG, 5)] == [2, 1]
        assert issues.one(connection, SLUG, 2) == second
        assert issues.one(connection, SLUG, 3) is None
        with pytest.raises(UnknownIssue):
            issues.by_id(connection, 99)


def test_two_workers_at_once_draft_a_week_once(writer: Engine, now: datetime) -> None:
    begin(writer, now, WEEK - timedelta(days=7))
    start, made = Barrier(2), []

    def work() -> None:
        start.wait()
        made.append(begin(writer, now))

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one is None for one in made) == [False, True]


def test_a_draft_is_saved_by_whoever_looked_at_it_last(
    writer: Engine, now: datetime, items: list[str]
) -> None:
    issue = begun(writer, now, *items[:2])
    saved = do(writer, issues.save, issue.id, issue.version, {"picks": []}, items[1:])
    assert (saved.version, saved.content) == (2, {"picks": []})
    assert do(writer, issues.used_items, SLUG) == set(items[1:])
    assert do(writer, issues.used_items, SLUG, issue.id) == set()
    with pytest.raises(StaleIssue, match="version 2, not 1"):
        do(writer, issues.save, issue.id, 1, {}, [])
    assert again(writer, issue) == saved


def test_approving_freezes_the_words_and_nothing_is_saved_over_them(
    writer: Engine, now: datetime
) -> None:
    issue = begun(writer, now)
    approved = approve(writer, issue, now)
    assert (approved.state, approved.approved_by, approved.frozen) == ("approved", "Ana", {"en": "x"})
    assert approved.not_after == issue.not_after
    for version in (issue.version, approved.version):
        with pytest.raises(StaleIssue):
            do(writer, issues.save, issue.id, version, {}, [])
    with pytest.raises(IssueNotOpen):
        approve(writer, approved, now)
    back = do(writer, issues.reopen, issue.id)
    assert (back.state, back.frozen, back.digest, back.approved_by) == ("draft", None, "", "")


def test_what_changed_after_it_was_looked_at_is_not_approved(writer: Engine, now: datetime) -> None:
    issue = begun(writer, now)
    do(writer, issues.save, issue.id, issue.version, {"picks": []}, [])
    with pytest.raises(StaleIssue, match="Look again"):
        approve(writer, issue, now)


def test_the_last_draft_is_the_last_that_was_not_skipped(writer: Engine, now: datetime) -> None:
    assert do(writer, issues.last_drafted_at, SLUG) is None
    first = begun(writer, now)
    second = begin(writer, now + HOUR, WEEK + timedelta(days=7))
    assert second
    assert do(writer, issues.last_drafted_at, SLUG) == now + HOUR
    assert do(writer, issues.last_drafted_at, SLUG, second.id) == now
    do(writer, issues.skip, second.id)
    assert do(writer, issues.last_drafted_at, SLUG) == first.drafted_at
    assert do(writer, issues.weeks, SLUG, 9) == {first.week, second.week}


def test_a_second_approval_comes_from_somebody_else_and_of_the_same_words(
    writer: Engine, now: datetime
) -> None:
    first = approve(writer, begun(writer, now), now, second=True)
    assert (first.state, first.approved_at) == ("seconding", None)
    with pytest.raises(NeedsAnother, match="Ana approved"):
        approve(writer, first, now, second=True)
    with pytest.raises(StaleIssue), writer.begin() as connection:
        issues.approve(connection, first.id, first.version, {}, "e" * 64, "Ben", True, now)
    second = approve(writer, first, now, by="Ben", second=True)
    assert (second.state, second.approved_by, second.seconded_by) == ("approved", "Ana", "Ben")
    assert second.frozen == first.frozen


def test_what_is_approved_late_goes_out_at_once_and_has_its_whole_window(
    writer: Engine, now: datetime
) -> None:
    issue = begun(writer, now)
    do(writer, issues.mark, issue.id, "waits")
    tomorrow = now + timedelta(days=1)
    approved = approve(writer, again(writer, issue), tomorrow)
    assert (approved.due_at, approved.not_after) == (issue.due_at, tomorrow + 6 * HOUR)
    assert approved.notes == ()


def test_a_sent_issue_went_through_each_state_once(writer: Engine, now: datetime) -> None:
    issue = begun(writer, now)
    with pytest.raises(IssueNotOpen, match="draft"):
        do(writer, issues.start, issue.id, now)
    approve(writer, issue, now)
    started = do(writer, issues.start, issue.id, now + HOUR)
    assert (started.state, started.started_at) == ("sending", now + HOUR)
    with pytest.raises(IssueNotOpen):
        do(writer, issues.start, issue.id, now + HOUR)
    assert do(writer, issues.pause, issue.id).state == "paused"
    resumed = do(writer, issues.resume, issue.id, now + 9 * HOUR)
    assert (resumed.state, resumed.not_after) == ("sending", now + 15 * HOUR)
    ended = do(writer, issues.end, issue.id, now + 10 * HOUR)
    assert (ended.state, ended.ended_at, ended.started_at) == ("sent", now + 10 * HOUR, now + HOUR)
    for step in (issues.reopen, issues.skip, issues.pause):
        with pytest.raises(IssueNotOpen):
            do(writer, step, issue.id)


def test_what_came_too_late_waits_for_a_person(writer: Engine, now: datetime) -> None:
    issue = begun(writer, now)
    approve(writer, issue, now)
    late = do(writer, issues.late, issue.id)
    assert (late.state, late.notes) == ("late", ("late",))
    resumed = do(writer, issues.resume, issue.id, now + 48 * HOUR)
    assert (resumed.state, resumed.notes, resumed.not_after) == ("approved", (), now + 54 * HOUR)
    do(writer, issues.start, issue.id, now + 48 * HOUR)
    do(writer, issues.late, issue.id)
    assert do(writer, issues.resume, issue.id, now + 49 * HOUR).state == "sending"


def test_posts_of_a_skipped_week_may_come_later(writer: Engine, now: datetime, items: list[str]) -> None:
    issue = begun(writer, now, *items)
    skipped = do(writer, issues.skip, issue.id, "Ana", "nothing new")
    assert skipped.content["skipped"] == {"by": "Ana", "why": "nothing new"}
    assert do(writer, issues.used_items, SLUG) == set()
    assert begin(writer, now) is None  # the week had its issue


def test_editors_are_told_once_and_notes_stand_once(writer: Engine, now: datetime) -> None:
    issue = begun(writer, now)
    assert do(writer, issues.told, issue.id, now)
    assert not do(writer, issues.told, issue.id, now)
    assert do(writer, issues.mark, issue.id, "waits")
    assert not do(writer, issues.mark, issue.id, "waits")
    assert again(writer, issue).notes == ("waits",)
    assert again(writer, issue).version == issue.version  # a look at it is not stale by this


def test_an_issue_is_public_from_its_first_mail_on(
    writer: Engine, reader: Engine, now: datetime, items: list[str]
) -> None:
    door = Door(reader)
    issue = begun(writer, now, *items)
    approve(writer, issue, now)
    assert door.issues(SLUG, 5) == ()
    before = door.version(SLUG)
    do(writer, issues.start, issue.id, now)
    assert door.version(SLUG) == before + 1  # pages and files are made again
    sent = door.issue(SLUG, 1)
    assert sent
    # A list of issues goes without the letters, which are long.
    assert door.issues(SLUG, 5) == (replace(sent, frozen={}),)
    assert [one.id for one in sent.items] == items
    assert (sent.subject, sent.sent_at, sent.frozen) == ({"en": "The week"}, now, {"en": "x"})
    assert door.issues_with(SLUG, items[:1]) == (1,)
    do(writer, issues.end, issue.id, now)
    assert door.version(SLUG) == before + 2
    assert door.issue(SLUG, 2) is None


def test_a_removed_post_leaves_the_public_issue(
    writer: Engine, reader: Engine, now: datetime, items: list[str]
) -> None:
    sending(writer, now, *items)
    decide(writer, Action.TAKE_DOWN, items[0], now)
    sent = Door(reader).issue(SLUG, 1)
    assert sent
    assert [one.id for one in sent.items] == items[1:]
    assert [pick["item"] for pick in sent.content["picks"]] == items[1:]
    assert "runners_up" not in sent.content
