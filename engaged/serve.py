"""`engaged web`: the public pages and moderation, served by granian.

What is in flight when it is ended is finished.
"""

import os
from argparse import Namespace
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from engaged import doors, lifeline, logs, port
from engaged.configure import configure, own_port

FINISH_WITHIN_S = 20
"""How long a request in flight may hold up the end, in seconds."""

THREADS = 2
"""Python runs one at a time: more of them answer no faster, and cost more for every answer."""


def web(arguments: Namespace) -> int:
    """Serve until SIGTERM or Ctrl-C."""
    lifeline.tie_to_supervisor()
    configured = configure(arguments.config, os.environ)
    logs.set_up(configured.secrets)
    with doors.reader(configured.settings):
        pass  # a sentence now is better than a page that says "503" later
    number = arguments.port or own_port(configured.settings)
    port.refuse_if_taken(arguments.host, number)
    load = partial(application, arguments.config.resolve(), os.getpid())
    server = make_server(arguments.host, number, arguments.workers, configured.secrets)
    server.serve(target_loader=load, wrap_loader=False)
    return 0


def make_server(host: str, number: int, workers: int, secrets: Collection[str]) -> Any:
    """Give granian as we use it: it finishes what is in flight, and replaces a worker that dies."""
    return Server(
        "engaged.serve",
        address=host,
        port=number,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        workers_kill_timeout=FINISH_WITHIN_S,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        log_dictconfig=logs.configuration(secrets),
    )


def application(config: Path, parent: int) -> Any:
    """Make the WSGI application, inside a worker process of granian."""
    lifeline.tie(parent)
    # Here, because the process that looks after the workers serves nothing: it need not hold all this.
    from engaged import application

    return application.application(config)
