"""What each inbound message asks for: claims, and the records that their owners lead to, in one statement.

One statement is one moment by itself and needs no transaction around it. It goes from an owner to its message, from
there or from the owner to the ticket, and from an identity (or the ticket's) to its home. Where a further step has to
be taken, to the survivor of a merge, the general read does it all.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from csdesk.domain.ids import CUSTOMER, IDENTITY, MESSAGE, TICKET, CustomerId, IdentityId
from csdesk.domain.records.changes import Needs, Snapshot
from csdesk.domain.records.counters import LOAD
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.events import Epochs
from csdesk.domain.records.messages import Message
from csdesk.domain.records.tickets import Ticket
from csdesk.stores.sqlite.connection import Execute
from csdesk.stores.sqlite.known import Known
from csdesk.stores.sqlite.places import place_sql
from csdesk.stores.sqlite.tables import read_sql
from csdesk.stores.sqlite.values import Cell, marks, padded

_RECORD: Final = "{0}.id,{0}.version,{0}.schema,{0}.doc"
_OWNER: Final = "CASE substr(c.owner,1,4) WHEN '{}' THEN {} END"
_IDENTITY: Final = _OWNER.format(IDENTITY, "c.owner")
_CLAIMED: Final = (
    "SELECT d.config_epoch,d.phrases_epoch,d.agents_epoch,d.calendars_epoch,c.key,c.owner,{identity},"  # noqa: S608  # constants
    f"{_RECORD.format('m')},{_RECORD.format('t')},{_RECORD.format('u')}"
    " FROM csdesk_desk d LEFT JOIN csdesk_claim c ON c.desk=d.pk AND c.key IN ({keys})"
    " LEFT JOIN csdesk_place o ON o.desk=d.pk AND o.id=substr(c.owner,5)||substr(c.owner,1,4)"
    f" LEFT JOIN csdesk_message m ON m.pk={_OWNER.format(MESSAGE, 'o.row')}"
    f" LEFT JOIN csdesk_place w ON w.desk=d.pk AND w.id={place_sql(read_sql(Message, 'ticket', of='m.doc'), TICKET)}"
    f" LEFT JOIN csdesk_ticket t ON t.pk=coalesce(w.row,{_OWNER.format(TICKET, 'o.row')})"
    "{party} LEFT JOIN csdesk_customer u ON u.pk={home} WHERE d.pk=?"
)
_PARTY: Final = f" LEFT JOIN csdesk_place i ON i.desk=d.pk AND i.id={place_sql('t.identity', IDENTITY)}"
_COUNTED: Final = (
    " UNION ALL SELECT NULL,NULL,NULL,NULL,name,value,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL"
    " FROM csdesk_counter WHERE desk=? AND name IN ({keys})"
)


@cache
def _sql(claims: int, counters: int, *, parties: bool) -> str:
    identity, party, home = _IDENTITY, "", _OWNER.format(IDENTITY, "o.row")
    if parties:
        identity, party, home = f"coalesce(t.identity,{identity})", _PARTY, f"coalesce(i.row,{home})"
    first = _CLAIMED.format(keys=marks(claims), identity=identity, party=party, home=home)
    return first + _COUNTED.format(keys=marks(counters)) if counters else first


def load(execute: Execute, desk: int, needs: Needs, known: Known) -> Snapshot | None:
    """What needs of claims and counters alone name; None if there is more to follow, or a counter of load."""
    keys, names = padded(needs.claims), padded(needs.counters)
    if any(name.startswith(LOAD) for name in names):
        return None
    cells: list[Cell] = [*keys, desk]
    if names:
        cells += [desk, *names]
    rows = execute(_sql(len(keys), len(names), parties=needs.parties), cells).fetchall()
    return _snapshot(rows, desk, known)


# ``Any``: rows of the driver.
def _snapshot(rows: list[tuple[Any, ...]], desk: int, known: Known) -> Snapshot | None:
    claims: dict[str, str] = {}
    counters: dict[str, int] = {}
    messages: dict[str, Message] = {}
    tickets: dict[str, Ticket] = {}
    customers: dict[str, Customer] = {}
    homes: dict[IdentityId, CustomerId] = {}
    is_followed = False
    for row in rows:
        key, owner, identity = row[4:7]
        if row[0] is None:
            counters[key] = owner
            continue
        if key is None:
            continue
        claims[key] = owner
        message, ticket, customer = row[7], row[11], row[15]
        if message is not None:
            messages[message] = known.read(Message, desk, *row[7:11])
        if ticket is not None and ticket not in tickets:
            found = tickets[ticket] = known.read(Ticket, desk, *row[11:15])
            is_followed = is_followed or found.merged_into is not None
        if customer is not None:
            homes[identity] = customer
            if customer not in customers:
                home = customers[customer] = known.read(Customer, desk, *row[15:19])
                is_followed = is_followed or home.merged_into is not None
        is_followed = is_followed or owner[:4] == CUSTOMER
    if is_followed:
        return None
    return Snapshot(
        epochs=Epochs(*rows[0][:4]),
        claims=claims,
        tickets=tickets,
        customers=customers,
        homes=homes,
        messages=messages,
        counters=counters,
    )
