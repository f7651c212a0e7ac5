"""Posts whose server asks readers for a password."""

from aggregator.item import Flag, Item
from aggregator.stages import PASS, Known, RuleSettings, Verdict, hold


def check(item: Item, known: Known, settings: RuleSettings) -> Verdict:  # noqa: ARG001 - every rule takes the same three
    """Hold a protected post: its author chose who may read it."""
    return hold("protected") if Flag.PROTECTED in item.flags else PASS
