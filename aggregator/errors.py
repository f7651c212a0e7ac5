"""What can go wrong, as one family. The words for people are added on the screen; here are codes.

EngagedError
├── SettingsError              config.yaml has mistakes (all of them, each with its place)
├── SourceError                a run of one source could not go on
│   ├── FetchError             a request brought nothing that can be used
│   │   ├── AddressRefused     we must not connect there (private address, port, scheme, user in the URL)
│   │   ├── NotConnected       no answer: name, route, refused, reset before the first byte
│   │   │   └── HostPaused     not asked: the host's circuit is open or it told us to wait
│   │   ├── TlsFailed          the certificate or the handshake is not right
│   │   ├── TooSlow            the total deadline passed
│   │   ├── TooLarge           more than the body or header limit
│   │   ├── TooManyRedirects   more than five, in a circle, or to a place that is no address
│   │   ├── BadReply           not HTTP, broken off, wrongly encoded, or a 304 nobody asked for
│   │   └── Refused            the server answered with a status that is no success
│   │       ├── Busy           429 and 503: come back later
│   │       ├── Denied         401, 403 and 451: a person must look
│   │       └── Missing        404 and 410
│   ├── NotUnderstood          the body is not what this kind of source gives
│   │   └── TooCostly          parsing passed its limit of time or memory and was ended
│   └── LostClaim              another worker took this source over; nothing was stored
├── DecisionError
│   ├── UnknownItem            no such item in this installation
│   ├── StaleDecision          the item changed after it was looked at
│   ├── NotAllowed             this action does not fit the item's state
│   └── Conflicts              some of several decisions were refused: none was made
├── PeopleError                something about the people who sign in cannot be done
│   ├── UnknownPerson          nobody has this name
│   ├── NameTaken              somebody else has this name, or one that differs in case only
│   ├── LinkSpent              a link that works once was used, has run out, or never was
│   └── LastAdmin              nobody would be left who can invite people
├── IssueError                 something about one issue of the weekly mail cannot be done
│   ├── UnknownIssue           no such issue in this campaign
│   ├── StaleIssue             it changed after it was looked at
│   ├── IssueNotOpen           its state does not allow this step
│   └── NeedsAnother           the second approval must come from somebody else
├── PublishError               the place that files are published to does not take them
├── TooManyErrands             the public side asks for more than is being answered
├── MailboxClosed              the mailbox that returned mail comes to cannot be read
└── StoreError
    ├── StoreBusy              another process held the database longer than we wait
    ├── SchemaMismatch         the database belongs to another version of the program
    └── StoreDamaged           a promise of the store does not hold (verify says which)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

Outcome = Literal["ok", "unchanged", "soft-failure", "hard-failure", "gone"]


class EngagedError(Exception):
    """Something that this program foresaw.

    Attributes:
        code: a stable word for screens and scripts, such as `too-slow`.
        detail: facts for the person who looks into it, in English, never a secret.
    """

    code: ClassVar[str] = "error"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or self.code)
        self.detail = detail


@dataclass(frozen=True)
class Mistake:
    """One mistake in config.yaml: where (`campaigns[0].sources[2].tag`), what stands there, what is
    wrong with it, a value that would do, and its line when it has one."""

    place: str
    value: str
    problem: str
    example: str = ""
    line: int | None = None

    def __str__(self) -> str:
        good = f" For example: {self.example}" if self.example else ""
        return f"{self.place}: {self.problem} (found {self.value}).{good}"


class SettingsError(EngagedError):
    code = "settings"

    def __init__(self, path: str, mistakes: Sequence[Mistake]) -> None:
        # path:line is what editors and terminals turn into a link.
        places = [f"{path}:{mistake.line}" if mistake.line else path for mistake in mistakes]
        super().__init__(
            "\n".join(f"{at}: {mistake}" for at, mistake in zip(places, mistakes, strict=True))
        )
        self.path = path
        self.mistakes = tuple(mistakes)


class SourceError(EngagedError):
    """A run ended early. `outcome` says what that means for the source."""

    code = "source"
    outcome: ClassVar[Outcome] = "soft-failure"


class FetchError(SourceError):
    """A request failed.

    Attributes:
        url: the address that was being asked, without its query and never with a password.
        status: the HTTP status when there was one.
        retry_at: aware UTC; the server asked for patience until then.
        whole_host: True when that patience concerns the whole host (its quota is used up).
        headers: lower-cased names, when there was an answer.
        body: at most the first 10 MB of the answer, for callers to whom an error page speaks.
    """

    code = "fetch"

    def __init__(
        self,
        detail: str = "",
        *,
        url: str = "",
        status: int | None = None,
        retry_at: datetime | None = None,
        whole_host: bool = False,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
    ) -> None:
        super().__init__(detail)
        self.url = url
        self.status = status
        self.retry_at = retry_at
        self.whole_host = whole_host
        self.headers = headers or {}
        self.body = body

    def __str__(self) -> str:
        return f"{self.url}: {self.detail or self.code}" if self.url else self.detail or self.code


class AddressRefused(FetchError):
    code = "address-refused"
    outcome = "hard-failure"


class NotConnected(FetchError):
    code = "not-connected"


class HostPaused(NotConnected):
    code = "host-paused"


class TlsFailed(FetchError):
    code = "tls-failed"


class TooSlow(FetchError):
    code = "too-slow"


class TooLarge(FetchError):
    code = "too-large"


class TooManyRedirects(FetchError):
    code = "too-many-redirects"


class BadReply(FetchError):
    code = "bad-reply"


class Refused(FetchError):
    code = "refused"


class Busy(Refused):
    code = "busy"


class Denied(Refused):
    code = "denied"
    outcome = "hard-failure"


class Missing(Refused):
    code = "missing"
    outcome = "gone"


class NotUnderstood(SourceError):
    code = "not-understood"


class TooCostly(NotUnderstood):
    code = "too-costly"


class LostClaim(SourceError):
    code = "lost-claim"


class DecisionError(EngagedError):
    code = "decision"


class UnknownItem(DecisionError):
    code = "unknown-item"

    def __init__(self, item: str) -> None:
        super().__init__(f"there is no item {item}: `engaged items` lists them")
        self.item = item


class StaleDecision(DecisionError):
    """The item is at another version than the one that was looked at; `meanwhile` says what happened."""

    code = "stale"

    def __init__(self, item: str, looked_at: int, version: int, meanwhile: Sequence[str]) -> None:
        happened = f" ({', '.join(meanwhile)})" if meanwhile else ""
        super().__init__(
            f"{item} changed after you looked at it: it is at version {version}, not {looked_at}"
            f"{happened}. Look again, then decide on {item}@{version}"
        )
        self.item = item
        self.looked_at = looked_at
        self.version = version
        self.meanwhile = tuple(meanwhile)


class NotAllowed(DecisionError):
    code = "not-allowed"

    def __init__(self, item: str, action: str, state: str, detail: str = "") -> None:
        super().__init__(detail or f"{action} does not fit {item}, which is {state}")
        self.item = item
        self.action = action
        self.state = state


class Conflicts(DecisionError):
    """None of the decisions asked for was made; `errors` says why, one for each that was refused."""

    code = "conflicts"

    def __init__(self, errors: Sequence[DecisionError]) -> None:
        super().__init__("; ".join(str(error) for error in errors))
        self.errors = tuple(errors)


class PeopleError(EngagedError):
    code = "people"


class UnknownPerson(PeopleError):
    code = "unknown-person"


class NameTaken(PeopleError):
    code = "name-taken"


class LinkSpent(PeopleError):
    code = "link-spent"


class LastAdmin(PeopleError):
    code = "last-admin"


class IssueError(EngagedError):
    code = "issue"


class UnknownIssue(IssueError):
    code = "unknown-issue"


class StaleIssue(IssueError):
    """Somebody changed it after it was looked at: nothing of the later look was written."""

    code = "stale-issue"

    def __init__(self, number: int, looked_at: int, version: int) -> None:
        super().__init__(
            f"edition {number} changed after you looked at it: it is at version {version}, "
            f"not {looked_at}. Look again, then repeat what you wanted to do"
        )
        self.number = number
        self.looked_at = looked_at
        self.version = version


class IssueNotOpen(IssueError):
    """Its state does not allow this step, such as editing what is being sent."""

    code = "issue-not-open"

    def __init__(self, number: int, state: str) -> None:
        super().__init__(f"edition {number} does not allow this any more, or not yet: it is {state}")
        self.number = number
        self.state = state


class NeedsAnother(IssueError):
    code = "needs-another"

    def __init__(self, number: int, who: str) -> None:
        super().__init__(f"{who} approved edition {number} already: a second person must look at it too")
        self.number = number
        self.who = who


class PublishError(EngagedError):
    code = "publish"


class TooManyErrands(EngagedError):
    """So many questions of one campaign wait for an answer that no more are taken."""

    code = "too-many-errands"


class MailboxClosed(EngagedError):
    code = "mailbox"


class StoreError(EngagedError):
    code = "store"


class StoreBusy(StoreError):
    code = "store-busy"


class SchemaMismatch(StoreError):
    code = "schema-mismatch"


class StoreDamaged(StoreError):
    code = "store-damaged"
