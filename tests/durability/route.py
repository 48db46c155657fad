"""A process that takes in messages and gives out work: python route.py DATABASE SEED COUNT."""

import sys

from csdesk import DeskConfig, InboundMessage, Sender, open_desk
from csdesk.stores.sqlite import SqliteStore

QUEUES = [{"name": "default", "routing": {"capacity": 40}}, {"name": "b", "routing": {"strategy": "round_robin"}}]
ACCOUNTS = [{"name": "a", "queue": "default"}, {"name": "b", "queue": "b"}]
CONFIG = DeskConfig.model_validate({"queues": QUEUES, "accounts": ACCOUNTS})


def message(seed: int, number: int) -> InboundMessage:
    key = f"{seed}-{number}"
    account = "ab"[number % 2]
    return InboundMessage(
        account=account, dedupe_key=key, conversation=key, sender=Sender(external_id=key), text=f"message {key}"
    )


def main() -> None:
    database, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    store = SqliteStore(database, synchronous="NORMAL")
    with open_desk(store) as desk:
        for number in range(count):
            desk.receive(message(seed, number))
            if number % 10 == 9:
                desk.run_due()
        desk.run_due()
    store.close()


if __name__ == "__main__":
    main()
