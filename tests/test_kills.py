"""kill -9 at random moments: nothing acknowledged is lost, nobody is left behind."""

import os
import random
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from aggregator.store import proof
from aggregator.store.database import open_reader
from engaged.port import is_healthy
from tests.engaged.processes import descendants, free_port, started, until, wait_for_end
from tests.invented_blogs import feed

KILLS = 200 if os.environ.get("ENGAGED_TRUST") == "true" else 20


@dataclass
class Blog:
    """A blog that says something new at every visit, so that there always is something to store."""

    posts: list[str] = field(default_factory=lambda: ["first"])
    visits: int = 0

    def body(self) -> bytes:
        self.visits += 1
        self.posts.append(f"word {self.visits}")
        self.posts[self.visits % len(self.posts)] += " edited"
        return feed(*self.posts[-200:])


@contextmanager
def serving(blog: Blog) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = blog.body()
            with suppress(ConnectionError):  # it was killed while it listened
                self.send_response(200)
                self.send_header("Content-Type", "application/rss+xml")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def configure(folder: Path, public: int, origin: int) -> Path:
    sources = "".join(
        f"      - {{name: s{n}, kind: feed, url: 'http://127.0.0.1:{origin}/{n}', every: 1s}}\n"
        for n in range(3)
    )
    file = folder / "config.yaml"
    file.write_text(
        f"public_url: http://localhost:{public}\ndatabase: sqlite:///engaged.db\n"
        f"network: {{allow_addresses: [127.0.0.1], allow_ports: [{origin}], "
        f"hosts: {{'127.0.0.1:{origin}': {{at_once: 8, pause: 0s}}}}}}\n"
        "campaigns:\n  - slug: tea\n    name: Tea\n    hashtags: [EngagedLibraries]\n"
        f"    sources:\n{sources}"
    )
    return file


def acknowledged(process: "subprocess.Popen[str]") -> list[tuple[int, str, str]]:
    """Give the decisions that a killed moderator was told of; its last line may be cut."""
    assert process.stdout
    lines = [line.split() for line in process.stdout.read().splitlines()]
    return [(int(words[0]), words[1], words[2]) for words in lines if len(words) == 3]


def stored(file: Path) -> set[tuple[int, str, str]]:
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return set(connection.execute("SELECT number, item_id, action FROM decision"))
    finally:
        connection.close()


def broken(file: Path) -> list[str]:
    engine = open_reader(f"sqlite:///{file}")
    with engine.connect() as connection:
        said = list(proof.broken_promises(connection))
    engine.dispose()
    return said


@pytest.mark.trust
@pytest.mark.timeout(7200)
def test_kill_at_any_moment_loses_no_decision_and_leaves_nobody_behind(tmp_path: Path) -> None:
    dice, blog, told = random.Random(20), Blog(), 0
    with serving(blog) as origin:
        port = free_port()
        config = configure(tmp_path, port, origin)
        for number in range(KILLS):
            with started("run", "--config", str(config)) as house:
                until(lambda: is_healthy("127.0.0.1", port))
                with started(str(config), str(number), module="tests.deciding") as moderator:
                    assert moderator.stdout
                    assert moderator.stdout.readline() == "ready\n"
                    family = descendants(house.pid)
                    # A random moment is what this test is about: nothing is waited for.
                    with suppress(subprocess.TimeoutExpired):
                        house.wait(dice.uniform(0, 0.8))
                    for victim in dice.sample([house, moderator], 2):
                        victim.send_signal(signal.SIGKILL)
                    wait_for_end([*family, house.pid])
                    moderator.wait()
                    said = acknowledged(moderator)
            told += len(said)
            assert set(said) <= stored(tmp_path / "engaged.db"), f"after kill {number + 1}"
    assert broken(tmp_path / "engaged.db") == []
    assert told > KILLS, "there was something to lose"
    print(f"{KILLS} kills, {told} decisions acknowledged")
