"""Our server with an application that answers only when the test says so. Run: PORT FIFO."""

import sys
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from engaged.serve import make_server


def application(gate: Path) -> Callable[[dict[str, Any], Any], Iterable[bytes]]:
    def answer(_environ: dict[str, Any], start: Any) -> list[bytes]:
        _say("asked")
        gate.read_text()
        start("200 OK", [("Content-Type", "text/plain")])
        return [b"finished"]

    _say("up")
    return answer


def _say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    server = make_server("127.0.0.1", int(sys.argv[1]), 1, ())
    server.serve(target_loader=partial(application, Path(sys.argv[2])), wrap_loader=False)
