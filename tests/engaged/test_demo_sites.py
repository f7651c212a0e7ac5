"""The stand-in as a server on 127.0.0.1: pages, buttons, walls, pictures; our collectors before it."""

import json
import re
import socket
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import Message
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine

from aggregator.item import State
from aggregator.store.database import open_reader, open_writer
from aggregator.store.published import Door
from engaged.cli import main
from engaged.demo import plan
from engaged.demo.config import config_text
from engaged.demo.content import content
from engaged.demo.journal import Journal
from engaged.demo.opening import moderate
from engaged.demo.pictures.names import address_of
from engaged.demo.stand_in import Sites, open_sites
from moderation import actions
from tests.engaged.an_invented_world import a_plan
from tests.engaged.processes import free_port

LOADS = {
    "img": "src",
    "link": "href",
    "iframe": "src",
    "script": "src",
    "source": "srcset",
    "form": "action",
}


class Got(NamedTuple):
    code: int
    headers: Message
    body: bytes


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


opener = urllib.request.build_opener(NoRedirect)


def ask(url: str, form: dict[str, str] | None = None, **headers: str) -> Got:
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with opener.open(urllib.request.Request(url, data, named), timeout=10) as reply:
            return Got(reply.status, reply.headers, reply.read())
    except urllib.error.HTTPError as error:
        with error:
            return Got(error.code, error.headers, error.read())


@contextmanager
def serving(folder: Path) -> Iterator[Sites]:
    """Serve a demo's sites on free ports from this process."""
    own, *ports = (free_port() for _ in range(1 + plan.PORTS))
    found = plan.ready(plan.new_plan(datetime.now(UTC), own, ports))
    plan.write(found, folder)
    (folder / "config.yaml").write_text(config_text(found))
    sites = open_sites(found, Journal(folder), now=lambda: datetime.now(UTC))
    threads = [threading.Thread(target=site.serve_forever, args=(0.01,)) for site in sites.ports]
    for thread in threads:
        thread.start()
    try:
        yield sites
    finally:
        for site, thread in zip(sites.ports, threads, strict=True):
            site.shutdown()
            thread.join()
            site.server_close()


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[Sites]:
    with serving(tmp_path) as found:
        yield found


class Loaded(HTMLParser):
    """Collects what a browser would load for a page, and the scripts in it."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.scripts += tag == "script" or any(name.startswith("on") for name in found)
        if tag in LOADS and (address := found.get(LOADS[tag])):
            self.addresses.append(address)


def pages(sites: Sites) -> list[str]:
    lamplight, harbour, blogs, library, mailbox = (sites.plan.origin(name) for name in sites.plan.sites)
    return [
        f"{lamplight}/",
        f"{lamplight}/tags/EngagedLibraries",
        f"{lamplight}/@imogen",
        f"{harbour}/@bobby",
        f"{harbour}/@turner",
        *(f"{blogs}{path}" for path in ("/", "/saltmarsh/", "/elsauce/", "/pont/une-cle")),
        *(f"{library}{path}" for path in ("/", "/community", "/events", "/news", "/visit")),
        f"{library}/news/nobody-reads-our-posters",
        f"{mailbox}/",
    ]


def test_every_page_says_that_it_is_a_demo_and_loads_from_this_computer_only(sites: Sites) -> None:
    for url in pages(sites):
        got, page = ask(url), Loaded()
        page.feed(got.body.decode())

        assert got.code == 200, url
        assert b"Demo: invented posts, nothing leaves this computer." in got.body
        with_script = (
            url == f"{sites.plan.origin('library')}/events"
        )  # the one that shows the script embed
        assert page.scripts == (1 if with_script else 0), url
        local = (
            "/",
            "data:,",
            f"{sites.plan.engaged}/engagedlibraries/e/",
            f"{sites.plan.engaged}/w/1.js",
        )
        assert [address for address in page.addresses if not address.startswith(local)] == []
        assert got.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_every_link_between_the_sites_leads_somewhere(sites: Sites) -> None:
    for url in pages(sites):
        origin = "/".join(url.split("/")[:3])
        for link in set(re.findall(rb'<a [^>]*href="(/[^"]*)"', ask(url).body)):
            assert ask(origin + link.decode().replace("&amp;", "&")).code == 200, (url, link)


def test_names_and_posts_that_are_markup_are_shown_as_letters(sites: Sites) -> None:
    body = ask(f"{sites.plan.origin('harbour')}/@bobby").body

    assert b"&lt;script&gt;alert(&#39;name&#39;)&lt;/script&gt;" in body
    assert b"<script" not in body
    assert b"<svg onload" not in body


def test_the_library_has_the_widget_as_a_library_would_paste_it(sites: Sites) -> None:
    home, wall = (ask(sites.plan.origin("library") + path).body.decode() for path in ("/", "/community"))

    assert f'<iframe src="{sites.plan.engaged}/engagedlibraries/e/featured" title=' in home
    assert f'<iframe src="{sites.plan.engaged}/engagedlibraries/e/wall" title=' in wall
    events = ask(f"{sites.plan.origin('library')}/events").body.decode()
    assert '<engaged-feed view="stories"' in events
    assert f'<script async src="{sites.plan.engaged}/w/1.js"></script>' in events
    assert 'height="4' in home


def test_a_post_that_its_author_deletes_is_gone_from_the_api(sites: Sites) -> None:
    lamplight = sites.plan.origin("lamplight")
    (post,) = [one for one in sites.world().statuses["lamplight"] if one.key == "bicycles"]
    address = f"{lamplight}/@maplehollow/{post.id}"

    done = ask(f"{address}/delete", {"back": f"/@maplehollow/{post.id}"}, Origin=lamplight)

    assert (done.code, done.headers["Location"]) == (303, "/")
    assert ask(address).code == 404
    assert ask(f"{lamplight}/api/v1/statuses/{post.id}").code == 404
    assert ask(f"{lamplight}/api/v1/statuses?id[]={post.id}").body == b"[]"


def test_a_post_that_its_author_edits_reads_so_in_the_api(sites: Sites) -> None:
    lamplight = sites.plan.origin("lamplight")
    (post,) = [one for one in sites.world().statuses["lamplight"] if one.key == "bicycles"]

    for form in (
        {"how": "text", "text": "Thirteen bicycles <b>now</b>.", "back": "//else.example"},
        {"how": "link"},
    ):
        done = ask(f"{lamplight}/@maplehollow/{post.id}/edit", form)
        assert (done.code, done.headers["Location"]) == (303, "/")

    status = json.loads(ask(f"{lamplight}/api/v1/statuses/{post.id}").body)
    assert "<p>Thirteen bicycles &lt;b&gt;now&lt;/b&gt;.</p><p><a href=" in status["content"]
    assert status["edited_at"]


def test_what_an_author_did_is_still_so_after_a_restart(sites: Sites, tmp_path: Path) -> None:
    elsauce = f"{sites.plan.origin('blogs')}/elsauce"
    assert ask(f"{elsauce}/por-que-abrimos/delete", {}).code == 303

    again = Sites(sites.plan, Journal(tmp_path), now=lambda: datetime.now(UTC))

    assert ask(f"{elsauce}/por-que-abrimos").code == 404
    entry = again.world().entry("elsauce", "por-que-abrimos")
    assert entry is not None
    assert entry.gone_at


@pytest.mark.parametrize(
    ("path", "headers", "code"),
    [
        ("/pont/une-cle/delete", {}, 404),  # JSON Feed could not say so
        ("/elsauce/nothing/delete", {}, 404),
        ("/elsauce/por-que-abrimos/delete", {"Origin": "https://elsewhere.example"}, 403),
        ("/elsauce/por-que-abrimos/delete", {"Origin": "null"}, 403),
        ("/elsauce/por-que-abrimos/delete", {"Host": "rebound.example"}, 421),
        ("/elsauce/por-que-abrimos/delete", {"Content-Length": "999999999"}, 413),
    ],
)
def test_what_is_no_button_of_ours_changes_nothing(
    sites: Sites, path: str, headers: dict[str, str], code: int
) -> None:
    got = ask(sites.plan.origin("blogs") + path, {}, **headers)

    assert got.code == code
    assert sites.journal.events == ()


def test_it_listens_on_this_computer_only(sites: Sites) -> None:
    assert {site.server_address[0] for site in sites.ports} == {"127.0.0.1"}


def test_half_a_request_does_not_keep_others_waiting(sites: Sites) -> None:
    with socket.create_connection(("127.0.0.1", sites.plan.library)) as idle:
        idle.sendall(b"GET / HTTP/1.1\r\nHost: loc")
        assert ask(f"{sites.plan.origin('library')}/").code == 200


def test_a_feed_that_did_not_change_answers_304(sites: Sites) -> None:
    url = f"{sites.plan.origin('blogs')}/saltmarsh/feed/"
    first = ask(url)

    again = ask(url, If_None_Match=first.headers["ETag"])

    assert (again.code, again.body) == (304, b"")
    assert ask(f"{url}?paged=3").code == 404


def test_the_api_counts_questions_as_mastodon_does(sites: Sites) -> None:
    url = f"{sites.plan.origin('harbour')}/api/v2/instance"

    first, second = ask(url), ask(url)

    assert json.loads(first.body)["domain"] == "harbour.example"
    left = [int(got.headers["X-RateLimit-Remaining"]) for got in (first, second)]
    assert left[0] - left[1] == 1
    assert re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{6}Z", first.headers["X-RateLimit-Reset"])


def test_pictures_come_as_files_and_what_is_none_comes_as_it_is(sites: Sites) -> None:
    media = sites.plan.origin("lamplight")

    assert ask(media + address_of("kite-1")).body[:3] in (b"\xff\xd8\xff", b"\x89PN", b"RIF")
    assert ask(media + address_of("no-picture")).body.startswith(b"<!doctype html>")
    assert len(ask(media + address_of("huge")).body) < 2_000
    for strange in ("/media/kite-1.gif", "/media/../plan.json", "/media/secret-1.png", "/media/"):
        assert ask(media + strange).code == 404


@contextmanager
def opened(make: Any, folder: Path) -> Iterator[Engine]:
    engine = make(f"sqlite:///{folder}/engaged.db")
    try:
        yield engine
    finally:
        engine.dispose()


def test_our_own_collectors_take_it_all_and_the_first_decisions_are_made(
    sites: Sites, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "config.yaml"

    assert main(["collect", "--config", str(config), "--json"]) == 0
    runs = json.loads(capsys.readouterr().out)["runs"]
    assert {run["outcome"] for run in runs} == {"ok"}
    assert moderate(config) == 0
    assert "The demo" not in capsys.readouterr().err  # it found every post, and every decision was taken

    with opened(open_reader, tmp_path) as engine:
        listed = actions.listing(engine, limit=0)
        states = Counter(one.state for one in listed)
        featured = Door(engine).in_slot("engagedlibraries", "post", datetime.now(UTC))
    known = content()
    assert len(listed) == len(known.posts) + len(known.articles)  # what both networks have is there once
    assert states[State.APPROVED] >= 35
    assert states[State.REJECTED] >= 4
    assert states[State.PENDING] + states[State.HELD] >= 50
    assert featured is not None
    assert featured.item.author.name == "Marisol Okafor"
    assert len(sites.journal.events) == 0  # another process wrote: the stand-in reads it when it starts
    assert Counter(event.what for event in Journal(tmp_path).events) == {"edit": 2, "delete": 2}
    with opened(open_writer, tmp_path) as engine:
        assert actions.verify(engine) == []


def test_a_port_of_another_program_is_said_with_its_site(sites: Sites) -> None:
    with pytest.raises(Exception, match=r"^Port \d+ of the demo's lamplight cannot be used: "):
        open_sites(sites.plan, sites.journal, now=lambda: a_plan().began)
