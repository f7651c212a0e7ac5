"""A raw item made safe and comparable: the one place where markup from outside becomes SafeHtml.

Pure: the clock is handed in and nothing is fetched. What is too much is cut and flagged; what cannot be
true (a date to come) or is none (a link that hides where it leads) is left out. No text makes it raise.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from aggregator.dates import judge_date
from aggregator.item import Author, Engagement, Flag, Found, Item, Kind, Media, RawItem, SafeHtml
from aggregator.links import (
    absolute,
    canonical_link,
    host_of,
    identity_of_link,
    is_home_page,
    place_in_page,
)
from aggregator.markup import Body, body_of, markup_of, words_of
from aggregator.occasions import judged
from aggregator.tags import fold_tag
from aggregator.text import direction, hashtags, language_tag, one_line, shorten, tag

__all__ = ["clean", "tag"]

TITLE_LIMIT = 500
TEXT_LIMIT = 50_000
TAG_LIMIT = 50
MEDIA_LIMIT = 50
NAME_LIMIT = 200
NOTE_LIMIT = 500  # a content warning, a label
ALT_LIMIT = 1_500
ADDRESS_LIMIT = 2_000
KEY_LIMIT = 300
NATIVE_LIMIT = 300
IDENTITY_LIMIT = 500  # at four bytes each it must fit an index entry of PostgreSQL: 2,704 bytes
COUNT_LIMIT = 10**12

_MEDIA_TYPES = frozenset({"image", "video", "audio", "file"})
_MIME = re.compile(r"[a-z0-9.+-]{1,50}/[a-z0-9.+-]{1,80}")


def clean(raw: RawItem, *, home: str, now: datetime) -> Found:
    """Give the item that a raw item means, with all its identities and its counts.

    Args:
        home: host of the source, `blog.example` or `blog.example:8080`. A link to it is an identity; a
            link to elsewhere is what somebody recommends, and others may recommend it too.
        now: the moment of collecting, aware; nothing was published after it.

    Returns:
        At least one identity. Without id and link that is a digest of title, date and text, and the item
        is flagged `no-stable-id`: an edit of it will look like a new item.
    """
    bounded = _Bounded()
    base = absolute(raw.base) or absolute(raw.url)
    published = judge_date(raw.published, now)
    content = _content(raw, base, home, bounded)
    flags = set(raw.flags) | ({Flag.CUT} if bounded.is_cut else set())
    if published.flag:
        flags.add(published.flag)
    if raw.occasion and not content["occasion"]:
        flags.add(Flag.ODD_DATE)
    identities = _identities(raw, content["url"], home)
    if not identities:
        identities = (_digest(content, raw, home),)
        flags.add(Flag.NO_STABLE_ID)
    item = Item(
        **content,
        published_at=published.at,
        precision=published.precision,
        updated_at=judge_date(raw.updated, now).at,
        flags=frozenset(flags),
    )
    native = one_line(raw.native)
    # One that was cut would ask for another post.
    native = native if len(native) <= NATIVE_LIMIT else ""
    return Found(item, identities, _engagement(raw.engagement), native)


class _Bounded:
    """Gives texts no longer than they may be, and remembers whether one was."""

    def __init__(self) -> None:
        self.is_cut = False

    def __call__(self, text: str, limit: int) -> str:
        self.is_cut = self.is_cut or len(text) > limit
        return shorten(text, limit)


def _content(raw: RawItem, base: str, home: str, bounded: _Bounded) -> dict[str, Any]:
    """Give all of an item but its dates and flags, as the arguments of Item."""
    url = canonical_link(raw.url, base)
    place = place_in_page(raw.url, base)
    # What a server shows instead of a protected post is its password form: none of it comes in.
    is_open = Flag.PROTECTED not in raw.flags
    body = body_of(raw.html or markup_of(raw.text), base, url) if is_open else Body()
    bounded.is_cut = bounded.is_cut or body.is_cut
    title = bounded(one_line(words_of(raw.title) if raw.title_is_html else raw.title), TITLE_LIMIT)
    text = bounded(body.text, TEXT_LIMIT)
    language = language_tag(raw.language)
    occasion = judged(raw.occasion, base) if raw.occasion and is_open else None
    return {
        "kind": _kind(raw.kind, occasion is not None),
        "occasion": occasion,
        "url": f"{url}#{place}" if place else url,
        "title": title,
        "html": SafeHtml(body.html),
        "text": text,
        "author": _author(raw.author, home, base, bounded),
        "links": body.links,
        "media": _media((*raw.media, *body.pictures), base, bounded) if is_open else (),
        "tags": _tags([*raw.tags, *hashtags(title), *hashtags(text)], bounded),
        "language": language,
        "direction": direction(language, f"{title} {text}"),
        "in_reply_to": one_line(raw.in_reply_to)[:ADDRESS_LIMIT].rstrip(),
        "warning": bounded(one_line(raw.warning), NOTE_LIMIT),
        "label": bounded(one_line(raw.label), NOTE_LIMIT),
        "full": raw.full,
    }


def _kind(claim: Kind, takes_place: bool) -> Kind:
    """Give the kind: what takes place is an occasion, unless somebody only comments on it."""
    if takes_place:
        return claim if claim in (Kind.COMMENT, Kind.TALK, Kind.WEBINAR) else Kind.OCCASION
    return Kind.ARTICLE if claim is Kind.OCCASION else claim


def _author(author: Author, home: str, base: str, bounded: _Bounded) -> Author:
    name, handle = (bounded(one_line(words), NAME_LIMIT) for words in (author.name, author.handle))
    known_as = fold_tag((handle or name).lstrip("@"))
    key = one_line(author.key).casefold() or (f"feed:{home.lower()}/{known_as}" if known_as else "")
    return Author(name, handle, absolute(author.url, base), _indexable(key, KEY_LIMIT))


def _media(media: Iterable[Media], base: str, bounded: _Bounded) -> tuple[Media, ...]:
    """Give the media that have an address, in order, each once, with the first alt text it has."""
    found: dict[str, Media] = {}
    for each in media:
        url = absolute(each.url, base)
        if not url:
            continue
        alt = None if each.alt is None else bounded(one_line(each.alt), ALT_LIMIT)
        if url not in found:
            found[url] = _medium(each, url, alt, absolute(each.poster, base), bounded)
        elif found[url].alt is None:
            found[url] = replace(found[url], alt=alt)
    bounded.is_cut = bounded.is_cut or len(found) > MEDIA_LIMIT
    return tuple(found.values())[:MEDIA_LIMIT]


def _medium(media: Media, url: str, alt: str | None, poster: str, bounded: _Bounded) -> Media:
    mime = media.mime.strip().lower()
    return Media(
        url=url,
        type=media.type if media.type in _MEDIA_TYPES else "file",
        mime=mime if _MIME.fullmatch(mime) else "",
        alt=alt,
        width=_size(media.width),
        height=_size(media.height),
        credit=bounded(one_line(media.credit), NOTE_LIMIT),
        licence=bounded(one_line(media.licence), NOTE_LIMIT),
        poster=poster,
        duration_s=_length(media.duration_s),
        captions=media.captions,
    )


def _size(pixels: int | None) -> int | None:
    return pixels if pixels is not None and 0 < pixels < 100_000 else None


def _length(seconds: int | None) -> int | None:
    return seconds if seconds is not None and 0 < seconds < 1_000_000 else None


def _tags(written: Iterable[str], bounded: _Bounded) -> tuple[str, ...]:
    tags = sorted({tag(each) for each in written} - {""})
    bounded.is_cut = bounded.is_cut or len(tags) > TAG_LIMIT
    return tuple(tags[:TAG_LIMIT])


def _identities(raw: RawItem, url: str, home: str) -> tuple[str, ...]:
    given = [_indexable(identity) for each in raw.identities if (identity := one_line(each))]
    page, _, place = url.partition("#")
    if not raw.url_is_shared and host_of(page) == home.lower() and not is_home_page(page):
        # Comments, and the entries of a page of news, differ in nothing but the fragment: without it
        # their link would be that of the whole page, and they would become one item.
        if not place:
            given.append(_indexable(f"link:{identity_of_link(page)}"))
        elif not given:
            given.append(_indexable(f"link:{identity_of_link(page)}#{place}"))
    return tuple(dict.fromkeys(given))


def _indexable(identity: str, limit: int = IDENTITY_LIMIT) -> str:
    if len(identity) <= limit:
        return identity
    return f"{identity[: limit - 65]}…{sha256(identity.encode()).hexdigest()}"


def _digest(content: dict[str, Any], raw: RawItem, home: str) -> str:
    """Give what tells an item without id and link from its neighbours.

    The date goes in as it was written: one that lies in the future reads differently on each visit.
    """
    says = content["text"] or "".join(media.url for media in content["media"])
    parts = (content["title"], one_line(str(raw.published or "")), says)
    return f"digest:{home.lower()}:{sha256(chr(10).join(parts).encode()).hexdigest()}"


def _engagement(counts: Engagement | None) -> Engagement | None:
    if counts is None:
        return None
    return Engagement(_count(counts.likes), _count(counts.shares), _count(counts.replies))


def _count(number: int | None) -> int | None:
    return min(number, COUNT_LIMIT) if number is not None and number >= 0 else None
