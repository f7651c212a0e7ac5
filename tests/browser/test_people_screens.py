"""The screens for coming in and for people, as a browser shows them: readable, and without script."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import Engine
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from moderation import invitations
from moderation.app import create_app
from moderation.routes import Role
from tests.browser.accessible import complaints
from tests.moderation.house import NAMES, PASSWORD, House, house, moved, populated

pytestmark = pytest.mark.browser

PHONE, DESK = 360, 1280


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


@contextmanager
def evil(victim: str) -> Iterator[str]:
    """Give the address of a page of another site that frames us and sends our forms."""

    @Request.application
    def page(_: Request) -> Response:
        return Response(
            f"""<!doctype html><title>Evil</title><iframe src="{victim}/moderate/people"></iframe>
            <form method="post" action="{victim}/moderate/people/invite" target="_blank">
            <input name="role" value="admin"><button>Win</button></form>""",
            content_type="text/html",
        )

    server = make_server("127.0.0.1", 0, page)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def opened(browser: Browser, site: House, width: int = DESK, **more: Any) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, base_url=site.desk.settings.public_url, **more
    )
    context.set_default_timeout(10_000)
    return context


def sign_in(page: Page, role: Role) -> None:
    page.goto("/moderate/account")
    page.fill("#name", NAMES[role])
    page.fill("#password", PASSWORD)
    page.click("button.main")


def invitation(site: House) -> str:
    return invitations.invite(
        site.desk.writer, site.desk.settings.public_url, role="moderator", email="", made_by="x",
        now=site.clock(),
    ).url  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_every_screen_is_readable_for_all(
    browser: Browser, site: House, width: int, scheme: str
) -> None:
    context = opened(browser, site, width, color_scheme=scheme)
    page = context.new_page()
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        found[name] = complaints(page)

    page.goto("/moderate/sign-in")
    look("sign in")
    page.fill("#name", "nobody")
    page.fill("#password", "nothing")
    page.click("button.main")
    look("sign in, wrong")
    page.goto(invitation(site))
    look("welcome")
    page.fill("#name", "rule:x")
    page.fill("#password", "short")
    page.fill("#again", "short")
    page.click("button.main")
    look("welcome, wrong")
    page.goto("/moderate/welcome/nothing")
    look("spent")
    sign_in(page, Role.ADMIN)
    look("account")
    page.goto("/moderate/people")
    page.click("summary:visible >> nth=-1")
    look("people")
    page.fill("#email", "new@library.example")
    page.click("button.main")
    look("link")
    page.goto("/moderate/engagedlibraries/nowhere")
    look("problem")
    context.close()
    assert {name: said for name, said in found.items() if said} == {}


@pytest.mark.parametrize("with_script", [True, False])
def test_a_link_leads_in_with_and_without_script(
    browser: Browser, site: House, with_script: bool
) -> None:
    """The page of a link tells nobody its address: its form's Origin is "null", and it works."""
    context = opened(browser, site, java_script_enabled=with_script)
    page = context.new_page()
    page.goto(invitation(site))
    page.fill("#name", "Nia Newcomer")
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.click("button.main")
    assert "/moderate/welcome/" not in page.url
    page.goto("/moderate/account")
    assert page.locator("main").get_by_text("Nia Newcomer").count() == 1
    page.click("form[action$=sign-out] button")
    assert page.url.endswith("/moderate/sign-in?out=1")
    context.close()


def test_a_browser_that_keeps_no_cookies_is_told_what_to_do(browser: Browser, site: House) -> None:
    context = opened(browser, site)
    page = context.new_page()
    page.goto("/moderate/sign-in")
    context.clear_cookies()
    page.fill("#name", NAMES[Role.VIEWER])
    page.fill("#password", PASSWORD)
    page.click("button.main")
    assert site.desk.say("problem-no-cookie-title") in page.inner_text("h1")
    context.close()


def test_another_site_can_neither_frame_us_nor_send_our_forms(browser: Browser, site: House) -> None:
    context = opened(browser, site)
    page = context.new_page()
    sign_in(page, Role.ADMIN)
    before = site.contents()
    with evil(site.desk.settings.public_url) as address:
        page.goto(address)
        assert "Invite" not in page.frames[1].content()
        with context.expect_page() as opening:
            page.click("button")
        assert opening.value.inner_text("h1") == site.desk.say("problem-signed-out-title")
    assert site.contents() == before
    context.close()
