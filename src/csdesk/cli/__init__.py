"""The ``csdesk`` command; it needs the ``cli`` extra."""

import io
import sys

__all__ = ["main"]

_EXTRA = frozenset({"typer", "rich"})


def main() -> int:
    """Run the command line on ``sys.argv`` and return its exit code.

    Without the ``cli`` extra it says on standard error how to install it and returns 2.
    """
    try:
        from csdesk.cli.app import app
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in _EXTRA:
            raise
        print("csdesk: the command line needs the \"cli\" extra: pip install 'csdesk[cli]'", file=sys.stderr)
        return 2
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot show a sign shows its number
            stream.reconfigure(errors="backslashreplace")
    app()
    return 0
