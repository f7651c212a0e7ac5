"""Names of people who sign in: they stand with decisions, so they must not pass for anything else."""

import re
import unicodedata
from typing import Literal

LONGEST = 60
LONGEST_EMAIL = 254

_EMAIL = re.compile(r"[^\s@<>()\",;:\\]{1,64}@[^\s@<>()\",;:\\]{1,189}")

Refusal = Literal["name-empty", "name-long", "name-signs"]

# `rule:sensitive` and `shell:Amina` stand where names stand, and with @ a name could be a colleague's
# mail address, which also opens the door.
_SIGNS = re.compile(r"[:@<>\"/\\]")
_TAKEN_BY_US = frozenset({"upstream", "edit-policy", "engaged", "shell", "rule"})
_JOINERS = "\u200c\u200d"  # they shape Persian and Indic words


def settle(name: str) -> str:
    """Give a name in one spelling: no blanks at its ends, single ones inside."""
    return " ".join(unicodedata.normalize("NFC", name).split())


def refusal(name: str) -> Refusal | None:
    """Say why a settled name will not do; None when it does."""
    if not any(character.isalnum() for character in name):
        return "name-empty"
    if len(name) > LONGEST:
        return "name-long"
    is_odd = _SIGNS.search(name) or not all(c.isprintable() or c in _JOINERS for c in name)
    return "name-signs" if is_odd or name.casefold() in _TAKEN_BY_US else None


def is_email(text: str) -> bool:
    """Say whether a text has the form of a mail address; nothing is sent to it yet."""
    return len(text) <= LONGEST_EMAIL and text.isprintable() and _EMAIL.fullmatch(text) is not None
