"""Serving a frame and a feed, side by side with a plain Flask view and with nginx: A B C A B C, medians.

The three give the same bytes: ours from `engaged web`, Flask's from a view that returns them, nginx's
from a file. Asked by wrk over 32 connections; CPU is that of the server's own processes.

    python bench/serve.py [--rounds 3] [--seconds 4]

Needs Debian's nginx-light and wrk.
"""

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from engaged.serve import THREADS

HOUSE = Path(__file__).resolve().parent.parent
ENGAGED = HOUSE / ".venv" / "bin" / "engaged"
POSTS = 12
BROWSER = (
    "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"
)
"""What wrk says it is: programs are not counted, and counting is part of what an answer costs."""
PAGES = {"frame": "/bench/e/wall", "feed": "/bench/v/wall.json"}
SERVERS_OWN = ("date", "server", "content-length", "connection", "transfer-encoding")
MOST_OF_FLASK, LEAST_OF_NGINX = 0.2, 0.5
"""Ours costs at most this part of Flask's CPU, and reaches at least this part of nginx's rate."""

# Flask gives what ours gives: the same bytes, headers and tag, and 304 to who has them already.
PLAIN_FLASK = """
from flask import Flask, Response, request
app = Flask(__name__)
PAGES = {{path: (open(file, "rb").read(), headers) for path, (file, headers) in {pages!r}.items()}}

@app.get("/bench/<way>/<name>")
def page(way, name):
    body, headers = PAGES[f"/bench/{{way}}/{{name}}"]
    return Response(body, headers=headers).make_conditional(request)
"""

SENTENCES = (
    "On Tuesdays the mobile library stops at the harbour, and the children come for stories.",
    "We asked our neighbours what they miss: a place to repair things, and help with letters.",
    "Leímos cuentos en la plaza y cada familia se llevó un libro para la semana.",
)


@dataclass(frozen=True)
class Rate:
    """What one round gave: requests a second, and microseconds of the server's CPU for each."""

    per_second: float
    cpu_us: float


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def a_feed() -> str:
    start = datetime.now(UTC) - timedelta(days=2)
    entries = "".join(
        f"<item><guid isPermaLink='false'>{number}</guid><title>Story {number}</title>"
        f"<link>http://127.0.0.1/{number}</link>"
        f"<pubDate>{format_datetime(start + timedelta(hours=number))}</pubDate>"
        f"<description>{' '.join(SENTENCES)} #EngagedLibraries</description></item>"
        for number in range(POSTS)
    )
    return f"<rss version='2.0'><channel><title>Stories</title>{entries}</channel></rss>"


def settings(folder: Path, site: int, feeds: int) -> Path:
    written = {
        "public_url": f"http://localhost:{site}",
        "database": f"sqlite:///{folder}/engaged.db",
        "media": f"{folder}/media",
        "network": {"allow_addresses": ["127.0.0.1"], "allow_ports": [feeds]},
        "campaigns": [
            {
                "slug": "bench",
                "name": "Bench",
                "hashtags": ["EngagedLibraries"],
                "sources": [
                    {"name": "blog", "kind": "feed", "url": f"http://127.0.0.1:{feeds}/feed.xml"}
                ],
            }
        ],
    }
    file = folder / "config.yaml"
    file.write_text(json.dumps(written))  # JSON is YAML
    return file


def engaged(config: Path, *words: str) -> str:
    command = [str(ENGAGED), *words, "--config", str(config)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@contextmanager
def running(command: Sequence[str | Path], address: str, environment: dict[str, str]) -> Iterator[int]:
    """Start a server, wait until it answers, give its process id, and end it."""
    process = subprocess.Popen(
        [str(word) for word in command],
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _answers(address)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _answers(address: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            with urlopen(address):  # our own server
                return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in family(int(child)))]


def cpu_s(pid: int) -> float:
    """Give what a process and its children have spent, in seconds. Source: proc(5), stat 14 and 15."""
    ticks = 0
    for each in family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def asked(pid: int, address: str, seconds: int) -> Rate:
    before = cpu_s(pid)
    said = subprocess.run(
        ["wrk", "-t1", "-c32", f"-d{seconds}s", "-H", f"User-Agent: {BROWSER}", address],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    spent = cpu_s(pid) - before
    if "Non-2xx" in said:
        raise SystemExit(f"{address} did not always answer 200:\n{said}")
    number = int(re.search(r"(\d+) requests in", said)[1])  # type: ignore[index] # wrk always says so
    per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])  # type: ignore[index] # the same
    return Rate(per_second, spent / number * 1e6)


def nginx(folder: Path, port: int) -> list[str | Path]:
    conf = folder / f"nginx-{port}.conf"
    conf.write_text(
        f"worker_processes 1; daemon off; pid {folder}/nginx-{port}.pid; error_log {folder}/nginx.log;\n"
        "events {} http { access_log off; keepalive_requests 1000000;\n"
        f"client_body_temp_path {folder}/t; proxy_temp_path {folder}/t; fastcgi_temp_path {folder}/t;\n"
        f"uwsgi_temp_path {folder}/t; scgi_temp_path {folder}/t;\n"
        f"server {{ listen 127.0.0.1:{port}; root {folder}/www; default_type text/html; }} }}\n"
    )
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    return [program, "-c", conf, "-p", folder]


def filled(folder: Path, stack: ExitStack) -> tuple[Path, int]:
    """Collect and approve posts through the front door; give the settings and the port for ours."""
    www = folder / "www"
    www.mkdir()
    folder.chmod(0o755)  # nginx reads as nobody
    (www / "feed.xml").write_text(a_feed())
    files, site = free_port(), free_port()
    stack.enter_context(running(nginx(folder, files), f"http://127.0.0.1:{files}/feed.xml", {}))
    config = settings(folder, site, files)
    engaged(config, "collect")
    there = [item["id"] for item in json.loads(engaged(config, "items", "--json"))["items"]]
    engaged(config, "decide", "approve", *there, "--as", "bench")
    return config, site


def servers(folder: Path, stack: ExitStack) -> dict[str, tuple[int, str]]:
    """Start the three; give process id and address of each."""
    config, site = filled(folder, stack)
    ours = f"http://127.0.0.1:{site}"
    web: list[str | Path] = [ENGAGED, "web", "--port", str(site), "--config", config]
    there = {"engaged": (stack.enter_context(running(web, f"{ours}/readyz", {})), ours)}
    pages = {path: _kept(folder, ours, path) for path in PAGES.values()}
    (folder / "plain.py").write_text(PLAIN_FLASK.format(pages=pages))
    port = free_port()
    granian: list[str | Path] = [HOUSE / ".venv/bin/granian", "--interface", "wsgi", "--port", str(port)]
    command = [*granian, "--blocking-threads", str(THREADS), "--no-access-log", "plain:app"]
    plain = f"http://127.0.0.1:{port}"
    first = plain + PAGES["frame"]
    there["flask"] = (stack.enter_context(running(command, first, {"PYTHONPATH": str(folder)})), plain)
    port = free_port()
    static = f"http://127.0.0.1:{port}"
    there["nginx"] = (
        stack.enter_context(running(nginx(folder, port), f"{static}/feed.xml", {})),
        static,
    )
    return there


def _kept(folder: Path, ours: str, path: str) -> tuple[str, list[tuple[str, str]]]:
    """Keep a page as a file where nginx finds it; give the file and the headers."""
    with urlopen(ours + path) as answer:  # our own server
        body, headers = answer.read(), answer.headers.items()
    file = folder / "www" / path.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(body)
    return str(file), [(name, value) for name, value in headers if name.lower() not in SERVERS_OWN]


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--seconds", type=int, default=4)
    wanted = arguments.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed: apt install wrk nginx-light")
    with TemporaryDirectory(prefix="engaged-bench-") as name, ExitStack() as stack:
        there = servers(Path(name), stack)
        results: dict[tuple[str, str], list[Rate]] = {}
        for _ in range(wanted.rounds):
            for page, path in PAGES.items():
                for who, (pid, address) in there.items():
                    rate = asked(pid, address + path, wanted.seconds)
                    results.setdefault((page, who), []).append(rate)
    return told(results)


def told(results: dict[tuple[str, str], list[Rate]]) -> int:
    print("| page | who | requests/s | CPU µs each | ours to it, rate | ours to it, CPU |")
    print("|---|---|---|---|---|---|")
    is_fine = True
    for page in PAGES:
        middle = {who: _middle(rates) for (of, who), rates in results.items() if of == page}
        ours = middle["engaged"]
        for who, rate in middle.items():
            part, cost = ours.per_second / rate.per_second, ours.cpu_us / rate.cpu_us
            is_fine &= (who != "flask" or cost <= MOST_OF_FLASK) and (
                who != "nginx" or part >= LEAST_OF_NGINX
            )
            figures = f"{rate.per_second:,.0f} | {rate.cpu_us:.0f} | {part:.2f} | {cost:.2f}"
            print(f"| {page} | {who} | {figures} |")
    print("Within the bars." if is_fine else "Not within the bars.", file=sys.stderr)
    return 0 if is_fine else 1


def _middle(rates: Sequence[Rate]) -> Rate:
    return Rate(median(rate.per_second for rate in rates), median(rate.cpu_us for rate in rates))


if __name__ == "__main__":
    sys.exit(main())
