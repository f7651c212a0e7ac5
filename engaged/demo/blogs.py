"""The feeds of the three blogs: RSS as WordPress writes it, Atom that says what was deleted, JSON Feed.

Pure: the world comes in, text goes out. Nothing is written here that the world does not hold.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from typing import Any

from engaged.demo.content import Blog
from engaged.demo.markup import of_article
from engaged.demo.pictures.names import address_of
from engaged.demo.world import Entry, World

A_PAGE = 10
FEEDS = {"saltmarsh": "/saltmarsh/feed/", "elsauce": "/elsauce/atom.xml", "pont": "/pont/feed.json"}
TYPES = {
    "saltmarsh": "application/rss+xml; charset=utf-8",
    "elsauce": "application/atom+xml; charset=utf-8",
    "pont": "application/feed+json; charset=utf-8",
}
CAN_DELETE = "elsauce"
"""Atom has a word for "deleted" (RFC 6721). What is missing in RSS and JSON Feed may only be old."""


def feed(world: World, blog: str, page: int) -> str | None:
    """Give a feed, from page 1; None behind the last page."""
    writers = {"saltmarsh": _rss, "elsauce": _atom, "pont": _json}
    entries = alive(world, blog)
    if blog == "saltmarsh":
        entries = entries[(page - 1) * A_PAGE : page * A_PAGE]
    if not entries and page > 1:
        return None
    return writers[blog](world, world.content.blogs[blog], entries)


def alive(world: World, blog: str) -> Sequence[Entry]:
    """Give the articles of a blog that nobody deleted, newest first."""
    return [entry for entry in world.entries[blog] if entry.gone_at is None]


def _rss(world: World, blog: Blog, entries: Sequence[Entry]) -> str:
    items = "".join(_rss_item(entry, blog, world) for entry in entries)
    home = f"{world.plan.origin('blogs')}/{blog.key}/"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>{escape(blog.title)}</title><link>{home}</link>"
        f"<description>{escape(blog.about)}</description><language>{blog.language}</language>"
        f"<generator>https://wordpress.org/?v=6.8</generator>{items}</channel></rss>\n"
    )


def _rss_item(entry: Entry, blog: Blog, world: World) -> str:
    tags = "".join(f"<category>{escape(tag)}</category>" for tag in entry.article.tags)
    body = _body(entry, blog, world)
    return (
        f"<item><title>{escape(entry.article.title)}</title><link>{entry.url}</link>"
        f'<guid isPermaLink="false">{entry.url}</guid><dc:creator>{escape(blog.author)}</dc:creator>'
        f"<pubDate>{format_datetime(entry.at)}</pubDate>{tags}"
        f"<description>{escape(entry.text[:200])}</description>"
        f"<content:encoded>{escape(body)}</content:encoded></item>"
    )


def _atom(world: World, blog: Blog, entries: Sequence[Entry]) -> str:
    home = f"{world.plan.origin('blogs')}/{blog.key}/"
    deleted = [entry for entry in world.entries[blog.key] if entry.gone_at]
    changed = [_changed(entry) for entry in world.entries[blog.key]]
    tombstones = "".join(
        f'<at:deleted-entry ref="{entry.url}" when="{_stamp(entry.gone_at)}"/>'
        for entry in deleted
        if entry.gone_at
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"'
        f' xmlns:at="http://purl.org/atompub/tombstones/1.0" xml:lang="{blog.language}">'
        f"<title>{escape(blog.title)}</title><id>{home}</id><updated>{_stamp(max(changed))}</updated>"
        f'<link rel="alternate" href="{home}"/>'
        f'<link rel="self" href="{world.plan.origin("blogs")}{FEEDS[blog.key]}"/>'
        f"<author><name>{escape(blog.author)}</name></author>{tombstones}"
        f"{''.join(_atom_entry(entry, blog, world) for entry in entries)}</feed>\n"
    )


def _atom_entry(entry: Entry, blog: Blog, world: World) -> str:
    tags = "".join(f'<category term="{escape(tag)}"/>' for tag in entry.article.tags)
    return (
        f"<entry><title>{escape(entry.article.title)}</title><id>{entry.url}</id>"
        f'<link rel="alternate" href="{entry.url}"/><published>{_stamp(entry.at)}</published>'
        f"<updated>{_stamp(_changed(entry))}</updated>{tags}"
        f'<content type="html">{escape(_body(entry, blog, world))}</content></entry>'
    )


def _json(world: World, blog: Blog, entries: Sequence[Entry]) -> str:
    origin = world.plan.origin("blogs")
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": blog.title,
        "home_page_url": f"{origin}/{blog.key}/",
        "feed_url": f"{origin}{FEEDS[blog.key]}",
        "language": blog.language,
        "authors": [{"name": blog.author}],
        "items": [_json_item(entry, blog, world) for entry in entries],
    }
    return json.dumps(document, ensure_ascii=False, indent=1)


def _json_item(entry: Entry, blog: Blog, world: World) -> dict[str, Any]:
    changed = {"date_modified": _stamp(entry.edited_at)} if entry.edited_at else {}
    return {
        "id": entry.url,
        "url": entry.url,
        "title": entry.article.title,
        "content_html": _body(entry, blog, world),
        "date_published": _stamp(entry.at),
        "tags": list(entry.article.tags),
        **changed,
    }


def _body(entry: Entry, blog: Blog, world: World) -> str:
    pictures = "".join(
        f'<p><img src="{_picture(shot.draw, world)}" alt="{escape(shot.alt or "")}"/></p>'
        for shot in entry.article.pictures
    )
    return pictures + of_article(entry.text, blog.closing)


def _picture(name: str, world: World) -> str:
    return world.plan.origin("blogs") + address_of(name)


def _changed(entry: Entry) -> datetime:
    return max(filter(None, (entry.at, entry.edited_at, entry.gone_at)))


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
