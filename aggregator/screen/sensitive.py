"""Posts that their author or their network marked as sensitive."""

from aggregator.item import Flag, Item
from aggregator.stages import PASS, Known, RuleSettings, Verdict, hold


def check(item: Item, known: Known, settings: RuleSettings) -> Verdict:  # noqa: ARG001 - every rule takes the same three
    """Hold what is marked sensitive or stands behind a content warning."""
    return hold("sensitive") if Flag.SENSITIVE in item.flags or item.warning else PASS
