"""A feed of two invented posts, served on 127.0.0.1 for tests of whole commands."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FEED = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>River library</title><link>https://river.example/</link>
<item><title>Story time on the bus</title><link>https://river.example/bus</link>
<guid isPermaLink="false">bus</guid><pubDate>Mon, 05 Oct 2020 10:00:00 GMT</pubDate>
<description>Every week. #Tea</description></item>
<item><title>A \u202eghost</title><link>https://river.example/ghost</link>
<guid isPermaLink="false">ghost</guid><pubDate>Sun, 04 Oct 2020 10:00:00 GMT</pubDate>
<description>Nothing about the campaign.</description></item>
</channel></rss>"""


class Feed(BaseHTTPRequestHandler):
    """Answers /feed with two posts, and 304 to whoever has them; everything else with 503."""

    agents: list[str]

    def do_GET(self) -> None:
        self.agents.append(self.headers["User-Agent"])
        if self.path != "/feed":
            self.send_error(503)
            return
        known = self.headers["If-None-Match"] == '"one"'
        self.send_response(304 if known else 200)
        self.send_header("ETag", '"one"')
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", "0" if known else str(len(FEED.encode())))
        self.end_headers()
        if not known:
            self.wfile.write(FEED.encode())

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def feed_server(agents: list[str]) -> Iterator[str]:
    """Give the host and port; who asked is written into `agents`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Fresh", (Feed,), {"agents": agents}))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sources(host: str) -> str:
    """Give the part of config.yaml that reads the feed, and a source beside it that always fails."""
    return (
        "    hashtags: [Tea]\n    contact: desk@library.example\n    sources:\n"
        f"      - {{name: river, kind: feed, url: 'http://{host}/feed'}}\n"
        f"      - {{name: broken, kind: feed, url: 'http://{host}/nothing'}}\n"
        f"network: {{allow_addresses: [127.0.0.1], hosts: {{'{host}': {{at_once: 8, pause: 0s}}}}}}\n"
    )
