"""Sources in plain words: what happened, what it means, what somebody can do, when it goes on."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine

from aggregator.errors import SourceError
from aggregator.settings import Source
from aggregator.store import runs
from aggregator.store.health import Health, Visit
from aggregator.store.runs import Declared, Ending
from moderation import visits
from moderation.drawing import speech
from moderation.routes import Role
from moderation.sources import SKIP_REASONS
from tests.aggregator.store import making
from tests.moderation.filling import a_post, bring
from tests.moderation.house import SLUG, House, house, populated, settings
from tests.moderation.screens import location, soup, toast, words

HOUR = timedelta(hours=1)
AT = datetime.fromisoformat("2026-10-05T12:00:00+00:00")
SAY = speech()


class Feed(NamedTuple):
    url: str


class Tag(NamedTuple):
    server: str
    tag: str


RIVER = Source(name="river", kind="feed", options=Feed("https://river.example/feed"))
GLAMMR = Source(name="glammr", kind="mastodon", options=Tag("glammr.example", "EngagedLibraries"))
FINE = Health(
    SLUG, "river", "feed", "river.example", True, "ok", "", 0, "", AT, AT + HOUR, None
)  # fmt: skip
VISIT = Visit(AT, AT, "ok", 2, 1, 40, 3, "", "", ())
NOTHING = replace(VISIT, new=0, changed=0, unchanged=0, skipped=0)


@pytest.fixture
def ours(reader: Engine, writer: Engine, tmp_path: Path, now: datetime) -> House:
    return populated(house(reader, writer, tmp_path, now))


def line(health: Health, source: Source | None = RIVER, last: Visit | None = VISIT, **more: Any) -> Any:
    told = visits.health_line(health, source, last, settings().campaigns[0], AT, SAY, **more)
    # Before AM and PM stands a narrow space.
    return replace(told, sentence=" ".join(told.sentence.split()), next=" ".join(told.next.split()))


def test_a_good_visit_says_what_came_and_when_the_next_one_is() -> None:
    told = line(FINE)

    assert told.label == "Fine"
    assert told.sentence == (
        "Visited on Oct 5, 2026, 12:00 PM UTC: new: 2, changed: 1, already known: 40, left out: 3."
    )  # fmt: skip
    assert told.next == "Next try on Oct 5, 2026, 1:00 PM UTC."


def test_without_a_network_one_sentence_says_what_when_and_when_again() -> None:
    told = line(replace(FINE, error="not-connected", outcome="soft-failure"))

    assert told.label == "Trouble"
    assert told.sentence == "Tried on Oct 5, 2026, 12:00 PM UTC: its server cannot be reached."
    assert told.advice == "Is the address right? It is asked at https://river.example/feed."
    assert told.next == "Next try on Oct 5, 2026, 1:00 PM UTC."


def test_a_source_that_never_brought_anything_says_where_it_looked_and_what_else_to_try() -> None:
    told = line(FINE, GLAMMR, NOTHING, is_barren=True)

    assert "Looked for #EngagedLibraries on glammr.example and found nothing." in told.advice
    assert "Another server may see other posts" in told.advice


def test_a_source_that_only_has_nothing_new_gets_no_advice() -> None:
    assert line(FINE, GLAMMR, NOTHING).advice == ""


def test_a_server_s_wish_for_patience_is_said() -> None:
    told = line(replace(FINE, error="busy", not_before=AT + 2 * HOUR))

    assert told.next == "Its server asked for patience until Oct 5, 2026, 2:00 PM UTC."


def test_a_source_without_its_key_says_which_and_cannot_be_asked() -> None:
    told = line(
        replace(FINE, paused="waiting-for-key"), RIVER.model_copy(update={"waiting_for": ("TOKEN",)})
    )

    assert "Set TOKEN in the environment" in told.advice
    assert (told.can_hasten, told.can_pause, told.can_wake) == (False, False, False)


@pytest.mark.parametrize(("paused", "said"), [("gone", "said so twice"), ("failing", "thirty days")])
def test_a_source_that_rests_by_itself_says_why_and_can_go_on(paused: str, said: str) -> None:
    told = line(replace(FINE, error="gone", paused=paused))

    assert said in told.sentence
    assert told.next == ""
    assert told.can_wake


def test_a_source_that_nobody_visited_yet_says_when_its_turn_comes() -> None:
    told = line(replace(FINE, visited_at=None, due_at=AT), last=None)

    assert (told.label, told.next) == ("Not visited yet", "Next try within seconds.")


def errors_of(kind: type[SourceError]) -> set[str]:
    return {kind.code}.union(*(errors_of(one) for one in kind.__subclasses__()))


def test_every_code_has_words() -> None:
    foreseen = errors_of(SourceError) - {"source", "fetch"}

    assert foreseen <= visits.CODES
    assert [code for code in visits.CODES if SAY(f"visit-{code}") == f"visit-{code}"] == []
    assert [code for code in SKIP_REASONS if SAY(f"skip-{code}") == f"skip-{code}"] == []


def test_the_page_shows_sources_in_trouble_first(ours: House, now: datetime) -> None:
    bring(ours, a_post(1))
    claimed = making.claim(ours.desk.writer, now, "lake")
    failed = Ending("soft-failure", now, now, now + HOUR, error="too-slow", detail="60 seconds")
    with ours.desk.writer.begin() as connection:
        runs.finish(connection, claimed, failed)

    page = soup(ours.signed_in(Role.VIEWER).get(f"/moderate/{SLUG}/sources"))

    assert [words(name) for name in page.select(".source h2")] == ["lake", "river"]
    assert "its server took too long" in words(page.select_one(".source"))
    assert "60 seconds" in words(page.select_one(".visits"))


def test_what_was_left_out_is_listed_with_its_reason(ours: House, now: datetime) -> None:
    making.declare(ours.desk.writer, now, "river")
    claimed = making.claim(ours.desk.writer, now, "river")
    skipped = [("no-content", f"https://a.example/{number}") for number in range(25)]
    ending = Ending("ok", now, now, now + HOUR, skipped=(*skipped, ("strange", "x")))
    with ours.desk.writer.begin() as connection:
        runs.finish(connection, claimed, ending)

    page = soup(ours.signed_in(Role.VIEWER).get(f"/moderate/{SLUG}/sources"))

    assert "Nothing in it: https://a.example/0" in words(page.select_one(".skips"))
    assert "and 6 more" in words(page.select_one(".skips"))


def test_collecting_soon_obeys_the_server_and_says_so(ours: House, now: datetime) -> None:
    making.declare(ours.desk.writer, now, "river")
    claimed = making.claim(ours.desk.writer, now, "river")
    patient = Ending("soft-failure", now, now, now + HOUR, error="busy", not_before=now + HOUR)
    with ours.desk.writer.begin() as connection:
        runs.finish(connection, claimed, patient)
    browser = ours.signed_in(Role.MODERATOR)

    answer = browser.post(f"/moderate/{SLUG}/sources/river/collect")

    assert "it asked for patience" in toast(browser.get(location(answer)))
    with ours.desk.writer.begin() as connection:
        assert runs.claim(connection, "w", now, limit=9) == []


@pytest.mark.parametrize(
    ("steps", "said", "is_due"),
    [
        (["collect"], "It is visited within seconds.", True),
        (["pause"], "It rests until somebody lets it go on.", False),
        (["pause", "wake"], "It goes on, and is visited within seconds.", True),
        (["pause", "wake", "wake"], "Nothing changed", True),
    ],
)
def test_people_steer_a_source(
    ours: House, now: datetime, steps: list[str], said: str, is_due: bool
) -> None:
    making.declare(ours.desk.writer, now, "river")
    browser = ours.signed_in(Role.EDITOR)
    for step in steps:
        answer = browser.post(f"/moderate/{SLUG}/sources/river/{step}")

    assert said in toast(browser.get(location(answer)))
    with ours.desk.writer.begin() as connection:
        assert bool(runs.claim(connection, "w", now, limit=9)) is is_due


def test_a_source_that_is_not_there_changes_nothing(ours: House) -> None:
    browser = ours.signed_in(Role.EDITOR)

    answer = browser.post(f"/moderate/{SLUG}/sources/nowhere/collect")

    assert toast(browser.get(location(answer))).startswith("Nothing changed")


def test_buttons_are_there_for_those_who_may_press_them(ours: House, now: datetime) -> None:
    making.declare(ours.desk.writer, now, "river")
    pages = {role: ours.signed_in(role).get(f"/moderate/{SLUG}/sources") for role in Role}
    shown = {
        role: [words(one) for one in soup(page).select("main button")] for role, page in pages.items()
    }

    assert shown[Role.VIEWER] == []
    assert shown[Role.MODERATOR] == ["Collect soon"]
    assert shown[Role.EDITOR] == shown[Role.ADMIN] == ["Collect soon", "Let it rest"]


def test_a_source_that_waits_for_its_key_says_so_on_the_page(ours: House, now: datetime) -> None:
    waiting = Declared(SLUG, "river", "feed", "", "1", paused=runs.WAITING_FOR_KEY)
    with ours.desk.writer.begin() as connection:
        runs.declare(connection, [SLUG], [waiting], now)

    page = soup(ours.signed_in(Role.EDITOR).get(f"/moderate/{SLUG}/sources"))

    assert "It waits for a key." in words(page.select_one(".health"))
    assert not page.select("main button")
