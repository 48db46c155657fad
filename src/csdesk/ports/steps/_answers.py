"""What a step is answered with, held against what it can be answered with: only a broken runner answers otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from csdesk.errors import FlowError, sentence

if TYPE_CHECKING:
    from csdesk.ports.steps.flow import Flow, Step

R = TypeVar("R")


def answered(step: Step, kind: type[R], name: str) -> Flow[R]:
    """The reply to a step.

    Raises:
        FlowError: it is of another type.
    """
    reply = yield step
    if isinstance(reply, kind):
        return reply
    raise wrong(name, reply)


def wrong(step: str, reply: object) -> FlowError:
    """The error that a reply of another type makes."""
    return FlowError(sentence("the reply to {step} was a {type}", step=step, type=type(reply).__name__), step=step)


def told(step: Step) -> Flow[object]:
    """What code of the host's says to a step: anything, so whoever asked looks at it."""
    return (yield step)
