"""Step 5: what it says: its language, its folded text, and the tags that its words bring."""

from __future__ import annotations

from csdesk.domain.core.casework.tickets import tag
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.policy.compiled import Wish
from csdesk.domain.records import events as ev
from csdesk.domain.records.tags import TagAssignment, TagSource
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Outcome
from csdesk.domain.text.folding import fold
from csdesk.flows.inbound.case import Case

MOST_READ = 65_536
"""How many characters of a message are read for tags, rules and answers."""


def read(case: Case, work: Workspace, ticket: Ticket) -> Ticket:
    """Fold the text, tell its language, put tags by keyword."""
    policy, subject = work.policy, case.message.subject
    case.folded_text = text = fold(case.message.text[:MOST_READ])
    case.language = case.spoken() or ticket.language
    if not case.is_human:
        return ticket
    if subject and (policy.has_tag_words or not text):
        text = f"{fold(subject)} {text}".strip()
    wish = policy.wish_in(case.folded_text or text)
    if wish is not None:
        _note_wish(case, work, wish)
    names = policy.tags_in(text) if policy.has_tag_words else ()
    if names:
        case.say("read.tags", Outcome.PASSED, tags=",".join(names))
        return tag(work, ticket, names, TagSource.RULE)
    return ticket


def _note_wish(case: Case, work: Workspace, wish: Wish) -> None:
    """Let the customer out of messages that nobody asked for, or in again."""
    assert case.customer is not None
    customer = work.customer(case.customer)
    held = {one.name for one in customer.tags}
    changes = False
    if wish.adds and wish.adds not in held:
        assignment = TagAssignment(name=wish.adds, source=TagSource.RULE, at=case.received_at)
        work.emit(customer.id, ev.CustomerTagged(tags=(assignment,)))
        changes = True
    if wish.removes in held:
        work.emit(customer.id, ev.CustomerUntagged(tag=wish.removes))
        changes = True
    if changes and wish.is_out:
        case.say("contact.opted_out", Outcome.NOTED, tag=wish.adds)
    elif changes:
        case.say("contact.opted_in", Outcome.NOTED, tag=wish.adds or wish.removes)
