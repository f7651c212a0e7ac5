"""invite, people: who may moderate, from the shell."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.store.database import open_writer, upgrade
from aggregator.store.people import add
from engaged.cli import main
from engaged.configure import settings_for
from moderation import invitations
from tests.engaged.processes import write_config

Asked = Callable[..., tuple[int, str, str]]
PERSON = {"name", "role", "email", "active", "joined_at", "seen_at"}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = write_config(tmp_path, 8123, "")
    upgrade(settings_for(file).database)
    return file


@pytest.fixture
def asked(config: Path, capsys: pytest.CaptureFixture[str]) -> Asked:
    """Give a function that runs a command and gives exit code, standard output, standard error."""

    def ask(*argv: str) -> tuple[int, str, str]:
        code = main([*argv, "--config", str(config)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return ask


@pytest.fixture
def people(config: Path) -> None:
    engine = open_writer(settings_for(config).database)
    for name, role in (("Amina Yusuf", "admin"), ("Mo Reyes", "moderator")):
        with engine.begin() as connection:
            add(
                connection, name=name, email="", role=role, password="argon2",
                now=datetime(2026, 10, 5, tzinfo=UTC),
            )  # fmt: skip
    engine.dispose()


def test_invite_gives_a_link_and_nothing_else_on_standard_output(config: Path, asked: Asked) -> None:
    code, out, err = asked("invite", "nia@library.example", "--role", "editor")
    link = out.strip()
    assert code == 0
    assert link.startswith(f"{settings_for(config).public_url}/moderate/welcome/")
    assert "works once" in err
    engine = open_writer(settings_for(config).database)
    found, owner = invitations.look(engine, link.rpartition("/")[2], datetime.now(UTC))
    engine.dispose()
    assert (found.role, found.email, owner) == ("editor", "nia@library.example", None)


def test_invite_for_scripts(asked: Asked) -> None:
    code, out, _ = asked("invite", "--role", "admin", "--json")
    assert code == 0
    assert json.loads(out).keys() == {"link", "expires_at"}


@pytest.mark.usefixtures("people")
def test_a_name_gives_a_link_for_a_new_password(config: Path, asked: Asked) -> None:
    code, out, err = asked("invite", "--name", "mo reyes")
    engine = open_writer(settings_for(config).database)
    _, owner = invitations.look(engine, out.strip().rpartition("/")[2], datetime.now(UTC))
    engine.dispose()
    assert code == 0
    assert "new password" in err
    assert owner
    assert owner.name == "Mo Reyes"


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (("invite",), 2, "--role viewer, moderator, editor or admin"),
        (("invite", "--role", "owner"), 2, "there is no owner; there are: viewer, moderator"),
        (("invite", "--role", "admin", "--name", "Mo Reyes"), 2, "--role viewer"),
        (("invite", "x@y.example", "--name", "Mo Reyes"), 2, "is known already"),
        (("invite", "no address", "--role", "viewer"), 2, "no address is no mail address"),
        (("invite", "--name", "Nobody"), 1, "`engaged people` lists everybody"),
        (("people", "--deactivate", "Nobody"), 1, "`engaged people` lists everybody"),
        (("people", "--deactivate", "Amina Yusuf"), 1, "make somebody else admin first"),
    ],
)
@pytest.mark.usefixtures("people")
def test_what_cannot_be_is_a_sentence_with_what_to_do(
    asked: Asked, argv: tuple[str, ...], code: int, said: str
) -> None:
    exited, out, err = asked(*argv)
    assert (exited, out) == (code, "")
    assert said in err


@pytest.mark.usefixtures("people")
def test_people_lists_who_there_is(asked: Asked) -> None:
    code, out, _ = asked("people")
    assert code == 0
    assert out.splitlines() == [
        "Amina Yusuf  admin  not seen lately",
        "Mo Reyes  moderator  not seen lately",
    ]


@pytest.mark.usefixtures("people")
def test_people_for_scripts_and_one_who_is_let_go(asked: Asked) -> None:
    code, out, err = asked("people", "--deactivate", "Mo Reyes", "--json")
    listed = json.loads(out)["people"]
    assert code == 0
    assert [person["active"] for person in listed] == [True, False]
    assert all(person.keys() == PERSON for person in listed)
    assert "Mo Reyes can no longer sign in" in err


def test_nobody_yet_says_how_somebody_comes_in(asked: Asked) -> None:
    code, out, err = asked("people")
    assert (code, out) == (0, "")
    assert "engaged invite --role admin" in err


def test_without_a_database_both_say_what_makes_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(write_config(tmp_path, 8124))
    assert main(["invite", "--role", "admin", "--config", file]) == 1
    assert "`engaged run`" in capsys.readouterr().err
