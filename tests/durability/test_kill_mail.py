"""A worker between mail servers and its file, killed around pull, store, cursor and send.

Nothing that came is lost or stored twice. Mail takes no key, so a message whose sending was cut off is sent no second
time: it is ``unknown``, and waits in the outbox for a person.
"""

import signal
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from tests.processes import run

pytest.importorskip("aiosmtpd", reason="aiosmtpd is not installed (extra peers)")
pytest.importorskip("pymap", reason="pymap is not installed (extra peers)")

from csdesk.domain.records.messages import Delivery, Direction, Message
from csdesk.domain.records.queues import OutboxState
from csdesk.ports.store import Query
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing.audit import problems_of
from csdesk.testing.mail import Mailbox, SmtpSink

CHILD = Path(__file__).with_name("child_mail.py")
MAILS = 8
LEAST = 190
"""Points that every life passes, even one that finds little to do."""


def live(database, sink, folder, life, die_at):
    done = run(CHILD, database, sink.port, folder.mailbox.port, folder.name, life, die_at)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def write(folder, number):
    raw = f"From: c{number}@customers.example\r\nMessage-ID: <{number}@x.example>\r\n\r\nmail {number}\r\n"
    folder.put(raw.encode(), at=datetime(2026, 3, 10, 8, tzinfo=UTC))


def key_of(mail):
    (own,) = [line for line in mail.content.split(b"\r\n") if line.lower().startswith(b"message-id: <")]
    return own[len("message-id: <") :].partition(b".")[0].decode()


@pytest.mark.parametrize(
    ("seed", "lives"), [(1, 5), *(pytest.param(seed, 12, marks=pytest.mark.soak) for seed in range(2, 6))]
)
def test_killed_around_pull_store_cursor_and_send(tmp_path, seed, lives):
    chance = Random(seed)
    folder = Mailbox.shared().folder()
    for number in range(MAILS):
        write(folder, number)
    database = tmp_path / "desk.db"
    with SmtpSink() as sink:
        for life in range(lives):
            write(folder, MAILS + life)
            assert live(database, sink, folder, 5 * life, chance.randrange(3, min(60 + 40 * life, LEAST))) != 0
        assert live(database, sink, folder, 5 * lives, 0) == 0
        arrived = Counter(key_of(one) for one in sink.mails)
    store = SqliteStore(database)
    assert problems_of(store) == ()
    messages = [one for one in store.query("main", Query(kind="message", limit=1000)).items if isinstance(one, Message)]
    inbound = Counter(one.text for one in messages if one.direction is Direction.IN)
    assert inbound == Counter(f"mail {number}" for number in range(MAILS + lives))
    replies = {one.id: one for one in messages if one.direction is Direction.OUT}
    assert len(replies) == MAILS + lives
    assert set(arrived.values()) == {1}
    states = {one.delivery for one in replies.values()}
    assert states <= {Delivery.SENT, Delivery.UNKNOWN}
    sent = {one.id for one in replies.values() if one.delivery is Delivery.SENT}
    assert sent <= arrived.keys(), "what is said to be sent has arrived"
    assert arrived.keys() <= replies.keys()
    waiting = {one.message: one.state for one in store.query("main", Query(kind="outbox")).items}
    assert waiting == dict.fromkeys(replies.keys() - sent, OutboxState.UNKNOWN)
    store.close()
