"""The lines that libraries paste, one function for each way in. They stand on their sites for years.

Nothing that anybody posted is ever in them: a post that is taken down could not be taken out of a pasted
copy. What stands there is the campaign's name, and where it is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Literal
from urllib.parse import urlsplit

from aggregator.settings import Campaign
from feeds.addresses import Address, AddressKind, path_of

Way = Literal["script", "frame", "address", "picture", "feed", "screen"]
"""How something of ours gets onto a page."""

NEXT: Mapping[Way, Way | None] = {
    "script": "frame",
    "frame": "address",
    "address": "picture",
    "picture": "feed",
    "feed": None,
    "screen": None,
}
"""What to try when a site took one away: each needs less of the site than the one before it."""

PICTURE_WIDTH = 600
"""How wide a drawn picture of ours stands at most, in CSS pixels."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a pasted line is about.

    Attributes:
        view: the name of a display; "" for one post.
        post: the id of that post.
        title: names the frame for people who hear the page.
        height: what its layout declares, in CSS pixels.
        language: as in addresses, of the words around the posts; "" the campaign's first.
    """

    public_url: str
    campaign: Campaign
    view: str
    title: str
    height: int
    post: str = ""
    language: str = ""


def script(line: Line) -> str:
    """Give the element with its fallback, which stands until the script has posts, or for ever."""
    return f"{element(line)}<script async src={_quoted(f'{line.public_url}/w/1.js')}></script>"


def fixed_script(line: Line, file: str, integrity: str) -> str:
    """Give the same with a script that can never change: whoever pastes it gets no mend by itself.

    Args:
        file: the name of the script as it is today, such as `3f9c….js`.
        integrity: its digest as browsers compare it, such as `sha384-…`.
    """
    source = _quoted(f"{line.public_url}/w/{file}")
    return (
        f"{element(line)}<script async src={source} integrity={_quoted(integrity)} "
        f'crossorigin="anonymous"></script>'
    )


def element(line: Line) -> str:
    """Give the element alone: a page needs the script once, and the element as often as it likes."""
    language = f" lang={_quoted(line.language)}" if line.language else ""
    return (
        f"<engaged-feed view={_quoted(line.view)}{language}"
        f' style="display:block;min-height:{line.height}px">'
        f"<a href={_quoted(_hub(line))}>{escape(line.campaign.name)}</a></engaged-feed>"
    )


def frame(line: Line) -> str:
    """Give the frame. Its height is an attribute, because a strict page refuses a style.

    `color-scheme` keeps a dark page's frame see-through (CSS Color Adjustment, section 2.3).
    """
    source = _at(line, "post-frame" if line.post else "frame")
    return (
        f"<iframe src={_quoted(source)} title={_quoted(line.title)}"
        f' width="100%" height="{line.height}" loading="lazy" style="border:0; color-scheme:light"'
        f' referrerpolicy="no-referrer"></iframe>'
    )


def address(line: Line) -> str:
    """Give the address alone: WordPress and others ask it by oEmbed what to show."""
    return _at(line, "permalink" if line.post else "frame")


def picture(line: Line) -> str:
    """Give one picture that leads to the campaign, or to its post, for sites that keep nothing else."""
    target = _at(line, "permalink") if line.post else _hub(line)
    source = _at(line, "post-picture" if line.post else "view-picture")
    return (
        f"<a href={_quoted(target)}><img src={_quoted(source)}"
        f' alt={_quoted(line.title)} width="{PICTURE_WIDTH}" style="max-width:100%; height:auto"></a>'
    )


def feed(line: Line) -> str:
    """Give the address of the RSS feed."""
    return _at(line, "feed-rss")


def screen(line: Line) -> str:
    """Give the address for a screen on the wall."""
    return _at(line, "kiosk")


WRITERS: Mapping[Way, Callable[[Line], str]] = {
    "script": script,
    "frame": frame,
    "address": address,
    "picture": picture,
    "feed": feed,
    "screen": screen,
}


def listener(public_url: str) -> str:
    """Give the few lines that let frames of ours grow with what they show, from 120 to 4,000 pixels.

    They believe a frame about its own height, and nobody about anything else.
    """
    parts = urlsplit(public_url)
    return (
        '<script>addEventListener("message",function(e){'
        f"if(e.origin==={_quoted(f'{parts.scheme}://{parts.netloc}')}&&e.data&&e.data.engaged===1)"
        'document.querySelectorAll("iframe").forEach(function(f){'
        "if(f.contentWindow===e.source)f.height=Math.min(4000,Math.max(120,e.data.height|0))})})</script>"
    )


FOR_A_POST: Mapping[Way, Callable[[Line], str]] = {
    "script": frame,  # the script shows displays; a frame shows one post
    "frame": frame,
    "address": address,
    "picture": picture,
}


def lines(line: Line) -> Mapping[Way, str]:
    """Give what is pasted, by way. For one post there is no feed, and nothing to fill a wall."""
    return {way: write(line) for way, write in (FOR_A_POST if line.post else WRITERS).items()}


def _at(line: Line, kind: AddressKind) -> str:
    name = line.post or line.view
    return line.public_url + path_of(Address(kind, line.campaign.slug, name, line.language))


def _hub(line: Line) -> str:
    return line.public_url + path_of(Address("hub", line.campaign.slug, language=line.language))


def _quoted(value: str) -> str:
    return f'"{escape(value)}"'
