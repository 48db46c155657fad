"""A line to a server that breaks as planned: an honest server behind, a bad network before it."""

from __future__ import annotations

import socket
import struct
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from typing import Final, Literal

LineFault = Literal["refused", "reset", "half", "slow", "cut", "lost", "changed"]
"""What happens to one connection.

``refused``: closed before a word. ``reset``: the same, rudely. ``half``: an answer of the server ends in its middle.
``slow``: nothing ever comes. ``cut``: what the client hands over gets half through, then both sides are cut off.
``lost``: the server gets a mail whole, and its word for that gets lost. ``changed``: the server's bytes come as others.
"""

_END: Final = b"\r\n.\r\n"
_LARGE: Final = 200
"""A client that sends so many bytes at once hands over a mail."""
_RUDE: Final = struct.pack("ii", 1, 0)


class FlakyLine:
    """A loopback port before a server. Safe between threads.

    Args:
        host, port: the server behind it.
        half_beyond: ``half`` breaks the first answer with more bytes than this; 0: the greeting.
        change: what ``changed`` makes of what the server says.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        half_beyond: int = 0,
        change: Callable[[bytes], bytes] = bytes,
    ) -> None:
        self.behind: Final = (host, port)
        self.half_beyond: Final = half_beyond
        self.change: Final = change
        self.connections = 0
        self._faults: deque[LineFault | None] = deque()
        self._events: dict[int, Callable[[], None]] = {}
        self._words: dict[bytes, Callable[[], None]] = {}
        self._over = Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self.take))
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def plan(self, *faults: LineFault | None) -> None:
        """Let the next connections meet these, one each; None: nothing happens to it."""
        self._faults.extend(faults)

    def before_connection(self, number: int, happens: Callable[[], None]) -> None:
        """Let something happen just before the connection with that number, counted from 1."""
        self._events[number] = happens

    def before_word(self, word: bytes, happens: Callable[[], None]) -> None:
        """Let something happen, once, just before the server hears a line with that word."""
        self._words[word] = happens

    def heard(self, told: bytes) -> None:
        """Let happen what was planned for these words."""
        for word in [word for word in self._words if word in told]:
            self._words.pop(word, _nothing)()

    def close(self) -> None:
        """Stop listening, and end what is slow."""
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, client: socket.socket) -> None:
        """Carry one connection, as planned."""
        self.connections += 1
        self._events.pop(self.connections, _nothing)()
        fault = self._faults.popleft() if self._faults else None
        if fault == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RUDE)
        if fault in ("refused", "reset"):
            return
        if fault == "slow":
            client.settimeout(0.05)
            while not self._over.is_set() and _is_there(client):
                pass
            return
        with socket.create_connection(self.behind, timeout=20) as server:
            _Connection(self, client, server, fault).carry()


class _Connection:
    """One conversation, carried both ways until it breaks or ends."""

    def __init__(self, line: FlakyLine, client: socket.socket, server: socket.socket, fault: LineFault | None) -> None:
        self._line = line
        self._client = client
        self._server = server
        self._fault = fault
        self._deaf = Event()
        """Set when the client is to hear nothing more."""

    def carry(self) -> None:
        """Carry it to its end."""
        back = Thread(target=self._back, daemon=True)
        back.start()
        with suppress(OSError):
            self._forth()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_WR)
        back.join()

    def _forth(self) -> None:
        last = b""
        while told := self._client.recv(65_536):
            last = (last + told)[-len(_END) :]
            if self._fault == "cut" and (len(told) > _LARGE or last == _END):
                self._server.sendall(told[: len(told) // 2])
                return
            self._line.heard(told)
            if self._fault == "lost" and last == _END:
                self._deaf.set()
            self._server.sendall(told)

    def _back(self) -> None:
        with suppress(OSError):
            while told := self._server.recv(65_536):
                if self._deaf.is_set():
                    break
                if self._fault == "half" and len(told) > self._line.half_beyond:
                    self._client.sendall(told[: len(told) // 2])
                    break
                self._client.sendall(self._line.change(told) if self._fault == "changed" else told)
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False


def _handler(take: Callable[[socket.socket], None]) -> type[BaseRequestHandler]:
    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                take(self.request)

    return Handler


def _is_there(client: socket.socket) -> bool:
    try:
        return bool(client.recv(4096))
    except TimeoutError:
        return True
    except OSError:
        return False


def _nothing() -> None:
    """Nothing happens."""
