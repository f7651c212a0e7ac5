"""A private PostgreSQL cluster for the tests: made in a temporary folder, gone afterwards.

One database is emptied from test to test: making one for each took longer than most tests, and left
hundreds of thousands of files to delete at the end.
"""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from sqlalchemy import Connection, create_engine, make_url, text

Given = TypeVar("Given")

_SHAPE = text("""
    SELECT md5(string_agg(line, ' ' ORDER BY line)) FROM (
        SELECT format('%s.%s %s %s', attrelid::regclass, attname, atttypid, attnotnull) AS line
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
        UNION ALL
        SELECT format('%s %s %s', tgrelid::regclass, tgname, tgenabled) FROM pg_trigger
        WHERE NOT tgisinternal
        UNION ALL
        SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL
        SELECT version_num FROM alembic_version
    ) AS lines
""")
_FILLED = text("""
    SELECT quote_ident(relname) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
""")
_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


class Databases:
    """Gives databases that look as if they were just made from a template."""

    def __init__(self, address: str, template: str) -> None:
        self._address = address
        self._template = template
        self._free: list[str] = []
        self._admin = create_engine(address.format(name="postgres"), isolation_level="AUTOCOMMIT")
        self._shape = self._ask(template, lambda connection: connection.scalar(_SHAPE))

    def take(self) -> str:
        """Give the address of an empty database."""
        if not self._free:
            name = f"t{uuid4().hex}"
            with self._admin.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {self._template}"))
            self._free.append(name)
        return self._address.format(name=self._free.pop())

    def give_back(self, address: str) -> None:
        """Empty a database for the next test; one that a test rebuilt is thrown away."""
        name = str(make_url(address).database)
        if self._ask(name, self._emptied):
            self._free.append(name)
            return
        with self._admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))

    def close(self) -> None:
        self._admin.dispose()

    def _emptied(self, connection: Connection) -> bool:
        connection.execute(_OTHERS)
        if connection.scalar(_SHAPE) != self._shape:
            return False
        if filled := connection.scalars(_FILLED).all():
            connection.execute(text("SET session_replication_role = replica"))  # past our own triggers
            connection.execute(text(f"TRUNCATE {', '.join(filled)} RESTART IDENTITY CASCADE"))
        return True

    def _ask(self, name: str, ask: Callable[[Connection], Given]) -> Given:
        engine = create_engine(self._address.format(name=name), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                return ask(connection)
        finally:
            engine.dispose()


def programs() -> Path | None:
    """Give the folder of initdb and postgres: the newest installed; None when there is none."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if packaged:
        return packaged[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """Run a cluster; give an address to which `/NAME` of a database can be appended.

    PostgreSQL refuses to run as root: then it runs as the user that its package brings.
    """
    bin_folder = programs()
    if bin_folder is None:
        raise RuntimeError("PostgreSQL's programs (initdb, postgres) are not installed")
    user = _other_user()
    folder.mkdir(parents=True, exist_ok=True)
    for parent in [folder, *folder.parents]:
        if parent.stat().st_uid == os.getuid() and user and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"
    make = ["initdb", "-D", data, "-U", "engaged", "-A", "trust", "-E", "UTF8", "--no-sync"]
    _as(user, [bin_folder / make[0], *make[1:], "--locale=C.UTF-8"])
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        [
            *(bin_folder / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="),
            *("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=50"),
        ],
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=log,
    )
    log.close()
    try:
        _wait(bin_folder, folder, server)
        yield f"postgresql+psycopg://engaged@/{{name}}?host={folder}"
    finally:
        # SIGTERM would wait for every connection that a test left open; SIGKILL would leave children.
        server.send_signal(signal.SIGINT)
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait(15)


def _other_user() -> pwd.struct_passwd | None:
    return pwd.getpwnam("postgres") if os.getuid() == 0 else None


def _as(user: pwd.struct_passwd | None, command: list[object]) -> None:
    subprocess.run(
        [str(part) for part in command],
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
        cwd="/",
        check=True,
        capture_output=True,
    )


def _wait(bin_folder: Path, folder: Path, server: "subprocess.Popen[bytes]") -> None:
    ready = [
        str(bin_folder / "pg_isready"),
        "-h",
        str(folder),
        "-U",
        "engaged",
        "-d",
        "postgres",
        "-q",
        "-t",
        "1",
    ]
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError((folder / "log").read_text())
        if subprocess.run(ready, check=False).returncode == 0:
            return
        try:
            server.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
    raise RuntimeError("PostgreSQL did not start")
