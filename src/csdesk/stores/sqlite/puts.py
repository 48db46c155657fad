"""Storing records: what has to run for the puts of a commit, worked out before the file is locked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from csdesk.domain.ids import IDENTITY
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.assets import Asset
from csdesk.domain.records.changes import Put, Stored
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.messages import Message, media_of
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import VersionConflict
from csdesk.stores.sqlite import erasing, links, places
from csdesk.stores.sqlite.connection import Execute
from csdesk.stores.sqlite.documents import document_of, record_of
from csdesk.stores.sqlite.known import Known
from csdesk.stores.sqlite.links import link_key
from csdesk.stores.sqlite.places import ROW, place_key
from csdesk.stores.sqlite.search import Changed
from csdesk.stores.sqlite.seats import seat
from csdesk.stores.sqlite.tables import TABLES, Table, insert_sql, moved_columns, row_sql, select_sql, update_sql
from csdesk.stores.sqlite.values import Cells, chunks, rows_sql

Step = Callable[[Execute], None]

_TAGGED = {
    kind: f"INSERT INTO csdesk_{kind}_tag(desk,tag,id,record) VALUES{{}} ON CONFLICT DO NOTHING"
    for kind in ("ticket", "customer")
}
_UNTAGGED = "DELETE FROM csdesk_{kind}_tag WHERE desk=? AND tag=? AND id=?"
_UNLINKED = f"DELETE FROM csdesk_place WHERE desk=? AND id=? AND row={ROW}"  # noqa: S608  # constants

_HOMES: Final = TABLES[Customer]
_TAGGED_TABLES: Final = {TABLES[cls].kind: TABLES[cls] for cls in (Ticket, Customer)}


@dataclass(slots=True)
class Puts:
    """The puts of one commit, sorted by what they need."""

    desk: int
    new: dict[Table, list[tuple[Stored, Cells]]] = field(default_factory=dict)
    tags: dict[str, dict[tuple[str, str], None]] = field(default_factory=dict)
    """New tags by kind, each with its record; what a later put takes away again leaves."""
    identities: dict[str, str] = field(default_factory=dict)
    """New identities, each with its last home."""
    steps: list[Step] = field(default_factory=list)
    """Replacements, and removals of what old documents named."""
    agents: list[Agent] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    """Messages whose text is another one now."""
    records: list[Stored] = field(default_factory=list)
    """All of them, to be known once they are surely stored."""
    born: list[str] = field(default_factory=list)
    """The ids of new customers, whose marks stand in their rows already."""
    with_media: list[Message | Asset] = field(default_factory=list)
    """New messages that refer to media."""
    rows: dict[tuple[Table, str], int] = field(default_factory=dict)
    """Where records stand, as far as it is known."""
    places: list[tuple[int, str, int]] = field(default_factory=list)
    """Where new records stand."""
    links: dict[Cells, None] = field(default_factory=dict)
    """What ``run`` leaves to be linked."""

    def run(self, execute: Execute) -> None:
        """Write them.

        Raises:
            VersionConflict: one of them is not at its expected version.
        """
        for table, born in self.new.items():
            for part in chunks(born):
                cells = [cell for _, row in part for cell in row]
                cursor = execute(insert_sql(table, len(part)), cells)
                if cursor.rowcount < len(part):
                    raise VersionConflict(table.kind, self._present(execute, table, part), expected=0)
                # Rows of one statement stand one behind the other.
                self._settle(table, part, (cursor.lastrowid or 0) - len(part))
        self._place(execute)
        for step in self.steps:
            step(execute)
        for kind, pairs in self.tags.items():
            table = _TAGGED_TABLES[kind]
            rows = [(self.desk, tag, key, self.row(execute, table, key)) for tag, key in pairs]
            _insert(execute, _TAGGED[kind], rows)
        for agent in self.agents:
            seat(execute, self.desk, agent)
        erasing.refer(execute, self.desk, self.with_media)

    def _settle(self, table: Table, part: Iterable[tuple[Stored, Cells]], row: int) -> None:
        for record, _ in part:
            row += 1
            self.rows[table, record.id] = row
            if table.prefix:
                self.places.append((self.desk, table.key(record.id), row))
            if table.link is not None:
                role, name = table.link
                self.links[self.desk, link_key(getattr(record, name)), int(role), row] = None

    def _place(self, execute: Execute) -> None:
        """Note where the new records stand, and whose the new identities are."""
        homes = [
            (self.desk, place_key(one, IDENTITY), self.row(execute, _HOMES, home))
            for one, home in self.identities.items()
        ]
        if (self.places or homes) and not places.add(execute, [*self.places, *homes]):
            for table, born in self.new.items():
                for record, _ in born:
                    if table.prefix:
                        self._check_place(execute, table, record.id)

    def _check_place(self, execute: Execute, table: Table, key: str) -> None:
        ours = [row for _, place, row in self.places if place == table.key(key)]
        if [(row,) for row in ours] != execute(f"SELECT {ROW}", (self.desk, table.key(key))).fetchall():
            raise VersionConflict(table.kind, key, expected=0)

    def row(self, execute: Execute, table: Table, key: str) -> int:
        """Where a record stands that is stored."""
        row = self.rows.get((table, key))
        if row is None:
            row = self.rows[table, key] = execute(row_sql(table), (self.desk, table.key(key))).fetchone()[0]
        return row

    def _present(self, execute: Execute, table: Table, part: Iterable[tuple[Stored, Cells]]) -> str:
        # Those of the part that are new have just been inserted and carry the document that was given.
        key = ""
        for record, row in part:
            key = record.id
            stored = execute(select_sql(table), (self.desk, key)).fetchone()
            if stored != row[2:5]:
                break
        return key


def plan_puts(execute: Execute, desk: int, puts: tuple[Put, ...], seen: Mapping[str, int], known: Known) -> Puts:
    """What has to run for the puts. ``execute`` reads old documents that are not known, in no transaction.

    Raises:
        VersionConflict: a record is surely not at its expected version.
    """
    plan = Puts(desk)
    within: dict[tuple[type[Stored], str], Stored] = {}
    for put in puts:
        record = put.record
        kind = type(record)
        earlier = within.get((kind, record.id))
        within[kind, record.id] = record
        plan.records.append(record)
        if put.expected == 0:
            _plan_new(plan, record, seen)
            continue
        if earlier is not None and earlier.version == put.expected:
            old = earlier
        else:
            old = known.get(desk, record.id, put.expected) or _stored(execute, desk, put)
        _plan_replacement(plan, record, old)
    return plan


def _stored(execute: Execute, desk: int, put: Put) -> Stored:
    table = TABLES[type(put.record)]
    row = execute(select_sql(table), (desk, table.key(put.record.id))).fetchone()
    if row is None or row[0] != put.expected:
        raise VersionConflict(table.kind, put.record.id, expected=put.expected)
    found: Stored = record_of(table.cls, put.record.id, row[1], row[2])  # type: ignore[assignment]  # the tables hold what is stored
    return found


def _plan_new(plan: Puts, record: Stored, seen: Mapping[str, int]) -> None:
    table = TABLES[type(record)]
    desk = plan.desk
    born: Cells = (seen.get(record.id),) if table.born else ()
    head: Cells = (desk, record.id, record.version, record.SCHEMA, document_of(record))
    row = (*head, *table.fresh_of(record), *[column.cell(record) for column in table.kept], *born)
    plan.new.setdefault(table, []).append((record, row))
    if isinstance(record, Message):
        if media_of(record):
            plan.with_media.append(record)
    elif isinstance(record, Ticket | Customer):
        if record.tags or _groups(record):
            _plan_tags(plan, record, ())
        if isinstance(record, Customer):
            _plan_identities(plan, record, ())
            plan.born.append(record.id)
    elif isinstance(record, Agent):
        plan.agents.append(record)
    elif isinstance(record, Asset):
        plan.with_media.append(record)


def _plan_replacement(plan: Puts, record: Stored, old: Stored) -> None:
    table = TABLES[type(record)]
    moved = moved_columns(table, old, record)
    cells = (
        record.version,
        record.SCHEMA,
        document_of(record),
        *table.fresh_of(record),
        *moved.values(),
        plan.desk,
        table.key(record.id),
        old.version,
    )
    sql = update_sql(table, tuple(moved))
    plan.steps.append(partial(_replace, table, sql, cells, record.id, old.version))
    if table.link is not None and getattr(old, table.link[1]) != getattr(record, table.link[1]):
        plan.steps.append(_relinking(plan, table, old, record))
    match record, old:
        case Ticket(), Ticket():
            _plan_tags_again(plan, record, old)
        case Customer(), Customer():
            _plan_tags_again(plan, record, old)
            if record.identities is not old.identities:
                _plan_identities(plan, record, tuple([one.id for one in old.identities]))
        case Agent(), _:
            plan.agents.append(record)
        case Asset(), _:
            plan.with_media.append(record)
        case Message(), Message():
            if (record.subject, record.parts, record.edited) != (old.subject, old.parts, old.edited):
                plan.changed.append(Changed(old, record))
            if media_of(record) != media_of(old):
                plan.steps.append(_referral(plan.desk, record))


def _replace(table: Table, sql: str, cells: Cells, key: str, expected: int, execute: Execute) -> None:
    if execute(sql, cells).rowcount != 1:
        raise VersionConflict(table.kind, key, expected=expected)


def label_of(name: str) -> str:
    """How a segment stands among the tags of customers, and a site among those of tickets."""
    return f":{name}"


def _groups(record: Ticket | Customer) -> tuple[str, ...]:
    """The segments of a customer, the site of a ticket."""
    if isinstance(record, Customer):
        return tuple([one.name for one in record.segments]) if record.segments else ()
    return () if record.site is None else (record.site,)


def _labels(record: Ticket | Customer) -> tuple[str, ...]:
    """What the record is found by: its tags, and its segments or its site."""
    tags = tuple([tag.name for tag in record.tags])
    groups = _groups(record)
    return (*tags, *map(label_of, groups)) if groups else tags


def _plan_tags_again(plan: Puts, record: Ticket | Customer, old: Ticket | Customer) -> None:
    if record.tags is not old.tags or _groups(record) != _groups(old):
        _plan_tags(plan, record, _labels(old))


def _plan_tags(plan: Puts, record: Ticket | Customer, old: tuple[str, ...]) -> None:
    kind = TABLES[type(record)].kind
    names = dict.fromkeys(_labels(record))
    for name in names:
        if name not in old:
            plan.tags.setdefault(kind, {})[name, record.id] = None
    gone = [name for name in old if name not in names]
    if gone:
        for name in gone:
            plan.tags.get(kind, {}).pop((name, record.id), None)
        plan.steps.append(_untagging(_UNTAGGED.format(kind=kind), plan.desk, gone, record.id))


def _plan_identities(plan: Puts, record: Customer, old: tuple[str, ...]) -> None:
    ids = [one.id for one in record.identities]
    for one in ids:
        if one not in old:
            plan.identities[one] = record.id
    gone = [one for one in old if one not in ids]
    if gone:
        for left in gone:
            if plan.identities.get(left) == record.id:
                del plan.identities[left]
        plan.steps.append(_unlinking(plan, gone, record.id))


def _referral(desk: int, message: Message) -> Step:
    return lambda execute: erasing.refer_again(execute, desk, message)


def _untagging(sql: str, desk: int, names: list[str], record: str) -> Step:
    def step(execute: Execute) -> None:
        for name in names:
            execute(sql, (desk, name, record))

    return step


def _unlinking(plan: Puts, gone: list[str], record: str) -> Step:
    def step(execute: Execute) -> None:
        for one in gone:
            if plan.identities.get(one) != record:  # it has not come back
                execute(_UNLINKED, (plan.desk, place_key(one, IDENTITY), plan.desk, _HOMES.key(record)))

    return step


def _relinking(plan: Puts, table: Table, old: Stored, record: Stored) -> Step:
    assert table.link is not None
    role, name = table.link
    before, after = getattr(old, name), getattr(record, name)

    def step(execute: Execute) -> None:
        row = plan.row(execute, table, record.id)
        plan.links.pop((plan.desk, link_key(before), int(role), row), None)
        links.remove(execute, plan.desk, before, role, row)
        plan.links[plan.desk, link_key(after), int(role), row] = None

    return step


def _insert(execute: Execute, sql: str, rows: list[tuple[int, str, str, int]]) -> None:
    if rows:
        for part in chunks(rows):
            cells = [cell for row in part for cell in row]
            execute(rows_sql(sql, "(?,?,?,?)", len(part)), cells)
