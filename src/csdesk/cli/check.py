"""``csdesk check``: analyse a configuration without running it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from csdesk.cli._failing import Exit
from csdesk.cli._opening import open_existing
from csdesk.cli._options import DEFAULT_DESK, DeskName, Json, Lang
from csdesk.cli._output import JsonValue, Output, cell
from csdesk.cli._phrases import flaw_rows, matched_phrases, show_flaws
from csdesk.cli.init import read_config
from csdesk.domain.analysis.analyse import analyse
from csdesk.domain.analysis.findings import Finding, Level, Report
from csdesk.domain.analysis.worlds import Witness
from csdesk.domain.locale.render import render
from csdesk.domain.policy.config import DeskConfig
from csdesk.errors import ConfigError
from csdesk.matching import Matcher

_STYLES: Final = {Level.ERROR: "bold red", Level.WARNING: "yellow", Level.INFO: "dim", Level.UNDECIDED: "cyan"}


def check(
    *,
    config: Annotated[Path, typer.Argument(help="The configuration (TOML or JSON).", metavar="CONFIG")],
    library: Annotated[
        Path | None,
        typer.Option("--phrases", help="Look through this phrase library too.", metavar="LIBRARY"),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings and open questions count as errors do.")] = False,
    db: Annotated[
        Path | None,
        typer.Option(
            "--db", help="A desk's file: can its agents do all that is asked?", metavar="FILE", dir_okay=False
        ),
    ] = None,
    desk: DeskName = DEFAULT_DESK,
    as_json: Json = False,
    lang: Lang,
) -> None:
    """Look for what is wrong with a configuration; no desk is needed. Exit 7: something is; 2: it cannot be loaded."""
    out = Output(as_json=as_json, locale=lang.locale)
    try:
        given = read_config(config, out)
        report = analyse(given) if db is None else _with_people(given, db, desk, out)
    except ConfigError as error:
        _refuse(error, config, out)
        raise typer.Exit(Exit.USAGE) from None
    counted = report.errors if not strict else [one for one in report.findings if one.level is not Level.INFO]
    found = matched_phrases(library) if library is not None else []
    flaws = Matcher(found).lint() if found else ()
    if as_json:
        phrases: dict[str, JsonValue] = {"phrases": flaw_rows(flaws)} if library is not None else {}
        out.document({"file": str(config), "ok": not (counted or flaws), **report.document(), **phrases})
    else:
        _show(report, config, out)
        if flaws:
            show_flaws(flaws, out)
        if library is not None:
            out.say("check.phrases", file=library, count=len(found), flaws=len(flaws))
    if counted or flaws:
        raise typer.Exit(Exit.FINDINGS)


def _refuse(error: ConfigError, config: Path, out: Output) -> None:
    """Tell everything that keeps the configuration from being loaded."""
    if out.as_json:
        out.document({"file": str(config), "ok": False, "problems": [one._asdict() for one in error.problems]})
        return
    for one in error.problems:
        head = cell(out.word("check.error"), _STYLES[Level.ERROR])
        head.append(f"  {one.path}", style="bold")
        out.console.print(head)
        problem, remedy = (render(told, out.locale) for told in (one.problem, one.remedy))
        out.print(f"    {out.word('check.problem', problem=problem, remedy=remedy)}")
    out.print("")
    out.say("check.refused", "bold", file=config, count=len(error.problems))


def _with_people(config: DeskConfig, db: Path, desk: str, out: Output) -> Report:
    """What is wrong with a configuration for the people of a desk, too."""
    with open_existing(db, desk, out) as opened:
        report = analyse(config, agents=opened.agents.groups())
        return replace(report, findings=(*report.findings, *opened.authority.check(config)))


def _show(report: Report, config: Path, out: Output) -> None:
    for one in report.findings:
        _line(one, out)
    counts = {level: len(report.of(level)) for level in Level}
    if report.findings:
        out.print("")
    out.say("check.counts", "bold", file=config, rules=report.rules, **{level.value: n for level, n in counts.items()})
    out.say(f"check.ends.{report.termination}")


def _line(finding: Finding, out: Output) -> None:
    head = cell(out.word(f"check.{finding.level}"), _STYLES[finding.level])
    head.append(f"  {finding.path}", style="bold")
    out.console.print(head)
    out.print(f"    {render(finding.code, out.locale, **dict(finding.params))}")
    if finding.witness is not None:
        out.print(f"    {out.word('check.witness')} {_witness(finding.witness, out)}", "dim")


def _witness(witness: Witness, out: Output) -> str:
    values = [f"{name} = {value or out.word('check.unset')}" for name, value in witness.shown]
    return "; ".join(values) or out.word("check.anything")
