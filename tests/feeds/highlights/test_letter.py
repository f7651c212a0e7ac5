"""A letter: whole in every language and every program, and nothing of what may no longer be shown."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import pytest
from bs4 import BeautifulSoup, Tag
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.item import Author
from aggregator.store.published import Shown
from feeds.highlights.draft import Draft, Pick
from feeds.highlights.letter import (
    Filled,
    Letter,
    LetterChanged,
    filled,
    freeze,
    in_language_of,
    letters,
    still_shown,
    thaw,
    whole_for_preview,
)
from feeds.highlights.wording import MERGED, fields_in
from tests.feeds.highlights.an_issue import (
    DAY,
    LANGUAGES,
    WEEK,
    a_house,
    draft,
    events,
    everything,
    posts,
)
from tests.feeds.invented import AWKWARD, MARKUP, PUBLIC_URL, item_id, pictured, shown
from tests.feeds.invented import picture as a_picture

FIELDS = {name: f"{PUBLIC_URL}/{name}/KEY" for name in MERGED}
EVERYTHING = frozenset(everything())


def made(plan: Draft, there: Mapping[str, Shown], **of_campaign: object) -> dict[str, Letter]:
    house = a_house(**of_campaign)
    return letters(plan, there, house.campaigns[0], house, number=12, day=DAY, week=WEEK)


@cache
def usual() -> dict[str, Letter]:
    return made(draft(), everything())


def page(language: str = "en") -> BeautifulSoup:
    return BeautifulSoup(filled(usual()[language], EVERYTHING, FIELDS).html, "html.parser")


def of_one(post: Shown, **more: object) -> Filled:
    """Give the English letter of one post alone."""
    plan = draft(picks=(Pick(post.id),), occasions=(), blocks=(), **more)
    return filled(made(plan, {post.id: post})["en"], {post.id}, FIELDS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_frame_is_in_its_language_and_each_post_in_its_own(language: str) -> None:
    soup = page(language)
    assert soup.html
    assert (soup.html["lang"], soup.html["dir"]) == (language, "rtl" if language == "ar" else "ltr")
    headings = [(one["lang"], _direction(one)) for one in soup.select("h2.title")]
    assert set(headings) == {("en", "ltr"), ("es", "ltr"), ("ar", "rtl"), ("am", "ltr")}


def _direction(tag: Tag) -> str:
    found = tag.find_parent(attrs={"dir": True})
    assert found
    return str(found["dir"])


def test_editors_words_come_in_the_readers_language_and_else_in_the_first() -> None:
    assert "جيراننا الأعزاء" in page("ar").get_text()
    intro = page("am").select_one("td.intro")
    assert intro
    assert (intro["lang"], intro["dir"]) == ("en", "ltr")
    assert usual()["ar"].subject == "حافلة وحديقة وعشر قصص أخرى"
    assert usual()["es"].subject == usual()["en"].subject


def test_fields_of_editors_words_are_filled_in_and_no_others() -> None:
    assert "Edition 12 was made by volunteers" in page().get_text()
    plan = draft(intro={"en": "{{campaign}} {{number}} {{date}} {{config}} {{ self.__class__ }}"})
    text = filled(made(plan, everything())["en"], EVERYTHING, FIELDS).text
    assert "#EngagedLibraries 12 May 18\u2009–\u200924, 2026 {{config}} {{ self.__class__ }}" in text


def test_a_field_in_a_post_is_only_words() -> None:
    post = shown(1, title="{{unsubscribe}}", text="{{{preferences}}} and {{{{archive}}")
    found = of_one(post)
    assert "KEY" not in found.html.split("mail-")[0].split('class="foot"')[0]
    assert found.text.count(FIELDS["unsubscribe"]) == 1
    assert found.text.count(FIELDS["preferences"]) == 1


def test_why_a_post_was_chosen_is_not_shown() -> None:
    assert "percentile" not in page().decode()


def test_links_lead_to_our_own_pages_and_are_counted_for_this_issue() -> None:
    links = {str(link["href"]) for link in page("ar").select("a")}
    ours = {link for link in links if link.startswith(PUBLIC_URL)}
    assert links - ours == {"mailto:campaign@library.example"}
    assert f"{PUBLIC_URL}/engagedlibraries/ar/p/{item_id(2)}?v=highlights-12" in ours
    assert set(FIELDS.values()) <= ours


def test_pictures_are_our_own_jpegs_with_a_width_and_words() -> None:
    pictures = page().select("img")
    assert len(pictures) == 6
    for picture in pictures:
        assert re.fullmatch(rf"{PUBLIC_URL}/i/[0-9a-f]{{24}}-\d+\.jpg", str(picture["src"]))
        assert 0 < int(str(picture["width"])) <= 598
        assert str(picture["alt"]).startswith("A bus full of books")


def test_words_behind_a_warning_stay_there() -> None:
    post = shown(1, warning="flashing lights", title="", text="HIDDEN BY ITS AUTHOR")
    found = of_one(post)
    assert "HIDDEN" not in found.html + found.text
    assert "Content warning: flashing lights" in found.text


def test_nothing_needs_a_style_sheet_and_dark_colours_have_one() -> None:
    html = filled(usual()["en"], EVERYTHING, FIELDS).html
    (sheet,) = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert "prefers-color-scheme" in sheet
    cells = page().select("td.in, td.masthead, td.foot")
    assert all("color" in str(cell.get("style")) for cell in cells)
    assert "<!--dark-->" not in html
    assert "var(" not in html


def test_every_ground_is_its_own_so_that_all_of_them_turn_dark() -> None:
    soup = page()
    for cell in soup.select(".card, .own, .photo, .date, .blurb, table.paper"):
        assert cell.get("bgcolor"), cell["class"]


def test_a_name_of_another_direction_ends_with_itself() -> None:
    assert (
        "\u2068ليلى حداد\u2069 · \u2068Riverside Library, Riverside\u2069"
        in filled(usual()["en"], EVERYTHING, FIELDS).text
    )
    assert "<bdi" not in page().decode()


def test_the_text_says_the_same_in_the_same_order() -> None:
    text = filled(usual()["en"], EVERYTHING, FIELDS).text
    marks = ["#EngagedLibraries", "Dear neighbours", "We move to Fridays", "The bus that", "La huerta",
             "Coming up", "An evening of", "What happened at yours?", FIELDS["unsubscribe"],
             "1 Main Street"]  # fmt: skip
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)
    assert "<" not in text
    assert "\n\n\n" not in text


def test_what_is_no_longer_shown_leaves_html_and_text() -> None:
    left = EVERYTHING - {item_id(1), item_id(21)}
    found = filled(usual()["en"], left, FIELDS)
    for words in (found.html, found.text):
        assert item_id(1) not in words
        assert item_id(21) not in words
        assert "Coming up" in words
    assert found.posts == 9


def test_without_any_event_their_heading_leaves_too() -> None:
    found = filled(usual()["en"], EVERYTHING - {each.id for each in events()}, FIELDS)
    assert "Coming up" not in found.html + found.text


def test_a_post_whose_author_changed_it_after_approval_is_left_out() -> None:
    first = posts()[0]
    edited = replace(first, item=replace(first.item, text="Something else now"))
    described = replace(posts()[1], excerpt="shorter")
    there = {**everything(), first.id: edited, described.id: described}
    assert still_shown(usual()["en"], there) == EVERYTHING - {first.id}


def test_frozen_letters_come_back_as_they_were_and_no_others() -> None:
    frozen, digest = freeze(usual())
    assert thaw(frozen, digest) == usual()
    assert freeze(usual()) == (frozen, digest)
    frozen["en"]["subject"] = "Another one"
    with pytest.raises(LetterChanged):
        thaw(frozen, digest)


@pytest.mark.parametrize(
    ("asked", "given"), [("es", "es"), ("", "en"), ("pt", "en"), ("es-MX", "es"), ("am", "am")]
)
def test_a_reader_gets_their_language_or_the_campaigns_first(asked: str, given: str) -> None:
    assert in_language_of(usual(), asked, "en").language == given


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_posts_break_nothing(name: str) -> None:
    found = of_one(AWKWARD[name])
    soup = BeautifulSoup(found.html, "html.parser")
    assert soup.find("script") is None
    assert not [tag for tag in soup.find_all() if any(key.startswith("on") for key in tag.attrs)]
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", found.html + found.text)
    assert all(str(link["href"]).startswith(("https:", "mailto:")) for link in soup.select("a"))
    assert found.posts == 1


def test_markup_in_editors_words_is_only_words() -> None:
    found = of_one(shown(1), intro={"en": MARKUP}, subject={"en": MARKUP})
    assert BeautifulSoup(found.html, "html.parser").find("script") is None
    assert MARKUP in found.text


def test_a_control_character_never_gets_in() -> None:
    post = shown(1, title="A\x85B\x9cC", author=Author("Ana\x81"))
    assert not re.search(r"[\x80-\x9f]", of_one(post).html)


STEERED = st.text(
    st.characters(categories=["Cc", "Cf", "Zl", "Zp", "Zs"]) | st.sampled_from("{} a\u0627"), max_size=12
)


@settings(max_examples=60, deadline=None)
@given(STEERED, STEERED)
@example("\u200e", "")
@example("\u2066\x01", "\u200f")
@example("{\u200e", "\u2069")
def test_no_post_puts_a_field_into_a_letter(between: str, before: str) -> None:
    letter = made(draft(picks=(Pick(item_id(1)),), occasions=(item_id(21),)), attacking(between, before))
    whole = (letter["en"].opening_html, letter["en"].closing_html)
    assert all(fields_in(part) <= set(MERGED) for part in whole)
    assert [card for card in letter["en"].cards if fields_in(card.html) or fields_in(card.text)] == []


def attacking(between: str, before: str) -> dict[str, Shown]:
    """Give a post and an event that say a field everywhere, with something between its braces."""
    evil = f"{before}{{{between}{{unsubscribe}}}} {{{between}{{{between}archive{between}}}{between}}}"
    post, evening = shown(1), events()[0]
    assert evening.item.occasion
    said = {"title": evil, "text": f"{evil}\n{evil}", "author": Author(evil, evil)}
    at = replace(evening.item.occasion, location=evil)
    drawn = pictured(post, a_picture(1, alt=evil, credit=evil))
    drawn = replace(drawn, item=replace(drawn.item, **said), library=evil, place=evil, network=evil)
    event = replace(evening, item=replace(evening.item, title=evil, occasion=at))
    return {post.id: drawn, event.id: event}


@pytest.mark.parametrize("kind", ["in", "intro", "own", "event", "foot"])
def test_a_long_address_widens_no_cell(kind: str) -> None:
    cells = page().select(f"td.{kind}")
    assert cells
    assert all("overflow-wrap" in str(cell["style"]) for cell in cells)
    assert all("word-break" in str(cell["style"]) for cell in cells)


def test_nobody_is_named_by_a_preview() -> None:
    found = whole_for_preview(usual()["en"], "https://posts.library.example/engagedlibraries/")
    assert "{{" not in found.html + found.text


@pytest.mark.parametrize(
    ("language", "week"), [("en", "Edition 12 · May 18\u2009–\u200924, 2026"), ("es", "18–24 may 2026")]
)
def test_above_a_letter_stands_its_week_which_is_true_whenever_it_leaves(
    language: str, week: str
) -> None:
    assert week in usual()[language].opening_text
