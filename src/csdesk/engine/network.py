"""Network steps as what an adapter is asked to do: one table for both shells and both flavours of channel."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from csdesk.engine.business import asked
from csdesk.engine.core import DeskCore
from csdesk.engine.local import NetworkStep
from csdesk.errors import ChannelError, StoreError, UnsupportedFeature, sentence
from csdesk.ports import steps
from csdesk.ports.channel import BlockingChannel, Exchange
from csdesk.ports.steps import Reply

Work = Exchange[Reply] | Callable[[], Reply]
"""A conversation over HTTP, or something that does its own I/O and blocks."""

# ``Any``: each row takes the step of its own kind; a test walks the table against the protocols of the contract.
_ASKED: Final[dict[type, tuple[str, Callable[[Any], tuple[str, tuple[object, ...]]]]]] = {
    steps.Send: ("send", lambda step: (step.message.account, (step.message,))),
    steps.Pull: ("pull", lambda step: (step.account, (step.hint, step.cursor))),
    steps.Upload: ("upload", lambda step: (step.account, (step.file,))),
    steps.Fetch: ("fetch", lambda step: (step.wanted.account, (step.wanted,))),
    steps.Recall: ("recall", lambda step: (step.sent.account, (step.sent,))),
    steps.Edit: ("edit", lambda step: (step.sent.account, (step.sent, step.part))),
    steps.TakeSeat: ("seat", lambda step: (step.seat.account, (step.seat,))),
    steps.Check: ("check", lambda step: (step.account, ())),
}
"""The method of a channel behind a step (a ``BlockingChannel`` has it with ``_now``), its account and arguments."""


def work_of(core: DeskCore, step: NetworkStep) -> Work:  # noqa: PLR0911  a line for each kind
    """What has to be done for a step.

    Raises:
        NotFound: the desk has no channel for the account.
        UnsupportedFeature: the channel does not have this power, or the desk has no shop, system or embedder to ask.
    """
    if isinstance(step, steps.Converse):
        return step.exchange
    if isinstance(step, steps.Ask):
        return partial(core.bot(step.turn.bot).answer, step.turn)  # type: ignore[return-value]  # awaited if need be
    if isinstance(step, steps.Consult):
        return partial(step.base.look_up, step.question)  # type: ignore[return-value]  # awaited if need be
    if isinstance(step, steps.AskProducts):
        return partial(core.shop().facts, step.question)  # type: ignore[return-value]  # awaited if need be
    if isinstance(step, steps.AskBusiness):
        return partial(asked(core.business, step.question), step.question)  # type: ignore[return-value]  # awaited if need be
    if isinstance(step, steps.Encode):
        return partial(core.model().encode, step.texts)  # type: ignore[return-value]  # the flow checks it
    if isinstance(step, steps.CarryOut):
        return partial(core.action_port(step.port).carry_out, step.order)  # type: ignore[return-value]  # awaited if need be
    name, of = _ASKED[type(step)]
    account, arguments = of(step)
    channel = core.channel(account)
    blocks = isinstance(channel, BlockingChannel)
    method = getattr(channel, f"{name}_now" if blocks else name, None)
    if not callable(method):
        raise UnsupportedFeature(
            sentence("account {account}", account=account), name, "see csdesk.ports.channel for what its adapter lacks"
        )
    if blocks:
        return partial(method, *arguments)
    exchange: Exchange[Reply] = method(*arguments)
    return _sending(account, exchange) if isinstance(step, steps.Send) else exchange


def _sending(account: str, exchange: Exchange[Reply]) -> Exchange[Reply]:
    """A sending. What breaks before its first request broke before anything was said: the outcome is known."""
    try:
        request = next(exchange)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # what a generator returns has no type here
    except (ChannelError, StoreError, UnsupportedFeature):
        raise
    except Exception as error:
        raise ChannelError(
            account,
            "the adapter broke before it sent anything",
            disposition="operator",
            provider_code=type(error).__name__,
        ) from error
    try:
        while True:
            try:
                response = yield request
            except Exception as error:  # noqa: BLE001  the adapter decides what a failed exchange means
                request = exchange.throw(error)
            else:
                request = exchange.send(response)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    finally:
        exchange.close()
