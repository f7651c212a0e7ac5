"""The languages in which a page of ours can be read: each with its own name and its own address."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from babel import Locale

from aggregator.settings import Campaign
from feeds.addresses import Address, path_of
from feeds.i18n import BABEL_FAILS, LOCALES, languages, words


@dataclass(frozen=True, slots=True)
class InLanguage:
    """One page in one language.

    Attributes:
        tag: BCP 47, as `lang` and `hreflang` have it.
        name: what the language calls itself, with a capital only where it writes one: "español".
        link: absolute.
        is_current: it is the page that links to it.
    """

    tag: str
    name: str
    direction: str
    link: str
    is_current: bool


def in_languages(
    campaign: Campaign, address: Address, public_url: str, folder: Path = LOCALES
) -> tuple[InLanguage, ...]:
    """Give a page in each of its campaign's languages that we have words in; none for one alone.

    Args:
        address: settled, of any of these pages: "" is the campaign's first language.
    """
    first, *_ = campaign.languages
    spoken = [language for language in campaign.languages if is_spoken(language, folder)]
    found = [
        InLanguage(
            tag=tag_of(language),
            name=own_name(language),
            direction=words(language, folder).direction,
            link=public_url + path_of(replace(address, language=own)),
            is_current=own == address.language,
        )
        for language in spoken
        for own in ("" if language == first else language,)
    ]
    return tuple(found) if len(found) > 1 else ()


@cache
def is_spoken(language: str, folder: Path = LOCALES) -> bool:
    """Say whether there is a file of words for a language, or for its parent."""
    tag = tag_of(language).lower()
    there = {name.lower() for name in languages(folder)}
    return tag in there or tag.partition("-")[0] in there


def tag_of(language: str) -> str:
    """Give a language's tag as pages print it: Tagalog's words are those of Filipino."""
    return "fil" if language.lower() == "tl" else language


@cache
def own_name(language: str) -> str:
    """Give the name of a language in itself, or its tag when Babel knows none."""
    try:
        name = Locale.parse(tag_of(language), sep="-").get_display_name()
    except BABEL_FAILS:
        name = None
    return name or tag_of(language)
