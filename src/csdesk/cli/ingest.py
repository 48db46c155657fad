"""``csdesk ingest``: take in what waits in files. Taking the same source in again changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from itertools import groupby
from pathlib import Path
from typing import Annotated, Final

import typer

from csdesk.cli._failing import CommandError, Exit, complain
from csdesk.cli._opening import media_of, open_existing
from csdesk.cli._options import DEFAULT_DB, DEFAULT_DESK, Db, DeskName, Json, Lang
from csdesk.cli._output import JsonValue, Output, Tick, cell
from csdesk.desk.shell import Desk
from csdesk.domain.locale.render import render
from csdesk.domain.records.channels import ChannelEvent, Received
from csdesk.domain.records.media import MediaRef
from csdesk.parsing.mail import Attachment
from csdesk.ports.media import MediaStore
from csdesk.sources import KINDS, Source, SourceProblem, open_source
from csdesk.system.clock import SystemClock

BATCH: Final = 100
"""How many events are handed over at a time."""

_SHOWN: Final = 10
"""How many problems are shown; all are counted."""

_STATES: Final = ("stored", "duplicate", "parked", "blocked", "ignored")


@dataclass
class Tally:
    """What became of a source."""

    states: Counter[str] = field(default_factory=Counter)
    reports: int = 0
    attachments: int = 0
    problems: list[SourceProblem] = field(default_factory=list)
    parked: list[Received] = field(default_factory=list)
    """Messages that broke the pipeline; they lie in the inbox."""

    @property
    def is_partly(self) -> bool:
        """True if something could not be taken in."""
        return bool(self.problems or self.states["parked"])


def ingest(
    *,
    source: Annotated[Path, typer.Argument(help="An mbox, a Maildir, .eml files, saved WeCom pages, or JSON Lines.")],
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    kind: Annotated[
        str | None, typer.Option("--kind", help=f"What it is: {', '.join(KINDS)}; found out by default.")
    ] = None,
    account: Annotated[str | None, typer.Option("--account", help="The account that received them.")] = None,
    own: Annotated[
        list[str] | None, typer.Option("--own-address", help="An address of your own; may be given more than once.")
    ] = None,
    scope: Annotated[str, typer.Option("--scope", help="The scope of the senders' ids; for WeCom the corp id.")] = "",
    as_json: Json = False,
    lang: Lang,
) -> None:
    """Take in mails, WeCom pages or JSON Lines; doing it twice changes nothing."""
    out = Output(as_json=as_json, locale=lang.locale)
    if not source.exists():
        raise CommandError(Exit.NOT_FOUND, out.word("no_source", path=source), out.word("no_source.remedy"))
    with open_existing(db, desk, out) as opened:
        found = open_source(
            source,
            now=SystemClock().now(),
            kind=kind,
            account=account,
            own_addresses=frozenset(own or ()),
            scope=scope,
        )
        tally = Tally()
        with out.progress("ingesting", found.total_hint) as tick:
            for batch in _batches(found, media_of(db), tally, tick):
                take(opened, batch, tally)
    _tell(found, tally, out)
    if tally.is_partly:
        count = len(tally.problems) + tally.states["parked"]
        complain(out.word("partly", count=count), out.word("partly.remedy"))
        raise typer.Exit(Exit.PARTLY)


def _batches(source: Source, media: MediaStore, tally: Tally, tick: Tick) -> Iterator[list[ChannelEvent]]:
    batch: list[ChannelEvent] = []
    before = 0
    for one in source:
        if isinstance(one, SourceProblem):
            tally.problems.append(one)
        else:
            tally.attachments += len(one.attachments)
            batch.extend(one.stored(lambda attachment: keep(attachment, media)))
        tick(source.position - before)
        before = source.position
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def keep(attachment: Attachment, media: MediaStore) -> MediaRef:
    """Put an attachment into the media store."""
    return media.put(BytesIO(attachment.content), type=attachment.type, name=attachment.name)


def take(desk: Desk, events: list[ChannelEvent], tally: Tally) -> None:
    """Hand events to the desk, in order; each run of one account together."""
    for account, run in groupby(events, key=lambda one: one.account):
        taken = desk.take(account, list(run))
        tally.states.update(one.state for one in taken.received)
        tally.parked += [one for one in taken.received if one.state == "parked"]
        tally.reports += taken.reports


def _tell(source: Source, tally: Tally, out: Output) -> None:
    counts = {
        **{state: tally.states[state] for state in _STATES},
        "reports": tally.reports,
        "attachments": tally.attachments,
        "problems": len(tally.problems),
    }
    if out.as_json:
        shown = [{"where": one.where, "code": one.code, "detail": one.detail} for one in tally.problems]
        parked: list[JsonValue] = [
            {"id": one.message_id, "error": one.error, "params": one.params} for one in tally.parked
        ]
        out.document(
            {
                "source": str(source.path),
                "kind": source.kind,
                **counts,
                "problem_list": shown,
                "parked_list": parked,
            }
        )
        return
    table = out.table("result", ">count")
    for name, count in counts.items():
        table.add_row(cell(out.word(name)), cell(count, "" if count else "dim"))
    out.show(table)
    for one in tally.problems[:_SHOWN]:
        out.print(f"  {one.where}: {one.code}: {render(one.detail, out.locale)}", "yellow")
    for message in tally.parked[:_SHOWN]:
        out.print(f"  {message.message_id}: {render(message.error, out.locale, **message.params)}", "yellow")
