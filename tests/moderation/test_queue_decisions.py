"""Deciding on the screen: one click, undone by one more, and never on what nobody looked at."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from threading import Thread

import pytest
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from aggregator.item import Action, Author
from moderation.actions import REASONS
from moderation.routes import Role
from tests.aggregator.store import making
from tests.moderation.filling import a_post, bring, state_of, version_of
from tests.moderation.house import SLUG, Browser, House, house, populated
from tests.moderation.screens import counts, form, lines, location, opened, soup, toast, words

QUEUE = f"/moderate/{SLUG}"
PART = {"X-Part": "1"}


@pytest.fixture
def ours(reader: Engine, writer: Engine, tmp_path: Path, now: datetime) -> House:
    return populated(house(reader, writer, tmp_path, now))


def press(browser: Browser, action: str, at: str = "", **more: str) -> TestResponse:
    """Press a button of the open post, as a browser without scripts would."""
    page = browser.get(f"{QUEUE}?item={at}" if at else QUEUE)
    return browser.post(f"{QUEUE}/decide", **{**form(page), "action": action, **more})


def reasons_of(ours: House, item: str) -> list[tuple[str, str]]:
    with ours.desk.reader.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT action, reason, actor FROM decision ORDER BY number"
        ).all()
    assert {row.actor for row in rows} <= {"person", "shell"}
    return [(row.action, row.reason) for row in rows]


@pytest.mark.parametrize(
    ("action", "state", "said"),
    [
        ("approve", "approved", "Shown. It appears on the sites within a minute."),
        ("reject", "rejected", "Not shown."),
        ("hold", "held", "Put off."),
        ("take-down", "taken-down", "Removed from public."),
    ],
)
def test_one_click_decides_and_opens_the_next_post(
    ours: House, action: str, state: str, said: str
) -> None:
    there = bring(ours, a_post(1), a_post(2), a_post(3))
    browser = ours.signed_in(Role.MODERATOR)

    answer = press(browser, action)
    page = browser.get(location(answer))

    assert answer.status_code == 303
    assert state_of(ours, there[0]) == state
    assert opened(page) == there[1]
    assert toast(page).startswith(said)
    assert "Undo" in toast(page)


def test_the_last_post_of_a_queue_leaves_an_empty_one_behind(ours: House) -> None:
    bring(ours, a_post(1))
    browser = ours.signed_in(Role.MODERATOR)

    page = browser.get(location(press(browser, "approve")))

    assert "Nothing is waiting" in words(soup(page).select_one(".empty"))


def test_the_decision_stands_with_its_person(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    press(ours.signed_in(Role.MODERATOR), "approve")

    page = ours.signed_in(Role.VIEWER).get(f"{QUEUE}/item/{item}")

    assert "Approved by Mo Reyes" in words(soup(page).select_one(".history"))


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_is_a_second_step_and_one_button(ours: House, reason: str) -> None:
    (item,) = bring(ours, a_post(1))
    press(ours.signed_in(Role.MODERATOR), f"reject:{reason}")

    assert state_of(ours, item) == "rejected"
    assert reasons_of(ours, item) == [("reject", reason)]


def test_a_note_stands_in_the_history(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    press(ours.signed_in(Role.MODERATOR), "hold", note="Asked the author on Monday")

    page = ours.signed_in(Role.VIEWER).get(f"{QUEUE}?item={item}")

    assert "Asked the author on Monday" in words(soup(page).select_one(".history"))


@pytest.mark.parametrize(
    "form_",
    [
        {"action": "withdraw"},
        {"action": "amend"},
        {"action": "reject:x"},
        {"version": "x"},
        {"item": "x"},
    ],
)
def test_a_form_that_is_none_of_ours_decides_nothing(ours: House, form_: dict[str, str]) -> None:
    (item,) = bring(ours, a_post(1))

    answer = press(ours.signed_in(Role.MODERATOR), **{"action": "approve", **form_})

    assert answer.status_code == 400
    assert state_of(ours, item) == "pending"


def test_undo_brings_the_post_back_and_opens_it(ours: House) -> None:
    there = bring(ours, a_post(1), a_post(2))
    browser = ours.signed_in(Role.MODERATOR)
    page = browser.get(location(press(browser, "approve")))

    answer = browser.post(f"{QUEUE}/undo", **form(page, "[data-undo]"))
    back = browser.get(location(answer))

    assert state_of(ours, there[0]) == "pending"
    assert opened(back) == there[0]
    assert toast(back) == "Undone. This is the post."


def test_undo_takes_back_ones_own_last_decisions_one_after_another(ours: House) -> None:
    there = bring(ours, *(a_post(number) for number in range(1, 4)))
    mo, amina = ours.signed_in(Role.MODERATOR), ours.signed_in(Role.ADMIN)
    press(mo, "approve", there[0])
    press(amina, "approve", there[1])
    press(mo, "reject", there[2])

    for _ in range(3):
        last = mo.post(f"{QUEUE}/undo", state="waiting")

    assert [state_of(ours, item) for item in there] == ["pending", "approved", "pending"]
    assert toast(mo.get(location(last))) == "There is nothing left to undo."


def test_undo_of_what_somebody_decided_after_is_refused_and_told(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    mo, amina = ours.signed_in(Role.MODERATOR), ours.signed_in(Role.ADMIN)
    press(mo, "approve")
    press(amina, "take-down", item)

    answer = mo.post(f"{QUEUE}/undo", state="waiting")

    assert answer.status_code == 409
    assert state_of(ours, item) == "taken-down"
    assert "Removed from public by Amina Yusuf" in words(soup(answer).select_one(".conflict"))


def test_nobody_undoes_anothers_decision_by_its_number(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    press(ours.signed_in(Role.ADMIN), "approve")

    answer = ours.signed_in(Role.MODERATOR).post(f"{QUEUE}/undo", number="1")

    assert location(answer).endswith("said=nothing")
    assert state_of(ours, item) == "approved"


def test_featuring_approves_first_and_one_undo_takes_both_back(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    browser = ours.signed_in(Role.MODERATOR)
    page = browser.get(location(press(browser, "feature")))
    assert [action for action, _ in reasons_of(ours, item)] == ["approve", "feature"]
    assert toast(page).startswith("Featured.")

    browser.post(f"{QUEUE}/undo", **form(page, "[data-undo]"))

    assert state_of(ours, item) == "pending"
    assert "unfeature" not in browser.get(QUEUE).text


def test_featuring_a_shown_post_is_one_decision(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    browser = ours.signed_in(Role.MODERATOR)
    press(browser, "approve")
    ours.clock.forward(seconds=2)
    press(browser, "feature", item)

    assert [action for action, _ in reasons_of(ours, item)] == ["approve", "feature"]
    browser.post(f"{QUEUE}/undo", state="shown")
    assert state_of(ours, item) == "approved"


def test_the_same_form_sent_twice_decides_once_and_says_so(ours: House) -> None:
    there = bring(ours, a_post(1), a_post(2))
    browser = ours.signed_in(Role.MODERATOR)
    sent = {**form(browser.get(QUEUE)), "action": "approve"}
    browser.post(f"{QUEUE}/decide", **sent)

    again = browser.post(f"{QUEUE}/decide", **sent)

    assert again.status_code == 303
    assert toast(browser.get(location(again))) == "That was already so. Nothing changed."
    assert version_of(ours, there[0]) == 2


def test_a_decision_on_what_somebody_else_decided_meanwhile_is_refused_with_their_words(
    ours: House,
) -> None:
    (item,) = bring(ours, a_post(1))
    mo, amina = ours.signed_in(Role.MODERATOR), ours.signed_in(Role.ADMIN)
    sent = {**form(mo.get(QUEUE)), "action": "approve"}
    press(amina, "reject:spam")

    answer = mo.post(f"{QUEUE}/decide", **sent)

    assert answer.status_code == 409
    assert state_of(ours, item) == "rejected"
    said = words(soup(answer).select_one(".conflict"))
    assert "Nothing was decided." in said
    assert "Not shown, decided by Amina Yusuf" in said
    assert "Spam or advertising" in said


def test_after_a_conflict_the_form_decides_on_the_post_as_it_is_now(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    mo, amina = ours.signed_in(Role.MODERATOR), ours.signed_in(Role.ADMIN)
    sent = {**form(mo.get(QUEUE)), "action": "approve"}
    press(amina, "reject")
    conflict = mo.post(f"{QUEUE}/decide", **sent)

    mo.post(f"{QUEUE}/decide", **{**form(conflict), "action": "approve"})

    assert state_of(ours, item) == "approved"


def test_an_edit_meanwhile_is_shown_word_by_word_before_anything_is_decided(ours: House) -> None:
    bring(ours, a_post(1, "Come at nine. #EngagedLibraries"))
    browser = ours.signed_in(Role.MODERATOR)
    sent = {**form(browser.get(QUEUE)), "action": "approve"}
    ours.clock.forward(minutes=10)
    (item,) = bring(ours, a_post(1, "Come at ten. #EngagedLibraries"))

    answer = browser.post(f"{QUEUE}/decide", **sent)

    assert answer.status_code == 409
    assert state_of(ours, item) == "pending"
    changed = soup(answer).select_one(".conflict .diff")
    assert changed
    assert (words(changed.select_one("del")), words(changed.select_one("ins"))) == ("nine", "ten")


def test_to_collect_an_author_never_again_needs_an_author(ours: House) -> None:
    (item,) = bring(ours, replace(a_post(1), author=Author()))

    answer = press(ours.signed_in(Role.MODERATOR), "reject:objection")

    assert answer.status_code == 409
    assert state_of(ours, item) == "pending"
    assert "does not fit the post" in words(soup(answer).select_one(".conflict"))


def test_putting_back_what_was_edited_meanwhile_makes_it_wait_and_says_so(ours: House) -> None:
    (item,) = bring(ours, a_post(1, "Come at nine. #EngagedLibraries"))
    browser = ours.signed_in(Role.MODERATOR)
    press(browser, "approve")
    ours.clock.forward(minutes=10)
    bring(ours, a_post(1, "Come at ten. #EngagedLibraries"))
    press(browser, "take-down", item)

    page = browser.get(location(press(browser, "restore", item)))

    assert state_of(ours, item) == "pending"
    assert toast(page).startswith("It is waiting again.")


def test_the_script_gets_the_line_and_the_new_counts_and_nothing_more(ours: House) -> None:
    bring(ours, a_post(1), a_post(2))
    browser = ours.signed_in(Role.MODERATOR)
    sent = {**form(browser.get(QUEUE)), "action": "approve"}

    answer = browser.post(f"{QUEUE}/decide", PART, **sent)

    assert answer.status_code == 200
    assert counts(answer)["shown"] == "1"
    assert toast(answer).startswith("Shown.")
    assert "<html" not in answer.text


def test_the_script_is_told_of_a_conflict_too(ours: House) -> None:
    bring(ours, a_post(1))
    mo, amina = ours.signed_in(Role.MODERATOR), ours.signed_in(Role.ADMIN)
    sent = {**form(mo.get(QUEUE)), "action": "approve"}
    press(amina, "reject")

    answer = mo.post(f"{QUEUE}/decide", PART, **sent)

    assert answer.status_code == 409
    assert "decided by Amina Yusuf" in toast(answer)
    assert counts(answer)["not-shown"] == "1"


def test_two_people_on_one_queue_lose_and_double_nothing(ours: House) -> None:
    there = bring(ours, *(a_post(number) for number in range(1, 41)))
    told: list[tuple[str, int]] = []

    def work(role: Role, seed: int) -> None:
        dice, browser = Random(seed), ours.signed_in(role)
        for item in dice.sample(there, len(there)):
            page = browser.get(f"{QUEUE}/item/{item}?state=waiting", X_Part="1")
            sent = {**form(page), "action": dice.choice(["approve", "reject", "hold"])}
            told.append((item, browser.post(f"{QUEUE}/decide", PART, **sent).status_code))

    people = [Thread(target=work, args=(role, role)) for role in (Role.MODERATOR, Role.ADMIN)]
    for one in people:
        one.start()
    for one in people:
        one.join()

    accepted = sum(status == 200 for _, status in told)
    assert {status for _, status in told} <= {200, 409}
    changes = sum(version_of(ours, item) - 1 for item in there)
    with ours.desk.reader.connect() as connection:
        written = connection.exec_driver_sql("SELECT count(*) FROM decision").scalar_one()
    assert changes == written <= accepted
    assert {state_of(ours, item) for item in there} <= {"approved", "rejected", "held"}


def test_a_decision_is_made_on_this_campaigns_posts_only(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    browser = ours.signed_in(Role.MODERATOR)
    sent = {**form(browser.get(QUEUE)), "action": "approve"}

    answer = browser.post("/moderate/another/decide", **sent)

    assert answer.status_code == 404
    assert state_of(ours, item) == "pending"


def test_a_rule_s_hold_can_be_undone_where_the_post_stands(ours: House) -> None:
    (item,) = bring(ours, a_post(1), screen=making.holding)
    browser = ours.signed_in(Role.MODERATOR)

    press(browser, "undo", item)

    assert state_of(ours, item) == "pending"


def test_decisions_keep_their_queue_and_their_place_in_the_list(ours: House) -> None:
    there = bring(ours, *(a_post(number) for number in range(1, 36)))
    browser = ours.signed_in(Role.MODERATOR)
    page = browser.get(f"{QUEUE}?after={there[29]}&view=focus")

    answer = browser.post(f"{QUEUE}/decide", **{**form(page), "action": "hold"})

    assert opened(page) == there[30]
    assert lines(browser.get(location(answer))) == there[31:]
    assert "view=focus" in location(answer)


def test_a_day_later_the_last_decision_can_still_be_undone(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    making.decide(
        ours.desk.writer,
        Action.APPROVE,
        item,
        ours.clock() - timedelta(days=1),
        actor="person",
        who="Mo Reyes",
    )

    ours.signed_in(Role.MODERATOR).post(f"{QUEUE}/undo", state="waiting")

    assert state_of(ours, item) == "pending"
