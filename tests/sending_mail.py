"""A worker that does nothing but the weekly mail: `python -m tests.sending_mail CONFIG`.

It loads everything, and begins when it is given a line: a test that kills many has them ready.
"""

import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event

from aggregator.store.database import open_reader, open_writer
from engaged.configure import settings_for
from engaged.mailing import Mailing, Tools, post_of


def main() -> None:
    settings = settings_for(Path(sys.argv[1]))
    reader, writer = open_reader(settings.database), open_writer(settings.database)
    tools = Tools(reader, writer, settings, post_of(settings), partial(datetime.now, UTC))
    mailing = Mailing(tools)
    sys.stdin.readline()
    mailing.begin()
    while True:
        Event().wait(min(mailing.turn(), 0.2))


if __name__ == "__main__":
    main()
