"""Plain text from outside: nothing invisible that misleads, bounded, its hashtags and its direction.

Knows no markup: `markup.py` takes that away first.
"""

import re
from collections.abc import Iterator
from unicodedata import bidirectional, category

from aggregator.tags import fold_tag, is_word

MARKS_IN_A_ROW = (
    5  # a Hebrew letter with dagesh, vowel, cantillation and meteg needs five; "Zalgo" needs dozens
)
TAG_LENGTH = 100

_RIGHT_TO_LEFT = re.compile(
    "(?:ar|arc|ckb|dv|fa|he|iw|khw|ks|nqo|ps|sd|syr|ug|ur|yi|ji)(?![a-z])(?!.*-(?:latn|cyrl|deva|guru)).*"
    "|.*-(?:adlm|arab|hebr|mand|nkoo|rohg|samr|syrc|thaa)(?:-.*)?"
)
_SPACES = re.compile("[\t\x0b\x0c\r\x85\u2028\u2029]")
# Controls; embeddings, overrides and isolates, which reach beyond their own text; deprecated format
# characters; byte order marks; surrogates and non-characters, which no database or XML takes.
_HARMFUL = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
_MARKS = re.compile(rf"[^\w\s\x00-\x7f]{{{MARKS_IN_A_ROW + 1},}}")
_ASCII = bytes(range(0x80))
_ADDRESS = re.compile(r"\w+://\S+")
# Begins with the character itself: then a text is searched for it at the speed of memory.
_HASH = re.compile(r"#(?<![\w/&=#]#)(?=[^\s#])")
_PLAIN_WORD = re.compile(r"\w+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")


def tidy(text: str) -> str:
    """Give a text without control characters but line feeds, without direction overrides, with few marks
    on each letter. Runs over every body: the common case is one look."""
    if not text.replace("\n", " ").isprintable():
        text = _HARMFUL.sub("", _SPACES.sub(" ", text.replace("\r\n", "\n")))
    if text.isascii():
        return text
    # Without its ASCII a Western text is short, so that looking at each character costs a tenth.
    rest = text.encode("utf-8", "surrogatepass").translate(None, _ASCII).decode("utf-8", "surrogatepass")
    return _MARKS.sub(_with_few_marks, text) if _MARKS.search(rest) else text


def _with_few_marks(run: re.Match[str]) -> str:
    kept, marks = [], 0
    for character in run[0]:
        marks = marks + 1 if category(character).startswith("M") else 0
        if marks <= MARKS_IN_A_ROW:
            kept.append(character)
    return "".join(kept)


def one_line(text: str) -> str:
    """Give a text as one line with single spaces."""
    return " ".join(tidy(text).split())


def shorten(text: str, limit: int) -> str:
    """Give at most `limit` characters; "…" ends what was cut."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def language_tag(claim: str) -> str:
    """Give a lower-case BCP 47 tag; "" for what is none or says nothing (`und`, `x-default`)."""
    code = claim.strip().lower().replace("_", "-").split(".")[0]
    if len(code) > 35 or not _LANGUAGE.fullmatch(code) or code in ("und", "mul", "zxx"):
        return ""
    return code


def direction(language: str, text: str) -> str:
    """Give `rtl` or `ltr`: how the language is written, else what the first letter of the text is."""
    if language:
        return "rtl" if _RIGHT_TO_LEFT.fullmatch(language) else "ltr"
    return "ltr" if text.isascii() else _first_direction(text)


def _first_direction(text: str) -> str:
    for character in text[:2000]:
        kind = bidirectional(character)
        if kind == "L":
            return "ltr"
        if kind in ("R", "AL"):
            return "rtl"
    return "ltr"


def tag(text: str) -> str:
    """Give a tag as items carry it: folded, at most 100 characters; "" when nothing remains."""
    return fold_tag(tidy(text))[:TAG_LENGTH].rstrip()


def hashtags(text: str) -> Iterator[str]:
    """Give the hashtags of a text, folded, in order. #1 is none, nor is the end of a link."""
    text = text.replace("＃", "#")
    if "#" not in text:
        return
    if "://" in text:
        text = _ADDRESS.sub(" ", text)
    # A post repeats its hashtags: each is read once.
    for word in dict.fromkeys(_word_at(text, mark.end()) for mark in _HASH.finditer(text)):
        if any(character.isalpha() for character in word) and (found := tag(word)):
            yield found


def _word_at(text: str, start: int) -> str:
    end = start
    while end < len(text):
        if plain := _PLAIN_WORD.match(text, end):
            end = plain.end()
        # Format characters belong to the word while it is read: none may cut a tag in two unseen.
        elif is_word(text[end]) or category(text[end]) == "Cf":
            end += 1
        else:
            break
    return text[start:end]
