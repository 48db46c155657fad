"""A process that takes in a shuffled source, beside others that take in the same; run by test_processes.py.

``python ingest.py <database> <seed> <messages>``: exits with 1 if any error reaches the caller.
"""

import sys
from random import Random

from csdesk.bootstrap import open_desk
from csdesk.domain.records.channels import InboundMessage, Sender


def source(count: int) -> list[InboundMessage]:
    """``count`` messages: a fifth of them in one hot conversation, the rest in pairs."""
    found = []
    for number in range(count):
        talk = 0 if number % 5 == 0 else 1 + number // 2
        found.append(
            InboundMessage(
                account="chat",
                dedupe_key=f"d{number}",
                conversation=f"c{talk}",
                sender=Sender(external_id=f"u{talk}"),
                text=f"message {number} / 消息",
            )
        )
    return found


def main(database: str, seed: str, count: str) -> None:
    chance = Random(int(seed))
    messages = source(int(count))
    chance.shuffle(messages)
    # Three quarters each: everything is offered by somebody, most of it by several.
    messages = messages[: len(messages) * 3 // 4] if int(seed) else messages
    with open_desk(f"sqlite:///{database}", synchronous="NORMAL") as desk:
        while messages:
            size = chance.choice((1, 1, 20))
            part, messages = messages[:size], messages[size:]
            for received in desk.receive_many(part) if size > 1 else (desk.receive(part[0]),):
                assert received.state in ("stored", "duplicate"), received.state
                assert received.ticket is not None
            if chance.random() < 0.1:
                desk.run_due(20)


if __name__ == "__main__":
    main(*sys.argv[1:])
