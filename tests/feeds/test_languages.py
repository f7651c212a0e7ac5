"""Every language file is whole, and every page can be drawn in every language."""

import re
from gettext import c2py
from typing import get_args

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup

from aggregator.settings import View
from feeds.addresses import Address, AddressKind
from feeds.i18n import LOCALES, languages, words
from feeds.render import render
from feeds.select import Snapshot
from tests.feeds.invented import AWKWARD, NOW, PUBLIC_URL, SLUG, campaign, item_id

OTHERS = [language for language in languages() if language != "en"] or ["en"]
PAGES = [kind for kind in get_args(AddressKind) if not kind.endswith("picture")]
RIGHT_TO_LEFT = ("ar",)
FEW = 2
"""Names and numbers of so many words may read alike in two languages."""


def catalogue(language: str) -> Catalog:
    with (LOCALES / f"{language}.po").open("rb") as file:
        return read_po(file, ignore_obsolete=True)


def said(language: str) -> dict[str, str]:
    return {str(message.id): str(message.string) for message in catalogue(language) if message.id}


def is_alike_on_purpose(text: str) -> bool:
    return len(re.findall(r"[^\W\d_]{2,}", re.sub(r"\{\w+\}", "", text))) <= FEW


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_is_left_in_another_language(language: str) -> None:
    if language == "en":
        return  # there is no other one yet
    english = said("en")
    same = [key for key, text in said(language).items() if text == english.get(key)]
    assert [key for key in same if not is_alike_on_purpose(english[key])] == []
    assert not [key for key, text in said(language).items() if not text.strip()]


@pytest.mark.parametrize("language", languages())
def test_a_file_says_which_language_it_is_and_who_should_read_it(language: str) -> None:
    theirs = catalogue(language)
    text = (LOCALES / f"{language}.po").read_text("utf-8")
    assert str(theirs.mime_headers[0][1]) != ""
    assert f'"Language: {language}\\n"' in text
    assert language == "en" or "needs a native reader" in text.split("\nmsgid ", 1)[0]


@pytest.mark.parametrize("language", languages())
def test_plural_forms_are_told_apart_as_the_language_does(language: str) -> None:
    """Babel itself lacks am, fil and yo; the rules are those of CLDR for whole numbers."""
    text = (LOCALES / f"{language}.po").read_text("utf-8")
    found = re.search(r'"Plural-Forms:\s*nplurals=(\d+);\s*plural=(.*?);?\\n"', text)
    assert found, "no Plural-Forms in one line"
    form, rule = c2py(found[2]), Locale.parse(language).plural_form
    pairs = {(form(number), rule(number)) for number in range(200)}
    assert len({theirs for theirs, _ in pairs}) == len({category for _, category in pairs}) == len(pairs)
    assert int(found[1]) == len(pairs)


@pytest.mark.parametrize("language", languages())
def test_every_page_can_be_drawn_in_every_language(language: str) -> None:
    keys = {key for key in said("en") if "-" in key}
    for kind in PAGES:
        page = drawn(kind, language)
        assert page, kind
        if page.startswith("<!doctype html>") or "<html" in page[:200]:
            found = BeautifulSoup(page, "html.parser")
            html = found.html
            assert html
            direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
            assert (html["lang"], html["dir"]) == (language, direction), kind
            labels = [str(one["aria-label"]) for one in found.select("[aria-label]")]
            assert not keys & {text.strip() for text in [*found.stripped_strings, *labels]}, kind


@pytest.mark.parametrize("language", languages())
def test_no_count_and_no_list_makes_a_language_fail(language: str) -> None:
    say = words(language)
    assert re.fullmatch(r"1\D?200", say.number(1200))
    assert all(name in say.any_of(["#A", "#B", "#C"]) for name in ("#A", "#B", "#C"))


def drawn(kind: AddressKind, language: str) -> str:
    posts = tuple(AWKWARD.values())
    ours = campaign(languages=(language,))
    of_view = kind not in ("hub", "embed", "it", "accessibility", "campaigns")
    snapshot = Snapshot(
        PUBLIC_URL,
        None if kind == "campaigns" else ours,
        campaigns=(ours,),
        view=View(layout="list", limit=20) if of_view else None,
        featured=posts[0] if kind == "hub" else None,
        posts=posts[:6],
        one=posts[0],
    )
    return render(snapshot, Address(kind, SLUG, item_id(1)), language, NOW).body.decode()
