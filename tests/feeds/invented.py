"""An invented campaign of invented people, and a door that is a dictionary: what these tests use."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

from aggregator.copies import public_file
from aggregator.item import Author, Item, Kind, Precision, SafeHtml
from aggregator.settings import Campaign, Settings
from aggregator.store.published import (
    EVERYTHING,
    Changes,
    Cursor,
    Gone,
    Picture,
    Selection,
    Sent,
    Shown,
    Stats,
    Touched,
    over_at,
)
from aggregator.tags import fold_tag

NOW = datetime(2026, 5, 20, 12, 0, tzinfo=UTC)
SLUG = "engagedlibraries"
PUBLIC_URL = "https://posts.library.example"


def campaign(**changes: object) -> Campaign:
    values: dict[str, object] = {
        "slug": SLUG,
        "name": "#EngagedLibraries",
        "about": "Libraries show how they work with the people around them.",
        "hashtags": ("EngagedLibraries",),
        "contact": "campaign@library.example",
        "timezone": "America/New_York",
        "languages": ("en", "es"),
    }
    return Campaign.model_validate(values | changes)


def settings(*campaigns: Campaign, public_url: str = PUBLIC_URL) -> Settings:
    return Settings(public_url=public_url, campaigns=campaigns or (campaign(),))


def item_id(number: int) -> str:
    """Give an id in the form of real ones: 12 characters of lower-case base32."""
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    return "post" + "".join(letters[(number >> (5 * place)) & 31] for place in range(7, -1, -1))


def shown(number: int = 1, **changes: object) -> Shown:
    """Give one shown item; younger numbers are older."""
    when = NOW - timedelta(days=number)
    item = Item(
        kind=Kind.POST,
        url=f"https://blog.example/{number}/",
        title=f"Story hour number {number}",
        html=SafeHtml(f"<p>We read to {number} children in the park.</p>"),
        text=f"We read to {number} children in the park.",
        author=Author("Ana Rivera", "ana", "https://blog.example/ana", "feed:blog.example/ana"),
        tags=("engagedlibraries",),
        language="en",
        published_at=when,
    )
    network = str(changes.pop("network", "blog.example"))
    item = replace(item, **changes)  # type: ignore[arg-type] # the caller names fields of Item
    return Shown(item_id(number), item, network, item.published_at or when, when, when)


def sent(number: int, *posts: Shown, **content: object) -> Sent:
    """Give an edition of the weekly mail; higher numbers were sent later."""
    when = NOW - timedelta(weeks=10 - number)
    draft = {
        "subject": {"en": f"The week of the {number} bookmobiles", "es": f"La semana {number}"},
        "preheader": {"en": "And a story hour in the park."},
        "intro": {"en": "Dear readers,\nthis week libraries went outside."},
        "picks": [{"item": post.id, "reasons": ["pinned"], "blurb": {}} for post in posts],
    }
    return Sent(number, when.date(), when, draft | content, posts, (), {})


def picture(number: int = 1, **changes: object) -> Picture:
    """Give a picture of which there are copies, landscape unless the caller says otherwise."""
    values: dict[str, object] = {
        "key": f"{number:024x}",
        "widths": (160, 320, 640, 960),
        "formats": ("avif", "webp", "jpg"),
        "width": 960,
        "height": 640,
        "colour": "#5f7382",
        "alt": f"A bus full of books, number {number}",
        "number": number,
    }
    return Picture(**values | changes)  # type: ignore[arg-type] # the caller names fields of Picture


def write_copies(folder: Path, *pictures: Picture) -> None:
    """Put files there for these pictures, of a few bytes each: nobody draws them."""
    for each in pictures:
        for width, form in product(each.widths, each.formats):
            file = public_file(folder, each.key, width, form)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(f"{form} {width}".encode())


def pictured(post: Shown, *pictures: Picture) -> Shown:
    """Give a post with these pictures, or with one."""
    return replace(post, pictures=pictures or (picture(),))


LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 4
MARKUP = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> \"><b>&amp; ' </style><style>*{display:none}"
)
PARAGRAPH = "We asked our neighbours what they wanted from us, and then we listened for a whole year. "

AWKWARD: dict[str, Shown] = {
    "arabic": shown(
        11,
        title="",
        text="افتتحت مكتبتنا ركنا جديدا للقراءة مع الجيران. تعالوا وشاركونا القصص كل يوم سبت.",
        html=SafeHtml("<p>افتتحت مكتبتنا ركنا جديدا للقراءة مع الجيران.</p>"),
        language="ar",
        direction="rtl",
        author=Author("ليلى حداد", "layla"),
    ),
    "long-word": shown(
        12,
        title=LONG_WORD,
        text=LONG_WORD,
        html=SafeHtml(f"<p>{LONG_WORD}</p>"),
        author=Author(LONG_WORD),
    ),
    "empty-title": shown(13, title="", text="No title. Only this text, with a second sentence."),
    "emoji-only": shown(
        14, title="", text="📚🎉👩🏽‍🚀", html=SafeHtml("<p>📚🎉👩🏽‍🚀</p>"), author=Author("🌻", "sun")
    ),
    "huge": shown(
        15,
        text=(PARAGRAPH * 550)[:50_000],
        html=SafeHtml(f"<p>{PARAGRAPH * 550}</p>"),
        title=PARAGRAPH * 5,
    ),
    "markup-like": shown(
        16, title=MARKUP, text=MARKUP, html=SafeHtml("<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>")
    ),
    "no-author": shown(17, author=Author()),
    "no-date": shown(18, published_at=None),
    "day-date": shown(
        19,
        published_at=datetime(2026, 5, 1, tzinfo=UTC),
        precision=Precision.DAY,
        title="A day, not an hour",
    ),
    "hostile": shown(
        20,
        network=MARKUP,
        title=MARKUP,
        text=MARKUP + "\x00\x1b[31m\u202e",
        html=SafeHtml("<p>safe</p>"),
        author=Author(MARKUP, MARKUP, "javascript:alert(1)", MARKUP),
        url="javascript:alert(1)",
        links=("javascript:alert(3)", 'https://blog.example/"><script>alert(4)</script>'),
        tags=(MARKUP,),
        language='en"><script>alert(5)</script>',
        direction='ltr"><script>alert(6)</script>',
    ),
    "warned": shown(21, warning="flashing lights", title="", text="HIDDEN BY ITS AUTHOR"),
    "nothing-at-all": shown(
        22, title="", text="", html=SafeHtml(""), author=Author(), url="", published_at=None
    ),
    "pictured": pictured(shown(23)),
    "picture-and-many-words": pictured(
        shown(24, title=PARAGRAPH * 5, text=PARAGRAPH * 30, author=Author(LONG_WORD)),
        picture(2, height=1920, credit=LONG_WORD, licence="CC BY-ND 4.0", alt=None),
    ),
    "pictures-without-words": pictured(
        shown(25, title="", text="", html=SafeHtml(""), author=Author()),
        *(picture(number, widths=(48,), width=48, height=64, alt="") for number in range(3, 7)),
    ),
    "hostile-picture": pictured(
        shown(26), picture(7, alt=MARKUP, credit=MARKUP, licence=MARKUP, colour='red"><b>')
    ),
    "warned-picture": pictured(shown(27, warning="flashing lights", title="")),
}


def is_chosen(post: Shown, selection: Selection) -> bool:
    """Say whether a post is in a selection, as the store does."""
    language = post.item.language
    of_field = [
        (selection.tags, bool({fold_tag(tag) for tag in selection.tags} & set(post.item.tags))),
        (
            selection.languages,
            any(f"{language}-".startswith(f"{tag.lower()}-") for tag in selection.languages),
        ),
        (selection.kinds, post.item.kind in selection.kinds),
        (
            selection.libraries,
            post.library.casefold() in {each.casefold() for each in selection.libraries},
        ),
        (selection.places, post.place.casefold() in {each.casefold() for each in selection.places}),
    ]
    return all(is_one for wanted, is_one in of_field if wanted)


def counted(words: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Give words and how often each is there, most often first."""
    return tuple(sorted(Counter(words).items(), key=lambda one: (-one[1], one[0])))


@dataclass
class FakeDoor:
    """The published side of a store, in memory. `publish` and `take_down` are its decisions."""

    items: dict[str, list[Shown]] = field(default_factory=dict)
    gone_ones: dict[str, dict[str, Gone]] = field(default_factory=dict)
    versions: dict[str, list[str]] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    fails_with: Exception | None = None
    slot_ends: datetime | None = None
    in_slots: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)
    sent: dict[str, list[Sent]] = field(default_factory=dict)

    def publish(self, *posts: Shown, slug: str = SLUG) -> None:
        there = self.items.setdefault(slug, [])
        there[:] = [kept for kept in there if kept.id not in {post.id for post in posts}]
        there.extend(posts)
        there.sort(key=lambda post: (post.sort_at, post.id), reverse=True)
        self.versions.setdefault(slug, []).extend(post.id for post in posts)

    def take_down(self, post: Shown, slug: str = SLUG) -> None:
        self.items[slug].remove(post)
        self.gone_ones.setdefault(slug, {})[post.id] = Gone(post.id, NOW)
        self.versions[slug].append(post.id)

    def version(self, slug: str) -> int:
        self._ask("version")
        return len(self.versions.get(slug, []))

    def latest(
        self,
        slug: str,
        limit: int,
        selection: Selection = EVERYTHING,
        before: Cursor | None = None,
    ) -> tuple[Shown, ...]:
        self._ask("latest")
        there = [post for post in self.items.get(slug, []) if is_chosen(post, selection)]
        if before:
            there = [post for post in there if (post.sort_at, post.id) < (before.sort_at, before.id)]
        return tuple(there[:limit])

    def one(self, slug: str, item: str) -> Shown | Gone | None:
        self._ask("one")
        found = next((post for post in self.items.get(slug, []) if post.id == item), None)
        return found or self.gone_ones.get(slug, {}).get(item)

    def in_slot(self, slug: str, slot: str, now: datetime) -> Shown | None:
        self._ask("in_slot")
        return next(iter(self.items.get(slug, [])), None)

    def slot_changes_at(self, slug: str, now: datetime) -> datetime | None:
        self._ask("slot_changes_at")
        return self.slot_ends

    def highlighted(self, slug: str, now: datetime) -> frozenset[str]:
        self._ask("highlighted")
        return self.in_slots & {post.id for post in self.items.get(slug, [])}

    def occasions(
        self, slug: str, since: datetime, limit: int, after: Cursor | None = None
    ) -> tuple[Shown, ...]:
        self._ask("occasions")
        there = [(post.item.occasion, post) for post in self.items.get(slug, [])]
        to_come = [
            (when.starts_at, post.id, post)
            for when, post in there
            if when
            and over_at(when) >= since
            and (after is None or (when.starts_at, post.id) > (after.sort_at, after.id))
        ]
        return tuple(post for *_, post in sorted(to_come, key=lambda one: one[:2])[:limit])

    def changes(self, slug: str, since: int, limit: int) -> Changes:
        self._ask("changes")
        versions = self.versions.get(slug, [])
        if since > len(versions):
            return Changes(len(versions), len(versions), everything=True)
        some = versions[since : since + limit]
        ids = dict.fromkeys(reversed(some))  # each once, at its last change
        there = {post.id: post for post in self.items.get(slug, [])}
        known: dict[str, Shown | Gone] = {**self.gone_ones.get(slug, {}), **there}
        items = tuple(known[each] for each in reversed(ids) if each in known)
        return Changes(len(versions), since + len(some), items)

    def gone(self, slug: str, since: datetime, limit: int) -> tuple[Gone, ...]:
        self._ask("gone")
        left = [each for each in self.gone_ones.get(slug, {}).values() if each.since >= since]
        return tuple(sorted(left, key=lambda each: (each.since, each.id), reverse=True)[:limit])

    def tags(self, slug: str, limit: int) -> tuple[tuple[str, int], ...]:
        self._ask("tags")
        return counted(tag for post in self.items.get(slug, []) for tag in post.item.tags)[:limit]

    def stats(self, slug: str) -> Stats:
        self._ask("stats")
        there = self.items.get(slug, [])
        return Stats(
            posts=len(there),
            authors=len({post.item.author.key for post in there} - {""}),
            libraries=len({post.library.casefold() for post in there} - {""}),
            languages=counted(post.item.language for post in there if post.item.language),
            networks=counted(post.network for post in there),
            newest=max((post.sort_at for post in there), default=None),
        )

    def touched(self, slug: str, since: int) -> Touched:
        self._ask("touched")
        changes = self.versions.get(slug, [])
        items = frozenset(changes[since:]) - {""}
        numbers = {
            each.number
            for each in self.sent.get(slug, [])
            if "" in changes[since:] or items & {post.id for post in (*each.items, *each.occasions)}
        }
        return Touched(len(changes), items, issues=frozenset(numbers))

    def send(self, *sent: Sent, slug: str = SLUG) -> None:
        """Begin to send editions of the weekly mail: that raises the version, and touches no post."""
        self.sent.setdefault(slug, []).extend(sent)
        self.versions.setdefault(slug, []).append("")

    def issues(self, slug: str, limit: int) -> tuple[Sent, ...]:
        self._ask("issues")
        newest_first = sorted(self.sent.get(slug, []), key=lambda each: -each.number)
        return tuple(self._as_they_are(each, slug) for each in newest_first[:limit])

    def issue(self, slug: str, number: int) -> Sent | None:
        self._ask("issue")
        there = (each for each in self.sent.get(slug, []) if each.number == number)
        return next((self._as_they_are(each, slug) for each in there), None)

    def _as_they_are(self, sent: Sent, slug: str) -> Sent:
        """Give an edition as it stands now: what is no longer shown has left it."""
        now = {post.id: post for post in self.items.get(slug, [])}
        items = tuple(now[each.id] for each in sent.items if each.id in now)
        occasions = tuple(now[each.id] for each in sent.occasions if each.id in now)
        lost = len(sent.items) - len(items)
        return replace(sent, items=items, occasions=occasions, lost=lost)

    def picture_is_shown(self, key: str, width: int, slugs: Collection[str]) -> bool:
        self._ask("picture_is_shown")
        return any(
            each.key == key and width in each.widths
            for slug in slugs
            for post in self.items.get(slug, [])
            for each in post.pictures
        )

    def problems(self) -> tuple[str, ...]:
        self._ask("problems")
        return self.codes

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.fails_with:
            raise self.fails_with


@dataclass
class Clock:
    """A monotonic clock that moves when told to."""

    at: float = 100.0

    def __call__(self) -> float:
        return self.at


def a_door(*posts: Shown) -> FakeDoor:
    door = FakeDoor()
    door.publish(*posts)
    return door
