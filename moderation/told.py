"""Codes in words: why a post is here, what approving it means, what was decided and by whom."""

from collections.abc import Iterable
from dataclasses import dataclass

from aggregator.item import Action, Flag, Item, State
from aggregator.settings import Campaign
from aggregator.store.opened import Event, Past
from aggregator.store.queue import Listed
from feeds.i18n import Words
from moderation.times import Moment, moment

REASONED = ("off-hashtag", "link-only", "sensitive", "opted-out", "protected", "edited", "rule-failed")
"""The reasons of rules that the language file has words for."""

UNSEEN = ("too-large", "too-small", "too-many-frames", "not-a-picture", "damaged", "missing")
"""Why there is no copy of a picture, as far as the language file has words for it."""

_TONES = {
    "sensitive": "hold",
    "opted-out": "hold",
    "protected": "hold",
    "rule-failed": "hold",
    "edited": "info",
}
_RULE_FAILED = "rule-failed:"


@dataclass(frozen=True, slots=True)
class Chip:
    """One reason: a few words, a sentence, and a tone (info or hold)."""

    label: str
    sentence: str
    tone: str = "info"


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a post's history.

    Attributes:
        who: a name, or who it was otherwise ("a rule", "its origin").
        beside: reason and note, in words; "" for none.
        wording: the number of the wording it was decided on.
    """

    number: int
    when: Moment
    who: str
    what: str
    beside: str
    wording: int
    is_undone: bool


def chips(listed: Listed, past: Past, say: Words) -> tuple[Chip, ...]:
    """Say why a post is here: what the rules said, then what was noticed on the way."""
    found = [_of_rule(code, say) for code in listed.why]
    said = {code.partition(":")[0] for code in listed.why}
    noticed = [flag for flag in sorted(listed.item.flags) if flag.value not in said]
    found += [_chip(f"flag-{flag.value}", say) for flag in noticed]
    if _lacks_alt(listed.item):
        found.append(_chip("flag-no-alt", say))
    if not (past.shown or past.not_shown or past.waiting):
        found.append(_chip("flag-first-post", say))
    return tuple(found)


def notes(content: Item, listed: Listed, say: Words) -> tuple[str, ...]:
    """Say what approving this post would mean, where that is not plain."""
    if listed.state is State.WITHDRAWN:
        return (say("note-withdrawn"),)
    if listed.state is State.TAKEN_DOWN:
        return ()
    concerned = (
        ("note-protected", Flag.PROTECTED in content.flags),
        ("note-opted-out", Flag.OPTED_OUT in content.flags),
        ("note-not-indexable", Flag.NOT_INDEXABLE in content.flags),
        ("note-sensitive", Flag.SENSITIVE in content.flags or bool(content.warning)),
        ("note-changed", listed.is_changed),
    )
    return tuple(say(key) for key, is_so in concerned if is_so)


def state_of(state: State, *, is_changed: bool, say: Words) -> str:
    return say("state-changed" if is_changed else f"state-{state.value}")


def history(events: Iterable[Event], campaign: Campaign, say: Words) -> tuple[Told, ...]:
    """Give an item's history in words, newest first."""
    return tuple(
        Told(
            number=event.number,
            when=moment(event.at, campaign.timezone, say.language),
            who=who(event, say),
            what=say(f"did-{event.action.value}"),
            beside=_beside(event, say),
            wording=event.revision,
            is_undone=event.is_undone,
        )
        for event in reversed(list(events))
    )


def who(event: Event, say: Words) -> str:
    """Name who decided. A rule is called by what it looks for; a name may have been erased."""
    if event.actor == "rule":
        return say("by-rule")
    if event.actor in ("upstream", "edit-policy"):
        return say(f"by-{event.actor}")
    return event.who.removeprefix("shell:") or say("by-somebody")


def done(action: Action, say: Words) -> str:
    """Say what a decision has just done."""
    return say(f"done-{action.value}")


def short(code: str, say: Words) -> str:
    """Give the few words for a code that a line of a list has room for."""
    return _of_rule(code, say).label


def missing(state: str, code: str, say: Words) -> str:
    """Say why there is no copy of a picture."""
    if state != "refused":
        return say("picture-wanted")
    return say(f"picture-{code}") if code in UNSEEN else say("picture-refused")


def reason(code: str, say: Words) -> str:
    """Give the words of a reason that people give; "" for none."""
    return say(f"reason-{code}") if code else ""


def _beside(event: Event, say: Words) -> str:
    if event.actor == "person" or event.actor == "shell":
        said = reason(event.reason, say)
    else:
        said = _of_rule(event.reason, say).label if event.reason else ""
    return " · ".join(part for part in (said, event.note) if part)


def _of_rule(code: str, say: Words) -> Chip:
    if code.startswith(_RULE_FAILED):
        rule = code.removeprefix(_RULE_FAILED)
        return Chip(say("why-rule-failed"), say("why-rule-failed-more", rule=rule), "hold")
    if code in REASONED:
        return Chip(say(f"why-{code}"), say(f"why-{code}-more"), _TONES.get(code, "info"))
    if code in ("deleted", "no-longer-public", "gone"):
        return Chip(say(f"why-{code}"), "")
    return Chip(say("why-unnamed"), say("why-unnamed-more", code=code))


def _chip(key: str, say: Words) -> Chip:
    tone = "hold" if key in ("flag-opted-out", "flag-protected", "flag-sensitive") else "info"
    return Chip(say(key), say(f"{key}-more"), tone)


def _lacks_alt(content: Item) -> bool:
    return any(media.alt is None for media in content.media if media.type in ("image", "video"))
