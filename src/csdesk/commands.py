"""The commands that ``desk.execute`` runs, for hosts that build them themselves."""

from csdesk.domain.records import commands as _commands
from csdesk.domain.records.commands import *  # noqa: F403  all of them are public, and listed there

__all__ = []
__all__ += _commands.__all__
