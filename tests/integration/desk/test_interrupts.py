"""An interrupt (Ctrl-C) may fall before any line of what callers meet in: the others get their answers all the same."""

import linecache
import sys
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread
from types import FrameType

from csdesk import InboundMessage, Received, Sender
from csdesk.domain.ids import MessageId
from csdesk.domain.records.actors import Actor
from csdesk.engine import meeting
from csdesk.engine.gathering import Gathering
from csdesk.flows.inbound.pipeline import Arrival


def arrival(number: int) -> Arrival:
    ann = Sender(external_id="ann")
    said = InboundMessage(account="web", dedupe_key=str(number), conversation="c", sender=ann, text="hello")
    return Arrival(said, MessageId(f"msg_{number}"), Actor.system())


class Interrupt:
    """Interrupts a thread before the line of the given number that it runs in the meeting."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, frame: FrameType, event: str, _: object) -> "Interrupt | None":
        if frame.f_code.co_filename != meeting.__file__:
            return None
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
        # Python looks for interrupts nowhere between the block of a ``with`` and its end; a trace would tell of a line.
        if event == "line" and not line.lstrip().startswith("with "):
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self


def test_an_interrupt_at_any_line_holds_nobody_up():
    interrupt, reached = Interrupt(0), 0
    while interrupt.left <= 0:
        reached += 1
        interrupt = Interrupt(reached)
        _interrupted(interrupt)
    assert reached > 30


def _interrupted(interrupt: Interrupt) -> None:
    got: list[str] = []
    others = [Thread(target=lambda n=n: got.append(gathering.receive(arrival(n)).message_id)) for n in (1, 2)]
    for other in others:
        other.daemon = True  # one that waits for ever shall not hold up the tests

    def take_in(batch: Sequence[Arrival]) -> tuple[Received, ...]:
        for other in others if batch[0].id == "msg_0" else ():
            other.start()
        while len(gathering._waiting) < 2 and batch[0].id == "msg_0":
            pass
        return tuple(Received(message_id=one.id) for one in batch)

    gathering = Gathering(take_in)
    before = sys.gettrace()
    sys.settrace(interrupt)
    try:
        with suppress(KeyboardInterrupt):
            gathering.receive(arrival(0))
    finally:
        sys.settrace(before)
    for other in others:
        if other.ident is None:
            other.start()
        other.join(10)
    assert sorted(got) == ["msg_1", "msg_2"]
