"""Bytes of an answer to items. Runs in a child: what comes in may be anything, what goes out is plain
data.

It never fetches and never opens a file. Which dialect a feed is in, its bytes say; the server is not
believed.
"""

import html
import re

from aggregator.dialects import any_xml, json_feed, plain_xml, statuses, xml_text
from aggregator.dialects.draft import FeedDraft, finished, line
from aggregator.errors import NotUnderstood
from aggregator.item import ParsedFeed, ParsedStatuses

_HTML = re.compile(
    r"(?:\s|<!--.*?-->|<\?.*?\?>)*+<(?:!doctype\s+html|html|head|body)\b", re.I | re.DOTALL
)
_TITLE = re.compile(r"<title[^>]*>(.{0,200}?)</title", re.IGNORECASE | re.DOTALL)
_WALL = re.compile(
    r"captcha|just a moment|checking your browser|are you (?:a )?human|cf-chl", re.IGNORECASE
)


def parse_feed(body: bytes, content_type: str, url: str, home: str) -> ParsedFeed:
    """Give what a feed says.

    Args:
        body: as it was sent, decompressed.
        content_type: the header; only its charset is read, and only when there is no byte order mark.
        url: the absolute address that finally answered.
        home: the host of the source, to which ids are scoped.

    Raises:
        NotUnderstood: it is no feed; one sentence in English says what it looks like.
    """
    start = body[:200].lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")
    if not start:
        raise NotUnderstood("The answer is empty.")
    if start[:1] in (b"{", b"["):
        return finished(json_feed.read(body, url), url, home)
    text = xml_text.decoded(body, content_type)
    if not any_xml.is_feed(text):
        raise NotUnderstood(_what_it_is(text))
    return finished(_read_xml(xml_text.without_doctype(text), url), url, home)


def parse_statuses(body: bytes, home: str) -> ParsedStatuses:
    """Give a page of posts, or a single one, as servers with Mastodon's API send them.

    Args:
        home: the host that was asked, to which its ids belong.

    Raises:
        NotUnderstood: it is neither; one sentence in English says what it looks like.
    """
    return statuses.read(body, home)


def parse_instance(body: bytes) -> tuple[str, str]:
    """Give who may read hashtag timelines of a server: those of its own people, those of others.

    Returns:
        `public`, `authenticated`, `disabled` or whatever else it says; "" when it does not say.

    Raises:
        NotUnderstood: it is no description of a server.
    """
    return statuses.read_access(body)


def _read_xml(text: str, url: str) -> FeedDraft:
    plain = plain_xml.read(text, url)
    if plain is not None:
        return plain
    feed = any_xml.read_well_formed(text, url)
    if feed is None:
        mended = xml_text.repaired(text)
        feed = any_xml.read_well_formed(mended, url) or _read_broken(mended, url)
    if not feed.entries and (_HTML.match(text) or text.count("<") < 4):
        raise NotUnderstood(_what_it_is(text))
    return feed


def _read_broken(text: str, url: str) -> FeedDraft:
    try:
        return any_xml.read_broken(text, url)
    except (
        ArithmeticError,
        AssertionError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ) as error:
        # All of these have come out of feedparser over text that only resembles a feed.
        raise NotUnderstood(f"The feed is too damaged to be read ({type(error).__name__}).") from error


def _what_it_is(text: str) -> str:
    if _HTML.match(text):
        title = _TITLE.search(text)
        name = f" (“{line(html.unescape(title[1]))}”)" if title else ""
        wall = ", probably one that asks whether we are human" if _WALL.search(text) else ""
        return f"The answer is an HTML page{name}{wall}, and no feed."
    if text.count("\ufffd") > len(text) // 50 or "\x00" in text:
        return "The answer is binary data, and no feed."
    if "<" in text:
        return "The answer is XML without a title or an entry, or a part of a page, and no feed."
    return f"The answer is text, and no feed: {line(text[:100])}"
