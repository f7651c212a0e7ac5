"""What choosing sees of a shown post: whose it is, which story it tells, how much was made of it."""

from dataclasses import replace
from typing import Any

import pytest

from aggregator.item import Author, Engagement, Flag, Item, Kind, Media
from aggregator.store.published import Candidate, Shown
from feeds.highlights.considered import Post, considered
from tests.feeds.invented import picture, shown


def made(number: int = 1, **more: Any) -> Shown:
    """Give a shown post; keywords are those of its item, unless it has them itself."""
    own = {name: more.pop(name) for name in ("place", "library", "pictures", "network") if name in more}
    base = shown(number)
    content = {"url": f"https://river.example/{number}", "title": "", "text": f"Short {number}"}
    return replace(base, item=Item(**{"author": Author(key=f"ana{number}"), **content, **more}), **own)


def seen(*candidates: Shown | Candidate) -> tuple[Post, ...]:
    all_ = [one if isinstance(one, Candidate) else Candidate(one) for one in candidates]
    return considered(all_, ["#EngagedLibraries"])


def are_one_story(*posts: Shown) -> bool:
    first, second, *_ = seen(*posts)
    return bool(first.stories & second.stories)


def test_a_blog_is_a_place_and_the_servers_of_a_network_are_one() -> None:
    first, second, blog = seen(
        Candidate(made(1, network="one.example"), source_kind="mastodon"),
        Candidate(made(2, network="two.example"), source_kind="mastodon"),
        Candidate(made(3, network="blog.example"), source_kind="feed"),
    )
    assert first.network == second.network == "mastodon"
    assert blog.network == "blog.example"


def test_posts_about_one_page_tell_one_story() -> None:
    article = made(1, url="https://blog.example/soup/")
    about = made(2, links=("https://blog.example/soup?utm_source=x#comments",))
    assert are_one_story(article, about)
    assert not are_one_story(article, made(3, links=("https://blog.example/bread",)))


@pytest.mark.parametrize(
    "link",
    [
        "https://library.example/",
        "https://social.example/tags/engagedlibraries",
        "https://social.example/@ben",
    ],
)
def test_home_pages_lists_and_people_are_no_story(link: str) -> None:
    assert not are_one_story(made(1, links=(link,)), made(2, links=(link,)))


def test_what_every_other_post_links_to_is_a_signpost() -> None:
    campaign = "https://campaign.example/take-part"
    posts = seen(*(made(number, links=(campaign,)) for number in range(5)))
    assert len(frozenset().union(*(post.stories for post in posts))) == 5  # only their own addresses
    few = seen(*(made(number, links=(campaign,)) for number in range(4)))
    assert few[0].stories & few[1].stories


def test_the_same_words_in_two_places_are_one_story() -> None:
    words = "We open the back door, put out six chairs, and whoever comes by reads."
    assert are_one_story(made(1, text=words), made(2, text=f" {words.upper()}"))
    assert not are_one_story(made(1, text="Hello!"), made(2, text="Hello!"))


def test_answering_weighs_more_than_passing_on_and_liking() -> None:
    (none, said_nothing, counted, odd) = seen(
        made(1),
        Candidate(made(2), Engagement()),
        Candidate(made(3), Engagement(likes=5, shares=None, replies=2)),
        Candidate(made(4), Engagement(likes=-3)),
    )
    assert (none.counts, said_nothing.counts, counted.counts, odd.counts) == (None, None, 11, 0)


def test_names_are_compared_without_capitals_and_the_campaigns_tag_is_no_topic() -> None:
    (post,) = seen(
        made(1, library="  Riverside  LIBRARY ", place="Riverside", tags=("engagedlibraries", "soup"))
    )
    assert (post.library, post.place, post.topics) == ("riverside library", "riverside", {"soup"})


def test_who_is_called_like_a_named_library_is_that_library() -> None:
    one, other, else_ = seen(
        made(1, library="River Library"),
        made(2, author=Author(key="blog", name="RIVER  library")),
        made(3, author=Author(key="ana", name="Ana")),
    )
    assert one.house == other.house
    assert else_.library == ""


def test_an_author_without_a_key_is_still_somebody() -> None:
    unnamed = replace(made(1), item=replace(made(1).item, author=Author()))
    named = replace(made(2), item=replace(made(2).item, author=Author(name="Ana")))
    posts = seen(unnamed, named)
    assert posts[0].author == unnamed.id
    assert posts[1].author == "ana"


def test_what_must_be_asked_before_showing_is_sensitive() -> None:
    posts = seen(
        made(1, flags=frozenset({Flag.SENSITIVE})),
        made(2, warning="spiders"),
        made(3, kind=Kind.COMMENT),
        made(4),
    )
    assert [post.is_sensitive for post in posts] == [True, True, False, False]
    assert [post.is_comment for post in posts] == [False, False, True, False]


def test_a_picture_without_words_is_not_described() -> None:
    posts = seen(
        made(1),
        made(
            2, media=(Media("https://x.example/1", "image"),), pictures=(replace(picture(), alt=None),)
        ),
        made(3, pictures=(replace(picture(), alt="A cat"), replace(picture(), alt=""))),
    )
    assert [post.is_described for post in posts] == [True, False, True]


def test_a_name_of_two_words_says_who_it_is_and_a_single_one_does_not() -> None:
    long = Author("Tobias  LINDQVIST-Rao", key="feed:blog.example/1")
    first, second = seen(made(1, author=long), made(2, author=Author("Ana", key="ana")))
    assert (first.name, second.name) == ("tobias lindqvist-rao", "")
