"""From good cases to drafts, and from drafts that a person looked over to phrases and articles."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Final

from csdesk.domain.core.casework.tickets import happen
from csdesk.domain.core.knowledge import articles, library
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import AgentId, ArticleId, PhraseId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import ActorKind
from csdesk.domain.records.articles import SECTIONS, Article, ArticleQuestion
from csdesk.domain.records.customers import Customer
from csdesk.domain.records.exemplars import Exemplar, GoodCase, PersonalPart, Sign
from csdesk.domain.records.goals import GoalState
from csdesk.domain.records.messages import AuthorKind, Direction, Message
from csdesk.domain.records.phrases import LibraryPhrase, Variable, Wording
from csdesk.domain.records.tickets import Category, Ticket
from csdesk.domain.rules.values import is_number
from csdesk.domain.text.folding import fold
from csdesk.domain.text.mood import mood_of
from csdesk.domain.text.personal import PersonalSpot, personal_in
from csdesk.errors import InvalidInput, sentence

_TITLE: Final = 40
_LEAST_ID: Final = 5
"""Shorter ids of a provider stand in too many words."""
_GAP: Final = "…"
_TAKEN_OUT: Final = frozenset({"name", "mail", "number"})


def drafted(
    question: Message, answer: Message, customer: Customer | None, *, phrase: PhraseId, article: ArticleId
) -> Exemplar:
    """Drafts of a good answer, without what tells of its customer as far as that can be seen."""
    known = known_of(customer)
    text, variables = _opened(answer.text, known)
    asked = _gapped(question.text, known)
    made = LibraryPhrase(
        id=phrase,
        title=asked[:_TITLE],
        questions=(asked,),
        wordings=(Wording(text=text),),
        variables=variables,
        language=question.language,
        owner=answer.author_id or None,
    )
    told = ArticleQuestion(question=asked, answer=_gapped(answer.text, known))
    whole = Article(
        id=article,
        title=asked[:_TITLE],
        questions=(told,),
        language=question.language,
        owner=answer.author_id or None,
    )
    return Exemplar(
        phrase=made,
        article=whole,
        personal=(*personal_parts(_texts_of_phrase(made), known), *personal_parts(_texts_of_article(whole), known)),
    )


def known_of(customer: Customer | None) -> tuple[str, ...]:
    """What the desk knows of a customer that may stand in a text."""
    if customer is None:
        return ()
    name = (customer.name,) if customer.name else ()
    return (*name, *[one.external_id for one in customer.identities if len(one.external_id) >= _LEAST_ID])


def personal_parts(texts: Iterable[tuple[str, str]], known: Collection[str]) -> tuple[PersonalPart, ...]:
    """What may be personal in texts, each with the name of its field."""
    return tuple(
        PersonalPart(field=field, kind=spot.kind, text=text[spot.start : spot.end])
        for field, text in texts
        for spot in personal_in(text, known)
    )


def _texts_of_phrase(phrase: LibraryPhrase) -> Iterator[tuple[str, str]]:
    yield "title", phrase.title
    yield from ((f"questions.{at}", one) for at, one in enumerate(phrase.questions))
    yield from ((f"wordings.{at}", one.text) for at, one in enumerate(phrase.wordings))
    yield "rationale", phrase.rationale


def _texts_of_article(article: Article) -> Iterator[tuple[str, str]]:
    yield "title", article.title
    for section in SECTIONS:
        yield from ((f"{section}.{at}", text) for at, text in enumerate(article.texts(section)))


def _opened(text: str, known: Collection[str]) -> tuple[str, tuple[Variable, ...]]:
    """A text with variables where somebody's own values stood."""
    variables: list[Variable] = []
    safe = text.replace("{{", "{ {").replace("}}", "} }")

    def value(spot: PersonalSpot) -> str:
        if spot.kind == "name":
            if not any(one.name == "name" for one in variables):
                variables.append(Variable(name="name", source="customer.name"))
            return "{{ name }}"
        variables.append(Variable(name=f"value{len(variables) + 1}"))
        return f"{{{{ {variables[-1].name} }}}}"

    return _put_in(safe, known, value), tuple(variables)


def _gapped(text: str, known: Collection[str]) -> str:
    return _put_in(text.strip(), known, lambda _: _GAP)


def _put_in(text: str, known: Collection[str], value: Callable[[PersonalSpot], str]) -> str:
    parts: list[str] = []
    end = 0
    for spot in personal_in(text, known):
        if spot.kind in _TAKEN_OUT:
            parts += [text[end : spot.start], value(spot)]
            end = spot.end
    return "".join((*parts, text[end:]))


def promote(work: Workspace, ticket: Ticket, command: cmd.PromoteExemplar, _: str) -> None:
    """Keep what a person made of a good answer, and note where it comes from.

    Raises:
        NotFound: there is no such message.
        InvalidInput: the actor is no person, it is no answer of a person on this ticket, it was promoted before, or the
            words tell of the customer and ``override`` says no reason.
    """
    if command.actor.kind is not ActorKind.AGENT:
        raise InvalidInput("actor", "is no person", "pass the agent who looked it over")
    answer = work.message(command.message)
    if answer.ticket != ticket.id or not is_answer(answer):
        raise InvalidInput("message", "is no answer of a person on this ticket", "pass a reply that somebody wrote")
    key = work.keys.effect("promoted", answer.id)
    if key in work.claims:
        raise InvalidInput("message", "was promoted before", "change the phrase or article that was made of it")
    work.claim(key, answer.id)
    known = known_of(work.person(ticket.identity))
    if command.phrase is not None:
        _check_personal("phrase", _texts_of_phrase(command.phrase), known, command.override)
        put = cmd.PutPhrases(phrases=(command.phrase,), actor=command.actor)
        library.put_phrases(work, put)
        told = ev.ExemplarPromoted(message=answer.id, phrase=PhraseId(put.phrases[0].id), reason=command.override)
    else:
        assert command.article is not None, "the command has one of the two"
        _check_personal("article", _texts_of_article(command.article), known, command.override)
        kept = cmd.PutArticles(articles=(command.article,), actor=command.actor)
        articles.put_articles(work, kept)
        told = ev.ExemplarPromoted(message=answer.id, article=ArticleId(kept.articles[0].id), reason=command.override)
    happen(work, ticket.id, told)


def _check_personal(what: str, texts: Iterable[tuple[str, str]], known: Collection[str], override: str) -> None:
    parts = personal_parts(texts, known)
    if parts and not override.strip():
        first = parts[0]
        raise InvalidInput(
            f"{what}.{first.field}",
            sentence("holds what may be personal ({kind})", kind=first.kind),
            "take it out, or pass override= with the reason why it may stand there",
        )


def is_answer(message: Message) -> bool:
    """Whether a message is an answer that a person wrote."""
    return message.direction is Direction.OUT and message.author is AuthorKind.AGENT and bool(message.text.strip())


def case_of(ticket: Ticket, messages: Sequence[Message], rating: tuple[str, float] | None) -> GoodCase | None:
    """A ticket as a good case; None: it was not solved by a person at once, or went on after that.

    Args:
        ticket: a ticket.
        messages: all of its messages, oldest first.
        rating: the field in which the host notes ratings, and the least that is good.
    """
    if ticket.category not in (Category.RESOLVED, Category.CLOSED) or ticket.cycle > 1 or ticket.erased_at is not None:
        return None
    answers = [at for at, one in enumerate(messages) if is_answer(one)]
    asked = [at for at, one in enumerate(messages) if one.author is AuthorKind.CUSTOMER and one.text.strip()]
    before = [at for at in asked if answers and at < answers[-1]]
    if not before:
        return None
    answer = messages[answers[-1]]
    after = [messages[at].text for at in asked if at > answers[-1]]
    signs: dict[Sign, bool] = {
        "one_touch": len(answers) == 1 and not ticket.hand_offs,
        "kept": not ticket.hand_offs,
        "in_time": bool(ticket.clocks) and all(one.breached_at is None for one in ticket.clocks),
        "thanked": bool(after) and mood_of(fold(after[-1])) > 0,
        "rated": rating is not None and _rating(ticket, rating[0]) >= rating[1],
        "goal": ticket.goal is not None and ticket.goal.state is GoalState.REACHED,
    }
    return GoodCase(
        ticket=ticket,
        question=messages[before[-1]].id,
        answer=answer.id,
        agent=AgentId(answer.author_id or ""),
        signs=tuple(name for name, holds in signs.items() if holds),
    )


def _rating(ticket: Ticket, field: str) -> float:
    value = ticket.field(field)
    return float(value) if is_number(value) else float("-inf")
