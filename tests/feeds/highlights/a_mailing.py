"""A store with shown posts, subscribers and an approved issue, ready to be sent to a sink."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from aggregator.item import Author
from aggregator.settings import Campaign, Mail, Settings
from aggregator.store import deliveries, issues
from aggregator.store.issues import Issue
from aggregator.store.published import Door
from feeds.highlights.composing import new_letters, shown_of
from feeds.highlights.draft import Draft, Pick, as_json
from feeds.highlights.letter import freeze
from feeds.highlights.outbox import Outbox, Tools
from feeds.highlights.send import Smtp, server_of
from tests.aggregator.store.making import SLUG, claim, declare, found, post, publish
from tests.aggregator.store.subscribing import WEEK, readers
from tests.feeds.invented import campaign
from tests.mail_sink import Sink, sink

SENDER = "highlights@library.example"


@dataclass
class Clock:
    """A clock that moves when told to."""

    now: datetime
    seconds: float = 0.0

    def __call__(self) -> datetime:
        return self.now

    def tick(self) -> float:
        return self.seconds

    def later(self, **by: float) -> None:
        step = timedelta(**by)
        self.now += step
        self.seconds += step.total_seconds()


@dataclass
class House:
    """Everything one issue needs to be sent."""

    writer: Engine
    reader: Engine
    settings: Settings
    clock: Clock
    items: list[str]
    is_stopped: Callable[[], bool] = field(default=lambda: False)
    lines: list[Smtp] = field(default_factory=list)

    @property
    def campaign(self) -> Campaign:
        return self.settings.campaigns[0]

    @property
    def door(self) -> Door:
        return Door(self.reader)

    def outbox(self) -> Outbox:
        """Give the sending of a worker that has just started."""
        mail = self.settings.mail
        post = Smtp(server_of(mail.smtp), "library.example")
        self.lines.append(post)
        tools = Tools(self.writer, self.door, post, self.settings, self.clock, self.is_stopped)
        return Outbox(tools)

    def close(self) -> None:
        for line in self.lines:
            line.close()

    def approved(self, *, items: Sequence[str] = (), due_in: timedelta = timedelta(0)) -> Issue:
        """Give an issue that was drafted and approved."""
        draft = Draft(
            subject={"en": "A bus and a garden"},
            preheader={"en": "This week"},
            intro={"en": "Dear neighbours"},
            picks=tuple(Pick(item, ("first",)) for item in items or self.items),
        )
        due, now = self.clock() + due_in, self.clock()
        with self.writer.begin() as connection:
            begun = issues.begin(
                connection,
                SLUG,
                WEEK,
                due,
                due + timedelta(hours=6),
                as_json(draft),
                draft.items,
                "",
                now,
            )
        assert begun
        shown = shown_of(self.door, SLUG, draft.items)
        frozen, digest = freeze(new_letters(begun, shown, self.campaign, self.settings))
        with self.writer.begin() as connection:
            return issues.approve(connection, begun.id, begun.version, frozen, digest, "Ana", False, now)

    def sending(self, *addresses: str, **more: str) -> Issue:
        """Give an issue that is being sent to these readers."""
        readers(self.writer, self.clock(), *addresses, **more)
        issue = self.approved()
        with self.writer.begin() as connection:
            begun = issues.start(connection, issue.id, self.clock())
            deliveries.fill(connection, issue.id, self.clock(), "library.example")
        return begun

    def states(self, issue: Issue) -> dict[str, tuple[str, str]]:
        """Give the state and the words of each mail, by address."""
        with self.writer.begin() as connection:
            every = [
                one
                for state in deliveries.DELIVERY_STATES
                for one in deliveries.in_state(connection, issue.id, state)
            ]
        return {one.address: (one.state, one.words) for one in every}

    def state_of(self, issue: Issue) -> str:
        with self.writer.begin() as connection:
            return issues.by_id(connection, issue.id).state


def house(
    writer: Engine, reader: Engine, now: datetime, port: int, *, per_minute: int = 6000, posts: int = 3
) -> House:
    """Give a house with shown posts, which hands its mail in at a port of this machine."""
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    made = [
        found(
            post(
                number, author=Author(f"Ana {number}", key=f"feed:river.example/{number}"), language="en"
            )
        )
        for number in range(1, posts + 1)
    ]
    items = publish(writer, claimed, now, *made)
    mail = Mail.model_validate(
        {
            "smtp": f"smtp://127.0.0.1:{port}",
            "from": SENDER,
            "postal_address": "1 Main Street",
            "per_minute": per_minute,
        }
    )
    ours = Settings(
        public_url="https://posts.library.example",
        campaigns=(campaign(languages=("en", "es", "ar", "am")),),
        mail=mail,
    )
    return House(writer, reader, ours, Clock(now), items)


def people(many: int) -> list[str]:
    """Give addresses of so many readers, each at a place of their own."""
    return [f"reader{number}@place{number}.example" for number in range(many)]


@pytest.fixture(scope="module")
def open_sink() -> Iterator[Sink]:
    with sink() as found:
        yield found


@pytest.fixture
def post_office(open_sink: Sink) -> Sink:
    open_sink.letters.clear()
    open_sink.asked.clear()
    open_sink.on_letter = lambda _: None
    return open_sink


@pytest.fixture
def ours(writer: Engine, reader: Engine, now: datetime, post_office: Sink) -> Iterator[House]:
    made = house(writer, reader, now, post_office.port)
    yield made
    made.close()
