"""What a Mastodon source may be told, what it says of a shut server, how posts are asked for again."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from aggregator import parse
from aggregator.clean import clean
from aggregator.collectors import kinds, mastodon
from aggregator.errors import (
    Busy,
    Denied,
    Missing,
    NotUnderstood,
    Refused,
    SettingsError,
    SourceError,
    TooCostly,
)
from aggregator.item import RawItem
from aggregator.reading import read
from aggregator.schedule import collect
from aggregator.settings import Campaign, Settings, Source
from aggregator.stages import Mark, Page, Rechecked, Reply
from tests.aggregator.collectors.replaying import in_child

NOW = datetime(2026, 4, 1, 9, tzinfo=UTC)
HOST = "https://glammr.example"
INSTANCE = f"{HOST}/api/v2/instance"
TIMELINE = f"{HOST}/api/v1/timelines/tag/library?limit=40"
CANARY = "canary-Z9x8_token"
Answer = list[Any] | dict[str, Any] | int | SourceError


def status(native: str, **more: Any) -> dict[str, Any]:
    return {
        "id": native,
        "uri": f"{HOST}/users/ana/statuses/{native}",
        "url": f"{HOST}/@ana/{native}",
        "created_at": "2026-03-31T10:00:00.000Z",
        "visibility": "public",
        "content": f"<p>Post {native}</p>",
        "account": {"acct": "ana", "url": f"{HOST}/@ana", "display_name": "Ana"},
        **more,
    }


def access(local: str, remote: str) -> dict[str, Any]:
    feeds = {"hashtag_feeds": {"local": local, "remote": remote}}
    return {"configuration": {"timelines_access": feeds}}


@dataclass
class Server:
    """Stands for `fetch`: answers by address with JSON, a status or an error; 404 for all others."""

    answers: dict[str, Answer]
    asked: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)

    async def __call__(self, url: str, *, accept: str = "", token: str = "", **_: Any) -> Reply:
        self.asked.append(url)
        self.tokens.add(token)
        answer = self.answers.get(url, [] if "_id=" in url else 404)
        if isinstance(answer, SourceError):
            raise answer
        if isinstance(answer, int):
            kinds = {401: Denied, 403: Denied, 404: Missing, 410: Missing, 429: Busy, 503: Busy}
            raise kinds.get(answer, Refused)(url=url, status=answer, body=b'{"error":"no"}')
        return Reply(url, 200, {}, json.dumps(answer).encode(), NOW)


def source(server: str = "glammr.example", tag: str = "library", **more: Any) -> Source:
    options = mastodon.Options(server=server, tag=tag, **more)
    return Source(name="masto", kind="mastodon", options=options)


def collected(server: Callable[..., Awaitable[Reply]], asked: Source | None = None) -> list[Page]:
    async def run() -> list[Page]:
        pages = mastodon.collect(asked or source(), Mark({}), server, in_child)
        return [page async for page in pages]

    return asyncio.run(run())


def refusal(answers: dict[str, Answer], **options: Any) -> str:
    with pytest.raises(Denied) as caught:
        collected(Server(answers), source(**options))
    assert caught.value.outcome == "hard-failure"
    return str(caught.value)


def looked_up(server: Server, *natives: str, **options: Any) -> Rechecked:
    return asyncio.run(mastodon.recheck(source(**options), natives, server, in_child))


def raw(*statuses: Any) -> tuple[RawItem, ...]:
    return parse.parse_statuses(json.dumps(statuses).encode(), "glammr.example").items


# Settings


def settings(lines: str, environ: dict[str, str] | None = None) -> Settings:
    text = (
        "campaigns:\n- slug: engagedlibraries\n  name: E\n  sources:\n"
        f"  - {{name: masto, kind: mastodon, {lines}}}\n"
    )
    models = {name: module.Options for name, module in kinds().items()}
    return read(text, path="config.yaml", environ=environ or {}, kinds=models, layouts=["grid"])


@pytest.mark.parametrize(
    ("server", "home", "start"),
    [
        ("glammr.us", "glammr.us", "https://glammr.us/"),
        ("Glammr.US", "glammr.us", "https://glammr.us/"),
        ("https://glammr.us/", "glammr.us", "https://glammr.us/"),
        ("https://glammr.us:443", "glammr.us", "https://glammr.us:443/"),
        ("glammr.us:8443", "glammr.us:8443", "https://glammr.us:8443/"),
        ("http://localhost:8111", "localhost:8111", "http://localhost:8111/"),
        ("http://127.0.0.1:80/", "127.0.0.1", "http://127.0.0.1:80/"),
        ("http://[::1]:3000", "[::1]:3000", "http://[::1]:3000/"),
    ],
)
def test_server_is_a_name_or_the_address_of_one_you_run(server: str, home: str, start: str) -> None:
    options = mastodon.Options(server=server, tag="library")
    assert mastodon.home(options) == home
    assert mastodon.timeline(options, mastodon.Access()).startswith(start)
    assert mastodon.network(options) == "Mastodon"


@pytest.mark.parametrize(
    ("lines", "place", "words"),
    [
        ("tag: library", "server", "is missing"),
        ("server: glammr.us", "tag", "is missing"),
        ("server: 'https://glammr.us/tags/library', tag: library", "server", "write it alone"),
        ("server: '@ana@glammr.us', tag: library", "server", "without @"),
        ("server: 'ftp://glammr.us', tag: library", "server", "no name of a server"),
        ("server: '::1', tag: library", "server", "no name of a server"),
        ("server: '', tag: library", "server", "no name of a server"),
        ("server: glammr.us, tag: 'two words'", "tag", "no hashtag"),
        ("server: glammr.us, tag: a, any: [b, c, d, e]", "any", "at most 3"),
        ("server: glammr.us, tag: a, token: 'two words'", "token", "signs that no token has"),
        ("server: glammr.us, tag: a, token: 12345", "token", "must be text"),
        ("server: glammr.us, tag: a, local: perhaps", "local", "true or false"),
        ("server: glammr.us, tags: a, tag: a", "tags", "did you mean tag?"),
    ],
)
def test_a_mistake_says_what_would_do(lines: str, place: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings(lines)
    (mistake,) = caught.value.mistakes
    assert mistake.place == f"campaigns[0].sources[0].{place}"
    assert words in mistake.problem
    assert "two words" not in str(caught.value) or place != "token"


def test_a_source_waits_for_its_token() -> None:
    (campaign,) = settings("server: glammr.us, tag: a, token: '${GLAMMR}'").campaigns
    assert campaign.sources[0].waiting_for == ("GLAMMR",)


def test_a_token_cannot_be_read_where_settings_are_printed_and_another_one_shows() -> None:
    def printed(token: str) -> str:
        (campaign,) = settings("server: g.us, tag: a, token: '${T}'", {"T": token}).campaigns
        return f"{campaign!r} {campaign} {campaign.sources[0].options.model_dump()}"

    assert CANARY not in printed(CANARY)
    assert printed(CANARY) != printed(CANARY + "2")


# What a server says of itself


@pytest.mark.parametrize(
    ("local", "remote", "options", "question"),
    [
        ("public", "public", {}, ""),
        ("", "", {}, ""),
        ("something new", "something new", {}, ""),
        ("public", "authenticated", {}, "&local=true"),
        ("public", "disabled", {}, "&local=true"),
        ("public", "disabled", {"token": "t"}, "&local=true"),
        ("authenticated", "public", {}, "&remote=true"),
        ("authenticated", "authenticated", {"token": "t"}, ""),
        ("public", "public", {"local": True}, "&local=true"),
        ("authenticated", "public", {"token": "t", "local": True}, "&local=true"),
    ],
)
def test_what_may_be_read_is_asked_for(
    local: str, remote: str, options: dict[str, Any], question: str
) -> None:
    server = Server({INSTANCE: access(local, remote), TIMELINE + question: [status("1")]})
    (page, *_) = collected(server, source(**options))
    assert server.asked[:2] == [INSTANCE, TIMELINE + question]
    assert [item.native for item in page.items] == ["1"]


@pytest.mark.parametrize(
    ("local", "remote", "options", "words"),
    [
        ("authenticated", "authenticated", {}, "only to people with an account"),
        ("authenticated", "disabled", {}, "only to people with an account"),
        ("authenticated", "public", {"local": True}, "only to people with an account"),
        ("disabled", "disabled", {}, "switched its hashtag timelines off"),
        ("disabled", "disabled", {"token": "t"}, "from another server"),
    ],
)
def test_a_shut_server_says_why_and_what_to_do(
    local: str, remote: str, options: dict[str, Any], words: str
) -> None:
    told = refusal({INSTANCE: access(local, remote)}, **options)
    assert told.startswith("glammr.example ")
    assert words in told


@pytest.mark.parametrize("answer", [401, 403, 422])
def test_a_timeline_that_asks_who_we_are_says_how_to_get_a_token(answer: int) -> None:
    told = refusal({TIMELINE: answer})
    for words in ("glammr.example", "Settings → Development", "read:statuses", "token: ${"):
        assert words in told


@pytest.mark.parametrize(
    ("answer", "words"),
    [(401, "does not know this source's token"), (403, "needs the scope read:statuses"), (422, "scope")],
)
def test_a_token_that_is_not_taken_is_told_apart_from_none(answer: int, words: str) -> None:
    assert words in refusal({TIMELINE: answer}, token=CANARY)


def test_when_only_a_part_may_be_read_a_row_says_so() -> None:
    server = Server({INSTANCE: access("public", "authenticated"), f"{TIMELINE}&local=true": []})
    ((note,),) = [page.skipped for page in collected(server)]
    assert note.reason == "only-a-part"
    assert "Only posts of its own people" in note.what
    assert len(note.what) <= 300


@pytest.mark.parametrize("answer", [404, 401, 403, 500, [], {"configuration": None}])
def test_a_server_that_does_not_describe_itself_is_asked_all_the_same(answer: Answer) -> None:
    (page, *_) = collected(Server({INSTANCE: answer, TIMELINE: [status("1")]}))
    assert len(page.items) == 1


@pytest.mark.parametrize("answer", [429, 503])
def test_a_server_that_asks_for_patience_is_not_asked_on(answer: int) -> None:
    server = Server({INSTANCE: answer})
    with pytest.raises(Busy):
        collected(server)
    assert server.asked == [INSTANCE]


@pytest.mark.parametrize("answer", [404, []])
def test_a_hashtag_that_the_server_never_met_means_nothing(answer: Answer) -> None:
    assert [page.items for page in collected(Server({INSTANCE: access("", ""), TIMELINE: answer}))] in (
        [],
        [()],
    )


def test_a_404_in_the_middle_of_a_walk_is_no_end_of_it() -> None:
    server = Server({TIMELINE: [status("2")], f"{TIMELINE}&max_id=2": 404})
    with pytest.raises(Missing):
        collected(server)


def test_the_token_is_sent_with_every_question_and_told_nowhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    server = Server({TIMELINE: [status("1")]})
    pages = collected(server, source(token=CANARY))
    assert server.tokens == {CANARY}
    told = refusal({TIMELINE: 401}, token=CANARY)
    assert CANARY not in json.dumps([page.mark for page in pages]) + repr(pages) + told + caplog.text


# Posts, one by one


@pytest.mark.parametrize(
    ("account", "key", "handle"),
    [
        ({"acct": "Ana"}, "fedi:ana@glammr.example", "@Ana@glammr.example"),
        ({"acct": "ana@Far.Example"}, "fedi:ana@far.example", "@ana@far.example"),
        ({"acct": "ana", "url": "https://far.example/@ana"}, "fedi:ana@far.example", "@ana@far.example"),
        ({"acct": "ana", "uri": "https://far.example/u/1"}, "fedi:ana@far.example", "@ana@far.example"),
        ({"username": "ana"}, "fedi:ana@glammr.example", "@ana@glammr.example"),
        ({"acct": "ana@bücher.example"}, "fedi:ana@xn--bcher-kva.example", "@ana@bücher.example"),
        ({"acct": "ana", "url": "http://[::1]:81/@a"}, "fedi:ana@[::1]:81", "@ana@[::1]:81"),
    ],
)
def test_an_author_is_known_by_the_handle_that_all_servers_use(
    account: dict[str, str], key: str, handle: str
) -> None:
    (item,) = raw(status("1", account=account))
    assert (item.author.key, item.author.handle, item.author.name) == (key, handle, handle[1:4])


@pytest.mark.parametrize("native", ["../../x", "1/2", "1?x=1", "", "a" * 101, None, 1.5, True])
def test_an_id_that_leads_elsewhere_is_never_asked_for(native: Any) -> None:
    items = raw(status("1", id=native, uri="https://glammr.example/o/1"))
    assert [item.native for item in items] == [""]


@pytest.mark.parametrize(
    ("uri", "identity"),
    [
        ("HTTPS://Far.Example:443/o/A", "https://far.example/o/A"),
        ("guid:blog.example:7", "mastodon:glammr.example/1"),
        ("link:blog.example/7", "mastodon:glammr.example/1"),
        ("javascript:alert(1)", "mastodon:glammr.example/1"),
        (7, "mastodon:glammr.example/1"),
        (None, "mastodon:glammr.example/1"),
    ],
)
def test_no_post_can_pass_for_an_item_of_another_source(uri: Any, identity: str) -> None:
    (item,) = raw(status("1", uri=uri))
    assert item.identities == tuple(dict.fromkeys([identity, "mastodon:glammr.example/1"]))


def test_an_answer_names_its_post_by_one_of_its_identities() -> None:
    answer, post = raw(status("2", in_reply_to_id="1"), status("1"))
    cleaned = [clean(one, home="glammr.example", now=NOW) for one in (answer, post)]
    assert cleaned[0].item.in_reply_to in cleaned[1].identities


def test_five_hundred_posts_of_a_page_are_taken_and_the_rest_is_told() -> None:
    page = parse.parse_statuses(json.dumps([status(str(n)) for n in range(600)]).encode(), "g.example")
    assert len(page.items) == len(page.ids) == 500
    assert page.skipped == (("too-many-entries", "100 more than 500"),)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
WHOLE = status(
    "2",
    spoiler_text="",
    sensitive=False,
    tags=[{"name": "library"}],
    media_attachments=[{"type": "image", "url": f"{HOST}/a.jpg", "meta": {"original": {"width": 1}}}],
    poll={"options": [{"title": "Yes"}]},
    card={"url": f"{HOST}/x", "title": "x"},
    favourites_count=1,
    edited_at=None,
    reblog=None,
)


def damaged(at: Sequence[str], value: Any) -> dict[str, Any]:
    """Give a post in which something stands where another thing belongs."""
    whole: dict[str, Any] = json.loads(json.dumps(WHOLE))
    inner = whole
    for name in at[:-1]:
        inner = inner[name]
    inner[at[-1]] = value
    return whole


PLACES = [(name,) for name in WHOLE] + [("account", name) for name in ("acct", "url", "note", "fields")]


@given(at=st.sampled_from(PLACES), value=JSON)
def test_one_odd_post_costs_itself_and_never_its_page(at: tuple[str, ...], value: Any) -> None:
    page = parse.parse_statuses(
        json.dumps([status("3"), damaged(at, value), status("1")]).encode(), "glammr.example"
    )
    assert {"1", "3"} <= {item.native for item in page.items}
    assert len(page.items) + len(page.skipped) == 3


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "no JSON"),
        (b"<!doctype html><title>Log in</title>", "an HTML page"),
        (b'{"error": "This method requires an authenticated user"}', "authenticated user"),
        (b'{"ok": true}', "no list of posts"),
        (b"7", "no list of posts"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_page_of_posts_is_named(body: bytes, words: str) -> None:
    with pytest.raises(NotUnderstood, match=words):
        parse.parse_statuses(body, "glammr.example")


def test_hostile_markup_costs_no_time() -> None:
    long = ["<a " * 100_000, "<a href" * 50_000, "<" * 300_000, "&" * 300_000, "#" * 300_000]
    page = [
        status(str(n), content=text, account={"acct": "a", "note": text}) for n, text in enumerate(long)
    ]
    assert len(parse.parse_statuses(json.dumps(page).encode(), "g.example").items) == len(long)


# Looking posts up again


def by_ids(*natives: str) -> str:
    return f"{HOST}/api/v1/statuses?" + "&".join(f"id%5B%5D={native}" for native in natives)


def by_id(native: str) -> str:
    return f"{HOST}/api/v1/statuses/{native}"


def test_posts_are_looked_up_all_at_once() -> None:
    server = Server({by_ids("1", "2"): [status("1"), status("2", content="<p>Edited</p>")]})
    found = looked_up(server, "1", "2", token=CANARY)
    assert [(item.native, item.html) for item in found.items][1] == ("2", "<p>Edited</p>")
    assert (found.gone, found.closed, len(server.asked)) == ((), (), 1)
    assert server.tokens == {CANARY}


def test_a_post_that_is_left_out_and_answers_404_by_itself_is_gone() -> None:
    server = Server({by_ids("1", "2"): [status("1")], by_id("2"): 404})
    assert looked_up(server, "1", "2").gone == ("2",)


@pytest.mark.parametrize("answer", [[], [{"id": "9"}], 400, 404, 405, 422, {"id": "9", "account": {}}])
def test_a_server_that_knows_no_batches_is_asked_one_by_one(answer: Answer) -> None:
    server = Server({by_ids("1", "2"): answer, by_id("1"): status("1"), by_id("2"): 410})  # type: ignore[dict-item]
    found = looked_up(server, "1", "2")
    assert [item.native for item in found.items] == ["1"]
    assert (found.gone, found.closed) == (("2",), ())


@pytest.mark.parametrize("visibility", ["private", "direct", "unlisted"])
def test_a_post_that_is_there_but_no_longer_public_is_closed(visibility: str) -> None:
    found = looked_up(Server({by_ids("1"): [status("1", visibility=visibility)]}), "1")
    assert (found.items, found.gone, found.closed) == ((), (), ("1",))


def test_a_post_of_a_suspended_account_is_closed() -> None:
    account = {"acct": "ana", "suspended": True}
    assert looked_up(Server({by_ids("1"): [status("1", account=account)]}), "1").closed == ("1",)


def test_a_post_without_a_word_on_its_visibility_is_neither_closed_nor_taken() -> None:
    assert looked_up(Server({by_ids("1"): [status("1", visibility=None)]}), "1") == Rechecked()


@pytest.mark.parametrize("answer", [401, 403])
def test_a_server_that_asks_who_we_are_says_nothing_of_a_post(answer: int) -> None:
    for server in (Server({by_ids("1"): answer}), Server({by_ids("1"): [], by_id("1"): answer})):
        with pytest.raises(Denied, match="token"):
            looked_up(server, "1")


@pytest.mark.parametrize("answer", [429, 500, 503, TooCostly("ended")])
def test_a_failure_is_raised_and_is_no_deletion(answer: Answer) -> None:
    for server in (Server({by_ids("1"): answer}), Server({by_ids("1"): [], by_id("1"): answer})):
        with pytest.raises(SourceError):
            looked_up(server, "1")


def test_a_404_that_the_server_s_doorkeeper_says_is_no_deletion() -> None:
    nginx = Missing(status=404, body=b"<html><h1>404 Not Found</h1></html>")
    with pytest.raises(NotUnderstood):
        looked_up(Server({by_ids("1"): [], by_id("1"): nginx}), "1")


def test_posts_that_nobody_asked_for_are_not_taken() -> None:
    found = looked_up(
        Server({by_ids("1"): [status("1"), status("7"), status("8", visibility="x")]}), "1"
    )
    assert [item.native for item in found.items] == ["1"]
    assert found.closed == ()


# Over several servers


def test_one_post_seen_on_two_servers_is_one_item(writer: Engine, now: datetime) -> None:
    far = "https://far.example/users/lea/statuses/7"
    lea = {"acct": "lea@far.example", "url": "https://far.example/@lea", "display_name": "Léa"}
    shared = {"uri": far, "url": "https://far.example/@lea/7", "content": "<p>Bonjour #library</p>"}
    own = {"acct": "lea", "url": "https://far.example/@lea", "display_name": "Léa"}
    server = Server(
        {
            TIMELINE: [status("900", **shared, account=lea), status("899")],
            TIMELINE.replace("glammr", "far"): [
                status("7", **{**shared, "uri": far.replace("far.example", "FAR.Example")}, account=own)
            ],
        }
    )
    sources = (
        source().model_copy(update={"name": "one"}),
        source("far.example").model_copy(update={"name": "two"}),
    )
    campaign = Campaign(slug="e", name="E", hashtags=("library",), sources=sources)
    ran = asyncio.run(
        collect(
            Settings(campaigns=(campaign,)),
            writer,
            names=[],
            fetch=lambda *_: server,
            in_child=in_child,
            now=lambda: now,
            report=lambda _: None,
        )
    )
    assert sorted((one.outcome, one.new, one.unchanged) for one in ran) in (
        [("ok", 0, 1), ("ok", 2, 0)],
        [("ok", 1, 0), ("ok", 1, 1)],
    )
    with writer.connect() as connection:
        seen = connection.execute(
            text("SELECT native FROM sighting s JOIN identity i USING (item_id) WHERE i.value = :uri"),
            {"uri": far},
        )
        assert sorted(seen.scalars()) == ["7", "900"]
        authors = connection.scalars(text("SELECT DISTINCT author_key FROM item ORDER BY 1")).all()
    assert authors == ["fedi:ana@glammr.example", "fedi:lea@far.example"]
