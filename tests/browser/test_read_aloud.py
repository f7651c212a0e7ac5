"""What a screen reader is given of our pages, kept as text that somebody read: tests/data/read_aloud.

A change of words or markup changes a file there. Write them anew, and READ what changed as somebody who
hears it, before it is committed:

    ENGAGED_READ_ALOUD=write python -m pytest tests/browser/test_read_aloud.py -n 0

Below the tree of each page stands what is not in the page's own language, each with the language that a
voice is told; "?" is a post whose language nobody knows.
"""

import difflib
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from aggregator.item import Author, Media, SafeHtml
from aggregator.settings import Campaign, View
from aggregator.store.published import Shown
from feeds.app import create_app
from tests.browser.test_public_pages import running
from tests.feeds.invented import (
    AWKWARD,
    NOW,
    PARAGRAPH,
    a_door,
    campaign,
    item_id,
    picture,
    pictured,
    settings,
    shown,
)

pytestmark = pytest.mark.browser

KEPT = Path(__file__).parents[1] / "data" / "read_aloud"
WRITES = os.environ.get("ENGAGED_READ_ALOUD") == "write"
LANGUAGES = ("es", "ar")

TALK = """Abrimos el taller de bordado junto al puerto. ¡Vinieron quince vecinas! 🎉🎉🎉🎉🎉

#BibliotecasVivas #TallerDeBordado #ManosALaObra"""
FILM = Media("https://video.example/1.mp4", "video", duration_s=125, captions=True)


def posts() -> tuple[Shown, ...]:
    """Give posts of invented people: what is awkward to hear, and three that have everything."""
    talk = shown(
        1,
        title="",
        text=TALK,
        html=SafeHtml(f"<p>{TALK.splitlines()[0]}</p><p>{TALK.splitlines()[2]}</p>"),
        language="es",
        tags=("bibliotecasvivas", "tallerdebordado", "manosalaobra"),
        author=Author("Inés 𝓞𝓻𝓽𝓮𝓰𝓪", "ines", "https://blog.example/ines", "blog.example/ines"),
        links=("https://harbour.example/workshop",),
    )
    second = shown(0, title="", text="Y mañana seguimos.", language="es", author=talk.item.author)
    second = replace(second, item=replace(second.item, html=SafeHtml("<p>Y mañana seguimos.</p>")))
    film = shown(4, title="A film of our reading garden", text=PARAGRAPH, media=(FILM,))
    return (
        pictured(
            replace(talk, library="Biblioteca del Puerto", place="Cádiz", thread=(second,)),
            picture(1, alt="Seis mujeres bordan alrededor de una mesa", credit="Foto: Inés Ortega"),
        ),
        pictured(replace(AWKWARD["arabic"], sort_at=NOW - timedelta(days=2)), picture(8, alt="رفّ كتب")),
        film,
        *(
            AWKWARD[name]
            for name in (
                "empty-title",
                "emoji-only",
                "no-author",
                "no-date",
                "day-date",
                "nothing-at-all",
                "pictured",
                "pictures-without-words",
                "warned-picture",
                "warned",
            )
        ),
    )


def ours(language: str) -> Campaign:
    """Give a campaign whose first language is this one."""
    others = tuple(each for each in (*LANGUAGES, "en") if each != language)
    return campaign(
        slug=language,
        name={"es": "Bibliotecas Vivas", "ar": "مكتبات حيّة"}[language],
        about={"es": "Bibliotecas y sus vecinos.", "ar": "المكتبات وجيرانها."}[language],
        hashtags=("BibliotecasVivas",),
        languages=(language, *others),
        views={
            "featured": View(layout="featured", slot="post"),
            "list": View(layout="list", limit=20),
            "carousel": View(layout="carousel", limit=20),
        },
    )


PAGES = {
    "hub": "",
    "featured": "e/featured",
    "list": "e/list",
    "carousel": "e/carousel",
    "post": f"p/{item_id(1)}",
    "film": f"p/{item_id(4)}",
    "warned": f"p/{item_id(27)}",
    "embed": "embed",
    "it": "it",
}

OTHER_VOICES = """() => {
  const own = document.documentElement.lang;
  const voice = (element) => element.closest("[lang]").lang || "?";
  const found = [];
  const tell = (element, words) => {
    const said = words.trim().replace(/\\s+/g, " ");
    const spoken = voice(element);
    if (said && spoken !== own) found.push(`${spoken}: ${[...said].slice(0, 60).join("")}`);
  };
  const silent = "script, style, [aria-hidden]";
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (node.nodeType === Node.TEXT_NODE) {
      if (!node.parentElement.closest(silent)) tell(node.parentElement, node.data);
    } else {
      tell(node, node.alt || "");
      tell(node, node.ariaLabel || "");
    }
  }
  return found;
}"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    door = a_door()
    configured = tuple(ours(language) for language in LANGUAGES)
    for language in LANGUAGES:
        door.publish(*posts(), slug=language)
    app = create_app(settings(*configured), door, lambda: NOW)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    with running(server):
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_heard_as_somebody_has_read_it(page: Page, url: str, language: str, name: str) -> None:
    page.goto(f"{url}/{language}/{PAGES[name]}", wait_until="domcontentloaded")
    for one in page.locator("details").all():
        one.evaluate("element => { element.open = true; }")
    heard = told(page)
    file = KEPT / language / f"{name}.yml"
    if WRITES:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(heard, "utf-8")
    kept = file.read_text("utf-8")
    changed = "\n".join(
        difflib.unified_diff(kept.splitlines(), heard.splitlines(), "read", "now", lineterm="")
    )
    assert not changed, f"{changed}\n\nRead it, then write it anew: see the head of this file."


def told(page: Page) -> str:
    """Give the page's name, its accessibility tree, and what is said in other voices."""
    voices = "".join(f"# {each}\n" for each in page.evaluate(OTHER_VOICES))
    return f"# {page.title()}\n{page.locator('body').aria_snapshot()}\n\n{voices}"


@pytest.mark.parametrize("name", ["hub", "list", "carousel"])
def test_a_long_list_is_one_stop_for_whoever_wants_none_of_it(page: Page, url: str, name: str) -> None:
    page.goto(f"{url}/es/{PAGES[name]}")
    past = page.locator("a.past")
    past.focus()
    assert past.evaluate("link => link.offsetWidth >= 24 && link.offsetHeight >= 24")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('.more-at, footer')")
