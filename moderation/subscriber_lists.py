"""Lists of subscribers that come in with proof of consent, and that leave as a file. For admins."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from zoneinfo import ZoneInfo

from flask import Response

from aggregator.settings import Campaign
from aggregator.store import subscribers
from aggregator.store.subscribers import Brought, Subscriber
from feeds.highlights import lists
from feeds.highlights.lists import BadLine, Person, Row
from feeds.i18n import Words
from moderation.campaigns import campaign_of, nowhere
from moderation.routes import Asked, Desk, Role, Route
from moderation.subscribers import screen

MOST_BYTES = lists.MOST_BYTES + 64 * 1024
"""The file, and what a form puts around it."""
AT_ONCE = 500
"""So many people in one transaction: a long list keeps nobody else from writing for long."""
LISTED = 20

log = logging.getLogger(__name__)


def bring_in(desk: Desk, asked: Asked) -> Response:
    """Bring in a list: all of it, or nothing and every line that is not right.

    Lines of people who, as the list says, do not get the mail are told and left out.
    """
    campaign = campaign_of(desk, asked)
    if campaign is None:
        return nowhere(desk, asked)
    data = asked.files.get("list", b"")
    if not data:
        return screen(desk, asked, campaign, 422, wrong_list=desk.say("import-no-file"))
    if asked.form.get("mine") != "on":
        return screen(desk, asked, campaign, 422, wrong_list=desk.say("import-not-mine"))
    today = desk.now().astimezone(ZoneInfo(campaign.timezone)).date()
    found = lists.read(data, campaign.languages, today)
    if found.bad:
        return _refused(desk, asked, campaign, found.bad)
    brought = _bring(desk, asked, campaign, found.rows)
    return screen(
        desk,
        asked,
        campaign,
        said=_came_to(brought, desk.say),
        left_out=[_bad_line(each, desk.say) for each in found.left_out[:LISTED]],
        more_left_out=max(0, len(found.left_out) - LISTED),
    )


def _refused(desk: Desk, asked: Asked, campaign: Campaign, bad: Sequence[BadLine]) -> Response:
    return screen(
        desk,
        asked,
        campaign,
        422,
        wrong_list=desk.say("import-refused"),
        bad=[_bad_line(each, desk.say) for each in bad[:LISTED]],
        more_bad=max(0, len(bad) - LISTED),
    )


def _bad_line(bad: BadLine, say: Words) -> tuple[str, str]:
    where = say("import-line", number=str(bad.number)) if bad.number else say("import-whole")
    return where, say(f"list-{bad.problem}", value=bad.value)


def _bring(desk: Desk, asked: Asked, campaign: Campaign, rows: Iterable[Row]) -> Brought:
    assert asked.person  # the row has a role
    by_consent: dict[str, list[subscribers.Row]] = {}
    for row in rows:
        consent = f"{row.consented_on.isoformat()}: {row.proof}"
        by_consent.setdefault(consent, []).append(subscribers.Row(row.address, row.language, row.zone))
    sums = Brought(0, 0, 0, 0)
    for consent, all_of_them in by_consent.items():
        for start in range(0, len(all_of_them), AT_ONCE):
            some = all_of_them[start : start + AT_ONCE]
            with desk.writer.begin() as connection:
                came = subscribers.bring_in(
                    connection, campaign.slug, some, consent, asked.person.name, desk.now()
                )
            sums = _added(sums, came)
    log.info("person %s brought %s people into %s", asked.person.id, sums.added, campaign.slug)
    return sums


def _added(one: Brought, other: Brought) -> Brought:
    return Brought(
        one.added + other.added,
        one.already + other.already,
        one.left + other.left,
        one.suppressed + other.suppressed,
    )


def _came_to(brought: Brought, say: Words) -> str:
    return say(
        "import-done",
        added=f"{brought.added:,}",
        already=f"{brought.already:,}",
        left=f"{brought.left:,}",
        suppressed=f"{brought.suppressed:,}",
    )


def export(desk: Desk, asked: Asked) -> Response:
    """Give everybody as CSV."""
    campaign = campaign_of(desk, asked)
    if campaign is None:
        return nowhere(desk, asked)
    assert asked.person  # the row has a role
    log.info("person %s took the list of %s", asked.person.id, campaign.slug)
    answer = Response(
        "".join(lists.write(_people(desk, campaign))), content_type="text/csv; charset=utf-8"
    )
    name = f"subscribers-{campaign.slug}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _people(desk: Desk, campaign: Campaign) -> Iterator[Person]:
    with desk.reader.connect() as connection:
        for one in subscribers.all_of(connection, campaign.slug):
            yield _person(one)


def _person(one: Subscriber) -> Person:
    return Person(
        address=one.address,
        language=one.language,
        zone=one.zone,
        state=one.state,
        asked_at=one.asked_at,
        confirmed_at=one.confirmed_at,
        ended_at=one.ended_at,
        proof=one.consent,
    )


_AT = "/<campaign>/subscribers"
ROUTES = (
    Route(
        f"{_AT}/bring-in",
        "subscribers-import",
        bring_in,
        role=Role.ADMIN,
        method="POST",
        most_bytes=MOST_BYTES,
    ),
    Route(f"{_AT}/list.csv", "subscribers-export", export, role=Role.ADMIN),
)
