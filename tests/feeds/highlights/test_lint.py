"""What editors hear before they approve: each finding, and nothing when all is well."""

from dataclasses import replace

import pytest

from aggregator.store.published import Shown
from feeds.highlights import palette
from feeds.highlights.draft import Block, Draft, Pick
from feeds.highlights.letter import Letter, letters
from feeds.highlights.lint import MOST_BYTES, Finding, lint, size_of
from tests.feeds.highlights.an_issue import DAY, WEEK, a_house, draft, everything, posts
from tests.feeds.invented import item_id, picture, pictured


def found(
    plan: Draft,
    there: dict[str, Shown] | None = None,
    *,
    public_url: str = "https://posts.library.example",
) -> dict[str, Finding]:
    house = a_house(public_url)
    there = everything() if there is None else there
    made = letters(plan, there, house.campaigns[0], house, number=12, day=DAY, week=WEEK)
    return {one.code: one for one in lint(plan, made, there, house.campaigns[0], house)}


def test_a_good_issue_has_nothing_against_it() -> None:
    assert found(draft()) == {}


@pytest.mark.parametrize(
    ("changes", "code", "stops"),
    [
        ({"subject": {}}, "subject-empty", True),
        ({"subject": {"en": "  "}}, "subject-empty", True),
        ({"subject": {"ar": "حافلة"}}, "subject-first", True),
        ({"subject": {"en": "x" * 90}}, "subject-long", False),
        ({"preheader": {}}, "preheader-empty", False),
        ({"picks": ()}, "no-posts", True),
        ({"intro": {"en": "Dear {{first_name}}"}}, "field-unknown", True),
        ({"subject": {"en": "See {{unsubscribe}}"}}, "field-subject", True),
        ({"blocks": (Block("call", {"en": "{{ config }}"}, {}),)}, "field-unknown", True),
        ({"intro": {"en": "Go: {{unsubscribe}}"}}, "field-own", True),
        ({"intro": {"en": "Go: {\x01{ archive }}"}}, "field-own", True),
        ({"preheader": {"es": "{{preferences}}"}}, "field-own", True),
        ({"blocks": (Block("call", {}, {"ar": "{{archive}}"}),)}, "field-own", True),
        ({"picks": (Pick(item_id(1), (), {"en": "{{archive}}"}),)}, "field-own", True),
        ({"intro": {"en": "ስለ ቤተ መጻሕፍት " * 3_000}}, "too-large", True),
    ],
)
def test_it_finds(changes: dict[str, object], code: str, stops: bool) -> None:
    finding = found(draft(**changes))[code]
    assert finding.stops is stops
    assert finding.words.endswith(".")


def test_a_picture_that_nobody_described_stops_it_and_is_named() -> None:
    bare = pictured(posts()[0], picture(1, alt=None))
    finding = found(draft(), {**everything(), bare.id: bare})["alt-missing"]
    assert (finding.item, finding.stops) == (bare.id, True)
    assert "The bus that brings the reading room" in finding.words


def test_a_picture_that_says_nothing_on_purpose_is_well() -> None:
    bare = pictured(posts()[0], picture(1, alt=""))
    assert found(draft(), {**everything(), bare.id: bare}) == {}


def test_a_post_that_is_gone_is_named() -> None:
    there = {key: value for key, value in everything().items() if key != item_id(3)}
    assert found(draft(), there)["post-gone"].item == item_id(3)


def test_an_address_without_https_is_advised_against() -> None:
    assert not found(draft(), public_url="http://localhost:8000")["not-https"].stops


def test_the_size_is_of_the_whole_message_as_sent() -> None:
    house = a_house()
    made = letters(draft(), everything(), house.campaigns[0], house, number=12, day=DAY, week=WEEK)
    sizes = {name: size_of(letter, house.campaigns[0], house) for name, letter in made.items()}
    assert all(len(whole(made[name])) < size < MOST_BYTES for name, size in sizes.items())
    assert sizes["am"] > 1.3 * len(whole(made["am"]))


def whole(letter: Letter) -> bytes:
    parts = (letter.opening_html, *(card.html for card in letter.cards), letter.closing_html)
    return "".join(parts).encode()


def test_the_colours_can_be_read_on_each_other() -> None:
    for colours in (palette.LIGHT, palette.DARK):
        for word, ground in palette.WORDS_ON:
            ratio = palette.contrast(getattr(colours, word), getattr(colours, ground))
            assert ratio >= palette.ENOUGH, (word, ground)
    assert palette.contrast("#000000", "#ffffff") == pytest.approx(21)


def test_colours_that_cannot_be_read_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(palette, "LIGHT", palette.LIGHT._replace(muted="#b0b0b0"))
    assert found(draft())["contrast"].stops


def test_a_link_that_no_mail_program_follows_is_found() -> None:
    house = a_house()
    made = letters(draft(), everything(), house.campaigns[0], house, number=12, day=DAY, week=WEEK)
    bad = made["en"].closing_html.replace('href="https:', 'href="javascript:', 1)
    worse = replace(made["en"], closing_html=bad)
    findings = lint(draft(), {"en": worse}, everything(), house.campaigns[0], house)
    assert [one.code for one in findings] == ["link"]
