"""Posts under a hashtag on one server with Mastodon's API: its relatives speak it too.

A server sees only what reaches it, so a campaign asks several; `uri` makes one item of what they share.
Ids are the server's own and opaque: only where they stand on its pages says which came later.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit

from pydantic import Field

from aggregator.errors import Busy, Denied, Missing, NotUnderstood, Refused, TooCostly
from aggregator.item import ParsedStatuses
from aggregator.settings import Frozen, Hashtag, Server, Source, Token
from aggregator.stages import Fetch, InChild, Mark, Page, Rechecked, Skipped
from aggregator.timeline import Place, Walk, as_json, due_to_walk, from_json, is_due, moment, walked

PAGES_A_RUN = 20  # each way: up to what is new, down to what is old
PAGES_A_WALK = 5_000
POSTS_A_PAGE = 40  # Mastodon gives no more
RECHECK_AT_ONCE = 20  # Mastodon refuses more
KNOCK_EVERY = timedelta(days=1)
ACCEPT = "application/json"

_CLOSED = frozenset((401, 403, 422))
_NO_BATCH = frozenset((400, 404, 405, 406, 410, 414, 422, 501))
_NOTHING = ParsedStatuses()
_HOW = (
    "Create a token there (Settings → Development → New application, scope read:statuses), set it in "
    "the environment as MASTODON_TOKEN, and write token: ${MASTODON_TOKEN} in this source."
)


class Options(Frozen):
    server: Server
    tag: Hashtag
    any: tuple[Hashtag, ...] = Field(
        (), max_length=3, description="more hashtags: posts with any of them", examples=[["LibraryLife"]]
    )
    token: Token | None = Field(None, description="an access token, when the server asks for one")
    local: bool = Field(False, description="only posts of the server's own people")


def home(options: Options) -> str:
    """Give the host that the source's own posts are on."""
    parts = urlsplit(_origin(options))
    usual = {"http": 80, "https": 443}[parts.scheme]
    return parts.netloc.removesuffix(f":{usual}")


def network(options: Options) -> str:  # noqa: ARG001 - other kinds need them to tell
    """Give what readers know the network as."""
    return "Mastodon"


async def collect(
    source: Source,
    since: Mark,
    fetch: Fetch,
    in_child: InChild,
    *,
    until: datetime | None = None,
) -> AsyncIterator[Page]:
    """Give what is new, oldest page first, then older posts as far as they are due: 20 pages each a run.

    Every page carries the mark to go on from: a run that breaks off costs a repetition, never a post.
    """
    options: Options = source.options
    visit = _Visit(_Door(options, fetch, in_child), read_mark(since, options), until)
    async for page in visit.pages():
        yield page


async def recheck(source: Source, natives: Sequence[str], fetch: Fetch, in_child: InChild) -> Rechecked:
    """Look posts up by the server's own ids, all at once where it can do that (Mastodon 4.3).

    What an answer for many leaves out is asked for by itself: only its own 404 says that it is gone.
    A server that wants to know who asks (401, 403) says nothing of the post, and this raises.
    """
    door = _Door(source.options, fetch, in_child)
    first = await door.statuses(natives)
    others = {native: await door.status(native) for native in natives if native not in first.ids}
    pages = [first, *(page for page in others.values() if page is not None)]
    return Rechecked(
        items=tuple(item for page in pages for item in page.items if item.native in natives),
        gone=tuple(native for native, page in others.items() if page is None),
        closed=tuple(native for page in pages for native in page.closed if native in natives),
    )


@dataclass(frozen=True, slots=True)
class Access:
    """Who may read a server's hashtag timelines, as it says itself; "" when it does not say.

    Attributes:
        local, remote: of its own people, of others: `public`, `authenticated` or `disabled`.
        asked_at: aware UTC; None when it was never asked.
    """

    local: str = ""
    remote: str = ""
    asked_at: datetime | None = None


@dataclass(slots=True)
class _Door:
    """How one server is asked. `at` is when it last answered: the only clock there is."""

    options: Options
    fetch: Fetch
    in_child: InChild
    at: datetime | None = None

    async def access(self) -> Access | None:
        """Give what the server says of its timelines; None when it does not describe itself.

        Pleroma, GoToSocial and Pixelfed know no such address: then the timeline speaks for itself.
        """
        try:
            body = await self._get(f"{_origin(self.options)}/api/v2/instance")
            local, remote = await self.in_child("parse_instance", body)
        except (Refused, NotUnderstood) as error:
            if isinstance(error, Busy):
                raise
            return None
        return Access(local, remote)

    async def page(self, timeline: str, cursor: str, native: str) -> ParsedStatuses:
        """Give a page of the timeline; an empty one also for a hashtag that the server never met."""
        paging = f"&{urlencode({cursor: native})}" if native else ""
        try:
            return await self._read(timeline + paging)
        except Missing as error:
            # In the middle of a walk it would be no answer, and a page of HTML is none of this API's.
            if cursor == "max_id" and native:
                raise
            if _is_html(error):
                words = f"{home(self.options)} has no timelines: it does not speak Mastodon's API."
                raise NotUnderstood(words) from error
            return _NOTHING

    async def statuses(self, natives: Sequence[str]) -> ParsedStatuses:
        """Give posts by their ids; nothing where a server cannot be asked for several at once."""
        asked = urlencode([("id[]", native) for native in natives])
        try:
            return await self._read_posts(f"/api/v1/statuses?{asked}")
        except (Refused, NotUnderstood) as error:
            if isinstance(error, TooCostly) or (
                isinstance(error, Refused) and error.status not in _NO_BATCH
            ):
                raise
            return _NOTHING

    async def status(self, native: str) -> ParsedStatuses | None:
        """Give one post; None when the server says that it has none of that name."""
        try:
            return await self._read_posts(f"/api/v1/statuses/{quote(native)}")
        except Missing as error:
            if _is_html(error):  # what stands before the server says so, and not the server
                raise NotUnderstood(f"{home(self.options)} answers with a page of HTML.") from error
            return None

    async def _read_posts(self, path: str) -> ParsedStatuses:
        try:
            return await self._read(_origin(self.options) + path)
        except Refused as error:
            if error.status in _CLOSED:
                raise denied(self.options, error) from error
            raise

    async def _read(self, url: str) -> ParsedStatuses:
        body = await self._get(url)
        if body.strip() == b"[]":  # the usual answer: no child is woken for it
            return _NOTHING
        parsed: ParsedStatuses = await self.in_child("parse_statuses", body, home(self.options))
        return parsed

    async def _get(self, url: str) -> bytes:
        token = self.options.token
        secret = token.get_secret_value() if token else ""
        reply = await self.fetch(url, accept=ACCEPT, token=secret)
        self.at = reply.at
        return reply.body


class _Visit:
    """One run: what it needs, and where it stands."""

    def __init__(self, door: _Door, stands: tuple[Place, Access], until: datetime | None) -> None:
        self._door = door
        self._options = door.options
        self._place, self._access = stands
        self._given = stands
        self._until = until
        self._has_knocked = False
        self._notes: tuple[Skipped, ...] = ()

    async def pages(self) -> AsyncIterator[Page]:
        """Give the pages of this run; when the server shuts, look once what it says about that now."""
        if self._access.asked_at is None:
            await self._knock()
        while True:
            refusal: Refused | None = None
            if not why_closed(self._options, self._access):
                try:
                    async for page in self._walks():
                        yield page
                    return
                except Refused as error:
                    if error.status not in _CLOSED:
                        raise
                    refusal = error
            if self._has_knocked:
                raise denied(self._options, refusal, self._access) from refusal
            await self._knock()

    async def _knock(self) -> None:
        """Ask the server who may read its timelines, and say so when it is less than was wished for."""
        self._has_knocked = True
        said = await self._door.access()
        self._access = replace(said or self._access, asked_at=self._door.at)
        if note := narrowed(self._options, self._access):
            self._notes = (Skipped("only-a-part", note),)

    async def _walks(self) -> AsyncIterator[Page]:
        asked = timeline(self._options, self._access)
        if asked != self._place.asked:
            self._place = Place(asked)
        if self._place.top:
            async for page in self._up():
                yield page
        self._place = due_to_walk(self._place, self._until, self._door.at)
        async for page in self._down():
            yield page
        if is_due(self._access.asked_at, KNOCK_EVERY, self._door.at):
            await self._knock()
        if self._notes or (self._place, self._access) != self._given:
            yield self._page()

    async def _up(self) -> AsyncIterator[Page]:
        """Climb with `min_id`, which gives what is next above: `since_id` would leave a gap."""
        met = {self._place.top}
        for _ in range(PAGES_A_RUN):
            below = self._place.top
            page = await self._ask("min_id", below)
            if set(page.ids) <= {below}:
                if not page.ids and page.skipped:
                    yield self._page(page)
                return
            if page.ids[0] in met:
                yield self._page(problem=_in_circle(page))
                return
            met.update(page.ids)
            self._place = replace(self._place, top=page.ids[0])
            yield self._page(page)

    async def _down(self) -> AsyncIterator[Page]:
        met: set[str] = set()
        for _ in range(PAGES_A_RUN):
            if (walk := self._place.walk) is None:
                return
            page = await self._ask("max_id", walk.below)
            met.add(walk.below)
            is_new = set(page.ids) - {walk.below}
            problem = _in_circle(page) if is_new and page.ids[-1] in met else _too_long(walk)
            met.update(page.ids)
            self._place = walked(self._place, walk, page, self._door.at, is_over=bool(problem))
            if page.items or page.skipped or problem:
                yield self._page(page, problem)

    async def _ask(self, cursor: str, native: str) -> ParsedStatuses:
        page = await self._door.page(self._place.asked, cursor, native)
        if self._access.asked_at is None:
            self._access = replace(self._access, asked_at=self._door.at)
        return page

    def _page(self, page: ParsedStatuses = _NOTHING, problem: tuple[Skipped, ...] = ()) -> Page:
        """Give a page with the mark behind it, and with what there is to say."""
        left_out = (Skipped(reason, what) for reason, what in page.skipped)
        said = (*self._notes, *problem, *left_out)
        self._notes, self._given = (), (self._place, self._access)
        return Page(items=page.items, mark=as_mark(*self._given), skipped=said)


def timeline(options: Options, access: Access) -> str:
    """Give the address of the timeline without paging: what of it may be read.

    Of `Link` headers nothing is taken: Mastodon's leave out every tag but the first.
    """
    wanted = [("limit", str(POSTS_A_PAGE)), *(("any[]", tag) for tag in options.any)]
    if options.local or _is_shut(access.remote, options):
        wanted.append(("local", "true"))
    elif _is_shut(access.local, options):
        wanted.append(("remote", "true"))
    tag = quote(options.tag, safe="")
    return f"{_origin(options)}/api/v1/timelines/tag/{tag}?{urlencode(wanted)}"


def why_closed(options: Options, access: Access) -> str:
    """Say why nothing of the timeline can be read, and what to do; "" when something can."""
    wanted = {access.local} if options.local else {access.local, access.remote}
    if not all(_is_shut(each, options) for each in wanted):
        return ""
    here = home(options)
    if "authenticated" in wanted and options.token is None:
        return f"{here} shows its hashtag timelines only to people with an account. {_HOW}"
    return f"{here} has switched its hashtag timelines off. Collect this hashtag from another server."


def narrowed(options: Options, access: Access) -> str:
    """Say what of the timeline cannot be read, and what to do; "" when all that was wished for can."""
    if options.local or why_closed(options, access):
        return ""
    shut = {name for name in ("local", "remote") if _is_shut(getattr(access, name), options)}
    if not shut:
        return ""
    whose = "of its own people" if "remote" in shut else "of other servers"
    closed = {getattr(access, name) for name in shut}
    how = _HOW if "authenticated" in closed else "Collect the others from another server."
    return f"Only posts {whose} come from {home(options)}: the others it keeps closed. {how}"[:300]


def _is_shut(access: str, options: Options) -> bool:
    return access == "disabled" or (access == "authenticated" and options.token is None)


def denied(options: Options, refusal: Refused | None, access: Access | None = None) -> Denied:
    """Give the error for a server that wants to know who asks, in a sentence that says what to do."""
    here, status = home(options), refusal.status if refusal else None
    words = why_closed(options, access or Access())
    if not words and options.token is None:
        words = f"{here} shows this only to people with an account. {_HOW}"
    elif not words and status == 401:
        words = f"{here} does not know this source's token: it was withdrawn or mistyped. {_HOW}"
    elif not words:
        words = f"{here} does not let this source's token read posts: it needs the scope read:statuses."
    return Denied(words, status=status, headers=refusal.headers if refusal else None)


def _in_circle(page: ParsedStatuses) -> tuple[Skipped, ...]:
    what = f"the server gave posts again: {page.ids[0]} to {page.ids[-1]}"
    return (Skipped("repeated-page", what[:300]),)


def _too_long(walk: Walk) -> tuple[Skipped, ...]:
    """A circle that is longer than a run is one for ever."""
    if walk.pages < PAGES_A_WALK:
        return ()
    return (Skipped("too-many-pages", f"stopped after {walk.pages} pages, at {walk.below}"),)


def _is_html(refusal: Refused) -> bool:
    return refusal.body.lstrip()[:1] == b"<"


def _origin(options: Options) -> str:
    return options.server if "://" in options.server else f"https://{options.server}"


def as_mark(place: Place, access: Access) -> Mark:
    return Mark({**as_json(place), "access": as_json(access)})


def read_mark(mark: Mark, options: Options) -> tuple[Place, Access]:
    """Give what a mark says; new ones when it is empty, of another server or of another form."""
    try:
        if mark["asked"].startswith(f"{_origin(options)}/"):
            said = mark["access"]
            return from_json(mark), Access(said["local"], said["remote"], moment(said["asked_at"]))
    except (AttributeError, KeyError, TypeError, ValueError):
        pass
    return Place(), Access()
