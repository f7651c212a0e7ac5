"""Pages that real servers gave, and hostile ones: what must come is worked out here by other means."""

import asyncio
import json
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import Engine, text

from aggregator import parse
from aggregator.clean import clean
from aggregator.collectors import mastodon
from aggregator.errors import Missing, NotUnderstood
from aggregator.item import Flag, Found, RawItem
from aggregator.schedule import collect
from aggregator.settings import Campaign, Settings, Source
from aggregator.stages import Mark, Reply
from tests.aggregator.collectors.replaying import in_child
from tests.shared_folder import shared

pytestmark = pytest.mark.shared

FIXTURES = shared("fixtures")
HOSTILE = shared("hostile", "own", "json")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
TAG = "fgiztsshwiaqqiztpmmjbtvmescsculuvmgjgopwoeidbcrixp"
FILES = sorted(
    f"{folder}/{path.name}"
    for folder in ("mastodon", "fediverse")
    for path in (FIXTURES / folder).iterdir()
)
# Answers to other questions than the ones we ask: of a server, of a thread, of what was there before.
OTHERS = {
    "mastodon/instance_v2_local_4_6.json",
    "mastodon/instance_v2_mastodon_social.json",
    "mastodon/status_missing_404.json",
    "mastodon/context_remote.json",
}
ROWS = [
    row["file"] for row in json.loads((HOSTILE / "index.json").read_text()) if row["kind"] == "mastodon"
]


def recorded(name: str) -> Any:
    whole = json.loads((FIXTURES / name).read_text())
    return whole["body"] if isinstance(whole, dict) and "body" in whole else whole


def cleaned(body: Any, home: str) -> list[Found]:
    page = parse.parse_statuses(json.dumps(body).encode(), home)
    return [clean(raw, home=home, now=NOW) for raw in page.items]


def is_taken(status: dict[str, Any]) -> bool:
    return status.get("visibility") == "public" and "content" in status


def expected(status: dict[str, Any]) -> dict[str, Any]:
    """Work out what a post means with other tools: BeautifulSoup for words, fromisoformat for dates."""
    account, files = status["account"], status["media_attachments"]
    flags = {
        Flag.SENSITIVE: status["sensitive"],
        Flag.OPTED_OUT: bool(account.get("noindex")),
        Flag.NOT_INDEXABLE: account.get("indexable") is False,
    }
    edited = status.get("edited_at")
    return {
        "identity": status["uri"],
        "native": str(status["id"]),
        "url": status["url"],
        "at": second(status["created_at"]),
        "edited": second(edited) if edited else None,
        "text": words(status["content"]),
        "pictures": [(file["url"], file["description"]) for file in files],
        "flags": {flag for flag, is_set in flags.items() if is_set},
        "warning": status["spoiler_text"],
        "tags": {tag["name"] for tag in status["tags"]},
        "who": account["acct"].partition("@")[0],
        "likes": status.get("favourites_count"),
    }


def came(one: Found) -> dict[str, Any]:
    item = one.item
    return {
        "identity": one.identities[0],
        "native": one.native,
        "url": item.url,
        "at": item.published_at,
        "edited": item.updated_at,
        "text": " ".join(item.text.split()),
        "pictures": [(media.url, media.alt) for media in item.media],
        "flags": set(item.flags),
        "warning": item.warning,
        "tags": set(item.tags),
        "who": item.author.handle.split("@")[1],
        "likes": one.engagement.likes if one.engagement else None,
    }


def second(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(microsecond=0)


def words(content: str) -> str:
    soup = BeautifulSoup(content, "html.parser")
    for hidden in soup.select("span.invisible"):
        hidden.decompose()
    for cut in soup.select("span.ellipsis"):
        cut.append("…")
    return " ".join(soup.get_text().split())


@pytest.mark.parametrize("name", [name for name in FILES if name not in OTHERS])
def test_every_recorded_page_comes_to_the_right_items(name: str) -> None:
    body = recorded(name)
    statuses = body if isinstance(body, list) else [body]
    wanted = [expected(status) for status in statuses if is_taken(status)]
    assert [came(one) for one in cleaned(body, "localhost:3000")] == wanted


@pytest.mark.parametrize(
    "name", ["mastodon/status_with_two_media.json", "mastodon/status_with_card.json"]
)
def test_posts_that_were_recorded_unlisted_would_come_right_if_they_were_public(name: str) -> None:
    status = {**recorded(name), "visibility": "public"}
    (one,) = cleaned([status], "localhost:3000")
    assert came(one) == expected(status)
    if status["card"]:
        assert one.item.links == (status["card"]["url"],)


def test_answers_to_other_questions_are_no_pages_of_posts() -> None:
    for name in OTHERS:
        with pytest.raises(NotUnderstood):
            parse.parse_statuses(json.dumps(recorded(name)).encode(), "localhost:3000")


@pytest.mark.parametrize("name", ["local_4_6", "mastodon_social"])
def test_servers_say_who_may_read_hashtags(name: str) -> None:
    body = json.dumps(recorded(f"mastodon/instance_v2_{name}.json")).encode()
    assert parse.parse_instance(body) == ("public", "public")


class Recorded:
    """The server of the recorded hashtag: each page is where its neighbours' Link header says."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []

    async def __call__(self, url: str, **_: Any) -> Reply:
        parts = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(parts.query).items() if name != "limit"}
        if parts.path == "/api/v2/instance":
            return self.reply(url, "instance_v2_local_4_6")
        self.asked.append(query)
        for name in ("page1", "page2", "page3", "page4_empty", "min_id_nothing_new"):
            request = json.loads((FIXTURES / "mastodon" / f"tag_timeline_{name}.json").read_text())[
                "request"
            ]
            known = parse_qs(urlsplit(request["uri"]).query)
            if {key: values[0] for key, values in known.items() if key != "limit"} == query:
                return self.reply(url, f"tag_timeline_{name}")
        raise Missing(url=url, status=404)

    def reply(self, url: str, name: str) -> Reply:
        body = json.dumps(recorded(f"mastodon/{name}.json")).encode()
        return Reply(url, 200, {}, body, NOW)


def test_the_recorded_timeline_is_walked_to_its_end_and_then_from_its_top() -> None:
    server = Recorded()
    options = mastodon.Options(server="http://localhost:3000", tag=TAG)

    async def visit(mark: Mark) -> tuple[list[RawItem], Mark]:
        items: list[RawItem] = []
        tag = Source(name="tag", kind="mastodon", options=options)
        async with aclosing(mastodon.collect(tag, mark, server, in_child)) as pages:
            async for page in pages:
                items += page.items
                mark = page.mark
        return items, mark

    first, mark = asyncio.run(visit(Mark({})))
    again, _ = asyncio.run(visit(mark))
    pages = [recorded(f"mastodon/tag_timeline_page{number}.json") for number in (1, 2, 3)]
    assert [item.native for item in first] == [status["id"] for page in pages for status in page]
    assert again == []
    assert server.asked[-1] == {"min_id": pages[0][0]["id"]}


def test_pages_of_three_servers_store_each_post_once(writer: Engine, now: datetime) -> None:
    names = ("akkoma", "gotosocial", "pixelfed")

    async def fetch(url: str, **_: Any) -> Reply:
        parts = urlsplit(url)
        name = parts.netloc.partition(".")[0]
        if parts.path == "/api/v2/instance":
            raise Missing(url=url, status=404)
        posts = [] if "_id=" in parts.query else recorded(f"fediverse/{name}_tag_timeline.json")
        return Reply(url, 200, {}, json.dumps(posts).encode(), NOW)

    sources = tuple(
        Source(
            name=name,
            kind="mastodon",
            options=mastodon.Options(server=f"{name}.example", tag="EngagedLibraries"),
        )
        for name in names
    )
    campaign = Campaign(slug="e", name="E", hashtags=("EngagedLibraries",), sources=sources)
    ran = asyncio.run(
        collect(
            Settings(campaigns=(campaign,)),
            writer,
            names=[],
            fetch=lambda *_: fetch,
            in_child=in_child,
            now=lambda: now,
            report=lambda _: None,
        )
    )
    pages = {name: recorded(f"fediverse/{name}_tag_timeline.json") for name in names}
    posts = [status for page in pages.values() for status in page]
    uris = {status["uri"] for status in posts}
    numbers = {f"mastodon:{name}.example/{one['id']}" for name in names for one in pages[name]}
    assert sum(one.new for one in ran) == len(uris) == 2
    with writer.connect() as connection:
        assert set(connection.scalars(text("SELECT value FROM identity"))) == uris | numbers
        natives = connection.scalars(text("SELECT native FROM sighting")).all()
    assert sorted(natives) == sorted(status["id"] for status in posts)


@pytest.mark.parametrize("file", ROWS)
def test_hostile_posts_are_cleaned_or_left_out_with_a_reason(file: str) -> None:
    body = (HOSTILE / file).read_bytes()
    (status,) = json.loads(body)
    page = parse.parse_statuses(body, "m.example")
    assert len(page.items) + len(page.skipped) == 1
    if status["visibility"] != "public" or status.get("reblog") or not status["account"]:
        assert page.items == ()
    for raw in page.items:
        found = clean(raw, home="m.example", now=NOW)
        written = repr(found)
        assert "<script" not in written
        assert "onload" not in found.item.language
        assert "\u202e" not in written
        assert ".." not in found.native
        has_many = len(status.get("poll", {}).get("options", ())) > 20
        assert (Flag.CUT in found.item.flags) is has_many
        assert len(found.item.text) < 5_000
        is_asking = bool(status["account"].get("noindex"))
        assert (Flag.OPTED_OUT in found.item.flags) is is_asking
        assert found.item.url.startswith("https://m.example/")


def test_what_becomes_of_each_hostile_post() -> None:
    def outcome(file: str) -> str:
        page = parse.parse_statuses((HOSTILE / file).read_bytes(), "m.example")
        return page.skipped[0][0] if page.skipped else page.items[0].identities[0]

    assert {file: outcome(file) for file in ROWS} == {
        **dict.fromkeys(ROWS, "https://m.example/1"),
        "masto-01.json": "not-public",
        "masto-05.json": "no-content",
        "masto-12.json": "no-author",
        "masto-16.json": "reblog",
    }
