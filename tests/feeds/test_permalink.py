"""One post's page: what networks and search engines read of it, why it is here, and words of thanks."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup, Tag

from aggregator.item import Author, Flag, Kind, Occasion, Precision
from aggregator.settings import Campaign
from aggregator.store.published import Shown
from feeds.addresses import Address
from feeds.page import Page, script
from feeds.permalink import SCRIPT
from feeds.render import render
from feeds.select import Snapshot
from tests.feeds.invented import (
    AWKWARD,
    MARKUP,
    NOW,
    PUBLIC_URL,
    SLUG,
    campaign,
    item_id,
    picture,
    pictured,
    shown,
)

HERE = f"{PUBLIC_URL}/{SLUG}"


def page_of(post: Shown, configured: Campaign | None = None) -> Page:
    found = Snapshot(PUBLIC_URL, configured or campaign(), one=post)
    return render(found, Address("permalink", SLUG, post.id), "en", NOW)


def tree(page: Page) -> BeautifulSoup:
    return BeautifulSoup(page.body.decode(), "html.parser")


def the(page: Page, selector: str) -> Tag:
    found = tree(page).select_one(selector)
    assert found, selector
    return found


def data_of(post: Shown) -> dict[str, object]:
    read: dict[str, object] = json.loads(the(page_of(post), 'script[type="application/ld+json"]').text)
    return read


def test_what_a_network_shows_is_the_picture_that_we_drew() -> None:
    post = pictured(shown(1), picture(alt="A bus full of books"))
    page = tree(page_of(post))
    said = {str(tag.get("property")): str(tag["content"]) for tag in page.select("meta[property]")}
    assert said["og:image"] == f"{HERE}/og/{post.id}.png"
    assert (said["og:image:width"], said["og:image:height"]) == ("1200", "630")
    assert said["og:image:type"] == "image/png"
    assert said["og:image:alt"] == "Story hour number 1 · Ana Rivera · A bus full of books"
    assert said["og:url"] == f"{HERE}/p/{post.id}"
    assert said["og:title"] == "Story hour number 1"
    assert the(page_of(post), "meta[name='twitter:card']")["content"] == "summary_large_image"


def test_the_data_about_a_post_says_what_its_page_shows() -> None:
    post = shown(1)
    assert data_of(post) == {
        "@context": "https://schema.org",
        "@type": "SocialMediaPosting",
        "@id": f"{HERE}/p/{post.id}",
        "url": f"{HERE}/p/{post.id}",
        "image": f"{HERE}/og/{post.id}.png",
        "inLanguage": "en",
        "isBasedOn": "https://blog.example/1/",
        "headline": "Story hour number 1",
        "text": "We read to 1 children in the park.",
        "keywords": "engagedlibraries",
        "author": {"@type": "Person", "name": "Ana Rivera", "url": "https://blog.example/ana"},
        "datePublished": "2026-05-19T12:00:00Z",
        "publisher": {"@type": "Organization", "name": "#EngagedLibraries"},
    }


@pytest.mark.parametrize(
    ("kind", "type_"),
    [
        (Kind.POST, "SocialMediaPosting"),
        (Kind.ARTICLE, "BlogPosting"),
        (Kind.STORY, "BlogPosting"),
        (Kind.TALK, "CreativeWork"),
        (Kind.OCCASION, "SocialMediaPosting"),
    ],
)
def test_each_kind_has_its_type(kind: Kind, type_: str) -> None:
    assert data_of(shown(1, kind=kind))["@type"] == type_


def test_an_occasion_says_when_and_where() -> None:
    starts = datetime(2026, 6, 1, 18, tzinfo=UTC)
    occasion = Occasion(
        starts,
        starts + timedelta(hours=1),
        "America/New_York",
        location="Main Street 1",
        joining_url="https://meet.example/1",
    )
    read = data_of(shown(1, kind=Kind.OCCASION, occasion=occasion))
    assert (read["@type"], read["name"]) == ("Event", "Story hour number 1")
    assert (read["startDate"], read["endDate"]) == ("2026-06-01T18:00:00Z", "2026-06-01T19:00:00Z")
    assert read["eventStatus"] == "https://schema.org/EventScheduled"
    assert read["eventAttendanceMode"] == "https://schema.org/MixedEventAttendanceMode"
    assert read["location"] == [
        {"@type": "Place", "name": "Main Street 1"},
        {"@type": "VirtualLocation", "url": "https://meet.example/1"},
    ]
    cancelled = replace(occasion, is_cancelled=True, location="", joining_url="javascript:alert(1)")
    read = data_of(shown(1, kind=Kind.OCCASION, occasion=cancelled))
    assert read["eventStatus"] == "https://schema.org/EventCancelled"
    assert "location" not in read
    whole_day = replace(occasion, is_all_day=True, starts_at=datetime(2026, 6, 1, 4, tzinfo=UTC))
    assert data_of(shown(1, occasion=whole_day))["startDate"] == "2026-06-01"


@pytest.mark.parametrize("name", ["warned", "warned-picture"])
def test_the_data_hides_what_the_page_hides(name: str) -> None:
    post = AWKWARD[name]
    read = json.dumps(data_of(post))
    assert "flashing lights" in read
    assert "HIDDEN" not in read
    assert "children" not in read


def test_no_word_of_a_post_ends_the_data() -> None:
    hostile = "</script><script>alert(1)</script><!-- \u2028 ]]> &amp; " + MARKUP
    for changes in ({"title": hostile}, {"text": hostile, "title": ""}, {"author": Author(hostile)}):
        page = page_of(shown(1, tags=(hostile,), **changes))
        scripts = [(each.get("type"), each.text) for each in tree(page).find_all("script")]
        assert [kind for kind, _ in scripts] == ["application/ld+json", None]
        assert scripts[1][1] == script(SCRIPT).code
        assert hostile[:30] in json.dumps(json.loads(scripts[0][1]), ensure_ascii=False)
        assert not set("<>&\u2028") & set(scripts[0][1])


def test_a_post_that_nobody_shall_find_by_searching_has_no_data_for_machines() -> None:
    page = tree(page_of(shown(1, flags=frozenset({Flag.NOT_INDEXABLE}))))
    assert not page.select('script[type="application/ld+json"]')


def test_a_month_is_no_date_for_machines_that_want_a_day() -> None:
    assert "datePublished" not in data_of(shown(1, precision=Precision.MONTH))


def test_the_page_says_who_chose_the_post_and_since_when_it_is_here() -> None:
    section = the(page_of(shown(1)), ".beside section")
    assert "people of #EngagedLibraries read it and chose to show it" in section.text
    assert "Here since May 19, 2026." in section.text


def test_the_page_holds_until_either_of_its_dates_reads_differently() -> None:
    older = replace(shown(1), shown_since=NOW - timedelta(days=59))
    assert page_of(older).holds_until == NOW + timedelta(days=1)


def test_an_author_writes_a_mail_that_says_which_post_it_is_about() -> None:
    link = the(
        page_of(shown(1), campaign(name="A & B ?x#y", contact="a+b@library.example")),
        ".beside a[href^=mailto]",
    )
    parts = urlsplit(str(link["href"]))
    asked = parse_qs(parts.query)
    assert parts.path == "a%2Bb@library.example"
    assert asked == {"subject": ["My post at A & B ?x#y"], "body": [f"{HERE}/p/{item_id(1)}"]}
    assert link.text == "a+b@library.example"


def test_a_contact_on_the_web_is_linked_as_it_is_and_none_is_not_promised() -> None:
    contact = "https://library.example/contact?a=1"
    page = page_of(shown(1), campaign(contact=contact))
    assert the(page, f'.beside a[href="{contact}"]')
    assert "Is this your post?" not in page_of(shown(1), campaign(contact="")).body.decode()


@pytest.mark.parametrize(
    ("author", "words"),
    [
        (Author("Ana Rivera"), "Thank you, Ana Rivera! Your post is now shown at #EngagedLibraries: "),
        (Author(), "Thank you! Your post is now shown at #EngagedLibraries: "),
        (Author("</textarea><b>"), "Thank you, </textarea><b>! Your post is now shown at "),
    ],
)
def test_words_of_thanks_stand_ready_without_javascript(author: Author, words: str) -> None:
    page = page_of(shown(1, author=author))
    area = the(page, "details.thanks textarea")
    assert area.text.startswith(words)
    assert area.text.endswith(f"{HERE}/p/{item_id(1)}")
    assert the(page, f'label[for="{area["id"]}"]')
    assert the(page, "button.copy").has_attr("hidden")


def test_only_our_own_script_may_run() -> None:
    page = page_of(shown(1))
    policy = dict(page.headers)["Content-Security-Policy"]
    assert f"; script-src {script(SCRIPT).policy};" in policy
    assert "unsafe" not in policy
