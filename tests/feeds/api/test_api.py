"""The API as programs meet it: what it gives."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from aggregator.item import Kind, Occasion
from aggregator.store.published import Shown
from feeds.api import resources
from tests.feeds.api.served import ROOT, Served
from tests.feeds.invented import (
    AWKWARD,
    NOW,
    PUBLIC_URL,
    SLUG,
    a_door,
    item_id,
    picture,
    pictured,
    shown,
)

SOON = Occasion(NOW + timedelta(days=2), NOW + timedelta(days=2, hours=1), "America/New_York")
PASSED = Occasion(NOW - timedelta(days=2), NOW - timedelta(days=1), "America/New_York")


@pytest.fixture
def there() -> Served:
    return Served(a_door(*(shown(number) for number in range(1, 61))))


def test_posts_come_newest_first_a_page_at_a_time(there: Served) -> None:
    ids, path, pages = [], "posts", 0
    while path:
        answer = there.json(path)
        ids += [post["id"] for post in answer["posts"]]
        pages += 1
        path = (answer["next"] or "").removeprefix(f"{PUBLIC_URL}{ROOT}/")
    assert ids == [item_id(number) for number in range(1, 61)]
    assert pages == 3


def test_a_cursor_stays_right_when_posts_come_and_go(there: Served) -> None:
    first = there.json("posts?limit=5")
    there.door.publish(replace(shown(61), sort_at=NOW))
    there.door.take_down(shown(5))
    there.clock.at += 1
    second = there.json(first["next"].removeprefix(f"{PUBLIC_URL}{ROOT}/"))
    assert [post["id"] for post in second["posts"]] == [item_id(number) for number in range(6, 11)]


def test_next_stands_in_the_header_too_and_keeps_the_filters(there: Served) -> None:
    answer = there.get("posts?limit=2&tag=%23EngagedLibraries&tag=x&language=EN")
    assert answer.json
    assert answer.headers["Link"] == f'<{answer.json["next"]}>; rel="next"'
    assert "tag=engagedlibraries&tag=x&language=en" in urlsplit(answer.json["next"]).query
    assert "Link" not in there.get("posts?limit=100").headers


def test_a_page_ends_early_when_its_words_are_many(
    there: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "ENOUGH", 200)
    few = there.json("posts?limit=50")
    assert 1 <= len(few["posts"]) < 5
    following = there.json(few["next"].removeprefix(f"{PUBLIC_URL}{ROOT}/"))
    assert following["posts"][0]["id"] == item_id(len(few["posts"]) + 1)
    monkeypatch.setattr(resources, "ENOUGH", 1)
    there.door.publish(shown(99))
    there.clock.at += 1
    assert len(there.json("posts?limit=50")["posts"]) == 1


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("tag=Gärten", 2),
        ("language=es", 3),
        ("kind=article", 4),
        ("library=riverside%20LIBRARY", 5),
        ("place=ohio", 5),
        ("language=es&kind=article", None),
        ("kind=article&kind=story", 4),
    ],
)
def test_posts_and_events_are_narrowed_alike(query: str, number: int | None) -> None:
    posts = [
        shown(1, occasion=SOON),
        shown(2, occasion=SOON, tags=("gärten",)),
        shown(3, occasion=SOON, language="es-mx"),
        shown(4, occasion=SOON, kind=Kind.ARTICLE),
        replace(shown(5, occasion=SOON), library="Riverside Library", place="Ohio"),
    ]
    there = Served(a_door(*posts))
    wanted = [item_id(number)] if number else []
    assert [post["id"] for post in there.json(f"posts?{query}")["posts"]] == wanted
    assert [post["id"] for post in there.json(f"events?{query}")["events"]] == wanted


def test_a_post_says_everything_that_is_public_of_it() -> None:
    post = replace(
        pictured(shown(1, occasion=SOON), picture(alt=None, licence="CC BY 4.0")),
        library="Riverside Library",
        thread=(shown(7),),
    )
    found = Served(a_door(post)).json(f"posts/{post.id}")
    assert found["url"] == f"{PUBLIC_URL}/{SLUG}/p/{post.id}"
    assert found["original"] == "https://blog.example/1/"
    assert found["author"] == {"name": "Ana Rivera", "handle": "ana", "url": "https://blog.example/ana"}
    assert (found["published"], found["library"], found["place"]) == (
        "2026-05-19T12:00:00Z",
        "Riverside Library",
        "",
    )
    (drawn,) = found["pictures"]
    assert (drawn["alt"], drawn["licence"]) == (None, "CC BY 4.0")
    assert drawn["files"][0] == {
        "url": f"{PUBLIC_URL}/i/{picture().key}-960.avif",
        "type": "image/avif",
        "width": 960,
        "height": 640,
    }
    assert len(drawn["files"]) == 12
    assert found["occasion"]["starts"] == "2026-05-22T12:00:00Z"
    assert [part["id"] for part in found["thread"]] == [item_id(7)]


def test_a_warned_post_says_so_before_its_words_and_gives_no_picture() -> None:
    post = pictured(shown(1, warning="flashing lights"))
    found = Served(a_door(post)).json(f"posts/{post.id}")
    assert found["warning"] == "Content warning: flashing lights"
    assert found["text"].startswith("Content warning: flashing lights\n\nWe read")
    assert found["html"].startswith("<p><strong>Content warning")
    assert (found["pictures"], found["excerpt"]) == ([], "")


def test_no_address_in_an_answer_runs_a_script() -> None:
    answer = Served(a_door(*AWKWARD.values())).get("posts?limit=100")
    assert answer.json
    for post in answer.json["posts"]:
        assert "javascript:" not in str([post["original"], post["author"]["url"], post["url"]])


def test_one_post_that_never_was_is_404_and_one_that_left_is_410(there: Served) -> None:
    there.door.take_down(shown(3))
    never = there.problem(f"posts/{'a' * 12}", 404, "nothing-here")
    assert never["detail"] == "There is no post with this id: take ids from the list of posts."
    gone = there.problem(f"posts/{item_id(3)}", 410, "no-longer-shown")
    assert (gone["id"], gone["since"]) == (item_id(3), "2026-05-20T12:00:00Z")


def test_a_withdrawn_post_is_out_of_every_answer_at_the_next_look(there: Served) -> None:
    paths = ("posts", f"posts/{item_id(1)}", "tags", "stats", "changes")
    before = {path: there.get(path).headers["ETag"] for path in paths}
    there.door.take_down(shown(1))
    there.clock.at += 0.25
    for path in paths:
        answer = there.get(path, headers={"If-None-Match": before[path]})
        assert answer.status_code in (200, 410)
        assert "number 1<" not in answer.text


def test_events_are_those_that_are_not_over_soonest_first() -> None:
    later = replace(SOON, starts_at=SOON.starts_at + timedelta(days=9), ends_at=None)
    there = Served(a_door(shown(1, occasion=later), shown(2, occasion=SOON), shown(3, occasion=PASSED)))
    assert [post["id"] for post in there.json("events")["events"]] == [item_id(2), item_id(1)]
    everything = there.json("events?since=2026-05-01")["events"]
    assert [post["id"] for post in everything] == [item_id(3), item_id(2), item_id(1)]
    assert len(there.json("events?limit=1")["events"]) == 1


@pytest.mark.parametrize("query", ["", "since=2026-05-01&", "tag=engagedlibraries&"])
def test_events_go_on_where_a_page_ended_also_when_one_of_them_is_over_or_new(query: str) -> None:
    def at(number: int, days: int) -> Shown:
        return shown(number, occasion=replace(SOON, starts_at=SOON.starts_at + timedelta(days=days)))

    there = Served(a_door(at(3, 0), at(1, 2), at(2, 2), at(4, 4)))
    first = there.json(f"events?{query}limit=2")
    assert [post["id"] for post in first["events"]] == [item_id(3), item_id(1)]
    there.door.publish(at(5, 1), at(6, 3))
    there.clock.at += 0.25
    second = there.json(first["next"].removeprefix(f"{PUBLIC_URL}{ROOT}/"))
    assert [post["id"] for post in second["events"]] == [item_id(2), item_id(6)]
    last = there.json(second["next"].removeprefix(f"{PUBLIC_URL}{ROOT}/"))
    assert [post["id"] for post in last["events"]] == [item_id(4)]
    assert last["next"] is None
    assert query.rstrip("&").replace("01", "01T00%3A00%3A00%2B00%3A00") in first["next"]


def test_more_events_than_the_store_is_asked_for_at_once_are_all_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resources, "MOST_OCCASIONS", 2)
    tags = [("rare",) if number == 5 else ("engagedlibraries",) for number in range(1, 6)]
    there = Served(
        a_door(*(shown(number, occasion=SOON, tags=each) for number, each in enumerate(tags, 1)))
    )
    found, path = [], "events?tag=rare"
    while path:
        answer = there.json(path)
        found += [post["id"] for post in answer["events"]]
        path = (answer["next"] or "").removeprefix(f"{PUBLIC_URL}{ROOT}/")
    assert found == [item_id(5)]


def test_an_event_leaves_the_list_when_it_is_over_though_nothing_changed() -> None:
    there = Served(a_door(shown(1, occasion=SOON)))
    assert len(there.json("events")["events"]) == 1
    assert SOON.ends_at
    there.now = SOON.ends_at + timedelta(seconds=1)
    assert there.json("events")["events"] == []


@pytest.mark.parametrize(
    "since", ["2026-05-22", "2026-05-22T13:00:00Z", "2026-05-22T15:00:00+02:00", "2026-05-22t13:00z"]
)
def test_a_moment_is_read_as_people_write_it(since: str) -> None:
    there = Served(a_door(shown(1, occasion=SOON)))
    assert len(there.json(f"events?since={since}")["events"]) == 1
    assert there.json("events?since=2026-05-22T13:00:01Z")["events"] == []


def test_tags_and_numbers_count_what_is_shown(there: Served) -> None:
    assert there.json("tags") == {"tags": [{"tag": "engagedlibraries", "posts": 60}]}
    numbers = there.json("stats")
    assert numbers["posts"] == 60
    assert numbers["languages"] == [{"language": "en", "posts": 60}]
    assert numbers["newest"] == "2026-05-19T12:00:00Z"


def test_whoever_follows_changes_ends_with_what_is_shown(there: Served) -> None:
    copies: dict[str, Any] = {}
    path = "changes?limit=7"

    def follow(path: str) -> str:
        while True:
            answer = there.json(path)
            copies.update({post["id"]: post for post in answer["posts"]})
            for gone in answer["gone"]:
                copies.pop(gone["id"], None)
            path = answer["next"].removeprefix(f"{PUBLIC_URL}{ROOT}/")
            if not answer["more"]:
                return str(path)

    path = follow(path)
    assert len(copies) == 60
    there.door.take_down(shown(4))
    there.door.publish(shown(61), replace(shown(5), excerpt="Shorter."))
    there.clock.at += 1
    path = follow(path)
    assert set(copies) == {item_id(number) for number in range(1, 62)} - {item_id(4)}
    assert copies[item_id(5)]["excerpt"] == "Shorter."
    assert there.json(path)["posts"] == []


def test_a_place_that_is_not_ours_means_to_begin_anew(there: Served) -> None:
    answer = there.json("changes?since=9000")
    assert (answer["everything"], answer["posts"], answer["until"]) == (True, [], 60)
