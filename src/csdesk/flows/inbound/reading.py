"""Step 5: what it says: its language, its folded text, and the tags that its words bring."""

from __future__ import annotations

from typing import Literal

from csdesk.domain.core.tickets import tag
from csdesk.domain.core.workspace import Workspace
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


def _note_wish(case: Case, work: Workspace, wish: Literal["out", "in"]) -> None:
    """Let the customer out of automatic messages, or in again."""
    assert case.customer is not None
    customer, name = work.customer(case.customer), work.policy.config.contact.opt_out_tag
    held = any(one.name == name for one in customer.tags)
    if wish == "out" and not held:
        assignment = TagAssignment(name=name, source=TagSource.RULE, at=case.received_at)
        work.emit(customer.id, ev.CustomerTagged(tags=(assignment,)))
        case.say("contact.opted_out", Outcome.NOTED)
    elif wish == "in" and held:
        work.emit(customer.id, ev.CustomerUntagged(tag=name))
        case.say("contact.opted_in", Outcome.NOTED)
