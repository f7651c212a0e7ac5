"""A running installation with a feed of posts, all approved, with pictures, and with files beside."""

import json
import re
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from urllib.parse import quote

from PIL import Image

from bench.serve import ENGAGED, SENTENCES, engaged, free_port, nginx, running
from bench.watching import asked

SPARE_POSTS = 12
"""So many stand on the wall: it is never half empty."""


@dataclass
class Place:
    """A running installation, and the posts of the feed that it reads."""

    folder: Path
    config: Path
    ours: str
    feed: str
    posts: dict[str, str]
    withdrawn: list[str] = field(default_factory=list)

    @property
    def www(self) -> Path:
        """The folder that nginx serves, beside the feed also to pages of a library."""
        return self.folder / "www"

    def write_feed(self) -> None:
        """Write the feed anew, whole at once; withdrawn posts stand there as what they are."""
        file = self.www / "feed.xml"
        (whole := file.with_suffix(".new")).write_text(
            a_feed(list(self.posts), self.withdrawn, self.feed)
        )
        whole.replace(file)

    @property
    def out(self) -> Path:
        return self.folder / "site"


def a_feed(titles: Sequence[str], withdrawn: Sequence[str], address: str) -> str:
    start = datetime.now(UTC) - timedelta(days=2)
    gone = "".join(
        f'<at:deleted-entry ref="tag:bench,2026:{quote(title)}" when="{datetime.now(UTC).isoformat()}"/>'
        for title in withdrawn
    )
    entries = "".join(
        f"<entry><id>tag:bench,2026:{quote(title)}</id><title>{title}</title>"
        f"<link href='{address}/{quote(title)}'/>"
        f"<link rel='enclosure' type='image/jpeg' href='{address}/{number}.jpg'/>"
        f"<published>{(start + timedelta(hours=number)).isoformat()}</published>"
        f"<updated>{(start + timedelta(hours=number)).isoformat()}</updated>"
        f"<content>{' '.join(SENTENCES)} #EngagedLibraries</content></entry>"
        for number, title in enumerate(titles)
        if title not in withdrawn
    )
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0">'
        f"<title>Stories</title><id>tag:bench,2026:feed</id><updated>2026-01-01T00:00:00Z</updated>"
        f"{gone}{entries}</feed>"
    )


def draw_picture(file: Path, number: int) -> None:
    """Draw something that no other number looks like, and that does not shrink to nothing."""
    dice = Random(number)
    small = Image.frombytes("RGB", (32, 24), dice.randbytes(32 * 24 * 3))
    small.resize((1200, 900), Image.Resampling.BICUBIC).save(file, "JPEG", quality=88)


def settings(folder: Path, site: int, feeds: int) -> Path:
    source = {"name": "blog", "kind": "feed", "url": f"http://127.0.0.1:{feeds}/feed.xml", "every": "1s"}
    host = {f"127.0.0.1:{feeds}": {"at_once": 4, "pause": "0s"}}
    written = {
        "public_url": f"http://127.0.0.1:{site}",
        "database": f"sqlite:///{folder}/engaged.db",
        "media": f"{folder}/media",
        "network": {"allow_addresses": ["127.0.0.1"], "allow_ports": [feeds], "hosts": host},
        "publish": {"to": f"{folder}/site"},
        "campaigns": [
            {"slug": "bench", "name": "Bench", "hashtags": ["EngagedLibraries"], "sources": [source]}
        ],
    }
    file = folder / "config.yaml"
    file.write_text(json.dumps(written))  # JSON is YAML
    return file


def installed(folder: Path, posts: int, stack: ExitStack) -> Place:
    """Start everything, collect and approve the posts, and wait for their pictures and files."""
    place = settled(folder, posts, stack)
    port = place.ours.rpartition(":")[2]
    command: list[str | Path] = [ENGAGED, "run", "--port", port, "--config", place.config]
    stack.enter_context(running(command, f"{place.ours}/readyz", {}))
    until_true(
        lambda: all(_is_whole(place, name) for name in list(place.posts)[-SPARE_POSTS:]),
        "pictures and files",
    )
    return place


def settled(folder: Path, posts: int, stack: ExitStack) -> Place:
    """Serve the feed, collect and approve its posts; nothing of ours is running yet."""
    (www := folder / "www").mkdir()
    folder.chmod(0o755)  # nginx reads as nobody
    feeds, site = free_port(), free_port()
    config = settings(folder, site, feeds)
    names = [f"Story number {number:03d} of the harbour" for number in range(posts)]
    place = Place(
        folder, config, f"http://127.0.0.1:{site}", f"http://127.0.0.1:{feeds}", dict.fromkeys(names, "")
    )
    place.write_feed()
    for number in range(posts):
        draw_picture(www / f"{number}.jpg", number)
    stack.enter_context(running(nginx(folder, feeds), f"{place.feed}/feed.xml", {}))
    engaged(config, "collect")
    listed = json.loads(engaged(config, "items", "--json"))["items"]
    place.posts.update({one["title"]: one["id"] for one in listed})
    engaged(config, "decide", "approve", *place.posts.values(), "--as", "bench")
    return place


def _is_whole(place: Place, title: str) -> bool:
    item = place.posts[title]
    feed = json.loads(asked(f"{place.ours}/bench/api/v1/posts/{item}")[1])
    page = place.out / "bench" / "p" / f"{item}.html"
    keys = keys_in(json.dumps(feed))
    return bool(keys) and page.exists() and all(any((place.out / "i").glob(f"{key}-*")) for key in keys)


def keys_in(text: str) -> set[str]:
    return set(re.findall(r"/i/([0-9a-f]{24})-", text))


def until_true(is_so: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + 180
    while not is_so():
        if time.monotonic() > until:
            raise SystemExit(f"{what} were not there within three minutes")
        time.sleep(0.2)
