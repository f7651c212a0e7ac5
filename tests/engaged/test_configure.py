"""Reading config.yaml: where the database lies, which kinds and layouts there are, what logs keep."""

from pathlib import Path

import pytest

from aggregator.errors import SettingsError
from engaged.configure import configure, database_file, kinds, layouts, own_port, schema
from engaged.terminal import WrongUse

ROOT = Path(__file__).resolve().parent.parent.parent
LEAST = "campaigns: [{slug: tea, name: Tea}]\n"


def written(folder: Path, text: str) -> Path:
    file = folder / "config.yaml"
    file.write_text(text)
    return file


def test_the_file_that_comes_with_the_program_has_no_mistakes() -> None:
    settings = configure(ROOT / "config.yaml", {}).settings

    assert [campaign.slug for campaign in settings.campaigns] == ["engagedlibraries"]
    assert [source.name for source in settings.campaigns[0].sources] == ["mastodon", "ifla", "jbrary"]
    assert settings.mail.waiting_for == ("SMTP_URL",)


def test_the_file_that_comes_with_the_program_names_every_key() -> None:
    text = (ROOT / "config.yaml").read_text()
    parts = schema()["$defs"]
    forms = [*parts["Source"]["oneOf"], *(parts[name] for name in parts if "." not in name), schema()]
    keys = {key for form in forms for key in form.get("properties", {})}

    assert sorted(key for key in keys if f"{key}:" not in text) == []


def test_folders_are_the_registers() -> None:
    assert "feed" in kinds()
    assert layouts() == ["carousel", "featured", "grid", "kiosk", "list", "print", "ticker"]


def test_the_database_lies_beside_the_file_wherever_the_command_is_called(tmp_path: Path) -> None:
    settings = configure(written(tmp_path, LEAST), {}).settings

    assert settings.database == f"sqlite:///{tmp_path}/var/engaged.db"
    assert database_file(settings) == tmp_path / "var" / "engaged.db"


@pytest.mark.parametrize(
    ("database", "expected"),
    [
        ("sqlite:////srv/engaged/posts.db", "sqlite:////srv/engaged/posts.db"),
        ("postgresql+psycopg://db.example/engaged", "postgresql+psycopg://db.example/engaged"),
    ],
)
def test_what_is_absolute_stays(tmp_path: Path, database: str, expected: str) -> None:
    file = written(tmp_path, f"{LEAST}database: {database}")

    assert configure(file, {}).settings.database == expected


def test_the_values_of_named_secrets_are_known_to_the_logs(tmp_path: Path) -> None:
    file = written(tmp_path, f"{LEAST}mail: {{smtp: '${{SMTP_URL}}'}}")

    assert configure(file, {"SMTP_URL": "smtp://canary", "HOME": "/root"}).secrets == ("smtp://canary",)


def test_a_missing_file_is_wrong_use_and_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="--config FILE"):
        configure(tmp_path / "config.yaml", {})


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="cannot be read"):
        configure(tmp_path, {})


def test_other_encodings_are_told_with_their_line(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(LEAST.encode() + b"public_url: caf\xe9\n")

    with pytest.raises(SettingsError, match="line 2: this is no UTF-8"):
        configure(file, {})


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + LEAST.encode())

    assert configure(file, {}).settings.campaigns[0].slug == "tea"


@pytest.mark.parametrize(
    ("public_url", "port"),
    [
        ("http://localhost:8000", 8000),
        ("http://wall.example:8080", 8080),
        ("http://wall.example", 8000),
        ("https://wall.example", 8000),
        ("https://wall.example:8443", 8000),
    ],
)
def test_the_port_is_the_public_one_when_nothing_stands_before_us(
    tmp_path: Path, public_url: str, port: int
) -> None:
    file = written(tmp_path, f"{LEAST}public_url: {public_url}")

    assert own_port(configure(file, {}).settings) == port


def test_the_folder_of_pictures_stands_beside_the_file_unless_it_says_where(tmp_path: Path) -> None:
    file = written(tmp_path, LEAST)
    assert configure(file, {}).settings.media == str(tmp_path / "var" / "media")
    file = written(tmp_path, f"{LEAST}media: /srv/engaged/media\n")
    assert configure(file, {}).settings.media == "/srv/engaged/media"
