"""``desk.replies``."""

from __future__ import annotations

from collections.abc import Sequence

from csdesk.desk._run import Runner
from csdesk.domain.ids import MessageId, PhraseId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.channels import ReplyDecision
from csdesk.domain.records.replies import Phrase
from csdesk.flows import lists, records, suggesting
from csdesk.flows.checks import several
from csdesk.flows.lists import filters
from csdesk.ports.store import Page, Query


class Replies:
    """Prepared answers: kept while the desk runs, suggested on demand."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def add(
        self,
        title: str,
        body: str,
        *,
        questions: Sequence[str] = (),
        keywords: Sequence[str] = (),
        tags: Sequence[str] = (),
        language: str | None = None,
        auto_reply: bool = False,
        actor: Actor | None = None,
        idempotency_key: str | None = None,
    ) -> Phrase:
        """Add a phrase: what customers ask, and what to say. ``auto_reply`` allows sending it without a person."""
        return self._do(
            cmd.SavePhrase(
                title=title,
                body=body,
                questions=several(questions, "questions"),
                keywords=several(keywords, "keywords"),
                tags=several(tags, "tags"),
                language=language,
                auto_reply=auto_reply,
                actor=actor or Actor.system(),
                idempotency_key=idempotency_key,
            )
        )

    def change(
        self,
        phrase: PhraseId,
        *,
        title: str | None = None,
        body: str | None = None,
        questions: Sequence[str] | None = None,
        keywords: Sequence[str] | None = None,
        tags: Sequence[str] | None = None,
        language: str | None = None,
        auto_reply: bool | None = None,
        retired: bool | None = None,
        actor: Actor | None = None,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Phrase:
        """Change a phrase, or retire it; None leaves a value as it is."""
        return self._do(
            cmd.SavePhrase(
                phrase=phrase,
                title=title,
                body=body,
                questions=None if questions is None else several(questions, "questions"),
                keywords=None if keywords is None else several(keywords, "keywords"),
                tags=None if tags is None else several(tags, "tags"),
                language=language,
                auto_reply=auto_reply,
                retired=retired,
                actor=actor or Actor.system(),
                expected_version=expected_version,
                idempotency_key=idempotency_key,
            )
        )

    def get(self, phrase: PhraseId) -> Phrase:
        """The phrase of that id.

        Raises:
            NotFound: this desk has none.
        """
        return self._runner.run(lists.get_phrase(phrase))

    def list(
        self, *, language: str | None = None, retired: bool | None = False, limit: int = 50, cursor: str | None = None
    ) -> Page[Phrase]:
        """A page of phrases, in the order in which they were added; ``retired`` None: both kinds."""
        where = filters(language=language, retired=retired)
        return self._runner.run(lists.page_of(Phrase, Query(kind="phrase", where=where, limit=limit, after=cursor)))

    def suggest(self, message: MessageId) -> ReplyDecision:
        """The phrases that may answer a stored message, best first, with how sure they are.

        Raises:
            NotFound: this desk has no such message.
        """
        return self._runner.run(suggesting.for_message(message))

    def suggest_for(self, text: str) -> ReplyDecision:
        """The phrases that may answer a text."""
        return self._runner.run(suggesting.for_text(text))

    def _do(self, command: cmd.Command) -> Phrase:
        return records.phrase_of(self._runner.execute(command))
