"""Buckets of tokens: one for each network, gone when it is full again."""

import pytest

from feeds.api import limits
from feeds.api.limits import A_MINUTE, Limits, network_of
from tests.feeds.invented import Clock


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("9.9.9.9", "9.9.9.0/24"),
        ("::ffff:9.9.9.9", "9.9.9.0/24"),
        ("2620:fe::fe", "2620:fe::/48"),
        ("2620:fe::fe%eth0", "2620:fe::/48"),
        ("127.0.0.1", ""),
        ("10.1.2.3", ""),
        ("192.168.0.7", ""),
        ("::1", ""),
        ("fd00::1", ""),
        ("::ffff:10.0.0.1", ""),
        ("unix:", ""),
        ("", ""),
    ],
)
def test_a_network_is_as_wide_as_a_household(peer: str, network: str) -> None:
    assert network_of(peer) == network


def test_tokens_come_back_two_a_second_and_never_more_than_a_minutes() -> None:
    clock = Clock()
    bucket = Limits(clock)
    for _ in range(A_MINUTE):
        taken = bucket.take("9.9.9.9")
        assert taken
        assert taken.is_granted
    refused = bucket.take("9.9.9.9")
    assert refused
    assert (refused.is_granted, refused.left, refused.next_in_s) == (False, 0, 1)
    clock.at += 0.5
    again = bucket.take("9.9.9.9")
    assert again
    assert again.is_granted
    clock.at += 10_000
    full = bucket.take("9.9.9.9")
    assert full
    assert full.left == A_MINUTE - 1


def test_a_full_bucket_is_forgotten() -> None:
    clock = Clock()
    bucket = Limits(clock)
    bucket.take("9.9.9.9")
    clock.at += 1
    bucket.take("8.8.8.8")
    assert list(bucket._buckets) == ["8.8.8.0/24"]


def test_there_are_never_more_buckets_than_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_NETWORKS", 3)
    bucket = Limits(Clock())
    for number in range(20):
        bucket.take(f"9.9.{number}.9")
    assert list(bucket._buckets) == [f"9.9.{number}.0/24" for number in (17, 18, 19)]
