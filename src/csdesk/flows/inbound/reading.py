"""Step 5: what it says: its language, its folded text, and the tags that its words bring."""

from __future__ import annotations

from csdesk.domain.core.tickets import tag
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.records.tags import TagSource
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.trace import Outcome
from csdesk.domain.text.folding import fold
from csdesk.domain.text.scripts import language_of
from csdesk.flows.inbound.case import Case

MOST_READ = 65_536
"""How many characters of a message are read for tags, rules and answers."""


def read(case: Case, work: Workspace, ticket: Ticket) -> Ticket:
    """Fold the text, tell its language, put tags by keyword."""
    message = case.message
    case.folded_text = fold(message.text[:MOST_READ])
    case.folded = f"{fold(message.subject)} {case.folded_text}".strip() if message.subject else case.folded_text
    case.language = message.language or language_of(message.text[:MOST_READ]) or ticket.language
    if not case.is_human:
        return ticket
    names = work.policy.tags_in(case.folded)
    if names:
        case.say("read.tags", Outcome.PASSED, tags=",".join(names))
        return tag(work, ticket, names, TagSource.RULE)
    return ticket
