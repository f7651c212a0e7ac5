"""Looking at an output of ours again and again: until when it had a post, and since when no more."""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

PAUSE_S = 0.05
"""Between two looks: a time is as exact as that."""
QUIET_S = 1.5
"""So long an output must have stayed without the post: what comes back counts as never gone."""

Look = Callable[[], bool]
"""Says whether the post is still there."""


@dataclass
class Watch:
    """One output. Times are those of the wall clock, in seconds.

    Attributes:
        group: which line of the receipt speaks of it.
        last_with: when the last look that still found the post began.
        left_at: when that look ended: no later answer has the post.
        gone_at: when the first look ended that found it no more, for good.
        looks: how many there were.
    """

    name: str
    group: str
    look: Look
    last_with: float = 0.0
    left_at: float = 0.0
    gone_at: float | None = None
    looks: int = 0
    _thread: threading.Thread | None = field(default=None, repr=False)

    def start(self, stop: threading.Event) -> None:
        if not self.look():
            raise SystemExit(f"{self.name} does not show the post before it is taken down")
        self._thread = threading.Thread(target=self._keep, args=(stop,), daemon=True)
        self._thread.start()

    def join(self) -> None:
        if self._thread:
            self._thread.join()

    @property
    def is_over(self) -> bool:
        return self.gone_at is not None and time.time() - self.gone_at > QUIET_S

    def _keep(self, stop: threading.Event) -> None:
        while not stop.is_set() and not self.is_over:
            began = time.time()
            if self.look():
                self.last_with, self.left_at, self.gone_at = began, time.time(), None
            elif self.gone_at is None:
                self.gone_at = time.time()
            self.looks += 1
            stop.wait(PAUSE_S)


def watched(watches: Sequence[Watch], decide: Callable[[], None], patience_s: float) -> None:
    """Look at all outputs while something is decided, until all are without the post."""
    stop = threading.Event()
    for watch in watches:
        watch.start(stop)
    decide()
    until = time.monotonic() + patience_s
    while time.monotonic() < until and not all(watch.is_over for watch in watches):
        time.sleep(PAUSE_S)
    stop.set()
    for watch in watches:
        watch.join()


def asked(address: str) -> tuple[int, bytes]:
    try:
        with urlopen(address, timeout=10) as answer:  # our own server
            return answer.status, answer.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


def says(address: str, words: bytes) -> Look:
    """Look whether an answer holds words of the post."""

    def look() -> bool:
        status, body = asked(address)
        return status == 200 and words in body

    return look


def answers(address: str) -> Look:
    """Look whether there is still something at an address of the post's own."""
    return lambda: asked(address)[0] == 200


def is_unchanged(address: str) -> Look:
    """Look whether a picture that is drawn of the post is still the same one."""
    before = sha256(asked(address)[1]).digest()
    return lambda: sha256(asked(address)[1]).digest() == before


def any_says(files: Sequence[Path], words: bytes) -> Look:
    """Look whether one of these files holds words of the post."""
    left = list(files)

    def look() -> bool:
        left[:] = [file for file in left if words in _read(file)]
        return bool(left)

    return look


def any_is_there(files: Sequence[Path]) -> Look:
    return lambda: any(file.exists() for file in files)


def _read(file: Path) -> bytes:
    with suppress(FileNotFoundError):
        return file.read_bytes()
    return b""
