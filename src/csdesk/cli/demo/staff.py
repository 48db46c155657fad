"""The people of the shop, simulated: they take the oldest ticket that waits for them and answer it.

They look at what the desk suggests first; where it is not sure enough they write by hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from csdesk.cli.demo import giving
from csdesk.desk.shell import Desk
from csdesk.domain.ids import AgentId
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.agents import Agent, Presence, Skill
from csdesk.domain.records.channels import ReplyDecision, Suggestion
from csdesk.domain.records.messages import Message
from csdesk.domain.records.tickets import Category, Ticket, WorkerKind

SURE: Final = 0.4
"""The confidence from which a suggestion is taken by a person who has read it."""

_BY_HAND: Final = {
    "zh": (
        "您好，已经收到您的问题，我这边马上核实，稍后回复您。",
        "不好意思让您久等了，我查了一下订单，已经为您登记处理。",
        "您好，这个情况我已经转给同事跟进，今天内给您答复。",
    ),
    "en": (
        "Thank you for writing. I am looking into it now and will come back to you shortly.",
        "Sorry that you had to wait. I have checked your order and taken care of it.",
        "Thank you. A colleague is on it, and you will hear from us today.",
    ),
}

_THANKS: Final = ("谢谢", "thanks")
_LONGEST_THANKS: Final = 15
"""A message that thanks and says hardly anything else wants no answer."""

_WAITING: Final = (Category.NEW, Category.OPEN)


@dataclass(frozen=True, slots=True)
class Seat:
    """A place at the desk: who sits there, for which queues, how many tickets in ten minutes."""

    name: str
    queues: tuple[str, ...]
    languages: tuple[str, ...]
    pace: int
    lunch: int
    """The minute of the day at which lunch begins; it takes an hour."""
    grade: int = 1
    refunds: int = 0
    """The level at which they settle refunds; 0: not at all."""
    shift: str = ""
    """The calendar they work by; empty: the hours of their queue."""


SEATS: Final = (
    Seat("Maple 枫", ("pre-sale", "general"), ("zh", "en"), 4, 12 * 60),
    Seat("Willow 柳", ("pre-sale",), ("zh",), 3, 12 * 60, shift="early"),
    Seat("Cedar 松", ("after-sale",), ("zh", "en"), 3, 12 * 60, 3, 3),
    Seat("Plum 梅", ("after-sale",), ("zh",), 2, 12 * 60 + 30, 1, 1),
    Seat("Bamboo 竹", ("general", "pre-sale"), ("zh", "en"), 4, 13 * 60, 2),
    Seat("Orchid 兰", ("after-sale", "general"), ("zh", "en"), 2, 13 * 60, 2, 2),
)

_LEAD: Final = "Cedar 松"
"""Who approves what others may not give by themselves."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the desk suggested for one question, why, and what became of it."""

    question: str
    phrase: str
    language: str
    confidence: float
    because: tuple[str, ...]
    article: str
    is_taken: bool


MOST_SHOWN: Final = 2
"""How many suggestions of each fate and language are told of."""

NEWS: Final = 0.98
"""Surer than this are the samples themselves, said again: finding them is no news."""


class Staff:
    """The people at work."""

    def __init__(self, desk: Desk, random: Random) -> None:
        self._desk = desk
        self._random = random
        self._seen: dict[tuple[bool, str], Shown] = {}
        self.articles: Counter[str] = Counter()
        """How often a suggestion rested on an article, by its title."""
        self.agents = {
            seat.name: desk.agents.add(
                seat.name,
                queues=seat.queues,
                languages=seat.languages,
                capacity=30,
                grade=seat.grade,
                shift=seat.shift,
                skills=(Skill(name="refund", level=seat.refunds),) if seat.refunds else (),
            )
            for seat in SEATS
        }

    def id_of(self, name: str) -> AgentId:
        """The id of the agent of that name."""
        return self.agents[name].id

    def work(self, minute: int, questions: dict[str, Message]) -> None:
        """Everybody does what fits into one slot; ``questions`` holds the last words of each ticket's customer."""
        self._look_over()
        giving.approve(self._desk, self.id_of(_LEAD))
        for seat in SEATS:
            agent = self.agents[seat.name]
            if not self._is_there(seat, agent, minute):
                continue
            self._answer_offers(agent)
            waiting = self._desk.tickets.list(
                assignee=agent.id, category=_WAITING, order="id", descending=False, limit=seat.pace + 5
            )
            for ticket in self._chosen(waiting.items, seat.pace):
                self._handle(ticket, agent, questions)

    def _answer_offers(self, agent: Agent) -> None:
        """Most offers are taken; now and then somebody leaves one to the others."""
        for ticket in self._desk.tickets.list(offered_to=agent.id, limit=20).items:
            if ticket.saved_with is not None:
                continue  # it comes by itself as soon as there is room
            if self._random.random() < 0.95:
                self._desk.tickets.accept(ticket.id, actor=Actor.agent(agent.id))
            else:
                self._desk.tickets.decline(ticket.id, actor=Actor.agent(agent.id), reason="in the middle of something")

    def _look_over(self) -> None:
        """Somebody reads what the bot has answered since the last slot, and ends what needs no more."""
        actor = Actor.agent(self.agents[SEATS[0].name].id)
        for ticket in self._desk.tickets.list(queue="pre-sale", category=Category.NEW, limit=200).items:
            has_bot = ticket.worker is not None and ticket.worker.kind is WorkerKind.BOT
            if has_bot and ticket.auto_replied_at is not None:
                self._desk.tickets.set_status(ticket.id, "resolved", actor=actor, reason="answered by the bot")

    def _is_there(self, seat: Seat, agent: Agent, minute: int) -> bool:
        at_lunch = seat.lunch <= minute < seat.lunch + 60
        wanted = Presence.AWAY if at_lunch else Presence.ONLINE
        if agent.presence is not wanted:
            self.agents[seat.name] = self._desk.agents.set_presence(agent.id, wanted)
        return not at_lunch

    def _chosen(self, waiting: tuple[Ticket, ...], pace: int) -> Iterator[Ticket]:
        open_ones = sorted(waiting, key=lambda one: (-one.priority, one.created_at))
        yield from open_ones[: max(0, pace - (self._random.random() < 0.3))]

    def _handle(self, ticket: Ticket, agent: Agent, questions: dict[str, Message]) -> None:
        actor = Actor.agent(agent.id)
        question = questions.get(ticket.id)
        if question is None:
            return
        if ticket.auto_replied_at is not None and self._random.random() < 0.6:
            self._desk.tickets.set_status(ticket.id, "resolved", actor=actor, reason="answered automatically")
            return
        if len(question.text) < _LONGEST_THANKS and any(word in question.text.lower() for word in _THANKS):
            self._desk.tickets.set_status(ticket.id, "resolved", actor=actor, reason="thanked")
            return
        decision = self._desk.replies.suggest(question.id, actor=actor)
        found, shown = self._taken(decision, question), decision.shown
        self._remember(question, decision, found)
        language = question.language if question.language in _BY_HAND else "zh"
        if found is not None:
            self._desk.replies.send(ticket.id, found.phrase.id, actor=actor, shown=shown)
        else:
            self._desk.reply(ticket.id, self._random.choice(_BY_HAND[language or "zh"]), actor=actor, shown=shown)
        if ticket.type == "refund" and not ticket.replied_at:
            giving.give(self._desk, ticket, agent.id)
        if self._random.random() < 0.8:
            self._desk.tickets.set_status(ticket.id, "resolved", actor=actor, reason="answered")

    def _remember(self, question: Message, decision: ReplyDecision, taken: Suggestion | None) -> None:
        """Keep the surest suggestion of each phrase and fate, to tell of."""
        self.articles.update(one.article.title for one in decision.suggestions if one.article is not None)
        best = taken or next(iter(decision.suggestions), None)
        if best is None or best.confidence > NEWS:
            return
        because = tuple(span.text for span in best.why.spans[:3])
        shown = Shown(
            question=question.text,
            phrase=best.phrase.title,
            language=best.phrase.language or "",
            confidence=best.confidence,
            because=because,
            article=best.article.title if best.article is not None else "",
            is_taken=taken is not None,
        )
        place = (shown.is_taken, shown.phrase)
        if place not in self._seen or self._seen[place].confidence < shown.confidence:
            self._seen[place] = shown

    @property
    def shown(self) -> tuple[Shown, ...]:
        """The surest suggestions they saw, in both languages and of both fates, each of another phrase."""
        told: dict[str, Shown] = {}
        room = Counter({(fate, language): MOST_SHOWN for fate in (True, False) for language in _BY_HAND})
        for one in sorted(self._seen.values(), key=lambda one: -one.confidence):
            if one.phrase not in told and room[one.is_taken, one.language] > 0:
                told[one.phrase] = one
                room[one.is_taken, one.language] -= 1
        return tuple(told.values())

    @staticmethod
    def _taken(decision: ReplyDecision, question: Message) -> Suggestion | None:
        """The first suggestion in the customer's language, if it is sure enough for a person to take."""
        for one in decision.suggestions:
            if one.phrase.language == question.language:
                return one if one.confidence >= SURE and not one.missing else None
        return None
