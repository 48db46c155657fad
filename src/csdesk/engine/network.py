"""Network steps as what an adapter is asked to do: the same table for both shells."""

from __future__ import annotations

from typing import assert_never

from csdesk.engine.core import AnyChannel
from csdesk.engine.local import NetworkStep
from csdesk.errors import UnsupportedFeature
from csdesk.ports import steps
from csdesk.ports.channel import BlockingChannel, BlockingMediaChannel, Channel, Exchange, MediaChannel
from csdesk.ports.steps import Reply


def account_of(step: NetworkStep) -> str:
    """The account whose channel does it."""
    match step:
        case steps.Send(message):
            return message.account
        case steps.Fetch(wanted):
            return wanted.account
        case _:
            return step.account


def begin(channel: Channel, step: NetworkStep) -> Exchange[Reply]:
    """The conversation that does it.

    Raises:
        UnsupportedFeature: the channel does not have this power.
    """
    match step:
        case steps.Send():
            return (yield from channel.send(step.message))
        case steps.Pull():
            return (yield from channel.pull(step.hint, step.cursor))
        case steps.Upload():
            return (yield from _media(channel, "upload").upload(step.file))
        case steps.Fetch():
            return (yield from _media(channel, "fetch").fetch(step.wanted))
    assert_never(step)


def do_now(channel: BlockingChannel, step: NetworkStep) -> Reply:
    """What a channel with its own I/O answers.

    Raises:
        UnsupportedFeature: the channel does not have this power.
    """
    match step:
        case steps.Send():
            return channel.send_now(step.message)
        case steps.Pull():
            return channel.pull_now(step.hint, step.cursor)
        case steps.Upload():
            return _blocking_media(channel, "upload").upload_now(step.file)
        case steps.Fetch():
            return _blocking_media(channel, "fetch").fetch_now(step.wanted)
    assert_never(step)


def _media(channel: AnyChannel, power: str) -> MediaChannel:
    if isinstance(channel, MediaChannel):
        return channel
    raise _missing(channel, power)


def _blocking_media(channel: AnyChannel, power: str) -> BlockingMediaChannel:
    if isinstance(channel, BlockingMediaChannel):
        return channel
    raise _missing(channel, power)


def _missing(channel: AnyChannel, power: str) -> UnsupportedFeature:
    return UnsupportedFeature(
        f"account {channel.account}", f"{power} media", "give its adapter the methods of MediaChannel"
    )
