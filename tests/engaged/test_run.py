"""`engaged run` and `engaged web` as real processes: they come up, stay up, and end together."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aggregator.store.database import open_reader
from aggregator.store.queue import Listed
from engaged.port import _somebody_answers, is_healthy
from engaged.run import LONGEST_PAUSE_S, _supervise, pause_before
from moderation import actions
from tests.engaged.a_feed import feed_server, sources
from tests.engaged.processes import (
    PATIENCE_S,
    ROOT,
    command_of,
    descendants,
    free_port,
    started,
    until,
    wait_for_end,
    write_config,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


@contextmanager
def running(folder: Path, more: str = "") -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Give `engaged run` that has said its address, and its port."""
    number = free_port()
    config = write_config(folder, number, more)
    with started("run", "--config", str(config)) as process:
        assert process.stdout
        first = process.stdout.readline()
        assert first == f"Public page:   http://localhost:{number}/\n"
        yield process, number


def status(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as reply:
        return int(reply.status)


def halves(process: subprocess.Popen[str]) -> dict[str, int]:
    """Give the process ids of the two halves by their command."""
    found = {}
    for pid in descendants(process.pid):
        command = command_of(pid)
        if command[1:3] == ["-m", "engaged"] and command[3] not in found:
            found[command[3]] = pid
    return found


def test_it_says_its_address_when_it_answers_and_not_before(tmp_path: Path) -> None:
    with running(tmp_path) as (_, port):
        assert status(port) == 200
    assert (tmp_path / "var").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything_in_order(tmp_path: Path, number: signal.Signals) -> None:
    with running(tmp_path) as (process, _):
        family = descendants(process.pid)
        process.send_signal(number)

        assert process.wait(PATIENCE_S) == 0
        wait_for_end(family)


def test_killing_the_supervisor_leaves_no_process_behind(tmp_path: Path) -> None:
    with feed_server([]) as host, running(tmp_path, sources(host)) as (process, _):
        database = f"sqlite:///{tmp_path}/var/engaged.db"
        until(lambda: len(listed(database)) == 2)  # the feed was parsed, so parsing children are alive
        family = descendants(process.pid)
        process.kill()
        process.wait()

        assert len(family) >= 5  # web and its worker, work, its fork server, a child that parses
        wait_for_end(family)


def listed(database: str) -> list[Listed]:
    engine = open_reader(database)
    try:
        return actions.listing(engine)
    finally:
        engine.dispose()


def test_a_half_that_dies_is_started_again_and_that_is_said(tmp_path: Path) -> None:
    with running(tmp_path) as (process, port):
        assert process.stderr
        web = halves(process)["web"]
        os.kill(web, signal.SIGKILL)

        said = next(line for line in process.stderr if "web ended" in line)
        assert "by signal 9" in said
        assert "started again in 1 s" in said
        until(lambda: halves(process).get("web", web) != web and is_healthy("127.0.0.1", port))


def test_a_taken_port_is_refused_with_a_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        config = write_config(tmp_path, taken)
        with started("run", "--config", str(config)) as process:
            _, said = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 2
    assert f"Somebody answers on 127.0.0.1 port {taken} already" in said
    assert re.search(r"--port \d+", said)
    assert not (tmp_path / "var").exists()


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    config = write_config(tmp_path, free_port())
    with started("run", "--config", str(config), "--host", "192.0.2.1") as process:
        _, said = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 2
    assert "192.0.2.1 port" in said
    assert "cannot be used" in said


def test_a_web_half_that_does_not_start_ends_everything_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    config = write_config(tmp_path, port := free_port())
    ends_at_once = ["check", "--config", str(config)]
    commands = {"web": ends_at_once, "work": ["work", *ends_at_once[1:]]}

    code = asyncio.run(_supervise(commands, "127.0.0.1", port, []))

    assert code == 1
    assert "The web half does not start" in capsys.readouterr().err


def test_web_finishes_the_request_in_flight(tmp_path: Path) -> None:
    port = free_port()
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with started(str(port), str(gate), module="tests.engaged.slow_server") as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        until(lambda: _somebody_answers("127.0.0.1", port))
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as asking:
            asking.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert process.stdout.readline() == "asked\n"
            process.terminate()
            gate.write_text("go on")
            answer = b"".join(iter(lambda: asking.recv(1000), b""))

        assert answer.endswith(b"\r\n\r\nfinished")
        assert process.wait(PATIENCE_S) == 0


def test_web_without_a_database_says_what_to_do(tmp_path: Path) -> None:
    config = write_config(tmp_path, free_port())
    with started("web", "--config", str(config)) as process:
        _, said = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 1
    assert "`engaged run` or `engaged collect` makes it" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("restart", "seconds"), [(1, 1), (2, 2), (3, 4), (7, 60), (10**6, LONGEST_PAUSE_S)]
)
def test_pauses_grow_to_a_minute(restart: int, seconds: int) -> None:
    assert pause_before(restart) == seconds
