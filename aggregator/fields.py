"""The types of single settings: what each may hold, what it says when it does not, and an example.

The words complete a sentence that begins with the setting's place ("campaigns[0].slug: may hold …").
"""

import re
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, WithJsonSchema

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_HOST = r"(?:[^\s/@:#?\[\]\\]{1,253}|\[?[0-9A-Fa-f:.]{2,45}\]?)(?::[1-9][0-9]{0,4})?"
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str) and (found := re.fullmatch(r"(\d{1,8}(?:\.\d{1,9})?)\s*([smhd])", value)):
        return timedelta(seconds=float(found[1]) * _UNITS[found[2]])
    raise ValueError("is no length of time: write a number and s, m, h or d")


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        known = (
            parts.scheme in ("http", "https", "feed", "webcal") and parts.hostname and parts.port != 0
        )
    except ValueError:  # a port of 99999, a bracket that is never closed
        known = False
    if not known or re.search(r"[\s\\]", value):
        raise ValueError("is no web address")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, LookupError):
        raise ValueError("is no time zone: zones are named by continent and city") from None
    return value


def _network(value: object) -> object:
    if isinstance(value, (IPv4Network, IPv6Network)):
        return value
    try:
        return ip_network(str(value), strict=False)
    except ValueError:
        raise ValueError("is no address and no network") from None


def _hashtag(value: str) -> str:
    bare = value.removeprefix("#")
    if not bare or any(character.isspace() or character == "#" for character in bare):
        raise ValueError("is no hashtag: one word, with or without #")
    return bare


class Secret(SecretStr):
    """A key or a token: never readable where settings are printed, and yet another one looks otherwise,
    so that a source which waited for the right one is seen to have changed."""

    def __repr__(self) -> str:
        return f"Secret({sha256(self.get_secret_value().encode()).hexdigest()[:12]})"


def _token(value: Secret) -> Secret:
    if not re.fullmatch(r"[A-Za-z0-9._~+/-]{1,4000}=*", value.get_secret_value()):
        raise ValueError("holds signs that no token has")
    return value


def _server(value: str) -> str:
    bare = value.strip().lower().rstrip("/").removeprefix("https://")
    name = bare.removeprefix("http://")  # of a server that you run yourself
    if not re.fullmatch(_HOST, name) or (name.count(":") > 1 and name[0] != "["):
        raise ValueError("is no name of a server: write it alone, without a path and without @")
    return bare


def _contact(value: str) -> str:
    if (
        value
        and not re.fullmatch(r"[!-~]+@[!-~]+", value)
        and not value.startswith(("http://", "https://"))
    ):
        raise ValueError("is no mail address and no web address")
    return value


def _public_address(value: str) -> str:
    if not re.fullmatch(r"https?://[^/?#@]+/?", _web_address(value)):
        raise ValueError("must be http:// or https:// with a name and nothing after it")
    return value.rstrip("/")


def _database(value: str) -> str:
    if value.startswith("postgresql+psycopg://") or re.fullmatch(r"sqlite:///[^?:]+", value):
        return value
    raise ValueError("must be sqlite:/// with the name of a file, or begin with postgresql+psycopg://")


def _written_as(pattern: str, words: str) -> Callable[[str], str]:
    def judged(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(words)
        return value

    return judged


def _text(pattern: str, words: str, *examples: str) -> tuple[AfterValidator, WithJsonSchema]:
    """Give what makes a str field say in words what its pattern wants, and tell editors the pattern."""
    schema = {"type": "string", "pattern": f"^(?:{pattern})$", "examples": list(examples)}
    return AfterValidator(_written_as(pattern, words)), WithJsonSchema(schema)


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?\s*[smhd]$", "examples": ["30m"]}),
]
WebAddress = Annotated[str, AfterValidator(_web_address), Field(examples=["https://blog.example/feed/"])]
PublicAddress = Annotated[str, AfterValidator(_public_address), Field(examples=["https://wall.example"])]
Database = Annotated[str, AfterValidator(_database), Field(examples=["sqlite:///var/engaged.db"])]
Contact = Annotated[str, AfterValidator(_contact), Field(examples=["campaign@library.example"])]
Zone = Annotated[str, AfterValidator(_zone), Field(examples=["America/New_York"])]
Network = Annotated[
    IPv4Network | IPv6Network,
    BeforeValidator(_network),
    WithJsonSchema({"type": "string", "examples": ["127.0.0.1", "10.0.0.0/8"]}),
]
Hashtag = Annotated[str, AfterValidator(_hashtag), Field(max_length=100, examples=["EngagedLibraries"])]
Name = Annotated[
    str,
    *_text(
        "[a-z0-9][a-z0-9-]{0,59}",
        "may hold small letters a to z, digits and hyphens, at most 60, and begins with no hyphen",
        "riverside-blog",
    ),
]
Slug = Annotated[
    str,
    *_text(
        "[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?",
        "may hold small letters a to z and digits, with hyphens between them, at most 60",
        "engagedlibraries",
    ),
]
HostName = Annotated[
    str,
    *_text(
        _HOST,
        "is no name of a host, with or without a port",
        "feeds.library.example:8080",
    ),
]
Server = Annotated[
    str,
    AfterValidator(_server),
    WithJsonSchema({"type": "string", "examples": ["glammr.us"]}),
]
Token = Annotated[
    Secret,
    AfterValidator(_token),
    WithJsonSchema({"type": "string", "examples": ["${MASTODON_TOKEN}"]}),
]
Language = Annotated[
    str,
    *_text(
        "[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", "is no language code of two or three letters", "es", "pt-BR"
    ),
]
OwnLine = Annotated[str, Field(max_length=300)]
Weekly = Annotated[
    str,
    *_text(
        rf"(?:{_DAYS}) (?:[01]\d|2[0-3]):[0-5]\d",
        "is no day of the week with an hour from 00:00 to 23:59",
        "wednesday 12:00",
    ),
]
