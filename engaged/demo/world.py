"""The invented world at one moment: which posts and articles there are, where, and how they read now.

Pure: campaign, plan and journal come in, the clock as well. The same go in, the same comes out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zlib import crc32

from engaged.demo.content import NETWORKS, Article, Content, Person, Post
from engaged.demo.journal import Happened
from engaged.demo.plan import Plan

ON_THE_WAY = timedelta(seconds=4)
"""How long a post takes from one network to the other."""


@dataclass(frozen=True, slots=True)
class Status:
    """A post as it stands on one server.

    Attributes:
        id: this server's own; rises with the time. `home_id` is the one on its author's server.
        url: where readers find it, at its author's server.
        edited_at: aware UTC; None: never.
    """

    id: int
    home_id: int
    server: str
    key: str
    post: Post
    author: Person
    at: datetime
    url: str
    uri: str
    text: str
    edited_at: datetime | None = None

    @property
    def is_local(self) -> bool:
        return self.author.network == self.server


@dataclass(frozen=True, slots=True)
class Entry:
    """An article as it stands on its blog; `gone_at` when its author deleted it."""

    article: Article
    at: datetime
    url: str
    text: str
    edited_at: datetime | None = None
    gone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class World:
    """Everything there is; `statuses` by server, newest first, `entries` by blog, newest first."""

    plan: Plan
    content: Content
    statuses: dict[str, tuple[Status, ...]]
    entries: dict[str, tuple[Entry, ...]]

    def status(self, server: str, number: int) -> Status | None:
        return next((one for one in self.statuses[server] if one.id == number), None)

    def by_key(self, server: str, key: str) -> Status | None:
        return next((one for one in self.statuses[server] if one.key == key), None)

    def written_by(self, server: str, handle: str) -> tuple[Status, ...]:
        return tuple(one for one in self.statuses[server] if one.author.handle == handle)

    def answers_to(self, status: Status) -> tuple[Status, ...]:
        """Give what answers a status on its server, oldest first."""
        there = self.statuses[status.server]
        return tuple(one for one in reversed(there) if one.post.answers == status.key)

    def entry(self, blog: str, key: str) -> Entry | None:
        return next((one for one in self.entries[blog] if one.article.key == key), None)


def world(content: Content, plan: Plan, events: Sequence[Happened]) -> World:
    """Put together what there is after all that happened."""
    edits = {event.key: event for event in events if event.what == "edit"}
    gone = {event.key: event.at for event in events if event.what == "delete"}
    written = [*_first(content, plan.began), *_later(content, events)]
    alive = [one for one in written if one[0] not in gone]
    return World(
        plan=plan,
        content=content,
        statuses={server: _standing(server, alive, content, plan, edits) for server in NETWORKS},
        entries={blog: _entries(blog, content, plan, edits, gone) for blog in content.blogs},
    )


def filled(text: str, plan: Plan) -> str:
    """Give text with the addresses of this demo's sites in place of their names."""
    for blog in ("saltmarsh", "elsauce", "pont"):
        text = text.replace(f"{{{blog}}}", f"{plan.origin('blogs')}/{blog}")
    return text.replace("{library}", plan.origin("library"))


def number_of(at: datetime, key: str) -> int:
    """Give an id as Mastodon makes them: milliseconds in front, so that later ones are higher.

    Source: lib/mastodon/snowflake.rb of Mastodon.
    """
    return round(at.timestamp() * 1000) << 16 | crc32(key.encode()) & 0xFFFF


Written = tuple[str, Post, datetime]


def _first(content: Content, began: datetime) -> Iterable[Written]:
    return ((post.key, post, began - post.ago) for post in content.posts if post.ago is not None)


def _later(content: Content, events: Iterable[Happened]) -> Iterable[Written]:
    """The pool goes round: each time the same words are a new post."""
    for event in events:
        if event.what == "appear":
            post = content.later[int(event.key) % len(content.later)]
            yield f"{post.key}.{event.key}", post, event.at


def _standing(
    server: str,
    written: Iterable[Written],
    content: Content,
    plan: Plan,
    edits: dict[str, Happened],
) -> tuple[Status, ...]:
    found = []
    for key, post, at in written:
        author = content.people[post.by]
        if author.network == server or post.also_there:
            found.append(_edited(_status(server, (key, post, at), author, plan), edits.get(key)))
    return tuple(sorted(found, key=lambda one: one.id, reverse=True))


def _status(server: str, written: Written, author: Person, plan: Plan) -> Status:
    key, post, at = written
    home, home_id = plan.origin(author.network), number_of(at, key)
    is_local = author.network == server
    return Status(
        id=home_id if is_local else number_of(at + ON_THE_WAY, f"{server}/{key}"),
        home_id=home_id,
        server=server,
        key=key,
        post=post,
        author=author,
        at=at,
        url=f"{home}/@{author.handle}/{home_id}",
        uri=f"{home}/users/{author.handle}/statuses/{home_id}",
        text=filled(post.text, plan) + (" " + post.repeat * 430 if post.repeat else ""),
    )


def _edited(status: Status, event: Happened | None) -> Status:
    return replace(status, text=event.text, edited_at=event.at) if event else status


def _entries(
    blog: str, content: Content, plan: Plan, edits: dict[str, Happened], gone: dict[str, datetime]
) -> tuple[Entry, ...]:
    found = []
    for article in content.articles:
        if article.blog == blog:
            edit = edits.get(f"{blog}/{article.key}")
            found.append(
                Entry(
                    article=article,
                    at=plan.began - article.ago,
                    url=f"{plan.origin('blogs')}/{blog}/{article.key}",
                    text=edit.text if edit else filled(article.text, plan),
                    edited_at=edit.at if edit else None,
                    gone_at=gone.get(f"{blog}/{article.key}"),
                )
            )
    return tuple(sorted(found, key=lambda one: (one.at, one.article.key), reverse=True))
