"""Waiting for new mail: IDLE (RFC 2177) where the server has it, else looking again in a while.

What is known of a folder is ``UIDVALIDITY:UIDNEXT``. So mail that came between two waits is news at once, and none is
missed. A wait is bounded, and within it IDLE is ended and begun again before servers or the routers on the way lose
patience.
"""

from __future__ import annotations

from datetime import timedelta
from time import monotonic  # noqa: TID251  how long a socket is listened to is no decision of the desk
from typing import TYPE_CHECKING, Final

from csdesk.channels.email.pulling import mailbox, open_folder
from csdesk.channels.email.servers import ImapServer
from csdesk.errors import ChannelError

if TYPE_CHECKING:
    from imaplib import IMAP4
    from socket import socket

LONGEST_IDLE: Final = timedelta(minutes=25)
"""Servers may hang up after 30 minutes of silence (RFC 2177)."""

LOOK_AGAIN: Final = timedelta(seconds=60)
"""How often a server without IDLE is asked."""

_TAG: Final = b"IDLE1"
_MOST_LINE: Final = 65_536


def news_of(account: str, server: ImapServer, known: str | None, at_most: timedelta) -> str:
    """What is known of the folder when it is not ``known`` any more, or when the time is over.

    Raises:
        ChannelError: as for ``read_page``.
    """
    end = monotonic() + at_most.total_seconds()
    with mailbox(account, server) as imap:
        _, told = imap.capability()
        has_idle = any(isinstance(one, bytes) and b"IDLE" in one.upper().split() for one in told)
        while True:
            found = f"{open_folder(account, imap, server)}:{_next_uid(imap)}"
            left = end - monotonic()
            if found != known or left <= 0:
                return found
            if has_idle:
                _idle(account, imap, server, min(left, LONGEST_IDLE.total_seconds()))
            else:
                _hear(imap.socket(), b"", min(left, LOOK_AGAIN.total_seconds()))
                imap.socket().settimeout(server.timeout)


def _next_uid(imap: IMAP4) -> str:
    _, told = imap.response("UIDNEXT")
    newest = told[-1] if told else None
    return newest.decode("ascii", "replace") if isinstance(newest, bytes) else ""


def _idle(account: str, imap: IMAP4, server: ImapServer, seconds: float) -> None:
    """Let the server tell of changes until it does, or the time is over."""
    line = imap.socket()
    end = monotonic() + seconds
    try:
        line.sendall(_TAG + b" IDLE\r\n")
        heard = b""
        while not _is_change(heard) and (left := end - monotonic()) > 0:
            more = _hear(line, heard, left)
            if more == heard:
                break
            heard = more
            if _is_over(heard):  # refused, though it was announced
                raise ChannelError(
                    account, "the mailbox cannot be waited for", disposition="retry", provider_code="idle"
                )
        line.settimeout(server.timeout)
        line.sendall(b"DONE\r\n")
        heard = b""
        while not _is_over(heard):
            more = _hear(line, heard[-_MOST_LINE:], server.timeout)
            if more == heard:
                raise ChannelError(account, "the mailbox cannot be read", disposition="retry", provider_code="idle")
            heard = more
    finally:
        line.settimeout(server.timeout)


def _hear(line: socket, heard: bytes, seconds: float) -> bytes:
    """What was heard with what is heard now; the same if nothing comes in that time."""
    line.settimeout(max(seconds, 0.001))
    try:
        told = line.recv(4096)
    except TimeoutError:
        return heard
    if not told:
        raise ConnectionError("the server hung up")
    return heard + told


def _is_change(heard: bytes) -> bool:
    """True if a whole line tells that the number of mails is another one."""
    lines = heard.split(b"\r\n")[:-1]
    return any(line.startswith(b"* ") and line.rstrip().endswith((b"EXISTS", b"EXPUNGE")) for line in lines)


def _is_over(heard: bytes) -> bool:
    return any(line.startswith(_TAG + b" ") for line in heard.split(b"\r\n")[:-1])
