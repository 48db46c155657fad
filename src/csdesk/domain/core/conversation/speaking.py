"""What rules and macros say to customers: words, phrases of the library, templates of the provider.

A rule speaks only where its allowance says so (an automatic answer to this sender, counted by the day), a person as in
any reply of theirs. Window, consent and quiet hours are looked at when it is sent.
"""

from __future__ import annotations

from typing import Final

from csdesk.domain.core.conversation import watching
from csdesk.domain.core.conversation.outbound import Utterance, queue_reply
from csdesk.domain.core.knowledge.askers import asker_of, sources_of
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MESSAGE, MessageId, PhraseId
from csdesk.domain.matching.book import phrase_of
from csdesk.domain.matching.phrases import EXCLUSIONS, excluded_by
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor, ActorKind
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.messages import AuthorKind, Part, Purpose, TemplatePart, TemplateValue
from csdesk.domain.records.phrases import SOURCES, LibraryPhrase, usage_counter
from csdesk.domain.records.tickets import Category, Ticket
from csdesk.domain.rules.actions import SendTemplate
from csdesk.domain.text.templates import plain
from csdesk.errors import InvalidInput, sentence

_AUTHORS: Final = {ActorKind.AGENT: AuthorKind.AGENT, ActorKind.BOT: AuthorKind.BOT}


def utterance(
    work: Workspace, by: str, person: Actor | None, parts: tuple[Part, ...], purpose: Purpose = Purpose.SERVICE
) -> Utterance:
    """What the rule ``by`` says, or the person who runs a macro."""
    return Utterance(
        id=MessageId(work.ids.new(MESSAGE)),
        author=AuthorKind.BOT if person is None else _AUTHORS.get(person.kind, AuthorKind.SYSTEM),
        author_id=by if person is None else person.id,
        parts=parts,
        purpose=purpose,
    )


def speak(work: Workspace, ticket: Ticket, said: Utterance, *, allowance: str | None, by_rule: bool) -> None:
    """Queue something for the customer.

    Raises:
        InvalidInput: the ticket was merged; or a rule may not speak here, or not today any more.
        WordingRefused: the policy on wording speaks against the words of a person.
    """
    if ticket.category is Category.MERGED:
        raise InvalidInput("reply", "the ticket was merged", "reply on its survivor")
    if by_rule:
        _count(work, ticket, allowance)
    spots = watching.checked(work, said.parts, subject=said.subject) if said.author is AuthorKind.AGENT else ()
    queue_reply(work, ticket, said)
    watching.tell(work, ticket.id, said.id, spots)


def _count(work: Workspace, ticket: Ticket, allowance: str | None) -> None:
    if allowance is None:
        raise InvalidInput("reply", "no person's message is answered here", "use rules on messages or on time")
    if ticket.elsewhere:
        raise InvalidInput("reply", "somebody has the conversation on the channel's own side", "leave it to them")
    customer = work.person(ticket.identity)
    if customer is not None and customer.is_blocked(work.time_of(ticket.id)):
        raise InvalidInput("reply", "the customer is blocked", "leave it to people")
    limit = work.policy.config.automatic_per_day
    if work.counter(allowance) >= limit:
        raise InvalidInput("reply", "this sender has had today's automatic replies", "raise automatic_per_day")
    work.add(allowance, 1, limit)


def filled_in(work: Workspace, ticket: Ticket, phrase: str, person: Actor | None) -> tuple[LibraryPhrase, str]:
    """A phrase, and what it says to the customer of a ticket.

    Raises:
        InvalidInput: there is none, it is not for this ticket, or a variable has no value.
    """
    found = work.find(phrase)
    if not isinstance(found, LibraryPhrase) or found.retired:
        raise InvalidInput("phrase", "is not in the library, or has retired", "name one that is")
    agent = work.find(person.id) if person is not None else None
    asker = asker_of(
        work.policy,
        ticket,
        work.person(ticket.identity),
        now=work.time_of(ticket.id),
        agent=agent if isinstance(agent, Agent) else None,
    )
    context = asker.context
    condition = excluded_by(phrase_of(found), context)
    if condition is not None:
        raise InvalidInput(
            "phrase",
            sentence("is not meant for this ticket: {condition}", condition=EXCLUSIONS[condition]),
            "ask for it in the condition",
        )
    text = found.render(
        found.values({}, asker.sources),
        language=context.language,
        channels=[one for one in (context.channel, context.account) if one],
        level=context.level,
    )
    return found, text


def note_use(work: Workspace, ticket: Ticket, phrase: LibraryPhrase, message: MessageId, *, by_rule: bool) -> None:
    """Record that a phrase was sent."""
    link = phrase.article is not None and bool(phrase.article.url)
    used = ev.PhraseUsed(message=message, phrase=PhraseId(phrase.id), question=ticket.customer_message, link=link)
    work.emit(ticket.id, used)
    work.add(usage_counter(phrase.id, "auto_sent" if by_rule else "sent"), 1)


def template_of(work: Workspace, ticket: Ticket, action: SendTemplate) -> TemplatePart:
    """A template with its places filled.

    Raises:
        InvalidInput: the desk knows nothing to put into one of them.
    """
    known = sources_of(work.policy, ticket, work.person(ticket.identity))
    body = tuple(TemplateValue(text=_value(known, one, place)) for place, one in enumerate(action.body))
    return TemplatePart(name=action.name, locale=action.locale, text=action.text, body=body)


def _value(known: dict[str, object], name: str, place: int) -> str:
    if name not in SOURCES and not name.startswith(("ticket.x.", "customer.x.")):
        return name
    value = known.get(name)
    if value is None or value == "":
        raise InvalidInput(
            f"body.{place}", sentence("nothing is known as {name}", name=name), "ask for it in the condition"
        )
    return plain(value)
