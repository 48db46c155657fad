"""One inbound message on its way through the pipeline, with what the steps have found so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.ids import CustomerId, IdentityId, MessageId, TicketId
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.channels import InboundMessage, ReplyDecision, Sender
from csdesk.domain.records.origins import Origin
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Outcome, Trace, Verdict
from csdesk.domain.routing.search import Search
from csdesk.domain.text.scripts import language_of

MOST_CC = 20
"""How many people in copy take part; further ones stay visible in the raw message."""

MOST_REFERENCES = 20
"""How many references are looked up, strongest first."""


class CaseKeys(NamedTuple):
    """The claim keys that a message is known by, worked out once."""

    inbound: str
    sender: str
    conversation: str
    parked: str
    references: tuple[str, ...]
    """Of the messages it answers, in their order."""


def keys_of(message: InboundMessage, keys: ClaimKeys) -> CaseKeys:
    """The claim keys of a message."""
    said = message.__dict__
    account, conversation, sender = said["account"], said["conversation"], said["sender"].__dict__
    return CaseKeys(
        keys.inbound(account, said["dedupe_key"]),
        keys.identity(sender["kind"], sender["scope"], sender["external_id"]),
        keys.conversation(account, conversation),
        keys.parked(account, conversation),
        tuple([keys.mail(account, one) for one in said["references"][:MOST_REFERENCES]]),
    )


_NO_TRACE: Final = Trace()
_tuple: Final = tuple.__new__  # a named tuple by its values in order: half of what its constructor takes
_bare: Final = lru_cache(maxsize=256)(Verdict)
"""One and the same verdict for all traces: a code and an outcome without parameters say the same everywhere."""


@dataclass(slots=True)
class Case:
    """A message, and what the pipeline knows about it. Steps fill it in; nothing else holds state."""

    message: InboundMessage
    keys: CaseKeys
    id: MessageId
    actor: Actor
    received_at: datetime
    occurred_at: datetime
    is_human: bool
    """True if a customer wrote it by hand."""
    clamped: timedelta | None = None
    backlog: bool = False
    retried: bool = False
    """True for a message that comes out of the inbox: its inbound claim is its own."""
    heir: MessageId | None = None
    """For a message that comes out of the inbox: the one that waits behind it."""
    state: Literal["stored", "duplicate", "parked", "blocked", "ignored"] = "stored"
    verdicts: list[Verdict] = field(default_factory=list)
    identity: IdentityId | None = None
    customer: CustomerId | None = None
    new_customer: bool = False
    origin: Origin | None = None
    """Where the conversation came from, as far as anything was told."""
    told: Origin | None = None
    """The same, if it was told with this message or this one begins the session."""
    ticket: TicketId | None = None
    new_ticket: bool = False
    before: Ticket | None = None
    """The ticket as it was before the message; None for a new one."""
    folded_text: str = ""
    """The text, folded."""
    language: str | None = None
    reopened: bool = False
    """The message opened the ticket again."""
    route: Search | None = None
    """Where somebody is looked for; None: nobody has to be found."""
    fetches: bool = False
    """Whether the channel can fetch the media that the message names."""
    feeds: bool = False
    """Whether the customer reads the conversation from the desk itself."""
    silent: bool = False
    """A rule forbids an automatic answer."""
    reply: ReplyDecision | None = None
    trace: Trace = _NO_TRACE
    error: str = ""
    error_told: str = ""
    """What the error said beside its code, packed."""

    def spoken(self) -> str | None:
        """The language that the message states or its script tells; kept, since steps ask more than once."""
        if self.language is None:
            self.language = self.message.language or language_of(self.message.text)
        return self.language

    def say(
        self, code: str, outcome: Outcome = Outcome.NOTED, *below: Verdict, **params: str | float | bool | None
    ) -> None:
        """Leave a verdict in the trace."""
        if params or below:
            self.verdicts.append(_tuple(Verdict, (code, outcome, tuple(params.items()), below)))
        else:
            self.verdicts.append(_bare(code, outcome))

    @property
    def people(self) -> tuple[Sender, ...]:
        """Everybody the message names: the sender, other identities of the sender, people in copy."""
        message = self.message
        return (message.sender, *message.also, *message.cc[:MOST_CC])

    @property
    def owner(self) -> TicketId:
        """The ticket the message reached (after the threading step)."""
        assert self.ticket is not None
        return self.ticket
