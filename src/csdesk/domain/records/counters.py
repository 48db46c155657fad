"""The counters that every store knows by their names: what agents carry, and how much of a queue's work is in hand."""

from __future__ import annotations

from typing import Final

LOAD: Final = "load/"
"""Begins the counters of what agents carry; behind it stands the agent's id."""

WORK: Final = "work/"
"""Begins the counters of the units of a queue's work that agents have in hand; behind it stands the queue's name."""


def load_counter(agent: str) -> str:
    """The counter that holds an agent's load."""
    return f"{LOAD}{agent}"


def work_counter(queue: str) -> str:
    """The counter of the units of a queue's work that agents have in hand."""
    return f"{WORK}{queue}"
