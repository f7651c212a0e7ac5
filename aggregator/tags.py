"""What belongs to words in every script, and tags as they are compared."""

import re
from unicodedata import category, normalize

SPACELESS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff]"
)
"""A character of a script that writes words without spaces: Thai, Lao, Burmese, Khmer, Kana, Han."""

_JOINERS = "\u200c\u200d"  # they spell words in Persian and in Indic scripts
_VARIATION_SELECTORS = re.compile("[\ufe00-\ufe0f]")


def is_word(character: str) -> bool:
    """Say whether a character belongs to words, as hashtags understand it, in every script.

    The standard library's `\\w` knows letters and digits but not the vowel signs of Indic scripts.
    """
    return (
        character.isalnum()
        or character == "_"
        or character in _JOINERS
        or category(character).startswith("M")
    )


def fold_tag(text: str) -> str:
    """Give a tag as it is compared: NFKC, case-folded, without #, single spaces, nothing invisible.

    Source: The Unicode Standard, section 3.13, compatibility caseless matching (D146).
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().strip(" #").split())
    visible = "".join(filter(_is_visible, normalize("NFKC", text)))
    folded = normalize("NFKC", normalize("NFKD", visible).casefold())
    folded = normalize("NFKC", folded.casefold())
    return " ".join(folded.strip().strip(" #").split())


def _is_visible(character: str) -> bool:
    if character in _JOINERS or character.isspace():
        return True
    return category(character) not in ("Cc", "Cf", "Cs") and not _VARIATION_SELECTORS.match(character)
