"""What stands at the place we publish to, and of what it was made: read before a run, written last."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

NAME = "manifest.json"

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class File:
    """One page as it was written.

    Attributes:
        path: the address that readers ask for, such as `/engagedlibraries/e/featured`.
        hash: SHA-256 of the content, hexadecimal.
        length: of the content, in bytes, unpacked.
        kind: its Content-Type.
        headers: what else the same page says when our own server gives it.
        holds_until: when it must be made again though nothing changed; None: never.
        is_gone: it says that a post is no longer shown: a server that knows our rules answers 410.
    """

    path: str
    hash: str
    length: int
    kind: str
    headers: Headers
    holds_until: datetime | None = None
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that is there.

    Attributes:
        made_of: a digest of the settings and of the program: another one has everything made again.
        versions: by campaign, what the files show.
        files: by name below the place.
        pictures: by post, the names of its pictures' files, without their folder.
        unpurged: by campaign, addresses that changed and of which nobody could be told yet.
    """

    made_at: datetime
    made_of: str
    versions: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, File] = field(default_factory=dict)
    pictures: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unpurged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def written(manifest: Manifest) -> bytes:
    """Give a manifest as it stands in its file. Equal headers are written once."""
    numbers: dict[Headers, int] = {}
    files = {
        name: _as_json(file, numbers.setdefault(file.headers, len(numbers)))
        for name, file in sorted(manifest.files.items())
    }
    document = {
        "made_at": manifest.made_at.isoformat(),
        "made_of": manifest.made_of,
        "versions": dict(sorted(manifest.versions.items())),
        "headers": list(numbers),
        "files": files,
        "pictures": dict(sorted(manifest.pictures.items())),
        "unpurged": dict(sorted(manifest.unpurged.items())),
    }
    return json.dumps(document, ensure_ascii=False, indent=0, separators=(",", ":")).encode()


def read(data: bytes) -> Manifest | None:
    """Give a manifest back; None when it is none of ours: then everything is written again."""
    try:
        found = json.loads(data)
        headers = [tuple((name, value) for name, value in each) for each in found["headers"]]
        return Manifest(
            made_at=datetime.fromisoformat(found["made_at"]),
            made_of=found["made_of"],
            versions=found["versions"],
            files={name: _as_file(each, headers) for name, each in found["files"].items()},
            pictures={post: tuple(names) for post, names in found["pictures"].items()},
            unpurged={slug: tuple(paths) for slug, paths in found["unpurged"].items()},
        )
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None


def _as_json(file: File, number: int) -> dict[str, Any]:
    made: dict[str, Any] = {
        "path": file.path,
        "hash": file.hash,
        "length": file.length,
        "kind": file.kind,
        "headers": number,
    }
    if file.holds_until:
        made["until"] = file.holds_until.isoformat()
    if file.is_gone:
        made["gone"] = True
    return made


def _as_file(found: dict[str, Any], headers: list[Headers]) -> File:
    until = found.get("until")
    return File(
        path=found["path"],
        hash=found["hash"],
        length=found["length"],
        kind=found["kind"],
        headers=headers[found["headers"]],
        holds_until=datetime.fromisoformat(until) if until else None,
        is_gone=bool(found.get("gone")),
    )
