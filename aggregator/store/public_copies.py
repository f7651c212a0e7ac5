"""The door of public copies: which pictures shown posts use, which copies are needless, what is on disk.

Files are written before the row that tells of them, and removed after it: a crash leaves a file too
many, which the sweep finds, and never a row that promises a file that is not there.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, insert, not_, or_, select, update

from aggregator.item import State
from aggregator.store.models import campaign, change, decision, item, media, media_use
from aggregator.store.pictures import AT_A_TIME, LEASE, READY, WANTED, claim, is_free, used
from aggregator.store.visible import IS_SHOWN


@dataclass(frozen=True, slots=True)
class Held:
    """A key, with all rows that share it, taken by this worker."""

    key: str
    width: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A picture whose public copies do not fit what is shown. `is_needed`: they are missing."""

    is_needed: bool
    key: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What should be on disk of one key. `widths`: of public copies; empty: there are none."""

    key: str
    width: int
    widths: tuple[int, ...]


def lengths(connection: Connection) -> dict[str, int]:
    """Give how many decisions each campaign has: what is public changes by them alone."""
    rows = connection.execute(select(campaign.c.slug, campaign.c.chain_length))
    return {row.slug: row.chain_length for row in rows}


def touched(connection: Connection, since: Mapping[str, int]) -> list[int]:
    """Give rows of pictures whose posts were decided on since each campaign had so many decisions."""
    ids: set[int] = set()
    for slug, length in since.items():
        ids |= set(
            connection.scalars(
                select(media_use.c.media_id)
                .join(decision, decision.c.item_id == media_use.c.item_id)
                .where(decision.c.campaign == slug, decision.c.number > length)
                .distinct()
            )
        )
    return sorted(ids)


def unmatched(
    connection: Connection, slugs: Collection[str], among: Sequence[int] | None = None
) -> list[Unmatched]:
    """Give pictures that are public though they should not be, or not yet though they should; those
    that must go come first. A master of which every post was withdrawn must go, too.

    Args:
        slugs: the campaigns that show pictures.
        among: rows to look at; None: all.
    """
    needed, has_copies = _is_public(slugs), media.c.widths != ""
    ready = media.c.state == READY
    statement = select(media.c.key, needed.label("is_needed")).where(
        or_(
            and_(has_copies, not_(needed)),
            and_(ready, not_(has_copies), needed),
            and_(ready, _is_of_withdrawn_posts()),
        )
    )
    if among is None:
        found = [*connection.execute(statement)]
    else:
        parts = (among[start : start + AT_A_TIME] for start in range(0, len(among), AT_A_TIME))
        found = [
            row for some in parts for row in connection.execute(statement.where(media.c.id.in_(some)))
        ]
    return sorted({Unmatched(row.is_needed, row.key) for row in found}, key=lambda one: one.is_needed)


def hold(connection: Connection, key: str, now: datetime) -> Held | None:
    """Take a key with all its rows; None when another worker has it, or when it is gone."""
    rows = connection.execute(
        select(media.c.id, media.c.width, is_free(now).label("is_free"))
        .where(media.c.key == key)
        .order_by(media.c.id)
        .with_for_update(key_share=True)
    ).all()
    if not rows or not all(row.is_free for row in rows):
        return None
    claim(connection, [row.id for row in rows], now + LEASE)
    return Held(key, rows[0].width, now + LEASE)


def release(connection: Connection, held: Held) -> None:
    """Give a key back."""
    connection.execute(update(media).where(*_ours(held)).values(claimed_until=None))


def is_needed(connection: Connection, held: Held, slugs: Collection[str]) -> bool:
    """Say whether a shown post uses the picture."""
    return (
        connection.execute(select(media.c.id).where(*_ours(held), _is_public(slugs))).first() is not None
    )


def publish(connection: Connection, held: Held, widths: Sequence[int], slugs: Collection[str]) -> bool:
    """Write down that public copies are here, where shown posts use them, and have pages drawn again.

    Returns:
        False when no shown post uses the picture any more: its copies must go.
    """
    _lock_campaigns(connection, held)
    rows = connection.execute(
        select(media.c.id, media.c.widths).where(*_ours(held), _is_public(slugs))
    ).all()
    written = ",".join(map(str, widths))
    ids = [row.id for row in rows if row.widths != written]
    connection.execute(update(media).where(media.c.id.in_(ids)).values(widths=written))
    _tell_the_public(connection, ids)
    return bool(rows)


def unpublish(connection: Connection, held: Held, slugs: Collection[str]) -> bool:
    """Write down that copies go, where no shown post uses them.

    Returns:
        True when nobody uses them any more: the files must go.
    """
    _lock_campaigns(connection, held)
    has_copies = and_(*_ours(held), media.c.widths != "")
    ids = list(connection.scalars(select(media.c.id).where(has_copies, not_(_is_public(slugs)))))
    connection.execute(update(media).where(media.c.id.in_(ids)).values(widths=""))
    _tell_the_public(connection, ids)  # a campaign may have stopped showing pictures, not posts
    return connection.execute(select(media.c.id).where(has_copies)).first() is None


def forget(connection: Connection, held: Held, now: datetime) -> bool:
    """Give up the master of withdrawn posts. Should one ever return, the same picture is wanted again.

    Returns:
        True when no other row needs it: the file must go.
    """
    connection.execute(
        update(media)
        .where(*_ours(held), media.c.state == READY, _is_of_withdrawn_posts())
        .values(state=WANTED, due_at=now, tries=0)
    )
    left = select(media.c.id).where(media.c.key == held.key, media.c.state == READY)
    return connection.execute(left).first() is None


def miss(connection: Connection, held: Held, now: datetime) -> None:
    """Want a picture again whose master is no longer on disk: exactly the same one, or none."""
    connection.execute(
        update(media)
        .where(*_ours(held), media.c.state == READY)
        .values(state=WANTED, widths="", due_at=now, tries=0, claimed_until=None)
    )


def kept(connection: Connection, start: str) -> list[Kept]:
    """Give what there should be on disk of keys that begin with this hexadecimal digit."""
    rows = connection.execute(
        select(
            media.c.key, func.max(media.c.width).label("width"), func.max(media.c.widths).label("widths")
        )
        .where(media.c.key >= start, media.c.key < f"{start}g", media.c.state == READY)
        .group_by(media.c.key)
    )
    return [
        Kept(row.key, row.width, tuple(int(width) for width in row.widths.split(",") if width))
        for row in rows
    ]


def copies_are_lost(connection: Connection, keys: Sequence[str]) -> None:
    """Have public copies made again that are no longer on disk."""
    for start in range(0, len(keys), AT_A_TIME):
        some = keys[start : start + AT_A_TIME]
        connection.execute(update(media).where(media.c.key.in_(some)).values(widths=""))


def without_copies(
    connection: Connection, items: Sequence[str], slugs: Collection[str]
) -> tuple[str, ...]:
    """Give those of these items, removed ones, of whose pictures nothing is left that should not be:
    no copy that no other post shows, no master of withdrawn posts, nobody at work on either."""
    left_over = (
        select(media_use.c.item_id)
        .join(media, media.c.id == media_use.c.media_id)
        .where(
            or_(
                and_(media.c.widths != "", not_(_is_public(slugs))),
                and_(media.c.state == READY, _is_of_withdrawn_posts()),
                media.c.claimed_until.is_not(None),
            )
        )
    )
    kept: set[str] = set()
    for start in range(0, len(items), AT_A_TIME):
        some = items[start : start + AT_A_TIME]
        kept |= set(connection.scalars(left_over.where(media_use.c.item_id.in_(some))))
    return tuple(each for each in items if each not in kept)


def _ours(held: Held) -> tuple[ColumnElement[bool], ...]:
    return media.c.key == held.key, media.c.claimed_until == held.until


def _is_public(slugs: Collection[str]) -> ColumnElement[bool]:
    is_approved = media_use.c.revision == item.c.approved_revision
    return used(IS_SHOWN, is_approved, item.c.campaign.in_(slugs))


def _is_of_withdrawn_posts() -> ColumnElement[bool]:
    return not_(used(item.c.state != State.WITHDRAWN))


def _lock_campaigns(connection: Connection, held: Held) -> None:
    """Wait for decisions and pages under way. First of all locks: whoever stores a page has it too."""
    slugs = select(media.c.campaign).where(media.c.key == held.key)
    connection.execute(
        select(campaign.c.slug)
        .where(campaign.c.slug.in_(slugs))
        .order_by(campaign.c.slug)
        .with_for_update()
    ).all()


def _tell_the_public(connection: Connection, ids: Sequence[int]) -> None:
    """Raise the published version of the posts that show these pictures, for caches and publishers."""
    concerned: dict[str, set[str]] = {}
    for row in connection.execute(
        select(item.c.campaign, item.c.id)
        .join(media_use, media_use.c.item_id == item.c.id)
        .where(media_use.c.media_id.in_(ids), media_use.c.revision == item.c.approved_revision, IS_SHOWN)
    ):
        concerned.setdefault(row.campaign, set()).add(row.id)
    for slug, items in sorted(concerned.items()):
        ours = campaign.c.slug == slug
        version = connection.scalars(select(campaign.c.published_version).where(ours)).one() + 1
        connection.execute(update(campaign).where(ours).values(published_version=version))
        connection.execute(
            insert(change),
            [{"campaign": slug, "version": version, "item_id": one} for one in sorted(items)],
        )
