"""How often one network may ask: a bucket of tokens for each, in this process's memory alone.

What is kept is a network (/24 or /48), a number and a moment, until the bucket is full again: a minute
after the last request. Nothing of it is written down. No header is believed: behind a proxy of one's own
every request comes from that proxy, so private addresses are not counted here. The proxy can count them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from feeds import networks

A_MINUTE = 120
MOST_NETWORKS = 20_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a network may still do.

    Attributes:
        is_granted: this request may be answered.
        left: how many more may come at once.
        full_in_s: after how many seconds without a request all may come again.
        next_in_s: after how many seconds one more may come.
    """

    is_granted: bool
    left: int
    full_in_s: int
    next_in_s: int

    def headers(self) -> tuple[tuple[str, str], ...]:
        """Say so. Source: draft-ietf-httpapi-ratelimit-headers, sections 3 and 4."""
        policy = f'"network";q={A_MINUTE};w=60'
        now = f'"network";r={self.left};t={self.full_in_s}'
        return ("RateLimit-Policy", policy), ("RateLimit", now)


class Limits:
    """Buckets of tokens by network. Safe to ask from many threads.

    Args:
        tick: a clock that never jumps, in seconds.
    """

    def __init__(self, tick: Callable[[], float]) -> None:
        self._tick = tick
        self._lock = Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, peer: str) -> Allowance | None:
        """Take one token of a peer's network; None: such a peer is not counted."""
        network = network_of(peer)
        if not network:
            return None
        now = self._tick()
        with self._lock:
            tokens = self._tokens(network, now)
            granted = tokens >= 1
            tokens -= 1 if granted else 0
            self._buckets.pop(network, None)
            self._buckets[network] = (tokens, now)
            self._forget(now)
        missing = A_MINUTE - tokens
        return Allowance(granted, int(tokens), _seconds_for(missing), _seconds_for(1 - tokens))

    def _tokens(self, network: str, now: float) -> float:
        tokens, at = self._buckets.get(network, (float(A_MINUTE), now))
        return min(float(A_MINUTE), tokens + (now - at) * A_MINUTE / 60)

    def _forget(self, now: float) -> None:
        """Forget those whose bucket is full again, oldest first; others too when there are too many."""
        while self._buckets:
            oldest = next(iter(self._buckets))
            is_full = self._tokens(oldest, now) >= A_MINUTE
            if not is_full and len(self._buckets) <= MOST_NETWORKS:
                return
            del self._buckets[oldest]


def network_of(peer: str) -> str:
    """Give the network of an address, as wide as one household or one provider's customer has it.

    Returns:
        "" for what is no address, and for addresses that are not of the public internet.
    """
    address = networks.address_in(peer)
    return networks.network_of(peer, v6=48) if address and address.is_global else ""


def _seconds_for(tokens: float) -> int:
    return max(0, math.ceil(tokens * 60 / A_MINUTE))
