"""The typer application behind the ``csdesk`` command."""

from typing import Annotated

import typer

from csdesk._version import __version__

__all__ = ["app"]

app = typer.Typer(name="csdesk", no_args_is_help=True, add_completion=False)


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
    """The customer-service engine that applications embed."""
