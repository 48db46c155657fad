"""From a good answer to a draft of a phrase: nothing is stored, a person looks it over first."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from csdesk.domain.core.askers import asker_of
from csdesk.domain.ids import PHRASE, PhraseId
from csdesk.domain.records.changes import Needs, person_behind
from csdesk.domain.records.messages import AuthorKind, Direction, Message
from csdesk.domain.records.phrases import LibraryPhrase, Variable, Wording
from csdesk.errors import InvalidInput, NotFound
from csdesk.flows import checks
from csdesk.flows.lists import page_of
from csdesk.ports import steps
from csdesk.ports.steps import Flow
from csdesk.ports.store import Query

_TITLE: Final = 40
_NEAR: Final = 0.3
_CONTACT: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<!\d)\+?\d[\d -]{6,}\d(?!\d)")
"""Addresses, and numbers long enough to be somebody's: of a phone, an order, a card."""


@dataclass(frozen=True, slots=True)
class Exemplar:
    """A draft of a phrase, made from an answer that was good.

    Attributes:
        phrase: the draft, under a fresh id; look it over, then give it to ``desk.replies.import_``.
        similar: phrases of the library that may answer the question already, best first.
    """

    phrase: LibraryPhrase
    similar: tuple[PhraseId, ...]


def draft_of(message_id: str) -> Flow[Exemplar]:
    """A draft made from a person's answer and the question before it.

    The customer's name becomes a variable, and so does each address or long number, so that nothing of one customer
    is told to another; what else is personal, whoever keeps the draft has to see.

    Raises:
        NotFound: this desk has no such message.
        InvalidInput: it is no answer of a person, or answers nothing.
    """
    scope = yield from steps.attempt(0)
    loaded = yield from steps.load(checks.needs(Needs(messages=(message_id,), parties=True)), phrases="yes")
    found = loaded.snapshot
    answer = found.messages.get(message_id)
    if answer is None:
        raise NotFound("message", message_id)
    if answer.author is not AuthorKind.AGENT or answer.direction is not Direction.OUT or not answer.text.strip():
        raise InvalidInput("message", "is no answer of a person", "pass a reply that somebody wrote")
    question = yield from _before(answer)
    ticket = found.tickets[answer.ticket]
    customer = person_behind(ticket.identity, found.homes, found.customers)
    name = customer.name if customer is not None else ""
    text, variables = _opened(answer.text, name)
    asked, _ = _opened(question.text, name, mark="…")
    draft = LibraryPhrase(
        id=scope.ids.new(PHRASE),
        title=asked.strip()[:_TITLE],
        questions=(asked.strip(),),
        wordings=(Wording(text=text),),
        variables=variables,
        language=question.language,
        owner=answer.author_id or None,
    )
    assert loaded.phrases is not None, "the load asked for them"
    asker = asker_of(ticket, customer, now=scope.now, language=question.language)
    near = loaded.phrases.match(question.text, loaded.policy.config.reply.suggestions, asker)
    similar = tuple(PhraseId(one.phrase.id) for one in near.suggestions if one.confidence >= _NEAR)
    return Exemplar(draft, similar)


def _before(answer: Message) -> Flow[Message]:
    """The customer's last words before an answer."""
    where = (("ticket", str(answer.ticket)), ("direction", Direction.IN.value))
    query = Query(kind="message", where=where, order="occurred_at", descending=True, limit=100)
    while True:
        page = yield from page_of(Message, query)
        for one in page.items:
            is_before = (one.occurred_at, one.id) < (answer.occurred_at, answer.id)
            if is_before and one.author is AuthorKind.CUSTOMER and one.text.strip():
                return one
        if page.cursor is None:
            raise InvalidInput("message", "answers nothing that a customer wrote", "pass an answer to a question")
        query = replace(query, after=page.cursor)


def _opened(text: str, name: str | None, *, mark: str = "") -> tuple[str, tuple[Variable, ...]]:
    """A text with places where somebody's own values stood; with ``mark`` that stands there instead."""
    variables: list[Variable] = []
    safe = text.replace("{{", "{ {").replace("}}", "} }")
    if name and len(name) > 1 and name in safe:
        safe = safe.replace(name, mark or "{{ name }}")
        variables.append(Variable(name="name", source="customer.name"))

    def value(_: re.Match[str]) -> str:
        if mark:
            return mark
        variables.append(Variable(name=f"value{len(variables) + 1}"))
        return f"{{{{ {variables[-1].name} }}}}"

    opened = _CONTACT.sub(value, safe)
    return opened, () if mark else tuple(variables)
