"""The day itself: deliveries come, the staff answers, clocks run, what was scripted happens."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from random import Random
from typing import Final

from csdesk.channels.loopback import LoopbackChannel, provider_id
from csdesk.cli._output import Tick
from csdesk.cli.demo import knowing, mails
from csdesk.cli.demo.incidents import Incidents, StumblingIds
from csdesk.cli.demo.knowing import Known
from csdesk.cli.demo.material import MAIL, WEB, MailScript, Reaction
from csdesk.cli.demo.material import mails as scripts_of_the_day
from csdesk.cli.demo.plan import CLOSES, COMPLAINT, OPENS, SLOT, Delivery, Page, Plan
from csdesk.cli.demo.staff import Shown, Staff
from csdesk.cli.ingest import keep
from csdesk.desk.shell import Desk
from csdesk.domain.ids import CustomerId
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.channels import ChannelEvent, OutboundMessage, Received
from csdesk.domain.records.messages import Message
from csdesk.flows.due.upkeep import DueReport
from csdesk.ports.media import MediaStore
from csdesk.system.clock import SimulatedClock

_REPLAYED: Final = (10 * 60 + 10, 15 * 60)
"""The minutes of the slots in which everything that came in the slot before comes once more."""

_BUY: Final = 0.3
"""How likely somebody who asked before buying then buys."""

_SHOP: Final = Actor.system("shop")

_PARKED: Final = 11 * 60 + 20
"""The slot in which one web chat breaks the pipeline."""


@dataclass
class Log:
    """What the shop saw while the day ran; everything else is read from the desk afterwards."""

    states: dict[str, Counter[str]] = field(default_factory=dict)
    reports: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    complaint: Received | None = None
    suggested: tuple[Shown, ...] = ()
    """A few of the suggestions that people saw."""
    known: tuple[Known, ...] = ()
    """The articles, and how they did."""


class Day:
    """One simulated day.

    Args:
        desk: a fresh desk with the demo's policy, on ``clock``.
        clock: what moves the day on.
        channels: the loopback channels of the desk, by account.
        media: where attachments go.
        ids: the desk's ids, which fail when told.
        plan: who comes when.
        seed: what chance is drawn from.
    """

    def __init__(
        self,
        desk: Desk,
        clock: SimulatedClock,
        channels: dict[str, LoopbackChannel],
        media: MediaStore,
        ids: StumblingIds,
        plan: Plan,
        *,
        seed: int,
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._channels = channels
        self._media = media
        self._ids = ids
        self._plan = plan
        self._staff = Staff(desk, Random(seed + 1))  # noqa: S311  a simulation, no secret
        self._incidents = Incidents(desk, self._staff, clock, self._see)
        self._scripts = {one.sender: one for one in scripts_of_the_day() if one.then is not None}
        self._questions: dict[str, Message] = {}
        self._heard: Counter[str] = Counter()
        self._till = Random(seed + 2)  # noqa: S311  a simulation, no secret
        self._asking: list[CustomerId] = []
        """Who has asked about something to buy and may still do so."""
        self.log = Log()

    def run(self, tick: Tick) -> Log:
        """Play the day from opening to closing."""
        coming = self._plan.all(scripts_of_the_day())
        before: list[Delivery | Page] = []
        for minute in range(OPENS, CLOSES, SLOT):
            self._clock.advance_to(self._plan.at(minute + SLOT))
            now = [one for one in coming if one.minute < minute + SLOT]
            coming = [one for one in coming if one.minute >= minute + SLOT]
            self._receive(now)
            if minute in _REPLAYED:
                self._receive(before)
            if minute == _PARKED:
                self._break_one(minute)
            self._sell()
            self._incidents.at(minute)
            if minute == knowing.REVISED:
                knowing.revise(self._desk)
            self._staff.work(minute, self._questions)
            coming += self._reactions(minute + SLOT)
            coming.sort(key=lambda one: one.minute)
            self._run_due()
            before = now
            tick(1)
        self.log.suggested = self._staff.shown
        self.log.known = knowing.known(self._desk, self._staff.articles)
        return self.log

    def _receive(self, deliveries: list[Delivery | Page]) -> None:
        at = self._clock.now()
        events: list[ChannelEvent] = []
        for one in deliveries:
            if isinstance(one, Page):
                events.extend(one.read(at))
            else:
                events.append(one.read(at).stored(lambda attachment: keep(attachment, self._media)))
        events.sort(key=lambda event: event.account)
        for account, group in groupby(events, key=lambda event: event.account):
            taken = self._desk.take(account, list(group))
            self.log.reports[account] += taken.reports
            for received in taken.received:
                self._note(account, received)

    def _note(self, account: str, received: Received) -> None:
        waits = received.error == "error.waits"
        state = "waiting" if waits else received.state
        self.log.states.setdefault(account, Counter())[state] += 1
        if received.state == "stored":
            self._see(received)

    def _sell(self) -> None:
        """Some of those who asked before buy now, which the shop tells the desk."""
        asking, self._asking = self._asking, []
        for customer in asking:
            if self._till.random() < _BUY:
                amount = self._till.randrange(1_900, 49_900, 100)
                self._desk.customers.record(customer, "order", amount=amount, actor=_SHOP)

    def _see(self, received: Received) -> None:
        if received.message is None or received.ticket is None:
            return
        self.log.languages[received.message.language or "unknown"] += 1
        if received.message.automatic == "no":
            self._questions[received.ticket.id] = received.message
        if received.ticket.goal is not None and received.customer is not None:
            self._asking.append(received.customer.id)
        if received.message.text == COMPLAINT:
            self.log.complaint = received

    def _break_one(self, minute: int) -> None:
        """A fault parks one message; the next line of the same visitor waits behind it."""
        self._ids.armed = True
        self._receive([self._plan.chat(9001, 1, minute, "页面打不开，付款失败怎么办")])
        self._receive([self._plan.chat(9001, 2, minute + 1, "在吗？")])

    def _reactions(self, minute: int) -> list[Delivery | Page]:
        """What comes back to the mails that were just sent."""
        channel = self._channels[MAIL]
        found: list[Delivery | Page] = []
        for sent in channel.sent()[self._heard[MAIL] :]:
            self._heard[MAIL] += 1
            script = self._scripts.pop(sent.to.external_id, None)
            if script is not None and script.then is not None:
                found.append(self._reaction(script, script.then, sent, minute))
        return found

    def _reaction(self, script: MailScript, then: Reaction, sent: OutboundMessage, minute: int) -> Delivery:
        minute = min(minute + then.after, CLOSES - 1)
        at = self._plan.at(minute)
        identifier = self._plan.identifier(script.sender)
        answered = provider_id(sent.key)
        if then.kind == "answer":
            said = "\n".join(part.text for part in sent.parts if part.kind == "text")
            return Delivery(minute, MAIL, mails.answer(script, at, identifier, answered, said))
        make = mails.vacation if then.kind == "vacation" else mails.bounce
        return Delivery(minute, MAIL, make(script, at, identifier, answered))

    def _run_due(self) -> None:
        report = DueReport(more=True)
        while report.more:
            report = self._desk.run_due()
        self._confirm()

    def _confirm(self) -> None:
        """Web chat tells that what we sent was delivered."""
        channel = self._channels[WEB]
        fresh = channel.sent()[self._heard[WEB] :]
        self._heard[WEB] += len(fresh)
        if fresh:
            self._desk.take(WEB, channel.delivered(*(one.key for one in fresh)))
