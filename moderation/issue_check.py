"""What is looked at before an edition may go: findings in the letters themselves, and who approves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aggregator.settings import Campaign
from aggregator.store.issues import Issue
from aggregator.store.published import Shown
from feeds.highlights.draft import from_json
from feeds.highlights.letter import Letter, LetterChanged
from feeds.highlights.lint import MOST_BYTES, Finding, lint, size_of
from feeds.i18n import Words
from feeds.other_languages import own_name
from moderation.issue_letters import letters_of
from moderation.routes import Desk, Person, Role
from moderation.times import moment

FINDINGS = (
    "postal-address", "not-https", "subject-empty", "subject-first", "preheader-empty", "subject-long",
    "no-posts", "post-gone", "alt-missing", "contrast", "link", "picture", "control-character",
    "too-large", "field-unknown", "field-missing", "field-subject", "field-own",
    "letter-changed",
)  # fmt: skip
"""What is looked for, as far as the language file has words for it."""


@dataclass(frozen=True, slots=True)
class Found:
    """One finding as a line: trouble must be put right, info is advice.

    Attributes:
        path: where on this page it can be put right; "" when not here.
    """

    tone: str
    sentence: str
    path: str


def checked(
    desk: Desk, person: Person, campaign: Campaign, issue: Issue, shown: Mapping[str, Shown]
) -> dict[str, Any]:
    """Give what the box "Before it goes out" shows this person."""
    is_open = issue.state in ("draft", "seconding")
    whole, found = _looked_at(desk, campaign, issue, shown) if is_open else ({}, ())
    may_second = _may_second(person, issue)
    return {
        "is_open": is_open,
        "findings": _in_words(found, desk.say),
        "size": _size(desk, campaign, whole) if is_open else "",
        "stops": _stops(desk, found),
        "may_approve": may_second or (issue.state == "draft" and person.role >= Role.EDITOR),
        "may_second": may_second,
        "waits_for_other": issue.state == "seconding" and person.name == issue.approved_by,
        "approving": "approve" if issue.state == "seconding" else "edit",
        "approve_do": desk.say("approve-second-do" if issue.state == "seconding" else "approve-do"),
        "approve_hint": _hint(desk, campaign, issue),
    }


def stops(desk: Desk, campaign: Campaign, issue: Issue, shown: Mapping[str, Shown]) -> str:
    """Say why an edition cannot be approved; "" when it can."""
    return _stops(desk, _looked_at(desk, campaign, issue, shown)[1])


def _looked_at(
    desk: Desk, campaign: Campaign, issue: Issue, shown: Mapping[str, Shown]
) -> tuple[Mapping[str, Letter], Sequence[Finding]]:
    try:
        whole = letters_of(desk, campaign, issue, shown)
    except LetterChanged as error:
        return {}, (Finding(error.code, desk.say("finding-letter-changed")),)
    return whole, _findings(desk, campaign, issue, shown, whole)


def _findings(
    desk: Desk,
    campaign: Campaign,
    issue: Issue,
    shown: Mapping[str, Shown],
    whole: Mapping[str, Letter],
) -> Sequence[Finding]:
    """Give what was found, what stops first."""
    found = lint(from_json(issue.content), whole, shown, campaign, desk.settings)
    return sorted(found, key=lambda one: not one.stops)


def _stops(desk: Desk, found: Sequence[Finding]) -> str:
    return desk.say("check-stops") if any(one.stops for one in found) else ""


def _in_words(found: Sequence[Finding], say: Words) -> list[Found]:
    """Give each sentence once: seven languages share most of what is found."""
    lines = [
        Found(
            "trouble" if one.stops else "info",
            _sentence(one, say),
            f"#pick-{one.item}" if one.item else "",
        )
        for one in found
    ]
    return list(dict.fromkeys(lines))


def _sentence(one: Finding, say: Words) -> str:
    """Say it in the words of the screens; what they have none for, in those of the shell."""
    if one.code not in FINDINGS:
        return one.words
    language = own_name(one.language) if one.language else ""
    return say(f"finding-{one.code}", about=one.about, language=language)


def _size(desk: Desk, campaign: Campaign, whole: Mapping[str, Letter]) -> str:
    """Say how long the longest of the letters is on its way."""
    longest = max((size_of(one, campaign, desk.settings) for one in whole.values()), default=0)
    return desk.say("check-size", size=str(longest // 1000), most=str(MOST_BYTES // 1000))


def _may_second(person: Person, issue: Issue) -> bool:
    is_other = person.name != issue.approved_by
    return issue.state == "seconding" and is_other and person.role >= Role.EDITOR


def _hint(desk: Desk, campaign: Campaign, issue: Issue) -> str:
    if issue.state == "draft" and campaign.highlights.second_person:
        return desk.say("approve-hint-second")
    if desk.now() >= issue.due_at:
        return desk.say("approve-hint-now")
    due = moment(issue.due_at, campaign.timezone, desk.say.language).words
    return desk.say("approve-hint", due=due)
