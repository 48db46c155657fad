"""A desk around the rig's channel, and short ways to speak to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Final, NoReturn, TypeVar

import pytest

from csdesk import Actor, DeskConfig, open_desk
from csdesk.desk.shell import Desk
from csdesk.domain.records.channels import Sent
from csdesk.domain.records.messages import Message
from csdesk.domain.records.tickets import Ticket
from csdesk.engine.core import AnyChannel
from csdesk.ports.channel import Capabilities, RawRequest
from csdesk.ports.store import Store
from csdesk.stores.memory import MemoryStore
from csdesk.testing.channel_contract.rig import Arrival, ChannelRig
from csdesk.testing.ids import SerialIds

T = TypeVar("T")

AGENT: Final = Actor.agent("agt_contract")
ROUNDS: Final = 12


class Bench:
    """One store, the rig's channels, and desks over them."""

    def __init__(self, rig: ChannelRig) -> None:
        self.rig = rig
        self.store = MemoryStore()
        self.ids = SerialIds()
        self.channel: AnyChannel = rig.channel(rig.account)
        self.desk = self.open()

    @property
    def able(self) -> Capabilities:
        """What the channel says that it can do."""
        return self.channel.capabilities

    def open(
        self, *accounts: str, wrap: Callable[[Store], Store] | None = None, config: DeskConfig | None = None
    ) -> Desk:
        """Another desk over the same store, with the channels of these accounts (by default the rig's)."""
        channels = [self.rig.channel(one) for one in accounts] if accounts else [self.channel]
        desk = open_desk(
            wrap(self.store) if wrap is not None else self.store,
            config=config,
            activate=config is not None,
            channels=channels,
            clock=self.rig.clock,
            ids=self.ids,
            http=self.rig.http(),
        )
        self.rig.meets(desk)
        return desk

    def arrive(self, *arrivals: Arrival, desk: Desk | None = None, account: str | None = None) -> list[int]:
        """Let things reach the desk, and let it do what is due; the statuses of web requests."""
        target, name = desk or self.desk, account or self.rig.account
        statuses = []
        for one in arrivals:
            if isinstance(one, RawRequest):
                statuses.append(target.handle(name, one).status)
            elif one is not None:
                target.take(name, (one,))
            elif self.able.poll_every is not None:
                self.rig.clock.advance(self.able.poll_every)
        self.settle(target)
        return statuses

    def settle(self, desk: Desk | None = None) -> None:
        """Do what is due now, until nothing more is."""
        target = desk or self.desk
        for _ in range(ROUNDS):
            if not target.run_due().more:
                return

    def said(self, text: str = "hello", *, customer: str = "c1") -> Ticket:
        """A customer has written, and the desk knows."""
        self.arrive(self.rig.customer_writes(text, account=self.rig.account, customer=customer))
        return self.ticket_of(text)

    def ticket_of(self, text: str) -> Ticket:
        """The ticket that holds a message with that text."""
        for ticket in self.tickets():
            if any(one.text == text for one in self.messages(ticket)):
                return ticket
        raise AssertionError("the message reached no ticket")

    def tickets(self, desk: Desk | None = None) -> Sequence[Ticket]:
        """All tickets."""
        return (desk or self.desk).tickets.list(limit=200).items

    def messages(self, ticket: Ticket) -> list[Message]:
        """The messages of a ticket, in order."""
        return [item.message for item in self.desk.tickets.timeline(ticket.id) if item.message is not None]

    def all_messages(self) -> list[Message]:
        """The messages of all tickets."""
        return [one for ticket in self.tickets() for one in self.messages(ticket)]

    def reply(self, ticket: Ticket, text: str = "reply") -> Sent:
        """Answer a customer."""
        return self.desk.reply(ticket.id, text, actor=AGENT)

    def later_state(self, message: Message) -> Message:
        """How a message stands after the desk has tried everything again for a while."""
        for _ in range(20 * ROUNDS):  # a channel that is polled has something due every few seconds
            due = self.desk.run_due().next_due_at
            if due is None:
                break
            now_at = self.rig.clock.now()
            # A channel that is polled all the time is always due: then time has to pass by itself.
            self.rig.clock.set(due if due > now_at else now_at + timedelta(minutes=2))
            now = next(one for one in self.all_messages() if one.id == message.id)
            if now.delivery not in ("pending", "sending"):
                break
        return next(one for one in self.all_messages() if one.id == message.id)


def ended(message: Message) -> str:
    """What became of a reply, for whoever reads that it should have been something else."""
    told = (message.delivery_needs and f"needs {message.delivery_needs}", message.delivery_reason)
    return f"the reply is {': '.join((message.delivery, *(one for one in told if one)))}"


def skip(why: str) -> NoReturn:
    """Leave a gap in the certificate."""
    pytest.skip(why)
    raise AssertionError  # never reached: for type checkers


def shown(value: T | None, why: str) -> T:
    """What the rig shows, or a skip."""
    if value is None:
        skip(why)
    return value


class ContractBase:
    """Override ``make_rig``."""

    def make_rig(self) -> ChannelRig:
        """A new rig."""
        raise NotImplementedError("override make_rig")

    @pytest.fixture
    def rig(self) -> Iterator[ChannelRig]:
        """A rig of its own for each test."""
        rig = self.make_rig()
        yield rig
        rig.close()

    @pytest.fixture
    def bench(self, rig: ChannelRig) -> Iterator[Bench]:
        """A desk around the channel."""
        bench = Bench(rig)
        yield bench
        bench.desk.close()
