"""The limit: one inbound message as hand-written SQL on the standard library's sqlite3, rows and claims only.

No models, rules, traces or search. A new ticket reads 4 rows and writes 9, and 2 for a new customer; an appended
message reads 3 and writes 6; a redelivery reads 1. To those come the claim rows that csdesk writes: one for the
delivery, one for a new identity, one for a new ticket's conversation.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from benchmarks._stream import QUEUES, Mail

_SCHEMA = """
CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT, created INT, seen INT);
CREATE TABLE identity(channel TEXT, address TEXT, customer INT, PRIMARY KEY(channel, address)) WITHOUT ROWID;
CREATE TABLE agent(id INTEGER PRIMARY KEY, queue TEXT, online INT, load INT, capacity INT, assigned INT);
CREATE TABLE ticket(id INTEGER PRIMARY KEY, customer INT, subject TEXT, status TEXT, queue TEXT, agent INT,
  priority INT, created INT, updated INT, messages INT);
CREATE TABLE message(id INTEGER PRIMARY KEY, ticket INT, channel TEXT, external TEXT, direction TEXT,
  body TEXT, at INT);
CREATE TABLE tag(ticket INT, name TEXT, PRIMARY KEY(ticket, name)) WITHOUT ROWID;
CREATE TABLE timer(id INTEGER PRIMARY KEY, ticket INT, kind TEXT, due INT, state TEXT);
CREATE TABLE event(id INTEGER PRIMARY KEY, ticket INT, kind TEXT, at INT, body TEXT);
CREATE TABLE outbox(id INTEGER PRIMARY KEY, ticket INT, topic TEXT, body TEXT, at INT, done INT);
CREATE TABLE claim(key TEXT PRIMARY KEY, owner TEXT, expires INT) WITHOUT ROWID;
CREATE UNIQUE INDEX message_external ON message(channel, external);
CREATE INDEX message_ticket ON message(ticket);
CREATE INDEX ticket_open ON ticket(customer) WHERE status='open';
CREATE INDEX ticket_agent ON ticket(agent) WHERE status='open';
CREATE INDEX agent_pick ON agent(queue, load, assigned) WHERE online=1;
CREATE INDEX timer_due ON timer(due) WHERE state='armed';
CREATE INDEX timer_ticket ON timer(ticket) WHERE state='armed';
CREATE INDEX event_ticket ON event(ticket);
CREATE INDEX outbox_todo ON outbox(id) WHERE done=0;
"""


def connect(path: Path, synchronous: str) -> sqlite3.Connection:
    """A connection, tuned as csdesk's own: the checkpoint off the path."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    for pragma in (
        "journal_mode=WAL",
        f"synchronous={synchronous}",
        "cache_size=-65536",
        "temp_store=MEMORY",
        "mmap_size=268435456",
        "wal_autocheckpoint=10000",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def build(path: Path, agents: int) -> None:
    """An empty desk with that many agents."""
    connection = sqlite3.connect(path)
    connection.executescript(_SCHEMA)
    rows = [(number, QUEUES[number % 4], 1, 0, 1_000_000, 0) for number in range(1, agents + 1)]
    connection.executemany("INSERT INTO agent VALUES(?,?,?,?,?,?)", rows)
    connection.commit()
    connection.close()


def run(path: Path, mails: list[Mail], synchronous: str, batch: int) -> int:
    """Take the stream in, that many messages to a commit."""
    connection = connect(path, synchronous)
    for start in range(0, len(mails), batch):
        connection.execute("BEGIN IMMEDIATE")
        for mail in mails[start : start + batch]:
            _ingest(connection, mail)
        connection.execute("COMMIT")
    connection.close()
    return len(mails)


def _ingest(connection: sqlite3.Connection, mail: Mail) -> None:
    do, now = connection.execute, mail.sent_ms
    if do("SELECT id FROM message WHERE channel=? AND external=?", (mail.channel, mail.key)).fetchone():
        return
    claims = [(f"inbound/{mail.channel}/{mail.key}", mail.key, now)]
    known = do("SELECT customer FROM identity WHERE channel=? AND address=?", (mail.channel, mail.address)).fetchone()
    ticket = None
    if known is None:
        customer = do("INSERT INTO customer(name,created,seen) VALUES(?,?,?)", (mail.address, now, now)).lastrowid
        do("INSERT INTO identity VALUES(?,?,?)", (mail.channel, mail.address, customer))
        claims.append((f"identity/{mail.channel}/{mail.address}", mail.address, 0))
    else:
        customer = known[0]
        sql = "SELECT id FROM ticket WHERE customer=? AND status='open' ORDER BY id DESC LIMIT 1"
        ticket = do(sql, (customer,)).fetchone()
    if ticket is None:
        number = _open(connection, mail, customer)
        claims.append((f"conversation/{mail.channel}/{mail.address}", str(number), 0))
    else:
        number = ticket[0]
        do("UPDATE ticket SET updated=?,messages=messages+1 WHERE id=?", (now, number))
        do("UPDATE timer SET due=? WHERE ticket=? AND state='armed' AND kind='resolution'", (now + 86_400_000, number))
        do("UPDATE customer SET seen=? WHERE id=?", (now, customer))
    row = (number, mail.channel, mail.key, "in", mail.text, now)
    message = do("INSERT INTO message(ticket,channel,external,direction,body,at) VALUES(?,?,?,?,?,?)", row).lastrowid
    told = f'{{"message":{message}}}'
    do("INSERT INTO event(ticket,kind,at,body) VALUES(?,'message.received',?,?)", (number, now, told))
    body = f'{{"ticket":{number},"text":"We have your message and will answer soon."}}'
    do("INSERT INTO outbox(ticket,topic,body,at,done) VALUES(?,'reply',?,?,0)", (number, body, now))
    slots = ",".join(["(?,?,?)"] * len(claims))
    sql = f"INSERT INTO claim VALUES {slots} ON CONFLICT DO NOTHING"  # noqa: S608  only question marks
    do(sql, [cell for claim in claims for cell in claim])


def _open(connection: sqlite3.Connection, mail: Mail, customer: int | None) -> int:
    do, now = connection.execute, mail.sent_ms
    queue = QUEUES[now // 1000 % 4]
    sql = "SELECT id FROM agent WHERE queue=? AND online=1 AND load<1000000 ORDER BY load,assigned LIMIT 1"
    (agent,) = do(sql, (queue,)).fetchone()
    sql = (
        "INSERT INTO ticket(customer,subject,status,queue,agent,priority,created,updated,messages)"
        " VALUES(?,?,'open',?,?,2,?,?,1)"
    )
    number = do(sql, (customer, mail.subject, queue, agent, now, now)).lastrowid
    assert number is not None
    do("UPDATE agent SET load=load+1,assigned=? WHERE id=?", (now, agent))
    for kind, within in (("first_reply", 3_600_000), ("resolution", 86_400_000)):
        do("INSERT INTO timer(ticket,kind,due,state) VALUES(?,?,?,'armed')", (number, kind, now + within))
    do("INSERT INTO tag VALUES(?,?)", (number, queue))
    do("INSERT INTO event(ticket,kind,at,body) VALUES(?,'ticket.opened',?,?)", (number, now, f'{{"agent":{agent}}}'))
    return number
