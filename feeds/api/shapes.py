"""Posts, events and numbers as the API gives them, each beside the schema that describes it.

Every member is always there; null says that nobody knows. What stands behind a content warning stands
behind it here too: its words come after the warning, its pictures only on its own page.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from aggregator.item import Author, Kind, Occasion, Precision
from aggregator.settings import Campaign
from aggregator.store.published import Gone, Picture, Shown, Stats
from feeds.addresses import PICTURES_AT, Address, path_of, picture_path
from feeds.cards import warning_of
from feeds.dates import machine, on_the_clock
from feeds.formats import warned_html
from feeds.i18n import Words
from feeds.pictures import TYPES, shown_pictures
from feeds.texts import followable

Schema = Mapping[str, Any]


def thing(about: str, **members: Schema) -> Schema:
    """Give the schema of an object that has exactly these members."""
    return {
        "type": "object",
        "description": about,
        "properties": members,
        "required": list(members),
        "additionalProperties": False,
    }


def text(about: str, **more: Any) -> Schema:
    return {"type": "string", "description": about, **more}


def perhaps(schema: Schema) -> Schema:
    """Give the schema of what may be null."""
    return {**schema, "type": [schema["type"], "null"]}


def reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def several(of: Schema, about: str) -> Schema:
    return {"type": "array", "items": of, "description": about}


def number(about: str) -> Schema:
    return {"type": "integer", "minimum": 0, "description": about}


def yes_or_no(about: str) -> Schema:
    return {"type": "boolean", "description": about}


def address(about: str) -> Schema:
    return text(about, format="uri")


def moment(about: str) -> Schema:
    return text(about, format="date-time")


_DAY_OR_MOMENT = {"anyOf": [{"format": "date"}, {"format": "date-time"}]}

SCHEMAS: Mapping[str, Schema] = {
    "Post": thing(
        "One post that the campaign shows.",
        id=text("12 letters and digits, the same for ever.", pattern="^[a-z2-7]{12}$"),
        url=address("Its page on the campaign's site: link to this one."),
        original=perhaps(address("Where it was published first.")),
        kind=text("What it is.", enum=[kind.value for kind in Kind]),
        label=text("Its source's or a moderator's own word for what it is; often empty."),
        title=text("Plain text, one line; empty when it has none."),
        html=text("All of it, as markup without scripts, styles and forms."),
        text=text("All of it, as plain text; paragraphs apart by an empty line."),
        excerpt=text("A moderator's shorter words; often empty."),
        warning=text("The content warning; show it before anything else. Empty: none."),
        language=perhaps(text("A BCP 47 tag, such as es-mx.")),
        direction=text("How its language is written.", enum=["ltr", "rtl"]),
        published=perhaps(text("When its author published it: a moment, or only a day, month or year.")),
        shown_since=moment("When the campaign first showed it."),
        changed=moment("When what is shown of it last changed."),
        author=reference("Author"),
        network=text("Where it stands: a site's host or a network's name."),
        library=text("As the campaign wrote it; often empty."),
        place=text("As the campaign wrote it; often empty."),
        tags=several({"type": "string"}, "Its hashtags, in lower case, without #."),
        pictures=several(reference("Picture"), "In its order; none behind a content warning."),
        occasion={
            "description": "When and where it takes place; null when it is no event.",
            "anyOf": [reference("Occasion"), {"type": "null"}],
        },
        thread=several(reference("Post"), "Its author's own answers that are shown too, oldest first."),
    ),
    "Author": thing(
        "Who wrote it.",
        name=text("Empty when nobody is named."),
        handle=text("On its network; often empty."),
        url=perhaps(address("The author's own page.")),
    ),
    "Picture": thing(
        "One picture, as copies on the campaign's own site.",
        alt=perhaps(text("What it shows. null: nobody wrote it; empty: it is decoration.")),
        credit=text("Who made it; often empty."),
        licence=text("What it may be used for; often empty."),
        colour=text("Its average colour, for the place before it has come.", pattern="^#[0-9a-f]{6}$"),
        files=several(reference("File"), "The same picture, best form and largest size first."),
    ),
    "File": thing(
        "One copy of a picture.",
        url=address("Where it is. A picture that is no longer shown is not there any more."),
        type=text("Its media type.", enum=list(TYPES.values())),
        width={"type": "integer", "minimum": 1, "description": "In pixels."},
        height={"type": "integer", "minimum": 1, "description": "In pixels."},
    ),
    "Occasion": thing(
        "When and where something takes place.",
        starts=text("A moment in UTC; of whole days, the first.", **_DAY_OR_MOMENT),
        ends=perhaps(text("A moment in UTC; of whole days, the day after the last.", **_DAY_OR_MOMENT)),
        zone=text("The time zone it is announced in, by its IANA name."),
        is_all_day=yes_or_no("Whether it takes whole days."),
        location=text("Where people meet; empty when only online or unknown."),
        joining_url=perhaps(address("Where people join online.")),
        is_cancelled=yes_or_no("Whether it was called off."),
    ),
    "Gone": thing(
        "A post that is no longer shown. Remove your copies of it.",
        id=text("The post's id.", pattern="^[a-z2-7]{12}$"),
        since=moment("Since when."),
    ),
}


def post(shown: Shown, public_url: str, campaign: Campaign, say: Words) -> dict[str, Any]:
    """Give one post."""
    item, warning = shown.item, warning_of(shown.item, say)
    pictures = () if warning else shown_pictures(shown, campaign)
    return {
        "id": shown.id,
        "url": public_url + path_of(Address("permalink", campaign.slug, shown.id)),
        "original": followable(item.url) or None,
        "kind": item.kind.value,
        "label": item.label,
        "title": item.title,
        "html": warned_html(item.html, warning),
        "text": "\n\n".join(part for part in (warning, item.text) if part),
        "excerpt": "" if warning else shown.excerpt,
        "warning": warning,
        "language": item.language or None,
        "direction": "rtl" if item.direction == "rtl" else "ltr",
        "published": machine(item.published_at, item.precision) if item.published_at else None,
        "shown_since": _moment(shown.shown_since),
        "changed": _moment(shown.changed_at),
        "author": _author(item.author),
        "network": shown.network,
        "library": shown.library,
        "place": shown.place,
        "tags": list(item.tags),
        "pictures": [_picture(each, public_url) for each in pictures],
        "occasion": _occasion(item.occasion) if item.occasion else None,
        "thread": [post(part, public_url, campaign, say) for part in shown.thread],
    }


def gone(one: Gone) -> dict[str, Any]:
    return {"id": one.id, "since": _moment(one.since)}


def stats(numbers: Stats) -> dict[str, Any]:
    return {
        "posts": numbers.posts,
        "authors": numbers.authors,
        "libraries": numbers.libraries,
        "languages": [{"language": name, "posts": many} for name, many in numbers.languages],
        "networks": [{"network": name, "posts": many} for name, many in numbers.networks],
        "newest": _moment(numbers.newest) if numbers.newest else None,
    }


def _author(author: Author) -> dict[str, Any]:
    return {"name": author.name, "handle": author.handle, "url": followable(author.url) or None}


def _picture(picture: Picture, public_url: str) -> dict[str, Any]:
    widths = sorted(picture.widths, reverse=True)
    return {
        "alt": picture.alt,
        "credit": picture.credit,
        "licence": picture.licence,
        "colour": picture.colour,
        "files": [
            {
                "url": public_url + picture_path(PICTURES_AT, picture.key, width, form),
                "type": TYPES[form],
                "width": width,
                # As aggregator/media.py rounds it when it draws the copy.
                "height": max(1, round(picture.height * width / picture.width)),
            }
            for form in picture.formats
            for width in widths
        ],
    }


def _occasion(occasion: Occasion) -> dict[str, Any]:
    starts, ends = on_the_clock(occasion)
    form = Precision.DAY if occasion.is_all_day else Precision.SECOND
    return {
        "starts": machine(starts, form),
        "ends": machine(ends, form) if ends else None,
        "zone": occasion.zone,
        "is_all_day": occasion.is_all_day,
        "location": occasion.location,
        "joining_url": followable(occasion.joining_url) or None,
        "is_cancelled": occasion.is_cancelled,
    }


def _moment(when: datetime) -> str:
    return machine(when, Precision.SECOND)
