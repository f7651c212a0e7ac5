"""A kept page is given until what it shows is touched, and a takedown always wins."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from aggregator.errors import StoreError
from aggregator.store.published import Shown, Touched
from feeds.addresses import Address
from feeds.cache import AT_MOST, Pages
from tests.feeds.invented import NOW, SLUG, Clock, FakeDoor, a_door, campaign, item_id, settings, shown

WALL = Address("frame", SLUG, "wall")


def pages_of(
    door: FakeDoor, clock: Clock | None = None, now: Callable[[], datetime] = lambda: NOW
) -> Pages:
    return Pages(settings(), door, now, clock or Clock())


def text(pages: Pages, address: Address) -> str:
    page = pages.page(address)
    assert page
    return page.body.decode()


def test_a_page_is_made_once() -> None:
    door = a_door(shown(1))
    pages = pages_of(door)
    assert pages.page(WALL) is pages.page(WALL)
    assert door.asked.count("latest") == 1


def test_a_page_is_at_hand_only_after_it_was_made() -> None:
    pages = pages_of(a_door(shown(1)))
    assert pages.at_hand("/engagedlibraries/e/wall") is None
    pages.page(WALL)
    assert pages.at_hand("/engagedlibraries/e/wall") is pages.page(WALL)


def test_a_takedown_is_out_of_every_answer_within_a_quarter_of_a_second() -> None:
    clock, door = Clock(), a_door(shown(1), shown(2))
    pages = pages_of(door, clock)
    permalink = Address("permalink", SLUG, item_id(1))
    for address in (WALL, Address("hub", SLUG), Address("feed-rss", SLUG, "wall"), permalink):
        assert "number 1" in text(pages, address)
    door.take_down(shown(1))
    clock.at += 0.25
    for address in (WALL, Address("hub", SLUG), Address("feed-rss", SLUG, "wall"), permalink):
        assert "number 1" not in text(pages, address)


def test_the_version_is_looked_at_no_more_than_a_few_times_a_second() -> None:
    clock, door = Clock(), a_door(shown(1))
    pages = pages_of(door, clock)
    for _ in range(1000):
        pages.page(WALL)
        clock.at += 0.001
    assert 4 <= door.asked.count("version") <= 6


def test_only_what_was_touched_is_made_again() -> None:
    clock, door = Clock(), a_door(shown(1), shown(2))
    pages = pages_of(door, clock)
    untouched = pages.page(Address("permalink", SLUG, item_id(2)))
    pages.page(WALL)
    door.publish(shown(3))
    clock.at += 1
    assert pages.page(Address("permalink", SLUG, item_id(2))) is untouched
    assert "number 3" in text(pages, WALL)


def test_when_everything_was_touched_nothing_is_kept() -> None:
    class Forgetful(FakeDoor):
        def touched(self, slug: str, since: int) -> Touched:
            return Touched(self.version(slug), frozenset(), everything=True)

    clock, door = Clock(), Forgetful()
    door.publish(shown(1), shown(2))
    pages = pages_of(door, clock)
    before = pages.page(Address("permalink", SLUG, item_id(2)))
    door.publish(shown(3))
    clock.at += 1
    assert pages.page(Address("permalink", SLUG, item_id(2))) is not before


def test_a_version_that_went_back_means_another_database() -> None:
    clock, door = Clock(), a_door(shown(1), shown(2))
    pages = pages_of(door, clock)
    pages.page(Address("permalink", SLUG, item_id(2)))
    door.items[SLUG], door.versions[SLUG] = [shown(1)], [item_id(1)]
    clock.at += 1
    page = pages.page(Address("permalink", SLUG, item_id(2)))
    assert page
    assert page.status == 404


def test_a_takedown_while_a_page_is_being_made_wins() -> None:
    clock = Clock()

    class Interrupted(FakeDoor):
        def latest(self, slug: str, limit: int, *narrowed: Any) -> tuple[Shown, ...]:
            before = super().latest(slug, limit, *narrowed)
            if shown(1) in before:
                self.take_down(shown(1))
                clock.at += 1
                pages.page(Address("hub", SLUG))  # another thread looks at the version meanwhile
            return before

    door = Interrupted()
    door.publish(shown(1), shown(2))
    pages = pages_of(door, clock)
    pages.page(WALL)
    assert "number 1" not in text(pages, WALL)


def test_a_page_is_made_again_when_it_holds_no_longer() -> None:
    moment = [NOW]
    pages = pages_of(a_door(shown(1)), now=lambda: moment[0])
    assert "May 19, 2026" in text(pages, WALL)
    moment[0] += timedelta(days=59, seconds=1)
    assert "May 19, 2026" not in text(pages, WALL)
    assert "May 2026" in text(pages, WALL)


def test_the_last_good_page_is_given_while_the_store_cannot_be_asked_but_not_for_long() -> None:
    clock, door, moment = Clock(), a_door(shown(1)), [NOW]
    door.slot_ends = NOW + timedelta(minutes=1)
    pages = pages_of(door, clock, lambda: moment[0])
    featured = Address("frame", SLUG, "featured")
    good = pages.page(featured)
    door.fails_with = StoreError("locked")
    clock.at += 120
    moment[0] += timedelta(minutes=2)  # beyond what it holds
    assert pages.page(featured) is good
    clock.at += 200
    with pytest.raises(StoreError):
        pages.page(featured)


def test_what_never_was_is_not_kept_and_what_is_gone_is() -> None:
    door = a_door(shown(1))
    door.take_down(shown(1))
    pages = pages_of(door)
    for _ in range(2):
        pages.page(Address("permalink", SLUG, item_id(5)))
    assert door.asked.count("one") == 2
    for _ in range(2):
        pages.page(Address("permalink", SLUG, item_id(1)))
    assert door.asked.count("one") == 3


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.cache.AT_MOST", 3)
    assert AT_MOST > 3
    pages = pages_of(a_door(*(shown(number) for number in range(1, 8))))
    for number in range(1, 8):
        pages.page(Address("permalink", SLUG, item_id(number)))
    kept = [number for number in range(1, 8) if pages.at_hand(f"/{SLUG}/p/{item_id(number)}")]
    assert kept == [5, 6, 7]


def test_heavy_pages_are_kept_by_weight(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = pages_of(a_door(*(shown(number) for number in range(1, 8))))
    first = pages.page(Address("permalink", SLUG, item_id(1)))
    assert first
    monkeypatch.setattr("feeds.cache.AT_MOST_BYTES", 3 * len(first.body) + 100)
    for number in range(1, 8):
        pages.page(Address("permalink", SLUG, item_id(number)))
    kept = [number for number in range(1, 8) if pages.at_hand(f"/{SLUG}/p/{item_id(number)}")]
    assert kept == [5, 6, 7]


def test_an_unknown_campaign_has_no_page() -> None:
    assert pages_of(a_door()).page(Address("hub", "nobody")) is None


def test_one_campaign_is_not_touched_by_another() -> None:
    clock, door = Clock(), a_door(shown(1))
    door.publish(shown(2), slug="other")
    pages = Pages(settings(campaign(), campaign(slug="other")), door, lambda: NOW, clock)
    mine = pages.page(WALL)
    door.publish(shown(3), slug="other")
    clock.at += 1
    assert pages.page(WALL) is mine
