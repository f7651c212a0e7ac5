"""A post's pictures as templates and feeds want them: copies of our own, and no others."""

import re
from dataclasses import dataclass

from aggregator.settings import Campaign
from aggregator.store.published import Picture, Shown
from feeds.addresses import PICTURES_AT, picture_path
from feeds.aloud import readable
from feeds.i18n import Words
from feeds.texts import cut

CREDIT = 200
MIDDLE = 640
"""The width, in pixels, for browsers that choose none themselves."""

TYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}

# "No derivatives": it may be made smaller, and not cut.
_NO_CUTTING = re.compile(r"\bnd\b|no[- ]?deriv", re.IGNORECASE)


@dataclass(frozen=True)
class CardPicture:
    """One picture on a card or a page.

    Attributes:
        sources: (type, srcset) for `<source>`, best first; what `<img>` has itself is not among them.
        src, srcset: for `<img>`.
        alt: "" also when nobody described it: nothing is invented.
        language: of the post, whose author described it; "" unknown.
        credit: who made it and what it may be used for, one line; "" when its source says nothing.
        is_whole: its licence does not let us cut it.
        is_tall: higher than it is wide.
    """

    sources: tuple[tuple[str, str], ...]
    src: str
    srcset: str
    width: int
    height: int
    alt: str
    credit: str
    is_whole: bool
    is_tall: bool
    language: str = ""


def shown_pictures(shown: Shown, campaign: Campaign) -> tuple[Picture, ...]:
    """Give the pictures of a post that readers of this campaign may see."""
    return shown.pictures if campaign.shows_pictures else ()


def card_pictures(shown: Shown, campaign: Campaign, say: Words, at: str) -> tuple[CardPicture, ...]:
    """Give a post's pictures for a template.

    Args:
        at: where their files are: the public's, or moderation's own before approval.
    """
    language = shown.item.language
    return tuple(_card_picture(each, say, at, language) for each in shown_pictures(shown, campaign))


def credit_of(picture: Picture, say: Words) -> str:
    """Give one line on who made a picture and what it may be used for; "" when nobody says."""
    credit, licence = cut(picture.credit, CREDIT), cut(picture.licence, CREDIT)
    if credit and licence:
        return say("picture-credit", credit=credit, licence=licence)
    return credit or licence


def is_whole(picture: Picture) -> bool:
    """Say whether a picture's licence does not let us cut it."""
    return _NO_CUTTING.search(picture.licence) is not None


def feed_pictures(shown: Shown, campaign: Campaign) -> tuple[Picture, ...]:
    """Give the pictures for feeds: those that have a copy which every reader of feeds can draw."""
    return tuple(each for each in shown_pictures(shown, campaign) if "jpg" in each.formats)


def jpeg_of(picture: Picture, public_url: str) -> str:
    """Give the absolute address of the largest copy that every reader of feeds can draw."""
    return public_url + picture_path(PICTURES_AT, picture.key, picture.widths[-1], "jpg")


def _card_picture(picture: Picture, say: Words, at: str, language: str) -> CardPicture:
    *better, common = picture.formats
    middle = min(picture.widths, key=lambda width: abs(width - MIDDLE))
    return CardPicture(
        sources=tuple((TYPES[form], _srcset(picture, at, form)) for form in better),
        src=picture_path(at, picture.key, middle, common),
        srcset=_srcset(picture, at, common),
        width=picture.width,
        height=picture.height,
        alt=readable(picture.alt or ""),
        credit=credit_of(picture, say),
        is_whole=is_whole(picture),
        is_tall=picture.height > picture.width,
        language=language,
    )


def _srcset(picture: Picture, at: str, form: str) -> str:
    return ", ".join(
        f"{picture_path(at, picture.key, width, form)} {width}w" for width in picture.widths
    )
