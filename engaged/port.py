"""Looks at our own address: is it free, does our own web half answer there?

It speaks to nobody else, and therefore may use a socket where everything outside goes by `fetch.py`.
"""

import errno
import socket

from engaged.terminal import WrongUse

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - nothing is bound here
_QUICK_S = 1.0


def refuse_if_taken(host: str, port: int) -> None:
    """Raise WrongUse with what to do when `host` and `port` cannot be ours."""
    if _somebody_answers(host, port):
        raise WrongUse(_taken(host, port))
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise WrongUse(_taken(host, port)) from error
        raise WrongUse(f"{host} port {port} cannot be used: {error.strerror or error}.") from error


def is_healthy(host: str, port: int) -> bool:
    """Say whether our web half answers /healthz there."""
    try:
        with _connected(host, port) as connection:
            connection.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            first = connection.makefile("rb").readline(100)
    except OSError:
        return False
    return first.split(b" ")[1:2] == [b"200"]


def _somebody_answers(host: str, port: int) -> bool:
    try:
        _connected(host, port).close()
    except OSError:
        return False
    return True


def _connected(host: str, port: int) -> socket.socket:
    here = (_ANYWHERE.get(host, host), port)
    return socket.create_connection(here, timeout=_QUICK_S)  # noqa: TID251 - our own port, nobody else's


def _taken(host: str, port: int) -> str:
    other = port + 1 if port < 65535 else 8000
    return (
        f"Somebody answers on {host} port {port} already: another Engaged, or another program. "
        f"Stop it, or take another port: set public_url: http://localhost:{other} in config.yaml, "
        f"or call it with --port {other}"
    )
