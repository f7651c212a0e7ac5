"""Pictures come in, are seen, shown and taken back; whatever ends the worker in the middle."""

import asyncio
import logging
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from aggregator import picture_files
from aggregator.copies import Refusal, held_file
from aggregator.errors import (
    AddressRefused,
    Busy,
    FetchError,
    HostPaused,
    Missing,
    NotConnected,
    NotUnderstood,
    TooCostly,
    TooLarge,
)
from aggregator.item import Action, Media
from aggregator.pictures import PAUSES, REST, SWEEP_EVERY, Pictures, after_failure
from aggregator.store import models, pictures, public_copies, published, runs
from aggregator.store.pictures import LEASE, Due
from aggregator.store.preview import master_of, missing_pictures, shown_as_if_approved
from aggregator.store.queue import listing
from tests.aggregator.store.making import SLUG, claim, decide, declare, found, post, take
from tests.drawing import jpeg
from tests.studio import Studio, image

MINUTE = timedelta(minutes=1)


@pytest.fixture
def studio(writer: Engine, tmp_path: Path, now: datetime) -> Iterator[Studio]:
    made = Studio(writer, tmp_path / "media", now)
    declare(writer, now, "river")
    yield made
    made.close()


def collect(studio: Studio, *media: Media, number: int = 1, **more: Any) -> str:
    """Collect one post with these pictures; give its id."""
    claimed = claim(studio.engine, studio.now, "river")
    take(studio.engine, claimed, studio.now, found(post(number, media=media, **more)))
    with studio.engine.begin() as connection:
        runs.release(connection, "w")
        return next(one.id for one in listing(connection, limit=0) if one.item.title == f"Post {number}")


def row(studio: Studio, address: str = "https://pictures.example/bus.jpg") -> Any:
    with studio.engine.connect() as connection:
        return connection.execute(select(models.media).where(models.media.c.address == address)).one()


def shown(studio: Studio) -> dict[str, published.Shown]:
    return {one.id: one for one in published.Door(studio.engine).latest(SLUG, 50)}


def is_served(studio: Studio, key: str) -> bool:
    return published.Door(studio.engine).picture_is_shown(key, 160, studio.public)


@pytest.fixture
def approved(studio: Studio) -> str:
    """Give the id of a shown post with one picture that is public."""
    studio.web[image("bus").url] = jpeg()
    item = collect(studio, image("bus", alt="A bus"))
    studio.work()
    decide(studio.engine, Action.APPROVE, item, studio.now)
    studio.work()
    return item


def test_a_picture_is_fetched_once_and_only_its_master_is_kept(studio: Studio) -> None:
    studio.web[image("bus").url] = jpeg(2000, 1500)
    collect(studio, image("bus"))
    studio.work()
    studio.work()
    kept = row(studio)
    assert (kept.state, kept.width, kept.height, kept.widths) == ("ready", 960, 720, "")
    assert studio.files("held") == {f"{kept.key}-960.webp"}
    assert studio.files("public") == set()
    assert studio.asked == [image("bus").url]


def test_who_is_signed_in_sees_the_master_before_approval_and_nobody_else(studio: Studio) -> None:
    studio.web[image("bus").url] = jpeg()
    item = collect(studio, image("bus", alt="A bus"))
    studio.work()
    with studio.engine.connect() as connection:
        preview = shown_as_if_approved(connection, item)
        assert preview
        (picture,) = preview.pictures
        assert (picture.widths, picture.formats, picture.alt) == ((640,), ("webp",), "A bus")
        assert master_of(connection, picture.key)
        assert held_file(studio.folder, picture.key, 640).is_file()
    assert not is_served(studio, picture.key)
    assert shown(studio) == {}


def test_approval_makes_copies_of_what_was_seen_and_has_the_pages_drawn_again(
    studio: Studio, approved: str
) -> None:
    (picture,) = shown(studio)[approved].pictures
    assert picture.widths == (160, 320, 640)
    assert (picture.width, picture.height, picture.alt) == (640, 480, "A bus")
    assert len(studio.files("public")) == 9
    assert is_served(studio, picture.key)
    touched = published.Door(studio.engine).touched(SLUG, 1)
    assert (touched.version, touched.items) == (2, {approved})
    assert studio.asked == [image("bus").url]


def test_a_picture_that_comes_after_approval_is_shown_then(studio: Studio) -> None:
    item = collect(studio, image("bus"))
    decide(studio.engine, Action.APPROVE, item, studio.now)
    studio.web[image("bus").url] = NotConnected("no route")
    studio.work()
    assert shown(studio)[item].pictures == ()
    studio.web[image("bus").url] = jpeg()
    studio.now += 2 * MINUTE
    studio.work()
    assert len(shown(studio)[item].pictures) == 1


@pytest.mark.parametrize("action", [Action.TAKE_DOWN, Action.REJECT, Action.WITHDRAW, Action.HOLD])
def test_what_leaves_the_public_takes_its_picture_along_at_once(
    studio: Studio, approved: str, action: Action
) -> None:
    (picture,) = shown(studio)[approved].pictures
    decide(studio.engine, action, approved, studio.now)
    assert not is_served(studio, picture.key)
    studio.work()
    assert studio.files("public") == set()
    assert row(studio).widths == ""


def test_undo_brings_the_picture_back_without_asking_for_it_again(studio: Studio, approved: str) -> None:
    decide(studio.engine, Action.TAKE_DOWN, approved, studio.now)
    studio.work()
    decide(studio.engine, Action.UNDO, approved, studio.now)
    studio.work()
    assert len(shown(studio)[approved].pictures) == 1
    assert len(studio.files("public")) == 9
    assert studio.asked == [image("bus").url]


def test_a_master_goes_when_every_post_that_had_it_is_withdrawn(studio: Studio) -> None:
    studio.web[image("bus").url] = jpeg()
    one, other = (collect(studio, image("bus"), number=number) for number in (1, 2))
    studio.work()
    decide(studio.engine, Action.WITHDRAW, one, studio.now)
    studio.work()
    assert len(studio.files("held")) == 1
    decide(studio.engine, Action.WITHDRAW, other, studio.now)
    studio.work()
    assert studio.files("held") == set()
    with studio.engine.connect() as connection:
        assert master_of(connection, row(studio).key) is None


def test_a_withdrawal_undone_wants_exactly_the_picture_that_was_seen(
    studio: Studio, approved: str
) -> None:
    decide(studio.engine, Action.WITHDRAW, approved, studio.now)
    studio.work()
    assert studio.files("held") == set()
    decide(studio.engine, Action.UNDO, approved, studio.now)
    studio.work()
    assert len(shown(studio)[approved].pictures) == 1


def test_another_picture_at_the_same_address_never_takes_the_place_of_the_one_that_was_seen(
    studio: Studio, approved: str
) -> None:
    decide(studio.engine, Action.WITHDRAW, approved, studio.now)
    studio.work()
    studio.web[image("bus").url] = jpeg(seed=9)
    decide(studio.engine, Action.UNDO, approved, studio.now)
    studio.work()
    assert shown(studio)[approved].pictures == ()
    assert (row(studio).state, row(studio).error) == ("refused", "changed")


def test_two_posts_share_one_picture_until_neither_is_shown(studio: Studio) -> None:
    studio.web |= {image("bus").url: jpeg(), image("same").url: jpeg()}
    one = collect(studio, image("bus"), number=1)
    other = collect(studio, image("same"), number=2)
    studio.work()
    for item in (one, other):
        decide(studio.engine, Action.APPROVE, item, studio.now)
    studio.work()
    assert len(studio.files("held")) == 1
    assert len(studio.files("public")) == 9
    (picture,) = shown(studio)[one].pictures
    decide(studio.engine, Action.TAKE_DOWN, one, studio.now)
    studio.work()
    assert is_served(studio, picture.key)
    assert len(studio.files("public")) == 9
    decide(studio.engine, Action.TAKE_DOWN, other, studio.now)
    studio.work()
    assert not is_served(studio, picture.key)
    assert studio.files("public") == set()


def test_an_edit_shows_its_new_picture_only_when_it_was_approved(studio: Studio, approved: str) -> None:
    before = shown(studio)[approved].pictures
    studio.web[image("new").url] = jpeg(seed=5)
    studio.now += MINUTE
    claimed = claim(studio.engine, studio.now, "river")
    edited = post(1, "Other words", media=(image("new"),))
    take(studio.engine, claimed, studio.now, found(edited), on_edit="keep")
    studio.work()
    assert shown(studio)[approved].pictures == before
    new = row(studio, image("new").url)
    assert not is_served(studio, new.key)
    decide(studio.engine, Action.APPROVE, approved, studio.now)
    studio.work()
    assert [one.key for one in shown(studio)[approved].pictures] == [new.key]
    assert not is_served(studio, before[0].key)
    assert all(name.startswith(new.key) for name in studio.files("public"))


def test_a_campaign_that_hides_pictures_has_none_in_public(studio: Studio, approved: str) -> None:
    studio.public = ()
    studio.restart()
    studio.work()
    assert shown(studio)[approved].pictures == ()
    assert studio.files("public") == set()
    assert len(studio.files("held")) == 1
    assert published.Door(studio.engine).touched(SLUG, 2).items == {approved}


def test_only_the_first_four_pictures_and_the_posters_of_films_are_kept(studio: Studio) -> None:
    film = Media("https://films.example/a.mp4", "video", poster=image("poster").url)
    sound = Media("https://films.example/a.mp3", "audio")
    tracker = image("tracker", width=1, height=1)
    media = (tracker, film, sound, *(image(f"p{number}") for number in range(1, 5)))
    collect(studio, *media)
    studio.web |= {
        image(name).url: jpeg(seed=number)
        for number, name in enumerate(("tracker", "poster", "p1", "p2", "p3", "p4"))
    }
    studio.work()
    assert sorted(studio.asked) == [image(name).url for name in ("p1", "p2", "p3", "poster")]


def test_a_poster_says_which_film_it_stands_for(studio: Studio) -> None:
    sound = Media("https://films.example/a.mp3", "audio")
    film = Media("https://films.example/a.mp4", "video", poster=image("poster").url)
    studio.web |= {image("poster").url: jpeg(seed=1), image("p1").url: jpeg(seed=2)}
    item = collect(studio, sound, film, image("p1"))
    decide(studio.engine, Action.APPROVE, item, studio.now)
    studio.work()
    assert [one.film for one in shown(studio)[item].pictures] == [1, None]


def test_words_of_moderators_belong_to_their_pictures(studio: Studio) -> None:
    studio.web |= {image("a").url: b"no picture", image("b").url: jpeg()}
    item = collect(studio, image("a", alt="one"), image("b", alt="two", credit="Ana"))
    studio.work()
    changes = {"alt": "ours", "alt-2": "ours, too", "licence": "CC BY 4.0"}
    decide(studio.engine, Action.AMEND, item, studio.now, changes=changes)
    decide(studio.engine, Action.APPROVE, item, studio.now)
    studio.work()
    (picture,) = shown(studio)[item].pictures
    assert (picture.number, picture.alt, picture.credit, picture.licence) == (
        2,
        "ours, too",
        "Ana",
        "CC BY 4.0",
    )
    assert [media.alt for media in shown(studio)[item].item.media] == ["ours", "ours, too"]


def test_what_is_no_picture_is_refused_with_a_sentence_and_the_post_keeps_its_words(
    studio: Studio,
) -> None:
    studio.web[image("bus").url] = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
    item = collect(studio, image("bus"))
    studio.work()
    with studio.engine.connect() as connection:
        (missing,) = missing_pictures(connection, item)
    assert (missing.state, missing.code) == ("refused", "not-a-picture")
    assert "JPEG" in missing.sentence
    decide(studio.engine, Action.APPROVE, item, studio.now)
    studio.work()
    assert shown(studio)[item].item.text.startswith("Story time")
    assert shown(studio)[item].pictures == ()
    assert len(studio.asked) == 1


def test_a_failure_that_may_pass_is_tried_five_times_with_growing_pauses(studio: Studio) -> None:
    studio.web[image("bus").url] = NotConnected("no route")
    item = collect(studio, image("bus"))
    asked_at = [studio.now]
    studio.work()
    while row(studio).state == "wanted":
        studio.now = row(studio).due_at - timedelta(seconds=1)
        studio.work()
        assert len(studio.asked) == len(asked_at)
        studio.now += timedelta(seconds=1)
        studio.work()
        asked_at.append(studio.now)
    pauses = [later - earlier for earlier, later in pairwise(asked_at)]
    assert (pauses, len(studio.asked)) == (list(PAUSES), 5)
    with studio.engine.connect() as connection:
        (missing,) = missing_pictures(connection, item)
    assert (missing.state, missing.code) == ("refused", "not-connected")


A_DUE = Due(1, SLUG, "https://pictures.example/a.jpg", "", None, 0, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("error", [AddressRefused("private"), TooLarge("17 MB")])
def test_some_failures_are_for_good(error: FetchError, now: datetime) -> None:
    assert after_failure(error, A_DUE, now).again is None


def test_a_host_that_rests_was_not_asked(now: datetime) -> None:
    paused = HostPaused("not asked", retry_at=now + timedelta(hours=1))
    trial = after_failure(paused, A_DUE, now)
    assert (trial.tries, trial.again) == (0, now + timedelta(hours=1))


def test_a_server_that_asks_for_patience_gets_it(now: datetime) -> None:
    busy = Busy("slow down", retry_at=now + timedelta(hours=2))
    assert after_failure(busy, A_DUE, now).again == now + timedelta(hours=2)


def test_pictures_of_rejected_posts_are_not_fetched_until_somebody_looks_again(studio: Studio) -> None:
    studio.web[image("bus").url] = jpeg()
    item = collect(studio, image("bus"))
    decide(studio.engine, Action.REJECT, item, studio.now)
    studio.work()
    assert studio.asked == []
    decide(studio.engine, Action.UNDO, item, studio.now)
    studio.work()
    assert studio.asked == [image("bus").url]


def test_newest_posts_come_first_and_one_host_is_asked_for_one_picture_at_a_time(
    studio: Studio,
) -> None:
    at_once: list[str] = []
    most: list[int] = []

    class Watching(dict[str, bytes | Exception]):
        def get(self, url: str, otherwise: Any = None) -> Any:
            at_once.append(url)
            most.append(sum(task is not None for task in studio.pictures._asked))
            return jpeg()

    studio.web = Watching()
    for number in range(5):
        collect(
            studio,
            image(f"p{number}"),
            number=number,
            published_at=studio.now - timedelta(days=number),
        )
    studio.work()
    assert at_once == [image(f"p{number}").url for number in range(5)]
    assert set(most) == {1}


def test_a_disk_that_is_full_costs_time_and_no_try(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    studio.web[image("bus").url] = jpeg()
    collect(studio, image("bus"))
    with monkeypatch.context() as patched, caplog.at_level(logging.CRITICAL):
        patched.setattr(picture_files, "write", full)
        studio.work()
    assert (row(studio).state, row(studio).error, row(studio).tries) == ("wanted", "not-stored", 0)
    studio.now += REST
    studio.work()
    assert row(studio).state == "ready"


def test_a_picture_that_costs_too_much_is_tried_once_more_and_then_refused(studio: Studio) -> None:
    async def costly(task: str, *_: Any) -> Any:
        raise TooCostly("it used up its processor time")

    studio.in_child = costly
    studio.restart()
    studio.web[image("bus").url] = jpeg()
    collect(studio, image("bus"))
    studio.work()
    assert row(studio).state == "wanted"
    studio.now += REST
    studio.work()
    assert (row(studio).state, row(studio).error) == ("refused", "too-costly")


def test_a_decoder_that_breaks_costs_the_picture(studio: Studio) -> None:
    async def breaking(task: str, *_: Any) -> Any:
        raise NotUnderstood("redraw broke: RuntimeError")

    studio.in_child = breaking
    studio.restart()
    studio.web[image("bus").url] = jpeg()
    collect(studio, image("bus"))
    studio.work()
    assert (row(studio).state, row(studio).error) == ("refused", "damaged")


# A worker that dies


class Killed(BaseException):
    """Ends a worker wherever it is raised, as kill -9 would: nothing below it is tidied up."""


def killed(studio: Studio, monkeypatch: pytest.MonkeyPatch, before: Callable[..., Any]) -> None:
    """Let a worker end before a piece of work, and forget it; the next one starts after its lease."""
    act = Pictures._do

    async def until_then(self: Pictures, work: Callable[..., Any], **arguments: Any) -> Any:
        if work in (before, public_copies.release):  # who is killed gives nothing back
            raise Killed
        return await act(self, work, **arguments)

    with monkeypatch.context() as patched:
        patched.setattr(Pictures, "_do", until_then)
        with pytest.raises(Killed):
            asyncio.run(_until_death(studio))
    studio.now += LEASE
    studio.restart()


async def _until_death(studio: Studio) -> None:
    await studio.pictures.turn()
    under_way = {*studio.pictures._asked, *studio.pictures._matching}
    done, _ = await asyncio.wait(under_way)
    for task in done:
        task.result()


def test_killed_between_the_file_of_a_master_and_its_row(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.web[image("bus").url] = jpeg()
    collect(studio, image("bus"))
    killed(studio, monkeypatch, before=pictures.keep)
    assert row(studio).state == "wanted"
    assert len(studio.files("held")) == 1
    studio.work()
    assert row(studio).state == "ready"
    assert len(studio.files("held")) == 1


def test_killed_between_the_files_of_copies_and_their_row(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.web[image("bus").url] = jpeg()
    item = collect(studio, image("bus"))
    studio.work()
    decide(studio.engine, Action.APPROVE, item, studio.now)
    killed(studio, monkeypatch, before=public_copies.publish)
    assert len(studio.files("public")) == 9
    assert not is_served(studio, row(studio).key)
    studio.work()
    assert len(shown(studio)[item].pictures) == 1


def test_killed_between_the_row_and_the_removal_of_files(
    studio: Studio, approved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(studio.engine, Action.TAKE_DOWN, approved, studio.now)
    with monkeypatch.context() as patched:
        patched.setattr(picture_files, "remove", lambda _: None)
        killed(studio, monkeypatch, before=public_copies.forget)
    assert not is_served(studio, row(studio).key)
    assert len(studio.files("public")) == 9
    aged(studio)
    studio.work()
    assert studio.files("public") == set()
    assert len(studio.files("held")) == 1


def aged(studio: Studio) -> None:
    """Make every file older than any lease."""
    old = (studio.now - 2 * LEASE).timestamp()
    for file in studio.folder.rglob("*"):
        if file.is_file():
            os.utime(file, (old, old))


def test_a_sweep_removes_what_nothing_tells_of_and_leaves_what_somebody_may_be_writing(
    studio: Studio, approved: str
) -> None:
    before = studio.files("held") | studio.files("public")
    strays = [
        held_file(studio.folder, "ab" * 12, 640),
        studio.folder / "public" / "ab" / f"{'ab' * 12}-320.jpg",
        studio.folder / "public" / "ab" / f".{'ab' * 12}-320.jpg.0a1b2c3d",
    ]
    for stray in strays:
        stray.parent.mkdir(parents=True, exist_ok=True)
        stray.write_bytes(b"x")
    aged(studio)
    young = held_file(studio.folder, "cd" * 12, 640)
    young.parent.mkdir(parents=True, exist_ok=True)
    young.write_bytes(b"x")
    os.utime(young, (studio.now.timestamp(), studio.now.timestamp()))
    studio.restart()
    studio.work()
    assert studio.files("held") | studio.files("public") == before | {young.name}


def test_a_sweep_has_lost_copies_made_again(
    studio: Studio, approved: str, caplog: pytest.LogCaptureFixture
) -> None:
    lost = sorted((studio.folder / "public").rglob("*.avif"))[0]
    lost.unlink()
    studio.now += SWEEP_EVERY
    with caplog.at_level(logging.ERROR):
        studio.work()
    assert lost.is_file()
    assert len(shown(studio)[approved].pictures) == 1


def test_a_master_that_is_lost_is_wanted_again_and_found_again_where_it_was(
    studio: Studio, approved: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A disk that was not there for a while: nothing is asked anew once it is back."""
    elsewhere = studio.folder.with_name("unmounted")
    studio.folder.rename(elsewhere)
    studio.web[image("bus").url] = NotConnected("no route")
    studio.now += SWEEP_EVERY
    with caplog.at_level(logging.ERROR):
        studio.work()
        assert shown(studio)[approved].pictures == ()
        elsewhere.rename(studio.folder)
        studio.now += SWEEP_EVERY
        studio.work()
    assert len(shown(studio)[approved].pictures) == 1


def test_files_are_for_this_user_alone(studio: Studio, approved: str) -> None:
    folders = [studio.folder, *(place for place in studio.folder.rglob("*") if place.is_dir())]
    assert {place.stat().st_mode & 0o777 for place in folders} == {0o700}


# Two workers


def test_two_workers_never_take_the_same_picture(studio: Studio) -> None:
    for number in range(6):
        collect(studio, Media(f"https://h{number}.example/a.jpg", "image"), number=number)

    with studio.engine.begin() as connection:
        taken = pictures.take(connection, [SLUG], [], studio.now, 4)
        if connection.dialect.name == "postgresql":
            with studio.engine.begin() as other:  # nobody waits for who is choosing
                assert pictures.take(other, [SLUG], [], studio.now, 4) == []
    with studio.engine.begin() as connection:
        rest = pictures.take(connection, [SLUG], [], studio.now, 4)
    assert (len(taken), len(rest)) == (4, 2)
    assert not {one.id for one in taken} & {one.id for one in rest}


def test_a_worker_whose_lease_ran_out_writes_nothing(studio: Studio) -> None:
    collect(studio, image("bus"))
    with studio.engine.begin() as connection:
        (slow,) = pictures.take(connection, [SLUG], [], studio.now, 1)
    with studio.engine.begin() as connection:
        (quick,) = pictures.take(connection, [SLUG], [], studio.now + LEASE, 1)
    with studio.engine.begin() as connection:
        assert not pictures.refuse(connection, slow, Refusal("x", "X."))
        assert pictures.refuse(connection, quick, Refusal("y", "Y."))
    assert row(studio).error == "y"


def test_missing_is_no_picture_in_the_end(now: datetime) -> None:
    error = Missing("there is nothing", status=404)
    assert after_failure(error, A_DUE, now).again == now + PAUSES[0]
