"""What `_engaged` adds to our JSON Feed: all that the script embed draws and JSON Feed has no words for.

A contract for ten years, like an address: fields may be added, none is changed or removed.
"""

from typing import Any

from aggregator.store.published import Picture
from feeds.addresses import PICTURES_AT
from feeds.aloud import joined
from feeds.cards import Card
from feeds.i18n import Words
from feeds.pictures import is_whole
from feeds.select import Snapshot
from feeds.widget import known_layout, tags_of


def of_view(snapshot: Snapshot, say: Words) -> dict[str, Any]:
    """Give how a view wishes to be drawn, and the words around its posts in the page's language."""
    campaign, view = snapshot.campaign, snapshot.view
    assert campaign  # select.snapshot gives both for a view's address
    assert view
    return {
        "language": say.language,
        "dir": say.direction,
        "layout": known_layout(view),
        "heading": view.heading or campaign.name,
        "heading_level": view.heading_level,
        "date": view.date,
        "network": view.network,
        "picture": view.picture,
        "more": say("more-at", campaign=campaign.name) if view.more else "",
        "empty": view.empty or _how_to_take_part(tags_of(campaign, say), say),
        "carousel": {
            "name": say("carousel"),
            "back": say("carousel-back"),
            "on": say("carousel-on"),
        },
        # Whoever draws the posts puts the name in: the sentence is the language's own.
        "by": say("post-by", author="{author}"),
    }


def of_post(card: Card, content_text: str) -> dict[str, Any]:
    """Give one post's words as they stand on cards.

    Args:
        content_text: what the feed says already, in its author's spelling; `text` stands beside it where
            a card says it otherwise: made readable, and without the campaign's own hashtag at its end.
    """
    # In words, because browsers lack languages: Chromium 156 writes a Yoruba date in the reader's own.
    date = {"date": card.date} if card.date else {}
    on_card = "\n".join(line for line in (card.text, joined(card.tags)) if line)
    says_otherwise = not card.warning and on_card != content_text
    return {**date, "text": on_card} if says_otherwise else date


def of_picture(picture: Picture, public_url: str) -> dict[str, Any]:
    """Give the copies of a picture: each stands at `base`-WIDTH.FORMAT."""
    copies = {
        "base": f"{public_url}{PICTURES_AT}/{picture.key}",
        "widths": list(picture.widths),
        "formats": list(picture.formats),
    }
    return {**copies, "whole": True} if is_whole(picture) else copies


def _how_to_take_part(tags: str, say: Words) -> str:
    how = say("take-part-write", tags=tags) if tags else say("take-part-write-untagged")
    return f"{how} {say('empty')}"
