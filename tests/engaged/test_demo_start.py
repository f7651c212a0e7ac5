"""`engaged demo` as a command: what it keeps, when it begins anew, what it says; once as processes."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engaged.demo import plan, start
from engaged.demo.plan import Plan
from engaged.terminal import WrongUse
from tests.engaged.processes import PATIENCE_S, ROOT, descendants, free_port, wait_for_end

GREETING = [
    "Public page: ",
    "Moderation: ",
    "Only this computer",
    "Sign in as: ",
    "A library: ",
    "A network: ",
    "A mailbox: ",
    "All of it is invented",
    "Ctrl-C ends it",
]


def kept(folder: Path, port: int, *, hours: float = 1, is_ready: bool = True) -> Plan:
    """Write the plan of an earlier start that began so many hours ago."""
    began = datetime.now(UTC) - timedelta(hours=hours)
    made = plan.new_plan(began, port, [free_port() for _ in range(plan.PORTS)])
    made = plan.ready(made) if is_ready else made
    plan.write(made, folder)
    return made


@contextmanager
def somebody_on(port: int) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", port)):
        yield


def test_a_second_start_goes_on_with_the_same_demo(tmp_path: Path) -> None:
    port = free_port()
    before = kept(tmp_path, port)

    assert start.plan_for(tmp_path, port, is_fresh=False) == before


def test_another_port_moves_engaged_and_leaves_the_sites_where_they_are(tmp_path: Path) -> None:
    before, port = kept(tmp_path, free_port()), free_port()

    found = start.plan_for(tmp_path, port, is_fresh=False)

    assert (found.port, found.sites, found.began) == (port, before.sites, before.began)


@pytest.mark.parametrize(
    ("hours", "is_ready", "is_fresh"), [(1, True, True), (25, True, False), (1, False, False)]
)
def test_it_begins_anew_when_asked_after_a_day_and_when_it_was_broken_off(
    tmp_path: Path, hours: float, is_ready: bool, is_fresh: bool
) -> None:
    folder, port = tmp_path / "demo", free_port()
    before = kept(folder, port, hours=hours, is_ready=is_ready)
    (folder / "engaged.db").write_text("posts")

    found = start.plan_for(folder, port, is_fresh=is_fresh)

    assert found.password != before.password
    assert not found.is_ready
    assert not (folder / "engaged.db").exists()


def test_a_taken_port_is_a_sentence_with_what_to_say(tmp_path: Path) -> None:
    port = free_port()
    with somebody_on(port), pytest.raises(WrongUse) as refused:
        start.plan_for(tmp_path, port, is_fresh=False)

    assert str(refused.value) == (
        f"Port {port} of this computer is taken by another program. "
        f"Say another: engaged demo --port {port + 10}."
    )


def test_a_demo_that_still_runs_is_not_started_twice_nor_thrown_away(tmp_path: Path) -> None:
    before, port = kept(tmp_path, free_port()), free_port()

    for is_fresh in (False, True):
        with (
            somebody_on(before.library),
            pytest.raises(WrongUse, match="the demo runs already"),
        ):
            start.plan_for(tmp_path, port, is_fresh=is_fresh)

    assert plan.read(tmp_path) == before


def test_the_sites_take_the_next_free_ports(tmp_path: Path) -> None:
    port = free_port()
    with suppress(OSError), somebody_on(port + 1):
        found = start.plan_for(tmp_path, port, is_fresh=False)

        sites = list(found.sites.values())
        assert port + 1 not in sites
        assert sites == sorted(set(sites))
        assert min(sites) > port


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_whole_demo_comes_up_says_where_to_look_and_ends_without_a_trace(tmp_path: Path) -> None:
    port = free_port()
    with demo(tmp_path, port) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in GREETING]
        assert [line[: len(words)] for line, words in zip(lines, GREETING, strict=True)] == GREETING
        for line in (lines[0], *lines[4:7]):
            found = re.search(r"http://localhost(:\d+/)", line)
            assert found
            with urllib.request.urlopen(f"http://127.0.0.1{found[1]}", timeout=PATIENCE_S) as reply:
                assert reply.status == 200
        family = descendants(process.pid)
        process.send_signal(signal.SIGTERM)

        assert process.wait(PATIENCE_S) == 0
        wait_for_end(family)
    assert sorted(place.name for place in tmp_path.iterdir()) == ["var"]


@contextmanager
def demo(folder: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "engaged", "demo", "--port", str(port)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        yield process
    finally:
        for pid in [process.pid, *descendants(process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.communicate(timeout=PATIENCE_S)
