"""collect, items, decide, verify: a real feed on 127.0.0.1, a real store, shapes for scripts."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engaged.cli import main
from tests.engaged.a_feed import feed_server, sources
from tests.engaged.processes import write_config

RUN = {"source", "outcome", "new", "changed", "unchanged", "skipped", "error"}
ITEM = {
    *(
        "id",
        "campaign",
        "state",
        "version",
        "kind",
        "source",
        "network",
        "author",
        "title",
        "text",
        "url",
    ),
    *("language", "published_at", "media", "reasons"),
}


@pytest.fixture
def agents() -> list[str]:
    return []


@pytest.fixture
def config(tmp_path: Path, agents: list[str]) -> Iterator[str]:
    """Give a configuration with one source that works and one that does not."""
    with feed_server(agents) as host:
        yield str(write_config(tmp_path, 8000, sources(host)))


@pytest.fixture
def asked(config: str, capsys: pytest.CaptureFixture[str]) -> Any:
    """Give a function that runs a command with --json and gives its exit code and document."""

    def ask(*argv: str) -> tuple[int, Any]:
        code = main([*argv, "--json", "--config", config])
        return code, json.loads(capsys.readouterr().out)

    return ask


def test_collect_gives_each_visit_and_exits_1_when_one_fails(asked: Any) -> None:
    code, document = asked("collect")

    runs = {run["source"]: run for run in document["runs"]}
    assert code == 1
    assert runs["river"].keys() >= RUN
    assert (runs["river"]["outcome"], runs["river"]["new"], runs["river"]["error"]) == ("ok", 2, "")
    assert runs["broken"]["outcome"] == "soft-failure"
    assert "503" in runs["broken"]["error"]


def test_a_named_source_is_visited_though_not_due_and_asked_conditionally(asked: Any) -> None:
    first = asked("collect", "river")
    second = asked("collect", "tea/river")

    assert [run["outcome"] for _, document in (first, second) for run in document["runs"]] == [
        "ok",
        "unchanged",
    ]
    assert (first[0], second[0]) == (0, 0)


def test_nothing_due_is_no_failure(asked: Any) -> None:
    asked("collect")

    assert asked("collect") == (0, {"runs": []})


def test_servers_are_told_who_asks(asked: Any, agents: list[str]) -> None:
    asked("collect", "river")

    assert agents == ["Engaged/0.1.0 (+http://localhost:8000; desk@library.example)"]


def test_collect_reports_to_people_on_standard_error(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["collect", "river", "--config", config]) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "river: 2 new, 0 changed, 0 unchanged, 0 skipped\n"


def test_items_are_listed_newest_first(asked: Any) -> None:
    asked("collect", "river")
    code, document = asked("items")

    assert code == 0
    assert [item["url"] for item in document["items"]] == [
        "https://river.example/bus",
        "https://river.example/ghost",
    ]
    assert all(item.keys() >= ITEM for item in document["items"])
    assert [item["state"] for item in document["items"]] == ["pending", "held"]


def test_items_can_be_paged_and_chosen(asked: Any) -> None:
    asked("collect", "river")
    _, every = asked("items", "--limit", "0")
    first, second = (item["id"] for item in every["items"])

    assert [item["id"] for item in asked("items", "--limit", "1")[1]["items"]] == [first]
    assert [item["id"] for item in asked("items", "--after", first)[1]["items"]] == [second]
    assert [item["id"] for item in asked("items", "--state", "held")[1]["items"]] == [second]
    assert len(asked("items", "--queue")[1]["items"]) == 2


def test_an_item_to_go_on_behind_must_be_there(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["collect", "river", "--config", config])
    capsys.readouterr()

    assert main(["items", "--after", "aaaaaaaaaaaa", "--config", config]) == 1
    assert "aaaaaaaaaaaa" in capsys.readouterr().err


def test_a_list_for_people_cannot_steer_their_terminal(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["collect", "river", "--config", config])
    capsys.readouterr()

    assert main(["items", "--config", config]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(line.isprintable() for line in lines)
    assert "Story time on the bus" in lines[0]


def test_a_decision_from_the_shell_shows_in_the_list(asked: Any) -> None:
    asked("collect", "river")
    item = asked("items")[1]["items"][0]

    code, document = asked("decide", "approve", f"{item['id']}@{item['version']}", "--as", "ana")

    assert code == 0
    (decision,) = document["decisions"]
    assert (decision["item"], decision["action"], decision["state"]) == (
        item["id"],
        "approve",
        "approved",
    )
    assert decision["version"] > item["version"]
    assert asked("items", "--state", "approved")[1]["items"][0]["version"] == decision["version"]


def test_undo_takes_the_last_decision_back(asked: Any) -> None:
    asked("collect", "river")
    item = asked("items")[1]["items"][0]["id"]
    asked("decide", "approve", item, "--as", "ana")

    code, document = asked("decide", "undo", item, "--as", "ana")

    assert (code, document["decisions"][0]["state"]) == (0, "pending")


def test_a_stale_decision_is_refused_with_what_happened(asked: Any) -> None:
    asked("collect", "river")
    item = asked("items")[1]["items"][0]
    asked("decide", "hold", item["id"], "--as", "ben")

    code, document = asked("decide", "approve", f"{item['id']}@{item['version']}", "--as", "ana")

    assert code == 1
    (conflict,) = document["conflicts"]
    assert (conflict["item"], conflict["code"]) == (item["id"], "stale")
    assert conflict["meanwhile"]


def test_of_several_decisions_all_are_made_or_none(asked: Any) -> None:
    asked("collect", "river")
    first, second = asked("items")[1]["items"]

    code, _ = asked("decide", "approve", first["id"], f"{second['id']}@99", "--as", "ana")

    assert code == 1
    assert asked("items", "--state", "approved")[1]["items"] == []


def test_amend_writes_words_for_the_public(asked: Any) -> None:
    asked("collect", "river")
    item = asked("items")[1]["items"][0]["id"]
    asked("decide", "approve", item, "--as", "ana")

    code, _ = asked("decide", "amend", item, "--as", "ana", "--set", "excerpt=On the bus, every week")

    assert code == 0


def test_verify_finds_a_healthy_store_healthy(asked: Any) -> None:
    asked("collect", "river")

    assert asked("verify") == (0, {"broken": []})
