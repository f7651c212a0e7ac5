"""The weekly mail inside `engaged work`: drafts, words to editors, sending, what comes back.

A thread of its own, with connections of its own. What goes wrong with one campaign is said and tried
again; it stops neither the other campaigns nor collecting.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import Event

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from aggregator.errors import EngagedError
from aggregator.mail_address import domain_of, readable
from aggregator.settings import Campaign, Settings
from aggregator.store import deliveries, issues, subscribers
from aggregator.store.issues import Issue
from aggregator.store.published import Door
from feeds.highlights import drafting, moments
from feeds.highlights.bounces import read_mail
from feeds.highlights.mailbox import Mailbox
from feeds.highlights.message import leaver, sender_of
from feeds.highlights.outbox import Outbox, Progress
from feeds.highlights.outbox import Tools as OutboxTools
from feeds.highlights.own_mail import OwnMail
from feeds.highlights.send import MailTrouble, Post, Smtp, server_of

LOOK_EVERY_S = 5.0
FIRST_REST_S, LONGEST_REST_S = 30.0, 600.0
MAILBOX_EVERY_S = 300.0
FORGET_EVERY = timedelta(hours=1)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Tools:
    """What the weekly mail needs of the world.

    Attributes:
        reader, writer: connections of its own.
        post: where mail is handed in; None: nothing is sent, see `post_of`.
        now: gives aware UTC.
        tick: a clock that never jumps, in seconds.
    """

    reader: Engine
    writer: Engine
    settings: Settings
    post: Post | None
    now: Callable[[], datetime]
    tick: Callable[[], float] = time.monotonic

    @property
    def door(self) -> Door:
        return Door(self.reader)


def post_of(settings: Settings) -> Post | None:
    """Give the server that mail is handed in at; None: it is not known, and why is said."""
    why = waits_for(settings)
    if why:
        log.warning("editions are drafted, and nothing is sent: %s", why)
        return None
    return Smtp(server_of(settings.mail.smtp), domain_of(readable(settings.mail.sender)))


def waits_for(settings: Settings) -> str:
    """Say what is missing for mail to be sent; "" when nothing is."""
    mail = settings.mail
    if mail.waiting_for:
        return f"set {', '.join(mail.waiting_for)} in the environment"
    if not mail.smtp:
        return "mail.smtp is not set"
    if not readable(mail.sender):
        return "mail.from is missing, or is no address"
    try:
        server_of(mail.smtp)
    except MailTrouble as error:
        return str(error)
    return ""


def outbox_of(tools: Tools, post: Post, is_stopped: Callable[[], bool]) -> Outbox:
    """Give what sends issues."""
    return Outbox(OutboxTools(tools.writer, tools.door, post, tools.settings, tools.now, is_stopped))


def started(tools: Tools, campaign: Campaign, issue: Issue, *, at_once: bool = False) -> Issue:
    """Begin to send what was approved, to everybody who is subscribed now.

    Args:
        at_once: whatever hour it is where readers live.
    """
    domain = sender_of(campaign, tools.settings).domain
    with tools.writer.begin() as connection:
        begun = issues.start(connection, issue.id, tools.now())
        in_zones = campaign.highlights.own_zone and not at_once
        send_at = partial(moments.send_at, campaign, issue.week) if in_zones else None
        many = deliveries.fill(connection, issue.id, tools.now(), domain, send_at)
    log.info("edition %d of %s goes to %d people", issue.number, campaign.slug, many)
    return begun


def tell_of_end(tools: Tools, campaign: Campaign, issue: Issue, progress: Progress) -> None:
    """Say how an issue ended; editors hear of it when somebody has to do something."""
    log.info("edition %d of %s: %s %s", issue.number, campaign.slug, progress.what, progress.words)
    with tools.writer.begin() as connection:
        tell = partial(drafting.tell_editors, connection, campaign, issue, now=tools.now())
        if progress.what == "stopped":
            tell("stopped", words=progress.words)
        elif progress.uncertain:
            tell("settle", count=str(progress.uncertain))


class Mailing:
    """The weekly mail of one worker."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._stop = Event()
        self._outbox = outbox_of(tools, tools.post, self._stop.is_set) if tools.post else None
        self._rest_s = FIRST_REST_S
        self._rest_until = self._mailbox_at = tools.tick()
        self._forget_at = tools.now()

    async def keep(self, stop: asyncio.Event) -> None:
        """Go on until `stop` is set; the mail that is on its way then still leaves."""
        working = asyncio.create_task(asyncio.to_thread(self._go_on))
        try:
            await stop.wait()
        finally:
            self._stop.set()
            await working

    def begin(self) -> None:
        """Call uncertain what was on its way when the program ended; once, before the first turn."""
        if self._outbox and (many := self._outbox.strand()):
            log.warning("%d mails were on their way when the program ended: editors settle them", many)

    def turn(self) -> float:
        """Do what is due now, and say in how many seconds to look again."""
        pause = LOOK_EVERY_S
        for campaign in self._tools.settings.campaigns:
            self._quietly(f"the weekly mail of {campaign.slug}", partial(self._prepare, campaign))
            found = self._quietly(f"the edition of {campaign.slug}", partial(self._send_all, campaign))
            pause = min(pause, LOOK_EVERY_S if found is None else found)
        self._quietly("what is kept for a time only", self._forget)
        self._quietly("our own mail", self._own_mail)
        self._quietly("the mailbox of what came back", self._look_into_mailbox)
        return pause

    def _go_on(self) -> None:
        while not self._stop.is_set() and self._quietly("the weekly mail", self._begun) is None:
            self._stop.wait(LOOK_EVERY_S)
        while not self._stop.is_set():
            self._stop.wait(self.turn())
        if self._tools.post is not None:
            self._tools.post.close()

    def _begun(self) -> float:
        self.begin()
        return 0.0

    def _quietly(self, what: str, work: Callable[[], float]) -> float | None:
        """Do a part of a turn; None: it went wrong, was said, and is tried again."""
        try:
            return work()
        except MailTrouble as error:
            self._rest(str(error))
        except EngagedError as error:
            log.warning("%s has to wait: %s", what, error)
        except Exception:
            log.exception("%s has to wait", what)
        return None

    def _rest(self, why: str) -> None:
        """Ask the server again later, each time later; nothing was lost."""
        log.warning("no mail leaves for %d seconds: %s", self._rest_s, why)
        self._rest_until = self._tools.tick() + self._rest_s
        self._rest_s = min(self._rest_s * 2, LONGEST_REST_S)

    def _is_resting(self) -> bool:
        return self._tools.tick() < self._rest_until

    def _prepare(self, campaign: Campaign) -> float:
        tools, now = self._tools, self._tools.now()
        made = drafting.draft_if_due(tools.door, tools.reader, tools.writer, campaign, now)
        if made is not None:
            log.info("edition %d of %s is drafted", made.number, campaign.slug)
        drafting.remind(tools.reader, tools.writer, campaign, now)
        return LOOK_EVERY_S

    def _send_all(self, campaign: Campaign) -> float:
        pause = LOOK_EVERY_S
        if self._is_resting():
            return pause
        with self._tools.reader.connect() as connection:
            some = issues.in_states(connection, campaign.slug, "approved", "sending")
        for issue in some:
            what = moments.turn(issue.state, issue.due_at, issue.not_after, self._tools.now())
            if what != "start" and issue.state != "sending":
                continue
            if self._outbox is None:
                self._archive(campaign, issue)
            else:
                pause = min(pause, self._send(self._outbox, campaign, issue))
        return pause

    def _archive(self, campaign: Campaign, issue: Issue) -> None:
        """Publish an edition that nobody gets by mail: other services make mails of the archive's feed.

        Where people are subscribed it waits for a mail server instead.
        """
        with self._tools.reader.connect() as connection:
            readers = subscribers.counts(connection, campaign.slug)
        if readers.get("confirmed") or readers.get("paused"):
            return
        now = self._tools.now()
        with self._tools.writer.begin() as connection:
            if issue.state == "approved":
                issues.start(connection, issue.id, now)
            issues.end(connection, issue.id, now)
        log.info("edition %d of %s stands in the archive", issue.number, campaign.slug)

    def _send(self, outbox: Outbox, campaign: Campaign, issue: Issue) -> float:
        begun = started(self._tools, campaign, issue) if issue.state == "approved" else issue
        progress = outbox.send(campaign, begun)
        self._rest_s = FIRST_REST_S
        if progress.what == "more":
            return 0.0
        if progress.what == "waits":
            return min(outbox.free_in() or LOOK_EVERY_S, LOOK_EVERY_S)
        tell_of_end(self._tools, campaign, begun, progress)
        return LOOK_EVERY_S

    def _own_mail(self) -> float:
        tools = self._tools
        if tools.post is not None and not self._is_resting():
            OwnMail(tools.writer, tools.door, tools.post, tools.settings, tools.now).turn()
        return LOOK_EVERY_S

    def _look_into_mailbox(self) -> float:
        mail, tools = self._tools.settings.mail, self._tools
        if mail.imap and not mail.waiting_for and tools.tick() >= self._mailbox_at:
            self._mailbox_at = tools.tick() + MAILBOX_EVERY_S
            for letter in Mailbox(mail.imap).unread():
                self._take(letter)
        return LOOK_EVERY_S

    def _take(self, letter: bytes) -> None:
        """Act upon one letter. One that cannot be understood is said once, and holds up no other.

        While the database cannot be asked, letters stay unread instead: none of them is at fault.
        """
        try:
            came_back(self._tools.writer, letter, self._tools.now())
        except OperationalError:
            raise
        except Exception:
            log.exception("a letter of %d bytes in the mailbox could not be read", len(letter))

    def _forget(self) -> float:
        now = self._tools.now()
        if now >= self._forget_at:
            with self._tools.writer.begin() as connection:
                subscribers.forget(connection, now)
            self._forget_at = now + FORGET_EVERY
        return LOOK_EVERY_S


def came_back(writer: Engine, letter: bytes, now: datetime) -> None:
    """Act upon one letter of the mailbox: mail that bounced, a complaint, or a wish to leave."""
    report, key = read_mail(letter), leaver(letter)
    with writer.begin() as connection:
        if report is None:
            if key:
                subscribers.unsubscribe(connection, key, "letter", now)
        elif report.what == "complaint":
            deliveries.complained(connection, report.message_id, now)
        else:
            deliveries.bounced(connection, report.message_id, report.is_hard, report.words, now)
