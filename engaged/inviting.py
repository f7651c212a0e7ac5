"""`engaged invite` and `engaged people`: who may moderate, from the shell."""

from argparse import Namespace
from datetime import UTC, datetime

from aggregator.errors import UnknownPerson
from aggregator.store import people
from aggregator.store.people import Account
from engaged import doors
from engaged.configure import settings_for
from engaged.terminal import WrongUse, answer, document, tell
from moderation import invitations, names
from moderation.invitations import SHELL, Made


def invite(arguments: Namespace) -> int:
    """Make a link that works once: for somebody new, or for a new password."""
    _must_fit(arguments)
    settings = settings_for(arguments.config)
    now = datetime.now(UTC)
    with doors.writer(settings) as engine:
        if arguments.name:
            made = invitations.reset(
                engine, settings.public_url, name=arguments.name, made_by=SHELL, now=now
            )
        else:
            made = invitations.invite(
                engine,
                settings.public_url,
                role=arguments.role,
                email=arguments.email or "",
                made_by=SHELL,
                now=now,
            )
    _say(made, arguments)
    return 0


def show(arguments: Namespace) -> int:
    """List who may moderate, or let one of them go."""
    settings = settings_for(arguments.config)
    if arguments.deactivate:
        with doors.writer(settings) as engine, engine.begin() as connection:
            found = people.find(connection, arguments.deactivate)
            if found is None:
                raise UnknownPerson(_unknown(arguments.deactivate))
            people.set_active(connection, found.id, is_active=False)
        tell(f"{found.name} can no longer sign in. What they decided stays.")
    with doors.reader(settings) as engine, engine.connect() as connection:
        everybody, seen = people.everybody(connection), people.last_seen(connection)
    if arguments.json:
        document({"people": [_as_json(one, seen.get(one.id)) for one in everybody]})
        return 0
    for one in everybody:
        answer(_in_words(one, seen.get(one.id)))
    if not everybody:
        tell("Nobody can sign in yet: `engaged invite --role admin` makes a link that works once.")
    return 0


def _must_fit(arguments: Namespace) -> None:
    if bool(arguments.name) == bool(arguments.role):
        raise WrongUse(
            "Say what the new person may do with --role viewer, moderator, editor or admin; "
            "or, for a new password of somebody who is there already, --name NAME."
        )
    if arguments.name and arguments.email:
        raise WrongUse("A new password needs --name NAME only: the mail address is known already.")
    if arguments.email and not names.is_email(arguments.email):
        raise WrongUse(f"{arguments.email} is no mail address. It may be left out.")


def _say(made: Made, arguments: Namespace) -> None:
    until = made.expires_at
    if arguments.json:
        document({"link": made.url, "expires_at": until.isoformat()})
        return
    answer(made.url)
    whose = f"{arguments.name} sets a new password with it" if arguments.name else (
        f"whoever opens it joins as {arguments.role}"
    )  # fmt: skip
    tell(f"It works once, until {until:%Y-%m-%d %H:%M} UTC: {whose}. It is shown only now.")


def _in_words(one: Account, seen: datetime | None) -> str:
    """Give one line about a person."""
    facts = [one.name, one.role if one.is_active else f"{one.role}, cannot sign in"]
    facts += [one.email] if one.email else []
    return "  ".join([*facts, f"last seen {seen:%Y-%m-%d %H:%M} UTC" if seen else "not seen lately"])


def _as_json(one: Account, seen: datetime | None) -> dict[str, object]:
    """Give the shape that scripts may rely on: keys may be added, none is ever removed."""
    return {
        "name": one.name,
        "role": one.role,
        "email": one.email,
        "active": one.is_active,
        "joined_at": one.created_at.isoformat(),
        "seen_at": seen.isoformat() if seen else None,
    }


def _unknown(name: str) -> str:
    return f"Nobody is called {name}. `engaged people` lists everybody."
