"""The mail channel and a real IMAP server: Dovecot, started here where it is installed and we may start it."""

import imaplib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from csdesk import open_desk
from csdesk.channels.email import EmailChannel, ImapServer
from csdesk.errors import ChannelError
from csdesk.testing import FixedClock

DOVECOT = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
pytestmark = [
    pytest.mark.skipif(DOVECOT is None, reason="Dovecot is not installed (Debian: dovecot-imapd)"),
    pytest.mark.skipif(os.geteuid() != 0, reason="Dovecot is started by root"),
]
WAIT = timedelta(seconds=30)

CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
log_path = {folder}/dovecot.log
ssl = no
auth_failure_delay = 0
auth_failure_delay = 0
disable_plaintext_auth = no
mail_location = maildir:{folder}/mail/%u
mail_uid = nobody
mail_gid = nogroup
first_valid_uid = 100
passdb {{
  driver = static
  args = password=testpass
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


@pytest.fixture(scope="module")
def port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        number = one.getsockname()[1]
    folder = Path(tempfile.mkdtemp(prefix="csdesk-dovecot-"))
    folder.chmod(0o755)
    (folder / "mail").mkdir()
    shutil.chown(folder / "mail", "nobody", "nogroup")
    (folder / "dovecot.conf").write_text(CONFIG.format(folder=folder, port=number))
    server = subprocess.Popen([DOVECOT, "-F", "-c", str(folder / "dovecot.conf")], stderr=subprocess.DEVNULL)
    try:
        while server.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", number), timeout=5):
                break
        assert server.poll() is None, (folder / "dovecot.log").read_text()
        yield number
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
        shutil.rmtree(folder)


@contextmanager
def opened(port, user):
    imap = imaplib.IMAP4("127.0.0.1", port, timeout=20)
    imap.login(user, "testpass")
    yield imap
    imap.logout()


def put(port, user, *numbers):
    with opened(port, user) as imap:
        for number in numbers:
            raw = f"From: li@customers.example\r\nMessage-ID: <{number}@customers.example>\r\n\r\ntext {number}\r\n"
            at = imaplib.Time2Internaldate(datetime(2026, 1, 5, 9, tzinfo=UTC))
            assert imap.append("INBOX", "", at, raw.encode())[0] == "OK"


def channel(port, user, *, password="testpass", **given):
    server = ImapServer(host="127.0.0.1", port=port, user=user, password=password, security="none", **given)
    return EmailChannel("mail", address="help@shop.example", signing_keys=(b"k" * 16,), imap=server)


def texts(desk):
    return sorted(
        item.message.text
        for ticket in desk.tickets.list(limit=100).items
        for item in desk.tickets.timeline(ticket.id)
        if item.message
    )


def test_a_mailbox_is_read_in_pages_each_mail_once(port):
    put(port, "pages", *range(5))
    one = channel(port, "pages", page_size=2)
    with open_desk("memory://", channels=[one], clock=FixedClock()) as desk:
        desk.run_due()
        assert texts(desk) == [f"text {number}" for number in range(5)]
        put(port, "pages", 5)
        assert desk.run_due().pulled == 0, "its minute is not over"
        desk.channels.pull_soon("mail")
        assert desk.run_due().pulled == 1
        assert len(texts(desk)) == 6
    with opened(port, "pages") as imap:
        imap.select("INBOX")
        assert len(imap.search(None, "UNSEEN")[1][0].split()) == 6, "nothing is marked as read"


def test_a_folder_that_is_made_anew_doubles_nothing(port):
    with opened(port, "anew") as imap:
        imap.create("Help")

    def fill():
        with opened(port, "anew") as imap:
            for number in range(3):
                raw = f"From: li@customers.example\r\nMessage-ID: <{number}@x.example>\r\n\r\ntext {number}\r\n"
                imap.append("Help", "", imaplib.Time2Internaldate(datetime(2026, 1, 5, 9, tzinfo=UTC)), raw.encode())

    fill()
    with open_desk("memory://", channels=[channel(port, "anew", folder="Help")], clock=FixedClock()) as desk:
        desk.run_due()
        with opened(port, "anew") as imap:
            imap.delete("Help")
            imap.create("Help")
        fill()
        desk.channels.pull_soon("mail")
        desk.run_due()
        assert len(texts(desk)) == 3


def test_a_wait_ends_when_mail_comes_and_not_before_its_time_without(port):
    put(port, "idle", 1)
    one = channel(port, "idle")
    known = one.wait_for_mail(at_most=WAIT)
    assert one.wait_for_mail(known, at_most=timedelta(0)) == known
    got = []
    waiting = Thread(target=lambda: got.append(one.wait_for_mail(known, at_most=WAIT)))
    waiting.start()
    put(port, "idle", 2)
    waiting.join()
    assert got != [known]
    put(port, "idle", 3)
    assert one.wait_for_mail(got[0], at_most=WAIT) != got[0], "what came between two waits is news"


def test_a_wrong_password_is_for_the_operator(port):
    assert channel(port, "idle").check_now().status == "ok"
    wrong = channel(port, "idle", password="wrong")
    assert wrong.check_now().status == "auth"
    with pytest.raises(ChannelError) as caught:
        wrong.wait_for_mail(at_most=timedelta(0))
    assert caught.value.disposition == "operator"
