"""Erases a customer, or goes on with it, and kills itself before a statement; run by test_erase_killed.py.

``python eraser.py <folder> <customer> <run> <die at>``: before each statement one point is passed; at the point
``die at`` the process kills itself (0: never). ``complete`` is printed once nothing is left.
"""

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from csdesk import Actor, open_desk
from csdesk.flows.removal import erasing, wiping
from csdesk.stores.media import FolderMedia
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import FixedClock


def main(folder: Path, customer: str, run: int, die_at: int) -> None:
    left = die_at

    def passed(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    erasing.BATCH = wiping.BATCH = 5
    erasing.INLINE = 3
    clock = FixedClock()
    clock.advance(timedelta(hours=run))  # whoever died before holds nothing any more
    store = SqliteStore(folder / "desk.db", synchronous="NORMAL", trace=passed)
    media = FolderMedia(folder / "media", now=lambda: 2**40)
    with open_desk(store, clock=clock, media=media) as desk:
        erasure = desk.customers.erase(customer, actor=Actor.agent("lin"), idempotency_key="once")
        while erasure.state == "running":
            desk.run_due()
            erasure = desk.customers.erasure(customer)
    sys.stdout.write("complete\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
