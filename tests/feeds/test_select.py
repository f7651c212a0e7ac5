"""A snapshot holds what its page needs and nothing else."""

from datetime import timedelta

from feeds.addresses import Address
from feeds.select import snapshot
from tests.feeds.invented import NOW, SLUG, a_door, campaign, item_id, settings, shown


def test_a_view_with_a_slot_shows_that_place_alone_and_holds_until_it_changes() -> None:
    door = a_door(shown(1), shown(2))
    door.slot_ends = NOW + timedelta(minutes=1)
    taken = snapshot(door, settings(), Address("frame", SLUG, "featured"), NOW)
    assert [post.id for post in taken.posts] == [item_id(1)]
    assert taken.holds_until == NOW + timedelta(minutes=1)


def test_a_view_without_a_slot_shows_the_newest_up_to_its_limit() -> None:
    door = a_door(*(shown(number) for number in range(1, 30)))
    taken = snapshot(door, settings(), Address("feed-rss", SLUG, "wall"), NOW)
    assert [post.id for post in taken.posts] == [item_id(number) for number in range(1, 13)]
    assert taken.holds_until is None


def test_the_hub_shows_the_featured_post_once() -> None:
    door = a_door(*(shown(number) for number in range(1, 30)))
    taken = snapshot(door, settings(), Address("hub", SLUG), NOW)
    assert taken.featured == shown(1)
    assert [post.id for post in taken.posts] == [item_id(number) for number in range(2, 14)]


def test_a_campaign_without_posts_gives_an_empty_snapshot() -> None:
    taken = snapshot(a_door(), settings(), Address("hub", SLUG), NOW)
    assert (taken.featured, taken.posts) == (None, ())


def test_a_permalink_asks_for_its_item_only() -> None:
    door = a_door(shown(1))
    assert snapshot(door, settings(), Address("permalink", SLUG, item_id(1)), NOW).one == shown(1)
    assert door.asked == ["one"]


def test_the_list_of_campaigns_asks_nothing() -> None:
    door = a_door()
    taken = snapshot(door, settings(campaign(), campaign(slug="b")), Address("campaigns"), NOW)
    assert [each.slug for each in taken.campaigns] == [SLUG, "b"]
    assert door.asked == []
