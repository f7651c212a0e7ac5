"""JSON Feed 1.0 and 1.1. Lenient with types: a number may be an id, a wrong type is as good as absent.

Source: https://www.jsonfeed.org/version/1.1/
"""

import json
import re
from typing import Any

from aggregator.dialects.draft import MOST_ENTRIES, Body, Draft, FeedDraft, joined, media_of
from aggregator.errors import NotUnderstood
from aggregator.item import Author, Media

_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")


def read(body: bytes, document: str) -> FeedDraft:
    """Give the feed.

    Raises:
        NotUnderstood: the body is no JSON, or JSON of another form; the sentence says which.
    """
    try:
        feed = json.loads(body, strict=False)  # raw line breaks inside text do no harm
    except RecursionError:
        raise NotUnderstood("The answer is JSON that is nested too deeply.") from None
    except ValueError as error:
        raise NotUnderstood(f"The answer begins like JSON, but is none: {error}"[:300]) from error
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise NotUnderstood(_what_it_is(feed))
    authors = _authors(feed)
    language = _string(feed, "language")
    return FeedDraft(
        dialect="json",
        title=_string(feed, "title"),
        language=language,
        link=joined(document, _string(feed, "home_page_url")),
        next_link=_string(feed, "next_url"),
        authors=authors,
        entries=[_entry(item, document) for item in items[:MOST_ENTRIES]],
        count=len(items),
    )


def _what_it_is(feed: Any) -> str:
    complaint = feed.get("error") or feed.get("message") if isinstance(feed, dict) else None
    if isinstance(complaint, str):
        return f"The answer is JSON with an error and no feed: {complaint[:200]}"
    return "The answer is JSON, but no feed: it has no list of items."


def _entry(written: Any, document: str) -> Draft:
    item = written if isinstance(written, dict) else {"id": written}
    html, text, summary = (_string(item, name) for name in ("content_html", "content_text", "summary"))
    url = _string(item, "url") or _string(item, "external_url")
    content = Body(html) if html else Body(text, is_html=False) if text else None
    return Draft(
        guid=_id(item),
        guid_is_link=True,
        link=joined(document, url) if url else "",
        title=_string(item, "title"),
        content=content,
        summary=Body(summary, is_html=False) if summary else None,
        published=_string(item, "date_published"),
        updated=_string(item, "date_modified"),
        language=_string(item, "language"),
        authors=_authors(item),
        tags=[word for word in _list(item, "tags") if isinstance(word, str)],
        media=_media(item, document),
    )


def _string(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return _UNWRITABLE.sub("\ufffd", value).strip() if isinstance(value, str) else ""


def _list(fields: dict[str, Any], name: str) -> list[Any]:
    value = fields.get(name)
    return value if isinstance(value, list) else []


def _id(item: dict[str, Any]) -> str:
    """Version 1.0 allowed numbers, and true is a number to Python."""
    value = item.get("id")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value)[:100] if is_number else _string(item, "id")


def _authors(fields: dict[str, Any]) -> list[Author]:
    people = [*_list(fields, "authors"), fields.get("author")]  # version 1.0 knew only one
    return [
        Author(name=name, url=_string(person, "url"))
        for person in people
        if isinstance(person, dict) and (name := _string(person, "name"))
    ]


def _media(item: dict[str, Any], document: str) -> list[Media]:
    picture = _string(item, "image") or _string(item, "banner_image")
    files = [file for file in _list(item, "attachments") if isinstance(file, dict)]
    return [
        *([media_of(joined(document, picture), medium="image")] if picture else []),
        *(
            media_of(joined(document, url), _string(file, "mime_type"))
            for file in files
            if (url := _string(file, "url"))
        ),
    ]
