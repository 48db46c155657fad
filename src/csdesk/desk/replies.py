"""``desk.replies``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Literal

from csdesk.desk._groups import Group
from csdesk.domain.ids import MESSAGE, MessageId, PhraseId, TicketId, phrase_id
from csdesk.domain.matching.linting import Flaw
from csdesk.domain.matching.phrases import ANYWHERE, Context
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.channels import ReplyDecision, Sent
from csdesk.domain.records.messages import MediaPart
from csdesk.domain.records.phrases import LibraryPhrase, PhraseUse, Preview, Variable, Wording
from csdesk.domain.records.wording import WordingSpot
from csdesk.domain.text.templates import TemplateValue
from csdesk.engine.awaited import is_awaited
from csdesk.errors import InvalidInput, sentence
from csdesk.flows import results
from csdesk.flows.knowledge import consulting, library, phrasing, suggesting
from csdesk.flows.knowledge.library import Imported, PhraseVersion
from csdesk.flows.reading import checks, lists
from csdesk.flows.reading.checks import a_span, several
from csdesk.flows.reading.lists import filters
from csdesk.ports.knowledge import AnyKnowledge, Consultation
from csdesk.ports.store import Page, Query


class Replies(Group):
    """Prepared answers (话术): kept while the desk runs, suggested on demand, filled in and sent.

    Ids of phrases begin with ``phr_``; a name without is given it, so ``refund`` and ``phr_refund`` are one phrase.
    """

    def add(
        self,
        title: str,
        wording: str | Sequence[Wording],
        *,
        name: PhraseId | str | None = None,
        questions: Sequence[str] = (),
        keywords: Sequence[str] = (),
        tags: Sequence[str] = (),
        variables: Sequence[Variable] = (),
        language: str | None = None,
        related: Sequence[str] = (),
        rationale: str = "",
        auto_reply: bool = False,
        actor: Actor | None = None,
        idempotency_key: str | None = None,
    ) -> LibraryPhrase:
        """Add a phrase: what customers ask, and what to say. ``import_`` takes whole records, with everything else.

        Args:
            title: its short name; it counts as one question.
            wording: the answer, a template; or several, for levels, channels and languages.
            name: its id; None: a fresh one.
            questions: how customers ask for it; two at least before it can be sent without a person.
            keywords: words that speak for it.
            tags: for your own use.
            variables: the values that the wordings leave open.
            language: the language of the answer; None fits every question.
            related: ids of phrases to offer beside it.
            rationale: why it is answered so; for your own people.
            auto_reply: may it be sent without a person, where account and queue allow it too?
            actor: who adds it; None: the application.
            idempotency_key: makes a second run return the first one's phrase.

        Raises:
            InvalidInput: the name is taken, or a value cannot be used.
        """
        return self._do(
            cmd.SavePhrase(
                id=None if name is None else phrase_id(name),
                title=title,
                wordings=library.several_wordings(wording),
                questions=several(questions, "questions"),
                keywords=several(keywords, "keywords"),
                tags=several(tags, "tags"),
                variables=several(variables, "variables"),
                language=language,
                related=checks.phrases(related, "related"),
                rationale=rationale,
                auto_reply=auto_reply,
                actor=actor or Actor.system(),
                idempotency_key=idempotency_key,
            )
        )

    def change(
        self,
        phrase: PhraseId | str,
        *,
        title: str | None = None,
        wording: str | Sequence[Wording] | None = None,
        questions: Sequence[str] | None = None,
        keywords: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
        variables: Sequence[Variable] | None = None,
        language: str | None = None,
        auto_reply: bool | None = None,
        retired: bool | None = None,
        actor: Actor | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> LibraryPhrase:
        """Change some values of a phrase; None leaves one as it is. ``replace`` changes anything, and clears too."""
        return self._do(
            cmd.SavePhrase(
                phrase=phrase_id(phrase),
                title=title,
                wordings=None if wording is None else library.several_wordings(wording),
                questions=None if questions is None else several(questions, "questions"),
                keywords=None if keywords is None else several(keywords, "keywords"),
                tags=None if tags is None else several(tags, "tags"),
                variables=None if variables is None else several(variables, "variables"),
                language=language,
                auto_reply=auto_reply,
                retired=retired,
                actor=actor or Actor.system(),
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    def replace(
        self, phrase: LibraryPhrase, *, actor: Actor | None = None, expected_version: int | None = None
    ) -> LibraryPhrase:
        """Put a whole phrase in the place of the one with its id; version and times are the desk's own.

        Raises:
            NotFound: there is none.
            VersionConflict: it is not at ``expected_version``.
        """
        command = cmd.PutPhrases(
            phrases=several((phrase,), "phrase"),
            only="known",
            expected_version=expected_version,
            actor=actor or Actor.system(),
        )
        self._runner.execute(command)
        return self.get(PhraseId(phrase.id))

    def retire(self, phrase: PhraseId | str, *, actor: Actor | None = None) -> LibraryPhrase:
        """Take a phrase out of use; it stays readable, and ``change(retired=False)`` brings it back."""
        return self.change(phrase, retired=True, actor=actor)

    def get(self, phrase: PhraseId | str) -> LibraryPhrase:
        """The phrase of that id.

        Raises:
            NotFound: this desk has none.
        """
        return self._runner.run(lists.get_phrase(phrase))

    def list(
        self, *, language: str | None = None, retired: bool | None = False, limit: int = 50, cursor: str | None = None
    ) -> Page[LibraryPhrase]:
        """A page of phrases in the order of their ids; ``retired`` None: both kinds."""
        where = filters(language=language, retired=retired)
        query = Query(kind="phrase", where=where, limit=limit, after=cursor)
        return self._runner.run(lists.page_of(LibraryPhrase, query))

    def history(self, phrase: PhraseId | str) -> tuple[PhraseVersion, ...]:
        """The versions of a phrase, oldest first, with who saved them and when.

        Raises:
            NotFound: this desk has none.
        """
        return self._runner.run(library.history(phrase))

    def import_(
        self, phrases: Iterable[LibraryPhrase], *, retire_others: bool = False, actor: Actor | None = None
    ) -> Imported:
        """Put many phrases in: new ones are added, others replaced, equal ones left alone; a commit for each hundred.

        ``csdesk.matching.read_library`` reads them from files. Doing it again after a failure is safe.

        Args:
            phrases: their version and times are the desk's own.
            retire_others: retire what the desk has and ``phrases`` has not.
            actor: who imports; None: the application.

        Raises:
            InvalidInput: two phrases have one id, or ``retire_others`` would retire all of them for nothing.
        """
        return self._runner.run(library.import_phrases(phrases, actor or Actor.system(), retire_others=retire_others))

    def export(self, *, retired: bool = False) -> tuple[LibraryPhrase, ...]:
        """All phrases in the order of their ids, for ``csdesk.matching.write_library`` or another desk."""
        return self._runner.run(library.export_phrases(retired=retired))

    def usage(
        self,
        which: Literal["all", "never_used", "stale", "wrong", "returned"] = "all",
        *,
        age: timedelta = timedelta(days=180),
    ) -> tuple[PhraseUse, ...]:
        """How often the phrases in use were shown, sent, wrong, and asked again after.

        Args:
            which: ``never_used`` (neither by a person nor without), ``stale`` (unchanged for ``age``, or no longer
                valid), ``wrong`` and ``returned`` (the most frequent first), or all of them.
            age: for ``stale``.
        """
        return self._runner.run(library.usage(which, a_span(age, "age")))

    def lint(self) -> tuple[Flaw, ...]:
        """What should be mended: phrases that cannot be told apart, hidden ones, ones without questions."""
        return self._runner.run(suggesting.flaws())

    def suggest(
        self,
        message: MessageId,
        *,
        actor: Actor | None = None,
        limit: int | None = None,
        sku: str | None = None,
    ) -> ReplyDecision:
        """The phrases that may answer a stored message, best first, filled in, each with how sure it is and why.

        Worked out once for each version of a message and of the library; nothing is stored.

        Args:
            message: the customer's message.
            actor: who will answer; fills in ``agent.name``.
            limit: how many, 1 to 50; None: as the configuration says.
            sku: the product that phrases name facts of; None: the one the customer came from. A shop that tells
                nothing leaves them open.

        Raises:
            NotFound: this desk has no such message.
        """
        return self._runner.run(suggesting.for_message(message, actor, limit, sku))

    def suggest_for(self, text: str, *, context: Context = ANYWHERE, limit: int | None = None) -> ReplyDecision:
        """The phrases that may answer a text; ``context`` says where, when and for whom."""
        return self._runner.run(suggesting.for_text(text, context, limit))

    def consult(
        self,
        message: MessageId,
        knowledge: Iterable[AnyKnowledge],
        *,
        limit: int = 3,
        within: timedelta = consulting.WITHIN,
    ) -> Consultation:
        """What knowledge bases of yours say to a stored message, with sources, the surest first.

        They are asked one after the other, now and for this call alone. One that abstains, fails or is late stands
        under ``silent`` and stops nobody else. Nothing is stored, nothing is sent.

        Args:
            message: the customer's message.
            knowledge: whom to ask (see ``csdesk.ports.knowledge``).
            limit: how many answers, 1 to 50, of each and of all together.
            within: how long each may take, up to 5 minutes.

        Raises:
            NotFound: this desk has no such message.
            InvalidInput: something is no knowledge base, or has to be awaited and the desk blocks.
        """
        _check_blocking(knowledge)
        return self._runner.run(consulting.for_message(message, knowledge, limit, within))

    def consult_for(
        self,
        text: str,
        knowledge: Iterable[AnyKnowledge],
        *,
        language: str | None = None,
        limit: int = 3,
        within: timedelta = consulting.WITHIN,
    ) -> Consultation:
        """What knowledge bases of yours say to a text, as ``consult`` does.

        Raises:
            InvalidInput: something is no knowledge base, or has to be awaited and the desk blocks.
        """
        _check_blocking(knowledge)
        return self._runner.run(consulting.for_text(text, knowledge, language, limit, within))

    def preview(
        self,
        phrase: PhraseId | str,
        ticket: TicketId,
        values: Mapping[str, TemplateValue] | None = None,
        *,
        actor: Actor | None = None,
        sku: str | None = None,
    ) -> Preview:
        """What a phrase would say to the customer of a ticket, and which values are missing.

        ``sku`` names the product whose facts it tells; None: the one the customer came from.

        Raises:
            NotFound: this desk has no such phrase or ticket.
        """
        return self._runner.run(suggesting.preview(phrase, ticket, values, actor, sku))

    def send(
        self,
        ticket: TicketId,
        phrase: PhraseId | str,
        values: Mapping[str, TemplateValue] | None = None,
        *,
        actor: Actor,
        shown: Sequence[str] = (),
        sku: str | None = None,
        attachments: Sequence[MediaPart] = (),
        override: str = "",
        expected_phrase_version: int | None = None,
        deliver: bool = True,
        idempotency_key: str | None = None,
    ) -> Sent:
        """Fill a phrase in for the customer of a ticket, and send it as a reply.

        Args:
            ticket: where it is sent.
            phrase: which one.
            values: of variables; those that the desk knows need none.
            actor: who sends it.
            shown: the phrases that were suggested, best first (``ReplyDecision.shown``): what is learnt from.
            sku: the product whose facts the phrase tells; None: the one the customer came from.
            attachments: files to send behind the text. Of the phrase's own ``attachments`` assets (``ast_...``) go
                behind them, in the form that the channel carries; other names are for the host, which looks them up
                and passes what they mean here.
            override: why words are sent that the policy on wording refuses, or a phrase whose language, channels,
                levels or validity rule it out here.
            expected_phrase_version: the version somebody approved (``Suggestion.phrase.version``): no other words are
                sent. None: those it has now.
            deliver: False: it is sent at the next ``run_due``.
            idempotency_key: makes a second run return the first one's outcome.

        Raises:
            InvalidInput: a value is missing, unknown or of the wrong type, the phrase has retired, says nothing to this
                customer, or is not meant for this ticket (its language, channels, levels or validity).
            AssetUnfit: the channel carries no form of an asset that the phrase names.
            VersionConflict: the phrase is not at ``expected_phrase_version``.
            WordingRefused: the policy on wording speaks against words of it.
            ProductsUnavailable: it tells facts of a product, and the shop told nothing usable.
        """
        flow = phrasing.send(
            ticket,
            phrase,
            values,
            self._runner.core.ids.new(MESSAGE),
            actor=actor,
            shown=shown,
            attachments=attachments,
            override=override,
            expected_phrase_version=expected_phrase_version,
            deliver_now=deliver and self._runner.sends_at_once,
            idempotency_key=idempotency_key,
            sku=sku,
        )
        return self._runner.run(flow)

    def check(self, text: str) -> tuple[WordingSpot, ...]:
        """What the policy on wording speaks against in a reply that is being written, and how to say it better."""
        return self._runner.run(suggesting.spots_in(text))

    def _do(self, command: cmd.Command) -> LibraryPhrase:
        return results.phrase_of(self._runner.execute(command))


def _check_blocking(knowledge: Iterable[AnyKnowledge]) -> None:
    for one in knowledge if isinstance(knowledge, list | tuple) else ():
        if is_awaited(getattr(one, "look_up", None)):
            raise InvalidInput(
                "knowledge", sentence("{type} has to be awaited", type=type(one).__name__), "use an AsyncDesk"
            )
