"""Parse and store what channels bring: KF pages, and raw e-mails beside django-helpdesk's import.

    python -m benchmarks.channels [--n 1000] [--repeat 3] [--tickets 0,100000] [--helpdesk PYTHON]

``--helpdesk`` names an interpreter with the package django-helpdesk (by default this one, skipped without it). Both
take the same raw mails, one transaction each, into SQLite with ``synchronous=NORMAL``; csdesk also deduplicates,
evaluates a hundred rules, routes to a thousand agents and keeps two clocks a ticket. django-helpdesk renders an answer
to each mail (``with_answers_us``), and is measured without that too. ``mime_share`` is the part of csdesk's time that
reading MIME takes. ``cpu`` is the processor's time: on a busy machine only that compares programs that do not run at
the same moment.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from functools import partial
from pathlib import Path
from time import perf_counter, process_time

from benchmarks._desk import clock_to, opened
from benchmarks._stream import Mail, machine, spread, stream
from benchmarks.growth import fill
from csdesk import Desk, InboundMessage
from csdesk.channels.email import EmailChannel, split_reply
from csdesk.parsing.wecom import parse_page
from csdesk.ports.channel import RawRequest

HELPDESK = Path(__file__).with_name("_helpdesk.py")
PAGE = 100
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


def request(raw: bytes) -> RawRequest:
    """A mail as it comes."""
    return RawRequest(method="POST", url="/mail", headers=(("Authorization", f"Bearer {SECRET}"),), body=raw)


def taking_mails(desk: Desk, mails: list[Mail], raws: list[bytes]) -> int:
    """Parse and store each mail by itself."""
    adapter = channel()
    for mail, raw in zip(mails, raws, strict=True):
        now = clock_to(desk, mail)
        result = adapter.receive(request(raw).model_copy(update={"received_at": now}))
        desk.take("email", result.events)
    return len(raws)


def parsing_mails(raws: list[bytes]) -> int:
    """Only parse them."""
    adapter, now = channel(), datetime.now(UTC)
    for raw in raws:
        adapter.receive(request(raw).model_copy(update={"received_at": now}))
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
    """csdesk with so many old tickets."""
    desk = opened(folder / f"desk{tickets}.db", "NORMAL", args.agents, args.rules)
    times: dict[str, list[tuple[float, float]]] = {
        name: [] for name in ("mail", "mail_parse", "kf_page", "kf_page_parse")
    }
    try:
        fill(desk, tickets)
        for number in range(args.repeat + 1):
            mails = stream(args.n, seed=900 + number, history=tickets)
            raws = raw_mails(mails)
            said = stream(args.n, seed=950 + number, history=tickets)
            pages = [(said[at : at + PAGE], page_of(said[at : at + PAGE])) for at in range(0, len(said), PAGE)]
            works: dict[str, Callable[[], int]] = {
                "mail": partial(taking_mails, desk, mails, raws),
                "mail_parse": partial(parsing_mails, raws),
                "kf_page": partial(taking_pages, desk, pages),
                "kf_page_parse": partial(parsing_pages, pages),
            }
            for name, work in works.items():
                times.setdefault(name, []).append(timed(work))
    finally:
        desk.close()
    kept = {name: values[1:] for name, values in times.items()}
    share = statistics.median(a[1] / b[1] for a, b in zip(kept["mail_parse"], kept["mail"], strict=True))
    wall = {f"{name}_us": spread([one for one, _ in values]) for name, values in kept.items()}
    busy = {f"{name}_cpu_us": spread([one for _, one in values]) for name, values in kept.items()}
    return {**wall, **busy, "mime_share": round(share, 2)}


def helpdesk(folder: Path, tickets: int, args: argparse.Namespace) -> dict[str, float]:
    """django-helpdesk with so many old tickets, on the same mails."""
    source = folder / "mails.json"
    texts = {
        name: [raw.decode() for raw in raw_mails(stream(count, seed=seed, history=tickets))]
        for name, count, seed in (("warm", 30, 899), ("first", args.n, 901), ("second", args.n, 902))
    }
    source.write_text(json.dumps(texts), encoding="utf-8")
    words = [args.helpdesk, str(HELPDESK), str(source), str(folder / f"helpdesk{tickets}.db"), str(tickets)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)  # noqa: S603  our own script
    return {name: round(value, 1) for name, value in json.loads(done.stdout.splitlines()[-1]).items()}


def _ratios(other: dict[str, float], mine: dict[str, object]) -> dict[str, float]:
    """How much longer django-helpdesk takes for a mail."""
    ours = {"us": mine["mail_us"]["median"], "cpu_us": mine["mail_cpu_us"]["median"]}  # type: ignore[index]
    return {name: round(value / ours["cpu_us" if "cpu" in name else "us"], 1) for name, value in other.items()}


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
    folder = Path(tempfile.mkdtemp(prefix="csdesk-bench-"))
    report: dict[str, object] = {} if is_there else {"skipped": "django-helpdesk is not installed: pass --helpdesk"}
    try:
        for tickets in map(int, args.tickets.split(",")):
            mine = measured(folder, tickets, args)
            entry: dict[str, object] = {"csdesk": mine}
            if is_there:
                other = helpdesk(folder, tickets, args)
                entry |= {"helpdesk": other, "times_faster": _ratios(other, mine)}
            report[f"tickets_{tickets}"] = entry
    finally:
        shutil.rmtree(folder)
    about = {"bench": "channels", "unit": "us per message", "machine": machine()}
    stripped = {"split_reply_ms_per_mb": stripping(map(float, args.reply_mb.split(",")))}
    print(json.dumps({**about, **report, **stripped}))


if __name__ == "__main__":
    main()
