"""What has to be done before `engaged run` starts its children, in a process of its own.

The supervisor lives as long as the service: it loads neither settings nor the store, so that it stays
small and nothing can bring it down. This process loads them, does the work, and ends.
"""

import os
from argparse import Namespace
from datetime import UTC, datetime

from aggregator.settings import Settings
from aggregator.store import database
from engaged import port
from engaged.configure import own_port, settings_for
from engaged.terminal import document
from moderation.invitations import first_link


def prepare(arguments: Namespace) -> int:
    """Check the port, bring the database up to date, and write what `engaged run` says when it is up."""
    settings = settings_for(arguments.config)
    number = arguments.port or own_port(settings)
    port.refuse_if_taken(arguments.host, number)
    database.upgrade(settings.database)
    document(
        {
            "port": number,
            "greeting": greeting(settings, arguments.host, number),
            "publishes": bool(settings.publish.to),
        }
    )
    return 0


def greeting(settings: Settings, host: str, number: int) -> list[str]:
    """Give the lines that end the start: the public page, moderation, the first sign-in, a hint."""
    lines = [
        f"Public page:   {settings.public_url}/",
        f"Moderation:    {settings.public_url}/moderate/",
    ]
    if link := _first_link(settings):
        lines.append(f"Sign in once:  {link}")
    return [*lines, _hint(settings, host, number)]


def _first_link(settings: Settings) -> str | None:
    engine = database.open_writer(settings.database)
    try:
        return first_link(engine, settings.public_url, datetime.now(UTC))
    finally:
        engine.dispose()


def _hint(settings: Settings, host: str, number: int) -> str:
    if own_port(settings) != number:
        return (
            f"It listens on {host} port {number}, and these addresses say otherwise: unless a proxy "
            f"stands between, set public_url: http://localhost:{number} in config.yaml. Ctrl-C ends it."
        )
    if "SSH_CONNECTION" in os.environ and settings.public_url.startswith("http://localhost"):
        return (
            f"This is a server: on your own computer run ssh -L {number}:localhost:{number} "
            "YOU@THIS-SERVER, then open these addresses there. Ctrl-C ends it."
        )
    return "Only this computer can open them; docs/operators.md says how others can. Ctrl-C ends it."
