"""A browser that writes down everything a page does, and says what of it should not be there."""

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Frame,
    Page,
    ProxySettings,
)

from moderation import cookies
from tests.browser.hostile.house import Site

SCRIPT = Path(__file__).parent / "witness.js"
PHONE, DESKTOP = 360, 1280
# Nothing is there that would answer: no page gets out, and no name is looked up, whatever it asks for.
ALONE: ProxySettings = {"server": "http://127.0.0.1:9", "bypass": "localhost"}
OUR_WORDS = ("river.example", "via", "2026", "Others by", "Content warning", "Read the post")
"""Words of ours that stand beside hostile ones."""
OURS = re.compile(
    r"/i/[0-9a-f]{24}-\d+\.(?:avif|webp|jpg)|/moderate/static/[a-z]+(?:\.[0-9a-f]+)?\.(?:css|js|svg)"
    r"|/moderate/i/[0-9a-f]{24}-\d+\.webp|/moderate/[a-z0-9-]+/(?:item|preview)/[a-z2-7]{12}"
)
"""What our own pages ask for besides themselves, as paths."""


@dataclass
class Witness:
    """One browser, signed in or not.

    Attributes:
        happened: what no page may do, in words: dialogs, complaints, requests, windows, downloads.
    """

    context: BrowserContext
    page: Page
    site: Site
    happened: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    allowed: str = ""

    def visit(self, path: str) -> None:
        """Open a page of ours, as if its address had been typed."""
        self.allowed = path
        self.page.goto(self.site.url + path)

    def poke(self) -> None:
        """Move over everything, click everything that leads nowhere, let everything begin and end."""
        self.page.evaluate("witness.poke()")
        self.page.evaluate("new Promise(done => setTimeout(done, 0))")

    def report(self, known: Collection[str]) -> list[str]:
        """Give everything that should not have happened, or should not be there."""
        said = self.page.evaluate("known => witness.report(known)", list(known))
        return [*_worded(said), *self._drained(), *self._elsewhere()]

    def layout(self) -> list[str]:
        """Give what stands where it should not."""
        return [*self.page.evaluate("witness.layout()")]

    def look(self, known: Collection[str]) -> list[str]:
        """Do to the page whatever readers do, and give all that is wrong."""
        said = self.page.evaluate("given => witness.look(...given)", [list(known), OUR_WORDS])
        return [*_worded(said), *self._drained(), *self._elsewhere(), *said["laid"]]

    def parts(self) -> set[str]:
        """Give what this page is made of."""
        return {*self.page.evaluate("witness.parts()")}

    def learn(self, pages: Sequence[str]) -> set[str]:
        """Give what these pages are made of."""
        return {*self.page.evaluate("pages => witness.learn(pages)", list(pages))}

    def read(self, pages: Sequence[str], known: Collection[str]) -> list[str]:
        """Have HTML read as the browser reads pages; give what is wrong in it."""
        given = [list(pages), list(known)]
        return [*self.page.evaluate("given => witness.read(...given)", given)]

    def fetched(self, paths: Sequence[str], *, is_part: bool = False) -> list[str]:
        """Have the browser fetch pages without opening them."""
        self.allowed = "*"
        given = [list(paths), is_part]
        return [*self.page.evaluate("given => witness.fetched(...given)", given)]

    def inspect(
        self, paths: Sequence[str], known: Collection[str], *, is_part: bool = False
    ) -> tuple[list[str], dict[str, str]]:
        """Have the browser fetch and read pages without opening them.

        Returns:
            What is wrong, and the headline of each page.
        """
        self.allowed = "*"
        given = [list(paths), list(known), is_part]
        wrong, headlines = self.page.evaluate("given => witness.inspected(...given)", given)
        return [*wrong, *self._drained()], headlines

    def namespaces(self, paths: Sequence[str]) -> set[str]:
        """Give the name of every element of XML documents of ours, each behind its namespace."""
        self.allowed = "*"
        return {*self.page.evaluate("paths => witness.spoken(paths)", list(paths))}

    def read_feeds(self, paths: Sequence[str], known: Collection[str]) -> list[str]:
        """Have the texts of feeds read as programs for feeds do: as markup; give what is wrong in it."""
        self.allowed = "*"
        given = [list(paths), list(known)]
        return [*self.page.evaluate("given => witness.inFeeds(...given)", given), *self._drained()]

    def ran(self) -> list[str]:
        """Give what ran, also where a page is no longer ours to ask."""
        try:
            said = self.page.evaluate("witness.report([])")["ran"]
        except Error:
            said = []
        return [*said, *self.dialogs]

    def _drained(self) -> list[str]:
        happened, self.happened = self.happened, []
        dialogs, self.dialogs = self.dialogs, []
        return [*happened, *(f"dialog: {one}" for one in dialogs)]

    def _elsewhere(self) -> list[str]:
        at = urlsplit(self.page.url)
        wanted = urlsplit(self.site.url + self.allowed)
        return (
            [] if (at.netloc, at.path) == (wanted.netloc, wanted.path) else [f"went to {self.page.url}"]
        )

    def _note_request(self, url: str) -> None:
        at = urlsplit(url)
        is_asked = self.allowed == "*" or url.split("#")[0] == self.site.url + self.allowed
        if not url.startswith(self.site.url + "/") or not (is_asked or OURS.fullmatch(at.path)):
            self.happened.append(f"asked for {url}")

    def _note_words(self, said: ConsoleMessage) -> None:
        if said.text.startswith("witness: ran"):
            self.dialogs.append(said.text)
            return
        is_status = said.text.startswith("Failed to load resource") and "status of 4" in said.text
        if not (is_status and said.location["url"] == self.site.url + self.allowed):
            self.happened.append(f"said: {said.text}")

    def _note_way(self, frame: Frame) -> None:
        at, wanted = urlsplit(frame.url), urlsplit(self.site.url + self.allowed)
        if frame.parent_frame is None and (at.netloc, at.path) != (wanted.netloc, wanted.path):
            self.happened.append(f"went to {frame.url}")


def _worded(said: dict[str, list[str]]) -> list[str]:
    return [f"{key}: {one}" for key in ("ran", "refused", "wrong") for one in said[key]]


@contextmanager
def witness(
    browser: Browser,
    site: Site,
    *,
    signed_in: bool = False,
    is_left_open: bool = False,
    width: int = DESKTOP,
    height: int = 800,
    **more: Any,
) -> Iterator[Witness]:
    """Give a browser that writes down what happens in it.

    Args:
        is_left_open: until its browser is closed: scripts that ran may keep one window from closing.
    """
    context = browser.new_context(viewport={"width": width, "height": height}, proxy=ALONE, **more)
    context.set_default_timeout(20_000)
    context.add_init_script(path=SCRIPT)
    if signed_in:
        name = cookies.name_for(site.desk.settings)
        context.add_cookies(
            [{"name": name, "value": site.token, "domain": "localhost", "path": "/moderate"}]
        )
    made = Witness(context, context.new_page(), site)
    _listen(made)
    yield made
    if not is_left_open:
        context.close()


@contextmanager
def reading(browser: Browser, site: Site) -> Iterator[Witness]:
    """Give a browser that reads pages without opening them: no policy holds it, and nothing runs."""
    with witness(browser, site, signed_in=True, bypass_csp=True) as made:
        made.visit("/moderate/account")
        yield made


def _listen(made: Witness) -> None:
    def dismiss(dialog: Any) -> None:
        made.dialogs.append(dialog.message)
        try:
            dialog.dismiss()
        except Error:  # its page has gone meanwhile
            return

    made.context.on("dialog", dismiss)
    made.context.on("request", lambda request: made._note_request(request.url))
    made.context.on("page", lambda page: made.happened.append(f"opened {page.url}"))
    made.context.on("weberror", lambda error: made.happened.append(f"broke: {error.error}"))
    made.context.on("console", made._note_words)
    made.page.on("download", lambda file: made.happened.append(f"downloaded {file.url}"))
    made.page.on("framenavigated", made._note_way)


@contextmanager
def phone_and_desk(browser: Browser, site: Site, **more: Any) -> Iterator[tuple[Witness, Witness]]:
    with witness(browser, site, width=PHONE, **more) as phone, witness(browser, site, **more) as desk:
        yield phone, desk


def visited(seen: Witness | tuple[Witness, Witness], paths: Sequence[str], known: set[str]) -> list[str]:
    """Open pages, on the phone and at the desk in turn, and give all that is wrong."""
    both = (seen, seen) if isinstance(seen, Witness) else seen
    found = []
    for number, path in enumerate(paths):
        both[number % 2].visit(path)
        found += [f"{path} {one}" for one in both[number % 2].look(known)]
    return found


def nothing(found: Sequence[str]) -> None:
    """Fail with the first things that are wrong, and their number."""
    assert not found, "\n".join((f"{len(found)} things are wrong, such as", *found[:12]))
