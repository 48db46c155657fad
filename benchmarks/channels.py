"""Parse and store what channels bring: KF pages, and raw e-mails beside django-helpdesk's import.

    python -m benchmarks.channels [--n 1000] [--repeat 3] [--tickets 0,100000] [--helpdesk PYTHON]

``--helpdesk`` names an interpreter with the package django-helpdesk (by default this one, skipped without it). Both
take the same raw mails into SQLite with ``synchronous=NORMAL``, in turns of fifty mails, so that whatever else the
machine does meets both; csdesk also deduplicates, evaluates a hundred rules, routes to a thousand agents and keeps two
clocks a ticket.

``mail``: each mail by itself, one transaction each, as an inbound webhook brings it; django-helpdesk renders an answer
to each (``helpdesk_answering``), and is measured without that too (``helpdesk``). ``mailbox``: a folder of fifty mails,
as each imports one: csdesk what ``csdesk ingest`` does and a pulled IMAP page, all in one commit; django-helpdesk what
its ``get_email`` does, one mail after the other, each file deleted when it was taken, in Django's autocommit and with
the answers that it comes with.

``mime_share`` is the part of csdesk's time for a mail by itself that reading MIME takes. ``cpu`` is the processor's
time: on a busy machine only that compares programs that do not run at the same moment.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Protocol

from benchmarks._desk import clock_to, opened
from benchmarks._stream import Mail, machine, spread, stream
from benchmarks.growth import fill
from csdesk import Desk, InboundMessage
from csdesk.channels.email import EmailChannel, split_reply
from csdesk.parsing.wecom import parse_page
from csdesk.ports.channel import RawRequest
from csdesk.sources import SourceItem, open_source

HELPDESK = Path(__file__).with_name("_helpdesk.py")
PAGE = 100
TURN = 50
SECRET = "benchmark"  # noqa: S105  of nothing


def timed(work: Callable[[], int]) -> tuple[float, float]:
    """Microseconds per unit, and those of the processor; ``work`` says how many units it did."""
    start, busy = perf_counter(), process_time()
    units = work()
    return (perf_counter() - start) / units * 1e6, (process_time() - busy) / units * 1e6


def raw_mails(mails: Iterable[Mail]) -> list[bytes]:
    """The stream as RFC 5322 bytes: who writes again answers their own last mail."""
    last: dict[str, str] = {}
    made = []
    for mail in mails:
        letter = EmailMessage(SMTP)
        letter["From"] = mail.address
        letter["To"] = "help@shop.example"
        letter["Subject"] = mail.subject
        letter["Message-ID"] = f"<{mail.key}@customers.example>"
        letter["Date"] = datetime.fromtimestamp(mail.sent_ms / 1000, UTC)
        if mail.address in last:
            letter["In-Reply-To"] = last[mail.address]
        letter.set_content(mail.text)
        last[mail.address] = f"<{mail.key}@customers.example>"
        made.append(letter.as_bytes())
    return made


def page_of(mails: list[Mail]) -> bytes:
    """A page of the stream as the platform of WeCom customer service gives it."""
    items = [
        {
            "msgid": mail.key,
            "open_kfid": "wk1",
            "external_userid": mail.address,
            "send_time": mail.sent_ms // 1000,
            "origin": 3,
            "msgtype": "text",
            "text": {"content": mail.text},
        }
        for mail in mails
    ]
    return json.dumps({"errcode": 0, "next_cursor": "c", "has_more": 0, "msg_list": items}, ensure_ascii=False).encode()


def channel() -> EmailChannel:
    """The mail account."""
    return EmailChannel("email", address="help@shop.example", signing_keys=(b"k" * 16,), webhook_secrets=(SECRET,))


def request(raw: bytes, now: datetime) -> RawRequest:
    """A mail as it comes."""
    shown = (("Authorization", f"Bearer {SECRET}"),)
    return RawRequest(method="POST", url="/mail", headers=shown, body=raw, received_at=now)


def taking_mails(desk: Desk, mails: list[Mail], raws: list[bytes]) -> int:
    """Parse and store each mail by itself."""
    adapter = channel()
    for mail, raw in zip(mails, raws, strict=True):
        now = clock_to(desk, mail)
        result = adapter.receive(request(raw, now))
        desk.take("email", result.events)
    return len(raws)


def put_into(folder: Path, raws: list[bytes]) -> Path:
    """A folder of mails, one file each."""
    folder.mkdir(parents=True)
    for number, raw in enumerate(raws):
        (folder / f"{number:06}.eml").write_bytes(raw)
    return folder


def taking_mailbox(desk: Desk, mails: list[Mail], folder: Path) -> int:
    """Parse and store a folder of mails in one commit."""
    now = clock_to(desk, mails[-1])
    source = open_source(folder, now=now, account="email", own_addresses=frozenset({"help@shop.example"}))
    events = [event for one in source if isinstance(one, SourceItem) for event in one.events]
    desk.take("email", events)
    return len(mails)


def parsing_mails(raws: list[bytes]) -> int:
    """Only parse them."""
    adapter, now = channel(), datetime.now(UTC)
    for raw in raws:
        adapter.receive(request(raw, now))
    return len(raws)


def taking_pages(desk: Desk, pages: list[tuple[list[Mail], bytes]]) -> int:
    """Parse and store each page in one commit."""
    for mails, page in pages:
        now = clock_to(desk, mails[-1])
        desk.take("wechat", [_at_wechat(one) for one in parse_page(page, received_at=now).events])
    return sum(len(mails) for mails, _ in pages)


def _at_wechat(event: object) -> InboundMessage:
    assert isinstance(event, InboundMessage)
    return event.model_copy(update={"account": "wechat"})


def parsing_pages(pages: list[tuple[list[Mail], bytes]]) -> int:
    """Only parse them."""
    return sum(len(parse_page(page, received_at=datetime.now(UTC)).events) for _, page in pages)


def measured(folder: Path, tickets: int, args: argparse.Namespace) -> dict[str, object]:
    """csdesk with so many old tickets, and django-helpdesk in turn with it."""
    desk = opened(folder / f"desk{tickets}.db", "NORMAL", args.agents, args.rules)
    times: dict[str, list[tuple[float, float]]] = {}
    with ExitStack() as stack:
        stack.callback(desk.close)
        peer = stack.enter_context(helpdesk(folder, tickets, args)) if args.helpdesk else None
        fill(desk, tickets)
        gc.freeze()  # as the documentation advises; django-helpdesk's process does it too
        for number in range(args.repeat + 1):
            mails = stream(args.n, seed=900 + number, history=tickets)
            said = stream(args.n, seed=950 + number, history=tickets)
            boxes = stream(args.n, seed=970 + number, history=tickets)
            singles, boxed = raw_mails(mails), raw_mails(boxes)
            for at in range(0, args.n, TURN):
                turn, raws = mails[at : at + TURN], singles[at : at + TURN]
                _note(times, number, "mail", timed(partial(taking_mails, desk, turn, raws)))
                _note(times, number, "mail_parse", timed(partial(parsing_mails, raws)))
                if peer is not None:
                    answers = bool(at // TURN % 2)
                    _note(times, number, "helpdesk_answering" if answers else "helpdesk", peer(raws, answers=answers))
                box, where = boxes[at : at + TURN], f"{tickets}-{number}-{at}"
                mine, theirs = (put_into(folder / f"{side}{where}", boxed[at : at + TURN]) for side in "ab")
                _note(times, number, "mailbox", timed(partial(taking_mailbox, desk, box, mine)))
                if peer is not None:
                    _note(times, number, "helpdesk_mailbox", peer(theirs, answers=True))
            pages = [(said[at : at + PAGE], page_of(said[at : at + PAGE])) for at in range(0, len(said), PAGE)]
            _note(times, number, "kf_page", timed(partial(taking_pages, desk, pages)))
            _note(times, number, "kf_page_parse", timed(partial(parsing_pages, pages)))
    wall = {f"{name}_us": spread([one for one, _ in values]) for name, values in times.items()}
    busy = {f"{name}_cpu_us": spread([one for _, one in values]) for name, values in times.items()}
    share = sum(one for _, one in times["mail_parse"]) / sum(one for _, one in times["mail"])
    return {**wall, **busy, "mime_share": round(share, 2), **_ratios(times)}


def _note(times: dict[str, list[tuple[float, float]]], number: int, name: str, found: tuple[float, float]) -> None:
    """Keep what was measured, unless that round only warms up."""
    if number:
        times.setdefault(name, []).append(found)


class Peer(Protocol):
    """Takes raw mails in, or a folder of them, with or without answers."""

    def __call__(self, raws: list[bytes] | Path, *, answers: bool) -> tuple[float, float]:
        """Microseconds for each, and those of the processor."""


@contextmanager
def helpdesk(folder: Path, tickets: int, args: argparse.Namespace) -> Iterator[Peer]:
    """django-helpdesk with so many old tickets, in its own interpreter."""
    words = [args.helpdesk, str(HELPDESK), str(folder / f"helpdesk{tickets}.db"), str(tickets)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  our own script
        assert process.stdin is not None
        assert process.stdout is not None
        said, heard = process.stdin, process.stdout

        def taking(raws: list[bytes] | Path, *, answers: bool) -> tuple[float, float]:
            what = {"folder": str(raws)} if isinstance(raws, Path) else {"mails": [raw.decode() for raw in raws]}
            said.write(json.dumps({"answers": answers, **what}) + "\n")
            said.flush()
            found = json.loads(heard.readline())
            return found["us"], found["cpu_us"]

        heard.readline()
        yield taking
        said.close()


def _ratios(times: dict[str, list[tuple[float, float]]]) -> dict[str, object]:
    """How much longer django-helpdesk takes for the same mails, turn by turn."""
    turns = times["mail"]
    mine = {"helpdesk": turns[::2], "helpdesk_answering": turns[1::2], "helpdesk_mailbox": times["mailbox"]}
    return {
        f"times_faster_than_{name}": {
            unit: spread([other[index] / own[index] for other, own in zip(times[name], mine[name], strict=True)])
            for index, unit in enumerate(("clock", "cpu"))
        }
        for name in mine
        if name in times
    }


def stripping(megabytes: Iterable[float]) -> dict[str, float]:
    """Milliseconds of ``split_reply`` per megabyte, of mails so large that quote in answers."""
    block = "On Tue, Mar 3, 2026 at 10:00 Li <li@example.com> wrote:\n> Where is it?\n> 在哪里\n\nOn its way.\n\n"
    found = {}
    for size in megabytes:
        text = block * int(size * 1e6 / len(block))
        each = min(timed(partial(_stripped, text))[1] for _ in range(2))
        found[f"{size:g}mb"] = round(each / 1e3 / (len(text) / 1e6), 1)
    return found


def _stripped(text: str) -> int:
    return bool(split_reply(text).visible)


def main(arguments: list[str] | None = None) -> None:
    """Run it and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=1000, help="messages in a run")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--agents", type=int, default=1000)
    parser.add_argument("--rules", type=int, default=100)
    parser.add_argument("--tickets", default="0,100000", help="old tickets, several with commas")
    parser.add_argument("--reply-mb", default="1,10", help="sizes of mails whose quotes are stripped")
    parser.add_argument("--helpdesk", default=sys.executable, metavar="PYTHON")
    args = parser.parse_args(arguments)
    is_there = args.helpdesk != sys.executable or importlib.util.find_spec("helpdesk") is not None
    args.helpdesk = args.helpdesk if is_there else ""
    folder = Path(tempfile.mkdtemp(prefix="csdesk-bench-"))
    report: dict[str, object] = {} if is_there else {"skipped": "django-helpdesk is not installed: pass --helpdesk"}
    try:
        for tickets in map(int, args.tickets.split(",")):
            report[f"tickets_{tickets}"] = measured(folder, tickets, args)
    finally:
        shutil.rmtree(folder)
    about = {"bench": "channels", "unit": "us per message", "machine": machine()}
    stripped = {"split_reply_ms_per_mb": stripping(map(float, args.reply_mb.split(",")))}
    print(json.dumps({**about, **report, **stripped}))


if __name__ == "__main__":
    main()
