"""A folder to publish to: written whole or not at all, packed beforehand, one publisher at a time.

A file gets its name when all of it is there (`NAME.tmp`, then a rename): who asks meanwhile gets the
old one. Nothing waits for the disk: after a loss of power the lengths tell which files must be mended.
Beside a page lie `NAME.br` and `NAME.gz` for servers that send those, and beside the page of a removed
post (`ID.html`) the same as `ID.gone`, by which a server that has our rules knows to answer 410.
"""

import fcntl
import gzip
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

import brotli  # type: ignore[import-untyped] # publishes no types

from aggregator.errors import PublishError
from feeds.publish.place import HIDDEN, Made

PACKED = (".br", ".gz")
GONE = ".gone"
UNFINISHED = ".tmp"
_PATIENCE_S = 60.0
_LOOK_EVERY_S = 0.1
_WORTH_PACKING = 256  # bytes: below that, headers weigh more than what is saved
_PACKABLE = ("text/", "application/", "image/svg")
# Brotli 11 takes 18 ms for a wall of 15 KB, brotli 5 takes 0.4 and gives 9 % more bytes: a removed post
# has to leave hundreds of files within seconds.
_QUALITY = 5


class Folder:
    """A folder of this machine, for a web server or to be copied away."""

    def __init__(self, folder: Path, pause: Callable[[float], None] = sleep) -> None:
        self._folder = folder
        self._pause = pause

    def __str__(self) -> str:
        return str(self._folder)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other publishers out; wait a minute for one that is at work. It ends with its process."""
        with self._refusals(HIDDEN):
            (self._folder / HIDDEN).mkdir(parents=True, exist_ok=True)
            handle = os.open(self._folder / HIDDEN / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        try:
            self._take(handle)
            yield
        finally:
            os.close(handle)

    def _take(self, handle: int) -> None:
        until = monotonic() + _PATIENCE_S
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            if monotonic() > until:
                raise PublishError(
                    f"another `engaged publish` is writing to {self}: this one waited a minute for it"
                )
            self._pause(_LOOK_EVERY_S)

    def read(self, name: str) -> bytes | None:
        with self._refusals(name), suppress(FileNotFoundError, NotADirectoryError):
            return (self._folder / name).read_bytes()
        return None

    def write(self, name: str, made: Made) -> None:
        """Write the file and its packed forms, all before any of them gets its name."""
        file = self._folder / name
        forms = {"": made.data, **(_packed(made) if _is_packable(made) else {})}
        mark = file.with_suffix(GONE)
        with self._refusals(name):
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                for ending, data in forms.items():
                    Path(f"{file}{ending}{UNFINISHED}").write_bytes(data)
                for ending in forms:
                    Path(f"{file}{ending}{UNFINISHED}").replace(f"{file}{ending}")
            except OSError:
                for ending in forms:
                    Path(f"{file}{ending}{UNFINISHED}").unlink(missing_ok=True)
                raise
            if made.is_gone:
                mark.write_bytes(made.data)
            elif file.suffix == ".html":
                mark.unlink(missing_ok=True)
            for ending in PACKED:
                if ending not in forms:
                    Path(f"{file}{ending}").unlink(missing_ok=True)

    def remove(self, name: str) -> None:
        file = self._folder / name
        with self._refusals(name), suppress(NotADirectoryError):
            for ending in ("", *PACKED, UNFINISHED):
                Path(f"{file}{ending}").unlink(missing_ok=True)
            if file.suffix == ".html":
                file.with_suffix(GONE).unlink(missing_ok=True)

    def files(self) -> Iterator[tuple[str, int]]:
        """Give all files; what a broken-off run left half-written is removed on the way."""
        for at, folders, files in os.walk(self._folder):
            folders[:] = sorted(each for each in folders if each == HIDDEN or not each.startswith("."))
            below = Path(at).relative_to(self._folder)
            for name in sorted(files):
                if name.endswith(UNFINISHED):
                    with self._refusals(name):
                        (Path(at) / name).unlink(missing_ok=True)
                elif not name.endswith((*PACKED, GONE)):
                    yield (below / name).as_posix(), _length(Path(at) / name)

    @contextmanager
    def _refusals(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise PublishError(
                f"{self._folder / name} cannot be written or read ({error.strerror}): is there room, "
                "and may this user write there? What was published before still stands"
            ) from error


def _length(file: Path) -> int:
    with suppress(FileNotFoundError):
        return file.stat().st_size if all(_is_whole(file, ending) for ending in PACKED) else -1
    return -1


def _is_whole(file: Path, ending: str) -> bool:
    packed = Path(f"{file}{ending}")
    return not packed.exists() or packed.stat().st_size > 0


def _is_packable(made: Made) -> bool:
    return len(made.data) >= _WORTH_PACKING and made.kind.startswith(_PACKABLE)


def _packed(made: Made) -> dict[str, bytes]:
    packed = {
        ".br": brotli.compress(made.data, quality=_QUALITY),
        ".gz": gzip.compress(made.data, 9, mtime=0),  # without the time: equal content, equal file
    }
    return {ending: data for ending, data in packed.items() if len(data) < len(made.data)}
