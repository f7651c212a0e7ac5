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

AddressKind = Literal[
    "campaigns",
    "hub",
    "frame",
    "feed-json",
    "feed-rss",
    "permalink",
    "view-picture",
    "post-frame",
    "post-picture",
    "post-ics",
    "feed-atom",
    "feed-ics",
    "outline",
    "embed",
    "it",
    "accessibility",
    "kiosk",
    "highlights",
    "highlights-issue",
    "highlights-feed",
]

MailForm = Literal["subscribe", "confirm", "preferences", "unsubscribe"]
"""Pages of the weekly mail that take a form. They are made for one person, and are never files."""

MAIL_FORMS: tuple[MailForm, ...] = ("subscribe", "confirm", "preferences", "unsubscribe")

PATTERNS: dict[AddressKind, str] = {
    "campaigns": "/",
    "hub": "/{campaign}/",
    "frame": "/{campaign}/e/{name}",
    "feed-json": "/{campaign}/v/{name}.json",
    "feed-rss": "/{campaign}/v/{name}.rss",
    "feed-atom": "/{campaign}/v/{name}.atom",
    "feed-ics": "/{campaign}/v/{name}.ics",
    "outline": "/{campaign}/feeds.opml",
    "kiosk": "/{campaign}/k/{name}",
    "permalink": "/{campaign}/p/{name}",
    "view-picture": "/{campaign}/v/{name}.png",
    "post-frame": "/{campaign}/f/{name}",
    "post-picture": "/{campaign}/og/{name}.png",
    "post-ics": "/{campaign}/ics/{name}.ics",
    "embed": "/{campaign}/embed",
    "it": "/{campaign}/it",
    "accessibility": "/{campaign}/accessibility",
    "highlights": "/{campaign}/highlights/",
    "highlights-issue": "/{campaign}/highlights/{name}",
    "highlights-feed": "/{campaign}/highlights.rss",
}
VIEW_KINDS: tuple[AddressKind, ...] = (
    "frame",
    "kiosk",
    "feed-json",
    "feed-rss",
    "feed-atom",
    "feed-ics",
    "view-picture",
)
POST_KINDS: tuple[AddressKind, ...] = ("permalink", "post-frame", "post-picture", "post-ics")
ARCHIVE_KINDS: tuple[AddressKind, ...] = ("highlights", "highlights-issue", "highlights-feed")

PICTURES_AT = "/i"
"""Where the public copies of pictures are: `/i/KEY-WIDTH.FORMAT`."""

# A view's name is read generously: whatever it is, it ends at a view that exists (known_name).
_NAMES: dict[AddressKind, str] = dict.fromkeys(POST_KINDS, "[a-z2-7]{12}")
_NAMES["highlights-issue"] = "[1-9][0-9]{0,4}"


_CAMPAIGN = "(?P<campaign>[a-z0-9-]{1,60})(?:/(?P<language>[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}))?"


def _readable(kind: AddressKind, pattern: str) -> re.Pattern[str]:
    regex = re.escape(pattern).replace(r"\{campaign\}", _CAMPAIGN)
    return re.compile(regex.replace(r"\{name\}", f"(?P<name>{_NAMES.get(kind, '[^/]{1,200}')})"))


_READERS = {kind: _readable(kind, pattern) for kind, pattern in PATTERNS.items()}


@dataclass(frozen=True, slots=True)
class Address:
    """One public page or feed.

    Attributes:
        campaign: its slug; "" only for the list of campaigns.
        name: a view's name, an item's id for a permalink and what belongs to it, or an issue's number.
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
            return Address(kind, **found.groupdict(default=""))
    return None


def path_of(address: Address) -> str:
    """Write an address as a path. `parse` reads it back."""
    path = PATTERNS[address.kind].format(campaign=address.campaign, name=address.name)
    if not address.language:
        return path
    return path.replace(f"/{address.campaign}/", f"/{address.campaign}/{address.language}/", 1)


def mail_path(form: MailForm, campaign: str, language: str = "", key: str = "") -> str:
    """Write the path of a page that takes a form.

    Args:
        language: as in an address: "" is the campaign's first.
        key: the secret that stands in somebody's mail; "" for the form to subscribe.
    """
    path = f"{path_of(Address('hub', campaign, language=language))}{form}"
    return f"{path}/{key}" if key else path


def settle(settings: Settings, address: Address) -> Address | None:
    """Give the address whose page is really shown.

    An unknown view becomes the featured one, the front page of an installation with one campaign is that
    campaign's, and the campaign's first language needs no name. None: no such campaign or language.
    """
    if address.kind == "campaigns":
        only = settings.campaigns[0] if len(settings.campaigns) == 1 else None
        return Address("hub", only.slug) if only else address
    campaign = settings.campaign(address.campaign)
    if campaign is None:
        return None
    language = _settled_language(campaign, address)
    if language is None:
        return None
    if address.kind in VIEW_KINDS:
        return replace(address, name=known_name(campaign, address.name), language=language)
    return replace(address, language=language)


def _settled_language(campaign: Campaign, address: Address) -> str | None:
    """Give the language as the campaign writes it, "" for its first; None: it has no such language.

    A frame or a feed that was embedded before a language was given up shows the first one.
    """
    wanted = address.language.lower()
    first, *others = campaign.languages
    if wanted in ("", first.lower()):
        return ""
    known = next((each for each in others if each.lower() == wanted), None)
    return "" if known is None and address.kind in VIEW_KINDS else known


def addresses(campaign: Campaign, touched: Touched) -> set[Address]:
    """Say which pages a change concerns.

    When `touched.everything`, every page of the campaign is concerned, permalinks too: those cannot
    be listed from here.
    """
    names = {*campaign.shown_views, featured_name(campaign)}
    found = {
        Address("hub", campaign.slug),
        Address("embed", campaign.slug),  # it offers the newest post by itself
        *(Address(kind, campaign.slug, name) for kind in VIEW_KINDS for name in names),
        *(Address(kind, campaign.slug, item) for kind in POST_KINDS for item in touched.items),
        Address("highlights", campaign.slug),
        Address("highlights-feed", campaign.slug),
        *(Address("highlights-issue", campaign.slug, str(number)) for number in touched.issues),
    }
    languages = ("", *campaign.languages[1:])
    return {replace(each, language=language) for each in found for language in languages}
