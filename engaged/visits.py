"""Visits to sources in words: what happened, when it is tried again, what somebody can do.

The screens say the same: what can go wrong has its words in one place, moderation's language file.
"""

from aggregator.schedule import Ran
from moderation.visits import CHECK_THE_ADDRESS, english, what_happened


def in_words(ran: Ran) -> str:
    """Give one line about a visit."""
    if ran.error:
        return f"{ran.source}: {_trouble(ran)}"
    if ran.outcome == "unchanged":
        return f"{ran.source}: nothing new"
    counts = f"{ran.new} new, {ran.changed} changed, {ran.unchanged} unchanged, {ran.skipped} skipped"
    return f"{ran.source}: {counts}"


def _trouble(ran: Ran) -> str:
    """Say what happened, then what can be done, then when it is tried again."""
    detail = ran.error.rstrip(".")
    said = what_happened(ran.code, english())
    what = f"{said} ({detail})" if said else detail
    advice = " Is its address right?" if ran.code in CHECK_THE_ADDRESS else ""
    return f"{what}.{advice}{_next(ran)}"


def _next(ran: Ran) -> str:
    if ran.paused:
        return f" It rests until `engaged collect {ran.source}` wakes it."
    return f" It is tried again at {ran.again:%Y-%m-%d %H:%M} UTC." if ran.again else ""
