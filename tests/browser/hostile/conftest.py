"""Installations full of hostile posts, each filled once, and what our pages are made of without them."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from sqlalchemy import Engine, event

from aggregator.clean import clean
from aggregator.store.database import open_reader, open_writer
from tests.browser.hostile import pages
from tests.browser.hostile import rows as hostile_rows
from tests.browser.hostile.filling import Builder, Clean, unclean
from tests.browser.hostile.house import Serve, Site, hostile_site
from tests.browser.hostile.rows import Texts
from tests.browser.hostile.witness import reading, witness

NOW = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)
CORPORA = [
    pytest.param(hostile_rows.own, id="own"),
    pytest.param(hostile_rows.workplace, id="workplace", marks=pytest.mark.shared),
]


@pytest.fixture(scope="session")
def serve(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Give a function that serves an installation full of these rows: one for the same rows."""
    there: dict[tuple[object, ...], Site] = {}
    with ExitStack() as stack:

        def fill_and_serve(rows: Sequence[str], clean: Clean, at_desk: int) -> Site:
            folder = tmp_path_factory.mktemp("hostile")
            shutil.copy(sqlite_template, folder / "engaged.db")
            url = f"sqlite:///{folder}/engaged.db"
            reader, writer = open_reader(url), _hasty(open_writer(url))
            stack.callback(reader.dispose)
            stack.callback(writer.dispose)
            build = Builder(Texts(rows), writer, NOW, clean, at_desk)
            return stack.enter_context(hostile_site(build, reader, folder / "media"))

        def served(rows: Sequence[str], clean: Clean = clean, *, at_desk: int = 20) -> Site:
            key = (*rows, clean)
            if key not in there:
                there[key] = fill_and_serve(rows, clean, at_desk)
            return there[key]

        yield served


def _hasty(writer: Engine) -> Engine:
    """Let no decision wait for the disk: there are a thousand, and none has to outlive a power cut."""

    @event.listens_for(writer, "connect")
    def _settings(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA synchronous=OFF")

    return writer


@pytest.fixture(scope="module", params=CORPORA)
def rows(request: pytest.FixtureRequest) -> tuple[str, ...]:
    found: tuple[str, ...] = request.param()
    return found


@pytest.fixture(scope="module")
def site(rows: tuple[str, ...], serve: Serve) -> Site:
    return serve(rows)


@pytest.fixture(scope="module")
def defenceless(rows: tuple[str, ...], serve: Serve) -> Site:
    """Serve an installation that stores everything as it comes: the first wall is taken away.

    What escapes one row escapes every row: of many, every eighth is there.
    """
    few = rows[:: 8 if len(rows) > 200 else 1]
    return serve(tuple(row.encode("utf-8", "replace").decode() for row in few), unclean)


@pytest.fixture(scope="module")
def harmless(serve: Serve) -> Site:
    """Serve posts that want nothing: so many that the queue has a second page, and a way there."""
    return serve(hostile_rows.harmless(), at_desk=90)


@pytest.fixture(scope="session")
def learned() -> set[str]:
    """Give what is known already, so that one file of tests learns it for all."""
    return set()


@pytest.fixture(scope="module")
def known(browser: Browser, harmless: Site, learned: set[str]) -> set[str]:
    """Learn from harmless posts what our pages are made of."""
    if not learned:
        learned |= _read(browser, harmless) | _drawn_by_scripts(browser, harmless)
    return learned


def _read(browser: Browser, site: Site) -> set[str]:
    items, asked = pages.item_pages(site)[::3], site.moderator()
    before = pages.previews(items)
    paths = [
        *("/", "/moderate/nowhere", "/moderate/sign-in?next=x"),
        *pages.public_pages(site),
        *pages.permalinks(site),
        *pages.screens(site),
        *pages.queue_pages(site),
        *(*items, *before, *(f"{path}?as=page" for path in before)),
    ]
    with reading(browser, site) as seen:
        # First of all: what the forms do may take a post from the pages.
        there = [*seen.fetched(paths), *seen.fetched(items, is_part=True)]
        sent = pages.answers_to_forms(site, asked, "Story time")
        sent.append(site.visitor().get("/moderate/sign-in?next=x").text)
        sent += (asked.get(path, base_url=site.url).text for path in pages.paths_with("story"))
        return seen.learn([*sent, *there])


def _drawn_by_scripts(browser: Browser, site: Site) -> set[str]:
    found: set[str] = set()
    with witness(browser, site, signed_in=True) as seen:
        for path in (pages.queue_pages(site)[0], pages.item_pages(site)[0], *pages.screens(site)[:4]):
            seen.visit(path)
            found |= seen.parts()
    return found
