"""Where it appears: which sites show our posts, in words, for those who answer for that."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from aggregator.store import counts
from aggregator.store.counts import Counted
from moderation.routes import Role
from tests.moderation.house import SLUG, House, house, populated
from tests.moderation.screens import soup

PATH = f"/moderate/{SLUG}/appearances"


@pytest.fixture
def ours(reader: Engine, writer: Engine, tmp_path: Path, now: datetime) -> House:
    return populated(house(reader, writer, tmp_path, now))


def seen(ours: House, host: str, days_ago: int, amount: int = 1, view: str = "featured") -> None:
    when = ours.clock() - timedelta(days=days_ago)
    with ours.desk.writer.begin() as connection:
        counts.add(connection, [Counted(SLUG, when, "view", view, "", host, amount)])


def rows(ours: House) -> list[list[str]]:
    page = soup(ours.signed_in(Role.EDITOR).get(PATH))
    return [
        [" ".join(cell.get_text(" ").split()) for cell in row.find_all(["th", "td"])]
        for row in page.select("tbody tr")
    ]


def test_each_site_stands_with_what_it_shows_how_often_and_since_when(ours: House) -> None:
    seen(ours, "riverside.example", 40)
    seen(ours, "riverside.example", 1, 1200, "wall")

    (row,) = rows(ours)

    assert row == [
        "riverside.example",
        "The featured post · The latest posts, side by side",
        "1,200",
        "Aug 26, 2026",
        "Oct 4, 2026",
    ]


def test_new_and_quiet_sites_say_so_and_the_sums_count_them(ours: House) -> None:
    seen(ours, "new.example", 2)
    for days_ago in (60, 3):
        seen(ours, "faithful.example", days_ago)
    seen(ours, "quiet.example", 20)

    page = soup(ours.signed_in(Role.EDITOR).get(PATH))

    assert [row[0] for row in rows(ours)] == [
        "faithful.example",
        "new.example New",
        "quiet.example Gone quiet",
    ]
    assert [number.get_text() for number in page.select(".sums dd")] == ["2", "1", "1"]


def test_a_number_below_ten_is_not_told(ours: House) -> None:
    seen(ours, "small.example", 1, 9)
    seen(ours, "larger.example", 1, 10)

    assert {row[0]: row[2] for row in rows(ours)} == {
        "larger.example New": "10",
        "small.example New": "fewer than 10",
    }


def test_a_display_that_is_no_longer_kept_has_its_old_name(ours: House) -> None:
    seen(ours, "old.example", 1, view="spring-2024")

    assert rows(ours)[0][1] == "spring-2024"


def test_without_any_site_the_line_and_the_way_to_more_stand_there(ours: House) -> None:
    page = soup(ours.signed_in(Role.EDITOR).get(PATH))

    line = page.select_one("textarea")
    assert line
    assert line.get_text().startswith("<engaged-feed view=")
    links = [link["href"] for link in page.select("main a")]
    assert f"{ours.desk.settings.public_url}/{SLUG}/embed" in links


def test_only_who_may_open_it_sees_it_in_the_navigation(ours: House) -> None:
    for role in Role:
        page = soup(ours.signed_in(role).get(f"/moderate/{SLUG}"))
        assert bool(page.select(f'nav a[href="{PATH}"]')) == (role >= Role.EDITOR)
