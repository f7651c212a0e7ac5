"""An edition handed to listmonk: approved, whole, as drafts, and without what is no longer shown."""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Engine

from aggregator.errors import AddressRefused, Denied
from aggregator.item import Action
from aggregator.settings import ListmonkAt, NetworkSettings, Settings
from aggregator.store import issues
from aggregator.store.issues import Issue
from engaged.cli import main
from engaged.handing_over import drafts_of, hand_over
from engaged.terminal import WrongUse
from feeds.highlights.composing import letters_of, shown_of
from feeds.highlights.handoff import Request
from tests.aggregator.store.making import SLUG, decide
from tests.feeds.highlights.a_mailing import House, house
from tests.feeds.invented import campaign
from tests.only_sqlite import database

__all__ = ["database"]


@pytest.fixture
def ours(writer: Engine, reader: Engine, now: datetime) -> Iterator[House]:
    made = house(writer, reader, now, 25)
    there = ListmonkAt(url="https://lists.library.example", user="engaged", token="a-token", template=7)
    mail = made.settings.mail.model_copy(update={"listmonk": there})
    lists = {"en": (3,), "es": (4, 5), "fr": (6,)}
    highlights = made.campaign.highlights.model_copy(update={"listmonk_lists": lists})
    named = campaign(slug=SLUG, languages=("en", "es")).model_copy(update={"highlights": highlights})
    made.settings = made.settings.model_copy(update={"mail": mail, "campaigns": (named,)})
    yield made
    made.close()


def drafts(ours: House, issue: Issue) -> dict[str, Request]:
    whole = letters_of(issue, ours.door, ours.campaign, ours.settings)
    shown = shown_of(ours.door, SLUG, ours.items)
    return drafts_of(issue, whole, shown, ours.campaign, ours.settings)


def read(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.body)
    return found


def test_each_language_that_has_a_list_becomes_a_draft(ours: House) -> None:
    found = drafts(ours, ours.approved())

    assert list(found) == ["en", "es"]
    assert [read(each)["lists"] for each in found.values()] == [[3], [4, 5]]
    assert found["en"].address == "https://lists.library.example/api/campaigns"
    draft = read(found["en"])
    assert (draft["name"], draft["subject"]) == ("#EngagedLibraries 1 (en)", "A bus and a garden")
    for part in (draft["body"], draft["altbody"]):
        assert "{{ UnsubscribeURL }}" in part
        assert f"{ours.settings.public_url}/{SLUG}/highlights/1" in part
        assert "{{unsubscribe}}" not in part
    assert f"/{SLUG}/es/highlights/1" in read(found["es"])["altbody"]


def test_a_post_that_was_removed_after_approval_is_not_handed_over(ours: House) -> None:
    issue = ours.approved()
    gone = ours.items[0]
    assert gone in read(drafts(ours, issue)["en"])["body"]

    decide(ours.writer, Action.TAKE_DOWN, gone, ours.clock())

    assert gone not in read(drafts(ours, issue)["en"])["body"]


def test_only_what_was_approved_is_handed_over(ours: House) -> None:
    issue = ours.approved()
    with ours.writer.begin() as connection:
        issue = issues.reopen(connection, issue.id)
    with pytest.raises(WrongUse, match="not approved"):
        drafts(ours, issue)


def test_without_a_place_to_hand_it_to_a_sentence_says_what_to_write(ours: House) -> None:
    issue = ours.approved()
    mail = ours.settings.mail.model_copy(update={"listmonk": None})
    ours.settings = ours.settings.model_copy(update={"mail": mail})
    with pytest.raises(WrongUse, match="listmonk_lists"):
        drafts(ours, issue)


class Listmonk(BaseHTTPRequestHandler):
    """Takes campaigns of whoever knows the token."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_known = self.headers["Authorization"] == "Basic ZW5nYWdlZDphLXRva2Vu"
        if is_known:
            self.server.campaigns.append((self.path, json.loads(body)))  # type: ignore[attr-defined] # see `listmonk`
        self.send_response(200 if is_known else 403)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def listmonk() -> Iterator[tuple[str, list[Any]]]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Listmonk) as server:
        campaigns: list[Any] = []
        server.campaigns = campaigns  # type: ignore[attr-defined] # what it took, for the tests
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", campaigns
        server.shutdown()
        thread.join()


def at(
    ours: House, url: str, token: str = "a-token", allowed: tuple[str, ...] = ("127.0.0.1/32",)
) -> Settings:
    there = ListmonkAt(url=url, user="engaged", token=token)
    mail = ours.settings.mail.model_copy(update={"listmonk": there})
    port = int(url.rpartition(":")[2])
    network = NetworkSettings.model_validate({"allow_addresses": allowed, "allow_ports": (port,)})
    ours.settings = ours.settings.model_copy(update={"mail": mail, "network": network})
    return ours.settings


def send(ours: House, settings: Settings) -> None:
    found = drafts(ours, ours.approved()).values()
    asyncio.run(hand_over(found, ours.campaign, settings, ours.clock))


def test_listmonk_gets_the_drafts(ours: House, listmonk: tuple[str, list[Any]]) -> None:
    url, campaigns = listmonk
    send(ours, at(ours, url))

    assert [path for path, _ in campaigns] == ["/api/campaigns", "/api/campaigns"]
    assert [each["lists"] for _, each in campaigns] == [[3], [4, 5]]
    assert not [each for _, each in campaigns if "status" in each or "send_at" in each]


def test_a_token_that_is_not_known_is_said(ours: House, listmonk: tuple[str, list[Any]]) -> None:
    with pytest.raises(Denied):
        send(ours, at(ours, listmonk[0], token="another"))
    assert listmonk[1] == []


def test_it_passes_the_same_guard_as_everything_that_leaves(
    ours: House, listmonk: tuple[str, list[Any]]
) -> None:
    with pytest.raises(AddressRefused):
        send(ours, at(ours, listmonk[0], allowed=()))
    assert listmonk[1] == []


def test_the_shell_hands_an_edition_over(
    ours: House, listmonk: tuple[str, list[Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, campaigns = listmonk
    port = url.rpartition(":")[2]
    file = tmp_path / "config.yaml"
    file.write_text(
        "public_url: https://posts.library.example\ndatabase: sqlite:///engaged.db\n"
        f"network: {{allow_addresses: [127.0.0.1/32], allow_ports: [{port}]}}\n"
        f"campaigns:\n  - slug: {SLUG}\n    name: '#EngagedLibraries'\n    languages: [en, es]\n"
        "    highlights: {listmonk_lists: {en: [3]}}\n"
        f"mail: {{listmonk: {{url: '{url}', user: engaged, token: a-token}}}}\n"
    )
    ours.approved()

    code = main(["highlights", "hand-over", "--json", "--config", str(file)])

    assert (code, json.loads(capsys.readouterr().out)["drafts"]) == (0, ["en"])
    assert [each["lists"] for _, each in campaigns] == [[3]]
