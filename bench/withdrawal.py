"""Taking a post down, measured from end to end: how long each of our outputs still has it.

A real `engaged run` with a feed of posts with pictures, files beside, readers that load two addresses
all the while. Rounds take turns: `engaged decide take-down`, and a withdrawal that the feed itself says
(RFC 6721). Times run from the decision's own time, before its commit: to the end of the last answer that
has the post, which is what is promised, and of the first one without it. Then Chromium, whose clock is
moved: how long open boxes on a library's page have it.

    python bench/withdrawal.py [--rounds 5] [--no-load] [--no-browser]

Needs Debian's nginx-light and wrk, and chromium with playwright.
"""

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Error, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from aggregator.store import receipts
from aggregator.store.database import open_reader
from bench.installation import SPARE_POSTS, Place, installed, keys_in, until_true
from bench.serve import PAGES, engaged
from bench.watching import (
    Watch,
    answers,
    any_is_there,
    any_says,
    asked,
    is_unchanged,
    says,
    watched,
)

BOUNDS_S = {"pages": 1.0, "pictures": 5.0, "files": 5.0, "boxes": 120.0}
"""What issue and manual promise for each group of outputs, in seconds."""
PATIENCE_S = 30.0
STEP_S, ANSWER_S, AGAIN_S, OPENED_AT_S, LONGEST_S = 5, 1.5, 91, 1_000_000, 1_000_600
VIEWPORT = {"width": 1280, "height": 2000}
KEPT_S = 90
"""How old a copy may be that a browser shows without asking: FOR_READERS in feeds/page.py."""
LIBRARY = """<!doctype html><meta charset="utf-8"><title>A library</title>
<link rel="icon" href="data:,"><h1>Our library</h1>{box}"""
BOXES = {
    "script": '<engaged-feed view="wall"><a href="{ours}/bench/">Posts</a></engaged-feed>'
    '<script async src="{ours}/w/1.js"></script>',
    "frame": '<iframe src="{ours}/bench/e/wall" title="Posts" width="600" height="900"></iframe>',
    "frame in a sandbox": '<iframe sandbox="allow-scripts" src="{ours}/bench/e/wall" title="Posts" '
    'width="600" height="900"></iframe>',
    "screen on the wall": '<iframe src="{ours}/bench/k/wall" title="Posts" width="900" height="600">'
    "</iframe>",
}


Seconds = tuple[float, float | None]


@dataclass(frozen=True)
class Removal:
    """What one removal gave: seconds to the last look with the post and the first without it; slips."""

    seconds: dict[tuple[str, str], Seconds]
    slips: list[str]


def watches(place: Place, title: str, item: str) -> list[Watch]:
    """Give everything of ours in which a post can be met."""
    at, words = f"{place.ours}/bench", title.encode()
    (key,) = keys_in(asked(f"{at}/api/v1/posts/{item}")[1].decode())
    own = {"permalink": f"p/{item}", "post's own frame": f"f/{item}", "drawn picture": f"og/{item}.png"}
    shared = {
        "hub": "",
        "frame": "e/wall",
        "kiosk": "k/wall",
        "JSON Feed": "v/wall.json",
        "RSS": "v/wall.rss",
        "Atom": "v/wall.atom",
        "API, posts": "api/v1/posts",
    }
    oembed = f"{place.ours}/oembed?url={quote(f'{at}/p/{item}', safe='')}"
    pages = [
        *(Watch(name, "pages", says(f"{at}/{path}", words)) for name, path in shared.items()),
        *(Watch(name, "pages", answers(f"{at}/{path}")) for name, path in own.items()),
        Watch("view as a picture", "pages", is_unchanged(f"{at}/v/featured.png")),
        Watch("API, one post", "pages", answers(f"{at}/api/v1/posts/{item}")),
        Watch("oEmbed", "pages", answers(oembed)),
        Watch("picture's address", "pages", answers(f"{place.ours}/i/{key}-320.webp")),
    ]
    files = [file for file in place.out.rglob("*") if file.is_file() and words in file.read_bytes()]
    copies = list((place.folder / "media").rglob(f"public/**/{key}-*"))
    if not files or not copies:
        raise SystemExit(f"no files ({len(files)}) or copies ({len(copies)}) of {title}")
    return [
        *pages,
        Watch("copies on disk", "pictures", any_is_there(copies)),
        Watch("published files", "files", any_says(files, words)),
        Watch("published pictures", "files", any_is_there(list((place.out / "i").glob(f"{key}-*")))),
    ]


def removed(place: Place, *, is_upstream: bool) -> Removal:
    """Take the newest post down and look at everything until it is gone everywhere."""
    title = _newest(place)
    item = place.posts[title]
    there = watches(place, title, item)

    def decide() -> None:
        place.withdrawn.append(title)
        if is_upstream:
            place.write_feed()
        else:
            engaged(place.config, "decide", "take-down", item, "--as", "bench")

    watched(there, decide, PATIENCE_S)
    return _result(place, item, there)


def _result(place: Place, item: str, there: Sequence[Watch]) -> Removal:
    """Compare what was seen with the decision's time, and with what the receipts say."""
    written = {one.output: one for one in _receipts(place, item)}
    decided = written["pages"].decided_at.timestamp()
    slips = [
        f"{watch.name}: seen {watch.last_with - left.timestamp():.2f} s after its receipt"
        for watch in there
        if (left := written[watch.group].left_at) and watch.last_with > left.timestamp()
    ]
    slips += [
        f"{output}: no receipt"
        for output in ("pages", "pictures", "files")
        if not written[output].left_at
    ]
    seconds: dict[tuple[str, str], Seconds] = {
        (w.group, w.name): (max(w.left_at - decided, 0), w.gone_at - decided if w.gone_at else None)
        for w in there
    }
    for output, one in written.items():
        if one.left_at:
            after = one.left_at.timestamp() - decided
            seconds["receipt", output] = (after, after)
    return Removal(seconds, slips)


def _receipts(place: Place, item: str) -> tuple[receipts.Receipt, ...]:
    reader = open_reader(f"sqlite:///{place.folder}/engaged.db")
    try:
        with reader.connect() as connection:
            return receipts.of(connection, item)
    finally:
        reader.dispose()


@contextmanager
def loaded(place: Place, *, is_wanted: bool) -> Iterator[None]:
    """Let readers ask for a frame and a feed all the while."""
    commands = [["wrk", "-t1", "-c8", "-d3600s", place.ours + path] for path in PAGES.values()]
    readers = [subprocess.Popen(each, stdout=subprocess.DEVNULL) for each in commands if is_wanted]
    try:
        yield
    finally:
        for reader in readers:
            reader.terminate()
            reader.wait(10)


def boxes(place: Place) -> dict[str, list[float]]:
    """Say how long open boxes have a removed post: by the clock of a browser, which is moved."""
    seen: dict[str, list[float]] = {}
    program = shutil.which("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for name in BOXES:
            seen[f"{name}, open all the while"] = [_open_all_the_while(place, chromium, name)]
            seen[f"{name}, opened again"] = [_opened_again(place, chromium, name)]
        chromium.close()
    return seen


def _open_all_the_while(place: Place, chromium: Any, name: str) -> float:
    """Take a post down just after the box has asked for news: it waits as long as it ever does."""
    title = _newest(place)
    context = chromium.new_context(viewport=VIEWPORT)
    page = _page_with(context, place, name, title)
    page.clock.run_for(AGAIN_S * 1000)
    began = _clock_of(page)
    _take_down(place, title)
    waited = _gone_at(page, title) - began
    context.close()
    return waited


def _opened_again(place: Place, chromium: Any, name: str) -> float:
    """Open the page again after the takedown: its box comes out of the browser's own copy.

    That may have been made just before the takedown, and be as old as such a copy is ever shown.
    """
    title = _newest(place)
    context = chromium.new_context(viewport=VIEWPORT)
    _page_with(context, place, name, title).close()
    _take_down(place, title)
    page = _page_with(context, place, name, "")
    waited = _gone_at(page, title) - OPENED_AT_S
    context.close()
    return KEPT_S + waited


def _newest(place: Place) -> str:
    return next(name for name in reversed(place.posts) if name not in place.withdrawn)


def _take_down(place: Place, title: str) -> None:
    place.withdrawn.append(title)
    engaged(place.config, "decide", "take-down", place.posts[title], "--as", "bench")


def _gone_at(page: Any, title: str) -> float:
    """Move the page's clock until the post is gone. An answer takes its own way, by a real clock."""
    while _shows(page, title) and _clock_of(page) < LONGEST_S:
        page.clock.run_for(STEP_S * 1000)
        until = time.monotonic() + ANSWER_S
        while _shows(page, title) and time.monotonic() < until:
            time.sleep(0.05)
    return _clock_of(page)


def _clock_of(page: Any) -> float:
    """Give what the page's clock says, in seconds."""
    return float(page.evaluate("Date.now()")) / 1000


def _page_with(context: Any, place: Place, name: str, title: str) -> Any:
    page = context.new_page()
    page.clock.install(time=OPENED_AT_S)
    page.goto(f"{place.feed}/{quote(name)}.html")
    until_true(lambda: _shows(page, title or "Story number"), f"posts in the {name}")
    return page


def _shows(page: Any, title: str) -> bool:
    with suppress(Error):  # a frame that is just being loaded again
        return any(frame.get_by_text(title).count() for frame in page.frames)
    return True


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--no-load", action="store_true")
    arguments.add_argument("--no-browser", action="store_true")
    wanted = arguments.parse_args()
    if missing := [each for each in ("wrk", "chromium") if shutil.which(each) is None]:
        raise SystemExit(f"not installed: {', '.join(missing)}")
    found: dict[tuple[str, str], list[Seconds]] = {}
    slips: list[str] = []
    with TemporaryDirectory(prefix="engaged-bench-") as name, ExitStack() as stack:
        place = installed(Path(name), wanted.rounds + 2 * len(BOXES) + SPARE_POSTS, stack)
        for title, box in BOXES.items():
            page = LIBRARY.format(box=box.format(ours=place.ours))
            (place.www / f"{title}.html").write_text(page)
        with loaded(place, is_wanted=not wanted.no_load):
            for number in range(wanted.rounds):
                one = removed(place, is_upstream=number % 2 == 1)
                slips += one.slips
                for key, seconds in one.seconds.items():
                    found.setdefault(key, []).append(seconds)
        for box, waited in {} if wanted.no_browser else boxes(place).items():
            found["boxes", box] = [(each, each) for each in waited]
    return told(found, slips)


def told(found: dict[tuple[str, str], list[Seconds]], slips: Sequence[str]) -> int:
    print("| group | output | last with it, median s | worst s | first without, median s | bound s |")
    print("|---|---|---|---|---|---|")
    is_fine = not slips
    for (group, name), all_seconds in found.items():
        bound = BOUNDS_S.get(name if group == "receipt" else group, PATIENCE_S)
        last = [PATIENCE_S if without is None else with_it for with_it, without in all_seconds]
        first = [PATIENCE_S if without is None else without for _, without in all_seconds]
        is_fine &= max(last) <= bound
        figures = f"{median(last):.2f} | {max(last):.2f} | {median(first):.2f}"
        print(f"| {group} | {name} | {figures} | {bound:.0f} |")
    for slip in slips:
        print(slip, file=sys.stderr)
    print("Within the bounds." if is_fine else "Not within the bounds.", file=sys.stderr)
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main())
