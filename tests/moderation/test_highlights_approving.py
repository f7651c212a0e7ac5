"""Approving an edition, alone or in twos; looking at it, testing it, opening it again, or not."""

import pytest
from sqlalchemy import text

from aggregator.item import Action
from aggregator.settings import Highlights
from aggregator.store.issues import Issue
from feeds.highlights.letter import thaw
from moderation.routes import Role
from tests.aggregator.store import making
from tests.moderation import editions
from tests.moderation.editions import PATH, a_draft, now_of
from tests.moderation.house import House
from tests.moderation.screens import form, location, soup, words
from tests.moderation.test_highlights import editor, ours, press
from tests.only_sqlite import database

__all__ = ["database", "ours"]


@pytest.fixture
def in_twos(ours: House) -> House:
    return editions.mailing(ours, highlights=Highlights(second_person=True))


def issue_in(house: House, **more: object) -> Issue:
    return editions.begun(house, a_draft(editions.posts(house), **more))


def test_approving_keeps_every_word_in_every_language(ours: House) -> None:
    issue_in(ours)

    answer = press(editor(ours), 1, "approve")

    assert location(answer) == f"{PATH}/1?said=approved"
    found = now_of(ours, 1)
    assert (found.state, found.approved_by) == ("approved", "Edda Lindqvist")
    assert found.frozen
    letters = thaw(found.frozen, found.digest)
    assert sorted(letters) == ["ar", "en", "fr"]
    assert letters["fr"].subject == "Le bus que personne n’a quitté"


def test_words_that_were_typed_are_looked_at_before_they_are_approved(ours: House) -> None:
    issue_in(ours)
    browser = editor(ours)

    answer = press(browser, 1, "approve", subject__en="Typed at the last moment")

    assert location(answer) == f"{PATH}/1?said=look-first"
    assert now_of(ours, 1).state == "draft"
    assert press(browser, 1, "approve").status_code == 303
    assert now_of(ours, 1).state == "approved"


def test_what_must_be_put_right_stops_it_and_says_where(ours: House) -> None:
    issue_in(ours, subject={})
    browser = editor(ours)

    page = soup(browser.get(f"{PATH}/1"))
    answer = press(browser, 1, "approve")

    assert ours.desk.say("finding-subject-empty") in words(page.select_one(".findings"))
    assert answer.status_code == 422
    assert ours.desk.say("check-stops") in words(soup(answer).select_one("[role=alert]"))
    assert now_of(ours, 1).state == "draft"


def test_a_finding_about_a_post_leads_to_it(ours: House) -> None:
    ids = editions.posts(ours)
    editions.begun(ours, a_draft(ids))
    making.decide(ours.desk.writer, Action.TAKE_DOWN, ids[1], ours.clock())

    page = soup(editor(ours).get(f"{PATH}/1"))

    assert page.select_one(f'.findings a[href="#pick-{ids[1]}"]')


def test_the_first_of_two_people_cannot_be_the_second(in_twos: House) -> None:
    issue_in(in_twos)
    browser = editor(in_twos)
    assert location(press(browser, 1, "approve")) == f"{PATH}/1?said=seconding"

    page = soup(browser.get(f"{PATH}/1"))
    found = now_of(in_twos, 1)
    answer = browser.post(f"{PATH}/1/approve", version=str(found.version), digest=found.digest)

    assert in_twos.desk.say("approve-wait-second") in words(page)
    assert not page.select("#approve")
    assert answer.status_code == 409
    assert now_of(in_twos, 1).state == "seconding"


def test_the_second_person_approves_the_very_same_words(in_twos: House) -> None:
    issue_in(in_twos)
    press(editor(in_twos), 1, "approve")
    before = now_of(in_twos, 1)
    other = in_twos.signed_in(Role.ADMIN)

    shown = other.get(f"{PATH}/1")
    answer = other.post(f"{PATH}/1/approve", **form(shown, "#approve"))

    found = now_of(in_twos, 1)
    assert location(answer) == f"{PATH}/1?said=approved"
    assert (found.state, found.seconded_by) == ("approved", "Amina Yusuf")
    assert (found.digest, found.frozen) == (before.digest, before.frozen)
    assert "Approved by Edda Lindqvist and Amina Yusuf" in words(soup(other.get(f"{PATH}/1")))


def test_the_second_person_cannot_approve_other_words(in_twos: House) -> None:
    issue_in(in_twos)
    press(editor(in_twos), 1, "approve")
    found = now_of(in_twos, 1)

    answer = in_twos.signed_in(Role.ADMIN).post(
        f"{PATH}/1/approve", version=str(found.version), digest="0" * 64
    )

    assert answer.status_code == 409
    assert now_of(in_twos, 1).state == "seconding"


def test_what_was_approved_is_opened_again_and_approved_anew(ours: House) -> None:
    issue_in(ours)
    browser = editor(ours)
    press(browser, 1, "approve")

    found = now_of(ours, 1)
    answer = browser.post(f"{PATH}/1/reopen", version=str(found.version))

    assert location(answer) == f"{PATH}/1?said=reopened"
    assert (now_of(ours, 1).state, now_of(ours, 1).frozen) == ("draft", None)


def test_a_week_is_left_out_with_its_reason(ours: House) -> None:
    issue = issue_in(ours)
    browser = editor(ours)

    answer = browser.post(f"{PATH}/1/skip", version=str(issue.version), why=" A holiday   week ")

    assert location(answer) == f"{PATH}/1?said=skipped"
    page = soup(browser.get(location(answer)))
    assert "Edda Lindqvist wrote: A holiday week" in words(page)


def test_a_test_mail_carries_the_words_that_were_just_typed(ours: House) -> None:
    issue_in(ours)

    answer = press(editor(ours), 1, "test", to="me", subject__en="Freshly typed")

    assert location(answer) == f"{PATH}/1?said=tested"
    assert "Freshly typed" in str(now_of(ours, 1).content)
    with ours.desk.reader.connect() as connection:
        rows = connection.execute(text("SELECT address, facts FROM outgoing")).all()
    assert [row.address for row in rows] == ["editor@library.example"]


@pytest.mark.parametrize(
    ("to", "many"), [("me", 1), ("me-all", 3), ("list", 2), ("somebody@else.example", 1)]
)
def test_a_test_goes_to_oneself_or_to_the_list_and_to_nobody_else(
    ours: House, to: str, many: int
) -> None:
    issue = issue_in(ours)
    editor(ours).post(f"{PATH}/{issue.number}/test", to=to)

    with ours.desk.reader.connect() as connection:
        addresses = set(connection.scalars(text("SELECT address FROM outgoing")))
        found = connection.scalar(text("SELECT count(*) FROM outgoing"))
    assert found == many
    assert addresses <= {"editor@library.example", "desk@library.example", "proof@library.example"}


def test_a_stuck_finger_fills_nobodys_mailbox(ours: House) -> None:
    issue_in(ours)
    browser = editor(ours)
    for _ in range(30):
        browser.post(f"{PATH}/1/test", to="list")

    with ours.desk.reader.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM outgoing")) == 40


# ---- how it looks ----


def test_the_mail_stands_in_a_frame_that_runs_nothing(ours: House) -> None:
    issue_in(ours)
    answer = ours.signed_in(Role.VIEWER).get(f"{PATH}/1/preview")

    policy = answer.headers["Content-Security-Policy"]
    assert "We read to forty children on the bus" in answer.text
    for part in ("default-src 'none'", "form-action 'none'", "frame-ancestors 'self'", "sandbox"):
        assert part in policy
    assert "script-src" not in policy
    assert answer.headers["Cache-Control"] == "no-store"


def test_light_and_dark_are_chosen_here_and_not_by_the_computer(ours: House) -> None:
    issue_in(ours)
    browser = ours.signed_in(Role.VIEWER)

    light, dark = (browser.get(f"{PATH}/1/preview?look={look}").text for look in ("light", "dark"))

    assert "@media not all" in light
    assert "@media all" in dark
    assert "prefers-color-scheme" not in light + dark


def test_without_pictures_none_is_loaded(ours: House) -> None:
    issue_in(ours)
    answer = ours.signed_in(Role.VIEWER).get(f"{PATH}/1/preview?look=bare")

    assert "img-src 'none'" in answer.headers["Content-Security-Policy"]


def test_each_language_has_its_own_direction_and_falls_back(ours: House) -> None:
    issue_in(ours)
    arabic = soup(ours.signed_in(Role.VIEWER).get(f"{PATH}/1/preview?language=ar"))

    assert arabic.html
    assert (arabic.html["lang"], arabic.html["dir"]) == ("ar", "rtl")
    assert "A good week" in words(arabic)


def test_the_text_is_shown_as_text(ours: House) -> None:
    issue_in(ours, intro={"en": "<b>Not bold</b>"})
    page = soup(ours.signed_in(Role.VIEWER).get(f"{PATH}/1/preview?look=text"))

    assert "<b>Not bold</b>" in page.select_one("pre").get_text()  # type: ignore[union-attr] # it is there


def test_what_was_approved_is_what_is_shown_without_what_was_withdrawn_since(ours: House) -> None:
    ids = editions.posts(ours)
    editions.approved(ours, editions.begun(ours, a_draft(ids)))
    browser = ours.signed_in(Role.VIEWER)
    before = browser.get(f"{PATH}/1/preview").text
    making.decide(ours.desk.writer, Action.TAKE_DOWN, ids[1], ours.clock())

    after = browser.get(f"{PATH}/1/preview").text

    assert "seed library" in before
    assert "seed library" not in after
    assert "forty children" in after


def test_a_body_that_was_changed_in_the_store_says_so(ours: House) -> None:
    issue = editions.approved(ours, issue_in(ours))
    with ours.desk.writer.begin() as connection:
        connection.execute(
            text("UPDATE issue SET digest = :d WHERE id = :i"), {"d": "0" * 64, "i": issue.id}
        )

    answer = ours.signed_in(Role.VIEWER).get(f"{PATH}/1/preview")

    assert ours.desk.say("finding-letter-changed") in words(soup(answer))
