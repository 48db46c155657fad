"""The rig that ``csdesk conform`` was asked to check: pytest collects ``suite`` by itself, so it is left here."""

from __future__ import annotations

from collections.abc import Callable

from csdesk.testing.channel_contract.rig import ChannelRig

_factories: list[Callable[[], ChannelRig]] = []


def choose(factory: Callable[[], ChannelRig]) -> None:
    """Let ``suite`` make its rigs with this."""
    _factories[:] = [factory]


def make() -> ChannelRig:
    """A rig of the chosen kind."""
    return _factories[0]()
