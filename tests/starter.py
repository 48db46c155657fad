"""Runs scripts in processes of their own without the second that every fresh interpreter spends on its imports.

It has csdesk imported and a desk opened, and forks for each script that it is told of; ``processes.py`` talks to it. Of
each script two processes come: one runs it and ends as any interpreter does, the other tells its id and how it ended.
"""

import gc
import json
import os
import runpy
import signal
import socket
import sys
from importlib import import_module
from pathlib import Path

from csdesk import InboundMessage, Sender, open_desk

_LENGTH = 1 << 16
_USED = (
    "desk.agents",
    "desk.tickets",
    "domain.locale.render",
    "matching",
    "stores.sqlite",
    "system.http",
    "testing.faults",
)
"""What most scripts import, or have imported by what they do."""


def main(door: socket.socket) -> None:
    """Serve until the other end is closed; return only where a script is to be run."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        told, handles, _, _ = socket.recv_fds(door, _LENGTH, 3)
        if not told:
            raise SystemExit
        while not told.endswith(b"\n"):
            told += door.recv(_LENGTH)
        if os.fork() == 0:
            door.close()
            return _started(json.loads(told), socket.socket(fileno=handles[0]), *handles[1:])
        for handle in handles:
            os.close(handle)


def _started(order: dict, line: socket.socket, out: int, err: int) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    process = os.fork()
    if process:
        line.sendall(f"{process}\n".encode())
        os.close(out)
        os.close(err)
        line.sendall(f"{os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])}\n".encode())
        os._exit(0)
    line.close()
    for handle, place in ((out, 1), (err, 2)):
        os.dup2(handle, place)
        os.close(handle)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    script, *words = order["words"]
    sys.argv[:] = [script, *words]
    sys.path[0] = str(Path(script).parent)
    runpy.run_path(script, run_name="__main__")


def warm() -> None:
    """What is imported or made at first use is there in every process that is forked."""
    for name in _USED:
        import_module(f"csdesk.{name}")
    with open_desk("memory://") as desk:
        desk.receive(
            InboundMessage(account="a", dedupe_key="d", conversation="c", sender=Sender(external_id="u"), text="hi")
        )
        desk.run_due()


if __name__ == "__main__":
    warm()
    gc.freeze()  # or each process would copy all this when it looks for garbage
    main(socket.socket(fileno=int(sys.argv[1])))
