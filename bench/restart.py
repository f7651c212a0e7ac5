"""Starting again after kill -9, side by side with starting after an orderly end: A B A B, medians.

A real `engaged run` with a feed of posts, killed with all its processes at a moment when it collects and
publishes. The time runs from starting the command to the first answer of its readiness address.

    python bench/restart.py [--rounds 8]

Needs Debian's nginx-light, for the feed.
"""

import argparse
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.installation import Place, settled
from bench.serve import ENGAGED, family

BOUND_S, MOST_OF_ORDERLY = 5.0, 1.5
"""A restart after a kill takes at most so long, and at most this much of one after an orderly end."""
POSTS = 12
PATIENCE_S = 60
ENDS = {"orderly end": signal.SIGTERM, "kill -9": signal.SIGKILL}


def started(place: Place) -> tuple["subprocess.Popen[bytes]", float]:
    """Start `engaged run`; give it and the seconds until it answered."""
    began = time.monotonic()
    port = place.ours.rpartition(":")[2]
    process = subprocess.Popen(
        [ENGAGED, "run", "--port", port, "--config", place.config],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while time.monotonic() - began < PATIENCE_S:
        try:
            with urlopen(f"{place.ours}/readyz"):  # our own server
                return process, time.monotonic() - began
        except OSError:
            time.sleep(0.02)
    process.kill()
    raise SystemExit(f"engaged run did not answer within {PATIENCE_S} s")


def end(process: "subprocess.Popen[bytes]", how: signal.Signals) -> None:
    """End it; with a kill all its processes at once. Wait until the last is gone."""
    there = family(process.pid)
    handles = [os.pidfd_open(pid) for pid in there]
    for pid in there if how is signal.SIGKILL else [process.pid]:
        os.kill(pid, how)
    process.wait(PATIENCE_S)
    for handle in handles:
        select.select([handle], [], [], PATIENCE_S)
        os.close(handle)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=8)
    wanted = arguments.parse_args()
    dice, seconds = Random(1), {name: [] for name in ENDS}
    with TemporaryDirectory(prefix="engaged-bench-") as name, ExitStack() as stack:
        place = settled(Path(name), POSTS, stack)
        for _ in range(wanted.rounds):
            for ended, how in ENDS.items():
                process, _ = started(place)
                time.sleep(dice.uniform(0, 2))
                end(process, how)
                process, took = started(place)
                end(process, signal.SIGTERM)
                seconds[ended].append(took)
    return told(seconds)


def told(seconds: dict[str, Sequence[float]]) -> int:
    print("| started again after | median s | worst s |")
    print("|---|---|---|")
    for name, took in seconds.items():
        print(f"| {name} | {median(took):.2f} | {max(took):.2f} |")
    orderly, killed = (median(took) for took in seconds.values())
    print(f"A kill costs {killed / orderly:.2f} of an orderly end.")
    is_fine = killed <= BOUND_S and killed <= MOST_OF_ORDERLY * orderly
    print("Within the bounds." if is_fine else "Not within the bounds.", file=sys.stderr)
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main())
