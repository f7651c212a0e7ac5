"""The invented campaign, read from the files in `campaign/`: people, posts, articles. Undated yet."""

import tomllib
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from importlib.resources import files
from typing import Any

HASHTAG = "EngagedLibraries"
NETWORKS = ("lamplight", "harbour")
_UNITS = {"d": "days", "h": "hours", "m": "minutes"}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account on one of the two networks."""

    handle: str
    name: str
    network: str
    about: str
    indexable: bool = True
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture of a post. `draw` names it; alt None: nobody described it."""

    draw: str
    alt: str | None = None


@dataclass(frozen=True, slots=True)
class First:
    """What the two invented moderators did with something before anybody looked; "" nothing yet.

    Attributes:
        then: approve, feature, hold or reject.
        library, place: what they added to it.
    """

    then: str = ""
    reason: str = ""
    note: str = ""
    library: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """A post on one of the networks.

    Attributes:
        ago: how long before the demo's first start it was written; None: it comes while the demo runs.
        html: sent exactly like this, instead of `text`.
        answers: key of the post that it answers.
        also_there: the other network has it, too.
        repeat: a word that stands 430 times behind the text, without a space.
        afterwards: what its author does once it was moderated: edit or delete; "" nothing.
        edited: its words after that edit.
    """

    key: str
    by: str
    language: str
    text: str = ""
    ago: timedelta | None = None
    html: str = ""
    tags: tuple[str, ...] = ()
    pictures: tuple[Shot, ...] = ()
    warning: str = ""
    is_sensitive: bool = False
    answers: str = ""
    also_there: bool = False
    repeat: str = ""
    afterwards: str = ""
    edited: str = ""
    first: First = First()


@dataclass(frozen=True, slots=True)
class Article:
    """An article of one of the blogs."""

    blog: str
    key: str
    title: str
    text: str
    ago: timedelta
    tags: tuple[str, ...] = ()
    pictures: tuple[Shot, ...] = ()
    afterwards: str = ""
    first: First = First()


@dataclass(frozen=True, slots=True)
class Blog:
    """A blog. `closing` stands under each of its articles."""

    key: str
    title: str
    author: str
    language: str
    about: str
    closing: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """All of the campaign; `later` are the posts that come while the demo runs, in their order."""

    people: dict[str, Person]
    posts: tuple[Post, ...]
    later: tuple[Post, ...]
    blogs: dict[str, Blog]
    articles: tuple[Article, ...] = field(default=())


@cache
def content() -> Content:
    """Read everything; the files belong to the program, so it is read once."""
    folder = files("engaged.demo") / "campaign"
    names = sorted(place.name for place in folder.iterdir() if place.name.startswith("posts."))
    written = _table("articles.toml")
    people = [Person(**row) for row in _table("people.toml")["person"]]
    blogs = [Blog(**row) for row in written["blog"]]
    return Content(
        people={person.handle: person for person in people},
        posts=tuple(post for name in names for post in _posts(name)),
        later=tuple(_posts("later.toml")),
        blogs={blog.key: blog for blog in blogs},
        articles=tuple(Article(**_settled(row)) for row in written["article"]),
    )


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((files("engaged.demo") / "campaign" / name).read_text("utf-8"))


def _posts(name: str) -> list[Post]:
    table = _table(name)
    usual = {"language": table["language"]} if "language" in table else {}
    return [Post(**{**usual, **_settled(row)}) for row in table["post"]]


def _settled(row: dict[str, Any]) -> dict[str, Any]:
    """Give a row of a file as the arguments of Post or Article."""
    decided = {name: row.pop(name) for name in First.__slots__ if name in row}
    for name in ("text", "edited"):
        if name in row:
            row[name] = row[name].strip()
    if "ago" in row:
        row["ago"] = ago(row["ago"])
    return {
        **row,
        "tags": tuple(row.get("tags", ())),
        "pictures": tuple(Shot(**picture) for picture in row.get("pictures", ())),
        "first": First(**decided),
    }


def ago(written: str) -> timedelta:
    """Read `3d 2h 15m`."""
    return timedelta(**{_UNITS[part[-1]]: int(part[:-1]) for part in written.split()})
