"""Which file holds which address, and which addresses a change concerns. Pure: nothing is read here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from aggregator.settings import Campaign, Settings
from aggregator.store.published import Touched
from feeds.addresses import PATTERNS, POST_KINDS, VIEW_KINDS, Address, addresses, parse, path_of
from feeds.publish.manifest import File

PICTURES = "i/"
"""The folder of pictures: content-addressed, so that their files never change."""


@dataclass(frozen=True, slots=True)
class Posts:
    """What a place should know of: posts that are shown or were once, and editions of the mail."""

    shown: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    issues: tuple[int, ...] = ()

    @property
    def all(self) -> frozenset[str]:
        return frozenset((*self.shown, *self.gone))


def file_of(path: str) -> str:
    """Give the file that holds an address: of `/c/` it is `c/index.html`, of `/c/it` `c/it.html`."""
    if path.endswith("/"):
        return f"{path[1:]}index.html"
    return path[1:] if "." in path.rpartition("/")[2] else f"{path[1:]}.html"


def address_in(name: str) -> Address | None:
    """Give the address whose page a file holds; None: it is none of ours.

    A view's name is read generously (`/c/e/featured.html` is a frame, too), so the shorter one counts.
    """
    path = f"/{name}"
    shorter = [path.removesuffix(end) for end in ("index.html", ".html") if path.endswith(end)]
    for one in (*shorter, path):
        if file_of(one) == name and (found := parse(one)):
            return found
    return None


def whole(settings: Settings, campaign: Campaign, posts: Posts) -> list[Address]:
    """Give every address of a campaign, those that most readers ask for first."""
    touched = addresses(campaign, Touched(0, posts.all, issues=frozenset(posts.issues)))
    return sorted({*touched, *_front(settings), *_still(campaign, touched)}, key=_pages_first)


def concerned(settings: Settings, campaign: Campaign, touched: Touched) -> list[Address]:
    """Give the addresses that a change of posts concerns: the posts' own first, so that pictures
    are there before a page shows them, and a removed post is gone at its own address first. What is
    drawn as a picture takes longest and comes last."""
    return sorted({*addresses(campaign, touched), *_front(settings)}, key=_posts_first)


def retired(files: Mapping[str, File], campaign: Campaign) -> list[Address]:
    """Give the addresses of views that are no longer configured: their embeds show the featured view."""
    found = (parse(file.path) for file in files.values())
    return [
        each
        for each in found
        if each
        and each.campaign == campaign.slug
        and each.kind in VIEW_KINDS
        and each.name not in campaign.shown_views
    ]


def due(files: Iterable[File], now: datetime) -> list[Address]:
    """Give the addresses of pages that hold no longer, though nothing changed."""
    found = (parse(file.path) for file in files if file.holds_until and file.holds_until <= now)
    return [each for each in found if each]


def next_due(files: Iterable[File]) -> datetime | None:
    """Say when the next page must be made again though nothing changed; None: never."""
    return min((file.holds_until for file in files if file.holds_until), default=None)


def is_of_post(address: Address) -> bool:
    """Say whether an address belongs to one post, not to a view or the campaign."""
    return address.kind in POST_KINDS


def keys_of(paths: Iterable[str]) -> list[str]:
    """Give the names under which a CDN may know these pages: `view:NAME`, `post:ID`, `issue:NUMBER`."""
    found = (parse(path) for path in paths)
    return sorted({f"{_sort_of(each)}:{each.name}" for each in found if each and each.name})


def _sort_of(address: Address) -> str:
    if is_of_post(address):
        return "post"
    return "view" if address.kind in VIEW_KINDS else "issue"


def _front(settings: Settings) -> list[Address]:
    """The front page of an installation with one campaign is that campaign's."""
    return [Address("campaigns")] if len(settings.campaigns) == 1 else []


def _still(campaign: Campaign, touched: Iterable[Address]) -> list[Address]:
    """Give the pages that no post stands on, in each language that the others have."""
    languages = sorted({each.language for each in touched})
    kinds = [kind for kind, form in PATTERNS.items() if "{name}" not in form and kind != "campaigns"]
    found = (
        replace(Address(kind, campaign.slug), language=language)
        for kind in kinds
        for language in languages
    )
    return [each for each in found if parse(path_of(each))]


def _posts_first(address: Address) -> tuple[bool, bool, str]:
    path = path_of(address)
    return path.endswith(".png"), not is_of_post(address), path


def _pages_first(address: Address) -> tuple[bool, str]:
    return is_of_post(address), path_of(address)
