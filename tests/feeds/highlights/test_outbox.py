"""Sending one issue: once to everybody, and whatever goes wrong is said and not repeated."""

from datetime import timedelta

import pytest

from aggregator.item import Action
from aggregator.store import deliveries, issues, subscribers
from aggregator.store.issues import Issue
from feeds.highlights.outbox import NOTHING_LEFT, Outbox, Progress
from feeds.highlights.send import MailTrouble
from tests.aggregator.store.making import decide
from tests.feeds.highlights.a_mailing import House, open_sink, ours, people, post_office
from tests.mail_sink import Sink

__all__ = ["open_sink", "ours", "post_office"]


def send(ours: House, issue: Issue, outbox: Outbox | None = None) -> Progress:
    """Send all that is due now."""
    working = outbox or ours.outbox()
    progress = working.send(ours.campaign, issue)
    while progress.what == "more":
        progress = working.send(ours.campaign, issue)
    return progress


def test_everybody_gets_one_and_the_issue_is_sent(ours: House, post_office: Sink) -> None:
    issue = ours.sending(*people(60))
    assert send(ours, issue) == Progress("sent")
    assert ours.state_of(issue) == "sent"
    assert post_office.received == dict.fromkeys(people(60), 1)
    assert {state for state, _ in ours.states(issue).values()} == {"sent"}


def test_a_mail_that_is_put_off_twice_is_delivered_once(ours: House, post_office: Sink) -> None:
    issue = ours.sending("later@a.example", "reader@b.example")
    outbox = ours.outbox()
    for _ in range(2):
        assert send(ours, issue, outbox).what == "waits"
        assert ours.states(issue)["later@a.example"] == ("queued", "451 4.3.0 try again later")
        ours.clock.later(minutes=20)
    assert send(ours, issue, outbox) == Progress("sent")
    assert post_office.received == {"reader@b.example": 1, "later@a.example": 1}


def test_an_unknown_address_is_shown_and_never_written_to_again(ours: House, post_office: Sink) -> None:
    issue = ours.sending("reject@a.example")
    assert send(ours, issue).what == "sent"
    assert ours.states(issue) == {"reject@a.example": ("bounced", "550 5.1.1 no such user")}
    with ours.writer.begin() as connection:
        (reader,) = subscribers.all_of(connection, ours.campaign.slug)
    assert (reader.state, reader.cause) == ("suppressed", "bounce")


def test_a_line_that_breaks_after_all_was_given_leaves_a_mail_uncertain(
    ours: House, post_office: Sink
) -> None:
    issue = ours.sending("drop@a.example", "reader@b.example")
    assert send(ours, issue) == Progress("sent", uncertain=1)
    assert ours.states(issue)["drop@a.example"][0] == "uncertain"
    assert post_office.received == {"drop@a.example": 1, "reader@b.example": 1}


def test_a_line_that_breaks_before_that_costs_nothing(ours: House, post_office: Sink) -> None:
    issue = ours.sending("cut@a.example", "reader@b.example")
    outbox = ours.outbox()
    assert send(ours, issue, outbox).what == "waits"
    assert ours.states(issue)["cut@a.example"][0] == "queued"
    ours.clock.later(minutes=10)
    assert send(ours, issue, outbox) == Progress("sent")
    assert post_office.received == {"cut@a.example": 1, "reader@b.example": 1}


def test_a_mail_that_is_refused_failed_and_can_be_tried_again(ours: House, post_office: Sink) -> None:
    issue = ours.sending("big@a.example", "policy@b.example")
    assert send(ours, issue).what == "sent"
    assert ours.states(issue) == {
        "big@a.example": ("failed", "552 5.3.4 too big"),
        "policy@b.example": ("failed", "550 5.7.1 we do not want mail like this"),
    }
    with ours.writer.begin() as connection:
        assert deliveries.retry_failed(connection, issue.id, ours.clock()) == 2
        assert {one.state for one in subscribers.all_of(connection, ours.campaign.slug)} == {"confirmed"}


def test_a_server_that_refuses_everything_is_not_asked_for_the_whole_list(
    ours: House, post_office: Sink
) -> None:
    issue = ours.sending(*(f"policy@place{number}.example" for number in range(30)))
    progress = send(ours, issue)
    assert progress == Progress("stopped", words="550 5.7.1 we do not want mail like this")
    assert ours.state_of(issue) == "paused"
    assert sum(post_office.asked.values()) == 10


def test_nothing_is_claimed_while_the_server_cannot_be_reached(ours: House) -> None:
    mail = ours.settings.mail.model_copy(update={"smtp": "smtp://127.0.0.1:9"})
    ours.settings = ours.settings.model_copy(update={"mail": mail})
    issue = ours.sending("reader@a.example")
    with pytest.raises(MailTrouble, match=r"127\.0\.0\.1:9 could not be reached"):
        send(ours, issue)
    assert ours.states(issue) == {"reader@a.example": ("queued", "")}


def test_who_left_meanwhile_gets_nothing(ours: House, post_office: Sink) -> None:
    issue = ours.sending(*people(3))

    def leave(_: str) -> None:
        post_office.on_letter = lambda _: None
        with ours.writer.begin() as connection:
            last = subscribers.all_of(connection, ours.campaign.slug)
            keys = [one.key for one in last if one.address == people(3)[2]]
            subscribers.unsubscribe(connection, keys[0], "one-click", ours.clock())

    post_office.on_letter = leave
    send(ours, issue)
    assert post_office.received == dict.fromkeys(people(2), 1)
    assert ours.states(issue)[people(3)[2]] == ("skipped", "unsubscribed")


def test_a_post_that_is_withdrawn_is_in_no_mail_sent_after(ours: House, post_office: Sink) -> None:
    issue = ours.sending(*people(4))

    def take_down(_: str) -> None:
        if len(post_office.letters) == 2:
            decide(ours.writer, Action.TAKE_DOWN, ours.items[1], ours.clock())

    post_office.on_letter = take_down
    send(ours, issue)
    has_it = ["Post 2" in text_of(message) for message in post_office.messages()]
    assert has_it == [True, True, False, False]
    assert all("Post 1" in text_of(message) for message in post_office.messages())


def text_of(message: object) -> str:
    """Give all words of a message, of both its parts."""
    return "".join(part.get_content() for part in message.walk() if not part.is_multipart())  # type: ignore[attr-defined] # an EmailMessage


def test_a_letter_of_which_nothing_is_left_is_not_sent(ours: House, post_office: Sink) -> None:
    issue = ours.sending("reader@a.example")
    for item in ours.items:
        decide(ours.writer, Action.TAKE_DOWN, item, ours.clock())
    assert send(ours, issue).what == "sent"
    assert ours.states(issue) == {"reader@a.example": ("skipped", NOTHING_LEFT)}
    assert post_office.letters == []


def test_a_domain_gets_no_more_than_it_may_in_a_minute(ours: House, post_office: Sink) -> None:
    mail = ours.settings.mail.model_copy(update={"per_minute": 2})
    ours.settings = ours.settings.model_copy(update={"mail": mail})
    issue = ours.sending("one@a.example", "two@a.example", "three@b.example")
    outbox = ours.outbox()
    assert send(ours, issue, outbox).what == "waits"
    assert post_office.received == {"one@a.example": 1, "three@b.example": 1}
    assert outbox.free_in() == pytest.approx(30)
    ours.clock.later(seconds=31)
    assert send(ours, issue, outbox).what == "sent"
    assert post_office.received["two@a.example"] == 1


def test_two_workers_write_to_a_domain_no_faster_than_one(ours: House, post_office: Sink) -> None:
    mail = ours.settings.mail.model_copy(update={"per_minute": 2})
    ours.settings = ours.settings.model_copy(update={"mail": mail})
    issue = ours.sending(*(f"reader{number}@a.example" for number in range(4)))
    both = ours.outbox(), ours.outbox()
    for many in range(1, 5):
        for outbox in both:
            send(ours, issue, outbox)
            assert len(post_office.letters) == many
            assert outbox.free_in() == pytest.approx(30) or many == 4
        ours.clock.later(seconds=30)
    assert ours.state_of(issue) == "sent"
    assert set(post_office.received.values()) == {1}


def test_somebody_pauses_and_resumes_it(ours: House, post_office: Sink) -> None:
    issue = ours.sending(*people(3))

    def pause(_: str) -> None:
        post_office.on_letter = lambda _: None
        with ours.writer.begin() as connection:
            issues.pause(connection, issue.id)

    post_office.on_letter = pause
    assert send(ours, issue).what == "waits"
    assert len(post_office.letters) == 1
    with ours.writer.begin() as connection:
        issues.resume(connection, issue.id, ours.clock())
    assert send(ours, issue).what == "sent"
    assert post_office.received == dict.fromkeys(people(3), 1)


def test_too_late_nothing_leaves_by_itself(ours: House, post_office: Sink) -> None:
    issue = ours.sending("reader@a.example")
    ours.clock.later(hours=7)
    assert send(ours, issue) == Progress("late")
    assert post_office.letters == []


def test_who_stops_the_program_stops_it_between_two_mails(ours: House, post_office: Sink) -> None:
    issue = ours.sending(*people(3))
    ours.is_stopped = lambda: len(post_office.letters) == 1
    assert send(ours, issue).what == "waits"
    states = sorted(state for state, _ in ours.states(issue).values())
    assert states == ["queued", "queued", "sent"]


def test_what_was_on_its_way_at_a_kill_is_uncertain_and_settled_by_a_person(
    ours: House, post_office: Sink
) -> None:
    issue = ours.sending(*people(2))
    with ours.writer.begin() as connection:
        deliveries.claim(connection, issue.id, ours.clock(), 1)
    outbox = ours.outbox()
    assert outbox.strand() == 1
    assert send(ours, issue, outbox) == Progress("sent", uncertain=1)
    assert post_office.received == {people(2)[1]: 1}
    with ours.writer.begin() as connection:
        (doubt,) = deliveries.uncertain(connection, issue.id)
        deliveries.settle(connection, doubt.id, "again", "Ana", ours.clock() + timedelta(minutes=1))
        again = issues.by_id(connection, issue.id)
    ours.clock.later(minutes=1)
    assert send(ours, again, outbox) == Progress("sent")
    assert post_office.received == dict.fromkeys(people(2), 1)
