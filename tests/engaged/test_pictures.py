"""`engaged run` as a real process: pictures come over HTTP, are drawn in a child, shown, taken back."""

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from aggregator.item import Action
from aggregator.store import models
from aggregator.store.database import open_reader, open_writer
from moderation import actions
from tests.drawing import CANARIES, telling
from tests.engaged.processes import free_port, started, until, write_config
from tests.shared_folder import shared

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

SOUND = {"sound.jpg": "JPEG", "sound.png": "PNG", "sound.webp": "WEBP"}
HOSTILE = {"bomb.png": "bomb-100000x1.png", "script.png": "svg-script-svg.svg", "cut.jpg": "trunc-0.jpg"}


def feed_of(names: list[str], host: str) -> str:
    items = "".join(
        f"<item><title>{name}</title><guid isPermaLink='false'>{name}</guid>"
        f"<pubDate>Mon, 05 Oct 2020 10:00:00 GMT</pubDate><description>#Tea {name}</description>"
        f"<enclosure url='http://{host}/{name}' type='image/jpeg' length='1'/></item>"
        for name in names
    )
    return f"<rss version='2.0'><channel><title>River</title>{items}</channel></rss>"


@contextmanager
def origin(files: dict[str, bytes]) -> Iterator[str]:
    """Serve a feed at /feed, and these files, each as a JPEG whatever it is."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            host = f"127.0.0.1:{self.server.server_address[1]}"
            name = self.path.strip("/")
            body = feed_of(list(files), host).encode() if name == "feed" else files.get(name, b"")
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "application/rss+xml" if name == "feed" else "image/jpeg")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sources(host: str) -> str:
    return (
        "    hashtags: [Tea]\n    sources:\n"
        f"      - {{name: river, kind: feed, url: 'http://{host}/feed'}}\n"
        f"network: {{allow_addresses: [127.0.0.1], hosts: {{'{host}': {{at_once: 8, pause: 0s}}}}}}\n"
    )


def states(database: str) -> dict[str, tuple[str, str, str]]:
    """Give state, error and widths of each picture by its name."""
    engine = open_reader(database)
    with engine.connect() as connection:
        rows = connection.execute(select(models.media)).all()
    engine.dispose()
    return {row.address.rsplit("/", 1)[-1]: (row.state, row.error, row.widths) for row in rows}


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@contextmanager
def at_work(folder: Path, files: dict[str, bytes]) -> Iterator[tuple[str, str, "subprocess.Popen[str]"]]:
    """Give database and public address of a running house that collects these files as pictures."""
    with origin(files) as host:
        port = free_port()
        config = write_config(folder, port, sources(host))
        with started("run", "--config", str(config)) as house:
            assert house.stdout
            house.stdout.readline()
            yield f"sqlite:///{folder}/var/engaged.db", f"http://localhost:{port}", house


@pytest.mark.timeout(180)
def test_a_picture_walks_from_its_origin_to_a_page_and_away(tmp_path: Path) -> None:
    files = {name: telling(form) for name, form in SOUND.items()}
    with at_work(tmp_path, files) as (database, url, _):
        until(
            lambda: (
                len(states(database)) == 3 and {one[0] for one in states(database).values()} == {"ready"}
            )
        )
        engine = open_writer(database)
        decide = partial(actions.decide, engine, actor="shell", who="shell:ana")
        items = [(one.id, None) for one in actions.listing(engine)]
        decide(Action.APPROVE, items, now=datetime.now(UTC))
        until(lambda: all(one[2] for one in states(database).values()))
        with urllib.request.urlopen(f"{url}/tea/v/wall.json", timeout=10) as reply:
            pictures = [entry["image"] for entry in json.load(reply)["items"]]
        assert [status(address) for address in pictures] == [200, 200, 200]
        kept = b"".join(file.read_bytes() for file in (tmp_path / "var" / "media").rglob("*.*"))
        assert not any(canary in kept for canary in CANARIES)
        decide(Action.TAKE_DOWN, items, now=datetime.now(UTC))
        assert [status(address) for address in pictures] == [404, 404, 404]
        until(lambda: not [*(tmp_path / "var" / "media" / "public").rglob("*.*")])
        engine.dispose()


@pytest.mark.shared
@pytest.mark.timeout(180)
def test_hostile_pictures_are_refused_beside_sound_ones_and_the_worker_lives(tmp_path: Path) -> None:
    folder = shared("hostile", "own", "images")
    files = {name: (folder / file).read_bytes() for name, file in HOSTILE.items()}
    files["sound.png"] = telling("PNG")
    with at_work(tmp_path, files) as (database, _, house):
        until(
            lambda: (
                len(states(database)) == 4
                and "wanted" not in {one[0] for one in states(database).values()}
            )
        )
        assert {name: found[:2] for name, found in states(database).items()} == {
            "bomb.png": ("refused", "too-large"),
            "script.png": ("refused", "not-a-picture"),
            "cut.jpg": ("refused", "damaged"),
            "sound.png": ("ready", ""),
        }
        assert house.poll() is None
