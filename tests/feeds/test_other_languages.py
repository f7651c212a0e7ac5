"""A page names itself in each language of its campaign: own name, own direction, own address."""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from aggregator.settings import View
from feeds.addresses import Address, AddressKind
from feeds.i18n import LOCALES, languages
from feeds.other_languages import in_languages, is_spoken, own_name
from feeds.render import render
from feeds.select import Snapshot
from tests.feeds.invented import NOW, PUBLIC_URL, SLUG, campaign, item_id, shown

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "en.po").write_text((LOCALES / "en.po").read_text("utf-8"), "utf-8")
    for language in ("es", "ar", "fil"):
        (tmp_path / f"{language}.po").write_text(HEADER, "utf-8")
    return tmp_path


def test_a_page_is_offered_in_every_language_by_the_languages_own_name(folder: Path) -> None:
    ours = campaign(languages=("en", "es", "ar"))
    found = in_languages(ours, Address("embed", SLUG, language="ar"), PUBLIC_URL, folder)
    assert [(each.tag, each.name, each.direction, each.is_current) for each in found] == [
        ("en", "English", "ltr", False),
        ("es", "español", "ltr", False),
        ("ar", "العربية", "rtl", True),
    ]
    assert [each.link for each in found] == [
        f"{PUBLIC_URL}/{SLUG}/embed",
        f"{PUBLIC_URL}/{SLUG}/es/embed",
        f"{PUBLIC_URL}/{SLUG}/ar/embed",
    ]


def test_a_language_without_words_is_not_offered(folder: Path) -> None:
    ours = campaign(languages=("en", "es", "yo"))
    found = in_languages(ours, Address("hub", SLUG), PUBLIC_URL, folder)
    assert [each.tag for each in found] == ["en", "es"]


def test_one_language_alone_is_nothing_to_choose_from(folder: Path) -> None:
    assert in_languages(campaign(languages=("en",)), Address("hub", SLUG), PUBLIC_URL, folder) == ()
    assert in_languages(campaign(languages=("en", "yo")), Address("hub", SLUG), PUBLIC_URL, folder) == ()


def test_tagalog_is_printed_as_filipino_at_the_address_that_the_campaign_chose(folder: Path) -> None:
    _, found = in_languages(campaign(languages=("en", "tl")), Address("hub", SLUG), PUBLIC_URL, folder)
    assert (found.tag, found.name, found.link) == ("fil", "Filipino", f"{PUBLIC_URL}/{SLUG}/tl/")


def test_a_region_is_spoken_with_its_parents_words(folder: Path) -> None:
    assert is_spoken("es-MX", folder)
    assert not is_spoken("pt-BR", folder)


@pytest.mark.parametrize("language", ["hmn", "zz-zz"])
def test_a_language_whose_name_nobody_knows_is_named_by_its_tag(language: str) -> None:
    assert own_name(language) == language


ALL = languages()
PAGES: tuple[AddressKind, ...] = ("hub", "permalink", "embed", "it", "accessibility")


def page(kind: AddressKind, language: str, *spoken: str) -> BeautifulSoup:
    snapshot = Snapshot(PUBLIC_URL, campaign(languages=spoken), posts=(shown(1),), one=shown(1))
    address = Address(kind, SLUG, item_id(1) if kind == "permalink" else "", language)
    body = render(snapshot, address, language or spoken[0], NOW).body.decode()
    return BeautifulSoup(body, "html.parser")


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_tells_machines_and_readers_where_its_other_languages_are(kind: AddressKind) -> None:
    found = page(kind, ALL[-1], *ALL)
    to_machines = {str(one["hreflang"]): str(one["href"]) for one in found.select("link[hreflang]")}
    to_readers = {str(one["hreflang"]): str(one["href"]) for one in found.select(".tongues a")}
    (canonical,) = found.select("link[rel=canonical]")
    assert to_machines.pop("x-default") == to_machines[ALL[0]]
    assert to_machines == to_readers
    assert set(to_readers) == set(ALL)
    assert to_readers[ALL[-1]] == canonical["href"]
    assert [str(one["hreflang"]) for one in found.select(".tongues [aria-current]")] == [ALL[-1]]


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_in_one_language_offers_none(kind: AddressKind) -> None:
    assert not page(kind, "", "en").select("[hreflang], .tongues")


def test_a_frame_offers_no_languages() -> None:
    view = View(layout="list")
    snapshot = Snapshot(PUBLIC_URL, campaign(languages=ALL), view=view, posts=(shown(1),))
    assert b"hreflang" not in render(snapshot, Address("frame", SLUG, "wall"), "en", NOW).body


def test_the_line_to_paste_keeps_the_pages_language() -> None:
    lines = [str(code.get_text()) for code in page("embed", "es", "en", "es").select("code")]
    assert any(f'src="{PUBLIC_URL}/{SLUG}/es/e/featured"' in line for line in lines)
    assert any('<engaged-feed view="featured" lang="es"' in line for line in lines)
    assert not any('lang="' in str(code.get_text()) for code in page("embed", "", "en").select("code"))
