"""What programs and people find from a page: the same posts in other forms, and the line for a site."""

from xml.etree import ElementTree

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from aggregator.settings import View
from feeds.app import create_app
from feeds.i18n import languages
from tests.feeds.invented import (
    NOW,
    PUBLIC_URL,
    SLUG,
    Clock,
    a_door,
    campaign,
    item_id,
    settings,
    shown,
)

FEEDS = {
    "application/rss+xml": "rss",
    "application/atom+xml": "atom",
    "application/feed+json": "json",
    "text/calendar": "ics",
}
VIEWS = {"wall": View(layout="grid"), "stories": View(layout="list", heading="Our stories")}


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    configured = campaign(views=VIEWS), campaign(slug="second", name="Second", views=VIEWS)
    return create_app(settings(*configured), a_door(shown(1)), lambda: NOW, Clock()).test_client()


def page(client: FlaskClient, path: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(path).data, "html.parser")


def offered(found: BeautifulSoup) -> dict[str, tuple[str, str]]:
    """Give the forms that a page's head names, without oEmbed and other languages."""
    links = found.select("head link[rel=alternate][type]")
    return {
        str(link["type"]): (str(link["href"]).removeprefix(PUBLIC_URL), str(link["title"]))
        for link in links
        if "oembed" not in str(link["type"])
    }


@pytest.mark.parametrize(
    ("path", "view", "name"),
    [
        (f"/{SLUG}/", "wall", "#EngagedLibraries"),
        (f"/{SLUG}/es/", "wall", "#EngagedLibraries"),
        (f"/{SLUG}/e/wall", "wall", "#EngagedLibraries"),
        (f"/{SLUG}/e/stories", "stories", "Our stories"),
    ],
)
def test_a_page_of_posts_names_them_in_every_form_and_each_is_there(
    client: FlaskClient, path: str, view: str, name: str
) -> None:
    found = offered(page(client, path))
    assert {each: found[each][0] for each in FEEDS} == {
        each: f"/{SLUG}/v/{view}.{ending}" for each, ending in FEEDS.items()
    }
    assert all(found[each][1].startswith(name) for each in FEEDS)
    assert len({title for _, title in found.values()}) == len(found)
    for each, (link, _) in found.items():
        assert client.get(link).content_type.partition(";")[0] == each


def test_the_hub_and_the_list_of_campaigns_name_the_list_of_all_feeds(client: FlaskClient) -> None:
    there = offered(page(client, f"/{SLUG}/"))["text/x-opml"]
    assert there == (f"/{SLUG}/feeds.opml", "#EngagedLibraries: all feeds")
    links = page(client, "/").select("head link[type='text/x-opml']")
    assert [str(link["title"]) for link in links] == [
        "#EngagedLibraries: all feeds",
        "Second: all feeds",
    ]
    for link in links:
        answer = client.get(str(link["href"]).removeprefix(PUBLIC_URL))
        assert ElementTree.fromstring(answer.data).tag == "opml"


def test_one_post_has_no_feed_of_its_own(client: FlaskClient) -> None:
    assert offered(page(client, f"/{SLUG}/f/{item_id(1)}")) == {}


@pytest.mark.parametrize("language", languages())
def test_the_hub_and_a_post_lead_to_the_line_for_a_site(language: str) -> None:
    ours = settings(campaign(languages=tuple(dict.fromkeys(("en", language)))))
    client = create_app(ours, a_door(shown(1)), lambda: NOW, Clock()).test_client()
    start = f"/{SLUG}/" if language == "en" else f"/{SLUG}/{language}/"
    there = f"{PUBLIC_URL}{start}embed"
    assert len(page(client, start).select(f"footer a[href='{there}']")) == 1
    (link,) = page(client, f"{start}p/{item_id(1)}").select(f"a[href='{there}#{item_id(1)}']")
    assert link.get_text(strip=True)
    assert not page(client, f"{start}embed").select(f"footer a[href='{there}']")
