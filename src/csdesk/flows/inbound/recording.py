"""Step 11: the message itself, and the trace of what was decided about it."""

from __future__ import annotations

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records._model import trusted
from csdesk.domain.records.changes import ClaimMode
from csdesk.domain.records.messages import AuthorKind, Direction, MediaPart, Message
from csdesk.flows.channels.feeding import feed_counter
from csdesk.flows.channels.fetching import wanted_item
from csdesk.flows.inbound.case import Case

_AUTHORS = {"customer": AuthorKind.CUSTOMER, "elsewhere": AuthorKind.ELSEWHERE, "bot": AuthorKind.BOT}


_Message = trusted(Message)


def record(case: Case, work: Workspace) -> None:
    """Store the message and close its cause."""
    given, ticket = case.message, case.owner
    said = given.__dict__
    assert case.identity is not None
    if said["provider_id"] and given.provider_id != given.dedupe_key and given.sender.kind != "email":
        key = work.keys.provider(given.account, given.provider_id)
        work.claim(key, case.id, ClaimMode.FIRST_WINS, keep=work.policy.config.retention.inbound_claims)
    work.add_message(
        _Message(
            id=case.id,
            ticket=ticket,
            direction=Direction.OUT if said["author"] == "elsewhere" else Direction.IN,
            author=_AUTHORS[said["author"]],
            identity=case.identity,
            account=said["account"],
            conversation=said["conversation"],
            subject=said["subject"],
            parts=said["parts"],
            provider_id=said["provider_id"],
            provider_order=said["provider_order"],
            sent_at=said["sent_at"],
            received_at=case.received_at,
            occurred_at=case.occurred_at,
            automatic=said["automatic"],
            backlog=case.backlog,
            language=case.language,
            origin=case.told,
            raw=said["raw"],
            raw_media=said["raw_media"],
        )
    )
    if case.feeds:
        work.add(feed_counter(work.keys, given.account, given.conversation), 1)
    if case.fetches:
        _want_media(case, work)
    case.trace = work.end(ticket, case.verdicts)


def _want_media(case: Case, work: Workspace) -> None:
    """Plan the fetch of media that only the provider has so far."""
    for number, part in enumerate(case.message.parts):
        if isinstance(part, MediaPart) and part.ref is None and part.provider_id and not part.problem:
            work.put_due(wanted_item(case.message.account, case.id, number, case.received_at))
