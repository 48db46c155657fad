"""``csdesk articles``: what a desk has to know, to and from files; what is not written yet."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from csdesk.cli._failing import Exit
from csdesk.cli._opening import check_target, open_existing
from csdesk.cli._options import DEFAULT_DB, DEFAULT_DESK, Db, DeskName, Json, Lang, Overwrite
from csdesk.cli._output import Output, cell, fitted
from csdesk.matching import read_articles, write_articles

articles = typer.Typer(help="What a desk has to know: load, write, search, find gaps.", no_args_is_help=True)

Source = Annotated[Path, typer.Argument(help="JSON Lines, or a folder of Markdown.", metavar="ARTICLES")]
Target = Annotated[Path, typer.Argument(help="The file to write (.jsonl), or an existing folder for Markdown.")]


@articles.command("import")
def import_(
    *, source: Source, db: Db = DEFAULT_DB, desk: DeskName = DEFAULT_DESK, as_json: Json = False, lang: Lang
) -> None:
    """Put articles into a desk: new ones are added, others replaced, equal ones left alone. Safe to repeat."""
    out = Output(as_json=as_json, locale=lang.locale)
    found = read_articles(source)
    with open_existing(db, desk, out) as opened:
        done = opened.articles.import_(found)
    counts = {"added": done.added, "changed": done.changed, "unchanged": done.unchanged}
    if as_json:
        out.document({"desk": desk, **counts})
    else:
        out.print(out.word("articles.imported", desk=desk, **counts))


@articles.command()
def export(
    *,
    target: Target,
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    overwrite: Overwrite = False,
    lang: Lang,
) -> None:
    """Write the articles of a desk to a file, or to an existing folder as Markdown."""
    out = Output(as_json=False, locale=lang.locale)
    check_target(target, out, overwrite=overwrite)
    with open_existing(db, desk, out) as opened:
        found = opened.articles.export()
    write_articles(target, found)
    out.say("articles.written", count=len(found), file=target)


@articles.command()
def search(
    *,
    text: Annotated[str, typer.Argument(help="What was asked.")],
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    limit: Annotated[int, typer.Option("--limit", min=1, max=50, help="How many.")] = 5,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """The articles that may tell what was asked, with the passage that does. With --json: one object a line."""
    out = Output(as_json=as_json, locale=lang.locale)
    with open_existing(db, desk, out) as opened:
        hits = opened.articles.search(text, limit=limit)
    if as_json:
        out.lines(
            {"article": one.article.id, "title": one.article.title, "section": one.section, "text": one.text,
             "score": round(one.score, 4)}
            for one in hits
        )  # fmt: skip
        return
    if not hits:
        out.say("articles.none")
        return
    table = out.table("articles.article", "usage.title", "articles.section", "articles.text")
    for one in hits:
        section = out.word(f"articles.{one.section}") if one.section is not None else ""
        table.add_row(cell(one.article.id), fitted(one.article.title, 30), cell(section), fitted(one.text, 48))
    out.show(table)


@articles.command()
def gaps(
    *,
    campaign: Annotated[str | None, typer.Option("--campaign", help="Only what belongs to it.")] = None,
    at: Annotated[
        datetime | None,
        typer.Option("--at", formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"], help="When it has to be ready."),
    ] = None,
    db: Db = DEFAULT_DB,
    desk: DeskName = DEFAULT_DESK,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """What is not ready: sections nobody wrote, articles without phrases, links gone stale. Exits 7 if there is any.

    With --json: one JSON document.
    """
    out = Output(as_json=as_json, locale=lang.locale)
    with open_existing(db, desk, out) as opened:
        found = opened.articles.gaps(campaign=campaign, at=at)
    if as_json:
        rows = [
            {"problem": one.problem, "article": one.article, "title": one.title, "phrase": one.phrase,
             "sections": list(one.sections)}
            for one in found
        ]  # fmt: skip
        out.document({"desk": desk, "ok": not found, "gaps": rows})
    elif not found:
        out.say("articles.ready")
    else:
        table = out.table("lint.problem", "articles.article", "usage.title", "match.phrase", "articles.sections")
        for one in found:
            sections = ", ".join(out.word(f"articles.{name}") for name in one.sections)
            problem, phrase = cell(out.word(f"articles.{one.problem}")), cell(one.phrase or "")
            table.add_row(problem, cell(one.article), fitted(one.title, 24), phrase, cell(sections))
        out.show(table)
    if found:
        raise typer.Exit(Exit.FINDINGS)
