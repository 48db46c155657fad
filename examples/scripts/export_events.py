"""Export what happened as JSON lines: each run adds what is new, and a crash repeats lines but loses none.

    python examples/scripts/export_events.py sqlite:///desk.db events.jsonl     (without arguments: a sample)

Every line has a position, by which a reader drops repeated lines. Personal values are left out.
"""

import json
import os
import sys
from pathlib import Path

from csdesk import Desk, Entry, InboundMessage, Sender, open_desk

CONSUMER = "export"


def line(entry: Entry) -> str:
    events = [event.model_dump(mode="json", exclude=set(event.PERSONAL)) for event in entry.events]
    values = {
        "position": entry.position,
        "at": entry.at.isoformat(),
        "subject": entry.subject,
        "actor": str(entry.actor),
        "cause": entry.cause,
        "events": events,
    }
    return json.dumps(values, ensure_ascii=False)


def export(desk: Desk, path: Path) -> int:
    """Add what is new to the file, and return how many lines that made."""
    total = 0
    with path.open("a", encoding="utf-8") as file:
        while entries := desk.events.read(CONSUMER, limit=500):
            file.writelines(line(entry) + "\n" for entry in entries)
            file.flush()
            os.fsync(file.fileno())
            # Only now: what was acknowledged is never given again.
            desk.events.ack(CONSUMER, entries[-1].position)
            total += len(entries)
    return total


def sample() -> None:
    path = Path("events.jsonl")
    with open_desk("sqlite:///desk.db") as desk:
        desk.receive(
            InboundMessage(
                account="web",
                dedupe_key="1",
                conversation="visitor-1",
                sender=Sender(external_id="visitor-1", name="王芳"),
                text="怎么开发票？",
            )
        )
        print(f"{export(desk, path)} lines, then {export(desk, path)}")
    for text in path.read_text(encoding="utf-8").splitlines():
        entry = json.loads(text)
        print(entry["actor"] + ": " + ", ".join(event["kind"] for event in entry["events"]))


def main() -> None:
    if len(sys.argv) != 3:
        sample()
        return
    with open_desk(sys.argv[1]) as desk:
        print(f"{export(desk, Path(sys.argv[2]))} lines")


if __name__ == "__main__":
    main()
