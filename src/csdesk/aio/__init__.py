"""``AsyncDesk``: the same methods as ``csdesk.desk.Desk``, as coroutines, over the same flows."""

from csdesk.aio.shell import AsyncDesk

__all__ = ["AsyncDesk"]
