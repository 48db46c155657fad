"""The batched read: one statement for all that is named, one more for each step that has to be followed.

Every part of the statement gives rows of six columns: what it is, its key, then version, schema and document of a
record (or what else there is to tell), and the identity that led to it. What each inbound message asks for, claims and
what stands behind them, has a statement of its own (see ``claimed``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from csdesk.domain.ids import CUSTOMER, IDENTITY, MESSAGE, TICKET, CustomerId, IdentityId
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.articles import Article
from csdesk.domain.records.assets import Asset
from csdesk.domain.records.authority import Settlement
from csdesk.domain.records.changes import Needs, Snapshot, Stored
from csdesk.domain.records.counters import LOAD
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.drafts import Draft
from csdesk.domain.records.events import Epochs
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.domain.records.messages import Message
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.domain.records.tickets import Ticket
from csdesk.stores.sqlite import claimed, ranking
from csdesk.stores.sqlite.connection import Execute
from csdesk.stores.sqlite.known import MANY, Known
from csdesk.stores.sqlite.places import id_of, place_key, place_sql
from csdesk.stores.sqlite.queues import inbox_item, outbox_item
from csdesk.stores.sqlite.values import Cell, marks, padded

_EPOCHS: Final = (
    "SELECT 'epochs',config_epoch,phrases_epoch,agents_epoch,calendars_epoch,NULL FROM csdesk_desk WHERE pk=?"
)
_PARTS: Final = {
    "claim": "SELECT 'claim',key,owner,NULL,NULL,NULL FROM csdesk_claim WHERE desk=? AND key IN ({})",
    "identity": "SELECT 'customer',c.id,c.version,c.schema,c.doc,i.id FROM csdesk_place i"
    " CROSS JOIN csdesk_customer c ON c.pk=i.row WHERE i.desk=? AND i.id IN ({})",
    "party": "SELECT 'customer',c.id,c.version,c.schema,c.doc,i.id FROM csdesk_place p CROSS JOIN csdesk_ticket t"  # noqa: S608  # constants
    f" ON t.pk=p.row CROSS JOIN csdesk_place i ON i.desk=p.desk AND i.id={place_sql('t.identity', IDENTITY)}"
    " CROSS JOIN csdesk_customer c ON c.pk=i.row WHERE p.desk=? AND p.id IN ({})",
    "counter": "SELECT 'counter',name,value,NULL,NULL,NULL FROM csdesk_counter WHERE desk=? AND name IN ({})",
    "load": "SELECT 'load',agent,load,NULL,NULL,NULL FROM csdesk_seat WHERE desk=? AND queue='' AND agent IN ({})",
    **{
        kind: f"SELECT '{kind}',id,version,schema,doc,NULL FROM csdesk_{kind} WHERE desk=? AND id IN ({{}})"  # noqa: S608
        for kind in ("agent", "phrase", "article", "asset", "draft", "holidays", "settlement")
    },
    **{
        kind: f"SELECT '{kind}',r.id,r.version,r.schema,r.doc,NULL FROM csdesk_place p"  # noqa: S608
        f" CROSS JOIN csdesk_{kind} r ON r.pk=p.row WHERE p.desk=? AND p.id IN ({{}})"
        for kind in ("customer", "ticket", "message")
    },
}
_ROWS: Final = {
    "inbox": "SELECT id,account,conversation,state,error,detail,told,payload,attempts,created_at FROM csdesk_inbox"
    " WHERE desk=? AND id IN ({})",
    "outbox": "SELECT message,ticket,account,conversation,state,attempts,due_at,reason,created_at,needs"
    " FROM csdesk_outbox WHERE desk=? AND message IN ({})",
}
_CLASSES: Final[dict[str, type[Any]]] = {
    "ticket": Ticket,
    "customer": Customer,
    "message": Message,
    "agent": Agent,
    "phrase": LibraryPhrase,
    "article": Article,
    "asset": Asset,
    "draft": Draft,
    "holidays": PublicHolidays,
    "settlement": Settlement,
}
_ROADS: Final = {IDENTITY: "identity", CUSTOMER: "customer", TICKET: "ticket", MESSAGE: "message"}

_PLACES: Final = {
    "identity": IDENTITY,
    "party": TICKET,
    "customer": CUSTOMER,
    "ticket": TICKET,
    "message": MESSAGE,
}
"""What is found by its place, and what its ids begin with."""

Wanted = dict[str, list[str]]


@cache
def _sql(shape: tuple[tuple[str, int], ...], others: tuple[str, ...], *, is_first: bool) -> str:
    parts = [_EPOCHS] if is_first else []
    parts += [_PARTS[name].format(marks(count)) for name, count in shape]
    return " UNION ALL ".join((*parts, *others))


def load(execute: Execute, desk: int, needs: Needs, known: Known) -> Snapshot:
    """Everything that is needed and that exists, of one moment."""
    rows = needs.inbox or needs.outbox
    is_followed = rows or needs.tickets or needs.customers or needs.identities or needs.messages
    others = (
        needs.agents
        or needs.phrases
        or needs.articles
        or needs.assets
        or needs.drafts
        or needs.holidays
        or needs.settlements
    )
    ranked = needs.candidates or needs.waiting
    if needs.claims and not (is_followed or others or ranked):
        found = claimed.load(execute, desk, needs, known)
        if found is not None:
            return found
    if ranked and not (needs.claims or is_followed or others or needs.counters):
        return _ranked(execute, desk, needs)
    loader = _Loader(execute, desk, known, needs)
    wanted = _named(needs)
    if not is_followed and not needs.claims:
        # One statement is one moment by itself.
        loader.run(wanted, ranking.terms_of(desk, needs), is_first=True)
        return loader.snapshot(needs)
    execute("BEGIN")
    try:
        loader.run(wanted, ranking.terms_of(desk, needs), is_first=True)
        while loader.wanted:
            wanted, loader.wanted = loader.wanted, {}
            loader.run(wanted)
        return loader.snapshot(needs)
    finally:
        execute("COMMIT")


def _ranked(execute: Execute, desk: int, needs: Needs) -> Snapshot:
    """Candidates alone: what routing asks for, in one statement."""
    terms = ranking.terms_of(desk, needs)
    found = ranking.Ranked()
    epochs = Epochs()
    for row in execute(_sql((), terms.parts, is_first=True), (desk, *terms.cells)).fetchall():
        if row[0] == "epochs":
            epochs = Epochs(*row[1:5])
        else:
            found.take(row)
    return Snapshot(epochs=epochs, candidates=found.candidates(needs), waiting=found.waiting)


def _named(needs: Needs) -> Wanted:
    wanted: Wanted = {}
    for name, keys in (
        ("claim", needs.claims),
        ("ticket", needs.tickets),
        ("customer", needs.customers),
        ("identity", needs.identities),
        ("message", needs.messages),
        ("agent", needs.agents),
        ("phrase", needs.phrases),
        ("article", needs.articles),
        ("asset", needs.assets),
        ("draft", needs.drafts),
        ("holidays", needs.holidays),
        ("settlement", needs.settlements),
    ):
        if keys:
            wanted[name] = list(keys)
    for counter in needs.counters:
        if counter.startswith(LOAD):
            wanted.setdefault("load", []).append(counter[len(LOAD) :])
        else:
            wanted.setdefault("counter", []).append(counter)
    return wanted


class _Loader:
    """Collects the rows of a load and notes what has to be followed."""

    def __init__(self, execute: Execute, desk: int, known: Known, needs: Needs) -> None:
        self._execute = execute
        self._desk = desk
        self._known = known
        self._parties = needs.parties
        self._asked: set[tuple[str, str]] = set()
        self._requesters: list[str] = []
        """The identities of tickets whose customers are wanted too."""
        self.wanted: Wanted = {}
        self._epochs = Epochs()
        self._claims: dict[str, str] = {}
        self._homes: dict[IdentityId, CustomerId] = {}
        self._counters: dict[str, int] = {}
        self._ranked = ranking.Ranked()
        # ``Any``: each kind holds the records of its own class.
        self._records: dict[str, dict[str, Any]] = {kind: {} for kind in _CLASSES}
        self._aside = known.set_aside() if len(needs.tickets) > MANY or len(needs.customers) > MANY else None

    def run(self, wanted: Wanted, terms: ranking.Terms = ranking.NO_TERMS, *, is_first: bool = False) -> None:
        """Read one step."""
        desk = self._desk
        if self._parties and "ticket" in wanted and "identity" not in wanted:
            wanted = {**wanted, "party": wanted["ticket"]}
        shape: list[tuple[str, int]] = []
        parameters: list[Cell] = [desk] if is_first else []
        for name, keys in wanted.items():
            self._asked.update([(name, key) for key in keys])
            prefix = _PLACES.get(name)
            round_keys = padded(keys if prefix is None else [place_key(key, prefix) for key in keys])
            shape.append((name, len(round_keys)))
            parameters.append(desk)
            parameters += round_keys
        parameters += terms.cells
        sql = _sql(tuple(shape), terms.parts, is_first=is_first)
        for row in self._execute(sql, parameters).fetchall():
            self._take(row)
        for identity in self._requesters:
            if identity not in self._homes and "party" not in wanted:
                self._follow("identity", identity)
        self._requesters.clear()

    # ``Any``: a row of the driver.
    def _take(self, row: tuple[Any, ...]) -> None:
        what, key, first, second, third, identity = row
        if what == "epochs":
            self._epochs = Epochs(key, first, second, third)
        elif what == "claim":
            self._claims[key] = first
            road = _ROADS.get(first[:4])
            if road is not None:
                self._follow(road, first)
        elif what in ranking.KINDS:
            self._ranked.take(row)
        elif what == "counter":
            self._counters[key] = first
        elif what == "load":
            self._counters[LOAD + key] = first
        else:
            if identity is not None:
                self._homes[IdentityId(id_of(identity))] = key
            self._take_record(what, key, first, second, third)

    def _take_record(self, kind: str, key: str, version: int, schema: int, document: str) -> None:
        records = self._records[kind]
        if key in records:
            return
        record: Stored = self._known.read(_CLASSES[kind], self._desk, key, version, schema, document, self._aside)
        records[key] = record
        if kind == "ticket":
            self._follow_ticket(record)  # type: ignore[arg-type]  # by its kind
        elif kind == "customer" and record.merged_into is not None:  # type: ignore[union-attr]
            self._follow("customer", record.merged_into)  # type: ignore[union-attr]
        elif kind == "message":
            self._follow("ticket", record.ticket)  # type: ignore[union-attr, arg-type]

    def _follow_ticket(self, ticket: Ticket) -> None:
        if ticket.merged_into is not None:
            self._follow("ticket", ticket.merged_into)
        if self._parties:
            self._requesters.append(ticket.identity)

    def _follow(self, road: str, key: str) -> None:
        if (road, key) not in self._asked:
            self._asked.add((road, key))
            self.wanted.setdefault(road, []).append(key)

    def snapshot(self, needs: Needs) -> Snapshot:
        """What was found."""
        records = self._records
        return Snapshot(
            epochs=self._epochs,
            claims=self._claims,
            tickets=records["ticket"],
            customers=records["customer"],
            homes=self._homes,
            messages=records["message"],
            agents=records["agent"],
            phrases=records["phrase"],
            articles=records["article"],
            assets=records["asset"],
            holidays=records["holidays"],
            drafts=records["draft"],
            candidates=self._ranked.candidates(needs),
            waiting=self._ranked.waiting,
            counters=self._counters,
            inbox={row[0]: inbox_item(row) for row in self._rows("inbox", needs.inbox)},
            outbox={row[0]: outbox_item(row) for row in self._rows("outbox", needs.outbox)},
            settlements=records["settlement"],
        )

    def _rows(self, name: str, keys: Sequence[str]) -> list[tuple[Any, ...]]:
        if not keys:
            return []
        keys = padded(keys)
        return self._execute(_ROWS[name].format(marks(len(keys))), (self._desk, *keys)).fetchall()
