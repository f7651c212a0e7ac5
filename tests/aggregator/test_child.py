"""Real children: they are ended when they spend too much, fail alone, and never outlive us."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from aggregator.child import Children
from aggregator.errors import NotUnderstood, TooCostly

ROOT = Path(__file__).resolve().parents[2]
COSTLY = "tests.aggregator.costly"
RSS = b"<rss version='2.0'><channel><title>News</title><item><title>One</title></item></channel></rss>"
FEED = ("parse_feed", RSS, "", "https://blog.example/feed/", "blog.example")


def with_children(
    scene: Callable[[Children], Awaitable[Any]], at_most: int = 1, wall_s: float = 60
) -> Any:
    children = Children(at_most, COSTLY, cpu_s=1, wall_s=wall_s)

    async def run() -> Any:
        return await scene(children)

    try:
        return asyncio.run(run())
    finally:
        children.close()


def is_alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # gone before, or between opening and reading
        return False
    return state != "Z"


def ends(process: int, within_s: float = 10) -> bool:
    until = time.monotonic() + within_s
    while is_alive(process):
        if time.monotonic() > until:
            return False
        os.sched_yield()
    return True


def test_a_feed_is_parsed_in_another_process() -> None:
    children = Children(at_most=1)
    try:
        feed = asyncio.run(children.run(*FEED))
    finally:
        children.close()
    assert [item.title for item in feed.items] == ["One"]


def test_no_child_is_started_before_there_is_a_task() -> None:
    threads = threading.active_count()
    children = Children()
    assert threading.active_count() == threads
    children.close()


@pytest.mark.parametrize(
    ("task", "wall_s", "sentence"),
    [
        ("spin", 60, "processor time"),
        ("doze", 0.5, "more than 0.5 s"),
        ("hoard", 60, "256 MB"),
        ("die", 60, "died with 7"),
    ],
)
def test_a_child_that_spends_too_much_is_ended_and_the_next_task_is_done(
    task: str, wall_s: float, sentence: str
) -> None:
    async def scene(children: Children) -> int:
        with pytest.raises(TooCostly, match=sentence):
            await children.run(task)
        return int(await children.run("own_id"))

    assert with_children(scene, wall_s=wall_s) > 0


def test_one_costly_task_does_not_cost_the_task_beside_it() -> None:
    async def scene(children: Children) -> list[Any]:
        tasks = ("spin", "own_id", "own_id", "die", "own_id")
        return await asyncio.gather(*(children.run(task) for task in tasks), return_exceptions=True)

    results = with_children(scene, at_most=2)
    assert [type(result) for result in results] == [TooCostly, int, int, TooCostly, int]


def test_processor_time_is_counted_for_each_task_anew() -> None:
    async def scene(children: Children) -> list[float]:
        return [await children.run("use_most_of_a_second") for _ in range(4)]

    used = with_children(scene)
    assert used[-1] > 2.5, "all four ran in the same child, and together far beyond the limit of one"


@pytest.mark.parametrize(("task", "sentence"), [("stumble", "a mistake of ours"), ("recurse", "nested")])
def test_a_parser_that_breaks_is_a_source_not_understood(task: str, sentence: str) -> None:
    async def scene(children: Children) -> None:
        with pytest.raises(NotUnderstood, match=sentence):
            await children.run(task)

    with_children(scene)


def test_a_refusal_comes_back_with_its_sentence() -> None:
    children = Children(at_most=1)
    try:
        with pytest.raises(NotUnderstood, match="The answer is empty"):
            asyncio.run(children.run("parse_feed", b"", "", "https://blog.example/", "blog.example"))
    finally:
        children.close()


def test_a_child_killed_between_two_tasks_is_replaced() -> None:
    async def scene(children: Children) -> tuple[int, int]:
        first = await children.run("own_id")
        os.kill(first, signal.SIGKILL)
        assert await asyncio.to_thread(ends, first)
        return first, await children.run("own_id")

    first, second = with_children(scene)
    assert first != second


def test_a_child_knows_no_secrets_and_dumps_no_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_URL", "smtp://somebody:secret@mail.example")

    async def scene(children: Children) -> tuple[Any, Any]:
        return await children.run("environment"), await children.run("core_limit")

    assert with_children(scene) == ({}, (0, 0))


def test_each_pool_has_limits_of_its_own() -> None:
    large = Children(at_most=1, module=COSTLY, memory_bytes=512 * 1024 * 1024, niceness=7)
    small = Children(at_most=1, module=COSTLY, memory_bytes=128 * 1024 * 1024)

    async def scene() -> tuple[int, int]:
        with pytest.raises(TooCostly, match="128 MB"):
            await small.run("hoard_a_little")
        return await large.run("hoard_a_little"), await large.run("niceness")

    try:
        assert asyncio.run(scene()) == (300 * 1024 * 1024, os.nice(0) + 7)
    finally:
        large.close()
        small.close()


def test_a_child_gives_back_what_a_large_task_needed() -> None:
    async def scene(children: Children) -> int:
        before = await children.run("memory")
        await children.run("keep_the_last_of_many")
        return int(await children.run("memory")) - int(before)

    assert with_children(scene) < 16 * 1024 * 1024


def test_the_event_loop_goes_on_while_children_start_and_work() -> None:
    async def scene(children: Children) -> float:
        task = asyncio.create_task(children.run("use_most_of_a_second"))
        longest, last = 0.0, time.monotonic()
        while not task.done():
            await asyncio.sleep(0)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
        return longest

    assert with_children(scene) < 0.5


def test_nothing_is_left_after_closing_and_a_new_start_is_possible() -> None:
    children = Children(at_most=1, module=COSTLY)
    first = asyncio.run(children.run("own_id"))
    children.close()
    assert ends(first)
    assert not [thread.name for thread in threading.enumerate() if "pebble" in thread.name.lower()]
    assert asyncio.run(children.run("own_id")) != first
    children.close()
    children.close()


def test_children_die_with_a_parent_that_is_killed() -> None:
    program = f"""
        import asyncio
        from aggregator.child import Children

        async def main():
            children = Children(2, "{COSTLY}", cpu_s=1000, wall_s=1000)
            first = await children.run("own_id")
            spinning = [asyncio.create_task(children.run("spin")) for _ in range(2)]
            print(first, flush=True)
            await asyncio.gather(*spinning)

        if __name__ == "__main__":
            asyncio.run(main())
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(program)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    assert parent.stdout is not None
    with parent.stdout:
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.kill()
        parent.wait()
        assert ends(child)
        assert parent.stdout.read() == "", "somebody still held the pipe: another child lives"
