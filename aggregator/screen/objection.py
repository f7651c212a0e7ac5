"""Authors who asked never to be collected."""

from aggregator.item import Item
from aggregator.stages import PASS, Known, RuleSettings, Verdict, reject


def check(item: Item, known: Known, settings: RuleSettings) -> Verdict:  # noqa: ARG001 - every rule takes the same three
    """Reject what an author wrote who objected: nothing of it is stored."""
    return reject("objection") if known.has_objected else PASS
