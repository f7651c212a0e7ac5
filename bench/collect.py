"""Collecting at size, side by side with lemon24/reader and newsboat: A B C A B C, medians, ratios.

500 generated feeds of 20 entries, about 3 KB each, two thirds RSS, one third Atom, served by nginx with
ETag. `cold` starts from nothing; `same` asks again for feeds that did not change (all 304).

    python bench/collect.py [--rounds 3] [--feeds 500] [--peers newsboat,reader]

Needs Debian's nginx-light and newsboat; reader comes into build/bench from requirements-bench.txt.
"""

import argparse
import email.utils
import html
import json
import random
import shutil
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import mkdtemp

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.measured import Cost, adopt_orphans, middle, run

HOUSE = Path(__file__).resolve().parent.parent
ENTRIES = 20
AT_ONCE = 20
START = 1_790_000_000
WORDS = [
    *("library", "reading", "river", "bus", "garden", "story", "neighbours", "winter", "lamp", "shelf"),
    *("poem", "bread", "tea", "map", "window", "children", "evening", "workshop", "music", "seeds"),
    *("repair", "café", "naïve", "lección", "ħobż", "libertà"),
]

READER = """
import sys
from reader import make_reader
reader = make_reader(sys.argv[1])
for line in open(sys.argv[2]):
    reader.add_feed(line.strip(), exist_ok=True)
reader.update_feeds(scheduled=False, workers=20)
print(reader.get_entry_counts().total)
"""


def entry_html(dice: random.Random) -> str:
    paragraphs = []
    for _ in range(8):
        words = " ".join(dice.choices(WORDS, k=38))
        paragraphs.append(
            f'<p>{words} <a href="https://blog.example/{dice.randrange(999)}">more</a> &amp; '
            f"<em>{dice.choice(WORDS)}</em> #EngagedLibraries</p>"
        )
    return "\n".join(paragraphs) + '<img src="https://blog.example/p.jpg" alt="A bus">'


def rss(number: int, address: str) -> str:
    dice, items = random.Random(number), []
    for index in range(ENTRIES):
        when = email.utils.formatdate(START + number * 60 + (ENTRIES - index) * 3600)
        link = f"{address}/{number}/{index}"
        items.append(
            f"<item><title>Post {index} of branch {number} &amp; friends</title><link>{link}</link>"
            f'<guid isPermaLink="false">tag:bench,2026:{number}/{index}</guid><pubDate>{when}</pubDate>'
            f"<dc:creator>Ana</dc:creator><category>community engagement</category>"
            f"<description>{html.escape(' '.join(dice.choices(WORDS, k=40)))}</description>"
            f"<content:encoded><![CDATA[{entry_html(dice)}]]></content:encoded></item>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>Branch {number}</title><link>{address}</link><description>d</description>"
        f"{''.join(items)}</channel></rss>"
    )


def atom(number: int, address: str) -> str:
    dice, entries = random.Random(number), []
    for index in range(ENTRIES):
        when = datetime.fromtimestamp(START + number * 60 + (ENTRIES - index) * 3600, UTC)
        link = f"{address}/{number}/{index}"
        entries.append(
            f"<entry><title>Post {index} of branch {number}</title>"
            f"<id>tag:bench,2026:{number}/{index}</id>"
            f'<link rel="alternate" href="{link}"/><updated>{when:%Y-%m-%dT%H:%M:%SZ}</updated>'
            f"<published>{when:%Y-%m-%dT%H:%M:%SZ}</published><author><name>Ana</name></author>"
            f'<category term="community engagement"/>'
            f"<summary>{' '.join(dice.choices(WORDS, k=40))}</summary>"
            f'<content type="html">{html.escape(entry_html(dice))}</content></entry>'
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">'
        f"<title>Branch {number}</title><id>tag:bench,2026:{number}</id>"
        f"<updated>2026-09-21T00:00:00Z</updated>{''.join(entries)}</feed>"
    )


class Site:
    """The generated feeds behind a real nginx on a free port of this machine."""

    def __init__(self, folder: Path, feeds: int) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        (folder / "www").mkdir()
        for number in range(feeds):
            make = atom if number % 3 == 2 else rss
            text = make(number, self.address)
            (folder / "www" / f"{number}.xml").write_text(text, encoding="utf-8")
        self.urls = [f"{self.address}/{number}.xml" for number in range(feeds)]
        self.size_kb = sum(file.stat().st_size for file in (folder / "www").iterdir()) / feeds / 1024

    def __enter__(self) -> "Site":
        temporary = "".join(
            f"{name}_temp_path {self.folder}/t_{name}; "
            for name in ("client_body", "fastcgi", "proxy", "uwsgi", "scgi")
        )
        (self.folder / "nginx.conf").write_text(
            f"pid {self.folder}/nginx.pid; error_log {self.folder}/error.log; worker_processes 1; "
            "user root; daemon off; events { worker_connections 512; } "
            f"http {{ types {{ application/rss+xml xml; }} "
            f"access_log {self.folder}/access.log; {temporary}"
            f"server {{ listen 127.0.0.1:{self.port}; root {self.folder}/www; }} }}"
        )
        command = ["nginx", "-p", str(self.folder), "-c", str(self.folder / "nginx.conf")]
        self.process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.02)
        raise RuntimeError((self.folder / "error.log").read_text())

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()

    def statuses(self) -> dict[str, int]:
        """Give how often each status was answered since the last look, and forget it."""
        log = self.folder / "access.log"
        counts: dict[str, int] = {}
        for line in log.read_text().splitlines():
            status = line.split('"')[2].split()[0]
            counts[status] = counts.get(status, 0) + 1
        log.write_text("")
        self.process.send_signal(10)  # SIGUSR1: nginx opens its log again
        return counts


def engaged(site: Site, folder: Path) -> Callable[[], Cost]:
    config = folder / "config.yaml"
    sources = "".join(
        f"      - {{name: f{number}, kind: feed, url: '{url}', every: 1s}}\n"
        for number, url in enumerate(site.urls)
    )
    config.write_text(
        "database: sqlite:///engaged.db\n"
        f"network: {{allow_addresses: [127.0.0.1], allow_ports: [{site.port}], "
        f"hosts: {{'127.0.0.1:{site.port}': {{at_once: {AT_ONCE}, pause: 0s}}}}}}\n"
        "campaigns:\n  - slug: bench\n    name: Bench\n    hashtags: [EngagedLibraries]\n    sources:\n"
        + sources
    )
    command = [sys.executable, "-m", "engaged", "collect", "--json", "--config", config]
    environment = {"PYTHONPATH": str(HOUSE)}

    def once() -> Cost:
        time.sleep(1.2)  # every source is due again
        return run(command, environment, folder / "output")

    return once


def newsboat(site: Site, folder: Path) -> Callable[[], Cost]:
    (folder / "urls").write_text("\n".join(site.urls) + "\n")
    (folder / "config").write_text(f"reload-threads {AT_ONCE}\nmax-items 0\n")
    files = ["-u", folder / "urls", "-c", folder / "cache.db", "-C", folder / "config"]
    return lambda: run(["newsboat", *files, "-x", "reload"], {"HOME": str(folder)}, folder / "output")


def reader(site: Site, folder: Path) -> Callable[[], Cost]:
    home = HOUSE / "build" / "bench"
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
        requirements = HOUSE / "requirements-bench.txt"
        subprocess.run([python, "-m", "pip", "-q", "install", "-r", requirements], check=True)
    (folder / "urls").write_text("\n".join(site.urls))
    (folder / "update.py").write_text(READER)
    command = [python, folder / "update.py", folder / "reader.sqlite", folder / "urls"]
    return lambda: run(command, {}, folder / "output")


PEERS = {"engaged": engaged, "newsboat": newsboat, "reader": reader}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--feeds", type=int, default=500)
    options.add_argument("--peers", default="newsboat,reader")
    chosen = options.parse_args()
    adopt_orphans()
    names = ["engaged", *filter(None, chosen.peers.split(","))]
    costs: dict[tuple[str, str], list[Cost]] = {}
    folder = Path(mkdtemp(prefix="bench-"))
    folder.chmod(0o755)
    try:
        with Site(folder, chosen.feeds) as site:
            print(f"{chosen.feeds} feeds of {site.size_kb:.0f} KB", file=sys.stderr)
            for turn in range(chosen.rounds):
                for name in names:
                    measure_one(name, turn, site, costs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    report(names, costs)
    return 0


def measure_one(name: str, turn: int, site: Site, costs: dict[tuple[str, str], list[Cost]]) -> None:
    """Run one program from nothing, then again on unchanged feeds."""
    place = site.folder / f"{name}-{turn}"
    place.mkdir()
    once = PEERS[name](site, place)
    for case in ("cold", "same"):
        site.statuses()
        cost = once()
        costs.setdefault((name, case), []).append(cost)
        print(f"round {turn + 1} {name} {case}: {cost} {site.statuses()}", file=sys.stderr)
    shutil.rmtree(place)


def report(names: list[str], costs: dict[tuple[str, str], list[Cost]]) -> None:
    """Print medians and our ratio to each peer, as a table and as one line of JSON."""
    print("| case | program | CPU s | wall s | RSS MB | our CPU to it |\n|---|---|---|---|---|---|")
    ratios: dict[str, float] = {}
    for case in ("cold", "same"):
        ours = middle(costs["engaged", case])
        for name in names:
            cost = middle(costs[name, case])
            ratios[f"{case}/{name}"] = round(ours.cpu_s / cost.cpu_s, 3)
            print(
                f"| {case} | {name} | {cost.cpu_s:.2f} | {cost.wall_s:.1f} | {cost.rss_mb:.0f} "
                f"| {ratios[f'{case}/{name}']:.2f} |"
            )
    print(json.dumps(ratios))


if __name__ == "__main__":
    raise SystemExit(main())
