"""A process that settles small refunds on one order until it is told that no more is possible.

    python settle.py DATABASE AGENT TICKET COUNT

Prints how many it settled.
"""

import sys
from pathlib import Path

from csdesk import Actor, open_desk
from csdesk.errors import OutsideAuthority


def main(database: Path, agent: str, ticket: str, count: int) -> None:
    """Settle as often as it goes, at most ``count`` times."""
    done = 0
    with open_desk(f"sqlite:///{database}", synchronous="NORMAL") as desk:
        for _ in range(count):
            try:
                desk.authority.settle(ticket, "refund", amount="5", actor=Actor.agent(agent), subject="order:1")  # type: ignore[arg-type]
            except OutsideAuthority:
                break
            done += 1
    sys.stdout.write(str(done))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
