"""What commands say: answers on standard output, everything else on standard error.

Nothing that came from outside can steer the terminal: what cannot be seen is written as an escape.
"""

import json
import sys
from typing import Any

from aggregator.errors import EngagedError
from aggregator.written import visible


class WrongUse(EngagedError):
    """The command was called in a way that cannot work: exit code 2."""

    code = "wrong-use"


def answer(line: str) -> None:
    """Write one line of what was asked for."""
    sys.stdout.write(visible(line) + "\n")
    sys.stdout.flush()


def tell(words: str) -> None:
    """Write a message, line by line."""
    for line in words.splitlines():
        sys.stderr.write(visible(line) + "\n")
    sys.stderr.flush()


def document(data: Any) -> None:
    """Write one JSON document. Pure ASCII: it reads the same whatever the terminal's encoding is."""
    sys.stdout.write(json.dumps(data, indent=2) + "\n")
    sys.stdout.flush()
