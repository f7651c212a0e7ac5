"""The list of all feeds, as readers take it in."""

from xml.etree import ElementTree

from aggregator.settings import View
from feeds.addresses import Address, parse
from feeds.render import render
from feeds.select import Snapshot
from tests.feeds.invented import NOW, PUBLIC_URL, SLUG, campaign

VIEWS = {"featured": View(layout="featured"), "wall": View(layout="grid", heading='News & "more" <b>')}


def outline(language: str = "") -> ElementTree.Element:
    there = Snapshot(PUBLIC_URL, campaign(views=VIEWS))
    page = render(there, Address("outline", SLUG, language=language), "en", NOW)
    return ElementTree.fromstring(page.body)


def test_every_view_is_there_with_every_form_of_it() -> None:
    root = outline()
    assert root.get("version") == "2.0"
    assert root.findtext("head/title") == "#EngagedLibraries: all feeds"
    assert root.findtext("head/ownerEmail") == "campaign@library.example"
    groups = root.findall("body/outline")
    assert [group.get("text") for group in groups] == [
        "#EngagedLibraries: featured",
        'News & "more" <b>',
    ]
    for name, group in zip(VIEWS, groups, strict=True):
        feeds = [each.get("xmlUrl") for each in group.findall("outline[@type='rss']")]
        assert feeds == [f"{PUBLIC_URL}/{SLUG}/v/{name}.{ending}" for ending in ("rss", "atom", "json")]
        (calendar,) = group.findall("outline[@type='link']")
        assert calendar.get("url") == f"{PUBLIC_URL}/{SLUG}/v/{name}.ics"


def test_every_line_has_its_words_in_both_attributes() -> None:
    for line in outline().iter("outline"):
        assert line.get("text")
        assert line.get("text") == line.get("title")


def test_every_address_in_it_is_one_of_ours() -> None:
    for line in outline("es").iter("outline"):
        for name in ("xmlUrl", "htmlUrl", "url"):
            if url := line.get(name):
                address = parse(url.removeprefix(PUBLIC_URL))
                assert address
                assert address.language == "es"
