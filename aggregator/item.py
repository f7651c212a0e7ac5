"""What travels along the path: a RawItem, as a collector read it, then an Item, made safe by `clean.py`.

Plain frozen data. Nothing here reads a clock, a network or a database.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, NewType

RawHtml = NewType("RawHtml", str)
"""Markup from outside: text until clean.py has passed it."""

SafeHtml = NewType("SafeHtml", str)
"""Markup that clean.py made: nothing else may call this type."""


class Kind(StrEnum):
    POST = "post"
    ARTICLE = "article"
    COMMENT = "comment"
    TALK = "talk"
    WEBINAR = "webinar"
    OCCASION = "occasion"
    RESOURCE = "resource"
    STORY = "story"
    QUOTE = "quote"


class State(StrEnum):
    PENDING = "pending"
    HELD = "held"
    APPROVED = "approved"
    REJECTED = "rejected"
    TAKEN_DOWN = "taken-down"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    HOLD = "hold"
    FEATURE = "feature"
    UNFEATURE = "unfeature"
    AMEND = "amend"
    TAKE_DOWN = "take-down"
    RESTORE = "restore"
    REQUEUE = "requeue"
    WITHDRAW = "withdraw"
    UNDO = "undo"


class Precision(StrEnum):
    """How exactly a time is known: a day is a day and is never shown with an hour."""

    SECOND = "second"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class Flag(StrEnum):
    """What was noticed about an item on the way. Moderators read it as a reason or a note."""

    PROTECTED = "protected"  # its server asks readers for a password
    SENSITIVE = "sensitive"  # its author or network marked it so
    FUTURE_DATE = "future-date"  # it claimed a time to come: the time of collecting stands instead
    ODD_DATE = "odd-date"  # it claimed a time nobody can read or believe
    CUT = "cut"  # a field was longer than we keep
    OPTED_OUT = "opted-out"  # its author asks not to be collected or indexed
    NOT_INDEXABLE = "not-indexable"  # its author does not want to be found by searching
    NO_STABLE_ID = (
        "no-stable-id"  # its feed gives it no id and no link: an edit may look like a new item
    )


CLOSED_BY_ITS_AUTHOR = frozenset({Flag.PROTECTED, Flag.OPTED_OUT})


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote it.

    Attributes:
        key: scoped identity for objections and history, such as `feed:blog.example/ana`; lower case.
    """

    name: str = ""
    handle: str = ""
    url: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """A picture, film, sound or file of an item.

    Attributes:
        type: image, video, audio or file.
        alt: None: nobody wrote one; "": decorative.
        credit, licence: as its source names them, such as "Photo: Ana Lee" and "CC BY 4.0".
        poster: of a film: the address of a picture of it.
        duration_s: how long a film or a sound is, in seconds.
        captions: whether a film has them; None: nobody says.
    """

    url: str
    type: str
    mime: str = ""
    alt: str | None = None
    width: int | None = None
    height: int | None = None
    credit: str = ""
    licence: str = ""
    poster: str = ""
    duration_s: int | None = None
    captions: bool | None = None


@dataclass(frozen=True, slots=True)
class Occasion:
    """When and where something takes place.

    Attributes:
        starts_at, ends_at: aware UTC; a whole day begins at its midnight in `zone`, and the end is the
            moment it is over (RFC 5545, section 3.6.1). `ends_at` is None when nobody says.
        zone: IANA name of the zone in which it is announced.
        location: where people meet; "" when only online or unknown.
        joining_url: where people join online; "" when not.
    """

    starts_at: datetime
    ends_at: datetime | None = None
    zone: str = "UTC"
    is_all_day: bool = False
    location: str = ""
    joining_url: str = ""
    is_cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Engagement:
    """Counts as the network gave them; None: it does not say. Kept outside revisions."""

    likes: int | None = None
    shares: int | None = None
    replies: int | None = None


@dataclass(frozen=True, slots=True)
class RawItem:
    """One post, article or occasion as a collector read it: foreign, untrusted, unbounded.

    Attributes:
        identities: strongest first; each already scoped (`guid:HOST:VALUE`, `link:…`, a `uri`).
        url: where readers find the original, as found; may be relative to `base`.
        url_is_shared: several entries of one fetch point to it, so it identifies none of them.
        base: what relative links inside `html` are relative to.
        html: the body as markup. Use `text` instead when the network gives plain text.
        published: the author's claim, as written; clean.py reads and judges it.
        language: as the network says, such as `pt-BR`; "" when it does not.
        label: the source's own word for its kind ("News", "Webinar").
        full: False when the source says that this is only an excerpt.
        native: what the server that was asked calls it, to ask for it again; "" when it cannot be.
        occasion: as announced: a naive time is what clocks show in its zone; zone "" means nobody says.
    """

    identities: tuple[str, ...]
    kind: Kind = Kind.POST
    url: str = ""
    base: str = ""
    title: str = ""
    title_is_html: bool = False
    html: RawHtml = RawHtml("")
    text: str = ""
    author: Author = Author()
    media: tuple[Media, ...] = ()
    tags: tuple[str, ...] = ()
    language: str = ""
    published: str | datetime | None = None
    updated: str | datetime | None = None
    in_reply_to: str = ""
    warning: str = ""
    label: str = ""
    full: bool = True
    flags: frozenset[Flag] = frozenset()
    engagement: Engagement | None = None
    url_is_shared: bool = False
    native: str = ""
    occasion: Occasion | None = None


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """One page of a feed, as `parse.py` read it.

    Attributes:
        items: in the feed's own order, at most 500, each with its identities.
        skipped: a reason and what it concerns, for each entry that was not taken.
        gone: identities that the feed itself says were deleted (RFC 6721).
        next_url: absolute, where the feed says that it goes on (RFC 5005, JSON Feed); "" when not.
        newest: aware UTC, the latest readable date of its entries; None when there is none.
        is_wordpress: WordPress made it, so `?paged=2` asks for its second page.
    """

    title: str
    items: tuple[RawItem, ...]
    skipped: tuple[tuple[str, str], ...] = ()
    gone: tuple[str, ...] = ()
    next_url: str = ""
    newest: datetime | None = None
    is_wordpress: bool = False


@dataclass(frozen=True, slots=True)
class ParsedStatuses:
    """One page of posts of a server with Mastodon's API, as `parse.py` read it.

    Attributes:
        items: the public posts, in the server's own order, newest first.
        ids: what the server calls every post of the page, taken or not, in its order; to page on with.
        skipped: a reason and what it concerns, for each post that was not taken.
        closed: ids of posts that the server itself says are public no more.
        newest: aware UTC, the latest readable date of the page; None when there is none.
    """

    items: tuple[RawItem, ...] = ()
    ids: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    closed: tuple[str, ...] = ()
    newest: datetime | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """Our one form of a post, article, webinar or story: safe, bounded and comparable.

    What it holds is what one revision stores; a stored revision reads back as an equal Item.

    Attributes:
        url: canonical, absolute, http(s); "" when the source gave none.
        title: plain text, one line, at most 500 characters.
        html: safe markup of the body, at most 100,000 characters.
        text: the body as plain text, paragraphs apart by a blank line, at most 50,000 characters.
        links: where the body points, absolute http(s), in order, without repeats, at most 100.
        tags: NFKC, case-folded, without #, sorted, at most 50.
        language: a lower-case BCP 47 tag such as `pt-br`, or "".
        direction: `ltr` or `rtl`.
        published_at: aware UTC, never in the future of its collecting; None when unknown.
        warning: the author's own content warning, plain text.
    """

    kind: Kind = Kind.POST
    url: str = ""
    title: str = ""
    html: SafeHtml = SafeHtml("")
    text: str = ""
    author: Author = Author()
    links: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    tags: tuple[str, ...] = ()
    language: str = ""
    direction: str = "ltr"
    published_at: datetime | None = None
    precision: Precision = Precision.SECOND
    updated_at: datetime | None = None
    in_reply_to: str = ""
    warning: str = ""
    label: str = ""
    full: bool = True
    flags: frozenset[Flag] = field(default_factory=frozenset)
    occasion: Occasion | None = None

    @property
    def hash(self) -> str:
        """Give 64 hexadecimal digits over what a reader would notice: words, links, tags, alt texts,
        and when and where something takes place.

        Counts, media addresses and mere markup stay out: they change without anybody having edited.
        """
        # Cleaned text holds no control characters: these cannot be mistaken for a part of it.
        alts = ["\x00" if media.alt is None else media.alt for media in self.media]
        lists = ["\x1f".join(part) for part in (self.links, self.tags, alts)]
        closed = "\x1f".join(sorted(self.flags & CLOSED_BY_ITS_AUTHOR))
        noticed = "\x1e".join((self.title, self.text, *lists, self.warning, closed))
        if self.occasion:  # only then: what was stored before there were any keeps its hash
            noticed += "\x1e" + json.dumps(_written(self.occasion))
        return sha256(noticed.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Found:
    """What clean.py hands on: an item, all its identities, strongest first, and its counts."""

    item: Item
    identities: tuple[str, ...]
    engagement: Engagement | None = None
    native: str = ""


NUMBER = re.compile(r"\d+")


def differs_in_substance(old: Item, new: Item) -> bool:
    """Say whether an edit touched what readers act upon: links, media, numbers, warnings, occasions."""

    def substance(item: Item) -> tuple[object, ...]:
        numbers = sorted(NUMBER.findall(f"{item.title} {item.text}"))
        sensitive = item.flags & {Flag.SENSITIVE}
        return item.links, len(item.media), numbers, item.warning, sensitive, item.occasion

    return substance(old) != substance(new)


def is_withdrawn_by(old: Item, new: Item) -> bool:
    """Say whether the origin took back its public visibility between two states of one item."""
    return bool((new.flags - old.flags) & CLOSED_BY_ITS_AUTHOR)


def _fields(part: Author | Media | Occasion) -> dict[str, Any]:
    # Not dataclasses.asdict: it copies deeply, which took a quarter of the time of storing an item.
    return {name: getattr(part, name) for name in part.__slots__}


def _written(occasion: Occasion) -> dict[str, Any]:
    ends_at = occasion.ends_at.isoformat() if occasion.ends_at else None
    return {**_fields(occasion), "starts_at": occasion.starts_at.isoformat(), "ends_at": ends_at}


def _read_occasion(written: Mapping[str, Any]) -> Occasion:
    ends_at = datetime.fromisoformat(written["ends_at"]) if written["ends_at"] else None
    times = {"starts_at": datetime.fromisoformat(written["starts_at"]), "ends_at": ends_at}
    return Occasion(**{**written, **times})


def as_facts(item: Item) -> dict[str, Any]:
    """Give the parts of an item that need no column of their own, ready for JSON."""
    occasion = {"occasion": _written(item.occasion)} if item.occasion else {}
    return {
        **occasion,
        "author": _fields(item.author),
        "links": list(item.links),
        "media": [_fields(media) for media in item.media],
        "flags": sorted(item.flags),
        "in_reply_to": item.in_reply_to,
        "warning": item.warning,
        "label": item.label,
        "full": item.full,
    }


def from_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Give the keyword arguments of Item that `as_facts` wrote down."""
    occasion = facts.get("occasion")
    return {
        "occasion": _read_occasion(occasion) if occasion else None,
        "author": Author(**facts["author"]),
        "links": tuple(facts["links"]),
        "media": tuple(Media(**media) for media in facts["media"]),
        "flags": frozenset(Flag(flag) for flag in facts["flags"]),
        "in_reply_to": facts["in_reply_to"],
        "warning": facts["warning"],
        "label": facts["label"],
        "full": facts["full"],
    }
