"""The invented campaign: what is in it, how the stand-in's API and feeds answer, what happens later."""

import json
import re
from collections import Counter
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from aggregator.clean import clean
from aggregator.collectors import feed, mastodon
from aggregator.dialects.statuses import read as read_statuses
from aggregator.parse import parse_feed
from engaged.configure import configure
from engaged.demo import blogs, plan, timeline
from engaged.demo.config import NOTICE, config_text
from engaged.demo.content import NETWORKS, content
from engaged.demo.journal import Happened, Journal
from engaged.demo.opening import afterwards, firsts
from engaged.demo.pictures import names, scenes
from engaged.demo.world import Entry, Status
from engaged.terminal import WrongUse
from tests.engaged.an_invented_world import BEGAN, a_plan, a_world, after

TAG = "EngagedLibraries"


def shots() -> list[str]:
    """Give the name of every picture that a post or an article has."""
    known = content()
    posts = [*known.posts, *known.later]
    of_posts = [shot.draw for post in posts for shot in post.pictures]
    return [*of_posts, *(shot.draw for article in known.articles for shot in article.pictures)]


def ids(answer: timeline.Answer) -> list[int]:
    return [int(status["id"]) for status in answer.body]


def ask(server: str = "lamplight", **query: str) -> timeline.Answer:
    return timeline.by_hashtag(a_world(), server, TAG, {name: [value] for name, value in query.items()})


def all_ids(server: str = "lamplight") -> list[int]:
    """Give the ids of a whole timeline, newest first, without the API."""
    return [status.id for status in a_world().statuses[server]]


def test_the_campaign_has_enough_posts_in_enough_languages_with_enough_pictures() -> None:
    first = a_world()
    posts = {status.uri: status.post.language for there in first.statuses.values() for status in there}
    languages = Counter(posts.values())

    assert len(posts) >= 120
    assert len([language for language, count in languages.items() if count >= 4]) >= 7
    assert {"en", "es", "am", "fil", "fr", "yo", "ar"} <= set(languages)
    assert len({name for name in shots() if name not in names.NO_PICTURES}) >= 25


def test_every_key_is_said_once_and_every_author_picture_and_answered_post_is_there() -> None:
    known = content()
    keys = Counter(post.key for post in (*known.posts, *known.later))

    assert [key for key, count in keys.items() if count > 1] == []
    assert {post.by for post in (*known.posts, *known.later)} <= set(known.people)
    assert {post.answers for post in known.posts} <= {*keys, ""}
    assert {article.blog for article in known.articles} == set(known.blogs)
    assert [name for name in shots() if not names.is_known(name) and name not in names.NO_PICTURES] == []


def test_enough_is_shown_at_first_and_enough_waits() -> None:
    decided = Counter(first.then for first in firsts(a_world()).values())
    known = content()

    assert decided["approve"] >= 35
    assert decided["feature"] >= 3
    assert decided["reject"] >= 4
    assert decided["hold"] >= 2
    assert len(known.posts) + len(known.articles) - decided.total() >= 50


@pytest.mark.parametrize("server", NETWORKS)
def test_every_post_of_a_server_is_read_by_the_collector(server: str) -> None:
    first = a_world()
    written = [timeline.as_json(status, first) for status in first.statuses[server]]
    home = mastodon.home(mastodon.Options(server=first.plan.origin(server), tag=TAG))

    parsed = read_statuses(json.dumps(written).encode(), home)
    found = [clean(item, home=home, now=after(1)) for item in parsed.items]

    assert parsed.skipped == ()
    assert len(found) == len(first.statuses[server])
    assert all("engagedlibraries" in one.item.tags for one in found)


@pytest.mark.parametrize("blog", sorted(content().blogs))
def test_every_article_of_a_blog_is_read_by_the_collector(blog: str) -> None:
    first = a_world()
    url = first.plan.origin("blogs") + blogs.FEEDS[blog]
    home = feed.home(feed.Options(url=url))
    pages = (
        [blogs.feed(first, blog, page) for page in (1, 2)]
        if blog == "saltmarsh"
        else [blogs.feed(first, blog, 1)]
    )

    parsed = [parse_feed(page.encode(), blogs.TYPES[blog], url, home) for page in pages if page]

    assert [page.skipped for page in parsed] == [()] * len(parsed)
    assert sum(len(page.items) for page in parsed) == len(first.entries[blog])
    assert parsed[0].is_wordpress == (blog == "saltmarsh")


def test_a_post_that_both_networks_have_is_one_by_its_uri() -> None:
    lamplight, harbour = (a_world().by_key(server, "porridge-club") for server in NETWORKS)

    assert lamplight is not None
    assert harbour is not None
    assert (lamplight.uri, lamplight.url) == (harbour.uri, harbour.url)
    assert lamplight.id != harbour.id


def test_a_page_holds_forty_posts_at_most_and_twenty_when_nobody_says() -> None:
    assert ids(ask()) == all_ids()[:20]
    assert ids(ask(limit="80")) == all_ids()[:40]
    assert ids(ask(limit="3")) == all_ids()[:3]


def test_max_id_gives_what_lies_directly_below() -> None:
    known = all_ids()
    assert ids(ask(max_id=str(known[4]), limit="3")) == known[5:8]


def test_min_id_gives_what_lies_directly_above_and_since_id_the_newest() -> None:
    known = all_ids()
    assert ids(ask(min_id=str(known[9]), limit="3")) == known[6:9]
    assert ids(ask(since_id=str(known[9]), limit="3")) == known[:3]


def test_walking_up_and_down_meets_every_post_once() -> None:
    known, up, down = all_ids(), [0], [2**63]
    while page := ids(ask(min_id=str(up[-1]), limit="7")):
        up += reversed(page)
    while page := ids(ask(max_id=str(down[-1]), limit="7")):
        down += page

    assert up[1:] == known[::-1]
    assert down[1:] == known


def test_links_lead_on_and_an_empty_page_has_none() -> None:
    known = all_ids()
    (link,) = [value for name, value in ask(limit="2").headers if name == "Link"]

    assert f'limit=2&max_id={known[1]}>; rel="next"' in link
    assert f'limit=2&min_id={known[0]}>; rel="prev"' in link
    assert ask(min_id=str(known[0])).headers == ()


def test_local_leaves_out_the_other_network_and_any_adds_other_hashtags() -> None:
    first = a_world()
    local = timeline.by_hashtag(first, "harbour", TAG, {"local": ["true"], "limit": ["40"]})
    seeds = timeline.by_hashtag(first, "lamplight", "nothing", {"any[]": ["SeedLibrary"]})

    assert {status["account"]["acct"].partition("@")[2] for status in local.body} == {"harbour.example"}
    assert [status["id"] for status in seeds.body] == [
        str(getattr(first.by_key("lamplight", "seed-swap"), "id", 0))
    ]


def test_a_hashtag_nobody_used_gives_an_empty_page() -> None:
    assert timeline.by_hashtag(a_world(), "lamplight", "nothing", {}) == timeline.Answer(200, [])


def test_asking_for_ids_gives_those_that_there_are() -> None:
    first, known = a_world(), all_ids()

    found = timeline.by_ids(first, "lamplight", {"id[]": [str(known[3]), "12", str(known[1])]})

    assert ids(found) == [known[3], known[1]]
    assert timeline.by_ids(first, "lamplight", {"id[]": ["1"] * 21}).code == 422
    assert timeline.by_id(first, "lamplight", "12") == timeline.Answer(
        404, {"error": "Record not found"}
    )


def test_a_deleted_post_is_gone_from_both_networks() -> None:
    later = a_world(Happened(after(1), "delete", "porridge-club"))

    assert [later.by_key(server, "porridge-club") for server in NETWORKS] == [None, None]


def test_an_edited_post_has_its_new_words_and_says_when() -> None:
    later = a_world(Happened(after(1), "edit", "quilt", "Now with words from {library}"))
    status = later.by_key("harbour", "quilt")
    assert isinstance(status, Status)

    written = timeline.as_json(status, later)

    assert (
        "Now with words from {library}" in written["content"]
    )  # what people write is filled in nowhere
    assert written["edited_at"] == "2026-10-05T12:01:00.000Z"


def test_new_posts_come_round_again_with_new_ids() -> None:
    pool = len(content().later)
    later = a_world(*(Happened(after(n), "appear", str(n)) for n in (0, pool)))
    first, again = (
        one for one in reversed(later.statuses["lamplight"]) if one.post == content().later[0]
    )

    assert (first.text, first.at) != (again.text, again.at)
    assert first.text == again.text
    assert first.id < again.id


def test_a_deleted_article_is_said_by_atom_and_only_by_atom() -> None:
    later = a_world(Happened(after(1), "delete", "elsauce/se-borrara"))
    text = blogs.feed(later, "elsauce", 1)
    assert text

    parsed = parse_feed(
        text.encode(), blogs.TYPES["elsauce"], "http://localhost:4003/a", "localhost:4003"
    )

    assert [identity for identity in parsed.gone if identity.endswith("/elsauce/se-borrara")]
    assert not [item for item in parsed.items if item.url.endswith("/se-borrara")]
    entry = later.entry("elsauce", "se-borrara")
    assert isinstance(entry, Entry)
    assert entry.gone_at == after(1)


def test_behind_the_last_page_of_a_feed_is_nothing() -> None:
    assert blogs.feed(a_world(), "saltmarsh", 2)
    assert blogs.feed(a_world(), "saltmarsh", 3) is None


def test_all_addresses_of_a_post_are_on_this_computer_but_those_that_authors_wrote() -> None:
    first = a_world()
    written = [timeline.as_json(status, first) for there in first.statuses.values() for status in there]
    for status in written:
        del status["content"], status["account"]["note"], status["account"]["display_name"]

    hosts = set(re.findall(r"https?://([^/\"]*)", json.dumps(written)))

    assert hosts == {"localhost:4001", "localhost:4002"}


def test_what_authors_link_to_is_on_this_computer_or_nowhere() -> None:
    first = a_world()
    everything = " ".join(
        timeline.as_json(one, first)["content"] for there in first.statuses.values() for one in there
    )

    hosts = set(re.findall(r"https?://([^/\"<]+)", everything))
    elsewhere = {host for host in hosts if not host.startswith("localhost:40")}
    assert elsewhere
    assert {host for host in elsewhere if not host.endswith(".example")} == set()


def test_the_demo_s_config_is_a_right_one_and_asks_this_computer_only(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(config_text(a_plan()))

    settings = configure(file, {}).settings

    assert settings.notice == NOTICE
    assert {str(network) for network in settings.network.allow_addresses} == {"127.0.0.0/8", "::1/128"}
    (campaign,) = settings.campaigns
    addresses = [source.options.model_dump() for source in campaign.sources]
    assert len(addresses) == 5
    assert all("//localhost:40" in str(one.get("url") or one.get("server")) for one in addresses)


def test_the_same_name_is_the_same_picture() -> None:
    first, again = (scenes.as_file("kite-1", "png") for _ in range(2))

    assert first == again
    assert Image.open(BytesIO(first)).size == names.size_of("kite-1")


@pytest.mark.parametrize("scene", names.SCENES)
def test_every_scene_can_be_drawn_and_shows_something(scene: str) -> None:
    picture = scenes.drawn(f"{scene}-1")

    assert picture.size == names.size_of(f"{scene}-1")
    colours = picture.resize((60, 40)).getcolors(60 * 40)
    assert colours is not None
    assert len(colours) > 20


def test_the_journal_goes_on_after_a_line_that_was_cut_off(tmp_path: Path) -> None:
    Journal(tmp_path).add(Happened(BEGAN, "appear", "0"))
    with (tmp_path / "journal.jsonl").open("a") as file:
        file.write('{"at": "2026-10-05T1')

    Journal(tmp_path).add(Happened(after(1), "appear", "1"))

    assert [event.key for event in Journal(tmp_path).events] == ["0", "1"]


def test_some_authors_change_their_minds_once_it_was_moderated() -> None:
    happened = Counter(event.what for event in afterwards(a_plan(), BEGAN))
    assert happened == {"edit": 2, "delete": 2}


def test_a_plan_is_kept_for_its_user_only_and_read_again(tmp_path: Path) -> None:
    plan.write(a_plan(), tmp_path / "demo")

    assert plan.read(tmp_path / "demo") == a_plan()
    assert (tmp_path / "demo" / plan.FILE).stat().st_mode & 0o777 == 0o600
    assert plan.read(tmp_path) is None


def test_a_demo_lasts_a_day_and_a_broken_off_one_not_at_all() -> None:
    assert not a_plan().is_over(BEGAN + timedelta(hours=23))
    assert a_plan().is_over(BEGAN + timedelta(days=1))
    assert plan.new_plan(BEGAN, 1, [2, 3, 4, 5, 6, 7]).is_over(BEGAN)


def test_a_password_is_long_enough_and_another_each_time() -> None:
    made = {plan.new_plan(BEGAN, 1, [2, 3, 4, 5, 6, 7]).password for _ in range(20)}

    assert len(made) == 20
    assert min(map(len, made)) >= 15


def test_a_folder_that_holds_no_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("three years")

    with pytest.raises(WrongUse, match="holds something that is no demo"):
        plan.forget(tmp_path)
    assert (tmp_path / "thesis.txt").exists()
