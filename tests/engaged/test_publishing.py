"""`engaged publish` as a real process: killed in the middle, with a full disk, two at once, and kept."""

import json
import os
import resource
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from aggregator.item import Action
from aggregator.settings import Settings, Webhook
from aggregator.store import receipts
from aggregator.store.database import open_reader, open_writer, upgrade
from engaged.cli import main
from engaged.publishing import made_of
from tests.aggregator.store import making
from tests.engaged.processes import (
    ROOT,
    command_of,
    descendants,
    free_port,
    started,
    until,
    write_config,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

POSTS = 3
SLUG = making.SLUG


class Installation:
    """A configuration, a store with shown posts, and a folder to publish to."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out = folder, folder / "site"
        self.port = free_port()
        self.config = write_config(folder, self.port, "publish:\n  to: site\n")
        text = self.config.read_text().replace("slug: tea", f"slug: {SLUG}")
        self.config.write_text(text.replace("name: Tea", "name: Tea\n    views: {wall: {layout: grid}}"))
        url = f"sqlite:///{folder}/var/engaged.db"
        upgrade(url)
        self.writer: Engine = open_writer(url)
        self.reader: Engine = open_reader(url)
        self.ids = self._fill()

    def _fill(self) -> list[str]:
        now = datetime.now(UTC)
        making.declare(self.writer, now, "river")
        claimed = making.claim(self.writer, now, "river")
        some = (making.found(making.post(n, f"Story {n} #Tea")) for n in range(POSTS))
        making.take(self.writer, claimed, now, *some)
        with self.reader.connect() as connection:
            ids = [str(row[0]) for row in connection.exec_driver_sql("SELECT id FROM item ORDER BY id")]
        for item in ids:
            self.decide(Action.APPROVE, item)
        return ids

    def decide(self, action: Action, item: str) -> None:
        making.decide(self.writer, action, item, datetime.now(UTC))

    def publish(self, *more: str) -> int:
        return main(["publish", "--config", str(self.config), *more])

    def page(self, item: str) -> str:
        file = self.out / SLUG / "p" / f"{item}.html"
        return file.read_text() if file.exists() else ""

    def is_gone(self, item: str) -> bool:
        return "no longer shown" in self.page(item)

    def left(self, item: str) -> dict[str, datetime | None]:
        with self.reader.connect() as connection:
            return {one.output: one.left_at for one in receipts.of(connection, item)}

    def close(self) -> None:
        self.writer.dispose()
        self.reader.dispose()


@pytest.fixture
def ours(tmp_path: Path) -> "Installation":
    made = Installation(tmp_path)
    yield made  # type: ignore[misc] # a fixture that tidies up
    made.close()


def test_it_writes_what_is_shown_and_says_how_much(
    ours: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ours.publish("--json") == 0
    told = json.loads(capsys.readouterr().out)["publish"]
    assert told["to"] == str(ours.out)
    assert told["written"] > POSTS
    assert all("Tea" in ours.page(item) for item in ours.ids)
    assert ours.publish() == 0
    assert capsys.readouterr().out == f"{ours.out}: 0 files written, 0 taken away.\n"


def test_without_a_place_it_says_how_to_name_one(
    ours: Installation, capsys: pytest.CaptureFixture[str]
) -> None:
    ours.config.write_text(ours.config.read_text().replace("publish:\n  to: site\n", ""))
    assert ours.publish() == 2
    assert "--to FOLDER" in capsys.readouterr().err
    assert ours.publish("--to", "ftp://files.example/") == 2
    assert "is no place to publish to" in capsys.readouterr().err


def test_killed_in_the_middle_it_leaves_whole_files_and_goes_on_the_next_time(
    ours: Installation,
) -> None:
    with started("publish", "--config", str(ours.config)) as process:
        until(lambda: (ours.out / ".engaged" / "unfinished").exists())
        until(lambda: len(list(ours.out.rglob("*.html"))) > 2)
        process.kill()
        process.wait()
    assert not (ours.out / "manifest.json").exists()
    assert all(file.read_text().rstrip().endswith("</html>") for file in ours.out.rglob("*.html"))
    ours.decide(Action.TAKE_DOWN, ours.ids[0])
    assert ours.publish() == 0
    assert ours.is_gone(ours.ids[0])
    assert not (ours.out / ".engaged" / "unfinished").exists()
    assert not list(ours.out.rglob("*.tmp"))


def test_a_full_disk_is_a_sentence_and_what_was_published_stands(ours: Installation) -> None:
    assert ours.publish() == 0
    before = list(ours.out.rglob("*.html"))
    ours.decide(Action.TAKE_DOWN, ours.ids[0])

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))

    # The store is read only: its own files are not what cannot grow.
    command = [sys.executable, "-m", "engaged", "publish", "--config", str(ours.config)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, preexec_fn=full
    )
    assert done.returncode == 1
    assert "What was published before still stands" in done.stderr
    assert "Traceback" not in done.stderr
    for file in before:
        assert file.read_text().rstrip().endswith("</html>")
    assert ours.publish() == 0
    assert ours.is_gone(ours.ids[0])


def test_two_publishers_at_once_make_one_site(ours: Installation) -> None:
    command = ["publish", "--config", str(ours.config)]
    with started(*command) as one, started(*command) as other:
        assert (one.wait(), other.wait()) == (0, 0)
    manifest = json.loads((ours.out / "manifest.json").read_text())
    for name, file in manifest["files"].items():
        assert (ours.out / name).stat().st_size == file["length"]


def test_run_keeps_the_folder_up_to_date_and_every_receipt_is_written(ours: Installation) -> None:
    with started("run", "--config", str(ours.config)) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("Public page:")  # said when it answers
        until(lambda: all(ours.page(item) for item in ours.ids))
        removed = ours.ids[0]
        assert "Tea" in asked(ours.port, removed)
        ours.decide(Action.TAKE_DOWN, removed)
        until(lambda: ours.is_gone(removed))
        until(lambda: all(ours.left(removed)[each] for each in ("pages", "pictures", "files")))
        assert asked(ours.port, removed) == "410"
        times = ours.left(removed)
        with ours.reader.connect() as connection:
            decided = receipts.of(connection, removed)[0].decided_at
        assert all(left is None or left >= decided for left in times.values())
        publisher = child(process.pid, "publish")
        os.kill(publisher, signal.SIGKILL)
        ours.decide(Action.TAKE_DOWN, ours.ids[1])
        until(lambda: ours.is_gone(ours.ids[1]))
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0


def asked(port: int, item: str) -> str:
    """Give the words of a post's page on our own server, or the status when it has none."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{SLUG}/p/{item}", timeout=30) as reply:
            return str(reply.read().decode())
    except urllib.error.HTTPError as error:
        return str(error.code)


def child(pid: int, name: str) -> int:
    return next(each for each in descendants(pid) if command_of(each)[3:4] == [name])


Change = Callable[[Settings], Settings]


@pytest.mark.parametrize(
    ("is_same", "change"),
    [
        (True, lambda old: old.model_copy(update={"database": "sqlite:///elsewhere"})),
        (False, lambda old: old.model_copy(update={"notice": "Test"})),
        (False, lambda old: old.model_copy(update={"public_url": "https://b.example"})),
    ],
)
def test_only_what_a_page_depends_on_has_everything_drawn_again(is_same: bool, change: Change) -> None:
    old = Settings.model_validate({"campaigns": [{"slug": "tea", "name": "Tea"}]})
    assert (made_of(old) == made_of(change(old))) is is_same


def test_a_secret_is_no_part_of_what_a_page_depends_on() -> None:
    hook = Webhook(name="site", url="https://site.example/", secret="s")  # type: ignore[arg-type] # as in config.yaml
    old = Settings.model_validate({"campaigns": [{"slug": "tea", "name": "Tea"}]})
    told = old.campaigns[0].model_copy(update={"webhooks": (hook,)})
    assert made_of(old) == made_of(old.model_copy(update={"campaigns": (told,)}))
