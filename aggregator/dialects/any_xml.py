"""Every XML dialect, well-formed or not, as feedparser understands it.

feedparser's own `parse` is not called: it takes text for addresses and paths, and keeps one tombstone
and one description where a feed has several. Its two readers do the work; what they drop is kept here.
"""

import io
import re
import xml.sax
from contextlib import suppress
from typing import Any, ClassVar
from xml.sax.handler import feature_external_ges, feature_external_pes, feature_namespaces
from xml.sax.xmlreader import InputSource

from feedparser.api import LooseFeedParser, StrictFeedParser
from feedparser.mixin import _FeedParserMixin

from aggregator.dialects.draft import (
    MOST_ENTRIES,
    Body,
    Draft,
    FeedDraft,
    attached,
    count_of,
    joined,
    looks_like_html,
    person,
)
from aggregator.dialects.occasions import NAMESPACES, occasion_of
from aggregator.errors import NotUnderstood
from aggregator.item import Author, Media

DEEPEST = 256
_ENTRY = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)[\s/>]", re.IGNORECASE)
_PLAIN_TYPES = frozenset(("text/plain", "text"))
_MARKUP_TYPES = frozenset(("text/html", "application/xhtml+xml", "html", "xhtml"))
_NAMESPACES: dict[str, str] = {
    **_FeedParserMixin.namespaces,
    "http://purl.org/syndication/thread/1.0": "thr",
    "http://purl.org/atompub/tombstones/1.0": "at",
    **NAMESPACES,
}
_Fields = dict[str, Any]


class _EnoughError(xml.sax.SAXException):
    """The feed has more entries than are taken; the rest is not read."""


class _Memory(_FeedParserMixin):  # type: ignore[misc]  # feedparser has no types
    """Keeps what feedparser would drop, and leaves ids, links and dates as they were written."""

    _matchnamespaces: ClassVar = {uri.lower(): prefix for uri, prefix in _NAMESPACES.items()}
    can_be_relative_uri = frozenset(("comments", "href", "link", "url"))

    def remember(self, document: str) -> None:
        self.document = document
        self.gone: list[str] = []
        self.describes_one_file = False
        self.resolve_relative_uris = self.sanitize_html = False

    def resolve_uri(self, uri: str) -> str:
        return joined(self.baseuri, uri)

    def unknown_starttag(self, tag: str, attrs: list[tuple[str, str]]) -> None:
        if self.depth >= DEEPEST:
            raise NotUnderstood("The feed nests its elements deeper than any feed does.")
        if tag == "at:deleted-entry":
            self.gone.extend(value for name, value in attrs if name == "ref" and value)
        super().unknown_starttag(tag, attrs)

    def push_content(self, tag: str, attrs: _Fields, default_type: str, expecting_text: int) -> None:
        super().push_content(tag, attrs, default_type, expecting_text)
        self.contentparams["language"] = attrs.get("xml:lang", "")

    def _start_item(self, attrs: _Fields) -> None:
        if len(self.entries) >= MOST_ENTRIES:
            raise _EnoughError("enough")
        super()._start_item(attrs)
        self.entries[-1]["entry_language"] = attrs.get("xml:lang", "")

    _start_entry = _start_item

    def _start_guid(self, attrs: _Fields) -> None:
        super()._start_guid(attrs)
        self._get_context()["guid_is_link"] = attrs.get("ispermalink", "true").lower() == "true"

    def _end_guid(self) -> None:
        self.pop("id")

    _start_id = _start_guid
    _end_id = _end_guid

    def _end_author(self) -> None:
        written = self.pop("author")
        self.inauthor = 0
        people = self._get_context().get("authors")
        if written and people and not people[-1].get("name"):
            people[-1]["name"] = person(written)

    _end_managingeditor = _end_author

    def _sync_author_detail(self, key: str = "author") -> None:
        """Do nothing: names are told from addresses in one way, whoever reads the feed."""

    def _start_media_content(self, attrs: _Fields) -> None:
        super()._start_media_content(attrs)
        self.describes_one_file = True

    def _end_media_content(self) -> None:
        self.describes_one_file = False

    def _start_media_description(self, _attrs: _Fields) -> None:
        self.push("media_words", 0)

    def _end_media_description(self) -> None:
        words = self.pop("media_words") or ""
        context = self._get_context()
        if self.describes_one_file:
            context["media_content"][-1]["alt"] = words
        else:
            context.setdefault("media_words", words)

    def _start_media_title(self, _attrs: _Fields) -> None:
        self.push("media_title", 0)

    def _end_media_title(self) -> None:
        self._get_context().setdefault("media_title", self.pop("media_title") or "")

    # Dates are kept as written: reading them here would cost a tenth of the time and be thrown away.
    def _end_published(self) -> None:
        self.pop("published")

    def _end_updated(self) -> None:
        self.pop("updated")

    def _end_created(self) -> None:
        self.pop("created")

    _end_issued = _end_pubdate = _end_dcterms_issued = _end_published
    _end_modified = _end_lastbuilddate = _end_dc_date = _end_dcterms_modified = _end_updated
    _end_dcterms_created = _end_created


class _Strict(_Memory, StrictFeedParser):  # type: ignore[misc]  # feedparser has no types
    pass


class _Loose(_Memory, LooseFeedParser):  # type: ignore[misc]  # feedparser has no types
    def unknown_starttag(self, tag: str, attrs: list[tuple[str, str]]) -> None:
        if tag.rpartition(":")[2] in ("item", "entry"):
            # No text contains an entry: one that was never closed must not swallow all that follow.
            self.incontent = 0
            self.contentparams.clear()
        super().unknown_starttag(tag, attrs)


def read_well_formed(text: str, document: str) -> FeedDraft | None:
    """Give the feed, or None when the text is no well-formed XML."""
    reader = _Strict(document, None, "utf-8")
    reader.remember(document)
    parser = xml.sax.make_parser()  # noqa: S317 - without a DTD (xml_text.py) there is nothing to attack
    parser.setFeature(feature_namespaces, True)
    parser.setFeature(feature_external_ges, False)
    parser.setFeature(feature_external_pes, False)
    parser.setContentHandler(reader)
    parser.setErrorHandler(reader)
    source = InputSource()
    source.setByteStream(io.BytesIO(text.encode()))
    try:
        parser.parse(source)
    except _EnoughError:
        pass
    except xml.sax.SAXException:
        return None
    return _draft(reader, text)


def read_broken(text: str, document: str) -> FeedDraft:
    """Give whatever entries can be told apart in text that only resembles a feed."""
    reader = _Loose(document, None, "utf-8", {})
    reader.remember(document)
    # Some generators write every element of RSS with a prefix that they never declare.
    reader.namespacemap["rss"] = ""
    with suppress(_EnoughError):
        reader.feed(text)
    return _draft(reader, text)


def is_feed(text: str) -> bool:
    return bool(
        re.search(r"<(?:[\w.-]+:)?(?:rss|feed|rdf|channel|item|entry)[\s/>]", text, re.IGNORECASE)
    )


def _draft(reader: Any, text: str) -> FeedDraft:
    found: _Fields = reader.feeddata
    generator = dict.get(found, "generator_detail") or {}
    links = _links(found)
    rel = {link.get("rel"): link["href"] for link in reversed(links)}
    return FeedDraft(
        dialect="atom" if reader.version.startswith("atom") else "rss",
        title=_string(found, "title"),
        language=_string(found, "language"),
        link=_string(found, "link"),
        generator=" ".join((_string(found, "generator"), _string(generator, "href"))),
        next_link=rel.get("next") or rel.get("prev-archive") or "",
        authors=_authors(found),
        gone=reader.gone,
        entries=[_entry(entry, reader) for entry in reader.entries],
        count=len(_ENTRY.findall(text)) if len(reader.entries) >= MOST_ENTRIES else 0,
    )


def _entry(entry: _Fields, reader: Any) -> Draft:
    is_atom = reader.version.startswith("atom")
    updated, published = (
        _string(entry, "updated"),
        _string(entry, "published") or _string(entry, "created"),
    )
    if not is_atom and not published:
        # RSS says only when something was published; dc:date is kept as if it were an update.
        published, updated = updated, ""
    title = _string(entry, "title") or _string(entry, "media_title")
    kind = _string(dict.get(entry, "title_detail") or {}, "type")
    content = _content(entry, reader.document)
    summary = _summary(entry, reader.document)
    words = _string(entry, "media_words")
    media = _media(entry, words if content or summary else "")
    return Draft(
        guid=_string(entry, "id"),
        guid_is_link=dict.get(entry, "guid_is_link") is True and not is_atom,
        link=_string(entry, "feedburner_origlink") or _string(entry, "link"),
        title=title,
        title_is_html=kind in _MARKUP_TYPES if is_atom else looks_like_html(title),
        content=content,
        summary=summary or (Body(words, is_html=False) if words and not content else None),
        published=published,
        updated=updated,
        language=_string(entry, "entry_language") or _string(entry, "language"),
        authors=_authors(entry),
        tags=[word for tag in dict.get(entry, "tags") or () if (word := _word(tag))],
        media=media,
        replies=_replies(entry),
        in_reply_to=_reference(dict.get(entry, "thr_in-reply-to")),
        occasion=occasion_of(entry, title),
    )


def _string(fields: _Fields, name: str) -> str:
    """Give a text field. feedparser puts attributes where an unknown element had some."""
    value = dict.get(fields, name)
    return value if isinstance(value, str) else ""


def _content(entry: _Fields, document: str) -> Body | None:
    bodies = [body for detail in dict.get(entry, "content") or () if (body := _body(detail, document))]
    return next((body for body in bodies if body.is_html), bodies[0] if bodies else None)


def _summary(entry: _Fields, document: str) -> Body | None:
    detail = dict.get(entry, "summary_detail")
    if isinstance(detail, dict) and (body := _body(detail, document)):
        return body
    words = _string(entry, "summary") if "content" not in entry else ""
    return Body(words) if words else None


def _body(detail: _Fields, document: str) -> Body | None:
    value, kind, base = (_string(detail, name) for name in ("value", "type", "base"))
    if not value or not (kind in _PLAIN_TYPES or kind in _MARKUP_TYPES):
        return None
    return Body(
        value=value,
        is_html=kind in _MARKUP_TYPES,
        base="" if base == document else base,
        language=_string(detail, "language"),
    )


def _links(fields: _Fields) -> list[_Fields]:
    return [link for link in dict.get(fields, "links") or () if _string(link, "href")]


def _authors(fields: _Fields) -> list[Author]:
    people = dict.get(fields, "authors") or ()
    return [
        Author(name=name, url=_string(one, "href"))
        for one in people
        if (name := _string(one, "name")) and "@" not in name
    ]


def _word(tag: _Fields) -> str:
    term, label = _string(tag, "term"), _string(tag, "label")
    return label if "://" in term else term or label


def _media(entry: _Fields, words: str) -> list[Media]:
    files: list[_Fields] = list(dict.get(entry, "media_content") or ())
    thumbnails: list[_Fields] = list(dict.get(entry, "media_thumbnail") or ())
    if words and len(files) < 2:
        # One description for the whole entry tells what its one picture shows.
        files, thumbnails = ([{"alt": words, **file} for file in some] for some in (files, thumbnails))
    cover = dict.get(entry, "image")
    if isinstance(cover, dict) and "href" in cover:
        thumbnails.append({"url": cover["href"]})
    enclosures = [link for link in _links(entry) if link.get("rel") == "enclosure"]
    return attached(enclosures, files, thumbnails)


def _replies(entry: _Fields) -> int | None:
    said = [_string(entry, "slash_comments"), _string(entry, "thr_total")]
    said.extend(link.get("thr:count", "") for link in _links(entry) if link.get("rel") == "replies")
    return next((count for value in said if (count := count_of(value)) is not None), None)


def _reference(fields: Any) -> str:
    return _string(fields, "href") or _string(fields, "ref") if isinstance(fields, dict) else ""
