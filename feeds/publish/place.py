"""What a place to publish to can do. A folder and a bucket are such places."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

HIDDEN = ".engaged"
"""The folder of what is ours and no page: the lock, the rules for web servers."""


@dataclass(frozen=True, slots=True)
class Made:
    """The content of one file.

    Attributes:
        kind: its Content-Type.
        kept: its Cache-Control.
        is_gone: it says that a post is no longer shown: servers that can should answer 410 with it.
    """

    data: bytes
    kind: str = "application/octet-stream"
    kept: str = ""
    is_gone: bool = False


class Place(Protocol):
    """Where files are kept, by names such as `engagedlibraries/e/featured.html`.

    Every method may raise PublishError, with a sentence for the operator.
    """

    def lock(self) -> AbstractContextManager[None]:
        """Keep other publishers out for a while."""

    def read(self, name: str) -> bytes | None:
        """Give what a file holds; None when it is not there."""

    def write(self, name: str, made: Made) -> None:
        """Put a file there: readers see the old one or the new one, never a half."""

    def remove(self, name: str) -> None:
        """Take a file away, with all that was written beside it. One that is not there is no matter."""

    def files(self) -> Iterator[tuple[str, int]]:
        """Give the names and lengths of all files that are there, without what stands beside them.

        The length is -1 when a packed form of it is empty: a machine that lost its power leaves such.
        """
