"""What every screen of moderation is: a row with its address, its method and the least role for it.

The rows are the register: app.py adds each to Flask behind the same walls (session, role, CSRF token,
headers), and a test asks every one of them as every role. A screen never looks at a cookie itself.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Literal

from flask import Response
from sqlalchemy import Engine

from aggregator.settings import Settings
from feeds.i18n import Words


class Role(IntEnum):
    """What somebody may do; each may do all that those before it may."""

    VIEWER = 1
    MODERATOR = 2
    EDITOR = 3
    ADMIN = 4

    @property
    def word(self) -> str:
        """The word that the store keeps and that commands take."""
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> "Role":
        return cls[word.upper()]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in. `name` is unique, and stands with each of their decisions.

    Attributes:
        choices: what they chose for the screens; `keys` (single-key shortcuts) is on unless it is False.
    """

    id: int
    name: str
    role: Role
    email: str = ""
    choices: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the screens work with; one for each process.

    Attributes:
        reader: cannot write. Everything that only looks uses it.
        writer: each transaction takes the write lock at once; waits at most 5 s for it.
        media: the folder of our copies of pictures (previews before approval under `held/`).
        now: gives aware UTC.
        say: the words of the screens (locales/en.po).
    """

    settings: Settings
    reader: Engine
    writer: Engine
    media: Path
    now: Callable[[], datetime]
    say: Words


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, as a screen may see it.

    Attributes:
        person: who asks; None only on rows without a role.
        names: the parts of the address, such as {"item": …}.
        query, form: first value of each name, stripped of nothing, at most 10,000 characters each.
        several: all values of each name of the form, for lists of check boxes.
        files: what was uploaded, by the name of its field.
        wants_part: our script asks (`X-Part: 1`): answer with the fragment instead of the whole page.
        csrf: the token that forms of this session carry.
        session: the digest of the session; "" when signed out.
        warnings: sentences for the top of the page: how this browser reaches us is not right.
        network: where the request comes from (a /24 or /64); "" when that is not known.
        browser: what the browser calls itself, in words that its owner recognises.
    """

    person: Person | None
    names: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    several: Mapping[str, tuple[str, ...]]
    wants_part: bool = False
    csrf: str = ""
    session: str = ""
    warnings: tuple[str, ...] = ()
    network: str = ""
    browser: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)


Show = Callable[[Desk, Asked], Response]


@dataclass(frozen=True, slots=True)
class Route:
    """One row. `rule` stands behind /moderate, in Flask's notation; `role` None: signed out will do.

    Attributes:
        most_bytes: how long a form may be that comes from somebody with the role; None: as everywhere.
    """

    rule: str
    name: str
    show: Show
    role: Role | None
    method: Literal["GET", "POST"] = "GET"
    most_bytes: int | None = None
