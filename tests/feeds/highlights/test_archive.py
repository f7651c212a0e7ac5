"""The editions on the web: drawn from what is shown now, so that what was removed leaves them, too."""

import re
from dataclasses import replace
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import feedparser
import pytest
from bs4 import BeautifulSoup

from aggregator.item import Occasion
from aggregator.settings import Mail
from aggregator.store.published import Sent, Shown, Touched
from feeds.addresses import Address, addresses, path_of
from feeds.cache import Pages
from feeds.i18n import words
from feeds.publish.plan import Posts, keys_of, whole
from tests.feeds.highlights.readers import a_mailing_site, mailing_settings
from tests.feeds.invented import (
    AWKWARD,
    MARKUP,
    NOW,
    PUBLIC_URL,
    SLUG,
    Clock,
    FakeDoor,
    a_door,
    campaign,
    picture,
    pictured,
    sent,
    settings,
    shown,
)
from tests.feeds.publish.places import a_site

AT = f"/{SLUG}/highlights"
TALK = shown(
    6,
    title="A talk about chairs",
    occasion=Occasion(NOW + timedelta(days=3), None, "Africa/Lagos", location="Ikeja"),
)
BLOCKS = [
    {"kind": "announcement", "title": {"en": "A survey"}, "words": {"en": "Answer {{campaign}}"}},
    {"kind": "call", "title": {"en": "Whose turn?"}, "words": {}, "after": True},
]


def edition(number: int, *posts: Shown, **content: object) -> Sent:
    return replace(sent(number, *posts, **content), occasions=(TALK,))


@pytest.fixture
def door() -> FakeDoor:
    posts = [pictured(shown(1)), shown(2), shown(3)]
    there = a_door(*posts, TALK)
    there.send(sent(1, *posts[1:]), sent(2, posts[1]), edition(5, *posts, blocks=BLOCKS))
    return there


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def get(door: FakeDoor, path: str) -> str:
    answer = a_mailing_site(door=door).get(path)
    assert answer.status_code == 200
    return answer.text


def test_the_list_names_every_edition_the_newest_first(door: FakeDoor) -> None:
    page = BeautifulSoup(get(door, f"{AT}/"), "html.parser")

    assert [each.get_text() for each in page.select(".editions h2 a")] == [
        "The week of the 5 bookmobiles",
        "The week of the 2 bookmobiles",
        "The week of the 1 bookmobiles",
    ]
    assert page.select_one(".editions a")["href"] == f"{PUBLIC_URL}{AT}/5"  # type: ignore[index] # it is there
    assert "Edition 5 April 15, 2026 Posts: 3" in " ".join(page.get_text(" ", strip=True).split())


def test_without_an_edition_the_list_says_so_and_offers_no_feed() -> None:
    page = get(a_door(shown(1)), f"{AT}/")
    assert words("en")("archive-empty") in page
    assert "highlights.rss" not in page


def test_an_edition_shows_what_was_in_the_mail(door: FakeDoor) -> None:
    page = text_of(get(door, f"{AT}/5"))

    for part in (
        "Edition 5 · April 15, 2026 The week of the 5 bookmobiles Dear readers, this week",
        "A survey Answer #EngagedLibraries",
        "Story hour number 1",
        "Story hour number 3",
        "Coming up",
        "A talk about chairs Saturday, May 23, 2026, 13:00 (Lagos time) Ikeja",
        "Whose turn? Share your story",
        "The edition before",
    ):
        assert part in page
    assert words("en")("issue-some-left") not in page


def test_the_date_in_an_editors_words_is_the_week_as_in_the_mail(door: FakeDoor) -> None:
    door.send(replace(sent(6, shown(2), intro={"en": "Of {{date}}"}), week=date(2026, 4, 20)))
    assert "Of Apr 20 – 26, 2026" in text_of(get(door, f"{AT}/6"))


def test_words_come_in_the_language_of_the_page_or_in_the_first(door: FakeDoor) -> None:
    page = get(door, f"/{SLUG}/es/highlights/5")

    assert '<h1 lang="es" dir="ltr">La semana 5</h1>' in page
    assert '<p class="about" lang="en" dir="ltr">Dear readers,</p>' in page
    assert "15 de abril de 2026" in page


def test_an_editors_words_about_a_post_stand_above_it(door: FakeDoor) -> None:
    picks = [{"item": shown(2).id, "reasons": [], "blurb": {"en": "Read this one."}}]
    door.send(sent(6, shown(2), picks=picks))
    assert '<p class="blurb" lang="en" dir="ltr">' in get(door, f"{AT}/6")
    assert "From the editors: Read this one. Story hour" in text_of(get(door, f"{AT}/6"))


def test_editions_lead_to_each_other_past_weeks_that_were_left_out(door: FakeDoor) -> None:
    first, middle, last = (get(door, f"{AT}/{number}") for number in (1, 2, 5))

    assert f'href="{PUBLIC_URL}{AT}/5" rel="next"' in middle
    assert f'href="{PUBLIC_URL}{AT}/1" rel="prev"' in middle
    assert 'rel="prev"' not in first
    assert 'rel="next"' not in last


def test_what_was_taken_down_has_left_its_editions_and_the_feed(door: FakeDoor) -> None:
    configured = mailing_settings()
    pages = Pages(configured, door, lambda: NOW, Clock())
    there = [Address("highlights-issue", SLUG, "5"), Address("highlights-feed", SLUG)]
    there = [*there, *(replace(each, language="es") for each in there)]
    for each in there:
        page = pages.page(each)
        assert page
        assert b"Story hour number 3" in page.body

    door.take_down(shown(3))
    pages.follow()

    for each in there:
        assert path_of(each) not in pages._pages
        page = pages.page(each)
        assert page
        assert b"Story hour number 3" not in page.body
        assert b"Story hour number 2" in page.body
    assert words("en")("issue-some-left") in get(door, f"{AT}/5")


def test_an_edition_of_which_nothing_is_left_says_so(door: FakeDoor) -> None:
    door.take_down(shown(2))
    page = get(door, f"{AT}/2")
    assert words("en")("issue-none-left") in page
    assert "Story hour" not in page


def test_a_new_edition_is_seen_at_once(door: FakeDoor) -> None:
    pages = Pages(settings(), door, lambda: NOW, Clock())
    there = [Address("highlights", SLUG), Address("highlights-feed", SLUG), Address("hub", SLUG)]
    for each in there:
        pages.page(each)

    door.send(sent(6, shown(2)))
    pages.follow()

    for each in there[:2]:
        page = pages.page(each)
        assert page
        assert b"The week of the 6 bookmobiles" in page.body


@pytest.mark.parametrize("number", ["3", "99999", "0", "05", "x", "5/"])
def test_what_is_no_edition_is_not_there(door: FakeDoor, number: str) -> None:
    assert a_mailing_site(door=door).get(f"{AT}/{number}").status_code == 404


def test_the_hub_leads_to_the_mail_and_its_editions(door: FakeDoor) -> None:
    page = get(door, f"/{SLUG}/")
    assert f'href="{PUBLIC_URL}/{SLUG}/subscribe"' in page
    assert f'href="{PUBLIC_URL}{AT}/"' in page

    without = a_mailing_site(door=a_door(shown(1)), mail=Mail()).get(f"/{SLUG}/").text
    assert "/subscribe" not in without
    assert "/highlights" not in without


def test_an_old_page_of_the_list_has_its_slash(door: FakeDoor) -> None:
    answer = a_mailing_site(door=door).get(AT, headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{PUBLIC_URL}{AT}/")
    assert a_mailing_site(door=door).get("/nobody/highlights").status_code == 404


FIELDS = ("title", "link", "id", "published", "author", "summary", "content", "tags", "media_content")


def test_every_item_of_the_feed_has_every_field(door: FakeDoor) -> None:
    """Services that make mails of feeds break at an item that lacks one."""
    bare = Sent(7, NOW.date(), NOW, {}, (), (), {}, lost=2)
    for post in AWKWARD.values():
        door.publish(post)
    door.send(bare, sent(8, *AWKWARD.values(), subject={}, preheader={}, intro={}), sent(9, shown(2)))

    feed = feedparser.parse(get(door, f"/{SLUG}/highlights.rss").encode())

    assert not feed.bozo
    assert [entry.id.rpartition(":")[2] for entry in feed.entries] == ["9", "8", "7", "5", "2", "1"]
    for entry in feed.entries:
        assert [name for name in FIELDS if not entry.get(name)] == []
        assert entry.media_content[0]["url"].startswith(f"{PUBLIC_URL}/")
        assert entry.content[0].value.strip()


def test_the_image_of_an_item_is_its_first_described_picture_else_one_that_we_draw() -> None:
    posts = (shown(1), pictured(shown(2), picture(2, alt=None)), pictured(shown(3)))
    door = a_door(*posts)
    door.send(sent(1, *posts), sent(2, posts[0]))

    drawn, described = feedparser.parse(get(door, f"/{SLUG}/highlights.rss").encode()).entries

    assert described.media_content[0]["url"] == f"{PUBLIC_URL}/i/{picture().key}-960.jpg"
    assert drawn.media_content[0]["url"] == f"{PUBLIC_URL}/{SLUG}/og/{shown(1).id}.png"


def test_the_feed_holds_the_whole_edition_for_mail_programs(door: FakeDoor) -> None:
    feed = feedparser.parse(get(door, f"/{SLUG}/highlights.rss").encode(), sanitize_html=False)
    entry = feed.entries[0]
    content = BeautifulSoup(entry.content[0].value, "html.parser")

    assert (entry.title, entry.link) == ("The week of the 5 bookmobiles", f"{PUBLIC_URL}{AT}/5")
    assert entry.summary == "And a story hour in the park."
    links = [str(each["href"]) for each in content.select("a[href]")]
    assert f"{PUBLIC_URL}/{SLUG}/p/{shown(1).id}?v=highlights-5" in links
    (image,) = content.select("img")
    assert str(image["src"]).endswith("-960.jpg")
    assert image["alt"] == "A bus full of books, number 1"
    for part in (
        "Dear readers,",
        "A survey",
        "Story hour number 3",
        "A talk about chairs",
        "Whose turn?",
    ):
        assert part in content.get_text()
    assert not content.select("script, style, [style], [class], form, iframe")


def test_no_text_of_a_post_or_an_editor_becomes_markup(door: FakeDoor) -> None:
    hostile = AWKWARD["hostile"]
    door.publish(hostile)
    texts = {"en": MARKUP}
    door.send(
        sent(
            8,
            hostile,
            subject=texts,
            preheader=texts,
            intro=texts,
            blocks=[{"kind": "call", "title": texts, "words": texts}],
            picks=[{"item": hostile.id, "blurb": texts}],
        )
    )
    feed = feedparser.parse(get(door, f"/{SLUG}/highlights.rss").encode(), sanitize_html=False)
    for page in (get(door, f"{AT}/8"), get(door, f"{AT}/"), feed.entries[0].content[0].value):
        found = BeautifulSoup(page, "html.parser")
        assert not found.select("script, [onerror], a[href^=javascript]")
        assert "<script>alert" in found.get_text()


def test_a_change_concerns_the_archive_in_every_language() -> None:
    touched = Touched(3, frozenset({"abcdefgh2345"}), issues=frozenset({5}))
    found = {path_of(each) for each in addresses(campaign(), touched)}
    for start in (f"/{SLUG}", f"/{SLUG}/es"):
        assert {f"{start}/highlights/", f"{start}/highlights/5", f"{start}/highlights.rss"} <= found


def test_every_edition_is_a_file_and_no_form_is(tmp_path: Path) -> None:
    site = a_site(tmp_path, 1, 2)
    site.door.send(sent(1, shown(1)), sent(2, shown(2)))
    site.publish()
    names = site.names()
    for name in ("highlights/index.html", "highlights/1.html", "highlights/2.html", "highlights.rss"):
        assert f"{SLUG}/{name}" in names
    assert not [name for name in names if "subscribe" in name or "confirm" in name]
    assert "Story hour number 2" in site.page("highlights/2.html")

    site.door.take_down(site.door.items[SLUG][1])
    site.door.send(sent(3, shown(1)))
    site.publish()

    assert "Story hour number 2" not in site.page("highlights/2.html")
    assert "Story hour number 2" not in site.page("highlights.rss")
    assert 'rel="next"' in site.page("highlights/2.html")
    assert (site.out / SLUG / "highlights" / "3.html").exists()


def test_one_rule_of_a_web_server_is_for_all_editions(tmp_path: Path) -> None:
    site = a_site(tmp_path, 1)
    site.door.send(*(sent(number, shown(1)) for number in range(1, 9)))
    site.publish()
    policy = dict(site_headers(site.read("_headers")))[f"/{SLUG}/highlights/*"]
    page = a_mailing_site(door=site.door, languages=("en",)).get(f"{AT}/3")
    assert f"Content-Security-Policy: {page.headers['Content-Security-Policy']}" in policy
    assert "/highlights/3" not in site.read("_headers")
    assert "/subscribe" not in site.read("_headers")


def site_headers(text: str) -> list[tuple[str, str]]:
    """Give the rules of a `_headers` file: the path, and the lines below it."""
    found = re.findall(r"^(/\S+)\n((?:  .*\n)+)", text, re.MULTILINE)
    return [(path, lines) for path, lines in found]


def test_the_whole_of_a_campaign_includes_its_editions() -> None:
    found = whole(settings(), campaign(), Posts(issues=(4, 7)))
    paths = {path_of(each) for each in found}
    assert {f"{AT}/4", f"{AT}/7", f"/{SLUG}/es/highlights/7"} <= paths
    assert keys_of([f"{AT}/4", f"/{SLUG}/e/wall", f"/{SLUG}/p/{shown(1).id}"]) == [
        "issue:4",
        f"post:{shown(1).id}",
        "view:wall",
    ]


@pytest.mark.parametrize("path", [f"{AT}/7", f"{AT}/", f"/{SLUG}/highlights.rss"])
def test_a_field_of_each_readers_own_is_on_no_page(path: str) -> None:
    there, own = a_door(shown(1)), {"en": "Read on {{unsubscribe}}{{ archive }} here"}
    block = {"kind": "call", "title": own, "words": own}
    blurb = [{"item": shown(1).id, "blurb": own}]
    there.send(sent(7, shown(1), intro=own, preheader=own, blocks=[block], picks=blurb))
    page = get(there, path)
    assert "{{" not in page
    assert "Read on" in page
