"""The screens of the weekly mail as a browser shows them: readable for all, six presses for a week."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page
from sqlalchemy import Engine
from werkzeug.serving import make_server

from moderation.routes import Role
from tests.browser.accessible import complaints
from tests.browser.test_people_screens import opened, sign_in
from tests.moderation import editions
from tests.moderation.editions import PATH, a_draft, now_of
from tests.moderation.house import House, house, moved, populated

pytestmark = pytest.mark.browser

PHONE, DESK = 360, 1280


@pytest.fixture
def site(reader: Engine, writer: Engine, tmp_path: Path, now: datetime) -> Iterator[House]:
    """Give a campaign with a mail that went out and a draft, served under its own public_url."""
    found = populated(house(reader, writer, tmp_path, now))
    server = make_server("127.0.0.1", 0, found.app, threaded=True)
    there = editions.mailing(moved(found, f"http://localhost:{server.server_port}"))
    posts = editions.posts(there)
    editions.people(there, 20)
    before = editions.approved(there, editions.begun(there, a_draft(posts), 1))
    editions.ended(there, editions.sending(there, before, ["sent"] * 15 + ["failed", "uncertain"]))
    editions.begun(there, a_draft(posts))
    server.app = there.app
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield there
    server.shutdown()
    thread.join()
    server.server_close()


def signed_in(context: BrowserContext, role: Role = Role.ADMIN) -> Page:
    page = context.new_page()
    sign_in(page, role)
    return page


def open_all(page: Page) -> None:
    page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")


@pytest.mark.parametrize(("width", "scheme"), [(PHONE, "light"), (DESK, "dark")])
def test_every_screen_is_readable_for_all(
    browser: Browser, site: House, width: int, scheme: str
) -> None:
    context = opened(browser, site, width, color_scheme=scheme)
    page = signed_in(context)
    found: dict[str, list[str]] = {}
    for path in ("", "/2", "/1", "/1/sending"):
        page.goto(f"{PATH}{path}")
        open_all(page)
        found[path] = complaints(page)
    page.goto(f"{PATH}/2")
    page.fill("[id='subject:en']", "Typed by me")
    editions.edited(site, now_of(site, 2))
    page.click("button.main[value=keep]")
    assert page.inner_text(".theirs blockquote") == "Benches, six of them"
    found["too late"] = complaints(page)
    page.goto(PATH.replace("highlights", "subscribers"))
    page.fill("#address", "reader1@mail.example")
    page.click("text=Find >> nth=-1")
    open_all(page)
    found["subscribers"] = complaints(page)
    context.close()
    assert {name: said for name, said in found.items() if said} == {}


def tab_to(page: Page, wanted: Locator) -> None:
    """Go to a control by the keyboard alone."""
    for _ in range(150):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail("the keyboard does not reach it")


def press(page: Page, selector: str) -> None:
    """Press a control with the keyboard."""
    wanted = page.locator(selector)
    tab_to(page, wanted)
    if wanted.evaluate("one => one.tagName") == "SUMMARY":
        page.keyboard.press("Enter")
        return
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_normal_week_is_six_presses_without_mouse_and_without_script(
    browser: Browser, site: House
) -> None:
    context = opened(browser, site, java_script_enabled=False)
    page = signed_in(context, Role.EDITOR)
    page.goto(PATH)
    first, _, third = (str(pick["item"]) for pick in now_of(site, 2).content["picks"][:3])
    runner = str(now_of(site, 2).content["runners_up"][0]["item"])

    press(page, ".this-week .button.main")
    press(page, f"button[value='down:{first}']")
    press(page, f"#pick-{third} details.swap summary")
    press(page, f"button[value='swap:{third}:{runner}']")
    press(page, "button[value=test]")
    press(page, "button[value=approve]")

    approved = now_of(site, 2)
    assert approved.state == "approved"
    assert [pick["item"] for pick in approved.content["picks"][1:3]] == [first, runner]
    context.close()


def test_the_mail_is_looked_at_in_each_way_beside_the_form(browser: Browser, site: House) -> None:
    context = opened(browser, site)
    page = signed_in(context)
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text) if said.type == "error" else None)
    page.goto(f"{PATH}/2")
    page.fill("[id='subject:en']", "Typed, and not kept yet")
    mail = page.frame_locator("iframe.mail")

    page.click("button[value=dark]")
    mail.locator("text=forty children").wait_for()
    dark = mail.locator("td.paper, table.paper, .paper").first.evaluate(
        "one => getComputedStyle(one).backgroundColor"
    )
    page.select_option("#look-language", "ar")
    mail.locator("html[dir=rtl]").wait_for()
    page.click("button[value=text]")
    mail.locator("pre").wait_for()

    assert dark == "rgb(20, 23, 28)"
    assert page.get_attribute("button[value=text]", "aria-pressed") == "true"
    assert page.input_value("[id='subject:en']") == "Typed, and not kept yet"
    assert refused == []
    context.close()
