"""The command line: exit codes, what goes where, and that every error is a sentence."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engaged import __version__
from engaged.cli import main, parser
from tests.engaged.processes import ROOT, free_port, started, write_config

COMMANDS = (
    *("run", "web", "work", "prepare", "demo", "collect", "items", "decide"),
    *("invite", "people", "check", "verify", "publish", "highlights"),
)


@pytest.fixture
def config(tmp_path: Path) -> str:
    return str(write_config(tmp_path, 8000))


def test_the_version_is_that_of_the_package() -> None:
    assert f'\nversion = "{__version__}"\n' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_takes_config(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, "--help"]) == 0
    assert "--config FILE" in capsys.readouterr().out


def test_no_command_is_forgotten_here() -> None:
    (listed,) = (
        action.choices for action in parser()._actions if action.dest == "command" or action.choices
    )

    assert set(listed or ()) == set(COMMANDS)


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["dance"],
        ["items", "--state", "lost"],
        ["items", "--limit", "-1"],
        ["items", "--limit", "9" * 5000],
        ["items", "--after", "x"],
        ["items", "--campaign", "coffee"],
        ["web", "--port", "0"],
        ["web", "--port", "65536"],
        ["web", "--workers", "0"],
        ["decide"],
        ["decide", "approve", "aaaaaaaaaaaa"],
        ["decide", "dance", "aaaaaaaaaaaa", "--as", "ana"],
        ["decide", "approve", "short", "--as", "ana"],
        ["decide", "approve", "aaaaaaaaaaaa@x", "--as", "ana"],
        ["decide", "approve", "aaaaaaaaaaaa", "--as", ""],
        ["decide", "approve", "aaaaaaaaaaaa", "--as", "a\nb"],
        ["decide", "reject", "aaaaaaaaaaaa", "--as", "ana", "--reason", "dislike"],
        ["decide", "amend", "aaaaaaaaaaaa", "--as", "ana"],
        ["decide", "amend", "aaaaaaaaaaaa", "--as", "ana", "--set", "colour=red"],
        ["decide", "amend", "aaaaaaaaaaaa", "--as", "ana", "--set", "alt"],
        ["decide", "approve", "aaaaaaaaaaaa", "--as", "ana", "--set", "alt=x"],
        ["collect", "nobody"],
        ["check", "--config", "not-there.yaml"],
    ],
)
def test_wrong_use_exits_2_with_words_on_standard_error(
    argv: list[str], config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*argv, *([] if "--config" in argv or not argv else ["--config", config])]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err


def test_an_unknown_command_says_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dance"]) == 2
    said = capsys.readouterr().err
    assert "there is no dance; there are: run, web," in said
    assert "`engaged --help`" in said
    assert "invalid" not in said


def test_a_folder_in_place_of_the_file_says_what_to_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "--config", str(tmp_path)]) == 2
    assert "Name the file itself" in capsys.readouterr().err


def test_mistakes_in_the_file_exit_1_all_of_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("public_url: x\ncampaigns: [{slug: A, name: Tea}]\n")

    assert main(["items", "--config", str(file)]) == 1
    said = capsys.readouterr().err
    assert f"{file}:1: public_url: is no web address" in said
    assert f"{file}:2: campaigns[0].slug: may hold" in said


@pytest.mark.parametrize(
    "argv", [["items"], ["verify"], ["decide", "approve", "aaaaaaaaaaaa", "--as", "ana"]]
)
def test_no_database_is_a_sentence(
    argv: list[str], config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*argv, "--config", config]) == 1
    assert "`engaged run` or `engaged collect` makes it" in capsys.readouterr().err


def test_a_file_that_is_no_database_is_a_sentence(
    tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "engaged.db").write_text("shopping list\n" * 100)

    assert main(["items", "--config", config]) == 1
    assert "not a database" in capsys.readouterr().err


def test_ctrl_c_is_quiet(config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("engaged.checking.check", interrupted)

    assert main(["check", "--config", config]) == 130


def test_a_reader_that_goes_away_is_no_trace(config: str) -> None:
    with started("check", "--schema", "--config", config) as process:
        assert process.stdout
        process.stdout.close()
        assert process.stderr
        said = process.stderr.read()

    assert "Traceback" not in said
    assert "BrokenPipe" not in said


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("engaged.cli", ("pydantic", "sqlalchemy", "flask", "granian", "httpx")),
        ("engaged.checking", ("sqlalchemy", "flask", "granian", "httpx")),
        ("engaged.run", ("pydantic", "sqlalchemy", "flask", "granian", "httpx")),
        ("engaged.collecting", ("flask", "granian", "jinja2", "feeds.app")),
        ("engaged.serve", ("httpx", "feeds.app", "flask", "jinja2", "moderation.app", "PIL")),
        ("engaged.application", ("httpx", "aiohttp", "feedparser", "aggregator.pipeline")),
        ("engaged.deciding", ("httpx", "flask", "granian", "feedparser")),
        ("engaged.inviting", ("httpx", "flask", "granian", "argon2")),
    ],
)
def test_a_command_loads_only_what_it_needs(module: str, unwanted: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print([name for name in {unwanted} if name in sys.modules])"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )

    assert ran.stdout.strip() == "[]"


def test_check_says_what_is_fine(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", config]) == 0
    said = capsys.readouterr()
    assert "1 campaign, 0 sources, no mistakes" in said.out
    assert "is not there yet" in said.out
    assert said.err == ""


def test_check_says_what_waits_for_a_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = "    sources: [{name: blog, kind: feed, url: 'https://${NOT_SET_HERE}/feed'}]\n"
    file = write_config(tmp_path, 8000, source)

    assert main(["check", "--config", str(file)]) == 0
    assert "tea/blog: is waiting for a key: set NOT_SET_HERE" in capsys.readouterr().out


def test_check_gives_one_json_document(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--json", "--config", config]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["mistakes"] == []
    assert document["findings"][0].keys() == {"about", "is_fine", "words"}


def test_check_gives_mistakes_as_json_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("campaigns: []")

    assert main(["check", "--json", "--config", str(file)]) == 1
    (mistake,) = json.loads(capsys.readouterr().out)["mistakes"]
    assert (mistake["place"], mistake["line"]) == ("campaigns", 1)


def test_check_finds_a_database_of_another_version(
    tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "engaged.db").touch()

    assert main(["check", "--config", config]) == 1
    assert "the database is empty" in capsys.readouterr().err


def test_check_finds_a_folder_that_cannot_be_made(
    tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "var").write_text("I am a file")

    assert main(["check", "--config", config]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_check_prints_the_schema_without_any_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["check", "--schema"]) == 0
    assert "Source" in json.loads(capsys.readouterr().out)["$defs"]


def test_a_taken_port_of_web_is_wrong_use(tmp_path: Path) -> None:
    config = write_config(tmp_path, free_port())
    with started("run", "--config", str(config)) as process:
        assert process.stdout
        process.stdout.readline()
        with started("web", "--config", str(config)) as second:
            _, said = second.communicate(timeout=40)

    assert second.returncode == 2
    assert "already" in said
