"""A private PostgreSQL cluster for the tests: made in a temporary folder, gone afterwards."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
        server.terminate()
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


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
