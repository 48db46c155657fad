"""Telling what has to be awaited from what blocks."""

from __future__ import annotations

from functools import partial
from inspect import iscoroutinefunction


def is_awaited(answer: object) -> bool:
    """True if what such a method answers has to be awaited: it is a coroutine function, or looks like one."""
    method = answer.func if isinstance(answer, partial) else answer
    return iscoroutinefunction(method) or iscoroutinefunction(getattr(method, "__call__", None))  # noqa: B004
