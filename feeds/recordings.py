"""Films and sound of a post: our copy of a picture of it, what is known of it, and a link.

Nothing is played here, and nothing of theirs is loaded: whoever wants it follows the link.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from aggregator.item import Media
from aggregator.settings import Campaign
from aggregator.store.published import Shown
from feeds.i18n import Words
from feeds.pictures import CardPicture, card_pictures, shown_pictures
from feeds.texts import followable

HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Recording:
    """One film or one sound.

    Attributes:
        is_film: else it is a sound.
        name: what it is and how long, as a card says it: "Film, 2:05".
        captions: one sentence; "" for a sound.
        words: what its author says that can be seen or heard in it; "" when nobody says.
        poster: a picture of it, of our own; None: a plate stands there.
        link: where it can be seen or heard; "" when there is no such address.
    """

    is_film: bool
    name: str
    captions: str
    words: str
    poster: CardPicture | None
    link: str


def recordings(shown: Shown, campaign: Campaign, say: Words, at: str) -> tuple[Recording, ...]:
    """Give a post's films and sounds in its order. `at` is where the files of pictures are."""
    return tuple(_recordings(shown, campaign, say, at))


def pictures_alone(shown: Shown, campaign: Campaign, say: Words, at: str) -> tuple[CardPicture, ...]:
    """Give a post's pictures without those that stand for a film."""
    drawn = card_pictures(shown, campaign, say, at)
    there = shown_pictures(shown, campaign)
    return tuple(one for one, picture in zip(drawn, there, strict=True) if picture.film is None)


def clock(seconds: int) -> str:
    """Give a length as players write it: 0:07, 2:05, 1:02:03."""
    minutes, rest = divmod(seconds, 60)
    if seconds < HOUR_S:
        return f"{minutes}:{rest:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def _recordings(shown: Shown, campaign: Campaign, say: Words, at: str) -> Iterator[Recording]:
    drawn = card_pictures(shown, campaign, say, at)
    pictures = zip(shown_pictures(shown, campaign), drawn, strict=True)
    posters = {picture.film: one for picture, one in pictures if picture.film is not None}
    for place, media in enumerate(shown.item.media):
        if media.type in ("video", "audio"):
            yield _recording(media, posters.get(place), shown, say)


def _recording(media: Media, poster: CardPicture | None, shown: Shown, say: Words) -> Recording:
    is_film = media.type == "video"
    return Recording(
        is_film=is_film,
        name=_name(media, say),
        captions=_captions(media.captions, say) if is_film else "",
        words=media.alt or "",
        poster=poster,
        link=followable(shown.item.url) or followable(media.url),
    )


def _name(media: Media, say: Words) -> str:
    is_film = media.type == "video"
    if not media.duration_s:
        return say("film") if is_film else say("sound")
    length = clock(media.duration_s)
    return say("film-long", length=length) if is_film else say("sound-long", length=length)


def _captions(captions: bool | None, say: Words) -> str:
    if captions is None:
        return say("captions-unknown")
    return say("captions-yes") if captions else say("captions-no")
