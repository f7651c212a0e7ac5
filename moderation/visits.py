"""Visits to sources in words: what happened, what that means, what somebody can do, when it goes on.

The shell and the sources page say the same: both take the words from here.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

from aggregator.settings import Campaign, Source
from aggregator.store.health import Health, Visit
from feeds.i18n import Words, words
from moderation.times import moment

CODES = frozenset(
    {
        *("address-refused", "not-connected", "host-paused", "tls-failed", "too-slow", "too-large"),
        *("too-many-redirects", "bad-reply", "refused", "busy", "denied", "missing", "gone"),
        *("not-understood", "too-costly", "lost-claim", "unexpected", "interrupted"),
    }
)
"""What can go wrong with a visit, as far as the language file has words for it: all that is foreseen."""

CHECK_THE_ADDRESS = frozenset(
    {"not-connected", "missing", "gone", "not-understood", "too-many-redirects"}
)
"""What often means that an address has a slip in it."""

Tone = Literal["fine", "waits", "trouble", "rests"]


@dataclass(frozen=True, slots=True)
class HealthLine:
    """How a source fares.

    Attributes:
        label: two or three words for the symbol.
        sentence: what happened, and when.
        advice: what somebody can do; "" for nothing.
        next: when it is looked at again; "" when it is not.
        can_hasten, can_pause, can_wake: which buttons make sense.
    """

    tone: Tone
    label: str
    sentence: str
    advice: str
    next: str
    can_hasten: bool
    can_pause: bool
    can_wake: bool


@cache
def english() -> Words:
    """Give the words of the screens for the shell, which speaks English."""
    return words("en", Path(__file__).parent / "locales")


def what_happened(code: str, say: Words) -> str:
    """Give half a sentence such as "its server cannot be reached"; "" for a code without words."""
    return say(f"visit-{code}") if code in CODES else ""


def health_line(
    health: Health,
    source: Source | None,
    last: Visit | None,
    campaign: Campaign,
    now: datetime,
    say: Words,
    *,
    is_barren: bool = False,
) -> HealthLine:
    """Say how one source fares.

    Args:
        source: as it is configured, None when it left the configuration.
        last: its last visit.
        is_barren: it never brought a post.
    """
    tone = tone_of(health)
    rests = health.paused != ""
    has_key = health.paused != "waiting-for-key"
    return HealthLine(
        tone=tone,
        label=say(f"health-{tone}"),
        sentence=_sentence(health, last, campaign, say),
        advice=_nothing_found(source, campaign, say)
        if is_barren and tone == "fine"
        else _advice(health, source, say),
        next=_next(health, campaign, now, say),
        can_hasten=not rests,
        can_pause=not rests,
        can_wake=rests and has_key,
    )


def tone_of(health: Health) -> Tone:
    if health.paused:
        return "rests"
    if health.error:
        return "trouble"
    return "fine" if health.visited_at else "waits"


def _sentence(health: Health, last: Visit | None, campaign: Campaign, say: Words) -> str:
    if health.is_visited:
        return say("visiting-now")
    if health.paused in ("by-person", "waiting-for-key"):
        return say(f"paused-{health.paused}")
    if health.visited_at is None:
        return say("never-visited")
    when = moment(health.visited_at, campaign.timezone, say.language).words
    if health.error:
        what = what_happened(health.error, say) or health.error
        paused = f" {say(f'paused-{health.paused}')}" if health.paused in ("gone", "failing") else ""
        return say("visited-trouble", when=when, what=what) + paused
    return say("visited-fine", when=when, came=came(last, say))


def came(visit: Visit | None, say: Words) -> str:
    """Say what a visit brought, in counts; what is nought is left out."""
    if visit is None:
        return say("came-nothing")
    counts = {
        "new": visit.new,
        "changed": visit.changed,
        "known": visit.unchanged,
        "skipped": visit.skipped,
    }
    parts = [say(f"came-{name}", number=str(number)) for name, number in counts.items() if number]
    return ", ".join(parts) or say("came-nothing")


def _advice(health: Health, source: Source | None, say: Words) -> str:
    if health.paused == "waiting-for-key":
        names = ", ".join(source.waiting_for) if source else ""
        return say("advice-waiting-for-key", names=names)
    if health.error in CHECK_THE_ADDRESS:
        return say("advice-address", where=where_of(source, say))
    if health.error in ("tls-failed", "too-costly", "too-large", "address-refused", "unexpected"):
        return say(f"advice-{health.error}")
    return ""


def brought_nothing(visit: Visit) -> bool:
    return not (visit.new or visit.changed or visit.unchanged)


def _nothing_found(source: Source | None, campaign: Campaign, say: Words) -> str:
    """Say where it looked; an answer without posts is often the word for "a slip in the hashtag"."""
    kind = source.kind if source and source.kind in ("feed", "mastodon") else "other"
    tags = " ".join(f"#{tag}" for tag in campaign.hashtags)
    return say(f"nothing-{kind}", where=where_of(source, say), tags=tags)


def where_of(source: Source | None, say: Words) -> str:
    """Say where a source looks, from what is configured: an address, or a hashtag on a server."""
    options: Any = source.options if source else None
    url, server, tag = (str(getattr(options, name, "") or "") for name in ("url", "server", "tag"))
    if server and tag:
        return say("where-tag", tag=f"#{tag.lstrip('#')}", server=server)
    return url or server or (source.name if source else say("where-unknown"))


def _next(health: Health, campaign: Campaign, now: datetime, say: Words) -> str:
    if health.paused or health.is_visited:
        return ""
    wish = health.not_before
    if wish is not None and wish > max(now, health.due_at):
        return say("next-patience", when=moment(wish, campaign.timezone, say.language).words)
    if health.due_at <= now:
        return say("next-soon")
    return say("next-at", when=moment(health.due_at, campaign.timezone, say.language).words)
