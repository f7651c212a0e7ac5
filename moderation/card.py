"""One opened item as its template wants it: words, decided here, so that templates decide nothing."""

from dataclasses import dataclass
from datetime import datetime

from babel import Locale
from sqlalchemy import Connection

from aggregator.item import Flag, Item
from aggregator.settings import Campaign
from aggregator.store.opened import Opened, opened
from aggregator.store.preview import NoPicture, missing_pictures, shown_as_if_approved
from aggregator.store.published import Shown
from aggregator.store.queue import Listed
from feeds.addresses import Address, path_of
from feeds.cards import TEXT
from feeds.i18n import BABEL_FAILS, Words
from feeds.texts import cut
from moderation import choices, hosts, told
from moderation.campaigns import frame_height
from moderation.choices import Choice
from moderation.diff import Change, changes
from moderation.hosts import Target
from moderation.routes import Person, Role
from moderation.times import Moment, moment
from moderation.told import Chip, Told

LINKS = 12


@dataclass(frozen=True, slots=True)
class Look:
    """All that the store says about one item; `missing` are pictures that nobody can see yet."""

    opened: Opened
    shown: Shown | None
    missing: tuple[NoPicture, ...] = ()


def look(connection: Connection, slug: str, item_id: str, now: datetime) -> Look | None:
    """Open one item of a campaign; None when there is none."""
    found = opened(connection, slug, item_id, now)
    if found is None:
        return None
    missing = missing_pictures(connection, item_id) if found.listed.item.media else ()
    return Look(found, shown_as_if_approved(connection, item_id), missing)


@dataclass(frozen=True, slots=True)
class Thumb:
    """One of our copies before approval, or the place of a picture, film or sound that has none.

    Attributes:
        path: of the copy; "" when there is none.
        kind: image, video, audio, file, or other.
        alt: None: nobody wrote one.
        number: amending `alt-NUMBER` describes it.
        why_not: why there is no copy, one sentence.
        where: the true domain of the original.
    """

    path: str
    kind: str
    alt: str | None = None
    width: int | None = None
    height: int | None = None
    credit: str = ""
    number: int = 0
    why_not: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """What a moderator sees of one post.

    Attributes:
        whole: its whole text, when the readers' card cuts it or hides it behind a warning; "" otherwise.
        is_covered: its pictures and words stand behind a click.
        original: where readers find it; its url is "" when it has no public address.
        chips: why it is here, the weightiest first.
        notes: what approving would mean, in sentences, when there is something to know.
        frame_height: what the readers' frame is given on a library's site, in CSS pixels.
        permalink: its public page, when it has one now.
    """

    id: str
    version: int
    revision: int
    state: str
    state_words: str
    name: str
    handle: str
    is_disguised: bool
    author: Target
    library: str
    library_before: str
    network: str
    when: Moment | None
    found: Moment
    language: str
    language_name: str
    direction: str
    title: str
    whole: str
    warning: str
    is_covered: bool
    original: Target
    links: tuple[Target, ...]
    thumbs: tuple[Thumb, ...]
    counts: str
    past: str
    chips: tuple[Chip, ...]
    notes: tuple[str, ...]
    seen: tuple[tuple[str, str, Moment], ...]
    acts: tuple[Choice, ...]
    more: tuple[Choice, ...]
    history: tuple[Told, ...]
    changes: tuple[Change, ...]
    is_featured: bool
    frame_height: int
    permalink: str


def card(seen: Look, campaign: Campaign, public_url: str, person: Person, say: Words) -> Card:
    """Give one item's card, with buttons for those who may decide."""
    item, listed = seen.opened, seen.opened.listed
    content = listed.item
    is_covered = bool(content.warning) or Flag.SENSITIVE in content.flags
    may_decide = person.role >= Role.MODERATOR
    return Card(
        id=listed.id,
        version=listed.version,
        revision=item.revision,
        state=listed.state.value,
        state_words=told.state_of(listed.state, is_changed=listed.is_changed, say=say),
        name=content.author.name.strip() or content.author.handle.strip(),
        handle=content.author.handle if content.author.name.strip() else "",
        is_disguised=any(map(hosts.is_mixed, (content.author.name, content.author.handle))),
        author=hosts.target(content.author.url),
        library=_library(item),
        library_before="" if "library" in item.words else item.past.library,
        network=listed.network,
        when=_when(content, campaign, say),
        found=moment(listed.first_seen_at, campaign.timezone, say.language),
        language=content.language,
        language_name=language_name(content.language, say),
        direction=content.direction,
        title=content.title,
        whole=content.text if is_covered or len(content.text) > TEXT else "",
        warning=content.warning,
        is_covered=is_covered,
        original=hosts.target(content.url),
        links=_links(content),
        thumbs=_thumbs(seen, say),
        counts=_counts(item, say),
        past=_past(item, say),
        chips=told.chips(listed, item.past, say),
        notes=told.notes(content, listed, say),
        seen=_sightings(item, campaign, say),
        acts=choices.main(item, say) if may_decide else (),
        more=choices.more(item, say) if may_decide else (),
        history=told.history(item.history, campaign, say),
        changes=changes(item.approved, content) if item.approved else (),
        is_featured=item.is_featured,
        frame_height=frame_height(campaign),
        permalink=_permalink(listed, campaign, public_url),
    )


def _sightings(item: Opened, campaign: Campaign, say: Words) -> tuple[tuple[str, str, Moment], ...]:
    """Give by which source it was seen, on which host, and when first."""
    return tuple(
        (one.source, one.host, moment(one.first_seen_at, campaign.timezone, say.language))
        for one in item.seen
    )


def language_name(tag: str, say: Words) -> str:
    """Give a language's name in the words of the screen; its tag when nobody knows it; "" for none."""
    if not tag:
        return ""
    try:
        name = Locale.parse(tag, sep="-").get_display_name(say.language)
    except BABEL_FAILS:
        return tag
    return name or tag


def _library(opened: Opened) -> str:
    return ", ".join(part for part in (opened.words.get("library"), opened.words.get("place")) if part)


def _when(content: Item, campaign: Campaign, say: Words) -> Moment | None:
    if content.published_at is None:
        return None
    return moment(content.published_at, campaign.timezone, say.language, content.precision)


def _links(content: Item) -> tuple[Target, ...]:
    """Give where its text points, each domain once, without the post's own address."""
    there = [hosts.target(url) for url in content.links[:LINKS] if url != content.url]
    return tuple(target for target in there if target.host)


def _thumbs(look: Look, say: Words) -> tuple[Thumb, ...]:
    """Give our copies, then a line for whatever has none: nobody decides on a picture unseen."""
    pictures = look.shown.pictures if look.shown else ()
    made = [
        Thumb(
            f"/moderate/i/{picture.key}-{picture.widths[-1]}.webp",
            "image",
            picture.alt,
            picture.width,
            picture.height,
            ", ".join(part for part in (picture.credit, picture.licence) if part),
            picture.number,
        )
        for picture in pictures
    ]
    missing = [
        Thumb(
            "",
            "image",
            where=hosts.target(one.address).host,
            why_not=told.missing(one.state, one.code, say),
        )
        for one in look.missing
    ]
    others = [
        Thumb("", _known(media.type), media.alt, where=hosts.target(media.url).host)
        for media in look.opened.listed.item.media
        if media.type != "image"
    ]
    return (*made, *missing, *others)


def _known(kind: str) -> str:
    """Give a kind that the language file has words for."""
    return kind if kind in ("image", "video", "audio", "file") else "other"


def _counts(opened: Opened, say: Words) -> str:
    """Give likes, shares and replies as far as the network says them."""
    if opened.engagement is None:
        return ""
    numbers = {
        "likes": opened.engagement.likes,
        "shares": opened.engagement.shares,
        "replies": opened.engagement.replies,
    }
    return " · ".join(
        say(f"count-{name}", number=str(number))
        for name, number in numbers.items()
        if number is not None
    )


def _past(opened: Opened, say: Words) -> str:
    """Say how the author's other posts fared; what is nought is left out."""
    past = opened.past
    counts = {"shown": past.shown, "not-shown": past.not_shown, "waiting": past.waiting}
    told_of = [say(f"past-{name}", number=str(number)) for name, number in counts.items() if number]
    return say("past", counts=", ".join(told_of)) if told_of else say("past-none")


def _permalink(listed: Listed, campaign: Campaign, public_url: str) -> str:
    if listed.state.value != "approved":
        return ""
    return public_url + path_of(Address("permalink", campaign.slug, listed.id))


def headline(title: str, beginning: str, warning: str) -> str:
    """Give one line that stands for a post in a list: its warning goes before its words."""
    return cut(warning or title or beginning.partition("\n")[0], 140)
