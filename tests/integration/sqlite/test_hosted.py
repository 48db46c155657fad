"""A desk on a host's own connection: its work is part of the host's transactions, and nothing is set."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest

from csdesk import Actor, Article, DeskConfig, InboundMessage, NotFound, Sender, open_async_desk, open_desk
from csdesk.desk.shell import Desk
from csdesk.domain.ids import TicketId
from csdesk.domain.policy.config import QueuePolicy, SlaPolicy, TargetPolicy
from csdesk.domain.records.messages import Delivery
from csdesk.errors import (
    DeskClosed,
    IllegalTransition,
    InvalidInput,
    StoreBusy,
    StoreDamaged,
    TransactionOpen,
    UnsupportedFeature,
    VersionConflict,
)
from csdesk.ports.store import Hosted, Store
from csdesk.stores.sqlite import HostedSqliteStore
from csdesk.testing import CountingStore, FaultyStore, FixedClock, ScriptedChannel, SerialIds
from csdesk.testing.audit import problems_of

ME = Actor.agent("agt_me")
LEVELS = ("", "DEFERRED", "IMMEDIATE", "EXCLUSIVE", None)
Open = Callable[..., Desk]


class Host:
    """An application with a table of its own."""

    def __init__(
        self, path: Path, level: str | None = None, config: DeskConfig | None = None, **settings: object
    ) -> None:
        self.path = path
        self.connection = sqlite3.connect(path, isolation_level=level, **settings)  # type: ignore[call-overload]
        self.connection.execute("CREATE TABLE IF NOT EXISTS ticket(id TEXT)")
        self.connection.commit()
        self.clock = FixedClock()
        self.desk = self.open(config=config)

    def open(self, **given: object) -> Desk:
        return open_desk(self.connection, clock=self.clock, ids=SerialIds(), **given)  # type: ignore[arg-type]

    def order(self, name: str = "order") -> None:
        self.connection.execute("INSERT INTO ticket VALUES(?)", (name,))

    @property
    def orders(self) -> int:
        """As another connection sees them: only what was committed."""
        return self._elsewhere("SELECT count(*) FROM ticket")

    @property
    def tickets(self) -> int:
        """As another connection sees them."""
        return self._elsewhere("SELECT count(*) FROM csdesk_ticket")

    def _elsewhere(self, question: str) -> int:
        other = sqlite3.connect(self.path)
        try:
            (found,) = other.execute(question).fetchone()
        finally:
            other.close()
        return int(found)


def said(text: str = "hello", talk: str = "ann") -> InboundMessage:
    return InboundMessage(
        account="web", dedupe_key=f"{talk} {text}", conversation=talk, sender=Sender(external_id=talk), text=text
    )


@pytest.fixture(params=LEVELS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    made = Host(tmp_path / "shop.db", request.param)
    yield made
    made.connection.close()


def begin(host: Host) -> None:
    """Begin a transaction the way the connection wants it."""
    if host.connection.isolation_level is None:
        host.connection.execute("BEGIN")


@pytest.mark.parametrize("first", ["order", "ticket"])
def test_both_or_none(host: Host, first: str) -> None:
    for end, count in ((host.connection.rollback, 0), (host.connection.commit, 1)):
        begin(host)
        if first == "order":
            host.order()
        ticket = host.desk.receive(said()).ticket
        assert ticket is not None
        if first == "ticket":
            host.order()
        host.desk.note(ticket.id, "packed", actor=ME)
        if host.connection.isolation_level != "EXCLUSIVE":  # which lets nobody else read
            assert (host.orders, host.tickets) == (0, 0), "nobody else sees it yet"
        assert host.desk.tickets.get(ticket.id).version > 1, "the host's own reads do"
        end()
        assert (host.orders, host.tickets, host.desk.tickets.count()) == (count, count, count)
    assert host.connection.in_transaction is False


def test_with_connection(tmp_path: Path) -> None:
    """The driver's own block: an error takes the ticket away with everything else."""
    host = Host(tmp_path / "shop.db", "")

    def work() -> None:
        with host.connection:
            host.desk.receive(said())
            host.order()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert (host.orders, host.tickets) == (0, 0)
    with host.connection:
        host.desk.receive(said())
        host.order()
    assert (host.orders, host.tickets) == (1, 1)
    host.connection.close()


def test_without_a_transaction(tmp_path: Path) -> None:
    """With isolation_level=None a command is a transaction by itself."""
    host = Host(tmp_path / "shop.db", None)
    host.desk.receive(said())
    assert (host.connection.in_transaction, host.tickets) == (False, 1)
    host.connection.close()


def test_a_refused_command_leaves_the_rest(host: Host) -> None:
    begin(host)
    host.order()
    ticket = host.desk.receive(said()).ticket
    assert ticket is not None
    with pytest.raises(VersionConflict):
        host.desk.note(ticket.id, "late", actor=ME, expected_version=99)
    with pytest.raises(NotFound):
        host.desk.note(TicketId("tkt_0000000000000000000000000x"), "whose?", actor=ME)
    host.order("second")
    host.connection.commit()
    assert (host.orders, host.tickets) == (2, 1)


def test_a_commit_that_fails_half_way_is_undone_alone(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    from csdesk.stores.sqlite import queues

    begin(host)
    host.order()
    ticket = host.desk.receive(said()).ticket
    assert ticket is not None

    def fail(*_: object) -> None:
        raise IllegalTransition(ticket.id, "full", "anything")

    before = host.desk.tickets.get(ticket.id)
    with monkeypatch.context() as patch:
        patch.setattr(queues, "write", fail)
        with pytest.raises(IllegalTransition):
            host.desk.note(ticket.id, "never", actor=ME)
    assert host.desk.tickets.get(ticket.id) == before
    host.desk.note(ticket.id, "again", actor=ME)
    host.connection.commit()
    after = host.desk.tickets.get(ticket.id)
    assert (host.orders, after.version - before.version) == (1, 1)
    assert problems_of(host.desk._store) == ()


def test_savepoints_of_the_host(host: Host) -> None:
    execute = host.connection.execute
    begin(host)
    host.order()
    execute("SAVEPOINT csdesk")  # any name is the host's to use
    first = host.desk.receive(said("first", "ann")).ticket
    execute("SAVEPOINT inner_one")
    second = host.desk.receive(said("second", "bob")).ticket
    assert first is not None
    assert second is not None
    execute("ROLLBACK TO inner_one")
    assert host.desk.tickets.count() == 1
    again = host.desk.receive(said("second", "bob")).ticket
    assert again is not None
    assert again.number == second.number, "a number that was rolled back is free again"
    execute("RELEASE csdesk")
    host.connection.commit()
    assert (host.orders, host.tickets) == (1, 2)
    assert host.desk.explain(first.id)
    assert problems_of(host.desk._store) == ()


def test_what_was_rolled_back_is_forgotten(tmp_path: Path) -> None:
    """A version that came to nothing names another content the next time."""
    host = Host(tmp_path / "shop.db", "")
    with host.connection:
        ticket = host.desk.receive(said()).ticket
    assert ticket is not None
    host.desk.tickets.tag(ticket.id, "lost", actor=ME)
    assert host.desk.tickets.get(ticket.id).tags
    host.connection.rollback()
    other = sqlite3.connect(host.path)
    elsewhere = open_desk(other, clock=host.clock)
    elsewhere.tickets.tag(ticket.id, "kept", actor=ME)
    other.commit()
    assert [tag.name for tag in host.desk.tickets.get(ticket.id).tags] == ["kept"]
    host.desk.note(ticket.id, "on top", actor=ME)
    host.connection.commit()
    assert [tag.name for tag in elsewhere.tickets.get(ticket.id).tags] == ["kept"]
    other.close()
    host.connection.close()


def test_a_policy_that_was_rolled_back(tmp_path: Path) -> None:
    host = Host(tmp_path / "shop.db", "")
    lost = DeskConfig(queues=(QueuePolicy(name="lost"),), default_queue="lost")
    kept = DeskConfig(queues=(QueuePolicy(name="kept"),), default_queue="kept")
    host.desk.config.activate(lost, actor=Actor.system())
    assert host.desk.config.get().digest == lost.digest
    host.connection.rollback()
    other = sqlite3.connect(host.path)
    open_desk(other, clock=host.clock).config.activate(kept, actor=Actor.system())
    other.commit()
    other.close()
    assert host.desk.config.get().digest == kept.digest, "the same epoch, another configuration"
    ticket = host.desk.receive(said()).ticket
    assert ticket is not None
    assert ticket.queue == "kept"
    host.connection.close()


def _suggested(desk: Desk) -> list[str]:
    return [one.phrase.title for one in desk.replies.suggest_for("where is my invoice").suggestions]


def test_phrases_that_were_rolled_back(tmp_path: Path) -> None:
    host = Host(tmp_path / "shop.db", "")
    with host.connection:
        host.desk.replies.add("Hours", "We open at nine.", questions=("when do you open",))
    host.desk.replies.add("Invoice", "It is in your parcel.", questions=("where is my invoice",))
    assert "Invoice" in _suggested(host.desk)
    host.connection.rollback()
    host.desk.replies.add("Parcel", "It is there.", questions=("where is my invoice",))  # the same epoch
    assert "Parcel" in _suggested(host.desk)
    assert "Invoice" not in _suggested(host.desk)
    host.connection.close()


def test_articles_that_were_rolled_back(tmp_path: Path) -> None:
    host = Host(tmp_path / "shop.db", "")

    def found() -> list[str]:
        return [hit.article.title for hit in host.desk.articles.search("how goods come back")]

    host.desk.articles.save(Article(id="lost", title="Lost", what="How goods come back"))
    assert found() == ["Lost"]
    host.connection.rollback()
    assert found() == []
    host.desk.articles.save(Article(id="kept", title="Kept", what="How goods come back"))  # the same epoch
    assert found() == ["Kept"]
    host.connection.commit()
    assert found() == ["Kept"]
    host.connection.close()


def test_holidays_that_were_rolled_back(tmp_path: Path) -> None:
    place = {"name": "CN", "years": [{"year": 2026, "closed": ["2026-01-01"]}]}
    calendar = {"name": "office", "weekly": {"mon": [("09:00", "17:00")]}, "observes": "CN"}
    config = DeskConfig.model_validate({"calendars": [calendar], "holidays": [place]})
    host = Host(tmp_path / "shop.db", "", config)
    host.connection.commit()
    monday = datetime(2026, 1, 5, 10, tzinfo=ZoneInfo("Asia/Shanghai"))

    def is_open() -> bool:
        return host.desk.calendars.get("office").is_open(monday)

    assert is_open()
    host.desk.calendars.save("CN", 2026, closed=(monday.date(),), actor=ME)
    assert not is_open()
    host.connection.rollback()
    other = sqlite3.connect(host.path)
    open_desk(other, clock=host.clock).calendars.save("CN", 2026, closed=(date(2026, 1, 6),), actor=ME)
    other.commit()
    other.close()
    assert is_open(), "the same epoch, other holidays"
    host.connection.close()


def test_settings_of_the_connection(host: Host) -> None:
    connection = host.connection

    def settings() -> tuple[object, ...]:
        pragmas = ("synchronous", "journal_mode", "cache_size", "temp_store", "foreign_keys", "application_id")
        told = [sqlite3.Cursor(connection).execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
        return (connection.row_factory, connection.text_factory, connection.isolation_level, *told)

    def as_bytes(text: bytes) -> bytes:
        return text

    connection.row_factory = sqlite3.Row
    before = settings()
    for factory in (str, bytes, bytearray, as_bytes, lambda text: text.decode(errors="replace")):
        connection.text_factory = factory
        received = host.desk.receive(said("发票", str(factory)))
        assert received.ticket is not None
        assert host.desk.tickets.timeline(received.ticket.id)
        assert host.desk.tickets.search("发票").items
    host.open()  # with a text factory that is not str
    connection.text_factory = str
    connection.commit()
    host.desk.run_due()
    host.desk.close()
    assert settings() == before
    row = connection.execute("SELECT count(*) AS n FROM ticket").fetchone()
    assert isinstance(row, sqlite3.Row), "the connection is open, and as it was"
    with pytest.raises(DeskClosed):
        host.desk.tickets.list()


def test_declared_types(tmp_path: Path) -> None:
    kinds = sqlite3.PARSE_DECLTYPES | sqlite3.PARSE_COLNAMES
    host = Host(tmp_path / "shop.db", None, detect_types=kinds)
    host.desk.receive(said())
    assert problems_of(host.desk._store) == ()
    host.connection.close()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="autocommit came with Python 3.12")
@pytest.mark.parametrize("autocommit", [True, False])
def test_autocommit(tmp_path: Path, autocommit: bool) -> None:
    host = Host(tmp_path / "shop.db", None, autocommit=autocommit)
    host.connection.commit()
    host.desk.receive(said())
    assert host.tickets == (1 if autocommit else 0)
    host.connection.commit()
    assert host.tickets == 1
    host.connection.close()


def test_a_reply_leaves_after_the_commit(host: Host) -> None:
    channel = ScriptedChannel("web")
    desk = host.open(channels=[channel])
    begin(host)
    ticket = desk.receive(said()).ticket
    assert ticket is not None
    sent = desk.reply(ticket.id, "coming", actor=ME)
    assert (sent.delivery, channel.sent) == (Delivery.PENDING, [])
    with pytest.raises(TransactionOpen, match="run_due"):
        desk.run_due()
    assert channel.sent == []
    host.connection.commit()
    assert desk.run_due().sent == 1
    assert host.connection.in_transaction is False
    assert [one.key for one in channel.sent] == [sent.message.id]


def test_what_is_sent_was_leased_for_all_to_see(tmp_path: Path) -> None:
    """Also where the driver would begin a transaction and leave it open."""
    host = Host(tmp_path / "shop.db", "")
    channel = ScriptedChannel("web")
    desk = host.open(channels=[channel])
    with host.connection:
        ticket = desk.receive(said()).ticket
        assert ticket is not None
        desk.reply(ticket.id, "coming", actor=ME)
    states: list[object] = []

    def look(_: object) -> object:
        states.append(host._elsewhere("SELECT count(*) FROM csdesk_outbox WHERE state='sending'"))
        raise RuntimeError

    channel.answer(look)  # type: ignore[arg-type]
    desk.run_due()
    assert states == [1]
    assert host._elsewhere("SELECT count(*) FROM csdesk_outbox WHERE state='unknown'") == 1
    host.connection.close()


def test_a_rolled_back_reply_is_never_sent(tmp_path: Path) -> None:
    host = Host(tmp_path / "shop.db", "")
    channel = ScriptedChannel("web")
    desk = host.open(channels=[channel])
    with host.connection:
        ticket = desk.receive(said()).ticket
    assert ticket is not None
    desk.reply(ticket.id, "never mind", actor=ME)
    host.connection.rollback()
    assert desk.run_due().sent == 0
    assert channel.sent == []
    host.connection.close()


def test_an_event_that_is_rolled_back_is_not_delivered(tmp_path: Path) -> None:
    host = Host(tmp_path / "shop.db", "")
    with host.connection:
        for entry in host.desk.events.read("crm"):
            host.desk.events.ack("crm", entry.position)
    host.desk.receive(said())
    inside = host.desk.events.read("crm")
    host.desk.events.ack("crm", inside[-1].position)
    host.connection.rollback()
    assert host.desk.events.read("crm") == ()
    with host.connection:
        host.desk.receive(said("for good"))
    assert [one.position for one in host.desk.events.read("crm")] == [one.position for one in inside]
    host.connection.close()


def test_upkeep_makes_no_checkpoint(tmp_path: Path) -> None:
    host = Host(tmp_path / "shop.db", None)
    host.connection.execute("PRAGMA journal_mode=WAL")
    host.desk.receive(said())
    log = tmp_path / "shop.db-wal"
    before = log.stat().st_size
    assert host.desk.run_due().indexed == 1
    maintained = host.desk._store.maintain("main", host.clock.now(), 10)
    assert maintained.checkpointed is False
    assert log.stat().st_size > before
    host.connection.close()


def test_the_same_file_by_its_url(tmp_path: Path) -> None:
    """A worker may send what an application's transactions queued."""
    host = Host(tmp_path / "shop.db", "")
    with host.connection:
        ticket = host.desk.receive(said()).ticket
        assert ticket is not None
        host.desk.reply(ticket.id, "coming", actor=ME)
    channel = ScriptedChannel("web")
    with open_desk(f"sqlite:///{host.path}", channels=[channel], clock=host.clock) as worker:
        assert worker.run_due().sent == 1
    with host.connection:
        host.order()
        assert host.desk.tickets.get(ticket.id).replied_at is not None
    host.connection.close()


def test_a_database_that_holds_such_a_name(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "shop.db")
    connection.execute("CREATE TABLE Csdesk_Ticket(id)")
    with pytest.raises(StoreDamaged, match=r"Csdesk_Ticket.*rename"):
        open_desk(connection)
    names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master")]
    assert names == ["Csdesk_Ticket"]
    connection.close()


def test_a_database_in_utf_16(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "shop.db")
    connection.execute("PRAGMA encoding='UTF-16le'")
    connection.execute("CREATE TABLE ticket(id)")
    with pytest.raises(UnsupportedFeature, match="UTF-8"):
        open_desk(connection)
    connection.close()


def test_opening_inside_a_transaction(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "shop.db", isolation_level=None)
    connection.execute("BEGIN")
    open_desk(connection)
    connection.execute("ROLLBACK")
    assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    desk = open_desk(connection, clock=FixedClock())
    assert connection.in_transaction is False
    assert desk.receive(said()).ticket is not None
    connection.close()


def test_a_desk_that_was_rolled_back_and_made_anew(tmp_path: Path) -> None:
    """Its keys are others: nothing must be written under the old ones."""
    connection = sqlite3.connect(tmp_path / "shop.db", isolation_level=None)
    open_desk(connection)
    connection.execute("BEGIN")
    stale = open_desk(connection, desk="second")
    connection.execute("ROLLBACK")
    with pytest.raises(NotFound, match="second"):
        stale.receive(said())
    open_desk(connection, desk="second")
    with pytest.raises(StoreDamaged, match="open it again"):
        stale.receive(said())
    connection.close()


def test_another_thread_is_refused(tmp_path: Path) -> None:
    host = Host(tmp_path / "shop.db")
    caught: list[BaseException] = []

    def work() -> None:
        for call in (
            host.desk.tickets.list,
            lambda: host.desk.receive(said()),
            lambda: open_desk(host.connection),
        ):
            try:
                call()
            except InvalidInput as error:
                caught.append(error)

    thread = Thread(target=work)
    thread.start()
    thread.join(30)
    assert [str(error)[:10] for error in caught] == ["connection"] * 3
    host.connection.close()


def test_threads_take_turns(tmp_path: Path) -> None:
    host = Host(tmp_path / "shop.db", None, check_same_thread=False)
    start = Barrier(4)
    errors: list[BaseException] = []

    def work(number: int) -> None:
        start.wait(30)
        try:
            for turn in range(5):
                ticket = host.desk.receive(said(f"{turn}", f"t{number}")).ticket
                assert ticket is not None
                host.desk.note(ticket.id, "seen", actor=ME)
        except Exception as error:  # noqa: BLE001  the test looks at it
            errors.append(error)

    threads = [Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    assert host.tickets == 4
    assert problems_of(host.desk._store) == ()
    host.connection.close()


def test_a_closed_connection(tmp_path: Path) -> None:
    host = Host(tmp_path / "shop.db")
    host.connection.close()
    for call in (host.desk.tickets.list, host.desk.run_due, lambda: host.desk.receive(said())):
        with pytest.raises(InvalidInput, match="connection: is closed"):
            call()
    host.desk.close()


def test_another_writer(tmp_path: Path) -> None:
    """Waiting is the host's: its timeout counts, and a transaction that came too late is not tried again."""
    host = Host(tmp_path / "shop.db", None, timeout=0.0)
    other = sqlite3.connect(host.path, isolation_level=None)
    host.connection.execute("PRAGMA journal_mode=WAL")
    host.connection.execute("BEGIN")
    assert host.desk.tickets.count() == 0
    other.execute("INSERT INTO ticket VALUES('theirs')")
    with pytest.raises(StoreBusy, match="BEGIN IMMEDIATE") as caught:
        host.desk.receive(said())
    assert caught.value.retryable
    assert host.clock.slept == [], "it was tried once"
    host.connection.execute("ROLLBACK")
    assert host.desk.receive(said()).state == "stored"
    other.close()
    host.connection.close()


def test_a_connection_in_memory() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    desk = open_desk(connection, clock=FixedClock())
    ticket = desk.receive(said("x" * 900)).ticket
    assert ticket is not None
    with pytest.raises(UnsupportedFeature, match="backed up"):
        desk.backup("copy.db")
    connection.close()


async def _open(connection: sqlite3.Connection) -> None:
    await open_async_desk(connection)  # type: ignore[arg-type]


def test_tasks_are_refused() -> None:
    connection = sqlite3.connect(":memory:")
    with pytest.raises(UnsupportedFeature, match="open_desk"):
        _open(connection).send(None)
    connection.close()


def test_a_store_of_the_hosts(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "shop.db")
    store = HostedSqliteStore(connection)
    assert isinstance(store, Hosted)
    with open_desk(store, clock=FixedClock()) as desk:
        desk.receive(said())
    connection.rollback()
    with open_desk(store, clock=FixedClock()) as desk:
        assert desk.tickets.count() == 0
    store.close()
    with pytest.raises(DeskClosed):
        open_desk(store)
    connection.close()


@pytest.mark.parametrize("wrapper", [CountingStore, lambda store: FaultyStore(store, lambda _: None)])
def test_no_wrapper_hides_the_host(wrapper: Callable[[Store], Store]) -> None:
    connection = sqlite3.connect(":memory:")
    store = HostedSqliteStore(connection)
    with pytest.raises(UnsupportedFeature, match="host's connection"):
        wrapper(store)
    connection.close()


def test_a_due_ticket(tmp_path: Path) -> None:
    first_reply = TargetPolicy(metric="first_reply", within=timedelta(minutes=5))
    host = Host(tmp_path / "shop.db", "", DeskConfig(sla=(SlaPolicy(name="all", targets=(first_reply,)),)))
    with host.connection:
        ticket = host.desk.receive(said()).ticket
        assert ticket is not None
    host.clock.advance(timedelta(days=3))
    assert host.desk.run_due().tickets == 1
    assert host.connection.in_transaction is False
    host.connection.close()
