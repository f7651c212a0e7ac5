"""How an edition goes out, as editors see and steer it: progress, doubts, results, texts to share."""

import shlex
from dataclasses import replace

import pytest

from aggregator.item import Action
from aggregator.settings import Highlights, ListmonkAt
from aggregator.store import counts, deliveries, issues
from aggregator.store.counts import Counted
from aggregator.store.issues import Issue
from engaged.cli import parser
from moderation.app import create_app
from moderation.routes import Role
from tests.aggregator.store import making
from tests.moderation import editions
from tests.moderation.editions import PATH, a_draft, now_of
from tests.moderation.house import SLUG, House
from tests.moderation.screens import location, soup, words
from tests.moderation.test_highlights import editor, ours, posts
from tests.only_sqlite import database

__all__ = ["database", "ours", "posts"]
AT = f"{PATH}/1/sending"
FATES = ("sent", "sent", "sent", "bounced", "failed", "uncertain", "uncertain")


@pytest.fixture
def issue(ours: House, posts: list[str]) -> Issue:
    editions.people(ours, 10)
    made = editions.approved(ours, editions.begun(ours, a_draft(posts)), whole={})
    return editions.sending(ours, made, FATES)


def sums(ours: House, selector: str) -> dict[str, str]:
    page = soup(editor(ours).get(AT))
    return {words(one.select_one("dt")): words(one.select_one("dd")) for one in page.select(selector)}


def tally(ours: House, issue: Issue) -> dict[str, int]:
    with ours.desk.reader.connect() as connection:
        found = deliveries.tally(connection, issue.id)
    return {state: number for state, number in found.items() if number}


def test_every_mail_is_counted_once(ours: House, issue: Issue) -> None:
    assert sums(ours, "[aria-labelledby=how] .fates > div") == {
        "sent": "3",
        "waiting": "3",
        "not taken": "1",
        "came back": "1",
        "to settle": "2",
        "left out": "0",
    }


def test_before_it_begins_it_says_so(ours: House, posts: list[str]) -> None:
    editions.begun(ours, a_draft(posts))

    assert ours.desk.say("sending-begins") in words(soup(editor(ours).get(AT)))


def test_it_is_paused_and_goes_on(ours: House, issue: Issue) -> None:
    browser = editor(ours)

    assert location(browser.post(f"{AT}/pause")) == f"{AT}?said=paused"
    assert now_of(ours, 1).state == "paused"
    assert location(browser.post(f"{AT}/resume")) == f"{AT}?said=resumed"
    assert now_of(ours, 1).state == "sending"


def test_pausing_twice_changes_nothing_and_says_so(ours: House, issue: Issue) -> None:
    browser = editor(ours)
    browser.post(f"{AT}/pause")
    before = now_of(ours, 1)

    answer = browser.post(f"{AT}/pause")

    assert answer.status_code == 409
    assert ours.desk.say("mail-said-nothing") in words(soup(answer))
    assert now_of(ours, 1) == before


def test_only_what_was_not_taken_is_tried_again(ours: House, issue: Issue) -> None:
    editor(ours).post(f"{AT}/retry")

    assert tally(ours, issue) == {"sent": 3, "bounced": 1, "queued": 4, "uncertain": 2}


def test_one_mail_in_doubt_is_settled_by_its_message_id(ours: House, issue: Issue) -> None:
    browser = editor(ours)
    page = soup(browser.get(AT))
    with ours.desk.reader.connect() as connection:
        first, other = deliveries.uncertain(connection, issue.id)
    assert first.message_id in words(page)
    assert first.address in words(page)

    browser.post(f"{AT}/settle", act=f"sent:{first.id}")
    browser.post(f"{AT}/settle", act=f"again:{other.id}")

    assert tally(ours, issue) == {"sent": 4, "bounced": 1, "failed": 1, "queued": 4}


@pytest.mark.parametrize(("what", "state"), [("sent", "sent"), ("again", "queued")])
def test_all_mails_in_doubt_are_settled_at_once(
    ours: House, issue: Issue, what: str, state: str
) -> None:
    editor(ours).post(f"{AT}/settle", act=f"{what}:all")

    assert "uncertain" not in tally(ours, issue)
    assert tally(ours, issue)[state] == 5


@pytest.mark.parametrize("act", ["", "sent", "sent:", "sent:x", "erase:all", "sent:999999"])
def test_settling_what_is_not_in_doubt_changes_nothing(ours: House, issue: Issue, act: str) -> None:
    before = tally(ours, issue)

    assert editor(ours).post(f"{AT}/settle", act=act).status_code == 409
    assert tally(ours, issue) == before


def test_an_edition_that_had_ended_goes_on_for_those_that_are_sent_again(
    ours: House, issue: Issue
) -> None:
    editions.ended(ours, issue)

    editor(ours).post(f"{AT}/settle", act="again:all")

    assert now_of(ours, 1).state == "sending"


def test_who_does_not_edit_sees_no_address(ours: House, issue: Issue) -> None:
    shown = words(soup(ours.signed_in(Role.MODERATOR).get(AT)))

    assert "@mail.example" not in shown
    assert ours.desk.say("settle-hidden") in shown
    assert not soup(ours.signed_in(Role.MODERATOR).get(AT)).select('main form[method="post"]')


def test_what_other_servers_said_is_told_without_addresses(ours: House, issue: Issue) -> None:
    said = words(soup(editor(ours).get(AT)).select_one("[aria-labelledby=answers]"))

    assert "550 5.1.1 …: no such mailbox 1 times" in said
    assert "reader" not in said


def test_results_come_from_our_own_pages_and_few_are_not_told(
    ours: House, issue: Issue, posts: list[str]
) -> None:
    seen = [(posts[1], 30), (posts[0], 4)]
    with ours.desk.writer.begin() as connection:
        counts.add(
            connection,
            [
                Counted(SLUG, ours.clock(), "click", "highlights-1", item, "", many)
                for item, many in seen
            ],
        )
        counts.add(connection, [Counted(SLUG, ours.clock(), "click", "wall", posts[0], "", 500)])

    page = soup(editor(ours).get(AT))

    assert sums(ours, "[aria-labelledby=results] .fates > div")["clicks"] == "34"
    rows = [[words(cell) for cell in row.select("td")] for row in page.select(".clicked tbody tr")]
    assert rows[0] == ["Our seed library reopened: take three packets, bring back what you grow.", "30"]
    assert rows[1][1] == "fewer than 10"
    assert rows[2][1] == "0"


def test_texts_to_share_name_only_what_is_still_shown(
    ours: House, issue: Issue, posts: list[str]
) -> None:
    making.decide(ours.desk.writer, Action.TAKE_DOWN, posts[1], ours.clock())

    page = soup(editor(ours).get(AT))

    texts = {str(one["id"]): one.get_text() for one in page.select("textarea[id^=share-]")}
    assert set(texts) == {"share-mastodon", "share-bluesky", "share-linkedin"}
    assert all("/engagedlibraries/highlights/1" in text for text in texts.values())
    assert "Ana Lee" in texts["share-mastodon"]
    assert "Bram" not in "".join(texts.values())


def test_texts_to_share_are_there_in_each_language(ours: House, issue: Issue) -> None:
    page = soup(editor(ours).get(f"{AT}?language=fr"))

    field = page.select_one("#share-mastodon")
    assert field
    assert field["lang"] == "fr"
    assert "/engagedlibraries/fr/highlights/1" in field.get_text()


def test_the_mail_is_taken_elsewhere_with_the_links_left_open(ours: House, posts: list[str]) -> None:
    editions.approved(ours, editions.begun(ours, a_draft(posts)))
    browser = ours.signed_in(Role.VIEWER)

    html = browser.get(f"{PATH}/1/file?form=html&language=fr")
    text = browser.get(f"{PATH}/1/file?form=text&language=en")

    assert (
        html.headers["Content-Disposition"]
        == 'attachment; filename="engagedlibraries-highlights-1-fr.html"'
    )
    assert "{{unsubscribe}}" in html.text
    assert "{{preferences}}" in text.text
    assert "{{archive}}" not in html.text + text.text
    assert text.text.startswith("The bus that nobody left\n\n")


def test_an_edition_that_was_late_goes_on_when_a_person_says_so(ours: House, posts: list[str]) -> None:
    made = editions.approved(ours, editions.begun(ours, a_draft(posts)), whole={})
    with ours.desk.writer.begin() as connection:
        issues.late(connection, made.id)

    answer = editor(ours).post(f"{AT}/resume")

    assert answer.status_code == 303
    assert now_of(ours, 1).state == "approved"


LISTS = Highlights(listmonk_lists={"en": (3,), "ar": (4,), "es": (5,)})


def in_listmonk(found: House) -> House:
    """Give the same house with a listmonk that has lists for two of its languages."""
    there = ListmonkAt(url="https://lists.library.example", user="engaged", token="a-token")
    mail = found.desk.settings.mail.model_copy(update={"listmonk": there})
    made = editions.mailing(found, highlights=LISTS)
    desk = replace(made.desk, settings=made.desk.settings.model_copy(update={"mail": mail}))
    return House(desk, create_app(desk), made.clock, made.people)


def test_the_line_that_gives_an_edition_to_listmonk_is_shown_whole(
    ours: House, posts: list[str]
) -> None:
    there = in_listmonk(ours)
    draft = editions.begun(there, a_draft(posts))
    assert soup(editor(there).get(AT)).select_one("#hand-over") is None
    editions.approved(there, draft, whole={})

    page = soup(editor(there).get(AT))

    line = words(page.select_one("#hand-over"))
    assert page.select_one("button[data-copy=hand-over]")
    assert "for each of: English, العربية." in words(
        page.select_one("[aria-labelledby=hand-over-title]")
    )
    program, *arguments = shlex.split(line)
    asked = parser().parse_args(arguments)
    assert (program, asked.step, asked.campaign, asked.number) == ("engaged", "hand-over", SLUG, 1)


def test_without_a_listmonk_or_the_right_to_approve_nothing_is_said_of_it(
    ours: House, posts: list[str]
) -> None:
    there = in_listmonk(ours)
    editions.approved(there, editions.begun(there, a_draft(posts)), whole={})

    assert soup(there.signed_in(Role.VIEWER).get(AT)).select_one("#hand-over") is None
    without = editions.mailing(ours, highlights=LISTS)
    assert soup(editor(without).get(AT)).select_one("#hand-over") is None
