"""Addresses are written and read in one place, and an old name still leads somewhere."""

import pytest

from aggregator.settings import View
from aggregator.store.published import Touched
from feeds.addresses import Address, addresses, parse, path_of, settle
from tests.feeds.invented import SLUG, campaign, settings

EVERY_KIND = [
    (Address("campaigns"), "/"),
    (Address("hub", SLUG), "/engagedlibraries/"),
    (Address("frame", SLUG, "wall"), "/engagedlibraries/e/wall"),
    (Address("feed-json", SLUG, "wall"), "/engagedlibraries/v/wall.json"),
    (Address("feed-rss", SLUG, "wall"), "/engagedlibraries/v/wall.rss"),
    (Address("feed-atom", SLUG, "wall"), "/engagedlibraries/v/wall.atom"),
    (Address("feed-ics", SLUG, "wall"), "/engagedlibraries/v/wall.ics"),
    (Address("outline", SLUG), "/engagedlibraries/feeds.opml"),
    (Address("permalink", SLUG, "abcdefgh2345"), "/engagedlibraries/p/abcdefgh2345"),
    (Address("post-frame", SLUG, "abcdefgh2345"), "/engagedlibraries/f/abcdefgh2345"),
    (Address("post-picture", SLUG, "abcdefgh2345"), "/engagedlibraries/og/abcdefgh2345.png"),
    (Address("post-ics", SLUG, "abcdefgh2345"), "/engagedlibraries/ics/abcdefgh2345.ics"),
    (Address("view-picture", SLUG, "wall"), "/engagedlibraries/v/wall.png"),
]


@pytest.mark.parametrize(("address", "path"), EVERY_KIND)
def test_an_address_is_written_and_read_back(address: Address, path: str) -> None:
    assert path_of(address) == path
    assert parse(path) == address


@pytest.mark.parametrize(
    "path",
    [
        "",
        "//",
        "/engagedlibraries",
        "/Engaged/",
        "/engagedlibraries/p/short",
        "/engagedlibraries/p/ABCDEFGH2345",
        "/engagedlibraries/p/abcdefgh2345/",
        "/engagedlibraries/e/",
        "/engagedlibraries/e/a/b",
        "/engagedlibraries/v/wall",
        "/engagedlibraries/v/wall.xml",
        "/" + "a" * 61 + "/",
        "/engagedlibraries/e/" + "a" * 201,
    ],
)
def test_what_has_no_public_form_is_no_address(path: str) -> None:
    assert parse(path) is None


def test_a_language_stands_after_the_campaign() -> None:
    assert path_of(Address("frame", SLUG, "wall", "fr")) == "/engagedlibraries/fr/e/wall"


def test_a_view_that_is_not_there_settles_at_the_featured_one() -> None:
    settled = settle(settings(), Address("frame", SLUG, "spring-2024"))
    assert settled == Address("frame", SLUG, "featured")


def test_without_a_view_named_featured_the_first_with_that_layout_stands_in() -> None:
    views = {"wall": View(layout="grid"), "big": View(layout="featured")}
    settled = settle(settings(campaign(views=views)), Address("feed-rss", SLUG, "gone"))
    assert settled == Address("feed-rss", SLUG, "big")


def test_an_unknown_campaign_settles_nowhere() -> None:
    assert settle(settings(), Address("hub", "nobody")) is None


def test_the_front_page_of_one_campaign_is_its_hub() -> None:
    assert settle(settings(), Address("campaigns")) == Address("hub", SLUG)
    two = settings(campaign(), campaign(slug="other"))
    assert settle(two, Address("campaigns")) == Address("campaigns")


def test_a_change_concerns_the_hub_every_view_and_the_permalinks_of_its_items() -> None:
    views = {"featured": View(layout="featured", slot="post"), "wall": View(layout="grid")}
    touched = addresses(campaign(views=views), Touched(3, frozenset({"abcdefgh2345"})))
    assert {path_of(address) for address in touched} >= {
        "/engagedlibraries/",
        "/engagedlibraries/e/featured",
        "/engagedlibraries/e/wall",
        "/engagedlibraries/v/featured.json",
        "/engagedlibraries/v/featured.rss",
        "/engagedlibraries/v/wall.json",
        "/engagedlibraries/v/wall.rss",
        "/engagedlibraries/v/wall.atom",
        "/engagedlibraries/v/wall.ics",
        "/engagedlibraries/p/abcdefgh2345",
        "/engagedlibraries/f/abcdefgh2345",
        "/engagedlibraries/og/abcdefgh2345.png",
        "/engagedlibraries/v/featured.png",
        "/engagedlibraries/v/wall.png",
    }


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/engagedlibraries/es/", Address("hub", SLUG, language="es")),
        ("/engagedlibraries/fil/e/wall", Address("frame", SLUG, "wall", "fil")),
        ("/engagedlibraries/pt-BR/p/abcdefgh2345", Address("permalink", SLUG, "abcdefgh2345", "pt-BR")),
    ],
)
def test_a_page_in_another_language_is_read_and_written(path: str, address: Address) -> None:
    assert parse(path) == address
    assert path_of(address) == path


def test_the_first_language_needs_no_name_and_others_are_found_however_they_are_written() -> None:
    there = settings(campaign(languages=("en", "pt-BR")))
    assert settle(there, Address("hub", SLUG, language="en")) == Address("hub", SLUG)
    assert settle(there, Address("hub", SLUG, language="pt-br")) == Address(
        "hub", SLUG, language="pt-BR"
    )


def test_a_language_that_was_given_up_is_no_page_but_its_embeds_still_show() -> None:
    there = settings(campaign(languages=("en", "es")))
    assert settle(there, Address("hub", SLUG, language="fr")) is None
    embedded = settle(there, Address("frame", SLUG, "wall", "fr"))
    assert embedded == Address("frame", SLUG, "wall")


def test_a_change_concerns_the_pages_of_every_language() -> None:
    there = campaign(languages=("en", "es"), views={"wall": View(layout="grid")})
    touched = {path_of(each) for each in addresses(there, Touched(3, frozenset({"abcdefgh2345"})))}
    assert {"/engagedlibraries/es/", "/engagedlibraries/es/e/wall"} <= touched
    assert {"/engagedlibraries/p/abcdefgh2345", "/engagedlibraries/es/p/abcdefgh2345"} <= touched
