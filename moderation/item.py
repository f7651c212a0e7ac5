"""One post with its whole history: every decision, every wording, and the words moderators add."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import Response
from sqlalchemy import Connection

from aggregator.errors import Conflicts
from aggregator.item import Action, Item, Kind
from aggregator.settings import Campaign
from aggregator.store import opened
from aggregator.store.opened import Wording
from aggregator.store.published import Shown
from feeds.i18n import Words
from moderation import actions
from moderation import card as cards
from moderation.campaigns import campaign_of, nowhere
from moderation.diff import Change, changes
from moderation.drawing import draw, go_to, part
from moderation.queue import reasons, toast
from moderation.queues import item_id, read, tab_of
from moderation.receipt import receipt_of
from moderation.routes import Asked, Desk, Role, Route
from moderation.times import Moment, moment

LONGEST = 2000
"""How many characters a moderator's words may have; the store keeps no more."""

_KINDS = (Kind.POST, Kind.ARTICLE, Kind.STORY, Kind.TALK, Kind.WEBINAR, Kind.RESOURCE, Kind.QUOTE)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form for a moderator's own words.

    Attributes:
        own: what its author or its network says; shown as what stands there otherwise.
        picture: the path of the picture it describes; "".
    """

    name: str
    label: str
    hint: str
    value: str
    own: str = ""
    picture: str = ""
    is_long: bool = False
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """One wording, with what it changed of the one before it."""

    number: int
    seen: Moment
    changes: tuple[Change, ...]
    text: str
    title: str
    is_approved: bool
    is_newest: bool


def show(desk: Desk, asked: Asked) -> Response:
    """Show one post; to our script only its card, to be laid beside the list."""
    campaign = campaign_of(desk, asked)
    item = item_id(asked.names["item"])
    if campaign is None or not item:
        return nowhere(desk, asked)
    with desk.reader.connect() as connection:
        seen = cards.look(connection, campaign.slug, item, desk.now())
        if seen is None:
            return nowhere(desk, asked)
        if asked.wants_part:
            return _card(desk, asked, campaign, seen)
        return _screen(desk, asked, campaign, seen, connection)


def _card(desk: Desk, asked: Asked, campaign: Campaign, seen: cards.Look) -> Response:
    assert asked.person  # the row has a role
    shown = cards.card(seen, campaign, desk.settings.public_url, asked.person, desk.say)
    where = read(campaign.slug, asked.query).at(shown.id)
    return part(
        desk,
        asked,
        "card.html",
        campaign=campaign,
        where=where,
        card=shown,
        reasons=reasons(desk.say),
    )


def _screen(
    desk: Desk,
    asked: Asked,
    campaign: Campaign,
    seen: cards.Look,
    connection: Connection,
    typed: Mapping[str, str] | None = None,
) -> Response:
    """Draw the page. With words that came too late (409) it keeps them in their fields."""
    assert asked.person  # the row has a role
    shown = cards.card(seen, campaign, desk.settings.public_url, asked.person, desk.say)
    where = read(campaign.slug, {"state": tab_of(seen.opened.listed.state), "item": shown.id})
    fields = _fields(seen, desk.say) if _may_amend(asked, seen) else ()
    return draw(
        desk,
        asked,
        "item.html",
        200 if typed is None else 409,
        campaign=campaign,
        where=where,
        card=shown,
        reasons=reasons(desk.say),
        receipt=receipt_of(
            connection,
            desk.settings,
            campaign,
            shown.id,
            has_pictures=bool(seen.opened.listed.item.media),
            say=desk.say,
        ),
        versions=_versions(connection, seen, campaign, desk.say),
        fields=[replace(field, value=(typed or {}).get(field.name, field.value)) for field in fields],
        is_too_late=typed is not None,
        toast=toast(connection, campaign.slug, asked, desk.say),
    )


def _may_amend(asked: Asked, seen: cards.Look) -> bool:
    is_there = seen.opened.listed.state.value not in ("taken-down", "withdrawn")
    return is_there and asked.person is not None and asked.person.role >= Role.MODERATOR


def _versions(
    connection: Connection, seen: cards.Look, campaign: Campaign, say: Words
) -> tuple[Version, ...]:
    """Give every wording, newest first, each with what it changed."""
    wordings = opened.wordings(connection, seen.opened.listed.id)
    before: list[Wording | None] = [*wordings[1:], None]
    return tuple(
        Version(
            number=one.number,
            seen=moment(one.seen_at, campaign.timezone, say.language),
            changes=changes(older.item, one.item) if older else (),
            text=one.item.text,
            title=one.item.title,
            is_approved=one.number == seen.opened.approved_revision,
            is_newest=one.number == seen.opened.revision,
        )
        for one, older in zip(wordings, before, strict=True)
    )


def _fields(seen: cards.Look, say: Words) -> tuple[Field, ...]:
    words, content = seen.opened.words, seen.opened.listed.item
    pictures = seen.shown.pictures if seen.shown else ()
    return (
        *_alts(words, seen.shown, say),
        *([_field("credit", words, say), _field("licence", words, say)] if pictures else []),
        _field("library", words, say, own=seen.opened.past.library),
        _field("place", words, say),
        _field("excerpt", words, say, is_long=True),
        _field("label", words, say, own=content.label),
        _kind(words, content, say),
    )


def _alts(words: dict[str, str], shown: Shown | None, say: Words) -> list[Field]:
    """Give a field for each picture: its alt text as its author wrote it stands there to be mended."""
    made = []
    for picture in shown.pictures if shown else ():
        name = "alt" if picture.number == 1 else f"alt-{picture.number}"
        made.append(
            Field(
                name=name,
                label=say("field-alt", number=str(picture.number)),
                hint=say("field-alt-hint"),
                value=words.get(name, picture.alt or ""),
                picture=f"/moderate/i/{picture.key}-{picture.widths[-1]}.webp",
                is_long=True,
            )
        )
    return made


def _field(
    name: str, words: dict[str, str], say: Words, *, own: str = "", is_long: bool = False
) -> Field:
    return Field(
        name, say(f"field-{name}"), say(f"field-{name}-hint"), words.get(name, ""), own, "", is_long
    )


def _kind(words: dict[str, str], content: Item, say: Words) -> Field:
    there = (*_KINDS, *(() if content.kind in _KINDS else (content.kind,)))
    options = tuple((kind.value, say(f"kind-{kind.value}")) for kind in there)
    value = words.get("kind", content.kind.value)
    return Field("kind", say("field-kind"), say("field-kind-hint"), value, options=options)


def amend(desk: Desk, asked: Asked) -> Response:
    """Keep a moderator's words beside the author's. What was not changed writes nothing."""
    campaign = campaign_of(desk, asked)
    item = item_id(asked.names["item"])
    if campaign is None or not item:
        return nowhere(desk, asked)
    with desk.reader.connect() as connection:
        seen = cards.look(connection, campaign.slug, item, desk.now())
    if seen is None:
        return nowhere(desk, asked)
    wanted = _wanted(asked, _fields(seen, desk.say))
    page = f"/moderate/{campaign.slug}/item/{item}"
    if not wanted:
        return go_to(f"{page}?said=same")
    try:
        return go_to(f"{page}?done={_keep(desk, asked, item, wanted)}")
    except Conflicts:
        return _too_late(desk, asked, campaign, item, wanted)


def _wanted(asked: Asked, fields: tuple[Field, ...]) -> dict[str, str]:
    """Give the fields whose words are other ones now than those that stand there."""
    given = {
        field.name: " ".join(asked.form[field.name].split())[:LONGEST]
        for field in fields
        if field.name in asked.form
    }
    return {
        field.name: given[field.name]
        for field in fields
        if given.get(field.name, field.value) != field.value
    }


def _keep(desk: Desk, asked: Asked, item: str, wanted: dict[str, str]) -> int | None:
    assert asked.person  # the row has a role
    version = asked.form.get("version", "")
    (made,) = actions.decide(
        desk.writer,
        Action.AMEND,
        [(item, int(version) if version.isdecimal() and len(version) < 10 else 0)],
        actor="person",
        who=asked.person.name,
        now=desk.now(),
        changes=wanted,
    )
    return made.number


def _too_late(
    desk: Desk, asked: Asked, campaign: Campaign, item: str, wanted: dict[str, str]
) -> Response:
    """Answer 409 with the words that were written still in the form: nothing typed is lost."""
    with desk.reader.connect() as connection:
        seen = cards.look(connection, campaign.slug, item, desk.now())
        if seen is None:
            return nowhere(desk, asked)
        return _screen(desk, asked, campaign, seen, connection, wanted)


ROUTES = (
    Route("/<campaign>/item/<item>", "item", show, role=Role.VIEWER),
    Route("/<campaign>/item/<item>/words", "amend", amend, role=Role.MODERATOR, method="POST"),
)
