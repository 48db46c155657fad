"""What goes wrong on the day, or out of the ordinary, each at its minute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from csdesk.cli.demo.plan import SLOT
from csdesk.cli.demo.staff import Staff
from csdesk.desk.shell import Desk
from csdesk.domain.ids import TICKET
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.channels import Received, Sender
from csdesk.domain.records.customers import Evidence
from csdesk.domain.records.queues import InboxState
from csdesk.domain.records.tickets import Category, Ticket
from csdesk.ports.clock import Clock
from csdesk.system.ids import SystemIds

SPAMMER: Final = "deals@bulk.example"
VIP_MAIL: Final = "maijia.jia@kehu.example"
VIP_WECOM: Final = "wmDEMO_VIP"
_DESK: Final = Actor.system("demo")


class StumblingIds(SystemIds):
    """Ids that fail once when told: a fault inside the pipeline, to see what becomes of the message."""

    def __init__(self) -> None:
        super().__init__()
        self.armed = False

    def new(self, prefix: str) -> str:
        """A new id, unless this is the fault."""
        if self.armed and prefix == TICKET:
            self.armed = False
            raise RuntimeError("a simulated fault")
        return super().new(prefix)


class Incidents:
    """The incidents of one day; ``seen`` is told of messages that come in because of one."""

    def __init__(self, desk: Desk, staff: Staff, clock: Clock, seen: Callable[[Received], None]) -> None:
        self._desk = desk
        self._staff = staff
        self._clock = clock
        self._seen = seen
        self._script: dict[int, Callable[[], None]] = {
            9 * 60 + 20: self._know_the_vip,
            9 * 60 + 40: self._block_the_spammer,
            10 * 60 + 30: self._snooze,
            11 * 60: self._hand_over,
            12 * 60: self._retry_parked,
            14 * 60 + 30: self._hand_over,
        }

    def at(self, minute: int) -> None:
        """What happens in the slot that begins at that minute."""
        for due in range(minute, minute + SLOT):
            if due in self._script:
                self._script[due]()

    def _know_the_vip(self) -> None:
        """Somebody who wrote a mail is a VIP, and is known on WeCom too: one customer on two channels."""
        customer = self._desk.customers.find(VIP_MAIL, kind="email")
        if customer is not None:
            self._desk.customers.set_profile(customer.id, actor=_DESK, level="vip")
            wecom = Sender(kind="wecom", scope="wwDEMO", external_id=VIP_WECOM, evidence=Evidence.AGENT)
            self._desk.customers.link(customer.id, wecom, actor=_DESK)

    def _block_the_spammer(self) -> None:
        customer = self._desk.customers.find(SPAMMER, kind="email")
        if customer is None:
            return
        self._desk.customers.block(customer.id, actor=_DESK, reason="advertising")
        for ticket in self._desk.customers.brief(customer.id).open_tickets:
            self._desk.tickets.set_status(ticket.id, "closed", actor=_DESK, reason="spam")

    def _snooze(self) -> None:
        """Two tickets wait for a delivery that comes in two hours."""
        for ticket in self._with("Cedar 松")[:2]:
            actor = Actor.agent(self._staff.id_of("Cedar 松"))
            self._desk.note(ticket.id, "等仓库回电，两小时后再看 · the warehouse calls back in two hours", actor=actor)
            until = self._clock.now() + timedelta(hours=2)
            self._desk.tickets.set_status(ticket.id, "snoozed", actor=actor, until=until, reason="warehouse")

    def _hand_over(self) -> None:
        """Plum hands two tickets over to Orchid."""
        target = self._staff.id_of("Orchid 兰")
        for ticket in self._with("Plum 梅")[:2]:
            actor = Actor.agent(self._staff.id_of("Plum 梅"))
            self._desk.tickets.assign(ticket.id, target, actor=actor, reason="needs English")

    def _retry_parked(self) -> None:
        for item in self._desk.inbox.list(state=InboxState.PARKED).items:
            self._seen(self._desk.inbox.retry(item.id, actor=_DESK))

    def _with(self, name: str) -> tuple[Ticket, ...]:
        states = (Category.NEW, Category.OPEN)
        return self._desk.tickets.list(assignee=self._staff.id_of(name), category=states, order="id", limit=10).items
