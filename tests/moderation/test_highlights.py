"""The weekly mail: the list of its editions, and editing one."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from aggregator.item import Action
from aggregator.store import issues
from aggregator.store.issues import Issue
from feeds.highlights.draft import Draft, Pick, from_json
from moderation.issue_letters import letters_of
from moderation.routes import Role
from tests.aggregator.store import making
from tests.moderation import editions
from tests.moderation.editions import PATH, a_draft, now_of
from tests.moderation.house import Browser, House, house, populated
from tests.moderation.screens import location, soup, words
from tests.only_sqlite import database

__all__ = ["database"]


@pytest.fixture
def ours(reader: Engine, writer: Engine, tmp_path: Path, now: datetime) -> House:
    return editions.mailing(populated(house(reader, writer, tmp_path, now)))


@pytest.fixture
def posts(ours: House) -> list[str]:
    return editions.posts(ours)


@pytest.fixture
def issue(ours: House, posts: list[str]) -> Issue:
    return editions.begun(ours, a_draft(posts))


def editor(ours: House) -> Browser:
    return ours.signed_in(Role.EDITOR)


def form_of(answer: TestResponse) -> dict[str, str]:
    """Give the fields of the edit form as a browser sends them, without its buttons."""
    page = soup(answer)
    found: dict[str, str] = {}
    for field in page.select("#edit input, #edit textarea, #edit select, [form=edit]:not(button)"):
        name = str(field.get("name", ""))
        if field.name == "textarea":
            found[name] = field.get_text().removeprefix("\n")
        elif field.name == "select":
            chosen = field.select_one("option[selected]") or field.select_one("option")
            found[name] = str(chosen["value"]) if chosen else ""
        else:
            found[name] = str(field["value"])
    return found


def press(browser: Browser, number: int, act: str, **typed: str) -> TestResponse:
    """Open an edition, type, and press a button of its form."""
    form = form_of(browser.get(f"{PATH}/{number}"))
    form |= {name.replace("__", ":"): value for name, value in typed.items()}
    return browser.post(f"{PATH}/{number}/keep", **{**form, "act": act})


def draft_of(ours: House, number: int = 1) -> Draft:
    return from_json(now_of(ours, number).content)


def names(page: BeautifulSoup) -> list[str]:
    return [words(one.select_one(".who strong")) for one in page.select(".pick")]


# ---- the list ----


def test_without_an_edition_it_says_when_and_offers_to_draft_one(ours: House) -> None:
    page = soup(editor(ours).get(PATH))

    assert ours.desk.say("mail-none-yet") in words(page)
    assert "Oct 7, 2026, 12:00 PM EDT" in words(page).replace("\u202f", " ")
    assert page.select_one(f'form[action="{PATH}/draft"] button')


def test_who_may_only_look_is_offered_no_button(ours: House) -> None:
    page = soup(ours.signed_in(Role.MODERATOR).get(PATH))

    assert not page.select("main form")


def test_this_weeks_edition_stands_first_in_plain_words(ours: House, issue: Issue) -> None:
    first = soup(editor(ours).get(PATH)).select_one(".this-week")

    assert "A draft waits for you. It goes out Oct 9, 2026" in words(first)
    assert "The bus that nobody left" in words(first)


def test_an_edition_that_went_out_says_what_became_of_it(ours: House, posts: list[str]) -> None:
    editions.people(ours, 12)
    made = editions.approved(ours, editions.begun(ours, a_draft(posts), 1), whole={})
    editions.ended(ours, editions.sending(ours, made, ["sent"] * 9 + ["uncertain"] * 3))

    line = words(soup(editor(ours).get(PATH)).select_one(".editions tbody tr"))

    assert "sent 9 3 to settle" in line
    assert "Edda Lindqvist" in line


def test_a_week_that_was_left_out_says_why(ours: House, issue: Issue) -> None:
    with ours.desk.writer.begin() as connection:
        issues.skip(connection, issue.id, "Edda Lindqvist", "holiday week")

    page = soup(editor(ours).get(PATH))

    assert "left out: holiday week" in words(page)
    assert ours.desk.say("mail-is-made") in words(page)
    assert not page.select(f'form[action="{PATH}/draft"]')


def test_a_draft_is_made_now_of_what_is_shown(ours: House, posts: list[str]) -> None:
    answer = editor(ours).post(f"{PATH}/draft")

    assert location(answer) == f"{PATH}/1?said=drafted"
    assert set(draft_of(ours).items) <= set(posts)
    assert draft_of(ours).items


def test_a_second_draft_of_a_week_is_the_first_one(ours: House, issue: Issue) -> None:
    assert location(editor(ours).post(f"{PATH}/draft")) == f"{PATH}/1?said=nothing"


def test_without_any_post_nothing_is_drafted_and_said_so(ours: House) -> None:
    browser = editor(ours)
    answer = browser.post(f"{PATH}/draft")

    assert ours.desk.say("mail-said-no-post") in words(soup(browser.get(location(answer))))


def test_without_a_mail_server_it_says_what_still_works(
    reader: Engine, writer: Engine, tmp_path: Path, now: datetime
) -> None:
    plain = populated(house(reader, writer, tmp_path, now))

    page = soup(plain.signed_in(Role.VIEWER).get(PATH))

    assert plain.desk.say("mail-hint-no-server") in words(page)


@pytest.mark.parametrize("role", list(Role))
def test_it_is_in_the_navigation_of_everybody(ours: House, role: Role) -> None:
    page = soup(ours.signed_in(role).get(f"/moderate/{ours.desk.settings.campaigns[0].slug}"))

    assert page.select(f'nav a[href="{PATH}"]')


# ---- editing ----


def test_a_draft_shows_each_post_with_why_it_is_there(ours: House, issue: Issue) -> None:
    page = soup(editor(ours).get(f"{PATH}/1"))

    first = page.select_one(".pick")
    assert names(page)[:2] == ["Ana Lee", "Bram Okafor"]
    assert "A moderator put it in a featured place" in words(first)
    assert "Did better than 97 % of what came from" in words(first)
    assert "library not known" in words(first)
    assert "For 5 of these posts the library is not known" in words(page)


def test_who_may_only_look_sees_words_and_no_fields(ours: House, issue: Issue) -> None:
    page = soup(ours.signed_in(Role.MODERATOR).get(f"{PATH}/1"))

    assert "A good week: here is what you made of it." in words(page)
    assert not page.select('main form[method="post"]')
    assert len(page.select(".pick")) == 5


def test_what_was_typed_is_kept(ours: House, issue: Issue) -> None:
    answer = press(
        editor(ours), 1, "keep", subject__fr="Six bancs", intro__en="New words.\r\nTwo lines."
    )

    assert location(answer) == f"{PATH}/1?said=kept"
    assert draft_of(ours).subject["fr"] == "Six bancs"
    assert draft_of(ours).intro["en"] == "New words.\nTwo lines."


def test_keeping_without_a_change_makes_no_new_version(ours: House, issue: Issue) -> None:
    answer = press(editor(ours), 1, "keep")

    assert location(answer) == f"{PATH}/1?said=same"
    assert now_of(ours, 1).version == issue.version


def test_moving_a_post_keeps_what_was_typed_and_leads_back_to_it(
    ours: House, issue: Issue, posts: list[str]
) -> None:
    browser = editor(ours)
    answer = press(browser, 1, f"down:{posts[0]}", subject__en="Typed before moving")

    assert location(answer).endswith(f"#pick-{posts[0]}")
    assert draft_of(ours).items[:2] == (posts[1], posts[0])
    assert draft_of(ours).subject["en"] == "Typed before moving"
    focused = soup(browser.get(location(answer))).select("[autofocus]")
    assert [one["value"] for one in focused] == [f"down:{posts[0]}"]


def test_at_the_end_of_its_way_the_focus_goes_to_the_button_that_still_works(
    ours: House, issue: Issue, posts: list[str]
) -> None:
    browser = editor(ours)
    answer = press(browser, 1, f"up:{posts[1]}")

    focused = soup(browser.get(location(answer))).select("[autofocus]")
    assert [one["value"] for one in focused] == [f"down:{posts[1]}"]


def test_a_post_is_swapped_for_a_runner_up_that_says_why_it_would_fit(
    ours: House, issue: Issue, posts: list[str]
) -> None:
    browser = editor(ours)
    offered = soup(browser.get(f"{PATH}/1")).select_one(f'button[value="swap:{posts[0]}:{posts[5]}"]')
    assert offered
    assert "Did better than 71 %" in words(offered.find_parent("li"))

    press(browser, 1, f"swap:{posts[0]}:{posts[5]}")

    assert draft_of(ours).items[0] == posts[5]
    assert draft_of(ours).runners_up[0].item == posts[0]


def test_a_post_is_dropped_and_added_again(ours: House, issue: Issue, posts: list[str]) -> None:
    browser = editor(ours)
    press(browser, 1, f"drop:{posts[2]}")
    assert posts[2] not in draft_of(ours).items

    press(browser, 1, f"add:{posts[2]}")
    assert draft_of(ours).items[-1] == posts[2]


def test_words_of_ones_own_are_added_and_filled_in(ours: House, issue: Issue) -> None:
    browser = editor(ours)
    press(browser, 1, "block:call")
    press(browser, 1, "keep", block__0__title__en="Tell us", block__0__after="before")

    block = draft_of(ours).blocks[0]
    assert (block.kind, block.title["en"], block.after) == ("call", "Tell us", False)


def test_a_post_that_was_withdrawn_meanwhile_says_so(
    ours: House, issue: Issue, posts: list[str]
) -> None:
    making.decide(ours.desk.writer, Action.TAKE_DOWN, posts[1], ours.clock())

    page = soup(editor(ours).get(f"{PATH}/1"))

    gone = page.select_one(f"#pick-{posts[1]}")
    assert ours.desk.say("pick-gone") in words(gone)
    assert "Bram Okafor" in words(gone)


# ---- two at it at once ----


def test_a_form_of_an_older_version_is_refused_and_no_word_is_lost(ours: House, issue: Issue) -> None:
    browser = editor(ours)
    form = form_of(browser.get(f"{PATH}/1"))
    editions.edited(ours, issue, intro={"en": "Somebody else wrote this."})

    answer = browser.post(
        f"{PATH}/1/keep", **{**form, "act": "keep", "subject:en": "My subject", "intro:en": "My words."}
    )

    page = soup(answer)
    assert answer.status_code == 409
    assert ours.desk.say("late-edited") in words(page)
    assert form_of(answer)["subject:en"] == "My subject"
    assert form_of(answer)["intro:en"] == "My words."
    assert "Somebody else wrote this." in words(page.select_one(".theirs"))
    assert draft_of(ours).intro["en"] == "Somebody else wrote this."


def test_after_looking_it_over_the_same_words_can_be_kept(ours: House, issue: Issue) -> None:
    browser = editor(ours)
    form = form_of(browser.get(f"{PATH}/1"))
    editions.edited(ours, issue, intro={"en": "Somebody else wrote this."})
    refused = browser.post(f"{PATH}/1/keep", **{**form, "act": "keep", "subject:en": "My subject"})

    again = browser.post(f"{PATH}/1/keep", **{**form_of(refused), "act": "keep"})

    assert location(again) == f"{PATH}/1?said=kept"
    assert draft_of(ours).subject["en"] == "My subject"
    assert draft_of(ours).intro["en"] == "Somebody else wrote this."


def test_words_for_an_edition_that_was_approved_meanwhile_can_be_copied(
    ours: House, issue: Issue
) -> None:
    browser = editor(ours)
    form = form_of(browser.get(f"{PATH}/1"))
    editions.approved(ours, issue, by="Amina Yusuf")

    answer = browser.post(f"{PATH}/1/keep", **{**form, "act": "keep", "subject:en": "Too late"})

    page = soup(answer)
    assert answer.status_code == 409
    assert "meanwhile it is “Approved”" in words(page)
    assert [words(field) for field in page.select(".conflict textarea")] == ["Too late"]
    assert "Approved by Amina Yusuf" in words(page)


def test_a_longer_form_than_elsewhere_is_taken_of_editors_only(ours: House, issue: Issue) -> None:
    form = {"version": str(issue.version), "act": "keep"}
    long = {f"blurb:{'a' * 12}:{number}": "ለ" * 600 for number in range(60)}

    assert editor(ours).post(f"{PATH}/1/keep", **form, **long).status_code == 303
    assert ours.signed_in(Role.MODERATOR).post(f"{PATH}/1/keep", **form, **long).status_code == 413


def test_no_screen_of_it_speaks_of_what_only_programs_know(ours: House, issue: Issue) -> None:
    browser = ours.signed_in(Role.ADMIN)
    for path in (PATH, f"{PATH}/1", f"{PATH}/1/sending", PATH.replace("highlights", "subscribers")):
        shown = words(soup(browser.get(path)).select_one("main")).lower()
        found = [word for word in ("slug", "kind", "tombstone", "revision", "invalid") if word in shown]
        assert found == [], path


def test_time_that_has_passed_is_told(ours: House, issue: Issue) -> None:
    ours.clock.at += timedelta(days=5)

    page = soup(ours.signed_in(Role.EDITOR).get(f"{PATH}/1"))

    assert "nobody had approved it" in words(page)
    assert ours.desk.say("approve-hint-now") in words(page)


def test_the_date_stands_in_the_words_as_in_the_letter(ours: House, posts: list[str]) -> None:
    subject = {"en": "News of {{date}}", "fr": "Du {{date}}"}
    issue = editions.begun(ours, a_draft(posts, subject=subject))
    campaign = ours.desk.settings.campaigns[0]
    of_letter = letters_of(ours.desk, campaign, issue)["en"].subject
    assert of_letter == "News of Oct 5\u2009–\u200911, 2026"
    looking = ours.signed_in(Role.VIEWER)
    assert " ".join(of_letter.split()) in words(soup(looking.get(PATH)))
    screen = looking.get(f"{PATH}/{issue.number}").text
    assert of_letter in screen
    assert "{{date}}" not in screen
    assert "Du 5–11 oct. 2026" in screen


def test_a_featured_post_that_did_badly_is_not_praised_for_it(ours: House, posts: list[str]) -> None:
    picks = (Pick(posts[0], ("pinned", "percentile:5")), Pick(posts[1], ("percentile:50",)))
    issue = editions.begun(ours, a_draft(posts, picks=picks, runners_up=()))
    said = words(soup(editor(ours).get(f"{PATH}/{issue.number}")))
    assert "Did better than 5 %" not in said
    assert "Did better than 50 %" in said


def test_the_text_of_a_mail_is_no_wider_than_its_frame(ours: House, issue: Issue) -> None:
    shown = editor(ours).get(f"{PATH}/{issue.number}/preview?look=text").text
    assert "overflow-wrap:anywhere" in shown
