"""Reads config.yaml and the environment: the one place that does."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel

from aggregator import collectors
from aggregator.errors import Mistake, SettingsError
from aggregator.reading import SECRET, json_schema, read
from aggregator.settings import Settings
from engaged import logs
from engaged.terminal import WrongUse

_SQLITE = "sqlite:///"


@dataclass(frozen=True)
class Configured:
    """The settings, with `database` and `media` made absolute, and the values that no log may repeat."""

    settings: Settings
    secrets: tuple[str, ...]


def settings_for(file: Path) -> Settings:
    """Give the settings for a command, and set up logs that keep its secrets."""
    configured = configure(file, os.environ)
    logs.set_up(configured.secrets)
    return configured.settings


def configure(file: Path, environ: Mapping[str, str]) -> Configured:
    """Read the file.

    Raises:
        WrongUse: there is no such file.
        SettingsError: with every mistake in it.
    """
    text = _text_of(file)
    settings = read(text, path=str(file), environ=environ, kinds=kinds(), layouts=layouts())
    named = (environ.get(name, "") for name in SECRET.findall(text))
    absolute = settings.model_copy(
        update={
            "database": _absolute(settings.database, file),
            "media": str(_beside(settings.media, file)),
        }
    )
    return Configured(absolute, tuple(value for value in dict.fromkeys(named) if value))


def schema() -> dict[str, Any]:
    """Give the JSON schema of config.yaml with the kinds and layouts that this program has."""
    return json_schema(kinds(), layouts())


def kinds() -> dict[str, type[BaseModel]]:
    """Give the Options of each kind of source: the collectors' folder is the register."""
    return {name: module.Options for name, module in collectors.kinds().items()}


def layouts() -> list[str]:
    """Give the layouts' names: their folder is the register."""
    return sorted(
        place.name for place in (files("feeds") / "layouts").iterdir() if _is_layout(place.name)
    )


def database_file(settings: Settings) -> Path | None:
    """Give the file of an SQLite database; None for a database server."""
    if not settings.database.startswith(_SQLITE):
        return None
    return Path(settings.database.removeprefix(_SQLITE))


def own_port(settings: Settings) -> int:
    """Give the port to listen on: the public address's own when nothing stands before us, else 8000."""
    address = urlsplit(settings.public_url)
    return address.port if address.scheme == "http" and address.port else 8000


def _is_layout(name: str) -> bool:
    return (files("feeds") / "layouts" / name / "layout.html").is_file()


def _text_of(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise WrongUse(
            f"There is no {file} here. Go to the folder that has it, or name it: --config FILE"
        ) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{error.object[error.start]:02x}"
        mistake = Mistake(f"line {line}", found, "this is no UTF-8: save the file as UTF-8", line=line)
        raise SettingsError(str(file), [mistake]) from error
    except OSError as error:
        words = f"{file} cannot be read ({error.strerror}). Name the file itself: --config FILE"
        raise WrongUse(words) from error


def _absolute(database: str, file: Path) -> str:
    """SQLite's file stands relative to config.yaml, wherever the command is called."""
    if not database.startswith(_SQLITE):
        return database
    return _SQLITE + str(_beside(database.removeprefix(_SQLITE), file))


def _beside(place: str, file: Path) -> Path:
    return (file.resolve().parent / place).resolve()
