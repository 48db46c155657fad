"""``desk.learning``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

from csdesk.desk._groups import Group
from csdesk.domain.ids import MessageId, PhraseId, TicketId, phrase_id
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.articles import Article
from csdesk.domain.records.exemplars import Exemplar, GoodCase, Sign
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.domain.records.tickets import Ticket
from csdesk.flows import results
from csdesk.flows.knowledge import exemplars, library, training
from csdesk.flows.knowledge.library import Correction
from csdesk.flows.knowledge.training import Trained
from csdesk.flows.reading import checks, lists
from csdesk.ports.store import Page


class Learning(Group):
    """What became of suggestions and answers: recorded, learnt from, and undone.

    Replies say it by themselves: ``desk.reply(..., phrase=, shown=)`` and ``desk.replies.send(..., shown=)``.
    """

    def judge(
        self,
        message: MessageId,
        fate: Literal["shown", "picked", "edited", "ignored", "wrong"],
        *,
        picked: PhraseId | str | None = None,
        shown: Sequence[str] = (),
        actor: Actor | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        """Say what became of suggestions, where no reply of the desk says it.

        Args:
            message: the customer's message they were for.
            fate: ``shown`` (nothing is decided yet: counted, not learnt), ``picked``, ``edited`` (sent with changes),
                ``ignored`` (none fitted), ``wrong`` (the first of ``shown`` was sent and is wrong).
            picked: the phrase that was sent, or that would have been right.
            shown: the phrases that were shown, best first.
            actor: who says it; None: the application.
            idempotency_key: makes a second run do nothing.

        Raises:
            NotFound: this desk has no such message.
            InvalidInput: a phrase is not known, or what is said does not fit together.
        """
        self._runner.execute(
            cmd.JudgeSuggestions(
                message=message,
                fate=fate,
                picked=None if picked is None else phrase_id(picked),
                shown=checks.phrases(shown, "shown"),
                actor=actor or Actor.system(),
                idempotency_key=idempotency_key,
            )
        )

    def forget(
        self,
        *,
        message: MessageId | None = None,
        phrase: PhraseId | str | None = None,
        last: int | None = None,
        actor: Actor | None = None,
    ) -> int:
        """Unlearn decisions as if nobody had made them, and say how many; pass one of the three.

        Args:
            message: those about this message of a customer.
            phrase: those in which this phrase was picked or shown.
            last: the latest so many.
            actor: who wants it; None: the application.

        Raises:
            InvalidInput: none of the three is given or more than one, or the desk never had that phrase.
            NotFound: this desk has no such message.
        """
        named = None if phrase is None else phrase_id(phrase)
        command = cmd.ForgetLessons(message=message, phrase=named, last=last, actor=actor or Actor.system())
        return results.forgotten_by(self._runner.execute(command))

    def correct(
        self,
        ticket: TicketId,
        message: MessageId,
        *,
        right: PhraseId | str | None = None,
        reason: str = "",
        within: timedelta | None = None,
        actor: Actor,
    ) -> Ticket:
        """Say that an answer of ours was wrong: it is assessed and learnt from, and the customer is contacted again.

        The ticket is opened again where it has to be, and promises a second contact (a clock named
        ``second_contact``): ``desk.sla.settle`` ends it.

        Args:
            ticket: where the answer stands.
            message: the answer.
            right: the phrase that would have been right.
            reason: for people.
            within: how long the second contact may take; None: as the configuration says.
            actor: who found it.

        Raises:
            InvalidInput: it is no answer of ours on this ticket, or was corrected before.
            IllegalTransition: the ticket was merged.
        """
        command = cmd.CorrectReply(
            ticket=ticket,
            message=message,
            right=None if right is None else phrase_id(right),
            reason=reason,
            within=within,
            actor=actor,
        )
        return results.ticket_of(self._runner.execute(command))

    def optimize(self, *, actor: Actor | None = None) -> Trained:
        """Train the phrases to be told apart, and fit the confidence to their own questions; every process goes along.

        It takes what ``csdesk.matching.Matcher.optimize`` takes: seconds for a thousand questions, minutes for ten
        thousand. Nothing waits for it, but it uses the processor: run it from another process than the one that takes
        messages, once many phrases have changed. A process takes it over at its next suggestion or ``run_due``.

        Args:
            actor: who wants it; None: the application.

        Raises:
            InvalidInput: the phrases have too few questions to learn from: three texts each on average, with the title.
        """
        return self._runner.run(training.optimize(actor or Actor.system()))

    def trainings(self, *, limit: int = 20, cursor: str | None = None) -> Page[Trained]:
        """The trainings of the phrases, the latest first; one of them is in use, or none."""
        return self._runner.run(training.trainings(limit, cursor))

    def use_training(self, number: int | None, *, actor: Actor | None = None) -> None:
        """Go back to an earlier training; None: to the phrases as they are written, untrained.

        Raises:
            InvalidInput: there is no training of that number.
        """
        self._runner.run(training.use(number, actor or Actor.system()))

    def good_cases(
        self,
        *,
        signs: Iterable[Sign] = ("one_touch", "thanked"),
        rating: tuple[str, float] | None = None,
        queue: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[GoodCase]:
        """Finished tickets that went well, the latest first: solved by a person, never reopened, never corrected.

        Args:
            signs: what has to speak for them, all of it: ``one_touch`` (one answer was enough), ``kept`` (handed on to
                nobody), ``in_time``, ``thanked``, ``rated`` (as ``rating`` says), ``goal``.
            rating: the ticket's field in which you note ratings, and the least that is good: ``("csat", 4)``.
            queue: only tickets of it.
            since: only tickets to which something happened since then (aware).
            until: only those to which nothing happened from then on (aware).
            limit: how many tickets are looked at, 1 to 200: a page that holds fewer cases need not be the last.
            cursor: of the page before.

        Raises:
            InvalidInput: an unknown sign or queue, a rating that is none, or a naive instant.
        """
        flow = exemplars.good_cases(
            signs=signs, rating=rating, queue=queue, since=since, until=until, limit=limit, cursor=cursor
        )
        return self._runner.run(flow)

    def draft(self, message: MessageId) -> Exemplar:
        """Drafts of a phrase and of an article, made from a good answer of a person; nothing is stored.

        The customer's name, mail addresses and long numbers become variables or gaps; ``personal`` points out what else
        may tell of them. Read it, change it, then ``promote`` it.

        Raises:
            NotFound: this desk has no such message.
            InvalidInput: it is no answer of a person, or answers nothing.
        """
        return self._runner.run(exemplars.draft_of(message))

    def promote(
        self,
        message: MessageId,
        phrase: LibraryPhrase,
        *,
        actor: Actor,
        override: str = "",
        idempotency_key: str | None = None,
    ) -> LibraryPhrase:
        """Keep a phrase that somebody made of a good answer; the ticket's history tells which one, and who did it.

        Args:
            message: the answer.
            phrase: a new one, such as the draft after a look, or one of the library with this case worked in.
            actor: the agent who looked it over.
            override: why words may stand in it that look personal.
            idempotency_key: as with every command.

        Raises:
            NotFound: this desk has no such message.
            InvalidInput: the actor is no agent, it is no answer of a person, it was promoted before, or words of the
                phrase look personal (names the place) and ``override`` says no reason.
        """
        checks.an_instance(phrase, LibraryPhrase, "phrase")
        self._runner.run(exemplars.promote(message, phrase, actor, override, idempotency_key))
        return self._runner.run(lists.get_phrase(phrase.id))

    def promote_article(
        self,
        message: MessageId,
        article: Article,
        *,
        actor: Actor,
        override: str = "",
        idempotency_key: str | None = None,
    ) -> Article:
        """Keep an article that somebody made of a good answer, or worked it into; as ``promote``.

        Raises:
            NotFound: this desk has no such message.
            InvalidInput: as ``promote``.
        """
        checks.an_instance(article, Article, "article")
        self._runner.run(exemplars.promote(message, article, actor, override, idempotency_key))
        return self._runner.run(lists.get_article(article.id))

    def corrections(self, *, limit: int = 50, cursor: str | None = None) -> Page[Correction]:
        """Answers that were found wrong, the latest first: what counts when work is assessed."""
        return self._runner.run(library.corrections(limit, cursor))
