"""What readers by ear are spared, told and led past; threads, films and sound on cards and pages."""

import json
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup, Tag

from aggregator.item import Author, Flag, Media, SafeHtml
from aggregator.settings import View
from aggregator.store.published import Gone, Shown
from feeds.addresses import Address, AddressKind
from feeds.cards import card
from feeds.i18n import words
from feeds.recordings import clock
from feeds.render import render
from feeds.select import Snapshot
from tests.feeds.invented import NOW, PUBLIC_URL, SLUG, campaign, picture, pictured, shown

SAY = words("en")
FILM = Media("https://video.example/1.mp4", "video", duration_s=125)


def written(
    kind: AddressKind,
    *posts: Shown,
    layout: str = "list",
    language: str = "",
) -> str:
    snapshot = Snapshot(
        PUBLIC_URL,
        campaign(),
        view=View(layout=layout, limit=20),
        posts=posts,
        one=posts[0] if posts else None,
    )
    address = Address(kind, SLUG, posts[0].id if posts else "wall", language)
    return render(snapshot, address, language or "en", NOW).body.decode()


def page(kind: AddressKind, *posts: Shown, layout: str = "list", language: str = "") -> BeautifulSoup:
    return BeautifulSoup(written(kind, *posts, layout=layout, language=language), "html.parser")


def the(found: Tag, selector: str) -> Tag:
    (one,) = found.select(selector)
    return one


def said(found: BeautifulSoup, selector: str) -> str:
    return " ".join(the(found, selector).get_text().split())


LOUD = shown(
    1,
    title="",
    text="𝗦𝘁𝗼𝗿𝘆 hour was wonderful! 🎉🎉🎉🎉🎉\n\n#engagedlibraries #storyhour",
    html=SafeHtml("<p>𝗦𝘁𝗼𝗿𝘆 hour was wonderful! 🎉🎉🎉🎉🎉</p>"),
    tags=("engagedlibraries", "storyhour"),
    author=Author("𝓐𝓷𝓪 Rivera"),
)


def test_a_card_reads_as_it_is_best_heard() -> None:
    drawn = card(LOUD, PUBLIC_URL, campaign(), SAY, NOW)
    assert drawn.text == "Story hour was wonderful! 🎉🎉"
    assert drawn.tags == ("storyhour",)  # the campaign's own stands on every post
    assert drawn.author == "Ana Rivera"


def test_a_feed_keeps_its_authors_own_words_and_tells_scripts_what_a_card_says() -> None:
    (item,) = json.loads(written("feed-json", LOUD))["items"]
    assert item["content_text"].startswith("𝗦𝘁𝗼𝗿𝘆 hour")
    assert item["content_text"].endswith("#engagedlibraries #storyhour")
    assert item["_engaged"]["text"] == "Story hour was wonderful! 🎉🎉\n#storyhour"


@pytest.mark.parametrize("layout", ["list", "grid", "featured", "kiosk", "print", "carousel"])
def test_hashtags_at_the_end_stand_apart_from_the_text(layout: str) -> None:
    assert said(page("frame", LOUD, layout=layout), ".tags") == "Hashtags: #storyhour"


def test_the_page_of_a_post_reads_as_it_is_best_heard() -> None:
    found = page("permalink", LOUD)
    assert said(found, ".body") == "Story hour was wonderful! 🎉🎉"
    assert [tag.get_text() for tag in found.select(".chips bdi")] == ["#EngagedLibraries", "#storyhour"]


def test_a_link_without_a_title_is_named_by_the_first_words() -> None:
    assert said(page("frame", LOUD), ".title a") == "Ana Rivera: Story hour was wonderful!"
    nameless = shown(2, title="", text="")
    assert the(page("frame", nameless), ".title a")["aria-label"] == "Post by Ana Rivera"


def test_a_picture_is_described_in_the_posts_language() -> None:
    found = page("frame", pictured(shown(1, language="yo")))
    assert the(found, "img")["lang"] == "yo"
    assert not the(page("frame", pictured(shown(1, language=""))), "img").has_attr("lang")


def test_a_film_is_named_once_on_the_page_of_its_post() -> None:
    assert written("permalink", shown(1, media=(FILM,))).count("Film, 2:05") == 1


@pytest.mark.parametrize("layout", ["list", "grid", "carousel"])
def test_a_long_list_can_be_passed_in_one_step_and_a_card_is_one_stop(layout: str) -> None:
    found = page("frame", *(shown(number) for number in range(1, 5)), layout=layout)
    assert the(found, "a.past")["href"] == "#past"
    assert [len(one.select("a, button, [tabindex]")) for one in found.select("article")] == [1] * 4
    behind = str(found).split('id="past"')
    assert len(behind) == 2
    assert "<article" not in behind[1]
    assert 'class="more-at"' in behind[1]
    assert not page("frame", shown(1), shown(2), shown(3), layout=layout).select("a.past, #past")


@pytest.mark.parametrize("layout", ["list", "grid", "carousel"])
def test_what_the_name_of_a_link_says_is_seen_and_not_heard_again(layout: str) -> None:
    text = the(page("frame", LOUD, layout=layout), ".text")
    assert text.get_text() == "Story hour was wonderful! 🎉🎉"
    assert the(text, "[aria-hidden]").get_text() == "Story hour was wonderful!"
    titled = page("frame", shown(1), layout=layout)
    assert not titled.select("p [aria-hidden=true]:not(svg), p[aria-hidden]")
    cut_short = page("frame", shown(1, title="", text="words and " * 40), layout=layout)
    assert not cut_short.select(".text [aria-hidden], .text[aria-hidden]")


def test_a_row_of_hashtags_that_the_page_lists_is_not_in_the_text_as_well() -> None:
    row = '<p><a href="https://blog.example/t">#engagedlibraries</a> #StoryHour</p>'
    tagged = replace(LOUD, item=replace(LOUD.item, html=SafeHtml(f"<p>Come #StoryHour</p>{row}")))
    assert said(page("permalink", tagged), ".body") == "Come #StoryHour"


def test_a_picture_is_a_figure_where_words_stand_beneath_it() -> None:
    assert not page("frame", pictured(shown(1)), layout="grid").select("figure")
    credited = pictured(shown(1), picture(1, credit="Photo: Ana"))
    assert said(page("frame", credited, layout="grid"), "figure figcaption") == "Photo: Ana"
    assert written("frame", credited, layout="list").count("Photo: Ana") == 1


def test_links_keep_the_pages_language() -> None:
    here = f"{PUBLIC_URL}/{SLUG}/es/"
    frame = page("frame", shown(1), language="es")
    assert the(frame, ".title a")["href"] == f"{here}p/{shown(1).id}"
    assert the(frame, ".more-at a")["href"] == here
    post = page("permalink", shown(1), language="es")
    assert the(post, ".top a")["href"] == here
    assert the(post, "link[rel=canonical]")["href"] == f"{here}p/{shown(1).id}"


def test_a_notice_leads_to_the_posts_in_the_language_of_what_was_asked_for() -> None:
    snapshot = Snapshot(PUBLIC_URL, campaign(), one=Gone(shown(1).id, NOW))
    address = Address("permalink", SLUG, shown(1).id, "es")
    found = BeautifulSoup(render(snapshot, address, "es", NOW).body.decode(), "html.parser")
    assert the(found, "main a")["href"] == f"{PUBLIC_URL}/{SLUG}/es/"


@pytest.mark.parametrize("kind", ["feed-json", "feed-rss", "feed-atom"])
def test_feeds_never_change_the_address_of_a_post_by_their_language(kind: AddressKind) -> None:
    feed = written(kind, shown(1), language="es")
    assert f"/{SLUG}/p/" in feed
    assert f"/{SLUG}/es/p/" not in feed


def thread() -> Shown:
    second = shown(3, title="", text="The second part.", html=SafeHtml("<p>The second part.</p>"))
    third = shown(4, title="", text="HIDDEN", html=SafeHtml("<p>HIDDEN</p>"), warning="spiders")
    return replace(shown(2), thread=(pictured(second, picture(9)), third))


def test_a_thread_is_one_card_that_says_how_long_it_is() -> None:
    assert "Parts in this thread: 3" in said(page("frame", thread()), ".by")
    assert "thread" not in said(page("frame", shown(2)), ".by")


def test_the_page_of_a_thread_has_all_its_parts_each_with_its_own_picture_and_original() -> None:
    found = page("permalink", thread())
    second, third = found.select(".thread li")
    assert "The second part." in second.get_text()
    assert len(second.select("img")) == 1
    assert [str(link["href"]) for link in second.select("a")] == ["https://blog.example/3/"]
    assert third.h3
    assert third.h3.get_text() == "Part 3 of 3"


def test_a_part_behind_a_warning_stays_behind_it() -> None:
    _, third = page("permalink", thread()).select(".thread li")
    assert "spiders" in third.get_text()
    assert third.details
    third.details.extract()
    assert "HIDDEN" not in third.get_text()


@pytest.mark.parametrize("kind", ["feed-json", "feed-rss", "feed-atom"])
def test_feeds_have_the_parts_of_a_thread_in_its_first_post(kind: AddressKind) -> None:
    alone, together = written(kind, shown(2)), written(kind, thread())
    assert "The second part." not in alone
    assert together.index("We read to 2 children") < together.index("The second part.")
    assert "Content warning: spiders" in together


def test_a_film_is_its_poster_its_length_and_a_link() -> None:
    post = replace(shown(1, media=(FILM,)), pictures=(picture(1, film=0),))
    assert "Film, 2:05" in said(page("frame", post), ".by")
    found = page("permalink", post)
    told = said(found, ".recording")
    assert "Film, 2:05" in told
    assert "Whether it has captions is not known." in told
    assert the(found, ".recording a")["href"] == "https://blog.example/1/"
    assert len(found.select(".recording img")) == len(found.select("img")) == 1
    assert not found.select("video, audio, iframe")


@pytest.mark.parametrize(
    ("captions", "expected"), [(True, "With captions"), (False, "Without captions")]
)
def test_a_film_says_whether_it_has_captions(captions: bool, expected: str) -> None:
    post = shown(1, media=(replace(FILM, captions=captions),))
    assert expected in said(page("permalink", post), ".recording")


def test_a_sound_without_a_known_length_has_words_alone() -> None:
    post = shown(1, media=(Media("https://sound.example/1.mp3", "audio", alt="A choir sings."),))
    told = said(page("permalink", post), ".recording")
    assert told == "Sound recording A choir sings. Listen to it at the original"


def test_a_film_behind_a_warning_is_not_on_the_card() -> None:
    post = shown(1, media=(FILM,), flags=frozenset({Flag.SENSITIVE}))
    assert "Film" not in said(page("frame", post), ".by")


@pytest.mark.parametrize(
    ("seconds", "expected"), [(7, "0:07"), (125, "2:05"), (3599, "59:59"), (3723, "1:02:03")]
)
def test_a_length_is_written_as_players_write_it(seconds: int, expected: str) -> None:
    assert clock(seconds) == expected
