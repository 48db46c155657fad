"""``csdesk phrases``: look after files of phrases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from csdesk.cli._failing import CommandError, Exit
from csdesk.cli._options import Json, Lang
from csdesk.cli._output import Output, cell, fitted
from csdesk.matching import Matcher, read_phrases, write_phrases

phrases = typer.Typer(help="Check phrase libraries, and turn them from one form into another.", no_args_is_help=True)

Library = Annotated[Path, typer.Argument(help="CSV, JSON Lines, TOML, or a folder of Markdown.", metavar="LIBRARY")]


@phrases.command()
def lint(*, library: Library, as_json: Json = False, lang: Lang) -> None:
    """Name what should be mended: pairs that cannot be told apart, phrases without questions. Exits 6 if there is any.

    With --json: one JSON object a line.
    """
    out = Output(as_json=as_json, locale=lang.locale)
    flaws = Matcher(read_phrases(library)).lint()
    if as_json:
        out.lines(
            {"problem": one.problem, "phrase": one.phrase_id, "other": one.other_id, "question": one.question}
            for one in flaws
        )
    elif not flaws:
        out.say("lint.none")
    else:
        table = out.table("lint.problem", "match.phrase", "lint.other", "lint.question")
        for one in flaws:
            named = out.word(f"lint.{one.problem}")
            table.add_row(cell(named), cell(one.phrase_id), cell(one.other_id or ""), fitted(one.question, 48))
        out.show(table)
    if flaws:
        raise typer.Exit(Exit.PARTLY)


@phrases.command()
def convert(
    *,
    library: Library,
    target: Annotated[Path, typer.Argument(help="The file to write, or an existing folder for Markdown.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace TARGET if it is there.")] = False,
    lang: Lang,
) -> None:
    """Write a library in another form, told by the ending: .csv, .jsonl, .toml, or a folder for Markdown."""
    out = Output(as_json=False, locale=lang.locale)
    found = read_phrases(library)
    if target.is_file() and not overwrite:
        raise CommandError(Exit.CONFLICT, out.word("file_exists", file=target), out.word("backup.exists.remedy"))
    Matcher(found)  # refuses a library in which two phrases have one id
    write_phrases(target, found)
    out.say("convert.done", count=len(found), file=target)
