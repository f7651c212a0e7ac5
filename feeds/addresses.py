"""Public addresses, read and written in one place: they stand on other people's sites for years.

Never change or reuse one. tests/public_addresses.txt lists them.
"""

import re
from dataclasses import dataclass, replace
from typing import Literal

from aggregator.copies import NAME, file_name
from aggregator.settings import Campaign, Settings
from aggregator.store.published import Touched
from feeds.views import featured_name, known_name

AddressKind = Literal["campaigns", "hub", "frame", "feed-json", "feed-rss", "permalink"]

PATTERNS: dict[AddressKind, str] = {
    "campaigns": "/",
    "hub": "/{campaign}/",
    "frame": "/{campaign}/e/{name}",
    "feed-json": "/{campaign}/v/{name}.json",
    "feed-rss": "/{campaign}/v/{name}.rss",
    "permalink": "/{campaign}/p/{name}",
}
VIEW_KINDS: tuple[AddressKind, ...] = ("frame", "feed-json", "feed-rss")

PICTURES_AT = "/i"
"""Where the public copies of pictures are: `/i/KEY-WIDTH.FORMAT`."""

# A view's name is read generously: whatever it is, it ends at a view that exists (known_name).
_NAMES: dict[AddressKind, str] = {"permalink": "[a-z2-7]{12}"}


def _readable(kind: AddressKind, pattern: str) -> re.Pattern[str]:
    regex = re.escape(pattern).replace(r"\{campaign\}", "(?P<campaign>[a-z0-9-]{1,60})")
    return re.compile(regex.replace(r"\{name\}", f"(?P<name>{_NAMES.get(kind, '[^/]{1,200}')})"))


_READERS = {kind: _readable(kind, pattern) for kind, pattern in PATTERNS.items()}


@dataclass(frozen=True, slots=True)
class Address:
    """One public page or feed.

    Attributes:
        campaign: its slug; "" only for the list of campaigns.
        name: a view's name, or an item's id for a permalink.
        language: "" means the campaign's first.
    """

    kind: AddressKind
    campaign: str = ""
    name: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class PictureAddress:
    """One public copy of a picture."""

    key: str
    width: int
    form: str


def parse_picture(path: str) -> PictureAddress | None:
    """Read the path of a request for a picture; None when no picture of ours has that form."""
    at, _, name = path.rpartition("/")
    found = NAME.fullmatch(name) if at == PICTURES_AT else None
    return PictureAddress(found[1], int(found[2]), found[3]) if found else None


def picture_path(at: str, key: str, width: int, form: str) -> str:
    """Write the path of a copy; `at` is PICTURES_AT, or where moderation keeps what is not public."""
    return f"{at}/{file_name(key, width, form)}"


def parse(path: str) -> Address | None:
    """Read the path of a request; None when nothing public has that form."""
    for kind, reader in _READERS.items():
        if found := reader.fullmatch(path):
            return Address(kind, **found.groupdict())
    return None


def path_of(address: Address) -> str:
    """Write an address as a path. `parse` reads it back, except the language (later)."""
    path = PATTERNS[address.kind].format(campaign=address.campaign, name=address.name)
    if not address.language:
        return path
    return path.replace(f"/{address.campaign}/", f"/{address.campaign}/{address.language}/", 1)


def settle(settings: Settings, address: Address) -> Address | None:
    """Give the address whose page is really shown: an unknown view becomes the featured one, and
    the front page of an installation with one campaign is that campaign's. None: unknown campaign."""
    if address.kind == "campaigns":
        only = settings.campaigns[0] if len(settings.campaigns) == 1 else None
        return Address("hub", only.slug) if only else address
    campaign = settings.campaign(address.campaign)
    if campaign is None:
        return None
    if address.kind in VIEW_KINDS:
        return replace(address, name=known_name(campaign, address.name))
    return address


def addresses(campaign: Campaign, touched: Touched) -> set[Address]:
    """Say which pages a change concerns.

    When `touched.everything`, every page of the campaign is concerned, permalinks too: those cannot
    be listed from here.
    """
    names = {*campaign.shown_views, featured_name(campaign)}
    return {
        Address("hub", campaign.slug),
        *(Address(kind, campaign.slug, name) for kind in VIEW_KINDS for name in names),
        *(Address("permalink", campaign.slug, item) for item in touched.items),
    }
