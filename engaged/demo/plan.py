"""What one demo is: when it began, which ports it has, how its moderator signs in. Kept in a file.

Every date hangs on `began`: a post from three days ago stays where it is between two starts.
"""

import json
import secrets
import shutil
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from engaged.terminal import WrongUse

LASTS = timedelta(days=1)
"""After that the campaign's "today" is long over, and the next start begins anew."""

FILE = "plan.json"
SITES = ("lamplight", "harbour", "blogs", "library", "mailbox")
PORTS = len(SITES) + 1
"""How many ports a demo needs beside Engaged's own: one for each site, one for mail."""
MODERATOR = "Demo"

_WORDS = (
    *("acorn", "amber", "apple", "atlas", "basket", "beacon", "berry", "birch", "bramble", "breeze"),
    *("button", "candle", "canoe", "cedar", "chalk", "cherry", "clover", "cobalt", "comet", "copper"),
    *("cotton", "cricket", "daisy", "ember", "falcon", "feather", "fern", "ferry", "fiddle", "garnet"),
    *("ginger", "harbor", "hazel", "heron", "honey", "indigo", "island", "ivory", "jasmine", "juniper"),
    *("kettle", "lagoon", "lantern", "lemon", "linen", "lotus", "magnet", "maple", "marble", "meadow"),
    *("mellow", "mosaic", "nectar", "nutmeg", "olive", "orchid", "otter", "paddle", "pebble", "pepper"),
    *("pigeon", "pine", "plum", "poppy", "quartz", "quill", "raven", "ribbon", "river", "rocket"),
    *("saffron", "sailor", "sparrow", "spruce", "sugar", "summit", "teapot", "thistle", "timber"),
    *("tulip", "turnip", "umbrella", "valley", "velvet", "violet", "walnut", "willow", "zephyr"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """One demo.

    Attributes:
        began: aware UTC, of its first start.
        port: where Engaged answers.
        lamplight, harbour, blogs, library, mailbox: the ports of the invented sites.
        mail: the port of the invented mail server.
        is_ready: the campaign was collected and moderated; else it was broken off and begins anew.
    """

    began: datetime
    port: int
    lamplight: int
    harbour: int
    blogs: int
    library: int
    mailbox: int
    mail: int
    password: str
    is_ready: bool = False

    @property
    def sites(self) -> dict[str, int]:
        """Give the port of each invented site by its name."""
        return {name: getattr(self, name) for name in SITES}

    def origin(self, site: str) -> str:
        return f"http://localhost:{self.sites[site]}"

    @property
    def engaged(self) -> str:
        return f"http://localhost:{self.port}"

    def is_over(self, now: datetime) -> bool:
        return not self.is_ready or now - self.began >= LASTS or now < self.began


def new_plan(now: datetime, port: int, free: list[int]) -> Plan:
    """Give a plan with the given free ports, and a password that can be read out loud."""
    words = [secrets.choice(_WORDS) for _ in range(4)]
    password = "-".join([*words, str(secrets.randbelow(90) + 10)])
    lamplight, harbour, blogs, library, mailbox, mail = free
    began = now.replace(microsecond=0)  # seconds would make every time on the first screen an odd one
    return Plan(began, port, lamplight, harbour, blogs, library, mailbox, mail, password)


def write(plan: Plan, folder: Path) -> None:
    """Keep a plan; only this user may read it, for it holds a password."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = folder / f"{FILE}.new"
    beside.touch(mode=0o600)
    beside.write_text(json.dumps({**asdict(plan), "began": plan.began.isoformat()}, indent=2))
    beside.replace(folder / FILE)


def read(folder: Path) -> Plan | None:
    """Give the plan of an earlier start; None when there is none that can be read."""
    try:
        written: dict[str, Any] = json.loads((folder / FILE).read_text())
        return Plan(**{**written, "began": datetime.fromisoformat(written["began"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def moved(plan: Plan, port: int) -> Plan:
    """Give the plan with Engaged at another port. The sites stay: they are in the posts' names."""
    return replace(plan, port=port)


def ready(plan: Plan) -> Plan:
    return replace(plan, is_ready=True)


def forget(folder: Path) -> None:
    """Delete an earlier demo with everything in it.

    Raises:
        WrongUse: there is something in the folder, and it is none of ours.
    """
    if not folder.exists():
        return
    if any(folder.iterdir()) and not (folder / FILE).exists():
        raise WrongUse(f"{folder} holds something that is no demo. Move it away, then start again.")
    shutil.rmtree(folder)
