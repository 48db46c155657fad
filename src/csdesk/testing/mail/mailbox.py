"""An IMAP server on loopback with folders for tests: pymap, in a process of its own that ends with this one."""

from __future__ import annotations

import atexit
import imaplib
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import count
from typing import ClassVar, Final

from csdesk.channels.email import ImapServer
from csdesk.errors import MissingExtra

_SERVE: Final = """
import sys
from pysasl.hashing import BuiltinHash
BuiltinHash.__init__.__kwdefaults__["rounds"] = 1  # half a million for each login of a test would be its longest part
from pymap.main import main
main()
"""


class Mailbox:
    """The server. It takes half a second to start, so tests share one (``shared``) and take a folder each."""

    user: Final = "demouser"
    password: Final = "demopass"  # noqa: S105  what the server's own demonstration uses
    _shared: ClassVar[Mailbox | None] = None

    def __init__(self) -> None:
        if find_spec("pymap") is None:
            raise MissingExtra("peers", "pymap", "Mailbox")
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = int(one.getsockname()[1])
        arguments = ["--host", "127.0.0.1", "--port", str(self.port), "--no-tls", "dict", "--demo-data"]
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter
            [sys.executable, "-c", _SERVE, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._numbers = count(1)
        while self._process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
                return
        raise RuntimeError("pymap did not start")

    @classmethod
    def shared(cls) -> Mailbox:
        """The server of this process; it is started by the first who asks."""
        if cls._shared is None:
            cls._shared = cls()
            atexit.register(cls._shared.close)
        return cls._shared

    def folder(self) -> Folder:
        """A new, empty folder."""
        return Folder(self, f"Box{next(self._numbers)}")

    @contextmanager
    def opened(self) -> Iterator[imaplib.IMAP4]:
        """A connection of a person who may do everything."""
        imap = imaplib.IMAP4("127.0.0.1", self.port, timeout=20)
        try:
            imap.login(self.user, self.password)
            yield imap
        finally:
            imap.logout()

    def close(self) -> None:
        """Stop."""
        self._process.terminate()
        self._process.wait()


class Folder:
    """One folder of the server, which a channel reads."""

    def __init__(self, mailbox: Mailbox, name: str) -> None:
        self.mailbox: Final = mailbox
        self.name: Final = name
        self.mails: list[tuple[bytes, datetime]] = []
        """What lies in it, oldest first."""
        with mailbox.opened() as imap:
            imap.create(name)

    def server(
        self, *, port: int | None = None, password: str | None = None, page_size: int = 50, timeout: float = 20.0
    ) -> ImapServer:
        """How a channel reads it, perhaps by a line at another port."""
        return ImapServer(
            host="127.0.0.1",
            port=port or self.mailbox.port,
            user=self.mailbox.user,
            password=password or self.mailbox.password,
            folder=self.name,
            security="none",
            page_size=page_size,
            timeout=timeout,
        )

    def put(self, *mails: bytes, at: datetime) -> None:
        """Mails arrive."""
        with self.mailbox.opened() as imap:
            for one in mails:
                self._append(imap, one, at)
                self.mails.append((one, at))

    def make_anew(self, order: Sequence[int] | None = None) -> None:
        """Another folder of that name with the same mails, perhaps in another order: its UIDVALIDITY is another."""
        with self.mailbox.opened() as imap:
            imap.delete(self.name)
            imap.create(self.name)
            self.mails = [self.mails[number] for number in order or range(len(self.mails))]
            for mail, at in self.mails:
                self._append(imap, mail, at)

    def move_first(self, amount: int) -> None:
        """Somebody moves the oldest mails out and in again: they get new numbers, and leave a gap."""
        with self.mailbox.opened() as imap:
            imap.select(self.name)
            imap.store(f"1:{amount}", "+FLAGS", "\\Deleted")
            imap.expunge()
            for mail, at in self.mails[:amount]:
                self._append(imap, mail, at)
        self.mails = [*self.mails[amount:], *self.mails[:amount]]

    def _append(self, imap: imaplib.IMAP4, mail: bytes, at: datetime) -> None:
        status, told = imap.append(self.name, "", imaplib.Time2Internaldate(at.astimezone(UTC)), mail)
        if status != "OK":
            raise RuntimeError(f"the folder takes no mail: {told!r}")
