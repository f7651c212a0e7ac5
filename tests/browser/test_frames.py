"""Frames on other people's pages: every layout, width and theme, and what they say to the page."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Frame, Page, expect
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from aggregator.settings import View
from feeds.app import create_app
from feeds.widget import fills_its_frame, layouts
from tests.browser.accessible import found_by_axe
from tests.browser.test_public_pages import SHIFTS, running
from tests.drawing import draw_copies
from tests.feeds.invented import (
    AWKWARD,
    NOW,
    SLUG,
    Clock,
    FakeDoor,
    a_door,
    campaign,
    item_id,
    settings,
    shown,
)

pytestmark = pytest.mark.browser

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
COLOURS = {"runOnly": ["color-contrast"]}
"""Of all rules, the one that a theme can break."""
WIDTHS = (200, 320, 559, 560, 1280)
THEMES: tuple[dict[str, Any], ...] = (
    {"color_scheme": "light", "forced_colors": "none"},
    {"color_scheme": "dark", "forced_colors": "none"},
    {"color_scheme": "light", "forced_colors": "active"},
)
LAYOUTS = tuple(layouts())
HEARD = ("arabic", "emoji-only", "empty-title", "nothing-at-all", "pictured", "warned")
VIEWS = {name: View(layout=name, limit=20) for name in LAYOUTS}
SECRET = "aB3dE5fG7h"

PLAIN = '<iframe src="{src}" title="Posts" width="100%" height="{height}" loading="lazy"></iframe>'
# What WordPress makes of our answer to its question: sandbox, secret, out of sight until it has spoken.
WORDPRESS = """<blockquote data-secret="{secret}"><a href="{src}">Posts</a></blockquote>
<iframe sandbox="allow-scripts" security="restricted" style="position:absolute;visibility:hidden"
 src="{src}#?secret={secret}" data-secret="{secret}" title="Posts" width="600" height="{height}">
</iframe>
<script>
addEventListener("message", (event) => {{
  const data = event.data;
  if (!data || !data.secret || !data.message || !data.value || /[^a-zA-Z0-9]/.test(data.secret)) return;
  for (const quote of document.querySelectorAll(`blockquote[data-secret="${{data.secret}}"]`))
    quote.style.display = "none";
  for (const frame of document.querySelectorAll(`iframe[data-secret="${{data.secret}}"]`)) {{
    if (event.source !== frame.contentWindow) continue;
    frame.removeAttribute("style");
    if (data.message === "height")
      frame.height = Math.max(200, Math.min(1000, parseInt(data.value, 10)));
    if (data.message === "link") {{
      const [source, target] = [new URL(frame.getAttribute("src")), new URL(data.value)];
      if (target.host === source.host && document.activeElement === frame)
        top.location.href = data.value;
    }}
  }}
}});
</script>"""
LISTENING = (
    PLAIN
    + """<script>window.heard = [];
addEventListener("message", ({{ source, data }}) => {{
  for (const frame of document.querySelectorAll("iframe"))
    if (frame.contentWindow === source && data && data.engaged === 1 && Number.isInteger(data.height)) {{
      heard.push(data.height);
      frame.height = Math.max(120, Math.min(4000, data.height));
    }}
}});</script>"""
)
LATE = """<iframe sandbox="allow-scripts" src="{src}#?secret={secret}" title="Posts"></iframe>"""
SANDBOX = (
    """<iframe sandbox="allow-scripts" src="{src}" title="Posts" width="600" height="900"></iframe>"""
)
BODIES = {
    "plain": PLAIN,
    "sandbox": SANDBOX,
    "wordpress": WORDPRESS,
    "listening": LISTENING,
    "late": LATE,
    "nothing": "",
}


class Site(NamedTuple):
    """A running site, and a library's pages that frame it: /HOW/VIEW."""

    url: str
    library: str
    door: FakeDoor
    clock: Clock


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Campaigns with a view of every layout: with each awkward post, in Arabic, and empty."""
    door = a_door(*(shown(number) for number in range(1, 8)))
    door.publish(*AWKWARD.values(), slug="all")
    for slug in ("awkward", "arabic"):
        door.publish(*(AWKWARD[name] for name in HEARD), slug=slug)
    door.publish(*(shown(number) for number in range(1, 6)), slug="leaving")
    door.publish(shown(1), shown(2), slug="coming")
    media = tmp_path_factory.mktemp("media")
    draw_copies(media, *(picture for post in AWKWARD.values() for picture in post.pictures))
    configured = (
        campaign(views=VIEWS),
        campaign(slug="all", views=VIEWS),
        campaign(slug="awkward", views=VIEWS),
        campaign(slug="arabic", views=VIEWS, languages=("ar",), name="مكتبات", hashtags=("مكتبات",)),
        campaign(slug="empty", views=VIEWS),
        campaign(slug="leaving", views=VIEWS),
        campaign(slug="coming", views=VIEWS),
    )
    public = make_server("127.0.0.1", 0, Response("starting"), threaded=True)
    url = f"http://127.0.0.1:{public.port}"
    here = settings(*configured, public_url=url).model_copy(update={"media": str(media)})
    clock = Clock()
    public.app = create_app(here, door, lambda: NOW, clock)
    library = make_server("127.0.0.1", 0, library_pages(url), threaded=True)
    with running(public), running(library):
        yield Site(url, f"http://localhost:{library.port}", door, clock)  # another host: another process


def library_pages(url: str) -> Any:
    @Request.application
    def answer(request: Request) -> Response:
        how, view = request.path.strip("/").split("/")
        src = f"{url}/{request.args.get('of', SLUG)}/e/{view}"
        body = BODIES[how].format(src=src, height=layouts().get(view, 0), secret=SECRET)
        head = '<!doctype html><html lang="en"><meta charset="utf-8"><title>A library</title>'
        head += '<link rel="icon" href="data:,">'
        return Response(f"{head}<h1>Our library</h1>{body}<p>Opening hours</p>", mimetype="text/html")

    return answer


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    yield page
    context.close()


def framed(page: Page) -> Frame:
    (frame,) = (frame for frame in page.frames if frame != page.main_frame)
    return frame


def test_no_layout_is_wider_than_its_frame_nor_higher_than_it_declares(page: Page, site: Site) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for slug, layout in [(slug, layout) for slug in ("all", "arabic", "empty") for layout in LAYOUTS]:
        page.set_viewport_size({"width": WIDTHS[0], "height": layouts()[layout]})
        page.goto(f"{site.url}/{slug}/e/{layout}")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": layouts()[layout]})
            wide, high = page.evaluate(
                "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
            )
            assert wide <= width, (slug, layout, width)
            if layout != "kiosk" and (fills_its_frame(layout) or slug == "empty"):
                assert high <= layouts()[layout], (slug, layout, width)
    assert said == []


def test_axe_finds_nothing_in_any_layout_language_and_theme(page: Page, site: Site) -> None:
    paths = [f"{slug}/e/{layout}" for slug in ("awkward", "arabic") for layout in LAYOUTS]
    for path in [*paths, "awkward/k/grid", "arabic/k/grid", "empty/e/featured"]:
        page.goto(f"{site.url}/{path}")
        for theme, rules in zip(THEMES, (RULES, COLOURS, COLOURS), strict=True):
            # Less motion: no post is on its way out while axe looks.
            page.emulate_media(**theme, reduced_motion="reduce")
            assert found_by_axe(page, rules) == [], (path, theme)


def test_wordpress_shows_a_frame_at_its_own_height_once_it_has_spoken(page: Page, site: Site) -> None:
    for layout in ("featured", "list"):
        page.goto(f"{site.library}/wordpress/{layout}")
        frame = page.locator("iframe")
        frame.wait_for(state="visible")
        height = framed(page).evaluate(
            "Number(document.body.dataset.height)"
            " || Math.ceil(document.body.getBoundingClientRect().height)"
        )
        page.wait_for_function(f"document.querySelector('iframe').height === '{min(1000, height)}'")
        assert not page.locator("blockquote").is_visible()
        assert framed(page).evaluate("window.origin") == "null"


def test_wordpress_follows_a_card_to_our_page_of_the_post(page: Page, site: Site) -> None:
    page.goto(f"{site.library}/wordpress/list")
    page.locator("iframe").wait_for(state="visible")
    page.frame_locator("iframe").locator("article a").first.click()
    page.wait_for_url(f"{site.url}/{SLUG}/p/{item_id(1)}")


def test_wordpress_whose_script_comes_late_asks_again(page: Page, site: Site) -> None:
    page.clock.install()
    page.goto(f"{site.library}/late/list")
    page.clock.run_for(10_000)  # it has said all that it says by itself
    page.clock.pause_at(page.evaluate("Date.now() + 60_000"))
    answers = page.evaluate(
        """secret => new Promise(async (done) => {
        const ask = (secret) => frames[0].postMessage({message: 'ready', secret}, '*');
        const heard = [];
        addEventListener('message', ({data}) => {
            heard.push(data);
            if (data.message === 'height') done(heard);
        });
        ask('another');
        await fetch(location.href);  // long enough for an answer, if there were one
        heard.push({silence: true});
        ask(secret); })""",
        SECRET,
    )
    assert [set(said) for said in answers] == [
        {"silence"},
        {"engaged", "height"},
        {"message", "value", "secret"},
    ]
    assert answers[2]["secret"] == SECRET


def test_without_a_secret_a_frame_says_its_height_in_our_words_and_nothing_else(
    page: Page, site: Site
) -> None:
    page.add_init_script(
        "window.all = []; addEventListener('message', ({data}) => window.all.push(data), true);"
    )
    page.goto(f"{site.library}/listening/list")
    page.wait_for_function("window.heard && heard.length")
    height = page.evaluate("heard.at(-1)")
    assert page.locator("iframe").get_attribute("height") == str(height)
    assert framed(page).evaluate("document.documentElement.scrollHeight <= innerHeight")
    page.set_viewport_size({"width": 360, "height": 900})
    page.wait_for_function(f"heard.at(-1) !== {height}")
    assert all(
        set(said) == {"engaged", "height"} and said["height"] == int(said["height"])
        for said in page.evaluate("window.all")
    )


def test_every_layout_shifts_nothing_on_the_page_around_it(page: Page, site: Site) -> None:
    for layout in LAYOUTS:
        page.goto(f"{site.library}/plain/{layout}")
        framed(page).wait_for_load_state()
        assert page.evaluate(SHIFTS) < 0.01, layout


LONG_TASKS = """() => new Promise(done => { let count = 0;
new PerformanceObserver(list => count += list.getEntries().length)
.observe({type: 'longtask', buffered: true});
setTimeout(() => done(count), 300); })"""


def test_a_frame_adds_no_long_task_to_the_page_around_it(page: Page, site: Site) -> None:
    def tasks(how: str) -> int:
        page.goto(f"{site.library}/{how}/grid", wait_until="networkidle")
        return int(page.evaluate(LONG_TASKS))

    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    # Others use this machine, too: what we cost would be there each time.
    assert any(tasks("plain") <= tasks("nothing") for _ in range(4))


def test_without_javascript_every_layout_shows_all_its_posts(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = context.new_page()
    for layout in LAYOUTS:
        page.goto(f"{site.url}/{SLUG}/e/{layout}")
        articles = page.locator("article")
        assert articles.count() == (1 if layout == "featured" else 7), layout
        articles.last.scroll_into_view_if_needed()
        assert articles.last.is_visible(), layout
        assert page.locator("button:visible").count() == 0, layout
    context.close()


def test_the_row_moves_by_its_buttons_and_by_nothing_else(page: Page, site: Site) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.clock.install()
    for path, direction in ((f"{SLUG}/e/carousel", 1), ("arabic/e/carousel", -1)):
        page.set_viewport_size({"width": 360, "height": 480})
        page.goto(f"{site.url}/{path}")
        page.evaluate(f"document.documentElement.dir = '{'ltr' if direction > 0 else 'rtl'}'")
        page.evaluate("dispatchEvent(new Event('resize'))")
        at = "document.querySelector('.track').scrollLeft"
        page.clock.run_for(120_000)
        assert page.evaluate(at) == 0
        assert page.get_by_role("status").inner_text().startswith("1 ")
    on = page.locator(".step.on")
    page.goto(f"{site.url}/{SLUG}/e/carousel")
    assert page.locator(".step.back").get_attribute("aria-disabled") == "true"
    for number in range(2, 8):
        on.click()
        expect(page.get_by_role("status")).to_have_text(f"{number} of 7")
    assert on.get_attribute("aria-disabled") == "true"
    assert on.evaluate("element => element === document.activeElement")


def test_headlines_follow_one_another_until_somebody_stops_them(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 640, "height": layouts()["ticker"]})
    page.clock.install()
    seen = """() => { const list = document.querySelector('.ticker');
    return Math.round(list.scrollTop / list.children[0].offsetHeight); }"""
    page.goto(f"{site.url}/{SLUG}/e/ticker")
    page.evaluate("document.querySelector('.ticker').style.scrollBehavior = 'auto'")
    page.clock.run_for(17_000)
    assert page.evaluate(seen) == 2
    stop = page.get_by_role("button", name="Stop")
    stop.click()
    page.mouse.move(0, 0)
    page.clock.run_for(60_000)
    assert page.evaluate(seen) == 2
    page.get_by_role("button", name="Go on").click()
    page.mouse.move(0, 0)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    there = page.evaluate(seen)
    page.clock.run_for(60_000)
    assert page.evaluate(seen) == there


def test_no_headline_moves_where_less_motion_is_asked_for(page: Page, site: Site) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.clock.install()
    page.goto(f"{site.url}/{SLUG}/e/ticker")
    page.clock.run_for(60_000)
    assert page.evaluate("document.querySelector('.ticker').scrollTop") == 0
    assert page.locator("button:visible").count() == 0


AGAIN_MS, FIRST_MS = 90_000, 25_000


def opened_with_a_clock(page: Page, address: str, cards: int) -> Any:
    """Open a page with a frame, whose clock we hold; give the frame's posts."""
    page.clock.install()
    page.goto(address)
    posts = page.frame_locator("iframe").locator("article")
    expect(posts).to_have_count(cards)
    return posts


def take_down(site: Site, number: int) -> None:
    site.door.take_down(shown(number), slug="leaving")
    site.clock.at += 1


def test_a_taken_down_post_leaves_open_frames_also_in_a_sandbox_and_while_somebody_reads(
    page: Page, site: Site
) -> None:
    for how, number, after in (("sandbox", 1, FIRST_MS), ("plain", 2, AGAIN_MS)):
        posts = opened_with_a_clock(page, f"{site.library}/{how}/list?of=leaving", 6 - number)
        if after == AGAIN_MS:
            with page.expect_response("**/e/list"):
                page.clock.fast_forward(FIRST_MS)
        posts.locator("a").last.focus()
        take_down(site, number)
        page.clock.fast_forward(after)
        expect(posts).to_have_count(5 - number)


def test_a_new_post_waits_until_nobody_is_in_the_frame(page: Page, site: Site) -> None:
    posts = opened_with_a_clock(page, f"{site.library}/plain/list?of=coming", 2)
    posts.locator("a").last.focus()
    site.door.publish(shown(6), slug="coming")
    site.clock.at += 1
    with page.expect_response("**/e/list"):
        page.clock.fast_forward(AGAIN_MS)
    expect(posts).to_have_count(2)
    page.evaluate("document.activeElement.blur()")
    page.clock.fast_forward(AGAIN_MS)
    expect(posts).to_have_count(3)


def test_a_frame_that_nothing_changed_in_is_left_alone(page: Page, site: Site) -> None:
    posts = opened_with_a_clock(page, f"{site.library}/plain/grid", 7)
    framed(page).evaluate("window.isTheSame = true")
    for after in (FIRST_MS, AGAIN_MS, AGAIN_MS):
        with page.expect_response("**/e/grid") as answer:
            page.clock.fast_forward(after)
        answer.value.finished()
    expect(posts).to_have_count(7)
    assert framed(page).evaluate("window.isTheSame")


def test_a_frame_that_nobody_can_vouch_for_gives_way_to_a_link(page: Page, site: Site) -> None:
    posts = opened_with_a_clock(page, f"{site.library}/sandbox/list", 7)
    page.route("**/e/list", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        page.clock.fast_forward(AGAIN_MS)
    expect(posts).to_have_count(7)
    page.clock.fast_forward(1_800_000)
    expect(posts).to_have_count(0)
    link = page.frame_locator("iframe").get_by_role("link")
    assert link.get_attribute("href") == f"{site.url}/{SLUG}/"


def test_wordpress_still_hears_a_frame_in_which_somebody_skipped_the_posts(
    page: Page, site: Site
) -> None:
    page.goto(f"{site.library}/wordpress/list")
    frame = page.locator("iframe")
    frame.wait_for(state="visible")
    height = frame.get_attribute("height")
    page.frame_locator("iframe").locator("a.past").press("Enter")
    framed(page).wait_for_url("**#past")
    frame.evaluate("frame => { frame.width = 320; }")
    page.wait_for_function(f"document.querySelector('iframe').height !== '{height}'")
