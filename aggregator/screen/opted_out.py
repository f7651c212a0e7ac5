"""Posts of people whose profile asks robots and search engines to stay away."""

from aggregator.item import Flag, Item
from aggregator.stages import PASS, Known, RuleSettings, Verdict, hold


def check(item: Item, known: Known, settings: RuleSettings) -> Verdict:  # noqa: ARG001 - every rule takes the same three
    """Hold what its author does not want indexed: somebody should ask first."""
    return hold("opted-out") if Flag.OPTED_OUT in item.flags else PASS
