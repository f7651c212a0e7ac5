"""What every dialect is read into, and how that becomes an Entry: the same for all of them.

Nothing here judges: links, dates and markup stay as they were written, only bounded. clean.py judges.
"""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parseaddr, parsedate_to_datetime
from functools import partial
from html import unescape
from typing import Literal
from urllib.parse import urljoin

from aggregator.dialects.identity import Entry, identified, scoped
from aggregator.item import (
    Author,
    Engagement,
    Flag,
    Kind,
    Media,
    Occasion,
    ParsedFeed,
    RawHtml,
    RawItem,
)

MOST_ENTRIES = 500
MOST_TAGS = 100
MOST_MEDIA = 50
LONGEST_BODY = 400_000  # clean.py keeps a quarter of it and says so
LONGEST_LINE = 10_000
LONGEST_WORD = 200

# What WordPress writes instead of a protected post's content, and instead of its excerpt.
_PASSWORD_FORM = re.compile(
    r"<form\b[^>]*(?:\bpost-password-form\b|[?&;]?action=postpass\b)", re.IGNORECASE
)
_PASSWORD_EXCERPT = re.compile(
    r"\s*(?:<p>)?There is no excerpt because this is a protected post\.", re.I
)
Fields = dict[str, str]
_TYPE_BY_ENDING = {
    **dict.fromkeys(("avif", "gif", "jpeg", "jpg", "png", "webp"), "image"),
    **dict.fromkeys(("m4v", "mov", "mp4", "webm"), "video"),
    **dict.fromkeys(("flac", "m4a", "mp3", "oga", "ogg", "opus", "wav"), "audio"),
}


@dataclass(slots=True)
class Body:
    """Words of an entry. `base` and `language` are empty unless its own markup gives them."""

    value: str
    is_html: bool = True
    base: str = ""
    language: str = ""


@dataclass(slots=True)
class Draft:
    """One entry while it is being read. Links are absolute where their base is known."""

    guid: str = ""
    guid_is_link: bool = False
    link: str = ""
    title: str = ""
    title_is_html: bool = False
    content: Body | None = None
    summary: Body | None = None
    published: str = ""
    updated: str = ""
    language: str = ""
    authors: list[Author] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    media: list[Media] = field(default_factory=list)
    replies: int | None = None
    in_reply_to: str = ""
    occasion: Occasion | None = None


@dataclass(slots=True)
class FeedDraft:
    """A page of a feed while it is being read. `entries` may stop at MOST_ENTRIES; `count` goes on."""

    dialect: Literal["rss", "atom", "json"]
    title: str = ""
    language: str = ""
    link: str = ""
    generator: str = ""
    next_link: str = ""
    authors: list[Author] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    entries: list[Draft] = field(default_factory=list)
    count: int = 0


def finished(feed: FeedDraft, document: str, home: str) -> ParsedFeed:
    """Give what was read as plain frozen data.

    Args:
        feed: all that its dialect could tell.
        document: the absolute address that the feed was read from.
        home: the host that its ids are scoped to, which stays the same when the feed moves.
    """
    drafts = feed.entries[:MOST_ENTRIES]
    is_wordpress = "wordpress" in feed.generator.lower()
    # A comment feed of WordPress looks like any other; only where its entries point gives it away.
    of_comments = is_wordpress and bool(drafts) and all("#comment-" in draft.link for draft in drafts)
    item = partial(
        _item, feed=feed, document=document, of_comments=of_comments, is_wordpress=is_wordpress
    )
    items, skipped = identified([Entry(draft.guid, item(draft)) for draft in drafts], home)
    if (left_out := max(feed.count, len(feed.entries)) - len(drafts)) > 0:
        skipped.append(("too-many-entries", f"{left_out} more than {MOST_ENTRIES}"))
    return ParsedFeed(
        title=feed.title[:LONGEST_LINE],
        items=tuple(items),
        skipped=tuple(skipped),
        gone=tuple(scoped(guid, home) for guid in feed.gone[:MOST_ENTRIES]),
        next_url=joined(document, feed.next_link) if feed.next_link else "",
        newest=_newest(drafts),
        is_wordpress=is_wordpress,
    )


def _item(
    draft: Draft, feed: FeedDraft, document: str, of_comments: bool, is_wordpress: bool
) -> RawItem:
    body = draft.content or draft.summary or Body("")
    protected = _is_protected(body.value)
    words = "" if protected else body.value[:LONGEST_BODY]
    link = (draft.link or _permalink(draft))[:LONGEST_LINE]
    says_excerpt = feed.dialect != "rss" or is_wordpress
    return RawItem(
        identities=(),
        kind=_kind(draft, of_comments),
        url=link,
        base=_base(body, link, feed, document),
        title=draft.title[:LONGEST_LINE],
        title_is_html=draft.title_is_html,
        html=RawHtml(words) if body.is_html else RawHtml(""),
        text="" if body.is_html else words,
        author=_author(draft.authors or ([] if feed.dialect == "rss" else feed.authors)),
        media=() if protected else _media(draft.media),
        tags=_tags(draft.tags),
        language=(body.language or draft.language or feed.language)[:LONGEST_WORD],
        published=draft.published[:LONGEST_WORD] or draft.updated[:LONGEST_WORD] or None,
        updated=draft.updated[:LONGEST_WORD] or None,
        in_reply_to=draft.in_reply_to or (link.partition("#")[0] if of_comments else ""),
        full=draft.content is not None or draft.summary is None or not says_excerpt,
        flags=frozenset({Flag.PROTECTED}) if protected else frozenset(),
        engagement=None if draft.replies is None else Engagement(replies=draft.replies),
        occasion=None if protected else draft.occasion,
    )


def _kind(draft: Draft, of_comments: bool) -> Kind:
    if of_comments or draft.in_reply_to:
        return Kind.COMMENT
    return Kind.OCCASION if draft.occasion else Kind.ARTICLE


def line(value: str) -> str:
    return " ".join(value[:LONGEST_LINE].split())


def joined(base: str, link: str) -> str:
    """Give a link as an absolute one; as it was when that cannot be done."""
    try:
        return urljoin(base, link.strip())
    except ValueError:
        return link


def person(written: str) -> str:
    """Give the name in a field where RSS wants a mail address; the address is never kept."""
    name = parseaddr(written)[0] if "@" in written else written
    return "" if "@" in name else line(name)


def count_of(value: str) -> int | None:
    """Give a number of replies, when it is a sane one."""
    digits = value.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 9 else None


def media_of(
    url: str,
    mime: str = "",
    medium: str = "",
    alt: str | None = None,
    size: tuple[str, str] = ("", ""),
) -> Media:
    """Give an attached file, its type told by what the feed says, else by how its address ends."""
    kind = medium.lower() or mime.lower().partition("/")[0]
    if kind not in ("image", "video", "audio"):
        ending = url.partition("?")[0].rpartition(".")[2].lower()
        kind = _TYPE_BY_ENDING.get(ending, "file")
    width, height = (count_of(number) for number in size)
    return Media(
        url=url[:LONGEST_LINE],
        type=kind,
        mime=mime[:LONGEST_WORD].lower(),
        alt=None if alt is None else line(alt),
        width=width,
        height=height,
    )


def attached(
    enclosures: Iterable[Fields], files: Sequence[Fields], stand_ins: Iterable[Fields]
) -> list[Media]:
    """Give the files of an entry.

    Args:
        enclosures: with `href` and perhaps `type`.
        files: of Media RSS, with `url`.
        stand_ins: small pictures for a film or a sound, best first; beside a picture they repeat it.
    """
    media = [media_of(file["href"], file.get("type", "")) for file in enclosures if file.get("href")]
    media.extend(_file(file, file.get("medium", "")) for file in files if file.get("url"))
    if not any(medium.type == "image" for medium in media):
        media.extend([_file(file, "image") for file in stand_ins if file.get("url")][:1])
    return media


def _file(file: Fields, medium: str) -> Media:
    size = (file.get("width", ""), file.get("height", ""))
    return media_of(file["url"], file.get("type", ""), medium, file.get("alt"), size)


def looks_like_html(value: str) -> bool:
    """Say whether a line that should be plain text carries markup: dialects and writers disagree."""
    return bool(re.search(r"</\w+>|&#?\w+;|<br\s*/?>", value))


def moment(value: str) -> datetime | None:
    """Give aware UTC for a date of RFC 5322 or ISO 8601, None for any other."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        with suppress(ValueError, TypeError, IndexError, OverflowError):
            found = read(value)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    return None


def _newest(drafts: Iterable[Draft]) -> datetime | None:
    moments = (moment(draft.published or draft.updated) for draft in drafts)
    return max((read for read in moments if read is not None), default=None)


def _is_protected(words: str) -> bool:
    return bool(_PASSWORD_FORM.search(words) or _PASSWORD_EXCERPT.match(words))


def _permalink(draft: Draft) -> str:
    return draft.guid if draft.guid_is_link and draft.guid.startswith(("http://", "https://")) else ""


def _base(body: Body, link: str, feed: FeedDraft, document: str) -> str:
    if body.base:
        return body.base
    if feed.dialect != "atom":
        # No clause says what an RSS description is relative to. It was cut from the page it links to.
        return next((base for base in (link, feed.link) if base.startswith("http")), document)
    return document


def _author(authors: Sequence[Author]) -> Author:
    names = dict.fromkeys(author.name for author in authors if author.name)
    url = authors[0].url if len(authors) == 1 else ""
    return Author(name=line(", ".join(names)), url=url[:LONGEST_LINE]) if authors else Author()


def _media(media: Iterable[Media]) -> tuple[Media, ...]:
    by_url: dict[str, Media] = {}
    for medium in media:
        if medium.url and (medium.url not in by_url or by_url[medium.url].alt is None):
            by_url[medium.url] = medium
    return tuple(by_url.values())[:MOST_MEDIA]


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    words = (unescape(tag).strip()[:LONGEST_WORD] for tag in tags)
    # Some networks write the address of a vocabulary where a word belongs.
    return tuple(dict.fromkeys(word for word in words if word and "://" not in word))[:MOST_TAGS]
