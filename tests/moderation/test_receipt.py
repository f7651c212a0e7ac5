"""The receipt of a removal on a post's page: times that were written down, and no others."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from aggregator.item import Action, Item, Media
from aggregator.settings import Campaign, Publish, Settings, Webhook
from aggregator.store import hooks, receipts
from moderation.routes import Role
from tests.aggregator.store import making
from tests.moderation.filling import a_post, bring
from tests.moderation.house import SLUG, House, house, populated
from tests.moderation.screens import soup, words


@pytest.fixture
def ours(reader: Engine, writer: Engine, tmp_path: Path, now: datetime) -> House:
    return populated(house(reader, writer, tmp_path, now))


def removed(ours: House, post: Item | None = None) -> str:
    """Give a post that was shown and is no longer."""
    (item,) = bring(ours, post or a_post(1))
    making.decide(ours.desk.writer, Action.APPROVE, item, ours.clock())
    ours.clock.forward(hours=1)
    making.decide(ours.desk.writer, Action.TAKE_DOWN, item, ours.clock())
    return item


def receipt(ours: House, item: str) -> list[str]:
    page = soup(ours.signed_in(Role.VIEWER).get(f"/moderate/{SLUG}/item/{item}"))
    return [words(line) for line in page.select(".receipt li")]


def left(ours: House, item: str, output: str, after_s: float) -> None:
    with ours.desk.writer.begin() as connection:
        receipts.left(connection, [item], output, ours.clock() + timedelta(seconds=after_s))


def test_a_shown_post_has_no_receipt(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    making.decide(ours.desk.writer, Action.APPROVE, item, ours.clock())
    assert receipt(ours, item) == []


def test_each_place_has_the_time_that_was_written_down_for_it(ours: House) -> None:
    post = a_post(1, media=(Media("https://files.example/1.jpg", "image", "image/jpeg"),))
    item = removed(ours, post)
    left(ours, item, "pages", 0.4)
    left(ours, item, "pictures", 3)

    assert receipt(ours, item) == [
        "Pages, boxes and feeds of this site 1:00:00 PM UTC",
        "Our copies of its pictures 1:00:03 PM UTC",
        "Boxes open in a browser ask again within 2 minutes",
    ]


def test_a_place_that_has_not_said_so_is_not_left_yet(ours: House) -> None:
    assert receipt(ours, removed(ours))[0] == "Pages, boxes and feeds of this site not yet"


def test_a_time_of_another_day_has_its_day(ours: House) -> None:
    item = removed(ours)
    left(ours, item, "pages", 26 * 3600)
    assert receipt(ours, item)[0].endswith("Oct 6, 2026, 3:00:00 PM UTC")


def test_files_and_webhooks_stand_there_only_where_there_are_any(ours: House) -> None:
    item = removed(ours)
    assert len(receipt(ours, item)) == 2
    with_more(ours)
    assert receipt(ours, item)[1:3] == [
        "Files published from here not yet",
        "Sites that asked to be told not yet · 0 of 2 told",
    ]


def test_it_says_how_many_of_those_who_asked_were_told(ours: House) -> None:
    (item,) = bring(ours, a_post(1))
    making.decide(ours.desk.writer, Action.APPROVE, item, ours.clock())
    with ours.desk.writer.begin() as connection:
        for name in ("site", "wall"):  # from here on they are told what changes
            assert hooks.due(connection, SLUG, name, ours.clock(), 9) == ()
    ours.clock.forward(hours=1)
    making.decide(ours.desk.writer, Action.TAKE_DOWN, item, ours.clock())
    with_more(ours)
    with ours.desk.writer.begin() as connection:
        (due,) = hooks.due(connection, SLUG, "site", ours.clock(), 9)
        hooks.noted(connection, SLUG, "site", due)
    assert "1 of 2 told" in receipt(ours, item)[2]


def test_it_says_what_nobody_can_call_back(ours: House) -> None:
    item = removed(ours)
    page = soup(ours.signed_in(Role.VIEWER).get(f"/moderate/{SLUG}/item/{item}"))
    assert "Mails that were sent already" in words(page.select_one(".receipt"))


def with_more(ours: House) -> None:
    """Configure a folder to publish to, and two webhooks."""
    settings = ours.desk.settings
    told = tuple(
        Webhook(name=name, url=f"https://{name}.example/told", secret="s") for name in ("site", "wall")
    )
    changed: Campaign = settings.campaigns[0].model_copy(update={"webhooks": told})
    more: Settings = settings.model_copy(
        update={"campaigns": (changed, *settings.campaigns[1:]), "publish": Publish(to="out")}
    )
    object.__setattr__(ours.desk, "settings", more)
