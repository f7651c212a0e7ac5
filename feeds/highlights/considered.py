"""A shown post as choosing sees it: who, where, what about, how much was made of it. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from unicodedata import normalize
from urllib.parse import urlsplit

from aggregator.item import Engagement, Item, Kind
from aggregator.links import identity_of_link, is_home_page
from aggregator.store.published import Candidate, Shown
from aggregator.tags import fold_tag

SIGNPOST_SHARE, SIGNPOST_LEAST = 0.2, 4
"""A link in more than this share of all posts, and in more than so many, is the campaign's own signpost
and makes no two posts one story."""
SAME_WORDS = 40
"""Posts with the same words tell one story when they have at least so many characters."""

_LISTS = ("/tags/", "/tag/", "/hashtag/", "/hashtags/", "/explore/", "/@")


@dataclass(frozen=True, slots=True)
class Post:
    """One post that may be chosen.

    Attributes:
        author: who wrote it, for counting; never empty.
        name: what its author is called, as `compared` writes it; "" for one word, which many may have.
        library: "" when nobody named one: then the author counts as one.
        network: where engagement is compared, and of which no more than 40 % may come.
        stories: what makes two posts one story; those that share any are.
        counts: likes, shares and replies, weighed; None: its network never said.
        is_described: it has no pictures, or words for each of them.
    """

    item: str
    author: str
    network: str
    published: datetime
    name: str = ""
    library: str = ""
    stories: frozenset[str] = frozenset()
    place: str = ""
    language: str = ""
    topics: frozenset[str] = frozenset()
    counts: int | None = None
    shown_since: datetime | None = None
    is_pinned: bool = False
    is_sensitive: bool = False
    is_comment: bool = False
    is_occasion: bool = False
    is_described: bool = True

    @property
    def house(self) -> str:
        """Give the library, or the author where none is known."""
        return f"library {self.library}" if self.library else f"author {self.author}"


def considered(candidates: Sequence[Candidate], own_tags: Sequence[str] = ()) -> tuple[Post, ...]:
    """Give candidates as choosing sees them.

    Args:
        own_tags: the campaign's hashtags: every post has them, so they are no topic.
    """
    links = {one.shown.id: _links(one.shown.item) for one in candidates}
    times = Counter(link for each in links.values() for link in each)
    most = max(SIGNPOST_LEAST, SIGNPOST_SHARE * len(candidates))
    signposts = {link for link, many in times.items() if many > most}
    own = frozenset(map(fold_tag, own_tags))
    libraries = frozenset(compared(one.shown.library) for one in candidates)
    return tuple(_post(one, links[one.shown.id] - signposts, own, libraries) for one in candidates)


def _post(one: Candidate, links: frozenset[str], own: frozenset[str], libraries: frozenset[str]) -> Post:
    shown, item = one.shown, one.shown.item
    name = compared(item.author.name)
    author = item.author.key or compared(item.author.url or item.author.handle or item.author.name)
    return Post(
        item=shown.id,
        author=author or shown.id,
        name=name if " " in name else "",
        # A blog is a place of its own; servers of one network are one.
        network=shown.network if one.source_kind in ("", "feed") else one.source_kind,
        published=shown.sort_at,
        # Whoever is called like a library that somebody named is that library, on whatever network.
        library=compared(shown.library) or (name if name in libraries else ""),
        stories=links | _own_stories(item),
        place=compared(shown.place),
        language=item.language.partition("-")[0],
        topics=frozenset(item.tags) - own,
        counts=_weighed(one.engagement),
        shown_since=shown.shown_since,
        is_pinned=one.is_pinned,
        is_sensitive=one.is_sensitive,
        is_comment=item.kind is Kind.COMMENT,
        is_occasion=item.occasion is not None,
        is_described=_is_described(shown),
    )


def compared(words: str) -> str:
    """Give words as they are compared: case, width and extra blanks do not count."""
    return " ".join(normalize("NFKC", words).casefold().split())


def _weighed(engagement: Engagement | None) -> int | None:
    """Answering takes more than passing on, which takes more than liking."""
    if engagement is None:
        return None
    counts = (engagement.likes, engagement.shares, engagement.replies)
    if all(count is None for count in counts):
        return None
    likes, shares, replies = (max(0, count or 0) for count in counts)
    return likes + 2 * shares + 3 * replies


def _is_described(shown: Shown) -> bool:
    return all(picture.alt is not None for picture in shown.pictures)


def _links(item: Item) -> frozenset[str]:
    """Give where a post leads: pages, and no lists of posts, people or whole sites."""
    leading = (link for link in item.links if not is_home_page(link) and not _is_list(link))
    return frozenset(identity for link in leading if (identity := identity_of_link(link)))


def _is_list(link: str) -> bool:
    path = urlsplit(link).path
    return any(part in path for part in _LISTS)


def _own_stories(item: Item) -> frozenset[str]:
    words = compared(item.text)
    same_words = {f"words {words}"} if len(words) >= SAME_WORDS else set()
    address = identity_of_link(item.url) if item.url and not is_home_page(item.url) else ""
    return frozenset({address} - {""} | same_words)
