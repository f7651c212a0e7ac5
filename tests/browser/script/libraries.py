"""A library's pages with `<engaged-feed>` on them, our server, and a server of ours on a bad day."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

from playwright.sync_api import BrowserContext, Page
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from aggregator import media
from aggregator.copies import public_file
from aggregator.settings import View
from aggregator.store.published import Picture
from feeds.app import create_app
from tests.browser.test_public_pages import DESK, running
from tests.drawing import draw_copies, saved, scene
from tests.feeds.invented import (
    AWKWARD,
    NOW,
    PUBLIC_URL,
    SLUG,
    Clock,
    FakeDoor,
    a_door,
    campaign,
    picture,
    pictured,
    settings,
    shown,
)

SNIPPETS = sorted((Path(__file__).parents[2] / "data" / "snippets").glob("*.html"))
"""Lines of ours as they were pasted once; beside each, as JSON, what must still show."""

HOST_PAGE = """<!doctype html><html lang="{lang}" dir="{dir}"><meta charset="utf-8">
<title>A library</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width">
<main><h1>Our library</h1>{body}<p id="after">Opening hours</p></main></html>"""

_OURS = "default-src 'none'; script-src {url}; connect-src {url}; img-src {url} data:; style-src 'self'"
POLICIES = {
    "ours alone": _OURS,
    "trusted types": f"{_OURS}; require-trusted-types-for 'script'; trusted-types 'none'",
    "no scripts": "script-src 'self'",
    "no data": "connect-src 'self'",
    "no pictures": "img-src data:",
}
CHUNK, CHUNKS = b"[" * 65_536, 640
"""Forty megabytes, in pieces."""


VIEWS = {
    "featured": View(layout="featured", slot="post"),
    "wall": View(layout="grid", limit=20),
    "stories": View(layout="list", limit=6),
    "row": View(layout="carousel", limit=20),
}


class Site(NamedTuple):
    """Our server, a library's on another origin, one of ours that is in trouble, and what was told."""

    url: str
    library: str
    door: FakeDoor
    clock: Clock
    told: list[Request]
    sent: list[int]


@contextmanager
def opened(folder: Path) -> Iterator[Site]:
    """Run a campaign and the sites around it; pictures stand in `folder`."""
    door = a_door(pictured(shown(1), photo()), pictured(shown(2), picture(2)), shown(3))
    fair = [post for name, post in AWKWARD.items() if name != "hostile"]  # it has no language
    slugs = {"all": list(AWKWARD.values()), "fair": fair, "empty": [], "leaving": [shown(1), shown(2)]}
    slugs |= {name: [post] for name, post in AWKWARD.items()}
    for slug, posts in slugs.items():
        door.publish(*posts, slug=slug)
    configured = [
        campaign(slug=slug, views=VIEWS, languages=("en", "es", "ar")) for slug in (SLUG, *slugs)
    ]
    draw_copies(folder, picture(2), *(each for post in AWKWARD.values() for each in post.pictures))
    write_photo(folder)
    clock, told, sent, released = Clock(), list[Request](), list[int](), Event()
    public, library, trouble = (make_server("127.0.0.1", 0, Response(), threaded=True) for _ in range(3))
    url = f"http://127.0.0.1:{public.port}"
    here = settings(*configured, public_url=url).model_copy(update={"media": str(folder)})
    public.app = listening(create_app(here, door, lambda: NOW, clock), told)
    library.app = library_pages(url, f"http://127.0.0.1:{trouble.port}")
    trouble.app = in_trouble(released, sent)
    with running(public), running(library), running(trouble):
        yield Site(url, f"http://localhost:{library.port}", door, clock, told, sent)
        released.set()


def photo() -> Picture:
    return picture(
        1, widths=(160, 320, 640), width=640, height=427, credit="Photo: Ana Lee", licence="CC BY 4.0"
    )


def write_photo(folder: Path) -> None:
    """Put copies there that are drawn as the real ones are, of something like a photo."""
    drawn = media.redraw(saved(scene().resize((640, 427)), "JPEG", quality=92))
    assert not isinstance(drawn, media.Refusal)
    for copy in media.copies(drawn.data):
        file = public_file(folder, photo().key, copy.width, copy.format)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(copy.data)


def listening(app: Any, told: list[Request]) -> Any:
    """Give our application with an ear for what the script counts."""

    def answer(environ: Any, start_response: Any) -> Any:
        if environ["REQUEST_METHOD"] != "POST":
            return app(environ, start_response)
        request = Request(environ)
        request.get_data()
        told.append(request)
        return Response(status=204)(environ, start_response)

    return answer


def in_trouble(released: Event, sent: list[int]) -> Any:
    """Give a server of ours on a bad day; the campaign's name says on which."""

    def forty_megabytes() -> Iterator[bytes]:
        for number in range(CHUNKS):
            sent.append(number)
            yield CHUNK

    @Request.application
    def answer(request: Request) -> Response:
        day = request.path.split("/")[1]
        if day == "slow":
            released.wait(60)
        made = Response(forty_megabytes()) if day == "huge" else Response(BAD_DAYS[day])
        made.status_code = 500 if day == "error" else 200
        made.headers["Access-Control-Allow-Origin"] = "*"
        return made

    return answer


BAD_DAYS = {
    "error": "no",
    "html": "<!doctype html><h1>Maintenance</h1>",
    "truncated": '{"items": [{"title": "A po',
    "nothing": "",
    "null": "null",
    "a-list": "[]",
    "no-items": "{}",
    "items-of-null": '{"items": [null, 1]}',
    "items-of-words": '{"items": "words"}',
    "picture-of-words": '{"items": [{"attachments": [{"_engaged": {"base": 1}}]}],'
    ' "_engaged": {"picture": 1}}',
    "huge": "",
    "slow": '{"items": []}',
}


def library_pages(url: str, trouble: str) -> Any:
    """Give a library's site: the words of the address say what stands on the page.

    `put` is a list of views, or of `frame`, `sandbox` (a page in a page), `space`; `days` of bad days.
    """

    @Request.application
    def answer(request: Request) -> Response:
        ask = {
            "put": "",
            "more": "",
            "slugs": SLUG,
            "days": "",
            "lang": "en",
            "dir": "ltr",
            "policy": "",
        }
        ask |= request.args.to_dict()
        kept = (
            "" if ask["policy"] else 'style="display:block;min-height:420px"'
        )  # strict pages refuse it
        lines = [
            placed(url, slug, each, f"{ask['more']} {kept}")
            for each in filter(None, ask["put"].split(","))
            for slug in ask["slugs"].split(",")
        ]
        lines += [element(trouble, day, kept) for day in filter(None, ask["days"].split(","))]
        if lines:
            lines.append(f'<script async src="{url}/w/1.js"></script>')
        lines.append(snippet(ask.get("snippet", "")).replace(PUBLIC_URL, url))
        body = HOST_PAGE.format(lang=ask["lang"], dir=ask["dir"], body="\n".join(lines))
        page = Response(body, content_type="text/html; charset=utf-8")
        if ask["policy"]:
            page.headers["Content-Security-Policy"] = POLICIES[ask["policy"]].format(url=url)
        return page

    return answer


def placed(url: str, slug: str, what: str, more: str) -> str:
    """Give one thing of ours, or beside ours, on a library's page."""
    if what == "space":
        return '<div style="height:4000px"></div>'
    if what == "frame":
        return f'<iframe src="{url}/{slug}/e/featured" title="Posts" width="100%" height="420"></iframe>'
    if what == "sandbox":
        src = f'src="/?put=featured&slugs={slug}"'
        return f'<iframe sandbox="allow-scripts" title="Posts" width="100%" height="500" {src}></iframe>'
    return element(url, slug, f'view="{what}" {more}')


def element(url: str, slug: str, more: str) -> str:
    return f'<engaged-feed {more}><a href="{url}/{slug}/">#EngagedLibraries</a></engaged-feed>'


def snippet(name: str) -> str:
    file = next((each for each in SNIPPETS if each.stem == name), None)
    return file.read_text("utf-8") if file else ""


def shows(snippet: Path) -> dict[str, Any]:
    """Say what a snippet must show, for ever."""
    expected: dict[str, Any] = json.loads(snippet.with_suffix(".json").read_text("utf-8"))
    return expected


ARE_DRAWN = """() => [...document.querySelectorAll("engaged-feed")]
.every(each => each.shadowRoot && each.shadowRoot.querySelector(".feed"))"""


TALL: Any = {"width": DESK, "height": 9000}
NEXT_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def tall(page: Page) -> None:
    """Let everything be in sight."""
    page.set_viewport_size(TALL)


class Visit(NamedTuple):
    """A library's page, and what happened while it was open."""

    page: Page
    requests: list[str]
    said: list[str]


def visit(
    context: BrowserContext,
    site: Site,
    ask: str,
    prepare: Callable[[Page], object] | None = None,
    *,
    until: str = "drawn",
) -> Visit:
    """Open a library's page, and wait until all elements are drawn, or "quiet" lies over it, or not.

    What the browser says by itself, of an answer that fails and of what the page's policy refuses, is
    not ours to keep silent.
    """
    made = Visit(context.new_page(), [], [])

    def hear(words: str) -> None:
        if not words.startswith("Failed to load resource") and "Content Security Policy" not in words:
            made.said.append(words)

    made.page.on("request", lambda request: made.requests.append(request.url))
    made.page.on("pageerror", lambda error: made.said.append(str(error)))
    made.page.on("console", lambda message: hear(message.text))
    if prepare:
        prepare(made.page)
    made.page.goto(f"{site.library}/?{ask}")
    if until == "quiet":
        made.page.wait_for_load_state("networkidle")
    elif until == "drawn":
        made.page.wait_for_function(ARE_DRAWN)
    return made


def cards(page: Page) -> int:
    return page.locator("engaged-feed article").count()


def links(page: Page) -> int:
    """Say how many elements show the link that stands in them."""
    return sum(each.is_visible() for each in page.locator("engaged-feed > a").all())
