"""A bucket to publish to (S3 and what speaks like it): plain objects, each with its own headers.

Credentials and endpoint come from the environment, as for every tool of AWS (`AWS_ACCESS_KEY_ID`,
`AWS_SECRET_ACCESS_KEY`, `AWS_REGION`, `AWS_ENDPOINT_URL`). A bucket cannot choose between packed
forms: the CDN before it packs. An object appears whole or not at all: that is S3's own promise.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aggregator.errors import PublishError
from feeds.publish.place import Made

_DEADLINE = timedelta(seconds=30)
_TRIES = 3


def is_bucket(to: str) -> bool:
    return to.startswith("s3://")


class Bucket:
    """A bucket, or the part of one below a prefix.

    Args:
        to: `s3://BUCKET/PREFIX`.
        locks: a folder of this machine, where publishers of one installation keep each other out.
    """

    def __init__(self, to: str, environ: Mapping[str, str], locks: Path) -> None:
        parts = urlsplit(to)
        if not parts.netloc:
            raise PublishError(f"{to} names no bucket: write s3://BUCKET or s3://BUCKET/PREFIX")
        self._to = to
        self._prefix = f"{parts.path.strip('/')}/".lstrip("/")
        self._lock_file = locks / f".publish-{sha256(to.encode()).hexdigest()[:16]}.lock"
        self._store = _opened(parts.netloc, environ)

    def __str__(self) -> str:
        return self._to

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other publishers of this installation out. It ends with its process."""
        try:
            self._lock_file.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise PublishError(f"{self._lock_file} cannot be made ({error.strerror})") from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def read(self, name: str) -> bytes | None:
        with self._refusals(name):
            try:
                return bytes(self._store.get(self._key(name)).bytes())
            except FileNotFoundError:
                return None

    def write(self, name: str, made: Made) -> None:
        attributes = {"Content-Type": made.kind, **({"Cache-Control": made.kept} if made.kept else {})}
        with self._refusals(name):
            self._store.put(self._key(name), made.data, attributes=attributes, use_multipart=False)

    def remove(self, name: str) -> None:
        with self._refusals(name):
            try:
                self._store.delete(self._key(name))
            except FileNotFoundError:
                return

    def files(self) -> Iterator[tuple[str, int]]:
        with self._refusals(""):
            for some in self._store.list(prefix=self._prefix or None):
                yield from ((each["path"].removeprefix(self._prefix), each["size"]) for each in some)

    def _key(self, name: str) -> str:
        return f"{self._prefix}{name}"

    @contextmanager
    def _refusals(self, name: str) -> Iterator[None]:
        import obstore.exceptions

        try:
            yield
        except (obstore.exceptions.BaseError, OSError) as error:
            said = str(error).strip().splitlines()[0][:300]
            raise PublishError(
                f"{self._to} does not take or give {name or 'its list of files'} ({said}). "
                "What was published before still stands"
            ) from error


def _opened(bucket: str, environ: Mapping[str, str]) -> Any:
    """Open a bucket. Loading the library takes a while, and most installations have no bucket."""
    try:
        store = import_module("obstore.store").S3Store
    except ImportError as error:
        raise PublishError(
            "publishing to a bucket needs one more library: pip install 'engaged[s3]'"
        ) from error
    endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL", "")
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    try:
        return store(
            bucket,
            region=region,
            **({"endpoint": endpoint} if endpoint else {}),
            client_options={"timeout": _DEADLINE, "allow_http": endpoint.startswith("http://")},
            retry_config={"max_retries": _TRIES, "retry_timeout": _DEADLINE},
        )
    except Exception as error:
        raise PublishError(f"s3://{bucket} cannot be opened: {error}") from error
