"""The files of our pictures: written whole or not at all, for this user alone.

A file that is there is complete: it gets its name when all of it is on disk.
"""

import os
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

from aggregator.copies import FORMATS, held_folder, public_file, public_folder, widths_for


def write(file: Path, data: bytes) -> None:
    """Write a file whole. One that is there already is left: its name says what is in it.

    Raises:
        OSError: the disk is full, or this user may not write there.
    """
    if file.is_file():
        return
    for folder in (file.parent.parent.parent, file.parent.parent, file.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.{token_hex(4)}")
    try:
        with unfinished.open("xb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(file)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def public_files(media: Path, key: str, width: int) -> list[Path]:
    """Give all public copies that a master of this width has."""
    return [public_file(media, key, each, form) for each in widths_for(width) for form in FORMATS]


def are_there(files: Iterable[Path]) -> bool:
    return all(file.is_file() for file in files)


def remove(files: Iterable[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def remove_strays(media: Path, start: str, expected: Collection[Path], before: datetime) -> int:
    """Remove what a crash left behind: files that nothing tells of and that nobody is writing.

    Args:
        start: the first digit of the keys to look at.
        expected: the files that should be there.
        before: aware; what is younger may belong to somebody who is at work.
    """
    strays = [
        file
        for folder in (held_folder(media), public_folder(media))
        for file in _files(folder, start)
        if file not in expected and _is_older(file, before)
    ]
    remove(strays)
    return len(strays)


def _files(folder: Path, start: str) -> Iterator[Path]:
    return (file for file in folder.glob(f"{start}?/*") if file.is_file())


def _is_older(file: Path, before: datetime) -> bool:
    try:
        return datetime.fromtimestamp(file.stat().st_mtime, UTC) < before
    except FileNotFoundError:
        return False
