"""What people read on every screen: our words for readers, from the language files, and nothing else.

The screens are drawn in a made-up language in which each of our messages stands ⟦in brackets⟧, over data
in Greek: any other word was written into a template or into code, or is a key without words.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from gettext import GNUTranslations
from pathlib import Path
from typing import Any, get_args
from urllib.parse import quote

import pytest
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup
from bs4.element import PreformattedString
from flask import Flask
from sqlalchemy import Engine, update

import feeds.app
import feeds.i18n
import feeds.render
import moderation.app
from aggregator.errors import NameTaken
from aggregator.item import (
    Action,
    Author,
    Engagement,
    Flag,
    Item,
    Kind,
    Media,
    Precision,
    SafeHtml,
    State,
)
from aggregator.settings import Campaign, Settings, Source
from aggregator.stages import Screened
from aggregator.store import decisions, issues, people, runs, subscribers
from aggregator.store.models import source
from aggregator.store.published import Door
from aggregator.store.runs import Ending
from engaged.configure import kinds
from feeds.highlights import draft, lists, share
from feeds.i18n import Words
from moderation import (
    actions,
    deciding,
    issue_check,
    issue_edit,
    issue_preview,
    issue_reasons,
    issue_sending,
    queue,
    queues,
    sources,
    told,
    visits,
)
from moderation import issues as mail_list
from moderation import subscribers as readers
from moderation.app import ROUTES
from moderation.drawing import LOCALES
from moderation.routes import Role, Route
from tests.aggregator.store import making
from tests.moderation import filling
from tests.moderation.house import NAMES, SLUG, House, house, populated
from tests.moderation.samples import COLLEAGUE, SAMPLES
from tests.only_sqlite import database

__all__ = ["database"]

FOLDERS = {"public": feeds.i18n.LOCALES, "moderation": LOCALES}
LANGUAGES = [(side, file) for side, folder in FOLDERS.items() for file in sorted(folder.glob("*.po"))]
TEMPLATES = [
    file
    for folder in (feeds.i18n.LOCALES.parent, LOCALES.parent)
    for file in sorted(folder.rglob("*.html"))
]
SCRIPTS = sorted((LOCALES.parent / "static").glob("*.js"))

# Words of our code, and what we do not write (STYLE, section 2); readers have other words for these.
NEVER = (
    *("slug", "kind", "revision", "verdict", "tombstone", "invalid", "illegal", "failed to"),
    *("item", "items", "occasion", "occasions", "pending", "held", "reject", "rejected", "rejection"),
    *("take down", "taken down", "takedown", "withdrawn", "slot", "slots", "view", "views", "sighting"),
    *(
        "sightings",
        "run",
        "runs",
        "issue",
        "issues",
        "project",
        "input",
        "provider",
        "plugin",
        "adapter",
    ),
    *("bridge", "job", "poll", "user", "users", "attachment", "filter", "score", "inbox", "vote"),
    *("widget", "collector", "status", "session", "token", "csrf", "error", "exception", "fatal"),
    *("undefined", "null", "none of type", "traceback", "oops"),
)
_NEVER = re.compile(rf"\b(?:{'|'.join(map(re.escape, NEVER))})\b", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{\w*\}")
_OURS = re.compile("⟦[^⟦⟧]*⟧")
_LATIN = re.compile(r"[A-Za-z]{2,}")
# Addresses, hosts, handles and hashtags are data, whatever their letters; so is the name of a language.
_DATA = re.compile(r"https?:\S+|\S*[.@#/]\S*\w|\bGreek\b|\bEnglish\b|\bRSS\b|\bJSON\b|\bAtom\b")
UNREAD = frozenset({"style", "script", "textarea", "kbd", "time", "code"})
# What tests of moderation call people, browsers, sources and libraries.
_PEOPLE = "|".join(map(re.escape, (*NAMES.values(), COLLEAGUE, "Somebody Quicker")))
_INVENTED = re.compile(
    rf"{_PEOPLE}|Newcomer \w+|shell:t|Firefox, Linux|\b(?:river|lake|ana|Library \d+)\b",
)
SPOKEN = ("title", "aria-label", "alt", "placeholder", "label", "data-label")
SILENT_METAS = frozenset(
    {
        "viewport",
        "color-scheme",
        "supported-color-schemes",
        "robots",
        "og:type",
        "og:url",
        "og:image:type",
        "twitter:card",
    }
)


# The language files.


def messages(file: Path) -> dict[str, str]:
    with file.open("rb") as opened:
        return {str(one.id): str(one.string) for one in read_po(opened) if one.id}


def mistakes(theirs: Mapping[str, str], english: Mapping[str, str]) -> list[str]:
    """Say what a language lacks, has too much of, or fills in otherwise than English."""
    found = [f"{key} is missing" for key in english if not theirs.get(key, "").strip()]
    found += [f"{key} is nobody's" for key in theirs if key not in english]
    for key, text in theirs.items():
        if sorted(_PLACEHOLDER.findall(text)) != sorted(_PLACEHOLDER.findall(english.get(key, text))):
            found.append(f"{key} has other placeholders")
        if re.search(r"<\w|&\w+;", text):
            found.append(f"{key} holds markup")
    return found


@pytest.mark.parametrize(("side", "file"), LANGUAGES, ids=lambda one: getattr(one, "stem", one))
def test_every_language_has_every_key_with_its_placeholders(side: str, file: Path) -> None:
    assert mistakes(messages(file), messages(FOLDERS[side] / "en.po")) == []


def test_a_language_that_lacks_a_word_is_noticed() -> None:
    english = {"via": "via {tag}", "original": "Read the original"}

    assert mistakes({"via": "par {tag}", "original": "Lire"}, english) == []
    assert mistakes({"via": "par {mot}", "more": "Plus"}, english) == [
        "original is missing",
        "more is nobody's",
        "via has other placeholders",
    ]


@pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS)
def test_no_sentence_speaks_in_our_own_words(folder: Path) -> None:
    english = messages(folder / "en.po")

    assert {
        key: text for key, text in english.items() if _NEVER.search(_PLACEHOLDER.sub("", text))
    } == {}


# What code puts together from a stem and a code: every code has its words.
FAMILIES: dict[str, Iterable[str]] = {
    "role": [role.word for role in Role],
    "role-may": [role.word for role in Role],
    "state": [state.value for state in State],
    "did": [action.value for action in Action],
    "done": [action.value for action in (*deciding.OFFERED, Action.AMEND, Action.WITHDRAW)],
    "reason": actions.REASONS,
    "tab": queues.QUEUES,
    "empty": queues.QUEUES,
    "kind": [kind.value for kind in Kind],
    "media": ["image", "video", "audio", "file"],
    "why": told.REASONED,
    "flag": [flag.value for flag in Flag if flag.value not in told.REASONED],
    "picture": told.UNSEEN,
    "visit": visits.CODES,
    "health": get_args(visits.Tone),
    "nothing": kinds(),
    "skip": sources.SKIP_REASONS,
    "by": ["rule", "upstream", "edit-policy", "somebody"],
    "count": Engagement.__slots__,
    "mail-state": issues.ISSUE_STATES,
    "stands": issues.ISSUE_STATES,
    "mail-said": (*mail_list.SAID, *issue_edit.SAID, *issue_sending.SAID, *readers.SAID),
    "pick-because": issue_reasons.REASONS,
    "draft-note": issue_reasons.NOTES,
    "finding": issue_check.FINDINGS,
    "fate": issue_sending.FATES,
    "look": issue_preview.LOOKS,
    "block": get_args(draft.BlockKind),
    "share": get_args(share.Network),
    "people-mail": subscribers.SUBSCRIBER_STATES,
    "cause": (*readers.CAUSES, "other"),
    "list": get_args(lists.Problem),
}


@pytest.mark.parametrize("stem", FAMILIES)
def test_every_code_that_is_shown_has_words(stem: str) -> None:
    there = messages(LOCALES / "en.po")

    assert [f"{stem}-{code}" for code in FAMILIES[stem] if f"{stem}-{code}" not in there] == []


# What is written into templates and scripts.


def without_jinja(text: str) -> str:
    """Give a template's own markup; what it fills in becomes a sign that is no letter."""
    text = re.sub(r"\{#.*?#\}|\{% block room %\}.*?\{% endblock %\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{%.*?%\}", "", text, flags=re.DOTALL)
    return re.sub(r"\{\{.*?\}\}", "·", text, flags=re.DOTALL)


def readable(page: BeautifulSoup) -> Iterator[str]:
    """Give every text of a page that somebody reads or hears, piece by piece."""
    for text in page.find_all(string=True):
        above = {parent.name for parent in text.parents}
        if not isinstance(text, PreformattedString) and not above & UNREAD:
            yield str(text)
    for part in page.find_all(True):
        yield from (str(part[name]) for name in SPOKEN if part.has_attr(name))
        if part.name == "meta" and not SILENT_METAS & {part.get("name"), part.get("property")}:
            yield str(part.get("content", ""))
        if part.has_attr("data-words"):
            yield from (str(part[name]) for name in part.attrs if _is_sentence(name))


def _is_sentence(name: str) -> bool:
    return name.startswith("data-") and name not in ("data-words", "data-undo-at", "data-csrf")


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_no_template_holds_words_of_its_own(file: Path) -> None:
    markup = BeautifulSoup(without_jinja(file.read_text("utf-8")), "html.parser")

    assert [text for text in readable(markup) if re.search(r"[^\W\d_]{2,}", text)] == []


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_no_script_holds_a_sentence(file: Path) -> None:
    code = re.sub(r"^\s*//.*$|/\*.*?\*/|\s//\s.*$", "", file.read_text("utf-8"), flags=re.MULTILINE)
    texts = [found[2] for found in re.finditer(r"([\"'`])((?:(?!\1).)*)\1", code)]

    assert [text for text in texts if re.fullmatch(r"\W*\w[\w’']*(?: [\w’']+)+[.!?…]?", text)] == []


# The screens themselves.


class Bracketed(GNUTranslations):
    """English with ⟦brackets⟧ around each message. A key without words is a mistake at once."""

    def __init__(self, known: Mapping[str, str]) -> None:
        super().__init__()
        self._known = known

    def gettext(self, message: str) -> str:
        assert message in self._known, f"the language file has no words for {message}"
        return f"⟦{self._known[message]}⟧"


def bracketed(folder: Path) -> Words:
    return Words("en", "ltr", Bracketed(messages(folder / "en.po")))


GREEK = "Διαβάσαμε ιστορίες στο λεωφορείο. Όλοι τραγούδησαν μαζί μας."
AUTHOR = Author(
    "Ελένη Παππά", "@eleni@glammr.example", "https://glammr.example/@eleni", "mastodon:eleni"
)


def settings() -> Settings:
    greek = {"name": "Βιβλιοθήκες", "about": "Όλες οι ιστορίες", "hashtags": ("Βιβλία",)}
    source = Source(name="river", kind="feed")
    campaign = Campaign(slug=SLUG, contact="eleni@library.example", sources=(source,), **greek)
    return Settings(notice="Δοκιμή", campaigns=(campaign,))


@pytest.fixture
def empty(reader: Engine, writer: Engine, tmp_path: Path, now: datetime) -> House:
    return populated(house(reader, writer, tmp_path, now))


def public(found: House) -> Flask:
    return feeds.app.create_app(found.desk.settings, Door(found.desk.reader), found.clock)


def posts(found: House) -> dict[str, str]:
    """Bring posts that show everything a card can show, decide on some; give their ids by name."""
    pictures = tuple(
        Media(f"https://files.example/{kind}", kind, alt=alt, credit="Ελένη", licence="CC BY 4.0")
        for kind, alt in (("image", "Ένα λεωφορείο"), ("image", None), ("video", ""), ("audio", None))
    )
    items = {
        "plain": greek(1),
        "flagged": greek(2, flags=frozenset(Flag), warning="Πλημμύρα", media=pictures),
        "long": greek(3, text=f"{GREEK} " * 40, title="Ιστορίες", links=("https://blog.example/a",)),
        "undated": greek(4, precision=Precision.YEAR, url="https://glammr.example/4", html=SafeHtml("")),
        "excerpt": greek(5, full=False, media=pictures[:1], author=Author()),
        **{action.value: greek(10 + number) for number, action in enumerate(deciding.OFFERED)},
        "withdrawn": greek(30),
        "objecting": greek(31, author=Author("Νίκος", key="mastodon:nikos")),
    }
    ids = dict(zip(items, filling.bring(found, *items.values()), strict=True))
    codes = (*told.REASONED[:-1], "rule-failed:link-only", "unheard-of")
    held = [greek(40 + number, text=f"{GREEK} {code}") for number, code in enumerate(codes)]
    for one, code in zip(held, codes, strict=True):
        found.clock.forward(minutes=1)
        plain = replace(one, text=GREEK + "!" * len(code))
        (ids[code],) = filling.bring(
            found, plain, screen=lambda *_, code=code: Screened("hold", (code,))
        )
    decide_on(found, ids)
    return ids


def greek(number: int, **more: object) -> Item:
    words = {
        "author": AUTHOR,
        "tags": ("βιβλία",),
        "language": "el",
        "html": SafeHtml(f"<p>{GREEK}</p>"),
    }
    values = words | more
    return filling.a_post(number, str(values.pop("text", f"{GREEK} {number}")), **values)


def decide_on(found: House, ids: Mapping[str, str]) -> None:
    """Let the history of posts hold everything that people, rules and origins can have done."""

    def act(name: str, action: Action, **more: Any) -> None:
        found.clock.forward(minutes=1)
        making.decide(found.desk.writer, action, ids[name], found.clock(), **{**BY_PERSON, **more})

    for action, before in BEFORE.items():
        for earlier in before:
            act(action.value, earlier)
        act(action.value, action, note="Σημείωση")
    for reason, name in zip(actions.REASONS, [*ids][-len(actions.REASONS) :], strict=False):
        if reason != decisions.OBJECTION:
            act(name, Action.REJECT, reason=reason)
    act("objecting", Action.REJECT, reason=decisions.OBJECTION)
    act("excerpt", Action.APPROVE)
    act("excerpt", Action.AMEND, changes={"library": "Βιβλιοθήκη", "excerpt": "Ιστορίες", "alt": "Άλλο"})
    act("long", Action.APPROVE)
    act("withdrawn", Action.WITHDRAW, actor="upstream", who="", reason="deleted")
    filling.bring(
        found, greek(3, text=f"{GREEK} Άλλα λόγια. " * 30, title="Νέες ιστορίες", warning="Φωτιά")
    )


BY_PERSON = {"actor": "person", "who": "Edda Lindqvist"}
BEFORE: dict[Action, tuple[Action, ...]] = {
    Action.APPROVE: (),
    Action.REJECT: (),
    Action.HOLD: (),
    Action.FEATURE: (Action.APPROVE,),
    Action.UNFEATURE: (Action.APPROVE, Action.FEATURE),
    Action.TAKE_DOWN: (Action.APPROVE,),
    Action.RESTORE: (Action.APPROVE, Action.TAKE_DOWN),
    Action.REQUEUE: (Action.REJECT,),
    Action.UNDO: (Action.APPROVE,),
}
"""For everything that a button asks for, what must have happened before."""


def troubled_sources(found: House) -> None:
    """Let there be a source for each way in which a visit can end."""
    names = {f"πηγή-{number}": code for number, code in enumerate(("", *sorted(visits.CODES)))}
    now = found.clock()
    making.declare(found.desk.writer, now, "river", "lake", *names, *RESTING)
    for name, code in names.items():
        claimed = making.claim(found.desk.writer, now, name)
        skipped = [(reason, "Ιστορία") for reason in (*sources.SKIP_REASONS, "unheard-of")]
        ending = Ending(
            "soft-failure" if code else "ok",
            *(now, now, now + timedelta(hours=1)),
            skipped=skipped,
            error=code,
            detail="Λεπτομέρεια",
            paused="gone" if code == "gone" else "",
        )
        with found.desk.writer.begin() as connection:
            runs.finish(connection, claimed, ending)
    with found.desk.writer.begin() as connection:
        for name, paused in RESTING.items():
            connection.execute(update(source).where(source.c.name == name).values(paused=paused))


RESTING = {"νέα": "by-person", "άλλη": "waiting-for-key", "παλιά": "gone", "αργή": "failing"}


def address(route: Route, names: Mapping[str, str]) -> str:
    return "/moderate" + re.sub(r"<(\w+)>", lambda part: quote(names[part[1]]), route.rule)


def every_screen(found: House, ids: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Give every screen of moderation as HTML, with what was asked: also the ones that say no."""
    admin, viewer, nobody = found.signed_in(Role.ADMIN), found.signed_in(Role.VIEWER), found.browser()
    for path in more_screens(ids):
        yield path, admin.get(path).text
        yield f"{path} as a viewer", viewer.get(path).text
    for number, route in enumerate(route for route in ROUTES if route.name not in FILES):
        found.clock.forward(minutes=1)
        filling.bring(found, greek(100 + number))  # forms are about the newest post
        sample = SAMPLES[route.name](found)
        asking = found.signed_in(Role.ADMIN) if route.role else nobody
        for names in (sample.names, *sample.missing):
            path = address(route, names)
            if route.method == "GET":
                yield path, asking.get(path).text
            else:
                yield f"{path} without its token", asking.post(path, csrf=None, **sample.form).text
                yield f"{path} with nothing in it", asking.post(path).text
                yield f"{path} as a viewer", viewer.post(path, **sample.form).text
                yield f"{path} as nobody", nobody.post(path, **sample.form).text
                yield path, asking.post(path, **SAMPLES[route.name](found).form).text
        late = SAMPLES[route.name](found)
        if late.meanwhile:
            with suppress(NameTaken):  # two rows use up a link by the same name: once is enough
                late.meanwhile()
            path = address(route, late.names)
            yield f"{path}, too late", found.signed_in(Role.ADMIN).post(path, **late.form).text


FILES = frozenset({"static", "held-picture", "issue-file", "subscribers-export"})
"""The rows that send files."""


def more_screens(ids: Mapping[str, str]) -> Iterator[str]:
    yield from (f"/moderate/{SLUG}?state={tab}" for tab in queues.QUEUES)
    yield from (f"/moderate/{SLUG}?said={said}" for said in queue.SAID)
    yield from (f"/moderate/{SLUG}/sources?said={said}" for said in sources.SAID)
    yield from (f"/moderate/account?done={done}" for done in ("password", "keys", "session"))
    yield from (f"/moderate/people?done={done}" for done in ("role", "out", "in", "withdrawn"))
    for item in ids.values():
        yield f"/moderate/{SLUG}/item/{item}"
        yield f"/moderate/{SLUG}/preview/{item}"
        yield f"/moderate/{SLUG}/preview/{item}?as=page"
        yield f"/moderate/{SLUG}?item={item}&view=focus"
    yield from ("/moderate/nowhere/at/all", f"/moderate/{SLUG}?done=3", "/moderate/sign-in?out=1")


def public_pages(ids: Mapping[str, str]) -> Iterator[str]:
    yield from (
        "/",
        f"/{SLUG}/",
        f"/{SLUG}/e/featured",
        f"/{SLUG}/e/wall",
        "/nowhere/at/all",
        f"/{SLUG}/nothing",
    )
    yield from (f"/{SLUG}/p/{item}" for item in ids.values())


def said_on(html: str) -> str:
    return " | ".join(
        " ".join(text.split()) for text in readable(BeautifulSoup(html, "html.parser")) if text.strip()
    )


def foreign(html: str) -> list[str]:
    """Give the words of a page that come from no language file and are no data."""
    said = said_on(html)
    while _OURS.search(said):
        said = _OURS.sub(" ", said)
    said = _INVENTED.sub(" ", said)
    return _LATIN.findall(_DATA.sub(" ", said))


@pytest.fixture
def speaking(empty: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """Give a house full of Greek, on whose screens our own words stand in brackets."""
    bracketed_public = bracketed(feeds.i18n.LOCALES)
    for module in (feeds.render, feeds.app):
        monkeypatch.setattr(module, "words", lambda _: bracketed_public)
    return furnished(empty, bracketed(LOCALES))


def furnished(empty: House, say: Words) -> House:
    desk = replace(empty.desk, say=say, settings=settings())
    found = House(desk, moderation.app.create_app(desk), empty.clock, empty.people)
    with desk.writer.begin() as connection:
        people.add(
            connection, name=COLLEAGUE, email="", role="viewer", password="argon2", now=found.clock()
        )
    return found


def test_every_word_on_a_screen_comes_from_the_language_file(speaking: House) -> None:
    before = {path: foreign(speaking.signed_in(Role.ADMIN).get(path).text) for path in BEFORE_ANY_POST}
    ids = posts(speaking)
    troubled_sources(speaking)
    found = {asked: words for asked, html in every_screen(speaking, ids) if (words := foreign(html))}
    shown = public(speaking).test_client()
    found |= {path: words for path in public_pages(ids) if (words := foreign(shown.get(path).text))}

    assert {path: words for path, words in before.items() if words} == {}
    assert not found, "\n".join(f"{asked}: {words}" for asked, words in found.items())


BEFORE_ANY_POST = (
    "/moderate/",
    f"/moderate/{SLUG}",
    f"/moderate/{SLUG}/start",
    f"/moderate/{SLUG}/sources",
    f"/moderate/{SLUG}/highlights",
    f"/moderate/{SLUG}/subscribers",
)


def test_no_screen_speaks_in_our_own_words(empty: House) -> None:
    found = furnished(empty, feeds.i18n.words("en", LOCALES))
    ids = posts(found)
    troubled_sources(found)
    shown = public(found).test_client()
    pages = {
        **dict(every_screen(found, ids)),
        **{path: shown.get(path).text for path in public_pages(ids)},
    }
    said = {asked: _DATA.sub(" ", said_on(html)) for asked, html in pages.items()}

    assert {asked: wrong for asked, text in said.items() if (wrong := _NEVER.findall(text))} == {}
