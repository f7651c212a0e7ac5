"""Words as they are best heard: what looks playful on a screen is torture in a screen reader.

Only what readers are shown changes; what is stored, and what feeds and the API give as a post's own
words, stays as its author wrote it.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from unicodedata import normalize

from aggregator.tags import fold_tag, is_word

MOST_ALIKE = 2
"""How many equal emoji in a row are left: a third one is heard, not seen."""

# Letters of mathematics, used as bold and cursive type: heard as "mathematical bold capital a".
# Source: The Unicode Standard, blocks 1D400..1D7FF and, for the holes in it, 2100..214F.
_MATHEMATICAL = re.compile(
    "[\U0001d400-\U0001d7ff\u210a-\u2113\u2115\u2118-\u211d\u2124\u2128\u212c-\u2134]+"
)
_SYMBOL = (
    "(?:[\U0001f1e6-\U0001f1ff]{2}|[\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff]"
    "\ufe0f?[\U0001f3fb-\U0001f3ff]?(?:\u200d[\u2190-\u2bff\U0001f000-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]?)*)"
)
_ALIKE = re.compile(rf"({_SYMBOL})(?:\s?\1){{{MOST_ALIKE},}}")
_TAG = re.compile(r"#([^\s#]+)")
_LAST_WORDS = re.compile(r"(?:(?:^|(?<=\s))#[^\s#]+\s*)+\Z")
_MARK_OF_MARKUP = re.compile(r"(<[^>]*>)")
_LAST_PARAGRAPH = re.compile(r"<p\b[^>]*>((?:(?!</?p\b).)*)</p>\s*\Z", re.DOTALL)


def readable(text: str) -> str:
    """Give a text with plain letters for mathematical ones, and long rows of one emoji cut short."""
    plain = _MATHEMATICAL.sub(lambda found: normalize("NFKC", found[0]), text)
    return _ALIKE.sub(lambda found: found[1] * MOST_ALIKE if _is_picture(found[1]) else found[0], plain)


def readable_markup(html: str) -> str:
    """Give safe markup with its words made readable; no tag is touched.

    What comes in instead of something else are letters, digits and emoji: safe markup stays safe.
    """
    parts = _MARK_OF_MARKUP.split(html)
    return "".join(part if part.startswith("<") else readable(part) for part in parts)


def parted(text: str) -> tuple[str, tuple[str, ...]]:
    """Split a text from the hashtags that stand in a row at its end.

    Returns:
        The text without them, and the tags as written, without #. A single tag inside the last sentence
        belongs to it and stays; a text that is nothing but hashtags stays whole.
    """
    found = _LAST_WORDS.search(text)
    if found is None:
        return text, ()
    tags = tuple(tag for each in _TAG.findall(found[0]) if (tag := _word_of(each)))
    before = text[: found.start()]
    is_row = (
        len(tags) > 1 or before.endswith("\n") or before.rstrip().endswith((".", "!", "?", "…", "。"))
    )
    return (before.rstrip(), tags) if before.strip() and is_row else (text, ())


def without_last_tags(html: str, listed: Collection[str]) -> str:
    """Give safe markup without a last paragraph of hashtags alone, all of which the page lists.

    Args:
        listed: the hashtags that the page lists, folded.
    """
    found = _LAST_PARAGRAPH.search(html)
    words = _MARK_OF_MARKUP.sub("", found[1]).split() if found else []
    if not found or not words or not html[: found.start()].strip():
        return html
    is_listed = all(word.startswith("#") and fold_tag(word[1:]) in listed for word in words)
    return html[: found.start()] if is_listed else html


def spelled(tags: Iterable[str], *known: str) -> tuple[str, ...]:
    """Give tags as somebody wrote them, with capitals: `engagedlibraries` is heard as one long word.

    Args:
        tags: as they are compared, folded.
        known: texts in which they may stand with #, and hashtags by themselves; the first one counts.
    """
    there: dict[str, str] = {}
    for text in known:
        for word in (_word_of(each) for each in _TAG.findall(text)):
            if word != word.lower():
                there.setdefault(fold_tag(word), word)
    return tuple(there.get(fold_tag(tag), tag) for tag in tags)


def _word_of(tag: str) -> str:
    """Give the part of `#tag,` that is the tag."""
    end = next((at for at, character in enumerate(tag) if not is_word(character)), len(tag))
    return tag[:end]


def _is_picture(symbol: str) -> bool:
    """Say whether it is drawn as an emoji: `——` and `…` are not."""
    return any(
        "\U0001f000" <= character <= "\U0001faff"
        or character == "\ufe0f"
        or "\u2600" <= character <= "\u27bf"
        for character in symbol
    )


def joined(tags: Sequence[str]) -> str:
    """Give tags as one line: each with its sign."""
    return " ".join(f"#{tag}" for tag in tags)
