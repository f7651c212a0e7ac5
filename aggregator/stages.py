"""What each stage takes and gives: shapes that let collectors, rules and fetcher be written apart."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NewType, Protocol

from aggregator.item import Item, RawItem
from aggregator.settings import Campaign, Source

Mark = NewType("Mark", dict[str, Any])
"""Where to resume a source: JSON, opaque to everybody but the collector of that kind."""


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave to ask "changed since?" with; both are sent back (RFC 9110, section 13.1)."""

    etag: str = ""
    last_modified: str = ""

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, whole and bounded.

    Attributes:
        url: the address that finally answered, after redirects.
        moved_to: set when every redirect on the way was permanent (301, 308).
        status: 200, 203, 226, or 304 when validators were sent; anything else is raised.
        headers: names in lower case; a repeated header is joined by ", ".
        body: decoded bytes, at most the limit; empty for 304.
        validators: sane ones only (printable ASCII, at most 512 characters each).
        at: aware UTC, when the answer was complete.
    """

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    at: datetime
    validators: Validators = Validators()
    moved_to: str = ""


class Fetch(Protocol):
    """Ask one address politely. The pipeline gives it to collectors, bound to one source."""

    async def __call__(
        self,
        url: str,
        *,
        validators: Validators = ...,
        accept: str = ...,
        max_bytes: int = ...,
        token: str = ...,
    ) -> Reply:
        """Give the reply.

        Args:
            token: sent as `Authorization: Bearer …` to the origin of `url` and to no other: a redirect
                to another host goes on without it.

        Raises:
            FetchError: one of its family, for everything that can happen on the way.
        """


class InChild(Protocol):
    """Run a parsing function of `aggregator.parse` in a limited child process."""

    async def __call__(self, task: str, *arguments: Any) -> Any:
        """Give what the function gives.

        Raises:
            TooCostly: it passed its limits of time or memory and was ended.
            NotUnderstood: it refused the bytes, or broke on them.
        """


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was not taken, and why: a row that a moderator can read.

    Attributes:
        reason: a code such as `no-content`, `objection`, `withdrawn`.
        what: enough to find it again (an id, a link, a title), at most 300 characters; never content
            of somebody who objected.
    """

    reason: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of one source with the mark to resume from once they are stored.

    `gone` holds identities that the source itself says were deleted (RFC 6721): an explicit signal.
    """

    items: tuple[RawItem, ...]
    mark: Mark
    skipped: tuple[Skipped, ...] = ()
    gone: tuple[str, ...] = ()


class Collect(Protocol):
    """The one function of a kind: pages of items, each with its mark. No page means: unchanged.

    `until` is the campaign's first moment, aware UTC: back-fill goes that far; None: as far as it can.
    """

    def __call__(
        self,
        source: Source,
        since: Mark,
        fetch: Fetch,
        in_child: InChild,
        *,
        until: datetime | None = None,
    ) -> AsyncIterator[Page]: ...


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What became of items that were asked for again by what their server calls them.

    Attributes:
        items: those that are there, as they are now.
        gone: native ids that the server no longer has: an absent answer, no failure.
        closed: native ids that are there but no longer public: an explicit signal.
    """

    items: tuple[RawItem, ...] = ()
    gone: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()


class Recheck(Protocol):
    """Optional in a kind: look shown items up by their native ids. Failures are raised, never `gone`.

    A kind that has it also has `RECHECK_AT_ONCE`: how many ids one call takes.
    """

    async def __call__(
        self, source: Source, natives: Sequence[str], fetch: Fetch, in_child: InChild
    ) -> Rechecked: ...


@dataclass(frozen=True, slots=True)
class Known:
    """Facts about one item's author and neighbours, read by the pipeline in one batched query."""

    has_objected: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says. `hold` waits for a person; `reject` stores nothing of it."""

    outcome: Literal["pass", "hold", "reject"]
    reason: str = ""


PASS = Verdict("pass")


def hold(reason: str) -> Verdict:
    return Verdict("hold", reason)


def reject(reason: str) -> Verdict:
    return Verdict("reject", reason)


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """What a rule may know of the configuration: the campaign and the source that the item came by."""

    campaign: Campaign
    source: Source


class Check(Protocol):
    """A rule: says what it thinks of one item. It must not raise; when it does, the item is held."""

    def __call__(self, item: Item, known: Known, settings: RuleSettings) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class Screened:
    """All verdicts of the ordered list on one item, together."""

    outcome: Literal["pass", "hold", "reject"]
    reasons: tuple[str, ...] = field(default=())
