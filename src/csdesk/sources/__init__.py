"""Where messages wait in files: mailboxes, saved pages of WeCom customer service, JSON Lines.

``open_source`` finds out what a path holds; the source then yields what it reads, one piece at a time. A broken one
yields a ``SourceProblem`` and stops nothing. Every delivery has the same key each time it is read, so taking a source
in twice changes nothing.
"""

from __future__ import annotations

from csdesk.sources.items import SourceItem, SourceProblem
from csdesk.sources.opening import KINDS, Source, open_source

__all__ = ["KINDS", "Source", "SourceItem", "SourceProblem", "open_source"]
