"""Webhooks: who asked to be told hears of each post that is shown, changed, or no longer shown.

What is due follows from what changed in public (store/hooks.py), so a killed worker loses nothing: a
message may go out twice, with the same id, and never in another order. A receiver that is down is asked
again later and later, for as long as it is configured, and holds up nobody but itself.

Source: https://www.standardwebhooks.com, version 1: ids, times and signatures.
"""

import asyncio
import base64
import binascii
import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from aggregator.errors import EngagedError, FetchError, Missing
from aggregator.settings import Campaign, Webhook
from aggregator.store import hooks, receipts
from aggregator.store.hooks import Due
from aggregator.store.published import Gone, Shown
from aggregator.store.writer import Writer

OUTPUT = "webhooks"
LOOK_EVERY_S = 1.0
AT_A_TIME = 3
"""How many messages are taken at once: to wait for all of them takes less than the lease they are on."""

Send = Callable[[str, bytes, Mapping[str, str]], Awaitable[int]]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tools:
    """What webhooks need of the world.

    Attributes:
        send: gives a message to an address, once; raises a FetchError.
        look: gives a post of a campaign as the public sees it now.
        address: gives the address of a post's own page.
    """

    writer: Writer
    send: Send
    look: Callable[[str, str], Shown | Gone | None]
    address: Callable[[str, str], str]
    campaigns: tuple[Campaign, ...]
    now: Callable[[], datetime]


def message(due: Due, slug: str, seen: Shown | Gone | None, address: str, now: datetime) -> bytes:
    """Say how things are with a post: of one that is no longer shown, nothing but its id and address."""
    about: dict[str, Any] = {"id": due.item, "campaign": slug, "version": due.version, "url": address}
    kind = "post.withdrawn"
    if isinstance(seen, Shown):
        kind = "post.published" if seen.changed_at <= seen.shown_since else "post.changed"
        about |= {
            "title": seen.item.title,
            "network": seen.network,
            "changed_at": seen.changed_at.isoformat(),
        }
    document = {"type": kind, "timestamp": now.isoformat(), "data": about}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def signed(event: str, body: bytes, secret: str, now: datetime) -> dict[str, str]:
    """Give the headers by which a receiver knows that we sent this, and when.

    Args:
        event: the same for every try: by it a receiver knows a repeated message.
        secret: `whsec_` with base64, as Standard Webhooks has it, or any other words, taken as they are.
    """
    at = str(int(now.timestamp()))
    digest = hmac.digest(_key(secret), b".".join((event.encode(), at.encode(), body)), "sha256")
    return {
        "webhook-id": event,
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _key(secret: str) -> bytes:
    if secret.startswith("whsec_"):
        try:
            return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            pass  # its words look like that and are not: they are a key all the same
    return secret.encode()


class Hooks:
    """The telling of one worker. `keep` goes on until it is told to stop."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._busy: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def keep(self, stop: asyncio.Event) -> None:
        """Look every second what there is to tell. Whatever goes wrong is tried again later."""
        configured = [(each, hook) for each in self._tools.campaigns for hook in each.webhooks]
        for campaign, hook in configured:
            if hook.waiting_for:
                names = ", ".join(hook.waiting_for)
                log.warning(
                    "the webhook %s of %s waits for its secret: %s", hook.name, campaign.slug, names
                )
        try:
            await self._forget()
            while not stop.is_set():
                self.turn()
                await _pause(stop)
        finally:
            await self.stop()

    def turn(self) -> None:
        """Begin to tell who is not being told already."""
        for campaign in self._tools.campaigns:
            for hook in campaign.webhooks:
                key = (campaign.slug, hook.name)
                if not hook.waiting_for and key not in self._busy:
                    task = asyncio.create_task(self._unharmed(campaign, hook))
                    self._busy[key] = task
                    task.add_done_callback(partial(self._is_done, key))

    def _is_done(self, key: tuple[str, str], _task: "asyncio.Task[None]") -> None:
        del self._busy[key]

    async def settle(self) -> None:
        """Tell everybody what is due now, and wait for the end of it."""
        self.turn()
        await asyncio.gather(*self._busy.values())

    async def stop(self) -> None:
        """Break off what is under way: it is due again when its lease ends."""
        under_way = list(self._busy.values())
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    async def _unharmed(self, campaign: Campaign, hook: Webhook) -> None:
        try:
            await self._tell(campaign, hook)
        except (EngagedError, SQLAlchemyError):
            log.exception(
                "the webhook %s of %s could not be seen to: it is soon", hook.name, campaign.slug
            )

    async def _tell(self, campaign: Campaign, hook: Webhook) -> None:
        """Tell one receiver everything that is due, in order, until one message is not taken."""
        slug, name = campaign.slug, hook.name
        while some := await self._do(
            hooks.due, slug=slug, name=name, now=self._tools.now(), most=AT_A_TIME
        ):
            for due in some:
                try:
                    await self._send(campaign, hook, due)
                except FetchError as error:
                    again = await self._do(hooks.failed, slug=slug, name=name, now=self._tools.now())
                    _complain(campaign, hook, error, again)
                    return
                await self._do(self._noted, campaign=campaign, hook=hook, due=due)

    async def _send(self, campaign: Campaign, hook: Webhook, due: Due) -> None:
        slug, now = campaign.slug, self._tools.now()
        seen = await asyncio.to_thread(self._tools.look, slug, due.item)
        body = message(due, slug, seen, self._tools.address(slug, due.item), now)
        headers = signed(due.event, body, hook.secret.get_secret_value(), now)
        await self._tools.send(hook.url, body, headers)

    def _noted(self, connection: Any, campaign: Campaign, hook: Webhook, due: Due) -> None:
        """Write down that it was told; and when everybody was, that the post has left this output."""
        hooks.noted(connection, campaign.slug, hook.name, due)
        names = {each.name for each in campaign.webhooks}
        if names <= hooks.told(connection, campaign.slug, due.item):
            receipts.left(connection, [due.item], OUTPUT, self._tools.now())

    async def _forget(self) -> None:
        for campaign in self._tools.campaigns:
            names = [hook.name for hook in campaign.webhooks]
            await self._do(hooks.keep, slug=campaign.slug, names=names)

    async def _do(self, work: Callable[..., Any], **arguments: Any) -> Any:
        return await self._tools.writer.do(partial(work, **arguments))


def _complain(campaign: Campaign, hook: Webhook, error: FetchError, again: datetime) -> None:
    advice = ""
    if isinstance(error, Missing):
        advice = ". Is its address right? Without it in config.yaml nobody asks there again"
    log.warning(
        "the webhook %s of %s was not told (%s%s); it is told again at %s UTC",
        hook.name,
        campaign.slug,
        error.detail or error.code,
        advice,
        f"{again:%Y-%m-%d %H:%M:%S}",
    )


async def _pause(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), timeout=LOOK_EVERY_S)
    except TimeoutError:
        return
