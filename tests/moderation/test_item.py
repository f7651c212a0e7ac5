"""One post's own page: its history, every wording, and the words that moderators add."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from aggregator.item import Action, Media
from aggregator.store.published import Door
from moderation.routes import Role
from tests.aggregator.store import making
from tests.moderation.filling import a_post, bring, draw_pictures, state_of, use_pictures
from tests.moderation.house import SLUG, House, house, populated
from tests.moderation.screens import buttons, form, location, soup, toast, words

PICTURES = (
    Media("https://files.example/1.jpg", "image", "image/jpeg", alt="A bus"),
    Media("https://files.example/2.jpg", "image", "image/jpeg"),
)


@pytest.fixture
def ours(reader: Engine, writer: Engine, tmp_path: Path, now: datetime) -> House:
    return populated(house(reader, writer, tmp_path, now))


def page_of(item: str) -> str:
    return f"/moderate/{SLUG}/item/{item}"


def keep(ours: House, item: str, role: Role = Role.MODERATOR, **words_: str) -> str:
    """Send the form of a moderator's own words, and give the line about it."""
    browser = ours.signed_in(role)
    shown = browser.get(page_of(item))
    sent = {
        **form(shown, "form.amend"),
        **{name.replace("_", "-"): said for name, said in words_.items()},
    }
    return toast(browser.get(location(browser.post(f"{page_of(item)}/words", **sent))))


def test_the_page_tells_the_whole_history_newest_first(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    making.decide(ours.desk.writer, Action.HOLD, item, ours.clock(), actor="rule", reason="off-hashtag")
    making.decide(ours.desk.writer, Action.APPROVE, item, ours.clock(), actor="shell", who="shell:ana")
    making.decide(ours.desk.writer, Action.UNDO, item, ours.clock(), actor="person", who="Ben")

    events = soup(ours.signed_in(Role.VIEWER).get(page_of(item))).select(".beside .history li")

    assert [words(event.select_one("p")) for event in events] == [
        "Last decision undone by Ben",
        "Approved by ana undone",
        "Put off by a rule",
    ]
    assert "Without the hashtag" in words(events[2])


def test_every_wording_is_there_with_what_it_changed(ours: House) -> None:
    bring(ours, a_post(1, "Come at nine. #EngagedLibraries"))
    ours.clock.forward(minutes=5)
    (item,) = bring(ours, a_post(1, "Come at ten. #EngagedLibraries"))

    newest, first = soup(ours.signed_in(Role.VIEWER).get(page_of(item))).select(".versions > li")

    assert words(newest.select_one("del")) == "nine"
    assert words(newest.select_one("ins")) == "ten"
    assert "newest" in words(newest.select_one("summary"))
    assert words(first.select_one(".words")) == "Come at nine. #EngagedLibraries"


def test_what_changed_since_approval_stands_on_the_card(ours: House) -> None:
    (item,) = bring(ours, a_post(1, "Come at nine. #EngagedLibraries"))
    making.decide(ours.desk.writer, Action.APPROVE, item, ours.clock())
    ours.clock.forward(minutes=5)
    bring(ours, a_post(1, "Come at ten. #EngagedLibraries"))

    page = ours.signed_in(Role.MODERATOR).get(page_of(item))

    assert words(soup(page).select_one("[data-diff] ins")) == "ten"
    assert "Shown, changed at its origin" in words(soup(page).select_one(".who"))
    assert buttons(page)[0] == "approve"
    assert "Show the new words" in words(soup(page).select_one(".acts"))


def test_a_shown_post_leads_to_its_public_page(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    making.decide(ours.desk.writer, Action.APPROVE, item, ours.clock())

    page = soup(ours.signed_in(Role.VIEWER).get(page_of(item)))

    assert page.select_one(f'a[href="http://localhost:8000/{SLUG}/p/{item}"]')


def test_decisions_on_the_page_stay_on_it(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    browser = ours.signed_in(Role.MODERATOR)
    sent = {**form(browser.get(page_of(item))), "action": "approve"}

    answer = browser.post(f"/moderate/{SLUG}/decide", **sent)
    page = browser.get(location(answer))
    back = browser.post(f"/moderate/{SLUG}/undo", **form(page, "[data-undo]"))

    assert location(answer).startswith(page_of(item))
    assert toast(page).startswith("Shown.")
    assert location(back).startswith(page_of(item))
    assert state_of(ours, item) == "pending"


def test_a_moderators_words_reach_readers(ours: House, reader: Engine) -> None:
    (item,) = bring(ours, a_post(1))
    making.decide(ours.desk.writer, Action.APPROVE, item, ours.clock())

    said = keep(
        ours, item, library="Riverside Library", place="Rivers", excerpt="In short.", kind="story"
    )

    (shown,) = Door(reader).latest(SLUG, 1)
    assert said.startswith("Your words are kept.")
    assert (shown.library, shown.place, shown.excerpt) == ("Riverside Library", "Rivers", "In short.")
    assert shown.item.kind == "story"


def test_every_picture_can_be_described(ours: House) -> None:
    (item,) = bring(ours, replace(a_post(1), media=PICTURES))
    use_pictures(ours, item, *PICTURES)
    draw_pictures(ours, item)
    keep(ours, item, alt_2="Children on a bus", credit="Photo: Ana Lee", licence="CC BY 4.0")

    card = soup(ours.signed_in(Role.VIEWER).get(page_of(item)))

    assert [picture["alt"] for picture in card.select(".thumbs img")] == ["A bus", "Children on a bus"]
    assert words(card.select_one(".thumbs")).count("Photo: Ana Lee, CC BY 4.0") == 2


def test_words_that_are_as_they_were_write_nothing(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    keep(ours, item, library="One")

    assert keep(ours, item, library="One") == "That was already so. Nothing changed."


def test_words_can_be_undone(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    keep(ours, item, library="One")
    browser = ours.signed_in(Role.MODERATOR)
    browser.post(f"/moderate/{SLUG}/undo")

    field = soup(browser.get(page_of(item))).select_one("#field-library")

    assert field
    assert field["value"] == ""


def test_words_that_come_too_late_are_still_in_the_form(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    browser = ours.signed_in(Role.MODERATOR)
    sent = {**form(browser.get(page_of(item)), "form.amend"), "library": "Typed with care"}
    making.decide(ours.desk.writer, Action.APPROVE, item, ours.clock())

    answer = browser.post(f"{page_of(item)}/words", **sent)
    again = {**form(answer, "form.amend"), "library": "Typed with care"}

    assert answer.status_code == 409
    assert 'value="Typed with care"' in answer.text
    assert browser.post(f"{page_of(item)}/words", **again).status_code == 303


def test_a_kind_that_is_none_is_refused(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    browser = ours.signed_in(Role.MODERATOR)
    sent = {**form(browser.get(page_of(item)), "form.amend"), "kind": "nonsense"}

    assert browser.post(f"{page_of(item)}/words", **sent).status_code == 409


def test_a_viewer_has_no_form_and_a_removed_post_neither(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    assert not soup(ours.signed_in(Role.VIEWER).get(page_of(item))).select("form.amend")
    making.decide(ours.desk.writer, Action.TAKE_DOWN, item, ours.clock())
    assert not soup(ours.signed_in(Role.MODERATOR).get(page_of(item))).select("form.amend")


def test_an_earlier_library_of_the_author_is_offered_and_not_yet_said_of_this_post(ours: House) -> None:
    there = bring(ours, a_post(1), a_post(2))
    keep(ours, there[0], library="Riverside Library")

    page = soup(ours.signed_in(Role.MODERATOR).get(page_of(there[1])))

    assert "Earlier noted as Riverside Library" in words(page.select_one(".facts"))


def test_the_own_page_is_previewed_as_readers_would_get_it(ours: House) -> None:
    (item,) = bring(ours, a_post(1, "Everybody sang along. #EngagedLibraries"))
    browser = ours.signed_in(Role.VIEWER)
    frame = soup(browser.get(page_of(item))).select_one(".own-page iframe")
    assert frame

    preview = browser.get(str(frame["src"]))

    assert "Read the original" in preview.text
    assert "frame-ancestors 'self'" in preview.headers["Content-Security-Policy"]


def test_nothing_is_previewed_under_another_campaign(ours: House) -> None:
    (item,) = bring(ours, a_post(1))

    assert ours.signed_in(Role.ADMIN).get(f"/moderate/another/preview/{item}").status_code == 404


def test_media_of_an_unknown_kind_is_said_to_be_that(ours: House) -> None:
    (item,) = bring(ours, a_post(1, media=(Media("https://files.example/scene", "hologram"),)))

    page = ours.signed_in(Role.VIEWER).get(page_of(item))

    assert page.status_code == 200
    assert words(soup(page).select_one(".thumbs .nothing")) == "Unknown sort of media · files.example"
