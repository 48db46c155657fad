"""A worker for one mail account that kills itself at a point; run by test_kill_mail.py.

``python child_mail.py <database> <smtp port> <imap port> <folder> <life> <die at>``: a point is passed before and after
each answer of the SMTP server, each command to the IMAP server, each pull and each sending, and before each call of
the store.
"""

import imaplib
import smtplib
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from csdesk import Actor, open_desk
from csdesk.channels.email import EmailChannel, ImapServer, SmtpServer
from csdesk.stores.sqlite import SqliteStore
from csdesk.system.clock import SimulatedClock
from csdesk.testing import FaultyStore

from points import Points  # isort: skip  beside this file, which runs as a script

START = datetime(2026, 3, 10, 9, tzinfo=UTC)


def channel_of(smtp, imap, folder):
    return EmailChannel(
        "mail",
        address="help@shop.example",
        signing_keys=(b"0123456789abcdef",),
        smtp=SmtpServer(host="127.0.0.1", port=smtp, security="none"),
        imap=ImapServer(
            host="127.0.0.1",
            port=imap,
            user="demouser",
            password="demopass",
            folder=folder,
            security="none",
            page_size=3,
        ),
    )


def main(database, smtp, imap, folder, life, die_at):
    points = Points(die_at)
    for owner, name in ((smtplib.SMTP, "getreply"), (imaplib.IMAP4, "uid")):
        setattr(owner, name, points.around(getattr(owner, name)))
    for name in ("send_now", "pull_now"):
        setattr(EmailChannel, name, points.around(getattr(EmailChannel, name)))
    clock = SimulatedClock(START + timedelta(minutes=20) * life)
    store = FaultyStore(SqliteStore(Path(database), synchronous="NORMAL"), points.passed)
    with open_desk(store, channels=[channel_of(smtp, imap, folder)], clock=clock) as desk:
        for _ in range(4):
            desk.run_due()
            for ticket in desk.tickets.list(limit=200, descending=False).items:
                key = f"reply {ticket.number}"
                desk.reply(ticket.id, f"re {ticket.number}", actor=Actor.agent("agt_1"), idempotency_key=key)
            clock.advance(timedelta(minutes=20))
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], int(sys.argv[5]), int(sys.argv[6]))
