"""How much is shown, of whom, in which languages: numbers about all that is public of a campaign."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from aggregator.store.content import NETWORK
from aggregator.store.models import item, revision, source
from aggregator.store.selection import last_word, tags_of_revision
from aggregator.store.visible import APPROVED, IS_SHOWN


@dataclass(frozen=True, slots=True)
class Stats:
    """What is shown of a campaign, in numbers.

    Attributes:
        authors: how many different people or organisations wrote it.
        libraries: how many different ones moderators named.
        languages, networks: how many posts each has, the most first.
        newest: aware UTC, of the newest post; None when nothing is shown.
    """

    posts: int
    authors: int
    libraries: int
    languages: tuple[tuple[str, int], ...] = ()
    networks: tuple[tuple[str, int], ...] = ()
    newest: datetime | None = None


def tags(connection: Connection, slug: str, limit: int) -> tuple[tuple[str, int], ...]:
    """Give the tags of shown posts and how many have each, most used first."""
    each = tags_of_revision()
    name: ColumnElement[str] = each.c.value
    counted = (
        select(name.label("name"), func.count().label("times"))
        .select_from(item)
        .join(revision, APPROVED)
        .join(each, onclause=name.is_not(None))
        .where(item.c.campaign == slug, IS_SHOWN)
    )
    return _most_first(connection, counted.group_by(name), limit)


def stats(connection: Connection, slug: str) -> Stats:
    """Count what is shown."""
    shown = (item.c.campaign == slug, IS_SHOWN)
    total = connection.execute(
        select(
            func.count().label("posts"),
            func.count(func.nullif(item.c.author_key, "").distinct()).label("authors"),
            func.max(item.c.sort_at).label("newest"),
        ).where(*shown)
    ).one()
    word = last_word("library").label("word")
    libraries = connection.scalars(select(word).where(*shown, word.is_not(None)).distinct())
    times = func.count().label("times")
    languages = (
        select(revision.c.language.label("name"), times)
        .select_from(item)
        .join(revision, APPROVED)
        .where(*shown, revision.c.language != "")
        .group_by(revision.c.language)
    )
    networks = (
        select(NETWORK.label("name"), times)
        .select_from(item)
        .join(source, source.c.id == item.c.source_id)
        .where(*shown)
        .group_by(NETWORK)
    )
    return Stats(
        posts=total.posts,
        authors=total.authors,
        libraries=len(set(libraries) - {""}),
        languages=_most_first(connection, languages),
        networks=_most_first(connection, networks),
        newest=total.newest,
    )


def _most_first(
    connection: Connection, counted: Select[Any, int], limit: int | None = None
) -> tuple[tuple[str, int], ...]:
    rows = connection.execute(counted).all()
    ranked = sorted(((row.name, row.times) for row in rows), key=lambda one: (-one[1], one[0]))
    return tuple(ranked[:limit])
