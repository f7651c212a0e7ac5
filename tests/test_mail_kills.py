"""kill -9 at random moments of sending: nobody gets a mail twice, and who may have got none is named."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Engine

from aggregator.store import deliveries, issues
from aggregator.store.database import open_reader, open_writer, upgrade
from aggregator.store.deliveries import Delivery
from aggregator.store.issues import Issue
from tests.aggregator.store.subscribing import readers
from tests.engaged.processes import ROOT, started, until, wait_for_end
from tests.feeds.highlights.a_mailing import SENDER, House, house, people
from tests.mail_sink import Sink, sink

IS_LONG = os.environ.get("ENGAGED_TRUST") == "true"
READERS, KILLS = (3_000, 50) if IS_LONG else (120, 5)
LONGEST_DELAY_S = 0.02
"""From one mail's arrival to the kill: as long as two mails take, so that every step is hit."""


def configure(folder: Path, port: int) -> Path:
    file = folder / "config.yaml"
    file.write_text(
        "public_url: https://posts.library.example\ndatabase: sqlite:///engaged.db\n"
        "campaigns:\n  - slug: engagedlibraries\n    name: '#EngagedLibraries'\n"
        f"mail: {{smtp: 'smtp://127.0.0.1:{port}', from: {SENDER}, per_minute: 6000}}\n"
    )
    return file


def state_of(engine: Engine, issue: Issue) -> str:
    with engine.connect() as connection:
        return issues.by_id(connection, issue.id).state


def mails(engine: Engine, issue: Issue, state: str) -> tuple[Delivery, ...]:
    with engine.connect() as connection:
        return deliveries.in_state(connection, issue.id, state)


@dataclass
class Workers:
    """Real processes: ready ones that only send mail in the short form, else `engaged work`."""

    config: Path
    stack: ExitStack
    ready: list[subprocess.Popen[str]] = field(default_factory=list)

    def prepare(self, many: int) -> None:
        if not IS_LONG:
            self.ready = [self.stack.enter_context(self._loaded()) for _ in range(many)]

    @contextmanager
    def begun(self) -> Iterator[subprocess.Popen[str]]:
        if IS_LONG:
            with started("work", "--config", str(self.config)) as worker:
                yield worker
            return
        worker = self.ready.pop()
        assert worker.stdin
        worker.stdin.write("go\n")
        worker.stdin.flush()
        yield worker
        worker.kill()

    @contextmanager
    def _loaded(self) -> Iterator[subprocess.Popen[str]]:
        arguments = [sys.executable, "-m", "tests.sending_mail", str(self.config)]
        with subprocess.Popen(arguments, cwd=ROOT, stdin=subprocess.PIPE, text=True) as worker:
            yield worker
            worker.kill()


def killed_somewhere(workers: Workers, box: Sink, after: int, delay_s: float) -> None:
    """Let a worker send, and end it a moment after so many letters have come in all."""
    with workers.begun() as worker:
        box.wait_for(after)
        # A random moment is what this test is about: nothing is waited for.
        Event().wait(delay_s)
        worker.kill()
        wait_for_end([worker.pid])


def sent_to_the_end(workers: Workers, engine: Engine, issue: Issue) -> None:
    with workers.begun():
        until(lambda: state_of(engine, issue) == "sent")


@pytest.mark.trust
@pytest.mark.timeout(1800)
def test_kills_while_sending_double_nothing_and_lose_nothing_unsaid(tmp_path: Path) -> None:
    dice, address = random.Random(5), f"sqlite:///{tmp_path / 'engaged.db'}"
    upgrade(address)
    writer, reader = open_writer(address), open_reader(address)
    with sink() as box, ExitStack() as stack:
        workers = Workers(configure(tmp_path, box.port), stack)
        workers.prepare(KILLS + 2)
        ours = house(writer, reader, datetime.now(UTC), box.port)
        readers(writer, ours.clock(), *people(READERS))
        issue = ours.approved()

        marks = sorted(dice.sample(range(1, READERS - KILLS), KILLS))
        for mark in marks:
            after = max(mark, len(box.letters) + 1)
            killed_somewhere(workers, box, after, dice.uniform(0, LONGEST_DELAY_S))
        sent_to_the_end(workers, reader, issue)

        doubted = {one.address: one for one in mails(reader, issue, "uncertain")}
        surely = {one.address for one in mails(reader, issue, "sent")}
        never = set(people(READERS)) - set(box.received)
        assert max(box.received.values()) == 1, "nobody gets two"
        assert never <= set(doubted), "who did not surely get it is named"
        assert surely | set(doubted) == set(people(READERS)), "everybody is accounted for"
        assert len(doubted) <= KILLS, "one worker has one mail in hand"
        print(
            f"{KILLS} kills, {READERS} readers, {len(doubted)} uncertain, {len(never)} of them got none"
        )

        settled_by_the_log(ours, issue, doubted, box)
        sent_to_the_end(workers, reader, issue)
        assert box.received == dict.fromkeys(people(READERS), 1)
    writer.dispose()
    reader.dispose()


def settled_by_the_log(ours: House, issue: Issue, doubted: dict[str, Delivery], box: Sink) -> None:
    """Do what a person does with the log of the mail server: by Message-ID."""
    log = {str(message["Message-ID"]) for message in box.messages()}
    with ours.writer.begin() as connection:
        for one in doubted.values():
            what = "sent" if one.message_id in log else "again"
            deliveries.settle(connection, one.id, what, "Ana", datetime.now(UTC))
