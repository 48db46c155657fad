"""``Desk``: the blocking shell. It runs flows and nothing else; ``csdesk.aio`` has the same methods as coroutines."""

from csdesk.desk.shell import Desk

__all__ = ["Desk"]
