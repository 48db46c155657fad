"""Step 9: whether the desk answers by itself. Only where account, queue and phrase allow it, once in a session.

Never to machines, never to backlog, never more than ``automatic_per_day`` to one sender: so no loop can start. The
clocks that wait for a person keep running.
"""

from __future__ import annotations

from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.core.leases import is_with_bot
from csdesk.domain.core.outbound import Utterance, queue_reply
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MESSAGE, MessageId, PhraseId
from csdesk.domain.matching.book import PhraseBook
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records import events as ev
from csdesk.domain.records.messages import AuthorKind, TextPart
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Outcome
from csdesk.flows.inbound.case import Case


def daily_counter(case: Case, keys: ClaimKeys) -> str:
    """The counter of automatic answers to this sender on this day (UTC)."""
    sender = case.message.sender
    day = case.received_at.date().isoformat()
    return keys.counter("automatic", sender.kind, sender.scope, sender.external_id, day)


def may_answer(policy: Policy, account: str) -> bool:
    """True if the desk may answer messages of that account by itself, so that its answers have to be counted."""
    return policy.rules.replies or policy.account(account).auto_reply


def answer(case: Case, work: Workspace, ticket: Ticket, phrases: PhraseBook | None) -> None:
    """Decide about an automatic answer, and queue it if there is a sure one."""
    if phrases is None or not _is_wanted(work, ticket):
        return
    obstacle = _obstacle(case, work, ticket)
    if obstacle is not None:
        case.say("reply.skipped", Outcome.SKIPPED, reason=obstacle)
        return
    policy = work.policy.config.reply
    case.reply = phrases.decide(case.message.text, policy.threshold, policy.margin, policy.suggestions, auto=True)
    best = case.reply.suggestions[0] if case.reply.suggestions else None
    phrase = PhraseId(best.phrase.id) if best is not None else None
    confidence = round(best.confidence, 4) if best is not None else 0.0
    work.emit(
        ticket.id,
        ev.ReplyDecided(message=case.id, action=case.reply.action, phrase=phrase, confidence=confidence),
    )
    if case.reply.action == "auto_reply" and best is not None:
        _send(case, work, ticket, best.phrase.body, best.phrase.id)
        case.say("reply.auto", Outcome.CHOSEN, phrase=best.phrase.id, confidence=confidence)
    else:
        case.say("reply.hand_over", Outcome.PASSED, reason=case.reply.reason)


def _is_wanted(work: Workspace, ticket: Ticket) -> bool:
    if is_with_bot(ticket):
        return False  # it is the bot who answers
    return work.policy.account(ticket.account).auto_reply and work.policy.queue(ticket.queue).auto_reply


def _obstacle(case: Case, work: Workspace, ticket: Ticket) -> str | None:
    if not case.is_human:
        return "not_human"
    if case.backlog:
        return "backlog"
    if case.silent or ticket.elsewhere or not ticket.is_live:
        return "elsewhere" if ticket.elsewhere else "forbidden"
    if ticket.replied_at is not None and ticket.replied_at >= case.occurred_at:
        return "answered"
    last = ticket.auto_replied_at
    if last is not None and case.occurred_at - last < work.policy.config.session_gap:
        return "session"
    sent = work.counter(daily_counter(case, work.keys))
    return "daily_limit" if sent >= work.policy.config.automatic_per_day else None


def _send(case: Case, work: Workspace, ticket: Ticket, body: str, phrase: str) -> None:
    said = Utterance(
        id=MessageId(work.ids.new(MESSAGE)),
        author=AuthorKind.BOT,
        author_id=phrase,
        parts=(TextPart(text=body),),
    )
    queue_reply(work, ticket, said)
    work.add(daily_counter(case, work.keys), 1, work.policy.config.automatic_per_day)
