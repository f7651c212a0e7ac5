"""Whatever happens in whatever order: a picture is public exactly while a shown post has it.

The machine collects, edits, decides, lets the worker work or break off, and asks for every copy of every
picture there ever was, without signing in. What should be public is read from the words that are shown,
never from what the work on pictures wrote down.
"""

import os
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from sqlalchemy import Engine

from aggregator import media
from aggregator.copies import FORMATS, Drawn, held_folder
from aggregator.errors import Conflicts
from aggregator.item import Action
from aggregator.settings import Campaign, Settings, Source
from aggregator.store import published, runs
from aggregator.store.database import open_reader, open_writer
from aggregator.store.preview import several
from aggregator.store.queue import listing
from feeds.app import create_app
from tests.aggregator.store.making import SLUG, claim, decide, declare, found, post, take
from tests.drawing import CANARIES, exif, photo, saved
from tests.studio import Studio, image

START = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)
STEPS = 2000 if os.environ.get("ENGAGED_TRUST") == "true" else 120
A_RUN = 40
PHASES = list(Phase) if STEPS > 120 else [Phase.explicit, Phase.generate]
PICTURE = re.compile(r"/i/[0-9a-f]{24}-\d+\.[a-z]+")

# `copy` looks exactly like `a`, at another address.
_SEEDS = {"a": 10, "b": 90, "c": 170, "copy": 10}
WEB = {
    image(name).url: saved(photo(48, 32, seed), "PNG", exif=exif().tobytes())
    for name, seed in _SEEDS.items()
}


def key_of(address: str) -> str:
    drawn = media.redraw(WEB[address])
    assert isinstance(drawn, Drawn)
    return drawn.key


KEYS = {address: key_of(address) for address in WEB}


class Site:
    """The public side of one installation, and its worker."""

    def __init__(
        self, engine: Engine, reader: Engine, folder: Path, now: Callable[[], datetime]
    ) -> None:
        source = Source(name="river", kind="feed")
        campaign = Campaign(slug=SLUG, name="Tea", sources=(source,))
        self.settings = Settings(campaigns=(campaign,), media=str(folder))
        self.door = published.Door(reader)
        self.now = now

    def client(self) -> FlaskClient:
        return create_app(self.settings, self.door, self.now).test_client()

    def expected(self) -> set[str]:
        """Give the keys of the pictures of what is shown, as its words say."""
        shown = self.door.latest(SLUG, 50)
        return {KEYS[one.url] for post in shown for one in post.item.media}

    def served(self, client: FlaskClient) -> set[str]:
        """Give the keys of all pictures that anybody may see; all forms of one, or none."""
        served: set[str] = set()
        for key in set(KEYS.values()):
            answers = {client.get(f"/i/{key}-48.{form}").status_code for form in FORMATS}
            assert len(answers) == 1
            assert answers <= {200, 404}
            served |= {key} if answers == {200} else set()
        return served


class EverythingThatCanHappen(RuleBasedStateMachine):
    """Subclasses say which database."""

    new_database: Callable[[], tuple[str, Path]]

    @initialize()
    def begin(self) -> None:
        url, folder = type(self).new_database()
        self.writer, self.reader = open_writer(url), open_reader(url)
        self.studio = Studio(self.writer, folder / "media", START, web=dict(WEB))
        self.site = Site(self.writer, self.reader, folder / "media", lambda: self.studio.now)
        self.words = 0
        declare(self.writer, START, "river")

    def teardown(self) -> None:
        self.studio.close()
        self.writer.dispose()
        self.reader.dispose()

    @rule(
        number=some.integers(1, 4),
        names=some.lists(some.sampled_from([*_SEEDS]), max_size=2, unique=True),
    )
    def collect(self, number: int, names: list[str]) -> None:
        """A new post, or an edit of one, with other pictures and other words."""
        self.studio.now += timedelta(minutes=10)
        self.words += 1
        claimed = claim(self.writer, self.studio.now, "river")
        entry = post(number, f"Words {'x' * self.words}", media=tuple(image(name) for name in names))
        take(self.writer, claimed, self.studio.now, found(entry), on_edit="keep")
        with self.writer.begin() as connection:
            runs.release(connection, "w")

    @rule(
        data=some.data(),
        action=some.sampled_from([*Action, Action.APPROVE, Action.APPROVE, Action.UNDO]),
    )
    @precondition(lambda self: self.words)
    def decide(self, data: some.DataObject, action: Action) -> None:
        with self.reader.connect() as connection:
            items = sorted(listing(connection, limit=0), key=lambda one: one.item.title)
        chosen = data.draw(some.sampled_from(items))
        try:
            decide(self.writer, action, chosen.id, self.studio.now, changes={"alt": "ours"})
        except Conflicts:
            return

    @rule()
    @precondition(lambda self: self.words)
    def show_something(self) -> None:
        """The state that matters most: there is something to take away."""
        with self.reader.connect() as connection:
            waiting = listing(connection, waiting=True, limit=0)
        for one in waiting:
            decide(self.writer, Action.APPROVE, one.id, self.studio.now)
        self.work()

    @rule()
    def work(self) -> None:
        self.studio.now += timedelta(minutes=10)
        self.studio.work()
        assert self.site.served(self.site.client()) == self.site.expected()

    @rule()
    def break_off(self) -> None:
        """The worker ends in the middle of whatever it began."""
        self.studio.do(self.studio.pictures.turn)
        self.studio.restart()

    @rule()
    def restart(self) -> None:
        self.studio.restart()

    @invariant()
    def what_is_public_is_shown(self) -> None:
        if not hasattr(self, "site"):
            return
        client = self.site.client()
        assert self.site.served(client) <= self.site.expected()
        self.no_page_has_a_picture_that_is_not_there(client)

    def no_page_has_a_picture_that_is_not_there(self, client: FlaskClient) -> None:
        with self.reader.connect() as connection:
            ids = [one.id for one in listing(connection, limit=0)] if self.words else []
            several(connection, ids)  # what moderators see leaves no trace in public
        paths = [f"/{SLUG}/", f"/{SLUG}/e/featured", f"/{SLUG}/e/wall", f"/{SLUG}/v/wall.json"]
        for path in [*paths, f"/{SLUG}/v/wall.rss", *(f"/{SLUG}/p/{one}" for one in ids)]:
            for address in set(PICTURE.findall(client.get(path).text)):
                assert client.get(address).status_code == 200, (path, address)

    @invariant()
    def no_file_holds_more_than_pixels(self) -> None:
        if hasattr(self, "studio"):
            kept = self.studio.bytes_on_disk()
            assert not any(canary in kept for canary in CANARIES)


@pytest.mark.trust
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("sort", ["sqlite", "postgresql"])
def test_a_picture_is_public_exactly_while_a_shown_post_has_it(
    request: pytest.FixtureRequest, tmp_path: Path, sort: str
) -> None:
    class Machine(EverythingThatCanHappen):
        @staticmethod
        def new_database() -> tuple[str, Path]:
            folder = Path(mkdtemp(dir=tmp_path))
            if sort == "postgresql":
                return str(request.getfixturevalue("postgres_databases").take()), folder
            shutil.copy(request.getfixturevalue("sqlite_template"), folder / "engaged.db")
            return f"sqlite:///{folder}/engaged.db", folder

    run_machine(
        Machine,
        settings=settings(
            max_examples=STEPS // A_RUN,
            stateful_step_count=A_RUN,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=PHASES,
            report_multiple_bugs=False,
        ),
    )


@pytest.fixture
def site_and_studio(
    writer: Engine, reader: Engine, tmp_path: Path, now: datetime
) -> tuple[Site, Studio]:
    studio = Studio(writer, tmp_path / "media", now, web=dict(WEB))
    declare(writer, now, "river")
    return Site(writer, reader, tmp_path / "media", lambda: now), studio


def test_a_pending_picture_can_be_reached_nowhere_without_signing_in(
    site_and_studio: tuple[Site, Studio],
) -> None:
    site, studio = site_and_studio
    claimed = claim(studio.engine, studio.now, "river")
    take(studio.engine, claimed, studio.now, found(post(1, media=(image("a"),))))
    studio.work()
    (master,) = held_folder(studio.folder).rglob("*.webp")
    seen, client = master.read_bytes(), site.client()
    with studio.engine.connect() as connection:
        (item,) = listing(connection, limit=0)

    def reachable() -> list[str]:
        """Give every public address whose answer holds the master, or any of its forms."""
        names = [
            f"{stem}.{form}" for stem in (master.stem, f"{master.stem[:24]}-160") for form in FORMATS
        ]
        tried = [f"{start}{name}" for name in names for start in guesses(master)]
        public = [rule.rule for rule in client.application.url_map.iter_rules()]
        fixed = [re.sub("<campaign>", SLUG, re.sub("<name>", item.id, path)) for path in public]
        answers = {path: client.get(path) for path in [*tried, *fixed] if not path.endswith(".png")}
        return [
            path
            for path, answer in answers.items()
            if seen in answer.data or answer.headers.get("Content-Type", "").startswith("image/")
        ]

    def drawn() -> list[bytes]:
        """Give the pictures that are drawn of the post, and of the display it would stand in."""
        fresh = site.client()  # one that has no page at hand: it would look again after 0.2 s
        answers = [fresh.get(f"/{SLUG}/{way}.png") for way in (f"og/{item.id}", "v/wall")]
        codes.append(answers[0].status_code)
        return [answer.data for answer in answers]

    codes: list[int] = []
    nothing = drawn()
    assert codes == [404]
    assert reachable() == []
    decide(studio.engine, Action.APPROVE, item.id, studio.now)
    assert reachable() == []
    without_picture = drawn()
    assert not {*without_picture} & {*nothing}
    studio.work()
    assert reachable() == [f"/i/{master.stem}.{form}" for form in FORMATS]
    assert not {*drawn()} & {*nothing, *without_picture}
    decide(studio.engine, Action.TAKE_DOWN, item.id, studio.now)
    assert drawn()[1] == nothing[1]
    assert codes == [404, 200, 200, 410]
    assert reachable() == []
    studio.work()
    assert reachable() == []
    decide(studio.engine, Action.UNDO, item.id, studio.now)
    studio.work()
    assert reachable() == [f"/i/{master.stem}.{form}" for form in FORMATS]
    studio.close()


def guesses(master: Path) -> list[str]:
    """Give ways to ask for a file by where it might stand."""
    folder = f"held/{master.parent.name}/"
    return ["/i/", "/moderate/i/", f"/{folder}", f"/i/../{folder}", f"/i/{folder}", f"/static/{folder}"]
