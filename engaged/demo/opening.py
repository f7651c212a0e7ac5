"""What has happened before anybody looks: two invented moderators decided on some of the first posts.

Their decisions are real ones, made by moderation's own actions. Afterwards some authors edit or delete.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe

from sqlalchemy import Engine

from aggregator.errors import EngagedError
from aggregator.item import Action
from aggregator.store.subscribers import Row, bring_in
from engaged import doors
from engaged.configure import settings_for
from engaged.demo import plan
from engaged.demo.config import SLUG
from engaged.demo.content import First, content
from engaged.demo.journal import Happened, Journal
from engaged.demo.plan import MODERATOR, Plan
from engaged.demo.world import World, filled, world
from engaged.terminal import WrongUse, tell
from moderation import actions
from moderation.invitations import accept, invite
from moderation.passwords import hashed
from moderation.routes import Role

DECIDERS = ("Noor (invented)", "Mateus (invented)")
"""Nobody knows their passwords, which are made and forgotten."""

READERS = (
    *(("ana", "es"), ("beatriz", "es"), ("carlos", "es"), ("dawit", "am"), ("emma", "en")),
    *(("fola", "yo"), ("grace", "en"), ("hana", "ar"), ("ines", "fr"), ("jomar", "fil"), ("kofi", "en")),
    ("leila", "ar"),
)
"""Who gets the weekly mail, each in their language."""

_ACTIONS = {"approve": Action.APPROVE, "hold": Action.HOLD, "reject": Action.REJECT}


def moderate(config: Path) -> int:
    """Make the people, decide on the first posts, and let some authors change their minds."""
    folder = config.parent
    found = plan.read(folder)
    if found is None:
        raise WrongUse(f"There is no demo in {folder}: `engaged demo` makes it.")
    journal, now = Journal(folder), datetime.now(UTC)
    first = world(content(), found, journal.events)
    with doors.writer(settings_for(config)) as engine:
        _add_people(engine, found, now)
        _decide(engine, first, now)
        _subscribe(engine, now)
    for event in afterwards(found, now):
        journal.add(event)
    return 0


def afterwards(found: Plan, now: datetime) -> Iterator[Happened]:
    """Give what authors do once their posts were moderated."""
    for post in content().posts:
        if post.afterwards == "edit":
            yield Happened(now, "edit", post.key, filled(post.edited, found))
        elif post.afterwards == "delete":
            yield Happened(now, "delete", post.key)
    for article in content().articles:
        if article.afterwards == "delete":
            yield Happened(now, "delete", f"{article.blog}/{article.key}")


def firsts(first: World) -> dict[str, First]:
    """Give what is decided at first, by the post's address: oldest first, featured ones at the end."""
    statuses = [one for there in first.statuses.values() for one in there if one.is_local]
    entries = [one for there in first.entries.values() for one in there]
    decided = [
        *((one.at, one.url, one.post.first) for one in statuses),
        *((one.at, one.url, one.article.first) for one in entries),
    ]
    wanted = sorted(
        (row for row in decided if row[2].then), key=lambda row: (row[2].then == "feature", row[0])
    )
    return {url: done for _, url, done in wanted}


def _subscribe(engine: Engine, now: datetime) -> None:
    """Bring in invented readers of the weekly mail, in the campaign's languages."""
    rows = [Row(f"{name}@readers.example", language) for name, language in READERS]
    with engine.begin() as connection:
        bring_in(connection, SLUG, rows, "signed a list at the library's desk", "shell:demo", now)


def _add_people(engine: Engine, found: Plan, now: datetime) -> None:
    """Let everybody join as people do: by a link that works once."""
    _join(engine, found, MODERATOR, Role.ADMIN, found.password, now)
    for name in DECIDERS:
        _join(engine, found, name, Role.MODERATOR, token_urlsafe(30), now)


def _join(engine: Engine, found: Plan, name: str, role: Role, password: str, now: datetime) -> None:
    made = invite(engine, found.engaged, role=role.word, email="", made_by="shell:demo", now=now)
    token = made.url.rpartition("/")[2]
    accept(engine, token, name=name, password=hashed(password), now=now)


def _decide(engine: Engine, first: World, now: datetime) -> None:
    ids = {listed.item.url: listed.id for listed in actions.listing(engine, limit=0)}
    wanted = firsts(first)
    for number, (url, decided) in enumerate(wanted.items()):
        # Two people do not decide in the same moment: one after the other, the last one just now.
        at = now - timedelta(seconds=len(wanted) - number)
        if url not in ids:
            tell(f"The demo misses a post of its own: {url}")
            continue
        try:
            _decide_one(engine, ids[url], decided, DECIDERS[number % len(DECIDERS)], at)
        except EngagedError as error:
            tell(f"The demo could not {decided.then} a post of its own: {error}")


def _decide_one(engine: Engine, item: str, decided: First, who: str, at: datetime) -> None:
    action = _ACTIONS.get(decided.then, Action.APPROVE)
    actions.decide(
        engine, action, [(item, None)], actor="person", who=who, now=at,
        reason=decided.reason, note=decided.note,
    )  # fmt: skip
    words = {name: getattr(decided, name) for name in ("library", "place") if getattr(decided, name)}
    if words:
        actions.decide(
            engine, Action.AMEND, [(item, None)], actor="person", who=who, now=at, changes=words
        )
    if decided.then == "feature":
        actions.decide(engine, Action.FEATURE, [(item, None)], actor="person", who=who, now=at)
