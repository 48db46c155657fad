"""Suggestions on demand: outside the ingest commit, nothing is written. And sending one of them, filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from csdesk._nearest import nearest
from csdesk.domain.core.conversation import wording
from csdesk.domain.core.knowledge.askers import asker_of
from csdesk.domain.ids import phrase_id
from csdesk.domain.matching.book import Asker, phrase_of, preview_of
from csdesk.domain.matching.linting import Flaw
from csdesk.domain.matching.phrases import EXCLUSIONS, Context, excluded_by
from csdesk.domain.records.actors import Actor, ActorKind
from csdesk.domain.records.agents import Agent
from csdesk.domain.records.changes import Needs, Snapshot, person_behind
from csdesk.domain.records.channels import ReplyDecision
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.origins import Origin
from csdesk.domain.records.phrases import LibraryPhrase, Preview
from csdesk.domain.records.tickets import Ticket
from csdesk.domain.records.wording import WordingSpot
from csdesk.domain.text.templates import TemplateValue
from csdesk.errors import InvalidInput, NotFound, VersionConflict, sentence
from csdesk.flows.knowledge import meaning, products
from csdesk.flows.reading import checks
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Loaded


def for_text(text: str, context: Context, limit: int | None) -> Flow[ReplyDecision]:
    """The phrases that may answer a text."""
    scope = yield from steps.attempt(0)
    checks.a_text(text, "text")
    checks.an_instance(context, Context, "context")
    loaded = yield from steps.load(Needs(), phrases="learned")
    now = context.now or scope.now
    asker = Asker(context=replace(context, now=now, barred=context.barred | loaded.policy.barred(now)))
    assert loaded.phrases is not None, "the load asked for them"
    shown = yield from meaning.match(scope, loaded.phrases, text, _limit(limit, loaded), asker)
    return (yield from _with_articles(loaded.phrases.with_wishes(shown, text, asker)))


def _with_articles(decision: ReplyDecision) -> Flow[ReplyDecision]:
    """The suggestions with the articles they are taken from, as these are now; nothing is read where none is named."""
    links = [one.phrase.article for one in decision.suggestions]
    ids = tuple(dict.fromkeys(link.id for link in links if link is not None and link.id is not None))
    if not ids:
        return decision
    found = (yield from steps.load(Needs(articles=ids))).snapshot.articles
    suggestions = tuple(
        replace(one, article=found.get(link.id)) if link is not None and link.id is not None else one
        for one, link in zip(decision.suggestions, links, strict=True)
    )
    return replace(decision, suggestions=suggestions)


def _limit(limit: int | None, loaded: Loaded) -> int:
    return loaded.policy.config.reply.suggestions if limit is None else checks.a_number(limit, "limit", 1, 50)


def for_message(message_id: str, actor: Actor | None, limit: int | None, sku: str | None) -> Flow[ReplyDecision]:
    """The phrases that may answer a stored message; asked again, the work is not repeated.

    Raises:
        NotFound: this desk has no such message.
    """
    scope = yield from steps.attempt(0)
    needs = Needs(messages=(message_id,), agents=_agents(actor), parties=True)
    loaded = yield from steps.load(checks.needs(needs), phrases="learned")
    message = loaded.snapshot.messages.get(message_id)
    if message is None:
        raise NotFound("message", message_id)
    ticket = loaded.snapshot.tickets.get(message.ticket)
    if ticket is None:
        raise NotFound("ticket", message.ticket)
    assert loaded.phrases is not None, "the load asked for them"
    found = loaded.snapshot
    asker = asker_of(
        loaded.policy,
        ticket,
        _person(found, ticket),
        now=scope.now,
        language=message.language,
        agent=_agent(found, actor),
    )
    key = (message.id, message.version)
    shown = yield from meaning.match(scope, loaded.phrases, message.text, _limit(limit, loaded), asker, key)
    shown = loaded.phrases.with_wishes(shown, message.text, asker)
    shown = yield from _with_facts(shown, asker, _sku(sku, message.origin or ticket.origin))
    return (yield from _with_articles(shown))


def _sku(given: str | None, origin: Origin | None) -> str:
    """The product that it is about: the one that is named, or the one that the customer came from."""
    if given is not None:
        return checks.an_id(given, "sku")
    return origin.product if origin is not None else ""


def _with_facts(decision: ReplyDecision, asker: Asker, sku: str) -> Flow[ReplyDecision]:
    """The suggestions with facts of the product filled in; a shop that tells nothing leaves them open."""
    names = products.wanted_by(one.phrase for one in decision.suggestions)
    known = yield from products.known_sources(names, sku, asker.context.language)
    if not known:
        return decision
    richer = replace(asker, sources={**asker.sources, **known})
    filled = [replace(one, _preview=partial(preview_of, one.phrase, richer)) for one in decision.suggestions]
    return replace(decision, suggestions=tuple(filled))


def _agents(actor: Actor | None) -> tuple[str, ...]:
    if actor is not None:
        checks.an_instance(actor, Actor, "actor")
    return (actor.id,) if actor is not None and actor.kind is ActorKind.AGENT else ()


def _agent(found: Snapshot, actor: Actor | None) -> Agent | None:
    return found.agents.get(actor.id) if actor is not None else None


def _person(found: Snapshot, ticket: Ticket) -> Customer | None:
    return person_behind(ticket.identity, found.homes, found.customers)


def rendered(
    ticket_id: str,
    phrase: str,
    values: Mapping[str, TemplateValue] | None,
    actor: Actor,
    *,
    override: str = "",
    expected_version: int | None = None,
    sku: str | None = None,
) -> Flow[tuple[LibraryPhrase, str]]:
    """A phrase, and what it says to the customer of a ticket; ``override`` is why its conditions do not count.

    Raises:
        NotFound: this desk has no such ticket or phrase.
        VersionConflict: the phrase is not at ``expected_version``.
        InvalidInput: it has no wording for them, a variable has no value, the phrase has retired, or its conditions
            rule it out.
        ProductsUnavailable: it names facts of a product, and the shop told nothing usable.
    """
    found, about, asker = yield from _for_ticket(ticket_id, phrase, actor)
    if expected_version is not None and found.version != expected_version:
        raise VersionConflict("phrase", found.id, expected=expected_version, command="reply")
    if found.retired:
        raise InvalidInput("phrase", "has retired", "choose another, or let it come back")
    context = asker.context
    condition = excluded_by(phrase_of(found), context)
    if condition is not None and not override.strip():
        raise InvalidInput(
            "phrase",
            sentence("is not meant for this ticket: {condition}", condition=EXCLUSIONS[condition]),
            "choose another, or pass override= with the reason",
        )
    given = _values(found, values)
    known = yield from products.sources(products.wanted_by([found], given), _sku(sku, about.origin), context.language)
    text = found.render(
        found.values(given, {**asker.sources, **known}),
        language=context.language,
        channels=[one for one in (context.channel, context.account) if one],
        level=context.level,
    )
    return found, text


def preview(
    phrase: str, ticket_id: str, values: Mapping[str, TemplateValue] | None, actor: Actor | None, sku: str | None
) -> Flow[Preview]:
    """What a phrase would say to the customer of a ticket, as far as it can be filled in.

    Raises:
        NotFound: this desk has no such ticket or phrase.
        InvalidInput: a value is for a variable that the phrase has not.
    """
    found, about, asker = yield from _for_ticket(ticket_id, phrase, actor)
    context, given = asker.context, _values(found, values)
    known = yield from products.known_sources(
        products.wanted_by([found], given), _sku(sku, about.origin), context.language
    )
    return found.preview(
        found.values(given, {**asker.sources, **known}),
        language=context.language,
        channels=[one for one in (context.channel, context.account) if one],
        level=context.level,
    )


def _values(phrase: LibraryPhrase, values: Mapping[str, TemplateValue] | None) -> dict[str, TemplateValue]:
    given = dict(checks.pairs(values if values is not None else {}, "values"))
    names = [one.name for one in phrase.variables]
    for name in given:
        if name not in names:
            raise InvalidInput(
                "values", sentence("the phrase has no variable {name!r}", name=name), nearest(name, names)
            )
    return given


def _for_ticket(ticket_id: str, phrase: str, actor: Actor | None) -> Flow[tuple[LibraryPhrase, Ticket, Asker]]:
    scope = yield from steps.attempt(0)
    key = phrase_id(phrase)
    needs = Needs(tickets=(ticket_id,), phrases=(key,), agents=_agents(actor), parties=True)
    loaded = yield from steps.load(checks.needs(needs))
    ticket, found = loaded.snapshot.tickets.get(ticket_id), loaded.snapshot.phrases.get(key)
    if ticket is None:
        raise NotFound("ticket", ticket_id)
    if found is None:
        raise NotFound("phrase", key)
    agent = _agent(loaded.snapshot, actor)
    person = _person(loaded.snapshot, ticket)
    return found, ticket, asker_of(loaded.policy, ticket, person, now=scope.now, agent=agent)


def spots_in(text: str) -> Flow[tuple[WordingSpot, ...]]:
    """What the desk's policy on wording speaks against in a reply that is being written."""
    yield from steps.attempt(0)
    checks.a_text(text, "text")
    loaded = yield from steps.load(Needs(), phrases="held")
    policy = loaded.policy.config.wording
    book = loaded.phrases
    if book is None and policy.verbatim != "off" and loaded.snapshot.epochs.phrases:
        loaded = yield from steps.load(Needs(), phrases="yes")
        book = loaded.phrases
    return wording.spots_in(text, policy, book)


def flaws() -> Flow[tuple[Flaw, ...]]:
    """What should be mended in the library."""
    yield from steps.attempt(0)
    loaded = yield from steps.load(Needs(), phrases="yes")
    assert loaded.phrases is not None, "the load asked for them"
    return loaded.phrases.lint()
