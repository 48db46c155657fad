"""Segments in the form that decisions read: who belongs to which, why, and when to look again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from csdesk.domain.ids import IdentityId, TicketId
from csdesk.domain.policy.sections.reading import SegmentPolicy
from csdesk.domain.records._model import trusted
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.tickets import Owner, OwnerKind, Ticket
from csdesk.domain.rules.compiled import Conditions
from csdesk.domain.rules.facts import Facts
from csdesk.domain.rules.fields import Declared
from csdesk.domain.rules.reads import Reads, tests_of
from csdesk.domain.rules.turning import next_turn, turns_of

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
NO_TICKET: Final[Ticket] = trusted(Ticket)(
    id=TicketId("tkt_none"),
    number=0,
    queue="",
    identity=IdentityId("idn_none"),
    account="",
    conversation="",
    owner=trusted(Owner)(kind=OwnerKind.QUEUE, id="none"),
    created_at=_EPOCH,
    updated_at=_EPOCH,
)
"""What conditions are given that ask for nothing of a ticket, or where there is none."""


class Segments:
    """The compiled segments of a configuration."""

    __slots__ = ("_conditions", "_policies", "_turns", "_zone", "names", "reads")

    names: tuple[str, ...]
    reads: Reads

    def __init__(self, policies: Sequence[SegmentPolicy], declared: Declared, zone: str) -> None:
        """Compile them; ``zone`` is the desk's, for days."""
        self.names = tuple(one.name for one in policies)
        self._policies = {one.name: one for one in policies}
        self._conditions = Conditions([one.when for one in policies], declared)
        self._turns = turns_of((test for one in policies for test in tests_of(one.when)), declared)
        self._zone = zone
        self.reads = self._conditions.reads

    def __len__(self) -> int:
        return len(self.names)

    def get(self, name: str) -> SegmentPolicy | None:
        """The segment of that name, None if there is none."""
        return self._policies.get(name)

    def facts(self, customer: Customer, now: datetime) -> Facts:
        """What a segment's condition sees of a customer."""
        return Facts(None, "", NO_TICKET, customer, now=now, zone=self._zone)

    def of(self, customer: Customer, now: datetime) -> tuple[tuple[str, ...], datetime | None]:
        """The segments that the customer belongs to, in order, and when time alone may change that."""
        if not self.names:
            return (), None
        facts = self.facts(customer, now)
        held = tuple(self.names[number] for number in self._conditions.holding(facts))
        return held, next_turn(self._turns, facts) if self._turns else None

    def digest(self, *, counts_tickets: bool) -> str:
        """The same for segments and counts that come out alike for every customer."""
        said = [one.model_dump_json(include={"name", "when"}) for one in self._policies.values()]
        return sha256("\n".join([self._zone, str(counts_tickets), *said]).encode()).hexdigest()[:16]
