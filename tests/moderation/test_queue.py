"""The queue as people see it: tabs, list, open post."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from aggregator.item import Action, Author, Flag, Found, Item, Media, SafeHtml
from aggregator.stages import Known, Screened
from moderation.queue import ROWS
from moderation.routes import Role
from tests.aggregator.store import making
from tests.moderation.filling import a_post, bring, draw_pictures, use_pictures
from tests.moderation.house import SLUG, House, house, populated
from tests.moderation.screens import all_words, buttons, counts, lines, opened, soup, toast, words

QUEUE = f"/moderate/{SLUG}"
PICTURE = Media("https://files.example/1.jpg", "image", "image/jpeg", alt="A bus")


@pytest.fixture
def ours(reader: Engine, writer: Engine, tmp_path: Path, now: datetime) -> House:
    return populated(house(reader, writer, tmp_path, now))


def decided(ours: House, action: Action, item: str, **more: object) -> None:
    making.decide(ours.desk.writer, action, item, ours.clock(), actor="person", who="Ben", **more)


def held(found: Found, _: Known) -> Screened:
    codes = tuple(flag.value for flag in found.item.flags & {Flag.OPTED_OUT, Flag.SENSITIVE})
    return Screened("hold" if codes else "pass", codes)


def test_the_oldest_waiting_post_is_open_and_the_others_stand_in_a_list(ours: House) -> None:
    there = bring(ours, a_post(1), a_post(2), a_post(3))
    page = ours.signed_in(Role.MODERATOR).get(QUEUE)

    assert lines(page) == there
    assert opened(page) == there[0]
    assert words(soup(page).select_one("[data-progress]")) == "1 of 3"


def test_tabs_say_how_many_posts_stand_in_each(ours: House) -> None:
    there = bring(ours, *(a_post(number) for number in range(1, 7)))
    decided(ours, Action.APPROVE, there[0])
    decided(ours, Action.REJECT, there[1])
    decided(ours, Action.HOLD, there[2])
    decided(ours, Action.TAKE_DOWN, there[3])

    page = ours.signed_in(Role.VIEWER).get(QUEUE)

    assert counts(page) == {
        "waiting": "2", "changed": "0", "later": "1", "shown": "1", "not-shown": "1", "removed": "1",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("tab", "number"), [("waiting", 4), ("later", 2), ("shown", 0), ("not-shown", 1), ("removed", 3)]
)
def test_the_address_says_which_queue_and_which_post(ours: House, tab: str, number: int) -> None:
    there = bring(ours, *(a_post(number) for number in range(1, 6)))
    for action, item in zip(
        (Action.APPROVE, Action.REJECT, Action.HOLD, Action.TAKE_DOWN), there, strict=False
    ):
        decided(ours, action, item)

    page = ours.signed_in(Role.VIEWER).get(f"{QUEUE}?state={tab}&item={there[number]}")

    assert lines(page) == [there[number]]
    assert opened(page) == there[number]


@pytest.mark.parametrize("query", ["?state=nonsense", "?item=' OR 1", "?item=zzzzzzzzzzzz", "?after=x"])
def test_an_address_that_nobody_understands_shows_the_queue(ours: House, query: str) -> None:
    there = bring(ours, a_post(1))

    assert opened(ours.signed_in(Role.VIEWER).get(QUEUE + query)) == there[0]


def test_a_long_queue_goes_on_behind_its_last_line(ours: House) -> None:
    there = bring(ours, *(a_post(number) for number in range(1, ROWS + 4)))
    browser = ours.signed_in(Role.MODERATOR)
    further = soup(browser.get(QUEUE)).select_one("[data-further]")

    assert further
    assert lines(browser.get(str(further["href"]))) == there[ROWS:]


def test_every_tab_says_why_it_is_empty_and_what_to_do(ours: House) -> None:
    bring(ours, a_post(1))
    browser = ours.signed_in(Role.VIEWER)
    for tab in ("changed", "later", "shown", "not-shown", "removed"):
        page = browser.get(f"{QUEUE}?state={tab}")
        assert opened(page) == ""
        assert len(words(soup(page).select_one(".empty"))) > 40


@pytest.mark.parametrize(
    ("action", "offered"),
    [
        (None, ["approve", "reject", "hold", "feature", "take-down"]),
        (Action.APPROVE, ["take-down", "hold", "feature", "reject", "requeue", "undo"]),
        (Action.REJECT, ["approve", "hold", "feature", "take-down", "requeue", "undo"]),
        (Action.HOLD, ["approve", "reject", "feature", "take-down", "requeue", "undo"]),
        (Action.TAKE_DOWN, ["restore", "undo"]),
        (Action.WITHDRAW, ["undo"]),
    ],
)
def test_only_what_fits_a_post_is_offered(
    ours: House, action: Action | None, offered: list[str]
) -> None:
    (item,) = bring(ours, a_post(1))
    if action:
        decided(ours, action, item)

    page = ours.signed_in(Role.MODERATOR).get(f"{QUEUE}?item={item}")

    assert buttons(page) == offered


def test_what_its_author_took_back_offers_nothing_and_says_so(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    making.decide(
        ours.desk.writer, Action.WITHDRAW, item, ours.clock(), actor="upstream", who="", reason="deleted"
    )

    page = ours.signed_in(Role.MODERATOR).get(f"{QUEUE}?item={item}")

    assert buttons(page) == []
    assert "cannot be shown again" in words(soup(page).select_one(".note"))
    assert "Deleted by its author" in words(soup(page).select_one(".history"))


def test_a_featured_post_can_be_taken_out_of_its_place(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    decided(ours, Action.APPROVE, item)
    decided(ours, Action.FEATURE, item)

    page = ours.signed_in(Role.MODERATOR).get(f"{QUEUE}?item={item}")

    assert "unfeature" in buttons(page)
    assert "feature" not in buttons(page)
    assert "Featured" in words(soup(page).select_one(".who"))


def test_a_viewer_sees_no_buttons_and_is_told_why(ours: House) -> None:
    bring(ours, a_post(1))
    page = ours.signed_in(Role.VIEWER).get(QUEUE)

    assert buttons(page) == []
    assert "ask for the role of a moderator" in words(soup(page))


def test_the_card_says_who_where_when_and_how_the_author_fared_before(ours: House) -> None:
    there = bring(ours, a_post(1), a_post(2), a_post(3))
    decided(ours, Action.APPROVE, there[0])
    decided(ours, Action.REJECT, there[1])

    head = words(soup(ours.signed_in(Role.VIEWER).get(QUEUE)).select_one(".head"))

    assert "Ana Lee @ana@glammr.example" in head
    assert "river.example Oct 5, 2026, 3:02 AM UTC English" in head
    assert "Others by this author – shown: 1, not shown: 1" in head


def test_why_a_post_is_here_stands_in_sentences(ours: House) -> None:
    flags = frozenset({Flag.OPTED_OUT, Flag.ODD_DATE})
    (item,) = bring(ours, replace(a_post(1), flags=flags), screen=held)

    page = ours.signed_in(Role.MODERATOR).get(f"{QUEUE}?state=later")
    why = words(soup(page).select_one(".why"))

    assert opened(page) == item
    assert "Its author's profile asks robots and search engines to stay away." in why
    assert "It claimed a time that nobody can read or believe." in why
    assert "ask them first" in words(soup(page).select_one(".note"))


def test_a_rule_that_broke_is_named(ours: House) -> None:
    bring(ours, a_post(1), screen=lambda found, known: Screened("hold", ("rule-failed:link-only",)))

    page = ours.signed_in(Role.VIEWER).get(f"{QUEUE}?state=later")

    assert "The rule “link-only” broke on this post." in words(soup(page).select_one(".why"))


def test_the_post_is_shown_in_the_real_frame_without_scripts(ours: House) -> None:
    (item,) = bring(ours, a_post(1, "Bus stories. Everybody sang along."))
    browser = ours.signed_in(Role.VIEWER)
    frame = soup(browser.get(QUEUE)).select_one("iframe")
    assert frame

    preview = browser.get(str(frame["src"]))

    assert frame["sandbox"] == ["allow-same-origin"]
    assert "Everybody sang along." in words(soup(preview))
    assert "frame-ancestors 'self'" in preview.headers["Content-Security-Policy"]
    assert preview.headers["Cache-Control"] == "no-store"
    assert item in str(frame["src"])


def test_what_the_card_cuts_stands_below_it_whole(ours: House) -> None:
    bring(ours, a_post(1, "We listened for a whole year. " * 60))
    page = ours.signed_in(Role.VIEWER).get(QUEUE)

    assert words(soup(page).select_one(".whole .words")).count("whole year") == 60


def test_pictures_come_from_us_with_their_alt_text(ours: House) -> None:
    (item,) = bring(ours, replace(a_post(1), media=(PICTURE,)))
    use_pictures(ours, item, PICTURE)
    draw_pictures(ours, item)
    browser = ours.signed_in(Role.VIEWER)
    picture = soup(browser.get(QUEUE)).select_one(".thumbs img")
    assert picture

    sent = browser.open("GET", str(picture["src"]))

    assert picture["alt"] == "A bus"
    assert sent.content_type == "image/webp"
    assert sent.headers["Cache-Control"] == "no-store"
    assert sent.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert str(picture["src"]) in browser.get(f"{QUEUE}/preview/{item}").text


def test_a_picture_that_nobody_can_see_yet_says_so(ours: House) -> None:
    (item,) = bring(ours, replace(a_post(1), media=(PICTURE,)))
    use_pictures(ours, item, PICTURE)

    shown = words(soup(ours.signed_in(Role.VIEWER).get(QUEUE)).select_one(".thumbs"))

    assert "It is being fetched." in shown
    assert "files.example" in shown


def test_pictures_of_a_sensitive_post_stand_behind_a_click(ours: House) -> None:
    (item,) = bring(ours, replace(a_post(1), media=(PICTURE,), warning="flood"))
    use_pictures(ours, item, PICTURE)
    draw_pictures(ours, item)

    page = soup(ours.signed_in(Role.VIEWER).get(QUEUE))

    assert page.select_one("details[data-reveal]:not([open]) .thumbs img")
    assert "We read" not in words(page.select_one(".sight"))


def test_a_link_that_poses_as_another_is_marked_with_its_true_domain(ours: House) -> None:
    bring(ours, replace(a_post(1), links=("https://librаry.example/cards",)))

    shown = words(soup(ours.signed_in(Role.VIEWER).get(QUEUE)).select_one(".links"))

    assert "xn--librry-6nf.example" in shown
    assert "Look-alike letters" in shown


def test_a_name_that_poses_as_another_is_marked_in_list_and_card(ours: House) -> None:
    bring(ours, replace(a_post(1), author=Author("Librаry News", "@x", "", "m:x")))
    page = soup(ours.signed_in(Role.VIEWER).get(QUEUE))

    assert "Look-alike letters" in words(page.select_one("[data-line]"))
    assert "Look-alike letters" in words(page.select_one(".who"))


def test_every_link_to_the_outside_says_so_and_takes_nothing_along(ours: House) -> None:
    bring(ours, replace(a_post(1), links=("https://blog.example/a",)))
    links = soup(ours.signed_in(Role.VIEWER).get(QUEUE)).select("article a[target=_blank]")

    assert len(links) >= 3
    for link in links:
        assert "noopener" in link["rel"]
        assert "opens a new tab" in words(link) or "@" in words(link)


def test_what_a_post_says_is_text_and_never_markup(ours: House) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
    hostile = Item(
        url="https://glammr.example/1",
        title=evil,
        text=evil,
        html=SafeHtml("<p>safe</p>"),
        author=Author(evil, evil, "javascript:alert(3)", "m:evil"),
        links=("javascript:alert(4)",),
        warning=evil,
        language='"><script>alert(5)</script>',
        direction='"><',
        label=evil,
    )
    (item,) = bring(ours, hostile)
    browser = ours.signed_in(Role.EDITOR)
    for path in (QUEUE, f"{QUEUE}/item/{item}"):
        page = soup(browser.get(path))
        assert [str(script.get("src"))[:18] for script in page.find_all("script")] == [
            "/moderate/static/p",
            "/moderate/static/q",
        ]
        assert not page.select("[onerror], a[href^=javascript]")


def test_somebody_who_is_told_what_they_did_sees_only_their_own(ours: House) -> None:
    there = bring(ours, a_post(1), a_post(2))
    decided(ours, Action.APPROVE, there[0])

    assert toast(ours.signed_in(Role.MODERATOR).get(f"{QUEUE}?done=1")) == ""


@pytest.mark.parametrize(
    "query", ["?done=x", "?done=99", "?done=" + "9" * 30, "?said=<b>", "?said=other"]
)
def test_an_address_cannot_make_a_screen_say_what_did_not_happen(ours: House, query: str) -> None:
    bring(ours, a_post(1))

    assert toast(ours.signed_in(Role.MODERATOR).get(QUEUE + query)) == ""


def test_focus_view_keeps_its_way(ours: House) -> None:
    bring(ours, a_post(1), a_post(2))
    page = soup(ours.signed_in(Role.MODERATOR).get(f"{QUEUE}?view=focus"))
    way_on = page.select_one('[data-way="on"]')

    assert way_on
    assert "view=focus" in str(way_on["href"])
    assert page.select_one("main.focus")


def test_keys_are_off_for_who_turned_them_off(ours: House) -> None:
    bring(ours, a_post(1))
    browser = ours.signed_in(Role.MODERATOR)
    browser.post("/moderate/account/choices")

    assert soup(browser.get(QUEUE)).select_one("body[data-keys=off]")


FORBIDDEN = (
    *("slug", "revision", "verdict", "tombstone", "invalid", "illegal", "failed to", "pending"),
    *("taken-down", "sighting", "occasion", "queue_", "undefined", "None"),
)


def test_no_screen_speaks_in_our_own_words(ours: House) -> None:
    there = bring(ours, a_post(1), replace(a_post(2), warning="loud"), screen=held)
    decided(ours, Action.APPROVE, there[0])
    browser = ours.signed_in(Role.ADMIN)
    paths = [f"?state={tab}" for tab in ("waiting", "later", "shown", "not-shown", "removed", "changed")]
    for path in [*paths, f"/item/{there[0]}", "/sources", "/start"]:
        said = all_words(browser.get(QUEUE + path))
        assert [word for word in FORBIDDEN if word in said] == [], path
        # A key without words in the language file is shown as it is: no sentence looks like one.
        assert not [word for word in said.split() if word.count("-") > 1 and word.islower()], path
