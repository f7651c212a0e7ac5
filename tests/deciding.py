"""A moderator who never rests: decides on whatever is there and says what was acknowledged.

Run as `python -m tests.deciding CONFIG SEED` by the kill tests, and killed in the middle.
"""

import random
import sys
from datetime import UTC, datetime
from pathlib import Path

from aggregator.errors import Conflicts
from aggregator.item import Action
from aggregator.store.database import open_writer
from engaged.configure import settings_for
from moderation import actions

WAYS = (Action.APPROVE, Action.REJECT, Action.HOLD, Action.UNDO, Action.REQUEUE, Action.TAKE_DOWN)


def main(config: Path, seed: int) -> None:
    dice = random.Random(seed)
    engine = open_writer(settings_for(config).database)
    print("ready", flush=True)
    while True:
        items = actions.listing(engine, limit=50)
        if not items:
            continue
        chosen = dice.choice(items)
        try:
            (decided,) = actions.decide(
                engine,
                dice.choice(WAYS),
                [(chosen.id, chosen.version)],
                actor="shell",
                who="shell:restless",
                now=datetime.now(UTC),
            )
        except Conflicts:
            continue
        if decided.number is not None:
            print(decided.number, decided.item, decided.action.value, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
