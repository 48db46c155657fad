"""TLS on the way to a mail server: what is told before it stands, and what is done when it cannot stand."""

from __future__ import annotations

import base64
import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

import pytest

pytest.importorskip("cryptography", reason="the extra wecom is not installed")

from csdesk.channels.email import EmailChannel, ImapServer, SmtpServer
from csdesk.domain.records.messages import TextPart
from csdesk.errors import ChannelError
from csdesk.ports.channel import OutboundMessage, Sender

PASSWORD = "a-secret-word"
USER = "desk"


def certificate(folder: Path, *, host: str = "127.0.0.1", old: bool = False) -> Path:
    """A self-signed certificate and its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    begins = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=1 if old else 36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{host}-{old}.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return file


class Server:
    """A mail server of few words. ``heard`` is each line, and whether TLS stood when it came."""

    def __init__(self, protocol: str, file: Path, *, offers: bool = True, at_once: bool = False) -> None:
        self.protocol = protocol
        self.offers = offers
        self.at_once = at_once
        self.injects = b""
        """What somebody in the middle puts behind the word that TLS begins."""
        self.heard: list[tuple[bool, str]] = []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(file)
        server = self

        class Handler(StreamRequestHandler):
            timeout = 20

            def handle(self) -> None:
                talk = Talk(server, self.request)
                with suppress(OSError, ValueError):
                    talk.go()
                talk.file.close()
                talk.connection.close()

        self.tcp = ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.tcp.daemon_threads = True
        self.tcp.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.thread = Thread(target=self.tcp.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    @property
    def port(self) -> int:
        return int(self.tcp.server_address[1])

    def in_clear(self) -> list[str]:
        return [line for secret, line in self.heard if not secret]

    def told(self, words: str) -> list[bool]:
        """For each line with those words, plain or in base64: whether TLS stood."""
        coded = [base64.b64encode(f"\0{USER}\0{words}".encode()).decode(), base64.b64encode(words.encode()).decode()]
        return [secret for secret, line in self.heard if any(one in line for one in (words, *coded))]

    def close(self) -> None:
        self.tcp.shutdown()
        self.tcp.server_close()
        self.thread.join()


class Talk:
    def __init__(self, server: Server, connection: Any) -> None:
        self.server = server
        self.connection = connection
        self.secret = False
        self.file = connection.makefile("rb")

    def wrap(self) -> None:
        self.file.close()
        self.connection = self.server.context.wrap_socket(self.connection, server_side=True)
        self.file = self.connection.makefile("rb")
        self.secret = True

    def say(self, *lines: str) -> None:
        self.connection.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def go(self) -> None:
        smtp = self.server.protocol == "smtp"
        if self.server.at_once:
            self.wrap()
        self.say("220 mail.example ESMTP" if smtp else "* OK ready")
        while raw := self.file.readline():
            line = raw.decode().rstrip("\r\n")
            self.server.heard.append((self.secret, line))
            if not (self.smtp(line.upper()) if smtp else self.imap(*line.split(" ", 1))):
                return

    def smtp(self, line: str) -> bool:
        able = ["250-STARTTLS"] if self.server.offers and not self.secret else []
        if line.startswith("EHLO"):
            self.say("250-mail.example", *able, "250 AUTH PLAIN")
        elif line == "STARTTLS":
            self.connection.sendall(b"220 go\r\n" + self.server.injects)
            self.wrap()
        elif line == "DATA":
            self.say("354 go")
            while (raw := self.file.readline()) not in (b".\r\n", b""):
                self.server.heard.append((self.secret, raw.decode().rstrip()))
            self.say("250 taken")
        elif line == "QUIT":
            self.say("221 bye")
            return False
        else:
            self.say("235 good" if line.startswith("AUTH") else "250 good")
        return True

    def imap(self, tag: str, line: str) -> bool:
        word = line.upper().split(" ")[0]
        if word == "CAPABILITY":
            self.say("* CAPABILITY IMAP4rev1" + (" STARTTLS" if self.server.offers and not self.secret else ""))
        if word == "STARTTLS":
            self.connection.sendall(f"{tag} OK go\r\n".encode() + self.server.injects)
            self.wrap()
            return True
        if word in ("SELECT", "EXAMINE"):
            self.say("* 0 EXISTS", "* OK [UIDVALIDITY 7] valid")
        if word == "UID":
            self.say("* SEARCH")
        self.say(f"{tag} OK done")
        return word != "LOGOUT"


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def serve(good: Path) -> Iterator[Any]:
    made: list[Server] = []

    def start(protocol: str, file: Path = good, **given: Any) -> Server:
        made.append(Server(protocol, file, **given))
        return made[-1]

    yield start
    for one in made:
        one.close()


def channel(server: Server, security: Any, trusted: Path | None) -> EmailChannel:
    context = ssl.create_default_context(cafile=trusted) if trusted is not None else None
    ways = {"host": "127.0.0.1", "port": server.port, "user": USER, "password": PASSWORD, "timeout": 20.0}
    smtp = SmtpServer(**ways, security=security, context=context) if server.protocol == "smtp" else None
    imap = ImapServer(**ways, security=security, context=context) if server.protocol == "imap" else None
    return EmailChannel("mail", address="help@shop.example", signing_keys=(b"k" * 16,), smtp=smtp, imap=imap)


def use(made: EmailChannel, server: Server) -> None:
    """Send a mail, or look for some."""
    if server.protocol == "imap":
        assert made.pull_now(None, None).cursor == "7:0:"
        return
    to = Sender(kind="email", external_id="li@example.com")
    parts = (TextPart(text="on its way"),)
    at = datetime(2026, 3, 10, tzinfo=UTC)
    message = OutboundMessage(key="k1", account="mail", conversation="c", to=to, parts=parts, occurred_at=at)
    assert made.send_now(message).status == "sent"


PROTOCOLS = pytest.mark.parametrize("protocol", ["smtp", "imap"])
BOTH = pytest.mark.parametrize("security", ["starttls", "tls"])


@PROTOCOLS
@BOTH
def test_what_matters_is_told_only_when_tls_stands(serve: Any, good: Path, protocol: str, security: str) -> None:
    server = serve(protocol, at_once=security == "tls")
    made = channel(server, security, good)
    use(made, server)
    assert server.told(PASSWORD) == [True]
    clear = [line.split(" ")[-1 if protocol == "imap" else 0].upper() for line in server.in_clear()]
    first = "EHLO" if protocol == "smtp" else "CAPABILITY"
    assert set(clear) <= {first, "STARTTLS"}
    assert bool(clear) == (security == "starttls")
    if protocol == "smtp":
        assert server.told("on its way") == [True]
    assert made.check_now().status == "ok"


@PROTOCOLS
@BOTH
@pytest.mark.parametrize("problem", ["nobody vouches", "of another host", "too old"])
def test_a_bad_certificate_is_refused_and_nothing_is_told(
    serve: Any, tmp_path: Path, good: Path, protocol: str, security: str, problem: str
) -> None:
    file = good
    if problem != "nobody vouches":
        file = certificate(tmp_path, host="127.0.0.9" if "host" in problem else "127.0.0.1", old="old" in problem)
    server = serve(protocol, file, at_once=security == "tls")
    made = channel(server, security, None if problem == "nobody vouches" else file)
    with pytest.raises(ChannelError) as caught:
        use(made, server)
    assert (caught.value.disposition, caught.value.provider_code) == ("operator", "tls")
    assert PASSWORD not in str(caught.value)
    assert server.told(PASSWORD) == server.told("on its way") == []
    assert made.check_now().status == "auth"


@PROTOCOLS
def test_a_server_without_starttls_hears_no_password(serve: Any, good: Path, protocol: str) -> None:
    server = serve(protocol, offers=False)
    made = channel(server, "starttls", good)
    with pytest.raises(ChannelError) as caught:
        use(made, server)
    assert (caught.value.disposition, caught.value.provider_code) == ("operator", "unsupported")
    assert server.told(PASSWORD) == server.told("on its way") == []


@PROTOCOLS
def test_words_put_in_before_tls_are_not_believed(serve: Any, good: Path, protocol: str) -> None:
    """What stands in the clear behind the word that TLS begins was put there by somebody else."""
    server = serve(protocol)
    server.injects = b"250 AUTH PLAIN EVIL\r\n" if protocol == "smtp" else b"* OK [UIDVALIDITY 666] evil\r\n"
    made = channel(server, "starttls", good)
    with suppress(ChannelError):
        use(made, server)
    assert server.told(PASSWORD) in ([], [True])
    assert not any("EVIL" in line or "666" in line for _, line in server.heard)


@PROTOCOLS
def test_tls_from_the_first_byte_is_not_spoken_to_a_plain_server(serve: Any, good: Path, protocol: str) -> None:
    server = serve(protocol)
    with pytest.raises(ChannelError) as caught:
        use(channel(server, "tls", good), server)
    assert (caught.value.disposition, caught.value.provider_code) == ("operator", "tls")
    assert server.told(PASSWORD) == []
