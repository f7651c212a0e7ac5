"""Webhooks in words: whether a site hears of what changes, since when not, and when it is told again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import Connection

from aggregator.settings import Campaign, Webhook
from aggregator.store import hooks
from aggregator.store.hooks import Standing
from feeds.i18n import Words
from moderation.times import moment
from moderation.visits import Tone

_LABELS: Mapping[Tone, str] = {
    "fine": "hook-fine",
    "waits": "hook-waits",
    "trouble": "hook-trouble",
    "rests": "health-rests",
}


@dataclass(frozen=True, slots=True)
class HookLine:
    """One webhook and how it fares.

    Attributes:
        where: the host that is told; not the whole address, which may hold a key.
        label: two or three words for the symbol.
        advice: what somebody can do; "" for nothing.
        next: when it is told again; "" when nothing waits.
    """

    name: str
    where: str
    tone: Tone
    label: str
    sentence: str
    advice: str
    next: str


def lines(campaign: Campaign, connection: Connection, now: datetime, say: Words) -> list[HookLine]:
    """Give the webhooks of a campaign, those in trouble first."""
    found = [
        line(hook, hooks.standing(connection, campaign.slug, hook.name), campaign, now, say)
        for hook in campaign.webhooks
    ]
    return sorted(found, key=lambda one: (one.tone != "trouble", one.name))


def line(
    hook: Webhook, standing: Standing | None, campaign: Campaign, now: datetime, say: Words
) -> HookLine:
    """Say how one webhook fares.

    Args:
        standing: None while no worker has seen it.
    """
    tone = _tone(hook, standing)
    where = urlsplit(hook.url).netloc.rpartition("@")[2]
    return HookLine(
        name=hook.name,
        where=where,
        tone=tone,
        label=say(_LABELS[tone]),
        sentence=_sentence(hook, standing, campaign, say),
        advice=say("hook-advice", where=where) if tone == "trouble" else "",
        next=_next(standing, campaign, now, say) if standing and tone == "trouble" else "",
    )


def _tone(hook: Webhook, standing: Standing | None) -> Tone:
    if hook.waiting_for:
        return "rests"
    if standing is None:
        return "waits"
    if standing.tries:
        return "trouble"
    return "fine" if standing.told_of or standing.waiting else "waits"


def _sentence(hook: Webhook, standing: Standing | None, campaign: Campaign, say: Words) -> str:
    if hook.waiting_for:
        return say("hook-without-secret", names=", ".join(hook.waiting_for))
    if standing is None or not (standing.told_of or standing.waiting):
        return say("hook-nothing-yet")
    parts = []
    if standing.tries:
        parts.append(say("hook-refused", number=str(standing.tries)))
    if standing.tries and standing.behind_since:
        when = _when(standing.behind_since, campaign, say)
        parts.append(say("hook-behind", when=when, number=str(standing.waiting)))
    if standing.told_of:
        parts.append(say("hook-told", when=_when(standing.told_of, campaign, say)))
    return " ".join(parts) or say("hook-soon")


def _next(standing: Standing, campaign: Campaign, now: datetime, say: Words) -> str:
    if standing.next_at is None or standing.next_at <= now:
        return say("next-soon")
    return say("next-at", when=_when(standing.next_at, campaign, say))


def _when(at: datetime, campaign: Campaign, say: Words) -> str:
    return moment(at, campaign.timezone, say.language).words
