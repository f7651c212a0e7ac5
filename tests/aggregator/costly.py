"""Functions that a child must not be allowed to finish. They run in children only."""

import os
import resource
import time
from pathlib import Path

from aggregator.errors import NotUnderstood
from aggregator.parse import parse_feed

_KEPT = list[bytearray]()


def spin() -> None:
    while True:
        pass


def doze() -> None:
    while True:
        time.sleep(1)


def hoard() -> int:
    return len(bytearray(1024 * 1024 * 1024))


def use_most_of_a_second() -> float:
    started = time.process_time()
    while time.process_time() - started < 0.7:
        pass
    return time.process_time()


def die() -> None:
    os._exit(7)


def stumble() -> None:
    raise ValueError("a mistake of ours")


def recurse() -> None:
    recurse()


def own_id() -> int:
    return os.getpid()


def environment() -> dict[str, str]:
    return dict(os.environ)


def hoard_a_little() -> int:
    return len(bytearray(300 * 1024 * 1024))


def keep_the_last_of_many() -> int:
    bytearray(24 * 1024 * 1024)  # teaches the C library to keep blocks of this size
    blocks = [bytearray(1024 * 1024) for _ in range(120)]
    _KEPT.append(blocks.pop())
    return len(blocks)


def memory() -> int:
    """Give what this process holds in memory, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def niceness() -> int:
    return os.nice(0)


def core_limit() -> tuple[int, int]:
    return resource.getrlimit(resource.RLIMIT_CORE)


def parse_and_measure(body: bytes, content_type: str) -> tuple[str, float, int]:
    """Give what became of a feed, its processor time, and by how many bytes this process grew."""
    before_s, before = time.process_time(), _most_memory()
    try:
        feed = parse_feed(body, content_type, "https://blog.example/feed/", "blog.example")
        outcome = f"{len(feed.items)} items"
    except NotUnderstood as error:
        outcome = f"error: {error.detail}"
    return outcome, time.process_time() - before_s, _most_memory() - before


def _most_memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
