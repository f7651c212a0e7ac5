"""What an editor should know before a letter is approved, found in the letter as it will be sent.

Pure: values in, findings out. A finding that stops must be mended first; the others are advice.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import urlsplit

from aggregator.settings import Campaign, Settings
from aggregator.store.published import Shown
from feeds.highlights import palette
from feeds.highlights.draft import Draft
from feeds.highlights.letter import Filled, Letter, whole_for_preview
from feeds.highlights.message import Body, NoMailbox, Sender, issue_mail, sender_of
from feeds.highlights.send import as_bytes
from feeds.highlights.wording import MERGED, fields_in, harmless
from feeds.pictures import feed_pictures

MOST_BYTES = 80_000
"""As sent. Gmail cuts off at 102 kB (email-bugs #41), and services behind us add to it."""
LONG_SUBJECT = 70
_LINKS = ("http", "https", "mailto")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found.

    Attributes:
        code: stable, such as `alt-missing`.
        words: a sentence for editors: what, where, what to do.
        stops: nothing may be approved while this holds.
        item: the post that it is about; "" for the whole letter.
        language: of the letter; "" for all.
        about: what the words name, such as an address or a field, for screens with words of their own.
    """

    code: str
    words: str
    stops: bool = True
    item: str = ""
    language: str = ""
    about: str = ""


def lint(
    draft: Draft,
    letters: Mapping[str, Letter],
    shown_by_id: Mapping[str, Shown],
    campaign: Campaign,
    settings: Settings,
) -> tuple[Finding, ...]:
    """Look through an issue in all its languages; empty: all is well."""
    found = [*_of_settings(settings), *_of_draft(draft, shown_by_id, campaign), *_of_colours()]
    for language, letter in letters.items():
        found += _of_letter(language, letter, campaign, settings)
    return tuple(dict.fromkeys(found))


def size_of(letter: Letter, campaign: Campaign, settings: Settings) -> int:
    """Give how many bytes a letter has on its way, headers and encodings included."""
    archive = f"{settings.public_url}/{campaign.slug}/unsubscribe/{'k' * 43}"
    filled = whole_for_preview(letter, archive)
    return _size(letter.language, filled, campaign, settings, archive)


def _of_settings(settings: Settings) -> Iterator[Finding]:
    if not settings.mail.postal_address.strip():
        yield Finding(
            "postal-address",
            "No postal address stands at its end, and many countries ask for one: write "
            "mail.postal_address in config.yaml.",
            stops=False,
        )
    if not settings.public_url.startswith("https:"):
        yield Finding(
            "not-https",
            "Its links are not encrypted, and mail programs offer no button to unsubscribe: "
            "public_url in config.yaml should begin with https://.",
            stops=False,
        )


def _of_draft(draft: Draft, shown_by_id: Mapping[str, Shown], campaign: Campaign) -> Iterator[Finding]:
    if not any(text.strip() for text in draft.subject.values()):
        yield Finding("subject-empty", "It has no subject: write one.")
    elif not draft.subject.get(campaign.languages[0], "").strip():
        first = campaign.languages[0]
        words = f"Its subject is missing in the campaign's first language ({first}): write it."
        yield Finding("subject-first", words, language=first)
    if not any(text.strip() for text in draft.preheader.values()):
        words = "It has no preview line, the words beside the subject: a few help people to decide."
        yield Finding("preheader-empty", words, stops=False)
    for language, subject in draft.subject.items():
        if len(subject) > LONG_SUBJECT:
            words = f"The subject ({language}) is longer than telephones show: about 50 characters are."
            yield Finding("subject-long", words, stops=False, language=language)
    if not any(pick.item in shown_by_id for pick in draft.picks):
        yield Finding("no-posts", "No post is in it: nothing would be sent.")
    yield from _of_own_fields(draft)
    for pick in draft.picks:
        yield from _of_post(pick.item, shown_by_id, campaign)


def _of_own_fields(draft: Draft) -> Iterator[Finding]:
    """Find a reader's own links in what editors wrote: the page of the edition has no such reader."""
    written = [(language, text) for texts in draft.around for language, text in texts.items()]
    for language, text in written:
        for name in sorted(fields_in(harmless(text)) & set(MERGED)):
            words = f"{{{{{name}}}}} is a link of each reader's own, which ends the mail: take it out."
            yield Finding("field-own", words, language=language, about=name)


def _of_post(item: str, shown_by_id: Mapping[str, Shown], campaign: Campaign) -> Iterator[Finding]:
    shown = shown_by_id.get(item)
    if shown is None:
        words = "A post is no longer shown to readers, so it is not in the letter: take it out."
        yield Finding("post-gone", words, item=item)
        return
    first = next(iter(feed_pictures(shown, campaign)), None)
    if first is not None and first.alt is None and not shown.item.warning:
        name = shown.item.title or shown.item.author.name or "a post"
        words = f"Nobody has described the picture of “{name}”: write its alt text."
        yield Finding("alt-missing", words, item=item, about=name)


def _of_colours() -> Iterator[Finding]:
    for colours in (palette.LIGHT, palette.DARK):
        for word, ground in palette.WORDS_ON:
            one, other = getattr(colours, word), getattr(colours, ground)
            if palette.contrast(one, other) < palette.ENOUGH:
                words = f"Words in {one} on {other} are hard to read: choose colours further apart."
                yield Finding("contrast", words, about=f"{one} / {other}")


def _of_letter(
    language: str, letter: Letter, campaign: Campaign, settings: Settings
) -> Iterator[Finding]:
    archive = f"{settings.public_url}/{campaign.slug}/unsubscribe/{'k' * 43}"
    filled = whole_for_preview(letter, archive)
    yield from _of_fields(language, letter)
    for url in sorted(set(_links(filled.html))):
        if not _is_link(url):
            words = f"A link cannot be followed from a mail: {url[:100]}"
            yield Finding("link", words, language=language, about=url[:100])
    for src in sorted(set(_pictures(filled.html))):
        if not src.startswith(settings.public_url + "/"):
            words = f"A picture is not ours: {src[:100]}"
            yield Finding("picture", words, language=language, about=src[:100])
    if _CONTROL.search(filled.html.replace("\t", "").replace("\r", "")) or _CONTROL.search(filled.text):
        words = "A character in it cannot be seen, and makes Gmail cut the mail off."
        yield Finding("control-character", words, language=language)
    size = _size(language, filled, campaign, settings, archive)
    if size > MOST_BYTES:
        words = (
            f"It is too long ({language}): {size // 1000} kB as sent, and above {MOST_BYTES // 1000} kB "
            "mail programs cut it off. Take out a post or shorten words."
        )
        yield Finding("too-large", words, language=language, about=str(size // 1000))


def _of_fields(language: str, letter: Letter) -> Iterator[Finding]:
    html = "".join((letter.opening_html, *(card.html for card in letter.cards), letter.closing_html))
    text = "".join((letter.opening_text, *(card.text for card in letter.cards), letter.closing_text))
    there = fields_in(html) | fields_in(text) | fields_in(letter.subject)
    for name in sorted(there - set(MERGED)):
        words = f"{{{{{name}}}}} is no field that is filled in: there are campaign, number and date."
        yield Finding("field-unknown", words, language=language, about=name)
    for name in MERGED:
        if name not in fields_in(html) or name not in fields_in(text):
            words = f"The link {name} is missing: the templates of this program were changed."
            yield Finding("field-missing", words, language=language, about=name)
    if fields_in(letter.subject) & set(MERGED):
        words = "The subject holds a link of each reader's own, which would be seen there: take it out."
        yield Finding("field-subject", words, language=language)


def _is_link(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in _LINKS and bool(parts.hostname or parts.scheme == "mailto")
    except ValueError:
        return False


def _size(
    language: str, filled: Filled, campaign: Campaign, settings: Settings, unsubscribe: str
) -> int:
    """Measure the real message; without an address to send from, one that is alike."""
    try:
        sender = sender_of(campaign, settings)
    except NoMailbox:
        sender = Sender(campaign.name, "highlights@mail.example", "", campaign.name, "list.mail.example")
    message = issue_mail(
        sender,
        "somebody@mail.example",
        Body(filled.subject, filled.html, filled.text, language),
        message_id="<00000000-0000-0000-0000-000000000000@mail.example>",
        unsubscribe=unsubscribe,
        key="k" * 43,
        at=datetime(2000, 1, 1, tzinfo=UTC),
    )
    return len(as_bytes(message))


class _Addresses(HTMLParser):
    """Collects where a letter leads to and what it shows."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.pictures: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a":
            self.links.append(values.get("href") or "")
        if tag == "img":
            self.pictures.append(values.get("src") or "")


def _addresses(html: str) -> _Addresses:
    reader = _Addresses()
    reader.feed(html)
    return reader


def _links(html: str) -> Iterable[str]:
    return _addresses(html).links


def _pictures(html: str) -> Iterable[str]:
    return _addresses(html).pictures
