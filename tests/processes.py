"""Scripts in processes of their own that start at once: they are forked by ``starter.py``."""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

STARTER = Path(__file__).with_name("starter.py")


class Process:
    """A script that runs; what it says on its two outputs is kept unless it is given a file for the first."""

    def __init__(
        self,
        script: object,
        *words: object,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        out: int | None = None,
    ) -> None:
        """Start it; what ``environment`` holds is added to that of this process."""
        self._out, self._err = TemporaryFile(), TemporaryFile()  # noqa: SIM115  ``end`` closes them
        self._line, other = socket.socketpair()
        order = {
            "words": [str(script), *map(str, words)],
            "folder": str(folder or Path.cwd()),
            "environment": {**os.environ, **(environment or {})},
        }
        handles = [other.fileno(), self._out.fileno() if out is None else out, self._err.fileno()]
        socket.send_fds(_starter(), [json.dumps(order).encode() + b"\n"], handles)
        other.close()
        self._told = self._line.makefile("r")
        self._id = int(self._told.readline())

    def kill(self) -> None:
        """End it at once, wherever it is."""
        with suppress(ProcessLookupError):
            os.kill(self._id, signal.SIGKILL)

    def end(self, timeout: float = 120.0) -> "subprocess.CompletedProcess[str]":
        """Wait for its end: its exit code, or the negative number of the signal that ended it, and what it said."""
        self._line.settimeout(timeout)
        try:
            code = int(self._told.readline())
        except TimeoutError:
            self.kill()
            raise
        finally:
            self._told.close()
            self._line.close()
        return subprocess.CompletedProcess([], code, _all(self._out), _all(self._err))


def run(
    script: object, *words: object, folder: Path | None = None, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a script to its end."""
    return Process(script, *words, folder=folder, environment=environment).end()


def _all(file: IO[bytes]) -> str:
    with file:
        file.seek(0)
        return file.read().decode()


@cache
def _starter() -> socket.socket:
    ours, its = socket.socketpair()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(one for one in sys.path if one),
        "PYTHONIOENCODING": "utf-8",
    }
    process = subprocess.Popen(
        [sys.executable, STARTER, str(its.fileno())],
        env=environment, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    its.close()

    @atexit.register
    def ended() -> None:
        ours.close()
        process.wait()

    return ours
