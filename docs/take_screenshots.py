"""Takes the pictures for README and docs from the demo: `.venv/bin/python docs/take_screenshots.py`

It needs what the tests need: playwright, and Chromium of this computer. The demo runs on free ports in a
folder of its own that is thrown away, and no new posts come while the pictures are taken: they show the
same each time, but for the dates. They are written to docs/pictures/, or where the first argument says.
"""

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PORT = 8760
LARGEST = 120_000  # bytes
QUALITIES = (90, 82, 74, 66, 58)
PATIENCE_S = 120
DESK, PHONE = (1280, 860), (360, 740)
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
MODERATE = "/moderate/engagedlibraries"


@dataclass(frozen=True)
class Demo:
    """A demo that runs: its addresses without a final slash, and how its moderator signs in."""

    engaged: str
    library: str
    password: str


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as place, demo(Path(place)) as found, chromium() as browser:
        _take_public(found, browser, folder)
        _take_moderation(found, browser, folder)
    return 0


def _take_public(found: Demo, browser: Browser, folder: Path) -> None:
    page = _page(browser, DESK)
    wait_for(lambda: _has_pictures(page, f"{found.engaged}/engagedlibraries/", 10))
    _shoot(page, folder / "hub.webp", tall=1240)
    wait_for(lambda: _has_pictures_in_frame(page, f"{found.library}/"))
    _shoot(page, folder / "library.webp", tall=1340)
    page.goto(f"{found.engaged}/engagedlibraries/embed")
    _shoot(page, folder / "embed.webp", tall=1240)
    wait_for(lambda: _has_pictures(page, f"{found.engaged}/engagedlibraries/k/wall", 1))
    _shoot(page, folder / "kiosk.webp")


def _take_moderation(found: Demo, browser: Browser, folder: Path) -> None:
    page = _page(browser, DESK)
    _sign_in(page, found)
    queue = found.engaged + MODERATE
    wait_for(lambda: _has_pictures_in_frame(page, queue))
    _shoot(page, folder / "queue.webp")
    wait_for(lambda: _goes_to_a_changed_post(page, queue))
    _shoot(page, folder / "item.webp", tall=1000)
    page.goto(f"{queue}/sources")
    _shoot(page, folder / "sources.webp")
    wait_for(lambda: _answers(page, f"{queue}/highlights/1"))
    _shoot(page, folder / "edition.webp", tall=1400)
    page.goto(f"{queue}/highlights/1/preview?look=light&language=es")
    _shoot(page, folder / "letter.webp", tall=1400)
    phone = _page(browser, PHONE)
    _sign_in(phone, found)
    wait_for(lambda: _has_pictures_in_frame(phone, queue))
    _shoot(phone, folder / "queue-phone.webp")


def _sign_in(page: Page, found: Demo) -> None:
    page.goto(f"{found.engaged}/moderate/")
    page.locator("input[name=name]").fill("Demo")
    page.locator("input[type=password]").fill(found.password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{MODERATE}**")


def _goes_to_a_changed_post(page: Page, queue: str) -> bool:
    """Open a post that is shown as it was approved, while its author has changed the words since."""
    page.goto(f"{queue}?state=changed")
    rows = page.locator("a[href*='item=']")
    address = rows.first.get_attribute("href") if rows.count() else ""
    name = re.search(r"item=([a-z2-7]{12})", address or "")
    if name is None:
        return False
    page.goto(f"{queue}/item/{name[1]}")
    return page.locator("ins").count() > 0


def _answers(page: Page, url: str) -> bool:
    answer = page.goto(url)
    return bool(answer and answer.ok)


def _has_pictures(page: Page, url: str, count: int) -> bool:
    page.goto(url)
    page.wait_for_load_state("networkidle")
    return bool(page.evaluate(_LOADED) >= count)


def _has_pictures_in_frame(page: Page, url: str) -> bool:
    page.goto(url)
    element = page.locator("iframe").first
    element.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    frame = element.element_handle().content_frame()
    return bool(frame and frame.evaluate(_LOADED))


_LOADED = "[...document.images].filter(one => one.complete && one.naturalWidth > 90).length"


def _page(browser: Browser, size: tuple[int, int]) -> Page:
    wide, tall = size
    context = browser.new_context(
        viewport={"width": wide, "height": tall},
        color_scheme="light",
        locale="en-US",
        timezone_id="UTC",
        reduced_motion="reduce",
    )
    return context.new_page()


def _shoot(page: Page, file: Path, tall: int = 0) -> None:
    """Write the page as it stands in the window, or in a taller one, small enough for a README."""
    size = page.viewport_size
    if tall and size:
        page.set_viewport_size({"width": size["width"], "height": tall})
    page.evaluate("() => document.activeElement?.blur()")
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_load_state("networkidle")
    body = _small(page.screenshot(animations="disabled", caret="hide"))
    file.write_bytes(body)
    if size:
        page.set_viewport_size(size)
    sys.stdout.write(f"{file}: {len(body) // 1000} kB\n")


def _small(png: bytes) -> bytes:
    """Give a picture as WebP, as good as it can be within LARGEST bytes."""
    body = b""
    for quality in QUALITIES:
        file = io.BytesIO()
        Image.open(io.BytesIO(png)).convert("RGB").save(file, "WEBP", quality=quality, method=6)
        body = file.getvalue()
        if len(body) <= LARGEST:
            break
    return body


@contextmanager
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise SystemExit("Chromium is not installed (on Debian: apt install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM)
        yield browser
        browser.close()


@contextmanager
def demo(place: Path) -> Iterator[Demo]:
    """Run the demo in a folder, and end it."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "engaged", "demo", "--port", str(PORT)],
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "ENGAGED_DEMO_STILL": "1"},
    )
    try:
        yield _said(process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_S)


def _said(process: "subprocess.Popen[str]") -> Demo:
    """Read where the demo is from what it says."""
    assert process.stdout
    said: dict[str, str] = {}
    for line in process.stdout:
        name, _, rest = line.partition(":")
        said[name] = rest.strip()
        if name == "A network":
            return Demo(
                engaged=said["Public page"].rstrip("/"),
                library=said["A library"].split("/ ")[0],
                password=said["Sign in as"].split()[-1],
            )
    raise SystemExit("The demo did not start: `engaged demo` says why.")


def wait_for(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > until:
            raise SystemExit("It takes too long until the demo shows what the pictures are for.")
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
