"""Whatever a host does with its transactions, its rows and the desk's stand or fall together."""

import sqlite3
from contextlib import closing

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import many

from csdesk import Actor, InboundMessage, Sender, open_desk
from csdesk.errors import CsdeskError
from csdesk.testing import FixedClock, SerialIds
from csdesk.testing.audit import problems_of

ME = Actor.agent("agt_me")
OPS = ("receive", "follow", "note", "stale", "order", "savepoint", "rollback_to", "release", "commit", "rollback")


class Host:
    """A connection with a table of orders, and what a model of transactions says must be in it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        connection.execute("CREATE TABLE orders(name TEXT)")
        connection.commit()
        self.desk = open_desk(connection, clock=FixedClock(), ids=SerialIds())
        self.levels: list[list[str]] = [[]]
        """What is there now; below it what was there at each savepoint, and at the beginning of the transaction."""

    def do(self, number: int, op: str) -> None:
        self.begin()
        getattr(self, f"_{op}")(number)

    def begin(self) -> None:
        if not self.connection.in_transaction:
            self.connection.execute("BEGIN")
            self.levels = [self.levels[-1], list(self.levels[-1])]

    def _say(self, talk: int, text: str) -> None:
        said = InboundMessage(
            account="web", dedupe_key=text, conversation=f"c{talk}", sender=Sender(external_id=f"u{talk}"), text=text
        )
        self.desk.receive(said)
        self.levels[-1].append(f"message {text}")

    def _receive(self, number: int) -> None:
        self._say(number, f"{number}")

    def _follow(self, number: int) -> None:
        self._say(0, f"{number}")

    def _note(self, number: int) -> None:
        for ticket in self.desk.tickets.list(limit=1).items:
            self.desk.note(ticket.id, f"{number}", actor=ME)
            self.levels[-1].append(f"message {number}")

    def _stale(self, number: int) -> None:
        for ticket in self.desk.tickets.list(limit=1).items:
            try:
                self.desk.note(ticket.id, f"{number}", actor=ME, expected_version=ticket.version + 1)
            except CsdeskError:
                continue
            raise AssertionError

    def _order(self, number: int) -> None:
        self.connection.execute("INSERT INTO orders VALUES(?)", (f"order {number}",))
        self.levels[-1].append(f"order {number}")

    def _savepoint(self, _: int) -> None:
        self.connection.execute(f"SAVEPOINT csdesk{len(self.levels)}")
        self.levels.append(list(self.levels[-1]))

    def _rollback_to(self, _: int) -> None:
        if len(self.levels) > 2:
            self.connection.execute(f"ROLLBACK TO csdesk{len(self.levels) - 1}")
            self.levels[-1] = list(self.levels[-2])

    def _release(self, _: int) -> None:
        if len(self.levels) > 2:
            self.connection.execute(f"RELEASE csdesk{len(self.levels) - 1}")
            self.levels.pop(-2)

    def _commit(self, _: int) -> None:
        self.connection.commit()
        self.levels = [self.levels[-1]]

    def _rollback(self, _: int) -> None:
        self.connection.rollback()
        self.levels = [self.levels[0]]

    def check(self) -> None:
        found = [row[0] for row in self.connection.execute("SELECT name FROM orders")]
        for ticket in self.desk.tickets.list(limit=1000).items:
            messages = [one.message for one in self.desk.tickets.timeline(ticket.id) if one.message is not None]
            found += [f"message {one.text}" for one in messages]
        assert sorted(found) == sorted(self.levels[-1])
        assert problems_of(self.desk._store) == ()


@given(st.lists(st.sampled_from(OPS), max_size=25), st.sampled_from((None, "", "IMMEDIATE")))
@settings(max_examples=many(20), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_both_or_none(ops: list[str], level: str | None) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=level)) as connection:
        host = Host(connection)
        for number, op in enumerate(ops, start=1):
            host.do(number, op)
        host.check()
        host.connection.rollback()
        host.levels = [host.levels[0]]
        host.check()
