"""What a run of publishing needs of the world, and what it gives back."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from aggregator.errors import EngagedError
from aggregator.settings import Settings
from feeds.page import Page
from feeds.publish.manifest import File
from feeds.publish.place import Place
from feeds.select import Door


class BrokenOff(EngagedError):
    """Somebody asked us to stop. The next run goes on."""

    code = "broken-off"


@dataclass(frozen=True, slots=True)
class Purge:
    """What a CDN is told after a run: addresses that are other ones now, and names for them."""

    campaign: str
    version: int
    paths: tuple[str, ...]
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tools:
    """What publishing needs of the world.

    Attributes:
        made_of: a digest of the program and the settings: another one has everything made again.
        beside: answers that are no page of a campaign, by their paths: scripts, `/robots.txt` …
        rules: gives files for web servers out of all that was written, by their names.
        left: told of posts that are in no file any more.
        purge: tells a CDN what changed, and says whether it took it; None: there is nobody to tell.
        is_stopped: says whether to end before the next page.
    """

    settings: Settings
    door: Door
    place: Place
    now: Callable[[], datetime]
    made_of: str
    beside: Callable[[], Mapping[str, Page]] = dict
    rules: Callable[[Mapping[str, File]], Mapping[str, bytes]] = lambda _: {}
    left: Callable[[Collection[str]], None] = lambda _: None
    purge: Callable[[Purge], bool] | None = None
    is_stopped: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did: how many pages it drew, and how many files it wrote and took away."""

    drawn: int = 0
    written: int = 0
    removed: int = 0
    next_due: datetime | None = None
    is_all_told: bool = True
