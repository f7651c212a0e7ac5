"""A small web server for the invented sites: several ports, one process, this computer only.

It answers one request per connection and bounds what it reads. A request for another name than its own
is refused, and so is a form that another site sends: pages in the same browser cannot steer the demo.
"""

import hashlib
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

log = logging.getLogger(__name__)

HERE = "127.0.0.1"
LONGEST_FORM = 20_000
AT_ONCE = 16
_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    Attributes:
        site: which of the invented sites was asked.
        path: decoded; begins with /.
        form: first value of each field of a POST.
    """

    site: str
    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    form: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `headers` come beside Content-Type, Content-Length and, for GET, an ETag."""

    code: int
    body: bytes
    type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


Answers = Callable[[Asked], Reply]


class Site(ThreadingHTTPServer):
    """One port. Threads are daemons: ending the process ends them."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, name: str, port: int, answers: Answers) -> None:
        self.site = name
        self.answers = answers
        self.places = BoundedSemaphore(AT_ONCE)
        super().__init__((HERE, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of browsers that hang up: the standard library would print a trace."""


class _Handler(BaseHTTPRequestHandler):
    server: Site
    server_version = "invented"
    sys_version = ""
    timeout = 10

    def do_GET(self) -> None:
        with self.server.places:
            self._answer(self._reply)

    do_HEAD = do_POST = do_GET  # noqa: N815 - the names that http.server calls

    def _answer(self, make: Callable[[], Reply]) -> None:
        try:
            reply = make()
        except Exception:  # one request must not end the demo, and is written down
            log.exception("the stand-in could not answer %r", self.path)
            reply = Reply(500, b"A mistake of the demo: its log says more.\n", _TEXT)
        with suppress(ConnectionError, TimeoutError):
            self._send(reply)

    def _reply(self) -> Reply:
        if self.headers.get("Host", "") not in self._names():
            return Reply(421, b"This computer has no site of that name.\n", _TEXT)
        parts = urlsplit(self.path)
        form: dict[str, str] = {}
        if self.command == "POST":
            origin = self.headers.get("Origin")
            if origin is not None and origin not in {f"http://{name}" for name in self._names()}:
                return Reply(403, b"Another site sent this form.\n", _TEXT)
            length = self.headers.get("Content-Length", "")
            if not re.fullmatch(r"\d{1,6}", length) or int(length) > LONGEST_FORM:
                return Reply(413, b"That is too long.\n", _TEXT)
            body = self.rfile.read(int(length)).decode("utf-8", "replace")
            form = {name: values[0] for name, values in _fields(body).items()}
        asked = Asked(self.server.site, self.command, unquote(parts.path), _fields(parts.query), form)
        return self.server.answers(asked)

    def _names(self) -> set[str]:
        port = self.server.server_port
        return {"localhost", f"localhost:{port}", f"{HERE}:{port}"}

    def _send(self, reply: Reply) -> None:
        etag = f'W/"{hashlib.sha256(reply.body).hexdigest()[:24]}"'
        is_known = reply.code == 200 and self.headers.get("If-None-Match") == etag
        self.send_response_only(304 if is_known else reply.code)
        self.send_header("Date", formatdate(usegmt=True))
        if reply.code == 200:
            self.send_header("ETag", etag)
        if not any(name == "Cache-Control" for name, _ in reply.headers):
            self.send_header("Cache-Control", "no-cache")
        for name, value in (
            *reply.headers,
            ("X-Content-Type-Options", "nosniff"),
            ("Connection", "close"),
        ):
            self.send_header(name, value)
        if not is_known:
            self.send_header("Content-Type", reply.type)
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if not is_known and self.command != "HEAD":
            self.wfile.write(reply.body)

    def log_message(self, *_: Any) -> None:
        """Keep quiet: the terminal belongs to the demo's addresses."""


def _fields(text: str) -> dict[str, list[str]]:
    with suppress(ValueError):  # more fields than any form of ours
        return parse_qs(text, keep_blank_values=True, max_num_fields=60)
    return {}
