"""What the API gives, each resource declared once: its path, its parameters, its answer.

The routes are read from here and the documentation is written from here. Adding one is adding a line to
RESOURCES.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from aggregator.settings import Campaign
from aggregator.store.published import Cursor, Gone, Shown, over_at
from feeds.api import params, shapes
from feeds.api.params import Asked, Parameter, selection_of, write_cursor
from feeds.api.problems import NO_LONGER_SHOWN, NOTHING_HERE, Problem
from feeds.api.shapes import Schema, address, number, reference, several, text, thing, yes_or_no
from feeds.i18n import Words, words
from feeds.page import earliest
from feeds.select import MOST_OCCASIONS, Door
from feeds.selected import meets

ROOT = "/api/v1"
ENOUGH = 2_000_000
"""After so many characters of words a page of posts ends early: `next` goes on from there."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One request, understood.

    Attributes:
        item: the id in the path; "" where there is none.
        values: of the parameters.
        now: aware UTC.
    """

    door: Door
    public_url: str
    campaign: Campaign
    item: str
    values: Asked
    now: datetime

    @property
    def say(self) -> Words:
        return words(self.campaign.languages[0])

    def post(self, shown: Shown) -> dict[str, Any]:
        return shapes.post(shown, self.public_url, self.campaign, self.say)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request comes to.

    Attributes:
        next: the query to go on with; None where nothing goes on.
        holds_until: when it must be made again though nothing changed; None: never.
    """

    body: Mapping[str, Any]
    next: str | None = None
    holds_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing that can be read.

    Attributes:
        name: the last part of its path.
        is_one: its path ends with an id.
        schema: of its answer, without `next`.
        goes_on: its answer has `next`.
    """

    name: str
    summary: str
    about: str
    parameters: Sequence[Parameter]
    schema: Schema
    read: Callable[[Asking], Answer]
    is_one: bool = False

    @property
    def path(self) -> str:
        return f"/{{campaign}}{ROOT}/{self.name}" + ("/{id}" if self.is_one else "")


def _posts(asking: Asking) -> Answer:
    asked = asking.values
    there = asking.door.latest(
        asking.campaign.slug, asked["limit"] + 1, selection_of(asked), asked["cursor"]
    )
    given = _enough(there[: asked["limit"]])
    following = None
    if len(given) < len(there):
        cursor = Cursor(given[-1].sort_at, given[-1].id)
        following = _query(asked, cursor=write_cursor(cursor))
    return Answer({"posts": [asking.post(shown) for shown in given]}, following)


def _enough(posts: Sequence[Shown]) -> Sequence[Shown]:
    """Give the first of these posts, at least one, as far as their words are not too many together."""
    total = 0
    for place, shown in enumerate(posts):
        total += sum(len(one.item.html) + len(one.item.text) for one in (shown, *shown.thread))
        if total > ENOUGH:
            return posts[: max(1, place)]
    return posts


def _query(asked: Asked, **changes: Any) -> str:
    """Write the same request with other values; what is as always stands nowhere."""
    values = {**asked, **changes}
    return urlencode(
        {name: value for name, value in values.items() if value not in ((), None)}, doseq=True
    )


def _one(asking: Asking) -> Answer:
    one = asking.door.one(asking.campaign.slug, asking.item)
    if isinstance(one, Gone):
        raise Problem(
            NO_LONGER_SHOWN, "Remove your copies of it. This does not change any more.", shapes.gone(one)
        )
    if one is None:
        raise Problem(NOTHING_HERE, "There is no post with this id: take ids from the list of posts.")
    return Answer(asking.post(one))


def _events(asking: Asking) -> Answer:
    asked = asking.values
    since = asked["since"] or asking.now
    there = asking.door.occasions(asking.campaign.slug, since, MOST_OCCASIONS, asked["cursor"])
    chosen = [shown for shown in there if meets(shown, selection_of(asked))]
    given = chosen[: asked["limit"]]
    ends = [over_at(shown.item.occasion) for shown in given if shown.item.occasion]
    holds_until = None if asked["since"] else earliest(ends)
    following = _events_after(
        asked, given[-1:] if len(given) < len(chosen) else there[MOST_OCCASIONS - 1 :]
    )
    return Answer({"events": [asking.post(shown) for shown in given]}, following, holds_until)


def _events_after(asked: Asked, last: Sequence[Shown]) -> str | None:
    """Write how to go on behind an event; None without one: nothing follows."""
    for shown in last:
        if occasion := shown.item.occasion:
            cursor = write_cursor(Cursor(occasion.starts_at, shown.id))
            since = asked["since"] and asked["since"].isoformat()
            return _query(asked, cursor=cursor, since=since)
    return None


def _tags(asking: Asking) -> Answer:
    tags = asking.door.tags(asking.campaign.slug, asking.values["limit"])
    return Answer({"tags": [{"tag": tag, "posts": many} for tag, many in tags]})


def _stats(asking: Asking) -> Answer:
    return Answer(shapes.stats(asking.door.stats(asking.campaign.slug)))


def _changes(asking: Asking) -> Answer:
    asked = asking.values
    found = asking.door.changes(asking.campaign.slug, asked["since"], asked["limit"])
    body = {
        "posts": [asking.post(one) for one in found.items if isinstance(one, Shown)],
        "gone": [shapes.gone(one) for one in found.items if isinstance(one, Gone)],
        "until": found.until,
        "more": found.until < found.version,
        "everything": found.everything,
    }
    return Answer(body, _query(asked, since=found.until))


_NEXT = address("The whole address to ask for what follows; null at the end.")
_SHOWN_POSTS = several(reference("Post"), "Newest first. A thread is one post with its `thread`.")

RESOURCES = (
    Resource(
        "posts",
        "The posts that are shown, newest first",
        "Within one filter any of its values will do; several filters must all hold.",
        (params.LIMIT, params.CURSOR, *params.FILTERS),
        thing("Posts, and where they go on.", posts=_SHOWN_POSTS, next=shapes.perhaps(_NEXT)),
        _posts,
    ),
    Resource(
        "posts",
        "One post",
        "404 when it never was shown, 410 when it is no longer.",
        (),
        reference("Post"),
        _one,
        is_one=True,
    ),
    Resource(
        "events",
        "The events that are not over, soonest first",
        "Events are posts with an `occasion`. Called-off ones are among them and say so.",
        (params.LIMIT, params.CURSOR, params.SINCE_MOMENT, *params.FILTERS),
        thing(
            "Events, and where they go on.",
            events=several(reference("Post"), "Soonest first."),
            next=shapes.perhaps(_NEXT),
        ),
        _events,
    ),
    Resource(
        "tags",
        "The hashtags of the posts that are shown, most used first",
        "In lower case, without #.",
        (params.LIMIT,),
        thing(
            "Hashtags.",
            tags=several(
                thing("One.", tag=text("The hashtag."), posts=number("How many posts have it.")),
                "Most used first.",
            ),
        ),
        _tags,
    ),
    Resource(
        "stats",
        "What is shown, in numbers",
        "Whole numbers over everything that is shown now. Nobody's visits are counted here.",
        (),
        thing(
            "Numbers.",
            posts=number("How many posts are shown."),
            authors=number("Of how many different people or organisations."),
            libraries=number("Of how many different libraries, where the campaign named them."),
            languages=several(
                thing("One.", language=text("A BCP 47 tag."), posts=number("How many posts.")),
                "The most first.",
            ),
            networks=several(
                thing("One.", network=text("Where posts stand."), posts=number("How many posts.")),
                "The most first.",
            ),
            newest=shapes.perhaps(shapes.moment("Of the newest post; null when nothing is shown.")),
        ),
        _stats,
    ),
    Resource(
        "changes",
        "What changed since you last asked, with what is no longer shown",
        "For whoever keeps a copy. Ask `next` again and again, at most once a minute when `more` is "
        "false: replace what is in `posts`, remove what is in `gone`. About `limit` at a time.",
        (params.SINCE_VERSION, params.LIMIT),
        thing(
            "Changes.",
            posts=several(reference("Post"), "New and changed ones, whole, as they are now."),
            gone=several(reference("Gone"), "What is no longer shown."),
            until=number("Up to where this goes: the next `since`."),
            more=yes_or_no("Whether there is more to ask for at once."),
            everything=yes_or_no(
                "Your `since` is too old, or not ours: throw away your copies, read all of /posts, "
                "then go on with `next`."
            ),
            next=address("The whole address to ask next."),
        ),
        _changes,
    ),
)
