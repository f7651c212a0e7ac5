"""The time zones that a subscriber can choose: one of each kind, with the names they know it by."""

from collections.abc import Mapping, Sequence
from functools import cache
from zoneinfo import available_timezones

_PARTS = (
    *("Africa", "America", "Antarctica", "Arctic", "Asia"),
    *("Atlantic", "Australia", "Europe", "Indian", "Pacific"),
)


@cache
def known_zones() -> frozenset[str]:
    """Give every name that this machine has a clock for."""
    return frozenset(available_timezones())


@cache
def by_part_of_the_world() -> Mapping[str, Sequence[str]]:
    """Give the zones that are named after places, by part of the world, in order."""
    named = sorted(zone for zone in known_zones() if zone.partition("/")[0] in _PARTS)
    found: dict[str, list[str]] = {}
    for zone in named:
        found.setdefault(zone.partition("/")[0], []).append(zone)
    return found


def place_of(zone: str) -> str:
    """Give the name of a zone's place as people write it: "Buenos Aires, Argentina"."""
    _, *places = zone.split("/")
    return ", ".join(place.replace("_", " ") for place in reversed(places)) or zone
