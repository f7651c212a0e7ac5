"""`engaged highlights`: the weekly mail from the shell, against a real store and a real mail server."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from aggregator.item import Action, Author
from aggregator.store import issues, mailings
from aggregator.store.database import open_reader, open_writer, upgrade
from engaged.cli import main
from tests.aggregator.store.making import SLUG, claim, decide, found, post, publish
from tests.aggregator.store.subscribing import readers
from tests.feeds.highlights.a_mailing import SENDER, House, house, people
from tests.mail_sink import Sink, sink


@pytest.fixture
def post_office() -> Iterator[Sink]:
    with sink() as found:
        yield found


@pytest.fixture
def config(tmp_path: Path, post_office: Sink) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text(
        "public_url: https://posts.library.example\ndatabase: sqlite:///engaged.db\n"
        f"campaigns:\n  - {{slug: {SLUG}, name: '#EngagedLibraries', languages: [en, es]}}\n"
        f"mail: {{smtp: 'smtp://127.0.0.1:{post_office.port}', from: {SENDER}, per_minute: 6000, "
        "test_to: [desk@library.example], postal_address: 1 Main Street}\n"
    )
    return file


@pytest.fixture
def ours(tmp_path: Path, config: Path, post_office: Sink) -> Iterator[House]:
    address = f"sqlite:///{tmp_path / 'engaged.db'}"
    upgrade(address)
    writer, reader = open_writer(address), open_reader(address)
    yield house(writer, reader, datetime.now(UTC), post_office.port)
    writer.dispose()
    reader.dispose()


@pytest.fixture
def asked(config: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Give a function that runs a step with --json and gives its exit code and document."""

    def ask(*argv: str) -> tuple[int, Any]:
        code = main(["highlights", *argv, "--json", "--config", str(config)])
        said = capsys.readouterr()
        return code, json.loads(said.out) if said.out.strip() else said.err

    return ask


def test_a_week_from_draft_to_sent(ours: House, asked: Any, post_office: Sink) -> None:
    readers(ours.writer, datetime.now(UTC), *people(3))
    code, said = asked("draft")
    assert (code, said["edition"]["state"], len(said["edition"]["posts"])) == (0, "draft", 3)
    assert asked("draft")[0] == 1
    code, said = asked("approve", "--as", "Ana")
    assert (code, said["edition"]["state"]) == (0, "approved")
    code, said = asked("send", "--now")
    assert (code, said["mails"]["sent"], said["edition"]["state"]) == (0, 3, "sent")
    assert post_office.received == dict.fromkeys(people(3), 1)
    code, said = asked("status")
    assert [one["state"] for one in said["editions"]] == ["sent"]


def test_a_preview_is_files_in_every_language(ours: House, asked: Any, tmp_path: Path) -> None:
    asked("draft")
    code, said = asked("preview", "--to", str(tmp_path / "look"))
    assert code == 0
    assert sorted(Path(one).name for one in said["files"]) == ["en.html", "en.txt", "es.html", "es.txt"]
    assert 'lang="es"' in (tmp_path / "look" / "es.html").read_text("utf-8")


def test_a_test_goes_to_the_addresses_for_tests(ours: House, config: Path, post_office: Sink) -> None:
    assert main(["highlights", "draft", "--config", str(config)]) == 0
    assert main(["highlights", "send", "--test", "--config", str(config)]) == 0
    assert post_office.received == {"desk@library.example": 2}


def test_what_must_be_mended_is_not_approved(
    ours: House, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["highlights", "draft", "--config", str(config)])
    with ours.writer.begin() as connection:
        (issue,) = issues.newest(connection, SLUG, 1)
        content = {**issue.content, "subject": {}}
        issues.save(connection, issue.id, issue.version, content, ours.items)
    assert main(["highlights", "approve", "--as", "Ana", "--config", str(config)]) == 1
    assert "It has no subject" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("send",), "There is no edition yet"),
        (("preview", "--number", "7"), "There is no edition 7"),
        (("draft", "--campaign", "other"), "There is no campaign other"),
        (("fly",), "there is no fly"),
    ],
)
def test_wrong_use_is_said(ours: House, asked: Any, argv: tuple[str, ...], said: str) -> None:
    code, words = asked(*argv)
    assert code == 2
    assert said in words


def test_nobody_approves_namelessly_and_nothing_leaves_unapproved(ours: House, asked: Any) -> None:
    asked("draft")
    assert asked("approve")[0] == 2
    code, words = asked("send")
    assert code == 2
    assert "only what was approved is sent" in words


def test_check_looks_at_server_domain_and_letter(
    ours: House, asked: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engaged.highlights.ask_dns", lambda name: ())
    asked("draft")
    code, said = asked("check")
    assert code == 1
    assert said["server"] == ""
    assert {one["code"]: one["state"] for one in said["domain"]} == {
        "spf": "missing", "dkim": "unknown", "dmarc": "missing",
    }  # fmt: skip
    assert set(said["bytes"]) == {"en", "es"}


def sent_and_late(ours: House, asked: Any, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Let this week's edition have gone out, and give the last evening of its week, which it is now."""
    readers(ours.writer, datetime.now(UTC), *people(1))
    asked("draft")
    asked("approve", "--as", "Ana")
    asked("send", "--now")
    with ours.reader.connect() as connection:
        (issue,) = issues.newest(connection, SLUG, 1)
    evening = datetime.combine(issue.week + timedelta(days=6), time(20), UTC)
    monkeypatch.setattr("engaged.highlights._now", lambda: evening)
    return evening


def test_a_draft_after_this_weeks_mail_says_that_it_is_next_weeks(
    ours: House, asked: Any, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    put_another_post(ours, sent_and_late(ours, asked, monkeypatch))
    assert main(["highlights", "draft", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert "This week's edition 1 went out" in said
    assert "; this is the one for the week of" in said


def put_another_post(ours: House, now: datetime) -> None:
    zoe = Author("Zoe Nine", key="feed:river.example/9")
    again = post(9, author=zoe, language="en", published_at=now - timedelta(hours=1))
    publish(ours.writer, claim(ours.writer, now, "river"), now, found(again))


def test_the_standing_of_an_edition_that_is_not_there_is_refused(ours: House, asked: Any) -> None:
    asked("draft")
    assert [one["number"] for one in asked("status", "--number", "1")[1]["editions"]] == [1]
    code, words = asked("status", "--number", "99")
    assert code == 2
    assert "There is no edition 99" in words


def test_what_went_out_need_not_be_mended(
    ours: House, asked: Any, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr("engaged.highlights.ask_dns", lambda name: ())
    sent_and_late(ours, asked, monkeypatch)
    take_down(ours, ours.items[0])
    main(["highlights", "check", "--config", str(config)])
    said = capsys.readouterr()
    assert "edition 1: went out" in said.out
    assert "must be mended" not in said.err


def test_a_preview_leaves_out_what_was_removed(ours: House, asked: Any, tmp_path: Path) -> None:
    asked("draft")
    asked("approve", "--as", "Ana")
    take_down(ours, ours.items[0])
    asked("preview", "--to", str(tmp_path))
    for file in ("en.html", "en.txt"):
        written = (tmp_path / file).read_text("utf-8")
        assert ours.items[0] not in written
        assert ours.items[1] in written


def take_down(ours: House, item: str) -> None:
    decide(ours.writer, Action.TAKE_DOWN, item, datetime.now(UTC))


@pytest.mark.parametrize("is_first", [True, False])
def test_where_two_people_are_asked_for_the_shell_is_neither(
    ours: House, asked: Any, config: Path, is_first: bool
) -> None:
    asked("draft")
    with ours.writer.begin() as connection:
        (issue,) = issues.newest(connection, SLUG, 1)
        if not is_first:  # asked for then, and no more: what began with two people ends with two
            issue = issues.approve(connection, issue.id, 1, {}, "d" * 64, "Ana", True, datetime.now(UTC))
    if is_first:
        config.write_text(
            config.read_text().replace("name:", "highlights: {second_person: true}, name:")
        )
    code, said = asked("approve", "--as", "Ben")
    assert code == 2
    assert "needs two people who are signed in" in said
    with ours.reader.connect() as connection:
        assert issues.by_id(connection, issue.id) == issue


@pytest.mark.parametrize("days", [2, -2])
def test_the_date_in_a_mail_is_its_week_whether_it_leaves_early_or_late(
    ours: House, asked: Any, post_office: Sink, days: int
) -> None:
    readers(ours.writer, datetime.now(UTC), *people(1))
    asked("draft")
    with ours.writer.begin() as connection:
        (issue,) = issues.newest(connection, SLUG, 1)
        content = {**issue.content, "subject": {"en": "News of {{date}}"}}
        issues.save(connection, issue.id, issue.version, content, ours.items)
        due = {"due_at": datetime.now(UTC) + timedelta(days=days), "week": date(2026, 10, 5)}
        connection.execute(update(mailings.issue).values(due))
    asked("approve", "--as", "Ana")
    assert asked("send", "--now")[0] == 0
    (mail,) = post_office.messages()
    assert mail["Subject"] == "News of Oct 5 – 11, 2026"
