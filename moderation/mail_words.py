"""The weekly mail in words: how an edition stands, what became of it, why a post was chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from babel.dates import format_date

from aggregator.settings import Campaign
from aggregator.store.issues import Issue
from feeds.i18n import Words
from feeds.other_languages import own_name
from moderation.times import moment

DONE = ("sent", "bounced", "skipped")
"""States of deliveries with which nothing more is to be done."""

_TONES: Mapping[str, tuple[str, str]] = {
    "draft": ("hold", "waits"),
    "seconding": ("hold", "waits"),
    "approved": ("fine", "fine"),
    "sending": ("info", "mail"),
    "paused": ("hold", "rests"),
    "sent": ("fine", "fine"),
    "skipped": ("info", "info"),
    "late": ("trouble", "warn"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How an edition stands: a shape, a sentence, and what follows from it.

    Attributes:
        tone: fine, info, hold or trouble.
    """

    tone: str
    icon: str
    sentence: str
    more: str = ""


def campaign_languages(campaign: Campaign) -> tuple[tuple[str, str], ...]:
    """Give the languages that the mail is written in, each with its own name."""
    return tuple((code, own_name(code)) for code in campaign.languages)


def standing(
    issue: Issue,
    tally: Mapping[str, int],
    campaign: Campaign,
    now: datetime,
    say: Words,
    *,
    can_send: bool,
) -> Standing:
    """Say how an edition stands.

    Args:
        tally: how many of its mails are in each state.
        can_send: a mail server is set up.
    """
    tone, icon = _TONES[issue.state]
    told = _Told(issue, tally, campaign, now, say, can_send)
    sentence, more = getattr(told, issue.state)()
    is_waiting = issue.state == "draft" and now > issue.due_at
    has_doubts = issue.state == "sent" and tally.get("uncertain", 0) > 0
    if is_waiting or has_doubts:
        tone, icon = "hold", "warn"
    return Standing(tone, icon, sentence, more)


@dataclass(frozen=True, slots=True)
class _Told:
    """The sentences, one for each state."""

    issue: Issue
    tally: Mapping[str, int]
    campaign: Campaign
    now: datetime
    say: Words
    can_send: bool

    def draft(self) -> tuple[str, str]:
        key = "stands-draft-waits" if self.now > self.issue.due_at else "stands-draft"
        if key == "stands-draft":
            return self.say("stands-draft", due=self._due), self.say("stands-draft-more")
        return self.say("stands-draft-waits", due=self._due), self.say("stands-draft-waits-more")

    def seconding(self) -> tuple[str, str]:
        sentence = self.say("stands-seconding", by=approvers(self.issue, self.say))
        return sentence, self.say("stands-seconding-more", due=self._due)

    def approved(self) -> tuple[str, str]:
        by = approvers(self.issue, self.say)
        if not self.can_send:
            more = self.say("stands-approved-no-server-more", due=self._due)
            return self.say("stands-approved-no-server", by=by), more
        if self.now >= self.issue.due_at:
            return self.say("stands-approved-now", by=by), ""
        return self.say("stands-approved", by=by, due=self._due), ""

    def sending(self) -> tuple[str, str]:
        return self.say("stands-sending", **self._progress), ""

    def paused(self) -> tuple[str, str]:
        return self.say("stands-paused", **self._progress), ""

    def sent(self) -> tuple[str, str]:
        ended = self.issue.ended_at or self.issue.due_at
        unsettled = self.tally.get("uncertain", 0)
        sentence = self.say("stands-sent", when=self._at(ended), sent=f"{handed_over(self.tally):,}")
        return sentence, self.say("stands-sent-more", unsettled=f"{unsettled:,}") if unsettled else ""

    def skipped(self) -> tuple[str, str]:
        by, why = skipped_because(self.issue)
        return self.say("stands-skipped"), self.say("stands-skipped-more", by=by, why=why) if why else ""

    def late(self) -> tuple[str, str]:
        sentence = self.say("stands-late", until=self._at(self.issue.not_after))
        return sentence, self.say("stands-late-more")

    @property
    def _due(self) -> str:
        return self._at(self.issue.due_at)

    @property
    def _progress(self) -> dict[str, str]:
        done, whole = progress(self.tally)
        return {"done": f"{done:,}", "all": f"{whole:,}"}

    def _at(self, when: datetime) -> str:
        return moment(when, self.campaign.timezone, self.say.language).words


def progress(tally: Mapping[str, int]) -> tuple[int, int]:
    """Say with how many mails of how many nothing more is to be done."""
    waiting = tally.get("queued", 0) + tally.get("claimed", 0)
    whole = sum(tally.values())
    return whole - waiting, whole


def handed_over(tally: Mapping[str, int]) -> int:
    """Say how many mails other servers took, also those that came back later."""
    return tally.get("sent", 0) + tally.get("bounced", 0)


def approvers(issue: Issue, say: Words) -> str:
    """Name who approved an edition; "" when nobody did."""
    if issue.seconded_by:
        return say("mail-two-people", first=issue.approved_by, second=issue.seconded_by)
    return issue.approved_by


def skipped_because(issue: Issue) -> tuple[str, str]:
    """Give who left a week out, and why; "" for what nobody wrote."""
    said = issue.content.get("skipped", {})
    return str(said.get("by", "")), str(said.get("why", ""))


def became(issue: Issue, tally: Mapping[str, int], say: Words) -> str:
    """Say in a few words what became of an edition: "sent 1,204"."""
    if issue.state == "skipped":
        why = skipped_because(issue)[1]
        return say("mail-was-skipped-why", why=why) if why else say("mail-was-skipped")
    if issue.state == "sent":
        return say("mail-sent-count", sent=f"{handed_over(tally):,}")
    return say(f"mail-state-{issue.state}")


def unsettled(tally: Mapping[str, int], say: Words) -> str:
    """Say how many mails wait for somebody to settle them; "" for none."""
    doubts = tally.get("uncertain", 0)
    return say("mail-settle-count", unsettled=f"{doubts:,}") if doubts else ""


def week_of(week: date, say: Words) -> str:
    return format_date(week, format="medium", locale=say.language.replace("-", "_"))
