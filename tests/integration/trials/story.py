"""A desk in the middle of its work, which is copied for every trial, and what can be seen of it from outside."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import fields
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from csdesk import (
    Actor,
    Article,
    AssetVariant,
    DeskConfig,
    InboundMessage,
    Sender,
    TextPart,
    open_desk,
)
from csdesk.desk.shell import Desk
from csdesk.domain.core.knowledge import trainings
from csdesk.errors import StoreError
from csdesk.flows.inbound import rules
from csdesk.ports.actions import ActionDone, ActionOrder
from csdesk.ports.bots import BotAnswer
from csdesk.ports.business import Business, ProfileValue, StaffMember
from csdesk.ports.channel import Capabilities
from csdesk.stores.memory import MemoryStore
from csdesk.stores.memory.state import DeskState
from csdesk.testing import CrmInMemory, Fault, FaultyStore, FixedClock, ScriptedChannel, SerialIds, StaffInMemory

CONFIG = DeskConfig.from_toml(
    """
[[queues]]
name = "default"
[[queues]]
name = "vip"
[[queues]]
name = "robots"
reception = "bot_first"
bot = "echo"

[[bots]]
name = "echo"
answer_within = "30m"

[[accounts]]
name = "web"
[[accounts]]
name = "chat"
queue = "robots"

[[departments]]
name = "warehouse"
queue = "vip"

[[tags]]
name = "urgent"

[[flags]]
name = "press"

[[rules]]
name = "urgent"
when = { field = "message.text", op = "contains", value = "now" }
then = [{ do = "add_tags", tags = ["urgent"] }]

[[macros]]
name = "done"
then = [{ do = "add_tags", tags = ["urgent"] }, { do = "resolve" }]

[[sla]]
name = "all"
targets = [{ metric = "first_reply", within = "5m" }, { metric = "resolution", within = "2d" }]

[authority]
roles = ["lead"]
[[authority.actions]]
name = "refund"
unit = "CNY"
digits = 2
port = "bank"
approvers = [{ lead = true, within = "30m" }, { grade = 7, within = "2h" }]
alternatives = ["voucher"]
[[authority.actions]]
name = "voucher"
unit = "CNY"
[[authority.limits]]
action = "refund"
grade = 7
per_case = 800
[[authority.limits]]
action = "refund"
per_case = "50"
per_agent = [{ period = "day", amount = "400" }]
per_customer = [{ period = "week", amount = "400" }]
[[authority.limits]]
action = "refund"
system = true
per_case = "90"
[[authority.limits]]
action = "voucher"
unlimited = true
[[authority.alternatives]]
name = "voucher"
action = "voucher"
amount = 20
[[authority.services]]
name = "small_refund"
action = "refund"
most = "20"
"""
)


REFUND = ("how long does a refund take", "when is my refund there", "is my refund on the way", "refund please")
PARCEL = ("where is my parcel", "my parcel has not come", "has my parcel left", "parcel please")


class Bank:
    """Carries out what was settled, unless it is closed."""

    name = "bank"
    is_closed = False

    def __init__(self) -> None:
        self.done: list[str] = []

    def carry_out(self, order: ActionOrder) -> ActionDone:
        if self.is_closed:
            raise OSError
        self.done.append(order.key)
        return ActionDone(reference=f"bank {order.key}")


PEOPLE = (
    StaffMember(external_id="boss", name="Boss"),
    StaffMember(external_id="me", name="Me myself"),
    StaffMember(external_id="new", name="New"),
    StaffMember(external_id="newer", name="Newer"),
)
CITY = ProfileValue(name="city", value="Bath")


class Echo:
    """A bot."""

    name = "echo"

    def answer(self, turn: Any) -> BotAnswer:
        return BotAnswer(text=f"you said {turn.text}")


class Story:
    """What was there before the trial: the store and the names of what is in it. Opened once, copied for each trial."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.clock = FixedClock()
        self.ids = SerialIds()
        self.bank = Bank()
        self.web, self.chat = (ScriptedChannel(name, capabilities=KEYED) for name in ("web", "chat"))
        self._numbers = 0
        with open_desk(
            self.store,
            config=CONFIG,
            clock=self.clock,
            ids=self.ids,
            channels=(self.web, self.chat),
            bots=(Echo(),),
            actions=(self.bank,),
        ) as desk:
            self.w = SimpleNamespace()
            self._tell(desk, self.w)

    def said(self, text: str, by: str, account: str = "web", **given: Any) -> InboundMessage:
        """A new message of a customer."""
        self._numbers += 1
        given.setdefault("dedupe_key", f"d{self._numbers}")
        return InboundMessage(
            account=account,
            conversation=given.pop("conversation", by),
            sender=Sender(external_id=by),
            text=text,
            **given,
        )

    def _tell(self, desk: Desk, w: SimpleNamespace) -> None:
        self._staff(desk, w)
        self._library(desk, w)
        self._tickets(desk, w)
        self._authority(desk, w)
        self._held(desk, w)
        self._customers(desk, w)
        self._stuck(desk, w)

    def _staff(self, desk: Desk, w: SimpleNamespace) -> None:
        w.boss = Actor.agent(desk.agents.add("Boss", grade=8).id)
        w.me = Actor.agent(desk.agents.add("Me", lead=w.boss.id, queues=("default",)).id)
        w.mei = Actor.agent(desk.agents.add("Mei", queues=("vip",)).id)
        w.idle = Actor.agent(desk.agents.add("Idle").id)
        for name, who in (("boss", w.boss), ("me", w.me), ("mei", w.mei), ("idle", w.idle)):
            desk.agents.set_external_id(who.id, name)

    def _library(self, desk: Desk, w: SimpleNamespace) -> None:
        bodies: list[str] = []
        adopt = trainings.adopt
        desk.replies.add("Refund", "It takes three days.", name="refund", questions=REFUND)
        desk.replies.add("Parcel", "It is on its way.", name="parcel", questions=PARCEL)
        desk.articles.save(Article(id="returns", title="Returns", what="How goods come back"))
        desk.assets.add("Brochure", [AssetVariant(part=TextPart(text="All we sell"))], name="brochure")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(trainings, "adopt", lambda work, command: (bodies.append(command.body), adopt(work, command)))
            desk.learning.optimize()
        w.training = bodies[0]
        desk.calendars.save("CN", 2026, actor=w.me)

    def _ticket(self, desk: Desk, text: str, by: str, agent: Actor | None = None, **given: Any) -> Any:
        got = desk.receive(self.said(text, by, **given))
        assert got.ticket is not None
        if agent is not None:
            desk.tickets.assign(got.ticket.id, agent.id, actor=agent)
        return got

    def _tickets(self, desk: Desk, w: SimpleNamespace) -> None:
        got = self._ticket(desk, "where is my parcel", "ann", w.me)
        w.ann, w.asked, w.ticket = got.customer.id, got.message_id, got.ticket.id
        w.ann_identity = got.ticket.identity
        w.second = desk.receive(self.said("and my refund", "ann")).message_id
        w.answer = desk.replies.send(w.ticket, "parcel", actor=w.me).message.id
        got = self._ticket(desk, "how long does a refund take", "bob", w.me)
        w.bob, w.other, w.bob_identity = got.customer.id, got.ticket.id, got.ticket.identity
        w.fresh = self._ticket(desk, "hello", "cid").ticket.id
        w.hasty = self._ticket(desk, "now please", "cid", conversation="cid3").ticket.id
        w.merged = self._ticket(desk, "hello again", "cid", conversation="cid2").ticket.id
        desk.authority.exceptions.ask(w.merged, "wants less", action="refund", amount="40", subject="order:6")
        desk.tickets.merge(w.merged, w.fresh, actor=w.me)
        got = self._ticket(desk, "how do I pay", "dan", w.me)
        w.dan, w.solved, w.question = got.customer.id, got.ticket.id, got.message_id
        w.advice = desk.reply(w.solved, "By card.", actor=w.me).message.id
        desk.receive(self.said("thanks a lot", "dan"))
        desk.tickets.set_status(w.solved, "resolved", actor=w.me)
        desk.tickets.flag(w.ticket, "press", actor=w.me)
        desk.sla.promise(w.ticket, within=timedelta(days=2), actor=w.me)
        w.turn = self._ticket(desk, "a robot?", "eve", account="chat").ticket.id
        desk.customers.block(self._ticket(desk, "buy now", "mal").customer.id, actor=w.me)

    def _held(self, desk: Desk, w: SimpleNamespace) -> None:
        w.held = self._ticket(desk, "hold me", "fay", w.me).ticket.id
        held = desk.tickets.lease(w.held, actor=w.mei, span=timedelta(hours=9), take_over=True, reason="mine")
        w.fence = held.fence
        w.offered = self._ticket(desk, "hand me over", "gus", w.me).ticket.id
        desk.tickets.transfer(w.offered, agent=w.mei.id, actor=w.me, brief="a parcel")

    def _customers(self, desk: Desk, w: SimpleNamespace) -> None:
        w.twin = self._ticket(desk, "me too", "hal").customer.id
        w.sibling = self._ticket(desk, "me three", "ida").customer.id
        desk.customers.merge(w.sibling, w.twin, actor=w.me)
        desk.customers.flag(w.dan, "press", actor=w.me, until=self.clock.now() + timedelta(hours=5))
        desk.customers.link(w.bob, Sender(kind="email", external_id="bob@example.com"), actor=w.me)

    def _authority(self, desk: Desk, w: SimpleNamespace) -> None:
        settle, request = desk.authority.settle, desk.authority.request
        self.bank.is_closed = True
        w.unknown = settle(w.ticket, "refund", amount="10", actor=w.me, subject="order:1").id
        for _ in range(6):
            desk.run_due()
            self.clock.advance(timedelta(hours=3))
        self.bank.is_closed = False
        w.given = settle(w.ticket, "voucher", amount=3, actor=w.me).id
        w.asking = request(w.ticket, "refund", amount="100", actor=w.me, brief="loyal", subject="order:2").id
        w.carried = settle(w.ticket, "refund", amount="5", actor=w.me, subject="order:3").id
        desk.authority.grant(
            w.me.id, "refund", "90", until=self.clock.now() + timedelta(days=3), reason="sale", by=w.boss
        )
        desk.authority.exceptions.ask(w.ticket, "wants more", action="refund", amount="60", subject="order:4")
        desk.authority.exceptions.ask(w.other, "wants all")
        desk.authority.exceptions.offer(w.other, "voucher", actor=w.me)

    def _stuck(self, desk: Desk, w: SimpleNamespace) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rules, "apply_rules", lambda *_: 1 / 0)
            w.parked = desk.receive(self.said("boom", "jan")).message_id
        desk.receive(self.said("after the boom", "jan"))
        w.broken = self._ticket(desk, "answer me", "kim", w.me).ticket.id
        self.web.fail("fix_content")
        w.dead = desk.reply(w.broken, "refused", actor=w.me).message.id
        desk.reply(w.broken, "later", actor=w.me, deliver=False)
        self._ticket(desk, "still there?", "eve", account="chat")


KEYED = Capabilities(idempotency="key")


def copied(store: MemoryStore) -> MemoryStore:
    """A store of its own with the same content; records are frozen and shared."""
    twin = MemoryStore()
    for name, state in store._desks.items():
        given: dict[str, Any] = {}
        for one in fields(DeskState):
            value = getattr(state, one.name)
            given[one.name] = (
                dict(value) if isinstance(value, dict) else list(value) if isinstance(value, list) else deepcopy(value)
            )
        twin._desks[name] = DeskState(**given)
    return twin


class Trial:
    """A copy of the story, a desk on it, and a store that fails as told from then on."""

    def __init__(self, story: Story, plan: Callable[[int, str], Fault | None] = lambda number, name: None) -> None:
        self.story, self.w = story, story.w
        self.store = copied(story.store)
        self.clock = FixedClock(story.clock.now())
        self.web, self.chat = (ScriptedChannel(name, capabilities=KEYED) for name in ("web", "chat"))
        self.bank = Bank()
        self.calls: list[str] = []
        self.fails = False
        self._plan = plan
        self.desk = open_desk(
            FaultyStore(self.store, self._fault),
            clock=self.clock,
            ids=SerialIds(100_000),
            channels=(self.web, self.chat),
            bots=(Echo(),),
            actions=(self.bank,),
            business=Business(crm=CrmInMemory({"ann": [CITY]}), staff=StaffInMemory(PEOPLE)),
        )

    def _fault(self, name: str) -> Fault | None:
        if not self.fails:
            return None
        self.calls.append(name)
        return self._plan(len(self.calls) - 1, name)

    @contextmanager
    def failing(self) -> Iterator[None]:
        """While calls are counted and fail by plan."""
        self.fails = True
        try:
            yield
        finally:
            self.fails = False

    @contextmanager
    def working(self) -> Iterator[None]:
        """While no call fails, whatever the plan."""
        before, self.fails = self.fails, False
        try:
            yield
        finally:
            self.fails = before

    def succeeds(self, act: "Callable[[Trial], object]") -> bool:
        """Act while calls fail by plan; False if that raised an error of the store."""
        with self.failing():
            try:
                act(self)
            except StoreError:
                return False
        return True

    @property
    def state(self) -> DeskState:
        """What the store holds."""
        return self.store._desks["main"]

    @property
    def is_untouched(self) -> bool:
        """True if nothing at all was written."""
        return not self.changes()

    def changes(self) -> dict[str, str]:
        """What was written since the story, with ids and salts by the order in which they first come."""
        before, names = self.story.store._desks["main"], {}
        found: dict[str, str] = {}
        for one in fields(DeskState):
            if one.name not in _BESIDES:
                told = _changed(one.name, getattr(before, one.name), getattr(self.state, one.name))
                if told:
                    found[one.name] = anonymous(told, names)
        return found


_BESIDES = ("secret", "commits", "numbers", "seats")
_NUMBER = re.compile(r"(?<=\bnumber=)[5-9]\d")
_MADE = re.compile(r"\b[a-z]{2,5}_0[0-9a-z]{25}|\bsalt\d{12}")


def anonymous(text: str, names: dict[str, str] | None = None) -> str:
    """A text in which ids and salts are called by the order in which they first come."""
    known = {} if names is None else names
    text = _NUMBER.sub("#", text)  # tickets' numbers may have gaps
    return _MADE.sub(lambda found: known.setdefault(found[0], f"<{len(known)}>"), text)


def _changed(name: str, before: Any, after: Any) -> str:
    if isinstance(before, list):
        return "\n".join(map(repr, after[len(before) :]))
    if not isinstance(before, dict):
        return "" if before == after else repr(after)
    put = [(key, value) for key, value in after.items() if key not in before or before[key] != value]
    gone = [key for key in before if key not in after]
    if name == "claims":  # most keys are digests of ids
        put = sorted((key.partition("/")[0], value.owner, value.expires_at) for key, value in put)
    return repr((put, gone)) if put or gone else ""
