"""Correct uses of the public names. Never run: mypy and pyright check it, see `make types`."""

import csdesk

version: str = csdesk.__version__
