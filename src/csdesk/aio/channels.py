"""``desk.channels``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from csdesk.aio._groups import Group
from csdesk.domain.ids import MessageId, TicketId
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.channels import Feed, Health, RawResponse
from csdesk.domain.records.messages import Message
from csdesk.flows.channels import feeding, pulling, typing_signs
from csdesk.flows.channels.checking import check_account, run_exchange
from csdesk.flows.outbound import editing, recalling
from csdesk.flows.reading import checks
from csdesk.ports.channel import Exchange

T = TypeVar("T")


class Channels(Group):
    """What a desk's channels can do beside carrying messages."""

    async def run(self, exchange: Exchange[T]) -> T:
        """Run a flow of a channel over the desk's HTTP, such as ``kf.servicers.list()``; what it ends with.

        Raises:
            ChannelError: the provider refused, or did not answer.
        """
        return await self._runner.run(run_exchange(exchange))

    async def check(self, account: str) -> Health:
        """Whether the channel of an account works; what the provider says does not raise.

        Raises:
            NotFound: the desk has no channel with that account.
            UnsupportedFeature: the channel cannot say.
        """
        return await self._runner.run(check_account(account))

    async def edit(self, message: MessageId, text: str, *, actor: Actor, override: str = "") -> Message:
        """Change what a message of ours says; its first words stay in the message record.

        Args:
            message: one of ours that was sent.
            text: what it is to say.
            actor: who changes it.
            override: why words are sent that the policy on wording refuses.

        Raises:
            NotFound: this desk has no such message.
            InvalidInput: it was not sent, or is no single text; the new text is empty or too long for one sending.
            UnsupportedFeature: the channel changes nothing, or not so late.
            WordingRefused: the policy on wording speaks against words of a person.
            ChannelError: the provider refused.
        """
        return await self._runner.run(editing.edit(message, text, actor, self._runner.command_id(), override))

    async def pull_soon(self, account: str) -> None:
        """Let the next ``run_due`` pull the account, before its time: somebody knows that there is news.

        Raises:
            NotFound: the desk has no channel with that account.
            UnsupportedFeature: nothing is pulled there.
        """
        await self._runner.run(pulling.pull_soon(account))

    async def recall(self, message: MessageId, *, actor: Actor) -> Message:
        """Take back a message of ours; what it said stays on the ticket, as recalled.

        Raises:
            NotFound: this desk has no such message.
            InvalidInput: it was not sent.
            UnsupportedFeature: the channel takes nothing back, or not so late.
            ChannelError: the provider refused.
        """
        return await self._runner.run(recalling.recall(message, actor, self._runner.command_id()))

    async def feed(self, feed: Feed) -> RawResponse:
        """The next page of a conversation, for whoever was given ``feed`` with an earlier answer of ``handle``.

        Raises:
            NotFound: the desk has no channel with that account.
            UnsupportedFeature: nobody reads conversations through this channel.
        """
        return await self._runner.run(feeding.answer(feed))

    async def news(self, feeds: Iterable[Feed]) -> tuple[int, ...]:
        """The number of each conversation's feed, in their order: another one than ``feed.number`` means news."""
        return await self._runner.run(feeding.numbers(checks.several(feeds, "feeds")))

    async def typing(self, ticket: TicketId, *, actor: Actor) -> None:
        """Show the customer of a ticket for eight seconds that somebody is typing, unless a reply ends it before.

        Call it as often as you like while keys are pressed: a sign is renewed every four seconds at most.

        Raises:
            NotFound: this desk has no such ticket, or this process no channel for its account.
            UnsupportedFeature: nobody reads conversations through the channel; ``Telegram.typing`` and
                ``WhatsAppCloud.mark_read`` show signs of their platforms.
            Denied: the actor may not reply.
        """
        await self._runner.run(typing_signs.show_typing(ticket, actor, self._runner.command_id()))

    async def customer_types(self, ticket: TicketId) -> datetime | None:
        """Until when it is to be shown that the customer of a ticket is typing, in UTC; None: they are not.

        Raises:
            NotFound: this desk has no such ticket.
        """
        return await self._runner.run(typing_signs.customer_types(ticket))
