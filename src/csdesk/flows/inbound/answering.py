"""Step 9: whether the desk answers by itself. Only where account, queue and phrase allow it, once in a session.

A question that comes back after such an answer counts as unresolved, and is left to people.

Never to machines, never to backlog, never more than ``automatic_per_day`` to one sender: so no loop can start. The
clocks that wait for a person keep running.
"""

from __future__ import annotations

from typing import Final

from csdesk.domain.core.casework.after_hours import closed_at, say_closed
from csdesk.domain.core.casework.leases import is_with_bot
from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.core.conversation.outbound import Utterance, queue_reply
from csdesk.domain.core.conversation.sessions import go_on
from csdesk.domain.core.knowledge.askers import asker_of
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MESSAGE, MessageId, PhraseId
from csdesk.domain.matching.book import PhraseBook
from csdesk.domain.policy.closing import Closed
from csdesk.domain.policy.compiled import Policy
from csdesk.domain.records import events as ev
from csdesk.domain.records.channels import ReplyDecision
from csdesk.domain.records.messages import AuthorKind, TextPart
from csdesk.domain.records.phrases import usage_counter
from csdesk.domain.records.tickets import LinkKind, Ticket
from csdesk.domain.records.trace import Outcome
from csdesk.domain.text.folding import fold
from csdesk.domain.text.unsolved import says_unsolved
from csdesk.flows.inbound.case import Case

_READ: Final = 500
"""How much of a message is read for words that say the answer did not help."""


def daily_counter(case: Case, keys: ClaimKeys) -> str:
    """The counter of automatic answers to this sender on this day (UTC)."""
    sender = case.message.sender
    return keys.automatic(sender.kind, sender.scope, sender.external_id, case.received_at.date())


def may_answer(policy: Policy, account: str) -> bool:
    """True if the desk may answer messages of that account by itself, so that its answers have to be counted."""
    return policy.rules.replies or bool(policy.closings) or policy.account(account).auto_reply


def answer(case: Case, work: Workspace, ticket: Ticket, phrases: PhraseBook | None) -> None:
    """Decide about an automatic answer, and queue it if there is a sure one; a closed queue says when it opens."""
    wanted = phrases is not None and _is_wanted(work, ticket)
    closed = closed_at(work, ticket) if work.policy.closings and not is_with_bot(ticket) else None
    if not wanted and closed is None:
        return
    ticket = _in_session(case, work, ticket)
    if wanted and phrases is not None:
        _answer(case, work, ticket, phrases)
    if closed is not None:
        _say_closed(case, work, work.ticket(ticket.id), closed)


def _say_closed(case: Case, work: Workspace, ticket: Ticket, closed: Closed) -> None:
    obstacle = _obstacle(case, work, ticket)
    if obstacle is not None:
        case.say("closed.skipped", Outcome.SKIPPED, queue=ticket.queue, reason=obstacle)
    elif say_closed(work, ticket, closed):
        work.add(daily_counter(case, work.keys), 1, work.policy.config.automatic_per_day)


def _answer(case: Case, work: Workspace, ticket: Ticket, phrases: PhraseBook) -> None:
    obstacle = _obstacle(case, work, ticket)
    asks_again = _may_have_returned(case, work, ticket)
    if obstacle is not None and not asks_again:
        case.say("reply.skipped", Outcome.SKIPPED, reason=obstacle)
        return
    decision = _decided(case, work, ticket, phrases)
    if asks_again and _returned(case, work, ticket, decision):
        # Whoever asks again was not helped: the same answer would not help either.
        obstacle = obstacle or "returned"
    if obstacle is not None:
        case.say("reply.skipped", Outcome.SKIPPED, reason=obstacle)
        return
    case.reply = decision
    best = decision.suggestions[0] if decision.suggestions else None
    phrase = PhraseId(best.phrase.id) if best is not None else None
    confidence = round(best.confidence, 4) if best is not None else 0.0
    work.emit(
        ticket.id,
        ev.ReplyDecided(
            message=case.id,
            action=decision.action,
            phrase=phrase,
            confidence=confidence,
            learned=decision.learned,
            trained=decision.trained,
        ),
    )
    if decision.action == "auto_reply" and best is not None:
        _send(case, work, ticket, best.text, best.phrase.id)
        case.say("reply.auto", Outcome.CHOSEN, phrase=best.phrase.id, confidence=confidence)
    else:
        case.say("reply.hand_over", Outcome.PASSED, reason=decision.reason)


def _is_wanted(work: Workspace, ticket: Ticket) -> bool:
    if is_with_bot(ticket):
        return False  # it is the bot who answers
    return work.policy.account(ticket.account).auto_reply and work.policy.queue(ticket.queue).auto_reply


def _in_session(case: Case, work: Workspace, ticket: Ticket) -> Ticket:
    """The ticket with what its session knows: a silence ends it, and a later ticket of the conversation goes on in it.

    A session is a conversation's messages until nobody has said anything for ``session_gap``, or the channel ends it.
    """
    gap = work.policy.config.session_gap
    before = case.before if case.before is not None else _earlier(work, ticket)
    if before is None or before.auto_replied_at is None or before.session_over:
        return ticket
    spoken = (before.customer_at, before.replied_at, before.auto_replied_at)
    is_over = case.occurred_at - max(at for at in spoken if at is not None) >= gap
    if case.before is not None:
        if is_over:
            work.emit(ticket.id, ev.SessionBegan())
    elif not is_over:
        go_on(work, before, ticket)
    return work.ticket(ticket.id)


def _earlier(work: Workspace, ticket: Ticket) -> Ticket | None:
    """The ticket that had the conversation before this one, which follows it up."""
    for link in ticket.links:
        found = work.find(link.ticket) if link.kind is LinkKind.FOLLOW_UP_OF else None
        if isinstance(found, Ticket) and (found.account, found.conversation) == (ticket.account, ticket.conversation):
            return found
    return None


def _obstacle(case: Case, work: Workspace, ticket: Ticket) -> str | None:
    if not case.is_human:
        return "not_human"
    if case.backlog:
        return "backlog"
    if case.silent or ticket.elsewhere or not ticket.is_live:
        return "elsewhere" if ticket.elsewhere else "forbidden"
    if ticket.replied_at is not None and ticket.replied_at >= case.occurred_at:
        return "answered"
    if ticket.auto_replied_at is not None and not ticket.session_over:
        return "session"
    sent = work.counter(daily_counter(case, work.keys))
    return "daily_limit" if sent >= work.policy.config.automatic_per_day else None


def _decided(case: Case, work: Workspace, ticket: Ticket, phrases: PhraseBook) -> ReplyDecision:
    policy = work.policy.config.reply
    person = work.person(ticket.identity)
    asker = asker_of(work.policy, ticket, person, now=case.occurred_at, language=case.language)
    return phrases.decide(
        case.message.text,
        asker,
        threshold=policy.threshold,
        margin=policy.margin,
        floor=policy.floor,
        limit=policy.suggestions,
    )


def _may_have_returned(case: Case, work: Workspace, ticket: Ticket) -> bool:
    """Whether a person's message comes soon after an answer that nobody has added to since."""
    known = ticket.deflection
    if known is None or known.returned_at is not None or not case.is_human:
        return False
    soon = case.occurred_at - known.at <= work.policy.config.reply.returns_within
    return soon and (ticket.replied_at is None or ticket.replied_at <= known.at)


def _returned(case: Case, work: Workspace, ticket: Ticket, decision: ReplyDecision) -> bool:
    """Record it if the message asks for what the phrase had answered, or says that it did not help."""
    known = ticket.deflection
    assert known is not None, "only what was answered returns"
    said = says_unsolved(fold(case.message.text[:_READ]))
    if not said and (decision.action == "hand_over" or decision.suggestions[0].phrase.id != known.phrase):
        return False
    work.emit(ticket.id, ev.QuestionReturned(message=case.id, phrase=known.phrase, said=said))
    work.add(usage_counter(known.phrase, "returned"), 1)
    if said:
        case.say("reply.unsolved", Outcome.NOTED, phrase=known.phrase)
    else:
        case.say("reply.returned", Outcome.NOTED, phrase=known.phrase)
    return True


def _send(case: Case, work: Workspace, ticket: Ticket, text: str, phrase: str) -> None:
    said = Utterance(
        id=MessageId(work.ids.new(MESSAGE)),
        author=AuthorKind.BOT,
        author_id=phrase,
        parts=(TextPart(text=text),),
    )
    queue_reply(work, ticket, said)
    work.add(usage_counter(phrase, "auto_sent"), 1)
    work.add(daily_counter(case, work.keys), 1, work.policy.config.automatic_per_day)
