"""Webhooks on the page of sources: since when a site hears nothing, what waits, when it is told."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from aggregator.item import Action
from aggregator.settings import Webhook
from aggregator.store import hooks
from aggregator.store.hooks import Due
from moderation.app import create_app
from moderation.routes import Role
from tests.aggregator.store import making
from tests.moderation.filling import a_post, bring
from tests.moderation.house import SLUG, House, house, populated
from tests.moderation.screens import soup, words


def hook(name: str, url: str, **more: object) -> Webhook:
    return Webhook.model_validate({"name": name, "url": url, "secret": "words", **more})


HOOKS = (
    hook("board", "https://key:words@board.example/told?key=secret"),
    hook("site", "https://site.example:8443/told"),
    hook("later", "https://later.example/", waiting_for=("LATER_SECRET",)),
)


@pytest.fixture
def ours(reader: Engine, writer: Engine, tmp_path: Path, now: datetime) -> House:
    """Give a house with three webhooks, of which a worker has begun to tell two."""
    found = populated(house(reader, writer, tmp_path, now))
    campaign = found.desk.settings.campaigns[0].model_copy(update={"webhooks": HOOKS})
    desk = replace(
        found.desk, settings=found.desk.settings.model_copy(update={"campaigns": (campaign,)})
    )
    making.declare(writer, now, "river", "lake")
    told = House(desk, create_app(desk), found.clock, found.people)
    assert [due(told, "board"), due(told, "site")] == [(), ()]
    return told


def due(ours: House, name: str) -> tuple[Due, ...]:
    with ours.desk.writer.begin() as connection:
        return hooks.due(connection, SLUG, name, ours.clock(), 10)


def fails(ours: House, name: str) -> None:
    with ours.desk.writer.begin() as connection:
        hooks.failed(connection, SLUG, name, ours.clock())


def hears(ours: House, name: str) -> None:
    """Let a site be told everything that is due."""
    told = due(ours, name)
    with ours.desk.writer.begin() as connection:
        for one in told:
            hooks.noted(connection, SLUG, name, one)


def shown(ours: House, number: int) -> str:
    (item,) = bring(ours, a_post(number))
    making.decide(ours.desk.writer, Action.APPROVE, item, ours.clock())
    return item


def screen(ours: House) -> list[str]:
    page = soup(ours.signed_in(Role.VIEWER).get(f"/moderate/{SLUG}/sources"))
    return [words(one) for one in page.select(".webhook")]


def test_before_anything_changed_nothing_was_sent(ours: House) -> None:
    board, later, site = screen(ours)

    assert board == (
        "board board.example Nothing sent yet Nothing has changed since it was written into config.yaml."
    )
    assert site.startswith("site site.example:8443 Nothing sent yet")
    assert "Resting It waits for its secret. Set LATER_SECRET in the environment" in later


def test_what_changed_before_a_site_was_to_be_told_was_not_told_to_it(ours: House) -> None:
    with ours.desk.writer.begin() as connection:
        hooks.keep(connection, SLUG, ["site"])  # the worker that starts without it in config.yaml
    shown(ours, 1)
    assert due(ours, "board") == ()

    assert screen(ours)[0].startswith("board board.example Nothing sent yet")


def test_a_site_that_hears_everything_is_fine(ours: House) -> None:
    shown(ours, 1)
    hears(ours, "board")

    assert "Fine Last told of the change of Oct 5, 2026, 12:00 PM UTC." in screen(ours)[0]


def test_a_change_that_was_not_yet_sent_is_no_trouble(ours: House) -> None:
    shown(ours, 1)

    assert screen(ours)[0].endswith("Fine It is told within seconds.")


def test_a_site_that_takes_nothing_says_since_when_what_waits_and_when_it_is_told_again(
    ours: House,
) -> None:
    shown(ours, 1)
    hears(ours, "site")
    ours.clock.forward(hours=1)
    shown(ours, 2)
    ours.clock.forward(minutes=5)
    shown(ours, 3)
    for _ in range(8):
        fails(ours, "site")

    first = screen(ours)[0]

    assert first == (
        "site site.example:8443 Trouble "
        "It takes no messages; tries in a row: 8. "
        "Changes wait since Oct 5, 2026, 1:00 PM UTC; posts: 2. "
        "Last told of the change of Oct 5, 2026, 12:00 PM UTC. "
        "Next try on Oct 5, 2026, 2:05 PM UTC. "
        "Nothing is lost: it is told in order until it takes the messages. "
        "Is its address in config.yaml right? It is asked at site.example:8443."
    )


def test_a_try_that_is_due_is_made_within_seconds_and_a_success_ends_the_trouble(ours: House) -> None:
    shown(ours, 1)
    fails(ours, "board")
    ours.clock.at += timedelta(minutes=2)

    assert "Next try within seconds." in screen(ours)[0]
    hears(ours, "board")
    assert "Fine" in screen(ours)[0]


def test_a_post_that_changed_again_is_one_post_and_counts_from_its_last_change(ours: House) -> None:
    item = shown(ours, 1)
    hears(ours, "board")
    ours.clock.forward(hours=1)
    making.decide(ours.desk.writer, Action.TAKE_DOWN, item, ours.clock())
    fails(ours, "board")

    assert "Changes wait since Oct 5, 2026, 1:00 PM UTC; posts: 1." in screen(ours)[0]
    assert "Last told" not in screen(ours)[0]


def test_no_key_of_an_address_is_shown(ours: House) -> None:
    page = ours.signed_in(Role.ADMIN).get(f"/moderate/{SLUG}/sources").get_data(as_text=True)

    assert "secret" not in page.replace("its secret", "")
    assert "key:words" not in page


def test_without_webhooks_the_page_says_nothing_of_them(
    reader: Engine, writer: Engine, tmp_path: Path, now: datetime
) -> None:
    page = populated(house(reader, writer, tmp_path, now)).signed_in(Role.ADMIN)

    assert "Sites that are told" not in page.get(f"/moderate/{SLUG}/sources").get_data(as_text=True)
