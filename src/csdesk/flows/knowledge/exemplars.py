"""Good cases: found among finished tickets, drafted as phrases and articles, kept by a person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from csdesk.domain.core.knowledge.askers import asker_of
from csdesk.domain.core.knowledge.exemplars import case_of, drafted, is_answer
from csdesk.domain.ids import ARTICLE, COMMAND, PHRASE, ArticleId, PhraseId, TicketId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.articles import Article
from csdesk.domain.records.changes import Needs, person_behind
from csdesk.domain.records.exemplars import SIGNS, Exemplar, GoodCase, Sign
from csdesk.domain.records.messages import AuthorKind, Direction, Message
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.domain.records.tickets import Category, Ticket
from csdesk.domain.rules.values import is_number
from csdesk.errors import InvalidInput, NotFound, sentence
from csdesk.flows.commands import execute
from csdesk.flows.reading import checks
from csdesk.flows.reading.known_names import listed
from csdesk.flows.reading.lists import everything, filters, page_of
from csdesk.ports import steps
from csdesk.ports.steps import Flow
from csdesk.ports.store import Page, Query

_NEAR = 0.3


def draft_of(message_id: str) -> Flow[Exemplar]:
    """Drafts made from a person's answer and the question before it.

    The customer's name becomes a variable, and so does each mail address or long number, so that nothing of one
    customer is told to another; what else looks personal is pointed out.

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
    if not is_answer(answer):
        raise InvalidInput("message", "is no answer of a person", "pass a reply that somebody wrote")
    question = yield from _before(answer)
    ticket = found.tickets[answer.ticket]
    customer = person_behind(ticket.identity, found.homes, found.customers)
    phrase, article = PhraseId(scope.ids.new(PHRASE)), ArticleId(scope.ids.new(ARTICLE))
    draft = drafted(question, answer, customer, phrase=phrase, article=article)
    assert loaded.phrases is not None, "the load asked for them"
    asker = asker_of(loaded.policy, ticket, customer, now=scope.now, language=question.language)
    near = loaded.phrases.match(question.text, loaded.policy.config.reply.suggestions, asker)
    similar = tuple(PhraseId(one.phrase.id) for one in near.suggestions if one.confidence >= _NEAR)
    return replace(draft, similar=similar)


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


def promote(
    message_id: str,
    made: LibraryPhrase | Article,
    actor: Actor,
    override: str,
    idempotency_key: str | None,
) -> Flow[None]:
    """Keep what a person made of a good answer.

    Raises:
        NotFound: this desk has no such message.
        InvalidInput: the actor is no person, it is no answer of a person, it was promoted before, or the words may be
            personal and ``override`` says no reason.
    """
    scope = yield from steps.attempt(0)
    found = (yield from steps.load(checks.needs(Needs(messages=(message_id,))))).snapshot.messages.get(message_id)
    if found is None:
        raise NotFound("message", message_id)
    command = cmd.PromoteExemplar(
        ticket=found.ticket,
        message=found.id,
        phrase=made if isinstance(made, LibraryPhrase) else None,
        article=made if isinstance(made, Article) else None,
        override=checks.a_text(override, "override"),
        actor=actor,
        idempotency_key=idempotency_key,
    )
    yield from execute(command, scope.ids.new(COMMAND))


def good_cases(
    *,
    signs: Iterable[str],
    rating: tuple[str, float] | None,
    queue: str | None,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    cursor: str | None,
) -> Flow[Page[GoodCase]]:
    """Finished tickets that went well, the latest first; a page holds fewer where others did not.

    Raises:
        InvalidInput: an unknown sign or queue, a rating that is none, or an instant that is naive.
    """
    wanted = _signs(signs)
    checks.a_number(limit, "limit", 1, 200)
    if rating is not None and not _is_rating(rating):
        raise InvalidInput("rating", "is no pair of a field and a number", "pass for example ('csat', 4)")
    if "rated" in wanted and rating is None:
        raise InvalidInput("rating", "is not said", "name the field with the least that is good: rating=('csat', 4)")
    query = Query(
        kind="ticket",
        where=filters(category=(Category.RESOLVED.value, Category.CLOSED.value), queue=queue),
        since=since,
        until=until,
        order="updated_at",
        descending=True,
        limit=limit,
        after=cursor,
    )
    page = yield from listed(Ticket, query)
    told = yield from _messages(page.items)
    cases = [case_of(one, told.get(one.id, []), rating) for one in page.items]
    kept = [one for one in cases if one is not None and wanted <= set(one.signs)]
    return Page((yield from _judged(kept)), page.cursor)


def _signs(given: Iterable[str]) -> set[Sign]:
    wanted = set(checks.several(given, "signs"))
    unknown = sorted(map(str, wanted - set(SIGNS)))
    if unknown:
        raise InvalidInput(
            "signs", sentence("unknown sign {name!r}", name=unknown[0]), sentence("use {names}", names=SIGNS)
        )
    return wanted  # type: ignore[return-value]  # just looked at


def _is_rating(given: object) -> bool:
    if not isinstance(given, tuple) or len(given) != 2:
        return False
    field, least = given
    return isinstance(field, str) and is_number(least)


def _messages(tickets: Collection[Ticket]) -> Flow[Mapping[TicketId, list[Message]]]:
    """The messages of tickets, oldest first."""
    found: dict[TicketId, list[Message]] = {}
    if tickets:
        where = (("ticket", tuple(str(one.id) for one in tickets)),)
        query = Query(kind="message", where=where, order="occurred_at", limit=1000)
        for message in (yield from everything(Message, query)):
            found.setdefault(message.ticket, []).append(message)
    return found


def _judged(cases: list[GoodCase]) -> Flow[tuple[GoodCase, ...]]:
    """Without those that were found wrong; and which were promoted before."""
    if not cases:
        return ()
    scope = yield from steps.attempt(0)
    wrong = {one.answer: scope.keys.effect("corrected", one.answer) for one in cases}
    kept = {one.answer: scope.keys.effect("promoted", one.answer) for one in cases}
    claims = (yield from steps.load(Needs(claims=(*wrong.values(), *kept.values())))).snapshot.claims
    return tuple(replace(one, promoted=kept[one.answer] in claims) for one in cases if wrong[one.answer] not in claims)
