"""Visits to sources: due times, claims, leases, and what is written down of each run."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from aggregator.errors import LostClaim
from aggregator.store import health, runs
from aggregator.store.runs import Claim, Declared, Ending
from tests.aggregator.store.making import SLUG, claim, declare

HOUR = timedelta(hours=1)


def due(engine: Engine, now: datetime, worker: str = "w", limit: int = 10) -> list[str]:
    with engine.begin() as connection:
        return [one.name for one in runs.claim(connection, worker, now, limit=limit)]


def end(engine: Engine, claimed: Claim, now: datetime, **more: object) -> None:
    ending = Ending("ok", started_at=now, ended_at=now, due_at=now + HOUR)
    with engine.begin() as connection:
        runs.finish(connection, claimed, replace(ending, **more))  # type: ignore[arg-type] - as given


def written(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT outcome, error FROM run ORDER BY id"))
        return [(row.outcome, row.error) for row in rows]


def test_new_source_is_due_and_then_waits_for_its_time(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    end(writer, claim(writer, now, "river"), now)
    assert due(writer, now + HOUR / 2) == []
    assert due(writer, now + HOUR) == ["river"]


def test_longest_waiting_sources_come_first(writer: Engine, now: datetime) -> None:
    declare(writer, now, "a", "b", "c")
    for name, late in (("a", 3), ("b", 1), ("c", 2)):
        end(writer, claim(writer, now, name), now, due_at=now + late * HOUR)
    assert due(writer, now + 5 * HOUR, limit=2) == ["b", "c"]


def test_claimed_source_is_nobody_else_s_until_its_lease_ends(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    assert due(writer, now) == ["river"]
    assert due(writer, now + runs.LEASE / 2, "other") == []
    with writer.begin() as connection:
        runs.renew(connection, "w", now + runs.LEASE / 2)
    assert due(writer, now + runs.LEASE, "other") == []
    assert due(writer, now + 2 * runs.LEASE, "other") == ["river"]
    assert written(writer) == [("soft-failure", "interrupted")]


def test_two_workers_at_once_never_get_the_same_source(writer: Engine, now: datetime) -> None:
    declare(writer, now, *(f"s{number}" for number in range(40)))
    with ThreadPoolExecutor(4) as four:
        taken = list(four.map(lambda worker: due(writer, now, worker, limit=15), "abcd"))
    names = [name for names in taken for name in names]
    assert len(names) == len(set(names))


def test_worker_that_lost_its_claim_cannot_finish_it(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    mine = claim(writer, now, "river")
    claim(writer, now + runs.LEASE, "river", worker="other")
    with pytest.raises(LostClaim):
        end(writer, mine, now)


def test_dead_worker_s_sources_are_free_at_once(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    claim(writer, now, "river", worker="dead")
    with writer.begin() as connection:
        assert runs.claimants(connection) == ["dead"]
        runs.give_up(connection, ["dead"], now)
    assert due(writer, now) == ["river"]


def test_released_source_is_free_without_a_trace(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    claim(writer, now, "river")
    with writer.begin() as connection:
        runs.release(connection, "w")
    assert due(writer, now) == ["river"]
    assert written(writer) == []


@pytest.mark.parametrize("jump", [timedelta(days=400), timedelta(hours=28)])
def test_clock_set_back_does_not_leave_sources_waiting(
    writer: Engine, now: datetime, jump: timedelta
) -> None:
    declare(writer, now, "river")
    wrong = now + jump
    end(writer, claim(writer, wrong, "river"), wrong, not_before=wrong + HOUR)
    assert due(writer, now) == ["river"]


def test_claim_made_by_a_wrong_clock_does_not_hold_for_ever(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    claim(writer, now + timedelta(days=400), "river")
    assert due(writer, now) == ["river"]


def test_server_s_wish_holds_even_when_a_person_asks(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    end(writer, claim(writer, now, "river"), now, not_before=now + HOUR, due_at=now)
    with writer.begin() as connection:
        health.hasten(connection, SLUG, "river", now)
        assert runs.patience(connection, SLUG, "river", now) == now + HOUR
    assert due(writer, now) == []
    assert due(writer, now + HOUR) == ["river"]


def test_used_up_quota_concerns_every_source_of_that_host(writer: Engine, now: datetime) -> None:
    same_host = [Declared(SLUG, name, "feed", "river.example", name) for name in ("a", "b")]
    with writer.begin() as connection:
        runs.declare(connection, [SLUG], [*same_host, Declared(SLUG, "c", "feed", "x", "c")], now)
    end(writer, claim(writer, now, "a"), now, not_before=now + HOUR, whole_host=True, due_at=now)
    assert due(writer, now) == ["c"]


def test_failures_are_counted_until_a_good_run(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    for hour in range(3):
        later = now + hour * HOUR
        end(writer, claim(writer, later, "river"), later, outcome="soft-failure", error="too-slow")
    failing = claim(writer, now + 3 * HOUR, "river")
    assert (failing.failures, failing.failing_since, failing.error) == (3, now, "too-slow")
    end(writer, failing, now + 3 * HOUR)
    good = claim(writer, now + 4 * HOUR, "river")
    assert (good.failures, good.failing_since, good.error) == (0, None, "")


def test_paused_source_waits_for_a_person(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    end(
        writer, claim(writer, now, "river"), now, outcome="gone", error="gone", paused="gone", due_at=now
    )
    assert due(writer, now + 5 * HOUR) == []
    with writer.begin() as connection:
        health.hasten(connection, SLUG, "river", now)
    assert due(writer, now) == ["river"]


def test_source_that_left_the_configuration_rests_and_can_return(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river", "lake")
    declare(writer, now, "lake")
    assert due(writer, now) == ["lake"]
    declare(writer, now, "river", "lake")
    assert due(writer, now) == ["river"]


def test_changed_options_make_a_source_due_and_leave_its_mark(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    claimed = claim(writer, now, "river")
    with writer.begin() as connection:
        runs.advance(connection, claimed, {"page": 3})
    end(writer, claimed, now)
    with writer.begin() as connection:
        runs.declare(connection, [SLUG], [Declared(SLUG, "river", "feed", "r", "changed")], now)
        (again,) = runs.claim(connection, "w", now, limit=1)
    assert again.mark == {"page": 3}


def test_source_without_its_key_waits_until_it_has_one(writer: Engine, now: datetime) -> None:
    with writer.begin() as connection:
        one = Declared(SLUG, "river", "feed", "", "1", paused="waiting-for-key")
        runs.declare(connection, [SLUG], [one], now)
    assert due(writer, now) == []
    declare(writer, now, "river")
    assert due(writer, now) == ["river"]


def test_everything_skipped_is_written_with_its_reason(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    end(writer, claim(writer, now, "river"), now, skipped=[("repeated", "x" * 999), ("objection", "")])
    with writer.connect() as connection:
        rows = connection.execute(text("SELECT reason, what FROM skip ORDER BY id")).all()
        counted = connection.execute(text("SELECT skipped FROM run")).scalar()
    assert [(row.reason, len(row.what)) for row in rows] == [("repeated", 300), ("objection", 0)]
    assert counted == 2


def test_flood_of_skips_is_counted_whole_and_written_in_part(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    end(writer, claim(writer, now, "river"), now, skipped=[("repeated", "x")] * 1000)
    with writer.connect() as connection:
        written_down = connection.execute(text("SELECT count(*) FROM skip")).scalar()
        counted = connection.execute(text("SELECT skipped FROM run")).scalar()
    assert (written_down, counted) == (runs.SKIPS_KEPT, 1000)


def test_old_runs_are_forgotten_but_each_source_s_last(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river")
    for day in range(3):
        later = now + timedelta(days=day)
        end(writer, claim(writer, later, "river"), later, skipped=[("repeated", "")])
    with writer.begin() as connection:
        assert runs.tidy(connection, now + timedelta(days=99)) == 2
        assert connection.execute(text("SELECT count(*) FROM skip")).scalar() == 1


def test_health_tells_people_how_each_source_fares(writer: Engine, now: datetime) -> None:
    declare(writer, now, "river", "lake")
    end(writer, claim(writer, now, "river"), now, outcome="soft-failure", error="busy")
    with writer.connect() as connection:
        told = {one.name: (one.outcome, one.error, one.failures) for one in health.health(connection)}
        assert runs.next_due(connection) == now
    assert told == {"lake": ("", "", 0), "river": ("soft-failure", "busy", 1)}


def test_source_without_its_key_is_not_visited_even_when_named(writer: Engine, now: datetime) -> None:
    waiting = Declared(SLUG, "secret", "feed", "", "f", runs.WAITING_FOR_KEY)
    with writer.begin() as connection:
        runs.declare(connection, [SLUG], [waiting], now)
        named = runs.claim(connection, "w", now, limit=1, named=[(SLUG, "secret")])
    assert named == []
