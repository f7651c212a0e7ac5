"""Mastodon's API over the invented posts: what it gives for a hashtag, for ids, and about itself.

Pure: a question goes in, JSON's values come out. Traps of the real thing are kept: `min_id` gives what
is next above and `since_id` what is newest, `Link` forgets every hashtag but the first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

from engaged.demo.content import Person, Shot
from engaged.demo.markup import of_status, tags_of
from engaged.demo.pictures.names import address_of, size_of
from engaged.demo.world import Status, World

MOST, USUAL = 40, 20
MOST_AT_ONCE = 20  # ids in one question; Mastodon refuses more
MOST_TAGS = 4
NAMES = {"lamplight": "Lamplight", "harbour": "Harbour"}
DOMAINS = {"lamplight": "lamplight.example", "harbour": "harbour.example"}

Query = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API says: a status code, JSON's values, and headers besides the usual ones."""

    code: int
    body: Any
    headers: tuple[tuple[str, str], ...] = ()


def by_hashtag(world: World, server: str, tag: str, query: Query) -> Answer:
    """Give a page of posts with a hashtag, newest first."""
    limit = _limit(query)
    chosen = [one for one in world.statuses[server] if _is_asked_for(one, tag.lower(), query)]
    page = _page(chosen, query, limit)
    path = f"{world.plan.origin(server)}/api/v1/timelines/tag/{tag}"
    link = _link(path, page, query, limit)
    return Answer(200, [as_json(one, world) for one in page], link)


def by_ids(world: World, server: str, query: Query) -> Answer:
    """Give those of the asked posts that there are."""
    asked = [*query.get("id[]", ()), *query.get("id", ())]
    if len(asked) > MOST_AT_ONCE:
        return Answer(422, {"error": "Validation failed"})
    found = [world.status(server, _number(each)) for each in dict.fromkeys(asked)]
    return Answer(200, [as_json(one, world) for one in found if one])


def by_id(world: World, server: str, number: str) -> Answer:
    status = world.status(server, _number(number))
    return Answer(200, as_json(status, world)) if status else Answer(404, {"error": "Record not found"})


def about(world: World, server: str) -> Answer:
    """Give what a server says of itself: who may read, and which rules hold."""
    open_to_all = {"local": "public", "remote": "public"}
    return Answer(
        200,
        {
            "domain": DOMAINS[server],
            "title": NAMES[server],
            "version": "4.6.4",
            "description": "An invented network for the demo of Engaged.",
            "languages": ["en"],
            "usage": {"users": {"active_month": len(world.content.people)}},
            "configuration": {
                "urls": {"streaming": "", "about": f"{world.plan.origin(server)}/"},
                "statuses": {"max_characters": 5000, "max_media_attachments": 4},
                "timelines_access": {"live_feeds": open_to_all, "hashtag_feeds": open_to_all},
            },
            "registrations": {"enabled": False, "approval_required": False},
            "api_versions": {"mastodon": 11},
            "rules": [],
        },
    )


def as_json(status: Status, world: World) -> dict[str, Any]:
    """Give a post in the shape of Mastodon's Status entity."""
    seed = crc32(status.key.encode())
    answered = world.by_key(status.server, status.post.answers) if status.post.answers else None
    origin = world.plan.origin(status.server)
    return {
        "id": str(status.id),
        "created_at": _moment(status.at),
        "in_reply_to_id": str(answered.id) if answered else None,
        "in_reply_to_account_id": _account_id(answered.author) if answered else None,
        "sensitive": status.post.is_sensitive or bool(status.post.warning),
        "spoiler_text": status.post.warning,
        "visibility": "public",
        "language": status.post.language,
        "uri": status.uri,
        "url": status.url,
        "replies_count": len(world.answers_to(status)),
        "reblogs_count": seed % 23,
        "favourites_count": seed % 61,
        "quotes_count": 0,
        "edited_at": _moment(status.edited_at) if status.edited_at else None,
        "content": of_status(status, world),
        "reblog": None,
        "account": _account(status.author, world),
        "media_attachments": [_picture(shot, status, world) for shot in status.post.pictures],
        "mentions": [],
        "tags": [{"name": tag, "url": f"{origin}/tags/{tag}"} for tag in tags_of(status)],
        "emojis": [],
        "card": None,
        "poll": None,
    }


def _is_asked_for(status: Status, tag: str, query: Query) -> bool:
    tags = set(tags_of(status))
    some, every, none = (_tags_of(query, mode) for mode in ("any", "all", "none"))
    return (
        bool(tags & {tag, *some})
        and every <= tags
        and not tags & none
        and (status.is_local or not _is_on(query, "local"))
        and (not status.is_local or not _is_on(query, "remote"))
        and (bool(status.post.pictures) or not _is_on(query, "only_media"))
    )


def _tags_of(query: Query, mode: str) -> set[str]:
    return {tag.lower() for tag in query.get(f"{mode}[]", ())[:MOST_TAGS]}


def _page(chosen: Sequence[Status], query: Query, limit: int) -> list[Status]:
    below, above = (_number(_last(query, name)) for name in ("max_id", "since_id"))
    if _last(query, "max_id"):
        chosen = [one for one in chosen if one.id < below]
    if cursor := _last(query, "min_id"):
        nearest = [one for one in reversed(chosen) if one.id > _number(cursor)][:limit]
        return nearest[::-1]
    return [one for one in chosen if one.id > above][:limit]


def _link(path: str, page: Sequence[Status], query: Query, limit: int) -> tuple[tuple[str, str], ...]:
    if not page:
        return ()
    kept = [("limit", str(limit)), *(("local", "true") for _ in [1] if _is_on(query, "local"))]
    onward = urlencode([*kept, ("max_id", str(page[-1].id))])
    back = urlencode([*kept, ("min_id", str(page[0].id))])
    return (("Link", f'<{path}?{onward}>; rel="next", <{path}?{back}>; rel="prev"'),)


def _account(person: Person, world: World) -> dict[str, Any]:
    """The host in `acct` is the name people know, not the port at which this computer answers."""
    url = f"{world.plan.origin(person.network)}/@{person.handle}"
    return {
        "id": _account_id(person),
        "username": person.handle,
        "acct": f"{person.handle}@{DOMAINS[person.network]}",
        "display_name": person.name,
        "locked": False,
        "bot": person.is_bot,
        "discoverable": person.indexable,
        "indexable": person.indexable,
        "noindex": not person.indexable,
        "group": False,
        "created_at": "2024-05-01T00:00:00.000Z",
        "note": person.about,
        "url": url,
        "uri": f"{world.plan.origin(person.network)}/users/{person.handle}",
        "fields": [],
        "emojis": [],
    }


def _picture(shot: Shot, status: Status, world: World) -> dict[str, Any]:
    url = world.plan.origin(status.author.network) + address_of(shot.draw)
    width, height = size_of(shot.draw)
    return {
        "id": str(crc32(f"{status.key}/{shot.draw}".encode())),
        "type": "image",
        "url": url,
        "preview_url": url,
        "remote_url": None if status.is_local else url,
        "description": shot.alt,
        "blurhash": None,
        "meta": {"original": {"width": width, "height": height, "size": f"{width}x{height}"}},
    }


def _account_id(person: Person) -> str:
    return str(crc32(person.handle.encode()))


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _limit(query: Query) -> int:
    wanted = _number(_last(query, "limit"))
    return min(wanted, MOST) if wanted > 0 else USUAL


def _number(written: str) -> int:
    """Mastodon reads what is no number as 0."""
    return int(written) if written.isascii() and written.isdigit() and len(written) < 20 else 0


def _last(query: Query, name: str) -> str:
    return query[name][-1] if query.get(name) else ""


def _is_on(query: Query, name: str) -> bool:
    return _last(query, name).lower() in ("true", "1", "t", "on")
