"""Posts as servers with Mastodon's API give them, and what such a server says of itself.

Read for what its relatives send too: Pleroma and Akkoma (letters in ids, keys that are not there),
GoToSocial, Takahē, Pixelfed (numbers for strings, null for lists, dates as numbers). A wrong type is as
good as absent, and one odd post costs itself. Nothing here judges markup: clean.py does.

Source: https://docs.joinmastodon.org/entities/Status/ and /entities/MediaAttachment/
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from html import escape, unescape
from typing import Any
from unicodedata import normalize

from aggregator.dialects.draft import LONGEST_BODY, LONGEST_LINE, LONGEST_WORD, media_of, moment
from aggregator.errors import NotUnderstood
from aggregator.item import Author, Engagement, Flag, Media, ParsedStatuses, RawHtml, RawItem
from aggregator.links import absolute, host_of

Fields = dict[str, Any]

MOST_STATUSES = 500
MOST_OPTIONS = 20
MOST_TAGS = 100
MOST_MEDIA = 50
LONGEST_ID = 100
LONGEST_NOTE = 20_000
LONGEST_COUNT = 15  # digits

_TYPES = {"image": "image", "gifv": "video", "video": "video", "audio": "audio"}
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
_MARKUP = re.compile(r"</?[a-z][^<>]*>|&(?:#\d+|#x[0-9a-f]+|[a-z]+\d*);", re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]*>")
_LINK = re.compile(r"<a\s[^<>]*>", re.IGNORECASE)
_MENTION = re.compile(r"""class=["'][^"'<>]*\b(?:mention|hashtag)\b|rel=["']?tag\b""", re.IGNORECASE)
_LEAVE_ME = re.compile(r"#(?:nobots?|noindex|noarchive)(?!\w)", re.IGNORECASE)
# What may stand in a path: an id is opaque, but one that leads elsewhere is no id.
_ASKABLE = re.compile(r"[A-Za-z0-9_-]+")
# Whatever else is odd about a post, it shows as one of these; it costs the post and not the page.
_ODD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_MILLISECONDS_FROM = 1e11


def read(body: bytes, home: str) -> ParsedStatuses:
    """Give a page of posts. A single post, as `/api/v1/statuses/ID` answers, is a page of one.

    Raises:
        NotUnderstood: it is neither; the sentence says what it looks like.
    """
    written = _listed(_json(body))
    statuses = [each if isinstance(each, dict) else {} for each in written[:MOST_STATUSES]]
    items: list[RawItem] = []
    skipped: list[tuple[str, str]] = []
    for status in statuses:
        if reason := _why_not(status):
            skipped.append((reason, _name(status, home)))
            continue
        try:
            items.append(_item(status, home))
        except _ODD as error:
            skipped.append(("unreadable", f"{_name(status, home)} ({type(error).__name__})"))
    if (left_out := len(written) - len(statuses)) > 0:
        skipped.append(("too-many-entries", f"{left_out} more than {MOST_STATUSES}"))
    return ParsedStatuses(
        items=tuple(_with_own_links(items)),
        ids=tuple(filter(None, map(_id, statuses))),
        skipped=tuple(skipped),
        closed=tuple(filter(None, (_id(status) for status in statuses if _is_closed(status)))),
        newest=max(filter(None, map(_created, statuses)), default=None),
    )


def read_access(body: bytes) -> tuple[str, str]:
    """Give what a server says of its hashtag timelines: of its own people, of others.

    Source: https://docs.joinmastodon.org/entities/Instance/#timelines_access (since 4.5)
    """
    written = _json(body)
    if not isinstance(written, dict):
        raise NotUnderstood("The answer is JSON, but does not describe a server.")
    access = _group(_group(_group(written, "configuration"), "timelines_access"), "hashtag_feeds")
    return _text(access, "local").lower()[:LONGEST_WORD], _text(access, "remote").lower()[:LONGEST_WORD]


def _json(body: bytes) -> Any:
    try:
        return json.loads(body, strict=False)
    except RecursionError:
        raise NotUnderstood("The answer is JSON that is nested too deeply.") from None
    except ValueError as error:
        if body.lstrip()[:1] == b"<":
            raise NotUnderstood("The answer is an HTML page, and no list of posts.") from error
        raise NotUnderstood(f"The answer is no JSON: {error}"[:300]) from error


def _listed(written: Any) -> list[Any]:
    if isinstance(written, list):
        return written
    if isinstance(written, dict):
        if _id(written) and ("account" in written or "content" in written):
            return [written]
        if complaint := _text(written, "error") or _text(written, "message"):
            raise NotUnderstood(f"The answer is an error and no list of posts: {complaint[:200]}")
    raise NotUnderstood("The answer is JSON, but no list of posts.")


def _why_not(status: Fields) -> str:
    """Give the reason why a post is not taken; "" when it is."""
    account = status.get("account")
    if not _id(status) and not _text(status, "uri"):
        return "no-id"
    if "text" in status and "content" not in status:  # so Mastodon hands back what was deleted
        return "deleted"
    if status.get("reblog") not in (None, False, ""):
        return "reblog"
    if _text(status, "visibility") != "public":  # not saying so counts as no
        return "not-public"
    if not isinstance(account, dict) or not _acct(account):
        return "no-author"  # who objected could not be known
    if _is_suspended(account):
        return "suspended"
    has_something = _text(status, "content") or _files(status) or _options(status)
    return "" if has_something else "no-content"


def _is_closed(status: Fields) -> bool:
    """Say whether the server itself says that a post is not public: silence is no such word."""
    return _text(status, "visibility") not in ("", "public") or _is_suspended(_group(status, "account"))


def _is_suspended(account: Fields) -> bool:
    return _is(account, "suspended") or _is(_group(account, "pleroma"), "deactivated")


def _name(status: Fields, home: str) -> str:
    """Give what finds a post again on its server; nothing that it says, for it may not be public."""
    native = _id(status)
    return f"{home}/{native}" if native else _text(status, "uri")[:300]


def _item(status: Fields, home: str) -> RawItem:
    native = _id(status)
    uri, url = absolute(_text(status, "uri")), absolute(_text(status, "url"))
    account = _group(status, "account")
    html, text = _body(status)
    answered = _id(status, "in_reply_to_id")
    return RawItem(
        # By the second one an answer names it, when the same server shows both.
        identities=tuple(
            filter(None, (uri or _old_uri(status), native and f"mastodon:{home}/{native}"))
        ),
        url=url or uri,
        base=url or uri,
        html=RawHtml(html),
        text=text,
        author=_author(account, home),
        media=_media(status),
        tags=tuple(_tags(status)),
        language=_text(status, "language")[:LONGEST_WORD],
        published=_time(status, "created_at"),
        updated=_time(status, "edited_at"),
        in_reply_to=f"mastodon:{home}/{answered}" if answered else "",
        warning=_text(status, "spoiler_text")[:LONGEST_LINE],
        flags=frozenset(_flags(status, account)),
        engagement=_engagement(status),
        # Who writes a post also writes its `url`: where it points to another server than its `uri`, it
        # may be shown, but must not pass for a post of that server.
        url_is_shared=host_of(url or uri) != host_of(uri),
        native=native if _ASKABLE.fullmatch(native) else "",
    )


def _with_own_links(items: list[RawItem]) -> Iterator[RawItem]:
    """Mark links that several posts of the page share: they identify none of them."""
    times = Counter(item.url for item in items if not item.url_is_shared)
    for item in items:
        yield replace(item, url_is_shared=True) if times[item.url] > 1 else item


def _old_uri(status: Fields) -> str:
    """Before ActivityPub, Mastodon's uris were `tag:` (RFC 4151); nothing else of ours begins so."""
    uri = _text(status, "uri")
    return uri[:LONGEST_LINE] if uri.startswith("tag:") else ""


def _author(account: Fields, home: str) -> Author:
    """A local account's `acct` has no host: its own address tells it."""
    user, _, written = _acct(account).partition("@")
    url = absolute(_text(account, "url"))
    host = host_of(f"https://{written}") if written else ""
    host = host or written or host_of(url) or host_of(_text(account, "uri")) or home
    return Author(
        name=_text(account, "display_name")[:LONGEST_LINE] or user,
        handle=f"@{user}@{written.lower() or host}",
        url=url,
        key=f"fedi:{user}@{host}".lower(),
    )


def _acct(account: Fields) -> str:
    return (_text(account, "acct") or _text(account, "username"))[:LONGEST_LINE].lstrip("@")


def _flags(status: Fields, account: Fields) -> Iterator[Flag]:
    if _is(status, "sensitive"):
        yield Flag.SENSITIVE
    if _is(account, "noindex") or _is(account, "limited") or _LEAVE_ME.search(_profile(account)):
        yield Flag.OPTED_OUT
    if len(_list(_group(status, "poll"), "options")) > MOST_OPTIONS:
        yield Flag.CUT
    if account.get("indexable") is False:  # Mastodon's default: a note, nothing that was asked for
        yield Flag.NOT_INDEXABLE


def _profile(account: Fields) -> str:
    """Give the words of somebody's profile: there people write #nobot."""
    rows = [row for row in _list(account, "fields") if isinstance(row, dict)][:20]
    written = [account, *rows]
    notes = (_text(row, name) for row in written for name in ("note", "name", "value"))
    words = (unescape(_TAGS.sub("", note[:LONGEST_NOTE])) for note in notes)
    return normalize("NFKC", "\n".join(words))


def _body(status: Fields) -> tuple[str, str]:
    """Give the words of a post as markup, or as plain text where a server sends that."""
    content = _text(status, "content")[:LONGEST_BODY]
    options = _options(status)
    if content and not _MARKUP.search(content):
        card = "" if "://" in content else _card(status)[0]
        lines = ["\n".join(f"• {option}" for option in options), card]
        return "", "\n\n".join([content, *filter(None, lines)])
    poll = "".join(f"<li>{escape(option)}</li>" for option in options)
    return content + (f"<ul>{poll}</ul>" if poll else "") + _card_link(status, content), ""


def _options(status: Fields) -> list[str]:
    options = [each for each in _list(_group(status, "poll"), "options") if isinstance(each, dict)]
    titles = (_text(option, "title")[:LONGEST_WORD] for option in options[:MOST_OPTIONS])
    return [title for title in titles if title]


def _card_link(status: Fields, content: str) -> str:
    """Give the card's link for a post that has no link of its own.

    Mastodon makes cards of links that the post has, minutes later: to take both would make an edit of
    it, and an edit takes a post out of the public until somebody has looked.
    """
    if any("href" in link.lower() and not _MENTION.search(link) for link in _LINK.findall(content)):
        return ""
    url, title = _card(status)
    return f'<p><a href="{escape(url)}">{escape(title or url)}</a></p>' if url else ""


def _card(status: Fields) -> tuple[str, str]:
    card = _group(status, "card")
    return absolute(_text(card, "url")), _text(card, "title")[:LONGEST_WORD]


def _media(status: Fields) -> tuple[Media, ...]:
    return tuple(_medium(file) for file in _files(status))


def _files(status: Fields) -> list[Fields]:
    """Give the files that have an address: while a server works on one, it has none."""
    files = (file for file in _list(status, "media_attachments") if isinstance(file, dict))
    return [file for file in files if _address(file)][:MOST_MEDIA]


def _address(file: Fields) -> str:
    return _text(file, "url") or _text(file, "remote_url")


def _medium(file: Fields) -> Media:
    mime = _text(_group(file, "pleroma"), "mime_type") or _text(file, "mime_type") or _text(file, "mime")
    size = _group(_group(file, "meta"), "original")
    told = media_of(_address(file), mime)
    kind = _TYPES.get(_text(file, "type").lower(), told.type)
    preview = _text(file, "preview_url")[:LONGEST_LINE]
    return replace(
        told,
        type=kind,
        # The fediverse has no word for "decorative": an empty description is one that nobody wrote.
        alt=_text(file, "description")[:LONGEST_LINE] or None,
        width=_number(size, "width"),
        height=_number(size, "height"),
        poster=preview if kind == "video" and preview != told.url else "",
        duration_s=_number(size, "duration") or None,
    )


def _tags(status: Fields) -> Iterator[str]:
    for tag in _list(status, "tags")[:MOST_TAGS]:
        name = _text(tag, "name") if isinstance(tag, dict) else tag if isinstance(tag, str) else ""
        if name:
            yield name[:LONGEST_WORD]


def _engagement(status: Fields) -> Engagement | None:
    counts = Engagement(
        likes=_number(status, "favourites_count"),
        shares=_number(status, "reblogs_count"),
        replies=_number(status, "replies_count"),
    )
    return counts if counts != Engagement() else None


def _created(status: Fields) -> datetime | None:
    written = _time(status, "created_at")
    return moment(written) if isinstance(written, str) else written


def _time(fields: Fields, name: str) -> str | datetime | None:
    """Give a time as it was written; Pixelfed has sent seconds since 1970, with a fraction."""
    value = fields.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
            return datetime.fromtimestamp(seconds, UTC).replace(microsecond=0)
        except (ValueError, OverflowError, OSError):
            return "a number that is no time"
    return _text(fields, name)[:LONGEST_WORD] or None


def _id(fields: Fields, name: str = "id") -> str:
    """Give what a server calls a post: opaque, never a number to us, though some send one."""
    value = fields.get(name)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    written = str(value) if is_number else _text(fields, name)
    return written if len(written) <= LONGEST_ID else ""


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    return _UNWRITABLE.sub("\ufffd", value).strip() if isinstance(value, str) else ""


def _number(fields: Fields, name: str) -> int | None:
    value = fields.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= LONGEST_COUNT:
        return int(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return int(value) if 0 <= value < 10**LONGEST_COUNT else None


def _is(fields: Fields, name: str) -> bool:
    return fields.get(name) in (True, "true", "1")


def _group(fields: Fields, name: str) -> Fields:
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def _list(fields: Fields, name: str) -> list[Any]:
    value = fields.get(name)
    return value if isinstance(value, list) else []
