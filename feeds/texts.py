"""Plain text before it is shown: made legible, cut, or split into first words and the rest."""

import re
import unicodedata
from urllib.parse import urlsplit

# Not allowed in XML 1.0 (section 2.2), drawn as boxes in HTML, and lone surrogates have no UTF-8.
_ILLEGIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_SENTENCE_END = re.compile("[.!?…؟።]+[\"'”’»)]*\\s+|[。！？]+[」』）]*\\s*|\n+")
_CLAUSE_END = re.compile("[,;:،؛፣፤]\\s+|\\s[–—-]\\s+|[、，；]\\s*")
_JOINER = "\u200d"
_VIRAMA = 9  # the combining class of the sign that ties two consonants in Indic scripts
_LEAD = 110
_CLAUSES = 66  # so much of a long sentence stands large in a narrow place without being cut
_SHORTEST_LEAD = 15  # "Dr. " ends no sentence


def legible(text: str) -> str:
    """Leave out characters that no reader can see and that break XML or UTF-8."""
    return _ILLEGIBLE.sub("", text)


def cut(text: str, length: int) -> str:
    """Give the text, or its beginning and "…" in at most `length` characters.

    The cut falls between words where the script has spaces, and never inside a character that is
    made of several (accents, skin tones, families, flags).
    """
    text = text.strip()
    if len(text) <= length:
        return text
    space = text.rfind(" ", length * 3 // 4, length)
    return text[: space if space > 0 else _between_characters(text, length - 1)].rstrip(" ,;:–-") + "…"


def lead(text: str) -> tuple[str, str]:
    """Split a text without a title into first words, to stand large, and what follows.

    A short first sentence stands alone; a long one goes on behind one of its commas. One without any is
    cut, and repeated in what follows.
    """
    text = text.strip()
    if end := _SENTENCE_END.search(text, _SHORTEST_LEAD, _LEAD + 1):
        return text[: end.end()].strip(), text[end.end() :]
    if len(text) <= _LEAD:
        return text, ""
    clauses = [*_CLAUSE_END.finditer(text, _SHORTEST_LEAD, _CLAUSES)]
    if clauses:
        return text[: clauses[-1].start()] + "…", text[clauses[-1].end() :]
    return cut(text, _LEAD), text


def has_word(text: str) -> bool:
    """Say whether anything in it can be read aloud as a word: emoji alone cannot."""
    return any(unicodedata.category(character)[0] in "LN" for character in text)


def followable(url: str) -> str:
    """Give an address that a link may have; "" for every scheme but http, https and mailto.

    clean.py lets no other through; a link is where a slip would hurt most.
    """
    return url if url.lower().startswith(("https://", "http://", "mailto:")) else ""


def host_of(url: str) -> str:
    """Give the true domain of a web address in ASCII: `xn--` gives away a name that looks like another.

    A mail address gives its domain; "" when there is none.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme == "mailto":
        host = parts.path.rpartition("@")[2]
    try:
        return host.encode("ascii" if host.isascii() else "idna").decode("ascii").removeprefix("www.")
    except UnicodeError:
        return host


def _between_characters(text: str, at: int) -> int:
    while at > 1 and (_belongs_to_last(text[at]) or _takes_the_next(text[at - 1])):
        at -= 1
    return at


def _takes_the_next(character: str) -> bool:
    return character == _JOINER or unicodedata.combining(character) == _VIRAMA


def _belongs_to_last(character: str) -> bool:
    is_tone_or_flag = (
        "\U0001f3fb" <= character <= "\U0001f3ff" or "\U0001f1e6" <= character <= "\U0001f1ff"
    )
    return is_tone_or_flag or character == _JOINER or unicodedata.category(character)[0] == "M"
