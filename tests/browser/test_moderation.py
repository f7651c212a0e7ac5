"""The queue in a real browser: by keyboard alone, by thumb, without JavaScript, and under attack."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route
from sqlalchemy import Engine
from werkzeug.serving import make_server

from aggregator.item import Action, Author, Flag, Found, Media, SafeHtml
from aggregator.stages import Known, Screened
from aggregator.store import runs
from aggregator.store.runs import Ending
from moderation import cookies, sessions
from moderation.app import create_app
from moderation.routes import Role
from tests.aggregator.store import making
from tests.browser.accessible import complaints
from tests.feeds.invented import AWKWARD
from tests.moderation.filling import a_post, bring, draw_pictures, state_of, use_pictures
from tests.moderation.house import NAMES, SLUG, House, house, moved, populated

pytestmark = pytest.mark.browser

NARROWEST, PHONE, ZOOMED, DESK = 320, 360, 640, 1280
QUEUE = f"/moderate/{SLUG}"
OPEN = ".card:not(.next)"
# Tall, so that the bar of buttons lies over nothing: what it covers can be scrolled. axe is put into the
# page, which its policy would refuse.
FOR_AXE: Any = {"height": 6000, "bypass_csp": True, "reduced_motion": "reduce"}
SCHEMES: Any = ("light", "dark")
ALL_OPEN = """for (const one of document.querySelectorAll(
'.card:not(.next) details, .beside details, .sources details')) one.open = true"""
PICTURE = Media("https://files.example/1.jpg", "image", "image/jpeg", alt="A bus")


@pytest.fixture
def site(reader: Engine, writer: Engine, tmp_path: Path, now: datetime) -> Iterator[House]:
    """Give a house with people in it, served on 127.0.0.1 under its own public_url."""
    found = populated(house(reader, writer, tmp_path, now))
    server = make_server("127.0.0.1", 0, found.app, threaded=True)
    there = moved(found, f"http://localhost:{server.server_port}")
    server.app = create_app(there.desk)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield there
    server.shutdown()
    thread.join()
    server.server_close()


class Seat:
    """Somebody at a browser, signed in; notes what their pages ask for, say, and pop up."""

    def __init__(self, browser: Browser, site: House, role: Role = Role.MODERATOR, **more: Any) -> None:
        url = site.desk.settings.public_url
        width = more.pop("width", DESK)
        height = more.pop("height", 800)
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": height}, base_url=url, **more
        )
        self.context.set_default_timeout(10_000)
        self._site, self._role = site, role
        self.sign_in_again()
        self.url = url
        self.requests: list[str] = []
        self.said: list[str] = []
        self.dialogs: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", self._dismiss)

    def _dismiss(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def __enter__(self) -> "Seat":
        return self

    def __exit__(self, *_reason: object) -> None:
        self.context.close()

    def sign_in_again(self) -> None:
        """Open a session, as in another tab: the page that is open knows nothing of it."""
        desk = self._site.desk
        person = self._site.people[self._role].id
        token = sessions.open_for(desk.writer, person, "Chromium", self._site.clock())
        name = cookies.name_for(desk.settings)
        self.context.add_cookies(
            [{"name": name, "value": token, "domain": "localhost", "path": "/moderate"}]
        )

    def held(self, pattern: str) -> list[Route]:
        """Hold the first request to such an address until it is continued; give where it will stand."""
        first: list[Route] = []

        def hold(route: Route) -> None:
            if first:
                route.continue_()
            else:
                first.append(route)

        self.page.route(pattern, hold)
        return first

    def opened(self) -> str:
        return str(self.page.locator(OPEN).get_attribute("data-item"))

    def settled(self) -> None:
        """Wait until the cards behind the open one are there, with their frames."""
        for frame in self.page.locator(".card iframe").all():
            frame.content_frame.locator("article").wait_for(state="attached")

    def wait_for(self, item: str) -> None:
        """Wait until this post is the open one."""
        self.page.locator(f'{OPEN}[data-item="{item}"]').wait_for()

    def toast(self) -> str:
        return " ".join(self.page.locator("[data-toast]").inner_text().split())

    def wait_for_toast(self, words: str) -> None:
        self.page.locator("[data-toast]", has_text=words).wait_for()


def posts(site: House, number: int) -> list[str]:
    return bring(site, *(a_post(each) for each in range(1, number + 1)))


def sensitive(found: Found, _: Known) -> Screened:
    return Screened("hold", ("sensitive",)) if found.item.warning else Screened("pass")


def furnish(site: House) -> dict[str, str]:
    """Put one post of each sort into the house, and give their ids by name."""
    edited = a_post(1, "Come at nine to the bus stop. #EngagedLibraries")
    warned = replace(
        a_post(2), warning="flood", media=(PICTURE,), flags=frozenset({Flag.SENSITIVE, Flag.CUT})
    )
    pictured = replace(
        a_post(3), media=(PICTURE, replace(PICTURE, url="https://files.example/2.jpg", alt=None))
    )
    posing = replace(
        a_post(4), author=Author("Librаry News", "@x", "", "m:x"), links=("https://раypal.example/",)
    )
    # Their language and direction as clean.py would have left them.
    awkward = [
        replace(
            one.item,
            url=f"https://awkward.example/{name}",
            language=one.item.language if one.item.language.isalpha() else "en",
            direction="rtl" if one.item.direction == "rtl" else "ltr",
        )
        for name, one in AWKWARD.items()
    ]
    there = bring(site, edited, warned, pictured, posing, *awkward, screen=sensitive)
    for item, post in ((there[1], warned), (there[2], pictured)):
        use_pictures(site, item, *post.media)
        draw_pictures(site, item)
    making.decide(site.desk.writer, Action.APPROVE, there[0], site.clock(), actor="person", who="Ben")
    site.clock.forward(minutes=5)
    bring(site, a_post(1, "Come at ten to the bus stop. #EngagedLibraries"))
    now = site.clock()
    claimed = making.claim(site.desk.writer, now, "lake")
    failed = Ending("soft-failure", now, now, now, error="not-connected", detail="no route")
    with site.desk.writer.begin() as connection:
        runs.finish(connection, claimed, failed)
    names = ("edited", "flooded", "pictured", "posing", *AWKWARD)
    return dict(zip(names, there, strict=True))


def screens(there: dict[str, str]) -> list[str]:
    return [
        QUEUE,
        f"{QUEUE}?view=focus",
        f"{QUEUE}?state=changed",
        f"{QUEUE}?state=later&item={there['flooded']}",
        f"{QUEUE}?item={there['pictured']}",
        f"{QUEUE}?item={there['posing']}",
        f"{QUEUE}?item={there['arabic']}",
        f"{QUEUE}?state=removed",
        f"{QUEUE}/item/{there['edited']}",
        f"{QUEUE}/item/{there['pictured']}",
        f"{QUEUE}/sources",
        f"{QUEUE}/start",
    ]


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_axe_finds_nothing_on_any_screen(browser: Browser, site: House, width: int) -> None:
    there = furnish(site)
    with Seat(browser, site, Role.ADMIN, width=width, **FOR_AXE) as seat:
        found = {}
        for path in screens(there):
            seat.page.goto(path)
            seat.page.evaluate(ALL_OPEN)
            for scheme in SCHEMES:
                seat.page.emulate_media(color_scheme=scheme)
                found[path, scheme] = complaints(seat.page)
        assert {path: said for path, said in found.items() if said} == {}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_axe_finds_nothing_on_the_first_screen_and_on_an_answer_that_comes_too_late(
    browser: Browser, site: House, scheme: Any, now: datetime
) -> None:
    making.declare(site.desk.writer, now, "river")
    with Seat(browser, site, Role.ADMIN, color_scheme=scheme, **FOR_AXE) as seat:
        seat.page.goto(QUEUE)
        assert complaints(seat.page) == []
    (item,) = posts(site, 1)
    with Seat(browser, site, color_scheme=scheme, **FOR_AXE) as seat:
        seat.page.goto(f"{QUEUE}/item/{item}")
        making.decide(site.desk.writer, Action.REJECT, item, now, actor="person", who="Ben")
        seat.page.click("button[value=approve]")
        seat.page.locator(".conflict").wait_for()
        assert complaints(seat.page) == []


def test_no_screen_scrolls_sideways_however_odd_the_post(browser: Browser, site: House) -> None:
    there = furnish(site)
    with Seat(browser, site) as seat:
        for path in [*screens(there), *(f"{QUEUE}?item={there[name]}" for name in AWKWARD)]:
            seat.page.goto(path)
            for width in (NARROWEST, PHONE, ZOOMED, 820, 1180):
                seat.page.set_viewport_size({"width": width, "height": 800})
                wide = seat.page.evaluate("document.documentElement.scrollWidth")
                assert wide <= width, f"{path} at {width}"
        assert seat.said == []


def test_a_whole_queue_is_decided_by_keyboard_alone(browser: Browser, site: House) -> None:
    there = posts(site, 12)
    with Seat(browser, site) as seat:
        seat.page.goto(QUEUE)
        for number, item in enumerate(there):
            seat.wait_for(item)
            seat.page.keyboard.press("ahrf"[number % 4])
        seat.page.locator(".empty").wait_for()
        seat.wait_for_toast("Featured.")
        states = [state_of(site, item) for item in there]
        assert states == ["approved", "held", "rejected", "approved"] * 3
        assert seat.said == []
        assert {url for url in seat.requests if not url.startswith(seat.url)} == set()


def test_the_next_card_is_there_in_the_same_moment(browser: Browser, site: House) -> None:
    there = posts(site, 9)
    with Seat(browser, site) as seat:
        seat.page.goto(QUEUE)
        seat.page.locator(".card.next").nth(3).wait_for(state="attached")
        seat.settled()
        shown = seat.page.evaluate(
            """() => {
              document.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', bubbles: true }));
              const open = () => document.querySelector('.card:not(.next)').dataset.item;
              return Promise.resolve().then(open);
            }"""
        )
        assert shown == there[1]
        frame = seat.page.locator(f"{OPEN} iframe")
        assert frame.evaluate("one => one.contentDocument.querySelector('article') !== null")
        assert seat.page.evaluate("document.activeElement.dataset.item") == there[1]


def test_a_number_after_r_says_why_and_never_costs_a_question(browser: Browser, site: House) -> None:
    there = posts(site, 4)
    with Seat(browser, site) as seat:
        seat.page.goto(QUEUE)
        for item, keys in zip(there, ("r2", "r", "a"), strict=False):
            seat.wait_for(item)
            for key in keys:
                seat.page.keyboard.press(key)
        # The third decision sends the second, which got no reason.
        seat.page.locator("[data-tab=shown] .count", has_text="1").wait_for()
    with site.desk.reader.connect() as connection:
        rows = connection.exec_driver_sql("SELECT action, reason FROM decision ORDER BY number").all()
    assert [tuple(row) for row in rows] == [("reject", "spam"), ("reject", ""), ("approve", "")]


def test_a_rejection_that_waits_for_its_reason_is_sent_when_the_page_is_left(
    browser: Browser, site: House
) -> None:
    there = posts(site, 2)
    with Seat(browser, site) as seat:
        seat.page.goto(QUEUE)
        seat.page.keyboard.press("r")
        seat.wait_for(there[1])
        seat.page.goto(f"{QUEUE}/sources")
        for _ in range(100):
            seat.page.goto(f"{QUEUE}?state=not-shown")
            if seat.page.locator(OPEN).count():
                break
        assert seat.opened() == there[0]


def test_z_takes_back_one_decision_after_another_and_opens_each(browser: Browser, site: House) -> None:
    there = posts(site, 5)
    with Seat(browser, site) as seat:
        seat.page.goto(QUEUE)
        seat.settled()
        for item, key in zip(there, "ah", strict=False):
            seat.wait_for(item)
            seat.page.keyboard.press(key)
        seat.wait_for_toast("Put off.")
        for item in (there[1], there[0]):
            seat.page.keyboard.press("z")
            seat.wait_for(item)
            seat.wait_for_toast("Undone.")
        assert {state_of(site, item) for item in there} == {"pending"}
        seat.page.keyboard.press("z")
        seat.wait_for_toast("There is nothing left to undo.")


def test_z_takes_back_a_rejection_that_was_not_even_sent(browser: Browser, site: House) -> None:
    there = posts(site, 3)
    with Seat(browser, site) as seat:
        seat.page.goto(QUEUE)
        seat.page.keyboard.press("r")
        seat.page.keyboard.press("z")
        seat.wait_for(there[0])
        assert state_of(site, there[0]) == "pending"
        assert not [url for url in seat.requests if url.endswith("/decide")]


def test_the_next_card_that_comes_late_does_not_push_away_one_taken_back(
    browser: Browser, site: House
) -> None:
    there = posts(site, 3)
    with Seat(browser, site) as seat:
        held: list[Any] = []
        seat.page.route("**/item/*", lambda route: held.append(route))
        seat.page.goto(QUEUE)
        seat.page.keyboard.press("r")
        seat.page.keyboard.press("z")
        assert seat.opened() == there[0]
        with seat.page.expect_response("**/item/*"):
            for each in held:
                each.continue_()
        seat.page.unroute("**/item/*")
        seat.settled()
        assert seat.opened() == there[0]
        seat.page.keyboard.press("h")
        seat.wait_for(there[1])
        seat.wait_for_toast("Put off.")
        assert state_of(site, there[0]) == "held"


def test_keys_rest_while_somebody_types_and_for_who_turned_them_off(
    browser: Browser, site: House
) -> None:
    there = posts(site, 2)
    with Seat(browser, site) as seat:
        seat.page.goto(QUEUE)
        seat.page.click(f"{OPEN} details.more > summary")
        seat.page.fill(f"{OPEN} textarea", "")
        seat.page.focus(f"{OPEN} textarea")
        seat.page.keyboard.type("a rather fine photo")
        assert seat.opened() == there[0]
        seat.page.keyboard.press("Escape")
        seat.page.goto("/moderate/account")
        seat.page.uncheck("#keys")
        seat.page.click("form[action$=choices] button")
        seat.page.goto(QUEUE)
        seat.page.keyboard.press("a")
        assert seat.opened() == there[0]
        assert not seat.page.locator("[data-help]").is_visible()


def test_the_list_of_keys_opens_with_a_question_mark(browser: Browser, site: House) -> None:
    posts(site, 1)
    with Seat(browser, site) as seat:
        seat.page.goto(QUEUE)
        seat.page.keyboard.press("?")
        assert "take" not in seat.page.locator("dialog").inner_text()
        assert seat.page.locator("dialog kbd").count() == 12
        seat.page.keyboard.press("a")
        assert seat.page.locator("dialog").is_visible()
        seat.page.keyboard.press("Escape")
        assert not seat.page.locator("dialog").is_visible()


def test_covered_pictures_and_changes_open_by_key(browser: Browser, site: House) -> None:
    there = furnish(site)
    with Seat(browser, site) as seat:
        seat.page.goto(f"{QUEUE}?state=later&item={there['flooded']}")
        assert not seat.page.locator(f"{OPEN} .thumbs img").is_visible()
        seat.page.keyboard.press("v")
        seat.page.locator(f"{OPEN} .thumbs img").wait_for()
        seat.page.goto(f"{QUEUE}?state=changed")
        seat.page.keyboard.press("d")
        assert not seat.page.locator(f"{OPEN} .diff").is_visible()


def test_a_decision_that_does_not_get_through_stays_and_is_sent_again(
    browser: Browser, site: House
) -> None:
    there = posts(site, 3)
    with Seat(browser, site) as seat:
        seat.page.goto(QUEUE)
        seat.settled()
        seat.page.route("**/decide", lambda route: route.abort())
        seat.page.keyboard.press("a")
        seat.wait_for_toast("Your decision is still here.")
        seat.page.keyboard.press("h")
        assert seat.opened() == there[2]
        seat.page.unroute("**/decide")
        seat.page.click("text=Send again")
        seat.wait_for_toast("Put off.")
        assert [state_of(site, item) for item in there] == ["approved", "held", "pending"]


def test_after_signing_in_again_elsewhere_what_waited_is_sent(browser: Browser, site: House) -> None:
    there = posts(site, 2)
    with Seat(browser, site) as seat:
        seat.page.goto(QUEUE)
        seat.settled()
        site.clock.forward(hours=3)
        seat.page.keyboard.press("a")
        seat.page.locator("[data-toast] .problem").wait_for()
        seat.sign_in_again()
        seat.page.click("text=Send again")
        seat.wait_for_toast("Shown.")
        assert state_of(site, there[0]) == "approved"


def test_who_is_signed_out_keeps_the_decision_though_the_next_card_is_refused_first(
    browser: Browser, site: House
) -> None:
    there = posts(site, 2)
    with Seat(browser, site) as seat:
        card, decision = seat.held("**/item/**"), seat.held("**/decide")
        with seat.page.expect_request("**/item/**"):
            seat.page.goto(QUEUE)
        site.clock.forward(hours=3)
        with seat.page.expect_request("**/decide"):
            seat.page.keyboard.press("a")
        with seat.page.expect_response("**/item/**"):
            card[0].continue_()
        # One more answer is read: by then the page knows of the refusal.
        seat.page.evaluate("fetch(location).then(answer => answer.text())")
        decision[0].continue_()
        seat.page.locator("[data-toast] .problem").wait_for()
        seat.sign_in_again()
        seat.page.click("text=Send again")
        seat.wait_for(there[1])
        assert state_of(site, there[0]) == "approved"
        assert seat.dialogs == []


def test_who_comes_too_late_sees_who_was_faster_and_the_post_again(
    browser: Browser, site: House
) -> None:
    there = posts(site, 3)
    with Seat(browser, site) as seat:
        seat.page.goto(QUEUE)
        seat.settled()
        making.decide(
            site.desk.writer,
            Action.REJECT,
            there[0],
            site.clock(),
            actor="person",
            who=NAMES[Role.ADMIN],
        )
        seat.page.keyboard.press("a")
        seat.wait_for_toast("Not shown, decided by Amina Yusuf")
        assert state_of(site, there[0]) == "rejected"
        assert seat.page.locator(f"#line-{there[0]}").count() == 1
        seat.page.click("text=Look at it")
        seat.page.locator(f"{OPEN} .badge.rejected").wait_for()


def test_a_long_queue_fills_up_while_it_is_worked_on(browser: Browser, site: House) -> None:
    there = posts(site, 36)
    with Seat(browser, site) as seat:
        seat.page.goto(QUEUE)
        assert seat.page.locator("[data-line]").count() == 30
        for number in range(26):
            seat.wait_for(there[number])
            seat.page.keyboard.press("j")
        seat.page.locator(f"#line-{there[35]}").wait_for(state="attached")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_a_whole_queue_is_decided_without_javascript(browser: Browser, site: House, width: int) -> None:
    there = posts(site, 4)
    with Seat(browser, site, width=width, java_script_enabled=False) as seat:
        seat.page.goto(QUEUE)
        for action in ("approve", "reject", "hold"):
            seat.page.click(f".big > button[value={action}]")
        assert "Put off." in seat.toast()
        seat.page.click("[data-undo] button")
        assert seat.opened() == there[2]
        seat.page.click("details.more > summary")
        seat.page.click("button[value='reject:duplicate']")
        seat.page.click("details.more > summary")
        seat.page.click("button[value=feature]")
        assert seat.page.locator(".empty").is_visible()
        assert [state_of(site, item) for item in there] == [
            "approved",
            "rejected",
            "rejected",
            "approved",
        ]


def test_without_javascript_everything_is_reached_by_the_tab_key(browser: Browser, site: House) -> None:
    (item,) = posts(site, 1)
    with Seat(browser, site, java_script_enabled=False) as seat:
        seat.page.goto(QUEUE)
        seat.page.focus("#line-" + item)
        for _ in range(30):
            seat.page.keyboard.press("Tab")
            if seat.page.locator("button[value=approve]:focus").count():
                break
        seat.page.keyboard.press("Enter")
        seat.page.locator(".empty").wait_for()
        assert state_of(site, item) == "approved"


def test_on_a_phone_the_list_opens_and_closes_and_the_buttons_are_in_reach(
    browser: Browser, site: House
) -> None:
    there = posts(site, 4)
    with Seat(browser, site, width=PHONE, has_touch=True) as seat:
        seat.page.goto(QUEUE)
        assert not seat.page.locator(".list").is_visible()
        for box in (one.bounding_box() for one in seat.page.locator(f"{OPEN} .big > *").all()):
            assert box
            assert box["height"] >= 44
            assert box["y"] > 600
        seat.page.click("text=List")
        assert not seat.page.locator(OPEN).is_visible()
        seat.page.click(f"#line-{there[2]}")
        seat.wait_for(there[2])


def test_every_stop_of_the_keyboard_can_be_seen_and_is_large_enough(
    browser: Browser, site: House
) -> None:
    furnish(site)
    with Seat(browser, site, Role.ADMIN) as seat:
        seat.page.goto(QUEUE)
        seat.settled()
        seen = 0
        for _ in range(60):
            seat.page.keyboard.press("Tab")
            width, height, outline, is_hidden = seat.page.evaluate(
                "(() => { const at = document.activeElement, box = at.getBoundingClientRect();"
                " return [box.width, box.height, getComputedStyle(at).outlineStyle,"
                " at.tagName === 'BODY' || at.tagName === 'IFRAME']; })()"
            )
            if is_hidden:
                continue
            seen += 1
            assert outline == "solid"
            assert height >= 24
            assert width >= 24
        assert seen > 30


def test_nothing_moves_for_who_asked_for_less_motion(browser: Browser, site: House) -> None:
    posts(site, 3)
    with Seat(browser, site, reduced_motion="reduce") as seat:
        seat.page.goto(QUEUE)
        seat.page.keyboard.press("a")
        seat.wait_for_toast("Shown.")
        assert seat.page.evaluate("document.getAnimations().length") == 0


def test_forced_colours_keep_borders_and_what_is_chosen(browser: Browser, site: House) -> None:
    posts(site, 2)
    with Seat(browser, site, forced_colors="active") as seat:
        seat.page.goto(QUEUE)
        border = "one => getComputedStyle(one).borderTopStyle"
        assert seat.page.locator(OPEN).evaluate(border) == "solid"
        chosen = seat.page.locator("[data-line][aria-current]")
        assert chosen.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"


def test_an_arabic_post_reads_from_the_right_inside_an_english_screen(
    browser: Browser, site: House
) -> None:
    there = furnish(site)
    with Seat(browser, site) as seat:
        seat.page.goto(f"{QUEUE}?item={there['arabic']}")
        line = seat.page.locator(f"#line-{there['arabic']} .words")
        assert line.evaluate("one => getComputedStyle(one).direction") == "rtl"
        assert seat.page.locator(OPEN).evaluate("one => getComputedStyle(one).direction") == "ltr"


def test_the_line_to_paste_is_copied(browser: Browser, site: House) -> None:
    posts(site, 1)
    with Seat(browser, site, permissions=["clipboard-read", "clipboard-write"]) as seat:
        seat.page.goto(f"{QUEUE}/start")
        seat.page.click("[data-copy]")
        seat.page.locator("[data-copy]", has_text="Copied").wait_for()
        copied = seat.page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith(f'<iframe src="{seat.url}/{SLUG}/e/featured"')


def test_the_frame_of_a_post_runs_no_script_though_it_is_ours(browser: Browser, site: House) -> None:
    unclean = SafeHtml("<script>parent.document.title = 'taken'</script><img src=x onerror=alert(1)>")
    (item,) = bring(site, replace(a_post(1), html=unclean))
    with Seat(browser, site, bypass_csp=True) as seat:
        for path in (f"{QUEUE}?item={item}", f"{QUEUE}/item/{item}"):
            seat.page.goto(path)
            seat.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            seat.page.wait_for_load_state("networkidle")
            assert seat.page.title() != "taken"
        assert seat.dialogs == []


@pytest.mark.shared
def test_one_posts_characters_move_nothing_beside_it(browser: Browser, site: House) -> None:
    odd = "\u202eevil\u2066 " + "Z\u0300\u0301\u0302\u0303" * 60
    shots = []
    for words in ("Plain words in a row.", odd):
        bring(site, a_post(1, words), *(a_post(number) for number in range(2, 5)))
        site.clock.forward(minutes=5)
        with Seat(browser, site) as seat:
            seat.page.goto(f"{QUEUE}?view=")
            second = seat.page.locator("[data-line]").nth(2).bounding_box()
            assert second
            shots.append(second["y"])
    assert shots[0] == shots[1]
