"""Chooses the posts of a week: fairly, explainably, and the same whenever it is asked. Pure.

What counts is how much was made of a post *within its own network*, compared with a fortnight's posts
there, halved with every three days of age: raw numbers make a digest of one network
(measured). Pins of moderators come first. Caps are hard: one post of an author, of a
library and of a story. A little is added for what the mail does not have yet: a place, a language, a
topic, a library that never stood in it; and for pictures with a description.

No network has more than 40 % of the posts. Where that cannot be with as many posts as were asked for,
there are fewer, down to half of them. Only where even that cannot be (a campaign with one or two
networks) the mail is filled all the same, and says so: an empty mail serves nobody.

Reasons of a pick: `pinned`; `percentile:93` (it did better than 93 % of its network); `no-counts` (its
network counts nothing: it stands in the middle); `new-place`, `new-language`, `new-topic`,
`first-from-library`; `described`; `beyond-share`.
Notes of a draft: `fewer` (than asked for), `share-kept` (fewer, so that no network has more than 40 %),
`share-over` (a network has more), `pin-left` (a pin was left out: used before, sensitive, a comment, or
of an author, library or story that has its post already).
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from feeds.highlights.considered import Post
from feeds.highlights.draft import Draft, Pick

SHARE = 0.4
HALF_LIFE = timedelta(hours=72)
NEUTRAL = 0.5
RUNNERS_UP = 10
FEWEST = 3
"""With fewer posts than this, editors are told that there is too little for a mail."""
COMPARED_FOR = timedelta(days=14)
"""Posts of so many days are what a post is compared with."""
GRACE = timedelta(days=7)
"""A post that was approved only now may be this much older than the week."""
MOST_NETWORKS = 4
"""So many networks are in the mail, when there is one more than that."""

NEW_PLACE, NEW_LANGUAGE, NEW_TOPIC, FIRST_LIBRARY, DESCRIBED = 0.1, 0.05, 0.05, 0.05, 0.05


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be chosen.

    Attributes:
        top: how many posts.
        since, now: the period, aware UTC.
        used: ids of posts that stood in a mail before.
        libraries: that stood in a mail before, as `considered.compared` writes them.
    """

    top: int
    since: datetime
    now: datetime
    used: Collection[str] = frozenset()
    libraries: Collection[str] = frozenset()


def assemble(posts: Sequence[Post], wanted: Wanted) -> Draft:
    """Choose the posts of a week.

    Args:
        posts: of COMPARED_FOR; those outside of the period only serve to compare with.

    Returns:
        A draft with picks and runners-up, and what editors should know about them. No words in it.
    """
    percentiles = dict(_percentiles(posts))
    able = [post for post in posts if _may_come(post, wanted)]
    chosen, note = _fairly_filled(able, _Choosing(wanted, percentiles))
    picks = tuple(Pick(post.item, reasons) for post, reasons in chosen.picks)
    further = chosen.further(able, RUNNERS_UP)
    notes = [note] if note else []
    if len(picks) < wanted.top:
        notes.insert(0, "fewer")
    if _left_pins(posts, chosen):
        notes.append("pin-left")
    return Draft(
        picks=picks,
        runners_up=tuple(Pick(post.item, reasons) for post, reasons in further.picks[len(picks) :]),
        unknown_libraries=sum(not post.library for post, _ in chosen.picks),
        too_few=len(picks) < min(FEWEST, wanted.top),
        notes=tuple(notes),
    )


def _may_come(post: Post, wanted: Wanted) -> bool:
    if post.is_comment or post.is_sensitive or post.item in wanted.used:
        return False
    # Events have their own place in the mail, with their time.
    return post.is_pinned or (not post.is_occasion and _is_of_the_week(post, wanted))


def _is_of_the_week(post: Post, wanted: Wanted) -> bool:
    is_newly_shown = post.shown_since is not None and post.shown_since >= wanted.since
    return post.published >= wanted.since or (is_newly_shown and post.published >= wanted.since - GRACE)


def _percentiles(posts: Sequence[Post]) -> Iterator[tuple[str, float]]:
    """Give each counted post's place within its network, from 0 to 1; equal ones share the middle."""
    counted: dict[str, Counter[int]] = {}
    for post in posts:
        if post.counts is not None:
            counted.setdefault(post.network, Counter())[post.counts] += 1
    places = {network: _places(counts) for network, counts in counted.items()}
    for post in posts:
        if post.counts is not None:
            yield post.item, places[post.network][post.counts]


def _places(counts: "Counter[int]") -> dict[int, float]:
    whole, below, places = counts.total(), 0, {}
    for count, many in sorted(counts.items()):
        places[count] = (below + many / 2) / whole
        below += many
    return places


@dataclass(frozen=True)
class _Choosing:
    """What was chosen so far, with reasons; each step gives a new one."""

    wanted: Wanted
    percentiles: "dict[str, float]"
    picks: tuple[tuple[Post, tuple[str, ...]], ...] = ()

    @property
    def posts(self) -> Iterable[Post]:
        return (post for post, _ in self.picks)

    def with_(self, post: Post, *more: str) -> "_Choosing":
        return replace(self, picks=(*self.picks, (post, (*self._reasons(post), *more))))

    def fits(self, post: Post) -> bool:
        """Say whether nothing of this author, library or story is chosen already."""
        return all(
            post.item != other.item
            and post.author != other.author
            # Somebody with a blog and an account is one person: their names say so, their keys do not.
            and (not post.name or post.name != other.name)
            and post.house != other.house
            and not post.stories & other.stories
            for other in self.posts
        )

    def in_network(self, network: str) -> int:
        return sum(post.network == network for post in self.posts)

    def value(self, post: Post) -> float:
        """Give what a post is worth now, given what the mail has already."""
        new = sum(worth for worth, _ in self._new(post))
        return self._standing(post) + new + (DESCRIBED if post.is_described else 0)

    def _standing(self, post: Post) -> float:
        age = max(timedelta(), self.wanted.now - post.published)
        return float(self.percentiles.get(post.item, NEUTRAL) * 0.5 ** (age / HALF_LIFE))

    def _new(self, post: Post) -> Iterator[tuple[float, str]]:
        """Give what a post would bring that the mail does not have yet."""
        others = list(self.posts)
        if post.place and all(post.place != other.place for other in others):
            yield NEW_PLACE, "new-place"
        if post.language and all(post.language != other.language for other in others):
            yield NEW_LANGUAGE, "new-language"
        if post.topics and all(not post.topics & other.topics for other in others):
            yield NEW_TOPIC, "new-topic"
        if post.library and post.library not in self.wanted.libraries:
            yield FIRST_LIBRARY, "first-from-library"

    def _reasons(self, post: Post) -> tuple[str, ...]:
        percentile = self.percentiles.get(post.item)
        stands = "no-counts" if percentile is None else f"percentile:{int(percentile * 100)}"
        pinned = ("pinned",) if post.is_pinned else ()
        described = ("described",) if post.is_described else ()
        return (*pinned, stands, *(code for _, code in self._new(post)), *described)

    def further(
        self,
        posts: Sequence[Post],
        most: int,
        allows: "Callable[[_Choosing, Post], bool]" = lambda _, __: True,
        *more: str,
    ) -> "_Choosing":
        """Choose the best ones that fit, one after another, at most so many more."""
        chosen = self
        for _ in range(most):
            able = [post for post in posts if chosen.fits(post) and allows(chosen, post)]
            if not able:
                break
            chosen = chosen.with_(min(able, key=lambda post: _order(chosen, post)), *more)
        return chosen


def _order(chosen: _Choosing, post: Post) -> tuple[float, float, str]:
    """Sort the best first; of equals the newest, then by id, so that two runs agree."""
    return -chosen.value(post), -post.published.timestamp(), post.item


def _fairly_filled(able: Sequence[Post], empty: _Choosing) -> tuple[_Choosing, str]:
    """Choose as many as possible with no network over its share, or as many as asked for; and a note."""
    top = empty.wanted.top
    pinned = empty.further([post for post in able if post.is_pinned], top)
    full = pinned.further(able, top - len(pinned.picks))
    fewest = max((top + 1) // 2, FEWEST)
    for size in range(min(top, len(full.picks)), fewest - 1, -1):
        if not _can_be(able, size):
            continue
        chosen = _within_share(able, pinned, size)
        if len(chosen.picks) == size and not _is_over(chosen):
            return chosen, "share-kept" if size < len(full.picks) else ""
    return _beyond_share(able, pinned, top)


def _can_be(able: Sequence[Post], size: int) -> bool:
    """Say whether so many posts could come from these networks at all: asked first, being cheap."""
    there = Counter(post.network for post in able)
    return sum(min(many, int(SHARE * size)) for many in there.values()) >= size


def _within_share(able: Sequence[Post], pinned: _Choosing, size: int) -> _Choosing:
    """Choose so many, no network over its share, and of MOST_NETWORKS networks if there are more."""
    there = len({post.network for post in able})
    networks = min(MOST_NETWORKS, size, max(there - 1, min(there, 3)))
    most = int(SHARE * size)

    def allows(chosen: _Choosing, post: Post) -> bool:
        in_mail = chosen.in_network(post.network)
        missing = networks - len({each.network for each in chosen.posts})
        is_needed = in_mail == 0 or size - len(chosen.picks) > missing
        return in_mail < most and is_needed

    return pinned.further(able, size - len(pinned.picks), allows)


def _beyond_share(able: Sequence[Post], pinned: _Choosing, top: int) -> tuple[_Choosing, str]:
    """Fill the mail, evenly: each network gets one more place only when nothing else is left."""
    chosen = pinned
    for most in range(max(1, int(SHARE * top)), top + 1):
        more = ("beyond-share",) if most > SHARE * top and top >= FEWEST else ()

        def allows(so_far: _Choosing, post: Post, most: int = most) -> bool:
            return so_far.in_network(post.network) < most

        chosen = chosen.further(able, top - len(chosen.picks), allows, *more)
    return chosen, "share-over" if _is_over(chosen) else ""


def _is_over(chosen: _Choosing) -> bool:
    """Say whether a network has more than its share; of one or two posts there are no shares."""
    return len(chosen.picks) >= FEWEST and any(
        chosen.in_network(post.network) > SHARE * len(chosen.picks) for post in chosen.posts
    )


def _left_pins(posts: Sequence[Post], chosen: _Choosing) -> bool:
    there = {post.item for post in chosen.posts}
    return any(post.is_pinned and post.item not in there for post in posts)
