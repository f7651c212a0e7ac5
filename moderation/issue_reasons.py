"""Why a post was chosen for the weekly mail, and what editors should know of a draft, in words."""

from collections.abc import Iterable, Sequence

from aggregator.store.published import Shown
from feeds.i18n import Words

REASONS = (
    "pinned", "percentile", "no-counts", "new-place", "new-language", "new-topic", "first-from-library",
    "described", "beyond-share",
)  # fmt: skip
NOTES = ("fewer", "share-kept", "share-over", "pin-left", "too-few", "drafted-late")
"""Codes that the language file has words for; what stands behind a colon of a reason fills them."""


WORTH_SAYING = 50
"""Below this a post did worse than most: it is here for something else, such as being featured."""


def reasons(codes: Sequence[str], shown: Shown, say: Words) -> tuple[str, ...]:
    """Give the reasons of a pick: a poor place in its network only when there is no other."""
    telling = [code for code in codes if not _is_faint(code)]
    return tuple(_in_words(code, shown, say) for code in telling or codes)


def _is_faint(code: str) -> bool:
    name, _, value = code.partition(":")
    return name == "percentile" and value.isdecimal() and int(value) < WORTH_SAYING


def _in_words(code: str, shown: Shown, say: Words) -> str:
    """Give a reason in words; a code of another version of the program stands as it is."""
    name, _, value = code.partition(":")
    if name not in REASONS:
        return code
    return say(f"pick-because-{name}", value=value, network=shown.network)


def notes(codes: Iterable[str], say: Words) -> tuple[str, ...]:
    """Say what editors should know about how a draft came about."""
    return tuple(say(f"draft-note-{code}") for code in dict.fromkeys(codes) if code in NOTES)
