"""The page that hands out lines, what stands in the lines, and the pages beside it."""

import re
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup

from aggregator.settings import Campaign, View
from feeds import builder, conformance, itpage, snippets
from feeds.addresses import parse, settle
from feeds.builder import PLACES, choices, title_of
from feeds.i18n import LOCALES, words
from feeds.page import HERE, Page
from feeds.render import render
from feeds.scripts import newest
from feeds.select import snapshot
from feeds.snippets import NEXT, WRITERS, Line, lines, listener
from feeds.widget import layouts
from tests.feeds.invented import (
    MARKUP,
    NOW,
    PUBLIC_URL,
    SLUG,
    a_door,
    campaign,
    item_id,
    settings,
    shown,
)

SAY = words("en")
POST = shown(1, title="WORDS OF A POST", text="MORE WORDS OF A POST")
VIEWS = {
    "wall": View(layout="grid"),
    "featured": View(layout="featured", slot="post"),
    "spanish": View(layout="list", languages=("es",), limit=4),
}


def page(path: str, configured: Campaign | None = None, *posts: object) -> Page:
    there = settings(configured or campaign(views=VIEWS))
    address = settle(there, parse(f"/{SLUG}/{path}"))  # type: ignore[arg-type] # it has one of our forms
    assert address
    door = a_door(*(posts or (POST,)))  # type: ignore[arg-type] # posts, or none
    return render(snapshot(door, there, address, NOW), address, "en", NOW)


def soup(made: Page) -> BeautifulSoup:
    return BeautifulSoup(made.body.decode(), "html.parser")


def a_line(**changes: object) -> Line:
    return replace(
        Line(PUBLIC_URL, campaign(), "featured", "#EngagedLibraries: The featured post", 420),
        **changes,  # type: ignore[arg-type] # the caller names fields of Line
    )


def test_every_display_can_be_chosen_the_featured_one_first_and_the_newest_post_last() -> None:
    options = [
        each.get_text(" ", strip=True) for each in soup(page("embed")).select("[name=what] + span")
    ]

    assert options == [
        "The featured post One large card. It changes when another post is chosen.",
        "The latest posts, side by side Cards side by side, for a wide page. Up to 12 posts.",
        "In Spanish A list, one below the other, for narrow columns too. Up to 4 posts.",
        "This one post The newest. You can choose another.",
    ]


def test_one_thing_is_chosen_from_the_start_of_each_kind() -> None:
    made = soup(page("embed"))

    for name, first in (("what", "w1"), ("where", "p1")):
        assert [radio["id"] for radio in made.select(f"[name={name}][checked]")] == [first]


def test_each_choice_shows_itself_with_the_height_that_its_line_gives_it() -> None:
    made = soup(page("embed"))

    for number, path in enumerate(("e/featured", "e/wall", "e/spanish", f"f/{item_id(1)}"), start=1):
        frame = made.select_one(f".w{number} iframe")
        assert frame
        assert frame["src"] == f"/{SLUG}/{path}"
        line = made.select_one(f".taken.p2 .w{number} code")
        assert line
        assert f'src="{PUBLIC_URL}/{SLUG}/{path}"' in line.get_text()
        assert f'height="{frame["height"]}"' in line.get_text()


def test_a_choice_of_both_steps_leaves_one_line() -> None:
    css = str(builder.style_for(4).css)

    assert "@supports selector(:has(a)){.for{display:none}" in css
    for rule in (
        ".builder:has(#w4:checked) .w4",
        f".builder:has(#p{len(PLACES)}:checked) .p{len(PLACES)}",
    ):
        assert rule in css


def test_each_place_has_its_way_and_its_steps() -> None:
    made = soup(page("embed"))

    for number, place in enumerate(PLACES, start=1):
        there = made.select_one(f".taken.p{number}")
        assert there
        assert len(there.select(".steps li")) == place.steps
        line = there.select_one(".w1 code")
        assert line
        assert line.get_text() == choices_of()[0].lines[place.way]


def choices_of() -> tuple[builder.Choice, ...]:
    there = settings(campaign(views=VIEWS))
    address = settle(there, parse(f"/{SLUG}/embed"))  # type: ignore[arg-type] # it has one of our forms
    assert address
    return choices(snapshot(a_door(POST), there, address, NOW), there.campaigns[0], SAY)


def test_no_line_holds_a_word_of_a_post() -> None:
    for choice in choices_of():
        for line in choice.lines.values():
            assert "WORDS" not in line
    assert "WORDS" not in page("embed").body.decode()


def test_without_posts_the_page_offers_its_displays_all_the_same() -> None:
    there = settings(campaign(views=VIEWS))
    address = settle(there, parse(f"/{SLUG}/embed"))  # type: ignore[arg-type] # it has one of our forms
    assert address
    made = render(snapshot(a_door(), there, address, NOW), address, "en", NOW)

    assert len(soup(made).select("[name=what]")) == len(VIEWS)


@pytest.mark.parametrize("way", WRITERS)
def test_markup_in_names_stays_text_in_every_line(way: snippets.Way) -> None:
    hostile = a_line(campaign=campaign(name=MARKUP[:90]), title=MARKUP)
    read = BeautifulSoup(f"<div>{WRITERS[way](hostile)}</div>", "html.parser")

    assert len(read.find_all("script")) == (1 if way == "script" else 0)
    assert not read.find_all("style")


def test_the_lines_are_as_promised() -> None:
    hub = f"{PUBLIC_URL}/{SLUG}/"

    assert lines(a_line()) == {
        "script": f'<engaged-feed view="featured" style="display:block;min-height:420px">'
        f'<a href="{hub}">#EngagedLibraries</a></engaged-feed>'
        f'<script async src="{PUBLIC_URL}/w/1.js"></script>',
        "frame": f'<iframe src="{hub}e/featured" title="#EngagedLibraries: The featured post" '
        f'width="100%" height="420" loading="lazy" style="border:0; color-scheme:light" '
        f'referrerpolicy="no-referrer"></iframe>',
        "address": f"{hub}e/featured",
        "picture": f'<a href="{hub}"><img src="{hub}v/featured.png" '
        f'alt="#EngagedLibraries: The featured post" width="600" '
        f'style="max-width:100%; height:auto"></a>',
        "feed": f"{hub}v/featured.rss",
        "screen": f"{hub}k/featured",
    }


def test_one_post_is_framed_pasted_and_drawn_by_its_own_addresses() -> None:
    found = lines(a_line(view="", post=item_id(1)))

    assert found.keys() == {"script", "frame", "address", "picture"}
    assert found["address"] == f"{PUBLIC_URL}/{SLUG}/p/{item_id(1)}"
    assert f"/{SLUG}/f/{item_id(1)}" in found["frame"] == found["script"]
    assert f"/{SLUG}/og/{item_id(1)}.png" in found["picture"]


def test_a_digest_is_only_given_with_the_script_that_never_changes() -> None:
    fixed = soup(page("embed")).find(string=re.compile("integrity="))
    assert fixed
    assert f'/w/{newest().name}" integrity="{newest().integrity}" crossorigin="anonymous"' in fixed
    assert "integrity" not in snippets.script(a_line())


def test_the_listener_believes_our_frames_about_their_height_and_nobody_else() -> None:
    code = listener(f"{PUBLIC_URL}:8443/below")

    assert f'e.origin==="{PUBLIC_URL}:8443"' in code
    assert "f.contentWindow===e.source" in code
    assert len(code) < 400


def test_every_way_is_followed_by_one_that_asks_less_and_the_last_by_none() -> None:
    chain: list[snippets.Way] = ["script"]
    while following := NEXT[chain[-1]]:
        chain.append(following)

    assert chain == ["script", "frame", "address", "picture", "feed"]


TITLES = [
    (View(layout="list", heading="Our town"), "Our town"),
    (View(layout="list", kinds=("occasion",)), "Coming events"),
    (View(layout="list", libraries=("Hill", "River")), "From Hill or River"),
    (View(layout="list", languages=("es", "fil")), "In Spanish or Filipino"),
    (View(layout="list", languages=("zxx",)), "In zxx"),
    (View(layout="list", places=("Springfield",)), "From Springfield"),
    (View(layout="list", tags=("StoryHour",)), "About #StoryHour"),
    (View(layout="featured", slot="story"), "The featured story"),
    (View(layout="list"), "The latest posts, as a list"),
]


@pytest.mark.parametrize(("view", "title"), TITLES, ids=[title for _, title in TITLES])
def test_a_display_is_called_what_it_shows(view: View, title: str) -> None:
    assert title_of(view, SAY) == title


def test_every_layout_place_and_way_has_words() -> None:
    there = (LOCALES / "en.po").read_text("utf-8")
    needed = [f"layout-{name}" for name in layouts()]
    needed += [f"way-{way}" for way in WRITERS] + [f"way-{way}-text" for way in builder.WAYS]
    for place in PLACES:
        needed += [f"place-{place.name}", f"place-{place.name}-more"]
        needed += [f"place-{place.name}-{step}" for step in range(1, place.steps + 1)]
    needed += [f"access-{one}-text" for one in conformance.TESTED]
    needed += [f"access-limit-{one}-text" for one in conformance.LIMITS]

    assert [key for key in needed if f'msgid "{key}"' not in there] == []


def test_the_page_runs_one_script_of_ours_and_frames_nobody_else() -> None:
    headers = dict(page("embed").headers)
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))

    assert policy["default-src"] == "'none'"
    assert policy["script-src"].startswith("'sha256-")
    assert policy["frame-src"] == f"'self' {PUBLIC_URL}"
    assert policy["form-action"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "innerHTML" not in (HERE / builder.SCRIPT).read_text("utf-8")


def test_the_page_for_it_names_the_host_the_port_and_the_rules() -> None:
    text = soup(page("it")).get_text(" ")

    assert "posts.library.example" in text
    assert "443, HTTPS" in text
    for allowed in itpage.allowed(PUBLIC_URL):
        assert allowed.policy in text
    assert f'<iframe src="{PUBLIC_URL}/{SLUG}/e/featured"' in text
    assert "campaign@library.example" in text


@pytest.mark.parametrize("path", ["embed", "it", "accessibility"])
def test_a_campaign_without_contact_or_with_hostile_names_has_its_pages_too(path: str) -> None:
    made = page(path, campaign(contact="", name=MARKUP[:90], about=MARKUP, views=VIEWS))

    assert made.status == 200
    assert "<script>alert(1)" not in made.body.decode()


def test_no_step_is_empty_and_none_is_repeated() -> None:
    steps = [each.get_text(" ", strip=True) for each in soup(page("embed")).select(".steps li")]

    assert all(steps)
    assert len(steps) == len(set(steps)) == sum(place.steps for place in PLACES)
