"""Blocking adapters (channels, bots, systems of the host), each call in a thread of its own, which ends with it.

The pool of the loop has few threads, six on a machine with two processors, and every call of a desk over a blocking
store needs one for a moment: a handful of providers that hang must not hold up all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


async def apart(work: Callable[[], T]) -> T:
    """What the work gives or raises. Whoever is cancelled meanwhile leaves it to its thread."""
    done: Future[T] = Future()
    done.set_running_or_notify_cancel()
    Thread(target=copy_context().run, args=(_do, work, done), name="csdesk adapter").start()
    return await asyncio.wrap_future(done)


def _do(work: Callable[[], T], done: Future[T]) -> None:
    try:
        result = work()
    except StopIteration as error:  # no future takes it: as in a generator
        stopped = RuntimeError("the adapter raised StopIteration")
        stopped.__cause__ = error
        done.set_exception(stopped)
    except BaseException as error:  # noqa: BLE001  it is the caller's
        done.set_exception(error)
    else:
        done.set_result(result)
