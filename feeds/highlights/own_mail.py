"""Mails of the program itself: confirmations, words to editors, tests. Once, or after a kill twice."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Engine

from aggregator.errors import EngagedError
from aggregator.settings import Campaign, Settings
from aggregator.store import issues, outgoing, subscribers
from aggregator.store.issues import Issue
from aggregator.store.outgoing import Outgoing
from feeds.addresses import Address, mail_path, path_of
from feeds.highlights.composing import Looks, letters_of, still_there
from feeds.highlights.letter import filled, in_language_of
from feeds.highlights.message import Body, issue_mail, sender_of, system_mail
from feeds.highlights.notes import confirmation, to_editors
from feeds.highlights.outbox import signed_if_asked
from feeds.highlights.send import MailTrouble, Post, as_bytes
from feeds.i18n import words

AT_A_TIME = 20
NOBODY = "test"
"""Stands where a reader's own key does: the page that it leads to changes nothing."""

log = logging.getLogger(__name__)


class CannotWrite(EngagedError):
    """A mail of our own that there is nothing to make of any more."""

    code = "cannot-write"


@dataclass(frozen=True, slots=True)
class OwnMail:
    """Sends what was put down to be sent. It belongs to one thread."""

    engine: Engine
    door: Looks
    post: Post
    settings: Settings
    now: Callable[[], datetime]

    def turn(self) -> int:
        """Send what is due, and give how many mails left.

        Raises:
            MailTrouble: the server takes nothing; what was taken in hand is tried again.
        """
        with self.engine.begin() as connection:
            some = outgoing.claim(connection, self.now(), AT_A_TIME)
        left, trouble = 0, None
        for one in some:
            if trouble is None:
                try:
                    left += self._send(one)
                    continue
                except MailTrouble as error:
                    trouble = error
            self._do(partial(outgoing.failed, outgoing_id=one.id, words=str(trouble), now=self.now()))
        if trouble is not None:
            raise trouble
        return left

    def _send(self, one: Outgoing) -> bool:
        campaign = self.settings.campaign(one.campaign)
        try:
            if campaign is None:
                raise CannotWrite("its campaign is configured no more")
            if subscribers.is_wish(one):
                token = self._do(partial(subscribers.answer, mail=one, now=self.now())).token
                if token is None:
                    return False
                one = replace(one, facts={**one.facts, "token": token})
            message = self._message(one, campaign)
        except EngagedError as error:
            log.warning("a mail (%s) was not written: %s", one.kind, error)
            self._failed(one, str(error), for_good=True)
            return False
        result = self.post.send(sender_of(campaign, self.settings).address, one.address, message)
        if result.fate in ("sent", "uncertain"):  # a second confirmation harms more than none
            self._do(partial(outgoing.sent, outgoing_id=one.id, now=self.now()))
            return True
        self._failed(one, result.words, for_good=result.fate in ("failed", "no-such-address"))
        return False

    def _message(self, one: Outgoing, campaign: Campaign) -> bytes:
        sender, at = sender_of(campaign, self.settings), self.now()
        name = (
            f"<{uuid5(NAMESPACE_URL, f'engaged:{one.campaign}/{one.id}/{one.put_at}')}@{sender.domain}>"
        )
        if one.kind == "test":
            unsubscribe = self.settings.public_url + mail_path("unsubscribe", campaign.slug, "", NOBODY)
            body = self._test(one, campaign)
            message = issue_mail(
                sender, one.address, body, message_id=name, unsubscribe=unsubscribe, key=NOBODY, at=at
            )
        else:
            write = confirmation if one.kind == "confirm" else to_editors
            body = write(campaign, self.settings, one.facts)
            message = system_mail(sender, one.address, body, message_id=name, at=at)
        return signed_if_asked(as_bytes(message), self.settings, campaign)

    def _test(self, one: Outgoing, campaign: Campaign) -> Body:
        """Give an issue as its readers would see it now, with a subject that says it is a test."""
        number, language = int(one.facts["number"]), str(one.facts.get("language", ""))
        with self.engine.connect() as connection:
            issue = issues.one(connection, campaign.slug, number)
        if issue is None:
            raise CannotWrite(f"there is no edition {number} any more")
        letters = letters_of(issue, self.door, campaign, self.settings)
        letter = in_language_of(letters, language or campaign.languages[0], campaign.languages[0])
        fields = self._fields(issue, campaign, letter.language)
        whole = filled(letter, still_there(letter, self.door, campaign.slug), fields)
        say = words(letter.language)
        subject = say("mail-test-subject", subject=whole.subject)
        return Body(subject, whole.html, whole.text, letter.language)

    def _fields(self, issue: Issue, campaign: Campaign, language: str) -> dict[str, str]:
        """Give links that lead somewhere: nobody's own are those of a test, so all may subscribe.

        An edition has its page from its first mail on; until then the list of all stands for it.
        """
        in_path = "" if language == campaign.languages[0] else language
        subscribe = self.settings.public_url + mail_path("subscribe", campaign.slug, in_path)
        page = Address("highlights", campaign.slug, language=in_path)
        if issue.started_at:
            page = Address("highlights-issue", campaign.slug, str(issue.number), in_path)
        return {
            "unsubscribe": subscribe,
            "preferences": subscribe,
            "archive": self.settings.public_url + path_of(page),
        }

    def _failed(self, one: Outgoing, said: str, *, for_good: bool) -> None:
        self._do(
            partial(outgoing.failed, outgoing_id=one.id, words=said, now=self.now(), for_good=for_good)
        )

    def _do(self, work: Callable[..., Any]) -> Any:
        with self.engine.begin() as connection:
            return work(connection)
