"""The commands that ``desk.execute`` runs, for hosts that build them themselves."""

import csdesk.domain.records.commands as _commands  # by "import": pyright then reads which names are public
from csdesk.domain.records.commands import *  # noqa: F403  all of them are public, and listed there

__all__ = []
__all__ += _commands.__all__
