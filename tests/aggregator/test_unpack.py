import gzip
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import BadReply, TooLarge
from aggregator.unpack import Body

TEXT = b"<rss/>" * 500


def read(data: bytes, encoding: str = "gzip", most: int = 10_000, step: int = 7) -> bytes:
    body = Body(encoding, most)
    for start in range(0, len(data), step):
        body.feed(data[start : start + step])
    return body.whole()


@pytest.mark.parametrize("encoding", ["gzip", "GZip", "x-gzip", " gzip ", "identity, gzip", "gzip,"])
def test_gzip_is_unpacked(encoding: str) -> None:
    assert read(gzip.compress(TEXT), encoding) == TEXT


@pytest.mark.parametrize("encoding", ["", "identity", "IDENTITY, identity"])
def test_plain_bytes_stay_as_they_are(encoding: str) -> None:
    assert read(TEXT, encoding) == TEXT


@pytest.mark.parametrize(
    "encoding", ["gzip, gzip", "br", "zstd", "deflate", "gzip, bogus", "UTF-8", "compress"]
)
def test_other_and_stacked_encodings_are_refused_before_a_byte_is_read(encoding: str) -> None:
    with pytest.raises(BadReply):
        Body(encoding, 10)


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=5), st.integers(1, 40))
def test_members_follow_each_other_however_they_are_cut(parts: list[bytes], step: int) -> None:
    packed = b"".join(gzip.compress(part) for part in parts)
    assert read(packed, step=step) == b"".join(parts)


@pytest.mark.parametrize("junk", [b"\0" * 40, b"\x1f", b"\x1fx", b"trailing words", b"\x8b\x1f"])
@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_what_follows_the_last_member_is_ignored(junk: bytes, step: int) -> None:
    assert read(gzip.compress(TEXT) + junk, step=step) == TEXT


@given(st.integers(1, len(gzip.compress(TEXT)) - 1), st.integers(1, 100))
def test_broken_off_anywhere_is_an_error(cut: int, step: int) -> None:
    with pytest.raises(BadReply):
        read(gzip.compress(TEXT)[:cut], step=step)


def test_second_member_that_breaks_off_is_an_error() -> None:
    with pytest.raises(BadReply):
        read(gzip.compress(TEXT) + gzip.compress(TEXT)[:20])


def test_empty_body_that_claims_gzip_is_empty() -> None:
    assert read(b"") == b""


@pytest.mark.parametrize("data", [TEXT, zlib.compress(TEXT), b"\x1f\x8b\x08\xff" + b"x" * 40])
def test_what_is_no_gzip_is_an_error(data: bytes) -> None:
    with pytest.raises(BadReply):
        read(data)


def test_wrong_check_sum_is_an_error() -> None:
    packed = bytearray(gzip.compress(TEXT))
    packed[-5] ^= 1
    with pytest.raises(BadReply):
        read(bytes(packed))


@pytest.mark.parametrize("encoding", ["gzip", ""])
def test_the_limit_is_exact(encoding: str) -> None:
    def pack(size: int) -> bytes:
        return gzip.compress(b"x" * size) if encoding else b"x" * size

    assert len(read(pack(1_000), encoding, most=1_000)) == 1_000
    with pytest.raises(TooLarge):
        read(pack(1_001), encoding, most=1_000)


def test_limit_holds_over_members_and_for_packed_bytes() -> None:
    with pytest.raises(TooLarge):
        read(gzip.compress(b"x" * 600) * 2, most=1_000)
    with pytest.raises(TooLarge):
        read(gzip.compress(b"") * 100, most=1_000)


def test_members_without_end_are_refused() -> None:
    with pytest.raises(TooLarge, match="members"):
        read(gzip.compress(b"") * 60_000, most=10_000_000, step=16_384)


def test_what_came_so_far_can_be_had_of_an_error_page() -> None:
    body = Body("gzip", 10_000)
    body.feed(gzip.compress(TEXT))
    assert body.so_far() == TEXT


@given(st.binary(max_size=300), st.integers(1, 50))
def test_any_bytes_are_a_body_or_one_error(data: bytes, step: int) -> None:
    with suppress(BadReply, TooLarge):
        assert len(read(data, most=1_000, step=step)) <= 1_000
