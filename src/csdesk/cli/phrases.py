"""``csdesk phrases``: look after files of phrases, and the phrases of a desk."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from csdesk.cli._failing import Exit
from csdesk.cli._opening import check_target, open_existing
from csdesk.cli._options import DEFAULT_DB, DEFAULT_DESK, Db, DeskName, Json, Lang, Overwrite
from csdesk.cli._output import Output, cell, fitted
from csdesk.cli._phrases import any_phrases, flaw_rows, matched_phrases, show_flaws
from csdesk.matching import LibraryPhrase, Matcher, Phrase, read_library, write_library, write_phrases

phrases = typer.Typer(help="Check phrase libraries, turn them into other forms, load them.", no_args_is_help=True)

Library = Annotated[Path, typer.Argument(help="CSV, JSON Lines, TOML, or a folder of Markdown.", metavar="LIBRARY")]
Target = Annotated[Path, typer.Argument(help="The file to write, or an existing folder for Markdown.")]


class Which(StrEnum):
    """The phrases that a report is about."""

    ALL = "all"
    NEVER_USED = "never_used"
    STALE = "stale"
    WRONG = "wrong"
    RETURNED = "returned"


@phrases.command()
def lint(*, library: Library, as_json: Json = False, lang: Lang) -> None:
    """Name what should be mended: pairs that cannot be told apart, phrases without questions. Exits 7 if there is any.

    With --json: one JSON document.
    """
    out = Output(as_json=as_json, locale=lang.locale)
    found = matched_phrases(library)
    flaws = Matcher(found).lint()
    if as_json:
        out.document({"file": str(library), "ok": not flaws, "phrases": len(found), "flaws": flaw_rows(flaws)})
    elif not flaws:
        out.say("lint.none")
    else:
        show_flaws(flaws, out)
    if flaws:
        raise typer.Exit(Exit.FINDINGS)


@phrases.command()
def convert(*, library: Library, target: Target, overwrite: Overwrite = False, lang: Lang) -> None:
    """Write a library in another form, told by the ending: .csv, .jsonl, .toml, or a folder for Markdown."""
    out = Output(as_json=False, locale=lang.locale)
    found = any_phrases(library)
    check_target(target, out, overwrite=overwrite)
    whole = [one for one in found if isinstance(one, LibraryPhrase)]
    simple = [one for one in found if isinstance(one, Phrase)]
    Matcher(matched_phrases(library))  # refuses a library in which two phrases have one id
    if whole:
        write_library(target, whole)
    else:
        write_phrases(target, simple)
    out.say("convert.done", count=len(found), file=target)


@phrases.command("import")
def import_(
    *,
    library: Library,
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    retire_others: Annotated[
        bool, typer.Option("--retire-others", help="Retire what the desk has and LIBRARY has not.")
    ] = False,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """Put a library into a desk: new phrases are added, others replaced, equal ones left alone. Safe to repeat."""
    out = Output(as_json=as_json, locale=lang.locale)
    found = read_library(library)
    with open_existing(db, desk, out) as opened:
        done = opened.replies.import_(found, retire_others=retire_others)
    counts = {"added": done.added, "changed": done.changed, "unchanged": done.unchanged, "retired": done.retired}
    if as_json:
        out.document({"desk": desk, **counts})
    else:
        out.print(out.word("import.done", desk=desk, **counts))


@phrases.command()
def export(
    *,
    target: Target,
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    overwrite: Overwrite = False,
    lang: Lang,
) -> None:
    """Write the phrases of a desk to a file, or to an existing folder as Markdown."""
    out = Output(as_json=False, locale=lang.locale)
    check_target(target, out, overwrite=overwrite)
    with open_existing(db, desk, out) as opened:
        found = opened.replies.export()
    write_library(target, found)
    out.say("convert.done", count=len(found), file=target)


@phrases.command()
def usage(
    *,
    which: Annotated[Which, typer.Argument(help="Which phrases.")] = Which.ALL,
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """How often a desk's phrases were shown, sent, wrong, and asked again after. With --json: one object a line."""
    out = Output(as_json=as_json, locale=lang.locale)
    with open_existing(db, desk, out) as opened:
        uses = opened.replies.usage(which.value)
    if as_json:
        out.lines({"phrase": one.phrase.id, "title": one.phrase.title, **one.usage.model_dump()} for one in uses)
        return
    if not uses:
        out.say("usage.none")
        return
    table = out.table("match.phrase", "usage.title", *[f">usage.{name}" for name in type(uses[0].usage).model_fields])
    for phrase, counted in uses:
        table.add_row(cell(phrase.id), fitted(phrase.title, 30), *[cell(value) for _, value in counted])
    out.show(table)


@phrases.command()
def optimize(
    *,
    training: Annotated[
        int | None, typer.Option("--use", min=0, help="Go back to the training of this number; 0: to none.")
    ] = None,
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """Train a desk's phrases to be told apart; every process goes along. Takes minutes for ten thousand questions."""
    out = Output(as_json=as_json, locale=lang.locale)
    with open_existing(db, desk, out) as opened:
        if training is None:
            opened.learning.optimize()
        else:
            opened.learning.use_training(training)
        found = [one for one in opened.learning.trainings().items if one.in_use]
    number, phrases, questions = (found[0].number, found[0].phrases, found[0].questions) if found else (0, 0, 0)
    if as_json:
        out.document({"desk": desk, "number": number, "phrases": phrases, "questions": questions})
    elif found:
        out.print(out.word("optimize.done", desk=desk, number=number, phrases=phrases, questions=questions))
    else:
        out.say("optimize.none", desk=desk)
