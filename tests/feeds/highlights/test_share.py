"""An issue in a few words: it fits each network, and calls only people of that network."""

from dataclasses import replace

import pytest

from aggregator.item import Author
from feeds.highlights.share import counted_by_bluesky, counted_by_mastodon, ready
from feeds.i18n import languages, words
from tests.feeds.invented import AWKWARD, PUBLIC_URL, campaign, picture, pictured, shown

LINK = f"{PUBLIC_URL}/engagedlibraries/highlights/12"
FEDIVERSE = Author("Ana Rivera", "@ana@glammr.example")
BLUESKY = Author("Ben Okafor", "ben.okafor.example")
COUNTS = {"mastodon": counted_by_mastodon, "bluesky": counted_by_bluesky, "linkedin": len}


def texts(*posts: object, language: str = "en") -> dict[str, str]:
    found = ready(campaign(), posts, LINK, words(language), PUBLIC_URL)  # type: ignore[arg-type] # posts are Shown
    return {each.network: each.text for each in found}


def test_a_text_says_what_it_is_who_wrote_and_where_all_of_it_stands() -> None:
    text = texts(shown(1, title="A bus full of books"), shown(2, title="Seeds"))["mastodon"]
    assert text == (
        "The best of the week from #EngagedLibraries:\n\n"
        "• Ana Rivera: A bus full of books\n"
        "• Ana Rivera: Seeds\n\n"
        f"All posts of this edition: {LINK}"
    )


def test_each_network_calls_its_own_people_and_names_the_others() -> None:
    found = texts(shown(1, author=FEDIVERSE), shown(2, author=BLUESKY))

    assert "@ana@glammr.example:" in found["mastodon"]
    assert "Ben Okafor:" in found["mastodon"]
    assert "@ben.okafor.example:" in found["bluesky"]
    assert "Ana Rivera:" in found["bluesky"]
    assert "@" not in found["linkedin"]


def test_nobody_is_called_who_is_only_mentioned() -> None:
    post = shown(1, title="Thanks @carla@evil.example and #OtherTag for @dan")
    for text in texts(post).values():
        assert "@" not in text
        assert "#OtherTag" not in text


def test_hashtags_of_the_campaign_stand_once() -> None:
    named = campaign(name="Engaged!", hashtags=("EngagedLibraries", "Libraries"))
    found = ready(named, [shown(1)], LINK, words("en"), PUBLIC_URL)
    assert found[0].text.endswith("\n#EngagedLibraries #Libraries")


@pytest.mark.parametrize("language", languages())
def test_the_longest_issue_fits_every_network_in_every_language(language: str) -> None:
    long = [shown(number, title="Library " * 40, author=FEDIVERSE) for number in range(1, 21)]
    say = words(language)
    for posts in (long, list(AWKWARD.values()), []):
        for each in ready(campaign(name="#" + "E" * 90), posts, LINK, say, PUBLIC_URL):
            assert each.length == COUNTS[each.network](each.text) <= each.most
            assert LINK in each.text


def test_a_longer_network_gets_more_words() -> None:
    found = texts(*(shown(number, title="Neighbours read together " * 9) for number in range(1, 6)))
    assert len(found["bluesky"]) < len(found["mastodon"]) < len(found["linkedin"])
    assert found["bluesky"].count("•") >= 3


def test_pictures_come_with_their_words_and_none_without() -> None:
    posts = [
        pictured(shown(1), picture(1, alt="A red bus")),
        pictured(shown(2), picture(2, alt=None)),
        pictured(shown(3, warning="blood"), picture(3, alt="Behind a warning")),
        *(pictured(shown(number), picture(number, alt=f"Bus {number}")) for number in range(4, 9)),
    ]
    found = ready(campaign(), posts, LINK, words("en"), PUBLIC_URL)[0].pictures
    assert [each.alt for each in found] == ["A red bus", "Bus 4", "Bus 5", "Bus 6"]
    assert found[0].address == f"{PUBLIC_URL}/i/{picture(1).key}-960.jpg"
    hidden = campaign(policy={"pictures_without_consent": "hide"})
    assert ready(hidden, posts, LINK, words("en"), PUBLIC_URL)[0].pictures == ()


def test_a_warning_stands_instead_of_the_words() -> None:
    post = replace(shown(1, warning="flashing lights", title="SECRET", text="SECRET"))
    for text in texts(post).values():
        assert "SECRET" not in text
        assert "flashing lights" in text


COUNTED = [
    ("plain", 5, 5),
    ("https://example.org/a-very-long-address-of-a-page-that-goes-on", 23, 62),
    ("@ana@glammr.example hello", 10, 25),
    ("e\u0301", 2, 1),
    ("👩🏽‍🚀", 4, 1),
    ("❤️", 2, 1),
]


@pytest.mark.parametrize(("text", "mastodon", "bluesky"), COUNTED)
def test_each_network_counts_in_its_own_way(text: str, mastodon: int, bluesky: int) -> None:
    assert (counted_by_mastodon(text), counted_by_bluesky(text)) == (mastodon, bluesky)
