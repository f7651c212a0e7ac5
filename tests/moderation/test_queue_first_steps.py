"""The first screen: never an empty table."""

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from aggregator.item import Action
from aggregator.settings import Campaign
from moderation.app import create_app
from moderation.routes import Desk, Role
from moderation.steps import embed_line
from tests.aggregator.store import making
from tests.moderation.filling import a_post, bring
from tests.moderation.house import SLUG, House, house, populated, settings
from tests.moderation.screens import location, soup, words

QUEUE = f"/moderate/{SLUG}"


@pytest.fixture
def ours(reader: Engine, writer: Engine, tmp_path: Path, now: datetime) -> House:
    return populated(house(reader, writer, tmp_path, now))


def steps(ours: House, path: str = QUEUE) -> list[str]:
    return [words(one) for one in soup(ours.signed_in(Role.ADMIN).get(path)).select(".step")]


def test_the_first_page_is_the_steps_until_something_is_shown_and_then_the_queue(ours: House) -> None:
    viewer = ours.signed_in(Role.VIEWER)
    there = bring(ours, a_post(1))
    assert location(viewer.get("/moderate/")) == f"{QUEUE}/start"
    making.decide(ours.desk.writer, Action.APPROVE, there[0], ours.clock())
    assert location(viewer.get("/moderate/")) == QUEUE


def test_an_empty_campaign_shows_three_steps_with_their_state(ours: House, now: datetime) -> None:
    making.declare(ours.desk.writer, now, "river")
    source, posts, embed = steps(ours)

    assert source.startswith("A source Next")
    assert "Nobody has looked there yet." in source
    assert "Nothing was found yet." in posts
    assert "#EngagedLibraries" in posts
    assert "Until you approve a post, it shows the campaign and how to take part." in embed


def test_steps_tick_themselves_off(ours: House) -> None:
    there = bring(ours, a_post(1), a_post(2))
    making.decide(ours.desk.writer, Action.APPROVE, there[0], ours.clock())

    source, posts, embed = steps(ours, f"{QUEUE}/start")

    assert source.startswith("A source Done")
    assert posts.startswith("Something to moderate Done Waiting for you: 1. Shown: 1.")
    assert "It shows what you approved." in embed


def test_without_a_source_the_first_step_says_how_to_get_one(ours: House) -> None:
    assert "Write one under “sources” in config.yaml" in steps(ours)[0]


def test_the_line_to_paste_is_there_to_be_copied(ours: House) -> None:
    field = soup(ours.signed_in(Role.VIEWER).get(QUEUE)).select_one("#embed")

    assert field
    assert field.get_text().startswith(f'<iframe src="http://localhost:8000/{SLUG}/e/featured"')


def test_a_campaign_cannot_break_out_of_the_line_to_paste() -> None:
    evil = Campaign(slug="c", name='"><script>alert(1)</script>')

    assert "<script" not in embed_line("http://localhost:8000", evil)


def test_several_campaigns_are_listed_with_what_waits(ours: House) -> None:
    bring(ours, a_post(1))
    configured = settings()
    several = configured.model_copy(
        update={"campaigns": (*configured.campaigns, Campaign(slug="rivers", name="#Rivers"))}
    )
    desk = Desk(several, ours.desk.reader, ours.desk.writer, ours.desk.media, ours.clock, ours.desk.say)
    there = House(desk, create_app(desk), ours.clock, ours.people)

    page = soup(there.signed_in(Role.VIEWER).get("/moderate/"))

    assert [words(one) for one in page.select(".source")] == [
        "#EngagedLibraries Waiting: 1",
        "#Rivers Waiting: 0",
    ]
    assert page.select_one(".ways a[aria-current]")
