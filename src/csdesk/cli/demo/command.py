"""``csdesk demo``: see a desk at work."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated, Final

import typer

from csdesk.bootstrap import open_desk
from csdesk.channels.loopback import LoopbackChannel
from csdesk.cli._failing import CommandError, Exit
from csdesk.cli._opening import check_folder, media_of
from csdesk.cli._options import Json, Lang
from csdesk.cli._output import Output, Tick, instant
from csdesk.cli._words import Locale
from csdesk.cli.demo.bot import Lantern
from csdesk.cli.demo.figures import Figures, count
from csdesk.cli.demo.incidents import StumblingIds
from csdesk.cli.demo.knowing import fill
from csdesk.cli.demo.material import ACCOUNTS, policy
from csdesk.cli.demo.plan import CLOSES, OPENS, SLOT, Plan
from csdesk.cli.demo.play import Day, Log
from csdesk.cli.demo.report import Told, tell
from csdesk.stores.sqlite import SqliteStore
from csdesk.system.clock import SimulatedClock, SystemClock

ZONE: Final = timezone(timedelta(hours=8))
"""The zone of the shop, which knows no summer time."""


def demo(
    *,
    db: Annotated[
        Path | None,
        typer.Option("--db", help="Where the desk is made; a temporary file by default.", metavar="FILE"),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="What the day is drawn from: equal seeds, equal days.")] = 1,
    share: Annotated[
        float, typer.Option("--share", help="How many of the questions are asked, 0 to 1.", min=0, max=1)
    ] = 1.0,
    date: Annotated[
        datetime | None,
        typer.Option("--date", help="Which day is played; the last full one by default.", formats=["%Y-%m-%d"]),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep/--no-keep", help="Keep the desk, to look at it.")] = True,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """Play a working day of a small shop, in two languages on three channels, and show what the desk made of it."""
    out = Output(as_json=as_json, locale=lang.locale)
    with _file(db, out, keep=keep) as path:
        midnight = _midnight(date)
        with out.progress("demo.playing", (CLOSES - OPENS) // SLOT) as tick:
            figures, log = play_day(path, Plan(midnight, seed, share), tick, out.locale, seed=seed)
        told = Told(path=path, midnight=midnight, figures=figures, log=log, is_kept=keep)
        if as_json:
            out.document(
                {
                    "db": str(path) if keep else None,
                    "seed": seed,
                    "day": midnight.date().isoformat(),
                    "opens_at": instant(midnight + timedelta(minutes=OPENS)),
                    **figures.document(),
                    "suggested": [
                        {
                            "question": one.question,
                            "phrase": one.phrase,
                            "confidence": round(one.confidence, 4),
                            "because": list(one.because),
                            "article": one.article or None,
                            "taken": one.is_taken,
                        }
                        for one in log.suggested
                    ],
                    "articles": [{**asdict(one), "missing": list(one.missing)} for one in log.known],
                    "explained": _explained(told),
                }
            )
        else:
            tell(told, out)


def play_day(path: Path, plan: Plan, tick: Tick, locale: Locale, *, seed: int) -> tuple[Figures, Log]:
    """Play a day on a fresh desk in that file: its figures, and what was seen on the way."""
    clock = SimulatedClock(plan.at(OPENS))
    channels = {account: LoopbackChannel(account, kind=kind) for account, kind in ACCOUNTS.items()}
    ids, media = StumblingIds(), media_of(path)
    with (
        closing(SqliteStore(path, synchronous="NORMAL")) as store,
        open_desk(
            store, config=policy(), channels=channels.values(), clock=clock, ids=ids, media=media, bots=[Lantern()]
        ) as desk,
    ):
        fill(desk)
        log = Day(desk, clock, channels, media, ids, plan, seed=seed).run(tick)
        return count(desk, log, locale), log


@contextmanager
def _file(db: Path | None, out: Output, *, keep: bool) -> Iterator[Path]:
    """Where the desk is made. With ``keep`` False nothing of it stays."""
    if db is not None and db.exists():
        raise CommandError(Exit.CONFLICT, out.word("file_exists", file=db), out.word("file_exists.remedy", file=db))
    if db is not None:
        check_folder(db, out)
    folder = Path(tempfile.mkdtemp(prefix="csdesk-demo-")) if db is None else None
    path = folder / "demo.db" if folder is not None else db
    assert path is not None
    try:
        yield path
    finally:
        if not keep:
            _remove(path)
            if folder is not None:
                folder.rmdir()


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    shutil.rmtree(path.with_name(f"{path.name}.media"), ignore_errors=True)


def _midnight(date: datetime | None) -> datetime:
    """The beginning of the day that is played: the last one that is over in the shop's zone, unless one is named."""
    if date is not None:
        return date.replace(tzinfo=ZONE)
    now = SystemClock().now().astimezone(ZONE)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return today if now >= today + timedelta(minutes=CLOSES) else today - timedelta(days=1)


def _explained(told: Told) -> dict[str, str | int | list[str] | None]:
    received = told.log.complaint
    if received is None or received.ticket is None:
        return {"number": None, "lines": []}
    return {"number": received.ticket.number, "lines": list(told.figures.why)}
