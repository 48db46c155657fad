"""The typer application behind the ``csdesk`` command."""

from typing import Annotated

import typer

from csdesk._version import __version__
from csdesk.cli._failing import Commands
from csdesk.cli.articles import articles
from csdesk.cli.backup import backup
from csdesk.cli.check import check
from csdesk.cli.config import config
from csdesk.cli.conform import conform
from csdesk.cli.demo.command import demo
from csdesk.cli.erase import erase
from csdesk.cli.inbox import inbox
from csdesk.cli.ingest import ingest
from csdesk.cli.init import init
from csdesk.cli.match import match
from csdesk.cli.phrases import phrases
from csdesk.cli.search import search
from csdesk.cli.show import show
from csdesk.cli.sla import sla
from csdesk.cli.tickets import tickets
from csdesk.cli.time import time
from csdesk.cli.work import work

__all__ = ["app"]

_EPILOG = (
    "Exit codes: 0 done, 1 unexpected error, 2 wrong use, 3 not found, 4 conflict or denied, 5 the store failed, "
    "6 partly failed: some items were parked or could not be read, 7 csdesk check found something wrong, "
    "141 nobody read on."
)

app = typer.Typer(
    name="csdesk",
    no_args_is_help=True,
    add_completion=False,
    cls=Commands,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["--help", "-h"]},
    pretty_exceptions_enable=False,
)
for command in (demo, init, ingest, inbox, tickets, show, search, work, config, check, backup, erase, conform, match):
    app.command()(command)
app.add_typer(phrases, name="phrases")
app.add_typer(articles, name="articles")


app.add_typer(sla)
app.add_typer(time)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"csdesk {__version__}")
        raise typer.Exit


@app.callback()
def csdesk(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """The customer-service engine that applications embed. Start with: csdesk demo."""
