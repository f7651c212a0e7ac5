"""The bytes of an answer, unpacked within a limit. Nothing here reads a socket: chunks are handed in.

Libraries unpack each network chunk whole before they hand it over: 33 KB became 1 GiB and the process
ended (measured). Here zlib never writes more than what is still allowed.
"""

import zlib

from aggregator.errors import BadReply, TooLarge

_GZIP = 16 + zlib.MAX_WBITS
_MAGIC = b"\x1f\x8b"
_MEMBERS = 50_000  # an empty one costs 20 bytes on the wire and a microsecond of ours


def encodings(header: str) -> tuple[str, ...]:
    """Give the encodings that stand on a body, the first applied first, without `identity`.

    Source: RFC 9110, section 8.4.1.
    """
    names = (name.strip().lower() for name in header.split(","))
    return tuple(name for name in names if name not in ("", "identity"))


class Body:
    """Collects a body chunk by chunk: bounded on the wire and bounded unpacked."""

    def __init__(self, content_encoding: str, max_bytes: int) -> None:
        """Take the header and the limit.

        Raises:
            BadReply: an encoding that we did not ask for, or one on top of another.
        """
        applied = encodings(content_encoding)
        if applied not in ((), ("gzip",), ("x-gzip",)):
            raise BadReply(f"content encoding {content_encoding[:100]!r} was not asked for")
        self._gzip = Gunzip(max_bytes) if applied else None
        self._max_bytes = max_bytes
        self._wire_bytes = 0
        self._plain = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes as they came.

        Raises:
            TooLarge: more than the limit, packed or unpacked.
            BadReply: not gzip, though it says so.
        """
        self._wire_bytes += len(chunk)
        if self._wire_bytes > self._max_bytes:
            raise TooLarge(f"more than {self._max_bytes} bytes")
        if self._gzip is None:
            self._plain += chunk
        else:
            self._gzip.feed(chunk)

    def whole(self) -> bytes:
        """Give the body, now that its last byte came.

        Raises:
            BadReply: the packed data broke off.
        """
        if self._gzip is not None:
            self._gzip.finish()
        return self.so_far()

    def so_far(self) -> bytes:
        """Give what has come, for an error page of which a part says enough."""
        return bytes(self._plain if self._gzip is None else self._gzip.plain)

    def drop(self) -> None:
        """Let go of what has come."""
        (self._plain if self._gzip is None else self._gzip.plain).clear()


class Gunzip:
    """Unpacks gzip: members one after another, and whatever follows them ignored, as curl does.

    Source: RFC 1952, section 2.2.
    """

    def __init__(self, max_bytes: int) -> None:
        self.plain = bytearray()
        self._max_bytes = max_bytes
        self._member = zlib.decompressobj(_GZIP)
        self._members = 0
        self._began = False  # this member has bytes
        self._between = b""  # after a member: too few bytes to tell whether another one follows
        self._over = False

    def feed(self, chunk: bytes) -> None:
        if self._over:
            return
        data = self._between + chunk
        self._between = b""
        try:
            while data and not self._over:
                data = self._unpack(data)
        except zlib.error as error:
            raise BadReply(f"broken gzip: {error}") from error

    def finish(self) -> None:
        if self._began:
            raise BadReply("the packed data broke off")

    def _unpack(self, data: bytes) -> bytes:
        """Take one step and give what is still to be done."""
        if not self._began and self._members:
            if len(data) < len(_MAGIC):
                self._between = data
                return b""
            if not data.startswith(_MAGIC):
                self._over = True
                return b""
        self._began = True
        room = self._max_bytes - len(self.plain)
        self.plain += self._member.decompress(data, room + 1)
        if len(self.plain) > self._max_bytes:
            raise TooLarge(f"more than {self._max_bytes} bytes when unpacked")
        return self._next_member() if self._member.eof else self._member.unconsumed_tail

    def _next_member(self) -> bytes:
        rest = self._member.unused_data
        self._members += 1
        if self._members >= _MEMBERS:
            raise TooLarge(f"more than {_MEMBERS} gzip members")
        self._member = zlib.decompressobj(_GZIP)
        self._began = False
        return rest
