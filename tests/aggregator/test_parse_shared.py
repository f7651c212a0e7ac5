"""Every feed of the workplace: recorded ones give what is in them, hostile ones items or a refusal."""

import asyncio
import gzip
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from aggregator.child import Children
from aggregator.dialects import any_xml, plain_xml, xml_text
from aggregator.dialects.draft import finished
from aggregator.errors import NotUnderstood
from aggregator.item import ParsedFeed
from aggregator.parse import parse_feed
from tests.shared_folder import shared

pytestmark = pytest.mark.shared

URL = "https://blog.example/feed/"
FIXTURES = shared("fixtures")
COUNTS = json.loads((FIXTURES / "_counts.json").read_text())
FEEDS = sorted(name for name in COUNTS if not name.startswith("ics/"))
ILLFORMED, ENCODINGS, BOMBS = (
    shared("hostile", "own", "feeds", family) for family in ("illformed", "encodings", "bombs")
)
JSON = shared("hostile", "own", "json")

# Nothing that is opened or connected to while a feed is parsed may go unseen; a hook cannot be removed.
_PYTHON = tuple(f"('{prefix}" for prefix in (sys.base_prefix, sys.prefix))
_reached_out: list[str] = []
_watching = False


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    is_python = str(arguments[:1]).startswith(_PYTHON)  # it loads an encoding when it first meets it
    if (
        _watching
        and not is_python
        and event.partition(".")[0] in ("open", "socket", "urllib", "subprocess")
    ):
        _reached_out.append(f"{event} {arguments}")


sys.addaudithook(_watch)


@contextmanager
def nothing_reaches_out() -> Iterator[None]:
    global _watching
    _reached_out.clear()
    _watching = True
    try:
        yield
    finally:
        _watching = False
    assert _reached_out == []


def index(folder: Path, **wanted: str) -> list[dict[str, Any]]:
    cases = json.loads((folder / "index.json").read_text())
    return [case for case in cases if all(case[name] == value for name, value in wanted.items())]


def named(case: dict[str, Any]) -> str:
    return str(case["file"])


def content(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def parsed(body: bytes, content_type: str = "") -> ParsedFeed:
    with nothing_reaches_out():
        return parse_feed(body, content_type, URL, "blog.example")


@pytest.mark.parametrize("name", FEEDS)
def test_a_recorded_feed_gives_at_least_what_others_find_in_it(name: str) -> None:
    others = max((count for count in COUNTS[name].values() if isinstance(count, int)), default=0)
    try:
        feed = parsed((FIXTURES / name).read_bytes())
    except NotUnderstood:
        assert others == 0
    else:
        assert len(feed.items) + len(feed.skipped) >= others


@pytest.mark.parametrize("case", index(ILLFORMED), ids=named)
def test_an_ill_formed_feed_ends_as_its_index_says(case: dict[str, Any]) -> None:
    body = content(ILLFORMED / case["file"])
    if case["outcome"] == "error":
        with pytest.raises(NotUnderstood):
            parsed(body)
        return
    try:
        feed = parsed(body)
    except NotUnderstood:
        if case["outcome"] != "any":
            raise
        return
    whole = max(body.count(b"<item>") + body.count(b"<item "), body.count(b"<entry"))
    if case["outcome"] == "items":
        assert len(feed.items) == min(whole, 500)
    elif case["outcome"] == "some":
        assert feed.items


@pytest.mark.parametrize("case", index(ENCODINGS), ids=named)
def test_a_title_comes_out_in_the_encoding_that_was_declared(case: dict[str, Any]) -> None:
    feed = parsed(content(ENCODINGS / case["file"]), case["content_type"])
    titles = [feed.title, *(item.title for item in feed.items)]
    assert case["title"] is None or case["title"] in titles


@pytest.mark.parametrize("case", index(JSON, kind="jsonfeed"), ids=named)
def test_a_json_feed_with_wrong_types_gives_its_good_items(case: dict[str, Any]) -> None:
    try:
        feed = parsed(content(JSON / case["file"]), "application/feed+json")
    except NotUnderstood:
        if "survives" in case["expect"]:
            raise
    else:
        assert "survives" not in case["expect"] or feed.items[-1].identities == ("guid:blog.example:2",)


def test_no_bomb_costs_more_than_two_seconds_or_64_megabytes_in_a_real_child() -> None:
    children = Children(at_most=1, module="tests.aggregator.costly")
    bodies = {case["file"]: (content(BOMBS / case["file"]), "") for case in index(BOMBS)}
    for case in index(ILLFORMED):
        if case["family"] in (
            "deep-nest",
            "many-attrs",
            "many-ns",
            "huge-title",
            "many-items",
            "deep-html",
        ):
            bodies[case["file"]] = (content(ILLFORMED / case["file"]), "")
    for case in index(JSON, kind="jsonfeed", family="document"):
        bodies[case["file"]] = (content(JSON / case["file"]), "application/json")

    async def measure() -> dict[str, tuple[str, float, int]]:
        return {name: await children.run("parse_and_measure", *body) for name, body in bodies.items()}

    try:
        measured = asyncio.run(measure())
    finally:
        children.close()
    assert {name: cpu_s for name, (_, cpu_s, _) in measured.items() if cpu_s > 2} == {}
    assert sum(grown for _, _, grown in measured.values()) < 64 * 2**20


@pytest.mark.parametrize("case", index(BOMBS), ids=named)
def test_a_bomb_reads_no_file_opens_no_connection_and_stays_small(case: dict[str, Any]) -> None:
    try:
        feed = parsed(content(BOMBS / case["file"]))
    except NotUnderstood:
        return
    assert case["bar"] != "refused"
    assert len(feed.title) + sum(len(item.title) + len(item.html) for item in feed.items) < 2**20
    assert Path("/etc/hostname").read_text().strip() not in feed.title


def every_feed() -> list[Path]:
    folders = (FIXTURES / "feeds", FIXTURES / "wordpress", ILLFORMED, ENCODINGS, BOMBS)
    folders = (
        *folders,
        shared("hostile", "fetched", "feedparser"),
        shared("hostile", "fetched", "feedvalidator"),
    )
    return sorted(
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in (".xml", ".rss", ".atom")
    )


def test_every_feed_is_read_the_same_fast_and_thoroughly() -> None:
    different, fast = [], 0
    for path in every_feed():
        try:
            text = xml_text.without_doctype(xml_text.decoded(path.read_bytes(), ""))
        except NotUnderstood:
            continue
        plain = plain_xml.read(text, URL)
        if plain is None:
            continue
        fast += 1
        thorough = any_xml.read_well_formed(text, URL)
        if thorough is None or finished(plain, URL, "h") != finished(thorough, URL, "h"):
            different.append(path.name)
    assert different == []
    assert fast > 600, "what is never read fast proves nothing"
