"""The automatic rules, in order. All of them run, and every reason is kept.

A pass publishes nothing: it only says that no rule has anything to tell the moderators.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

from aggregator.item import Item
from aggregator.screen import link_only, objection, off_hashtag, opted_out, protected, sensitive
from aggregator.stages import Known, RuleSettings, Screened, Verdict, hold


class Rule(Protocol):
    """A module of this folder; its file's name is the rule's name."""

    __name__: str

    def check(self, item: Item, known: Known, settings: RuleSettings) -> Verdict: ...


# The order is that of the reasons a moderator reads: the first one should be the one that decides.
RULES: tuple[Rule, ...] = (
    objection,  # before all else: of somebody who objected nothing may be kept, not even a reason
    protected,  # then what its author closed: the other rules see an empty post
    opted_out,  # then what its author would rather not have shown
    sensitive,  # then what readers must be warned of
    off_hashtag,  # then whether it belongs here at all
    link_only,  # last, how much it says: a matter of taste more than of right
)
_STRENGTH: tuple[Literal["pass", "hold", "reject"], ...] = ("pass", "hold", "reject")


def name_of(rule: Rule) -> str:
    """Give a rule's name as reasons and screens write it: `off_hashtag` is `off-hashtag`."""
    return rule.__name__.rpartition(".")[2].replace("_", "-")


def screen(item: Item, known: Known, settings: RuleSettings, rules: Sequence[Rule] = RULES) -> Screened:
    """Ask every rule. Reject is stronger than hold, hold than pass; reasons keep the rules' order."""
    verdicts = [_verdict(rule, item, known, settings) for rule in rules]
    strongest = max((_STRENGTH.index(verdict.outcome) for verdict in verdicts), default=0)
    return Screened(
        _STRENGTH[strongest], tuple(verdict.reason for verdict in verdicts if verdict.outcome != "pass")
    )


def _verdict(rule: Rule, item: Item, known: Known, settings: RuleSettings) -> Verdict:
    try:
        return rule.check(item, known, settings)
    except Exception:  # noqa: BLE001 - whatever a rule breaks on, it may neither pass the post nor stop the run
        return hold(f"rule-failed:{name_of(rule)}")
