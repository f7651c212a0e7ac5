"""A site to publish, with invented posts, into a folder of the test."""

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from aggregator.copies import FORMATS, widths_for
from aggregator.settings import Settings
from aggregator.store.published import Shown
from feeds.publish.beside import beside, rules_beside
from feeds.publish.folder import Folder
from feeds.publish.place import Made, Place
from feeds.publish.rules import written as rules
from feeds.publish.site import Publisher
from feeds.publish.tools import Outcome, Purge, Tools
from tests.feeds.invented import (
    NOW,
    SLUG,
    FakeDoor,
    a_door,
    campaign,
    picture,
    pictured,
    settings,
    shown,
    write_copies,
)

VIEWS = {"featured": {"layout": "featured", "slot": "post"}, "wall": {"layout": "grid"}}
FILES_OF_A_PICTURE = len(FORMATS) * len(widths_for(960))


@dataclass
class Site:
    """One installation that publishes to a folder. `publish` is one run of a process that goes on."""

    folder: Path
    door: FakeDoor
    now: datetime = NOW
    left: list[str] = field(default_factory=list)
    purged: list[Purge] = field(default_factory=list)
    takes_purges: bool = True
    made_of: str = "one"

    def __post_init__(self) -> None:
        self.out = self.folder / "out"
        self.settings: Settings = settings(campaign(languages=("en",), views=VIEWS)).model_copy(
            update={"media": str(self.folder / "media")}
        )
        self.place: Place = Folder(self.out)
        self.publisher = Publisher(self.tools())

    def tools(self, **changes: Any) -> Tools:
        values: dict[str, Any] = {
            "settings": self.settings,
            "door": self.door,
            "place": self.place,
            "now": lambda: self.now,
            "made_of": self.made_of,
            "beside": lambda: beside(self.settings),
            "rules": lambda files: rules(self.settings, files, rules_beside(self.settings)),
            "left": self._leave,
            "purge": self._purge,
        }
        return Tools(**values | changes)

    def publish(self) -> Outcome:
        return self.publisher.run()

    def restart(self, **changes: Any) -> None:
        """Begin anew, as another process does: it knows only what stands in the folder."""
        self.publisher = Publisher(self.tools(**changes))

    def show(self, *numbers: int) -> None:
        """Publish posts, each with a picture of its own, whose copies are there."""
        for number in numbers:
            write_copies(self.folder / "media", picture(number))
            self.door.publish(post(number))

    def read(self, name: str) -> str:
        return (self.out / name).read_text("utf-8")

    def page(self, name: str) -> str:
        return self.read(f"{SLUG}/{name}")

    def names(self) -> set[str]:
        """Give every file that readers can be given, packed forms too."""
        return {
            file.relative_to(self.out).as_posix()
            for file in self.out.rglob("*")
            if file.is_file() and not file.relative_to(self.out).as_posix().startswith(".")
        }

    def everything(self) -> dict[str, bytes]:
        return {name: (self.out / name).read_bytes() for name in self.names()}

    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.read("manifest.json"))
        return found

    def _leave(self, items: Collection[str]) -> None:
        self.left += sorted(items)

    def _purge(self, changed: Purge) -> bool:
        if self.takes_purges:
            self.purged.append(changed)
        return self.takes_purges


def a_site(folder: Path, *numbers: int) -> Site:
    made = Site(folder, a_door())
    made.show(*numbers)
    return made


def post(number: int) -> Shown:
    return pictured(shown(number), picture(number))


class Interfering:
    """A place at which something happens just before a file gets its new content."""

    def __init__(self, place: Place, when: str, happens: Callable[[], None]) -> None:
        self._place, self._when, self._happens = place, when, happens

    def __getattr__(self, name: str) -> Any:
        return getattr(self._place, name)

    def write(self, name: str, made: Made) -> None:
        if name.endswith(self._when) and self._happens:
            happens, self._happens = self._happens, lambda: None
            happens()
        self._place.write(name, made)
