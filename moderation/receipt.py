"""The receipt of a removal: when a post had left each place of ours, and what nobody can call back.

A time stands here only when whoever looks after that place has written it down.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_time
from sqlalchemy import Connection

from aggregator.settings import Campaign, Settings
from aggregator.store import hooks, receipts
from feeds.i18n import BABEL_FAILS, Words
from moderation.times import Moment, moment


@dataclass(frozen=True, slots=True)
class Line:
    """One place that a post leaves.

    Attributes:
        left: when it had left; None: not yet.
        beside: more words about it; "".
    """

    name: str
    left: Moment | None
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a removal. `decided` is when somebody, or a rule, took the post out of public."""

    decided: Moment
    lines: tuple[Line, ...]


def receipt_of(
    connection: Connection,
    settings: Settings,
    campaign: Campaign,
    item: str,
    *,
    has_pictures: bool,
    say: Words,
) -> Receipt | None:
    """Give the receipt of a post's last removal; None while it is shown, or when it never was."""
    found = receipts.of(connection, item)
    if not found:
        return None
    wanted = {
        "pages": True,
        "pictures": has_pictures,
        "files": bool(settings.publish.to),
        "webhooks": bool(campaign.webhooks),
    }
    lines = [
        Line(say(f"receipt-{one.output}"), _left(one, campaign, say))
        if one.output != "webhooks"
        else _webhooks(connection, campaign, item, one, say)
        for one in found
        if wanted.get(one.output, False)
    ]
    return Receipt(_at(found[0].decided_at, None, campaign, say), tuple(lines))


def _webhooks(
    connection: Connection, campaign: Campaign, item: str, one: receipts.Receipt, say: Words
) -> Line:
    names = {hook.name for hook in campaign.webhooks}
    told = names & hooks.told(connection, campaign.slug, item)
    beside = say("receipt-told", told=str(len(told)), all=str(len(names)))
    return Line(say("receipt-webhooks"), _left(one, campaign, say), beside)


def _left(one: receipts.Receipt, campaign: Campaign, say: Words) -> Moment | None:
    return _at(one.left_at, one.decided_at, campaign, say) if one.left_at else None


def _at(when: datetime, decided: datetime | None, campaign: Campaign, say: Words) -> Moment:
    """Give a time to the second and with its zone; without the day when that is the decision's."""
    zone = ZoneInfo(campaign.timezone)
    local = when.astimezone(zone)
    whole = moment(when, campaign.timezone, say.language)
    try:
        clock = format_time(local, format="long", tzinfo=zone, locale=say.language.replace("-", "_"))
    except BABEL_FAILS:
        clock = f"{local:%H:%M:%S %Z}"
    if decided is not None and local.date() == decided.astimezone(zone).date():
        return replace(whole, words=clock)
    return replace(whole, words=f"{whole.words.rpartition(',')[0]}, {clock}")
