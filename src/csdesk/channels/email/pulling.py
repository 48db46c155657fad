"""New mail of an IMAP folder, page by page (RFC 3501).

The cursor is ``UIDVALIDITY:UID:DAY``: what was read up to which mail of the folder as it was then, and the day by the
server on which the newest of it came. If the folder was made anew, everything since ``OVERLAP`` before that day is read
once more; the desk knows what it has by its Message-ID. The folder is opened read-only and bodies are peeked at, so
people who read along see nothing change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from csdesk.channels.email.servers import ImapServer, context_of
from csdesk.errors import ChannelError
from csdesk.parsing.mail.headers import date_of
from csdesk.ports.channel import Health

if TYPE_CHECKING:
    from imaplib import IMAP4

OVERLAP: Final = timedelta(days=30)
"""How far before the newest mail a folder that was made anew is read again; less than the desk remembers deliveries."""

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UID: Final = re.compile(rb"\bUID (\d+)")
_SIZE: Final = re.compile(rb"\bRFC822\.SIZE (\d+)")
_DATED: Final = re.compile(rb'\bINTERNALDATE "([^"]{10,40})"')
_NONSENSE: Final = (ValueError, IndexError, TypeError, AttributeError, OverflowError, MemoryError)
"""What imaplib raises on words that no server says: undecodable ones, sizes that nobody could hold."""
_CURSOR: Final = re.compile(r"(\d{1,10}):(\d{1,10}):(\d{4}-\d\d-\d\d|)")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as the server has it: whole, or only its header if it is ``too_large``."""

    raw: bytes
    received_at: datetime | None
    too_large: bool = False


@dataclass(frozen=True, slots=True)
class MailPage:
    """Mails in the order in which they came, and where the next page begins."""

    mails: tuple[Mail, ...]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True)
class _Place:
    validity: int = 0
    uid: int = 0
    day: date | None = None

    @classmethod
    def of(cls, cursor: str | None) -> _Place:
        found = _CURSOR.fullmatch(cursor or "")
        if found is None:
            return cls()
        day = None
        with suppress(ValueError):
            day = date.fromisoformat(found[3])
        return cls(int(found[1]), int(found[2]), day)

    def __str__(self) -> str:
        return f"{self.validity}:{self.uid}:{self.day or ''}"


def read_page(account: str, server: ImapServer, cursor: str | None, *, most: int) -> MailPage:
    """The next mails after the cursor; of one with more than ``most`` bytes only the header.

    Raises:
        ChannelError: the server cannot be reached (``retry``), or does not let us in (``operator``).
    """
    with mailbox(account, server) as imap:
        validity = open_folder(account, imap, server)
        place = _Place.of(cursor)
        since = server.since
        if place.validity != validity:
            if place.day is not None:
                since = max(filter(None, (since, place.day - OVERLAP)))
            place = _Place(validity, 0, place.day)
        return _page(account, imap, server, place, since=since, most=most)


def check(account: str, server: ImapServer) -> Health:
    """Whether the server lets us in and has the folder."""
    try:
        with mailbox(account, server) as imap:
            open_folder(account, imap, server)
    except ChannelError as error:
        status: Literal["auth", "unreachable"] = "auth" if error.disposition == "operator" else "unreachable"
        return Health(status=status, code=error.provider_code or "")
    return Health(status="ok")


@contextmanager
def mailbox(account: str, server: ImapServer) -> Iterator[IMAP4]:
    """A connection, logged in.

    Raises:
        ChannelError: what imaplib raises while it is open becomes one.
    """
    import imaplib
    import ssl

    imap: IMAP4 | None = None
    try:
        imap = _connected(account, server)
        try:
            imap.login(server.user, server.password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            raise ChannelError(
                account, "the mail server refused the password", disposition="operator", provider_code="auth"
            ) from None
        yield imap
    except ssl.SSLError as error:
        raise ChannelError(
            account, "the mail server's certificate was refused", disposition="operator", provider_code="tls"
        ) from error
    except (OSError, imaplib.IMAP4.error, *_NONSENSE) as error:
        raise ChannelError(
            account, "the mailbox cannot be read", disposition="retry", provider_code=type(error).__name__
        ) from None
    finally:
        if imap is not None:
            with suppress(OSError, imaplib.IMAP4.error, *_NONSENSE):
                imap.logout()
            with suppress(OSError):
                imap.shutdown()  # a logout that fails leaves the socket open


def _connected(account: str, server: ImapServer) -> IMAP4:
    import imaplib

    if server.security == "tls":
        return imaplib.IMAP4_SSL(server.host, server.port, ssl_context=context_of(server), timeout=server.timeout)
    imap = imaplib.IMAP4(server.host, server.port, timeout=server.timeout)
    if server.security == "starttls":
        try:
            _secure(account, imap, server)
        except BaseException:
            with suppress(OSError):
                imap.shutdown()
            raise
    return imap


def _secure(account: str, imap: IMAP4, server: ImapServer) -> None:
    # It has no TLS, or somebody between us and it says so: the password must not follow in the clear.
    if "STARTTLS" not in imap.capabilities:
        raise ChannelError(
            account, "the mail server offers no TLS", disposition="operator", provider_code="unsupported"
        )
    imap.starttls(context_of(server))


def open_folder(account: str, imap: IMAP4, server: ImapServer) -> int:
    """Open the folder read-only; its UIDVALIDITY."""
    name = server.folder.replace("\\", "\\\\").replace('"', '\\"')
    status, _ = imap.select(f'"{name}"', readonly=True)
    if status != "OK":
        raise ChannelError(account, "there is no such folder", disposition="operator", provider_code="folder")
    _, told = imap.response("UIDVALIDITY")
    newest = told[-1] if told else None
    if not isinstance(newest, bytes) or not newest.isdigit():
        raise ChannelError(account, "the folder has no UIDVALIDITY", disposition="operator", provider_code="folder")
    return int(newest)


def _page(account: str, imap: IMAP4, server: ImapServer, place: _Place, *, since: date | None, most: int) -> MailPage:
    waiting = _uids(account, imap, place.uid, since)
    mails: list[Mail] = []
    size = 0
    reached = place
    sizes = _sizes(account, imap, waiting[: server.page_size])
    for uid in waiting[: server.page_size]:
        expected = min(sizes.get(uid, 0), most)
        if mails and size + expected > server.page_bytes:
            break
        mail = _mail(account, imap, uid, too_large=sizes.get(uid, 0) > most)
        day = reached.day
        if mail is not None:  # None: it was deleted meanwhile
            mails.append(mail)
            size += len(mail.raw)
            day = max(filter(None, (day, mail.received_at and mail.received_at.date())), default=None)
        reached = _Place(place.validity, uid, day)
    more = bool(waiting) and reached.uid < waiting[-1]
    return MailPage(tuple(mails), str(reached), more)


def _uids(account: str, imap: IMAP4, after: int, since: date | None) -> list[int]:
    asked = [f"UID {after + 1}:*"]
    if since is not None:
        asked.append(f"SINCE {since.day:02}-{_MONTHS[since.month - 1]}-{since.year:04}")
    (told,) = _answer(account, imap.uid("SEARCH", *asked))[:1] or [b""]
    # ``n:*`` always names the last mail, also one that lies before n.
    return sorted({int(one) for one in told.split() if int(one) > after}) if isinstance(told, bytes) else []


def _sizes(account: str, imap: IMAP4, uids: list[int]) -> dict[int, int]:
    if not uids:
        return {}
    found: dict[int, int] = {}
    for line in _answer(account, imap.uid("FETCH", ",".join(map(str, uids)), "(RFC822.SIZE)")):
        text = line if isinstance(line, bytes) else b""
        if (uid := _UID.search(text)) and (size := _SIZE.search(text)):
            found[int(uid[1])] = int(size[1])
    return found


def _mail(account: str, imap: IMAP4, uid: int, *, too_large: bool) -> Mail | None:
    what = "BODY.PEEK[HEADER]" if too_large else "BODY.PEEK[]"
    raw: bytes | None = None
    told = b""
    for line in _answer(account, imap.uid("FETCH", str(uid), f"(INTERNALDATE {what})")):
        if isinstance(line, tuple):
            told += line[0]
            raw = line[1]
        elif isinstance(line, bytes):
            told += line
    if raw is None:
        return None
    dated = _DATED.search(told)
    at = date_of(dated[1].decode("ascii", "replace").strip().replace("-", " ", 2)) if dated else None
    return Mail(raw, at and at.astimezone(UTC), too_large)


def _answer(account: str, answer: tuple[str, list[object]]) -> list[object]:
    status, told = answer
    if status != "OK":
        raise ChannelError(account, "the mailbox cannot be read", disposition="retry", provider_code=status)
    return told
