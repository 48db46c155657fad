"""The phrase library: what people edit while the desk runs. One stream tells of every change, so that all go along."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import PhraseId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.changes import EpochName
from csdesk.domain.records.phrases import LibraryPhrase
from csdesk.errors import InvalidInput, sentence

_FIELDS: Final = (
    *("title", "questions", "keywords", "wordings", "variables", "tags", "language", "channels", "levels"),
    *("valid_from", "valid_until", "owner", "rationale", "related", "attachments", "article", "auto_reply", "retired"),
)
_OWN: Final = ("version", "created_at", "updated_at")


def save_phrase(work: Workspace, command: cmd.SavePhrase, fresh_id: str) -> LibraryPhrase:
    """Add or change a phrase.

    Raises:
        InvalidInput: a new one lacks title or wordings, its id is taken, or the phrase is not coherent.
    """
    given = {name: value for name in _FIELDS if (value := getattr(command, name)) is not None}
    if command.phrase is None:
        for name in ("title", "wordings"):
            if not given.get(name):
                raise InvalidInput(name, "a new phrase needs one", sentence("pass {name}=", name=name))
        key = command.id or PhraseId(fresh_id)
        if work.find(key) is not None:
            raise InvalidInput(
                "id",
                sentence("there is a phrase {key!r} already", key=key),
                "change or replace it, or choose another id",
            )
        made = LibraryPhrase(id=key, created_at=work.now, updated_at=work.now, **given)
    else:
        old = work.phrase(command.phrase)
        # Built anew rather than copied: only so are its parts checked against each other.
        made = LibraryPhrase(**{**dict(old), **given, "updated_at": work.now})
    _keep(work, [made])
    return work.phrase(made.id)


def put_phrases(work: Workspace, command: cmd.PutPhrases) -> None:
    """Add or replace whole phrases; those that would stay as they are do.

    Raises:
        InvalidInput: one is there that should be new.
        NotFound: one is not there that should be known.
    """
    changed: list[LibraryPhrase] = []
    for given in command.phrases:
        old = work.find(given.id)
        if command.only == "known":
            old = work.phrase(given.id)
        elif command.only == "new" and old is not None:
            raise InvalidInput(
                "phrases", sentence("there is a phrase {id!r} already", id=given.id), "replace it, or leave it out"
            )
        born = old.created_at if isinstance(old, LibraryPhrase) else work.now
        own = {"version": old.version if old is not None else 0, "created_at": born, "updated_at": work.now}
        if isinstance(old, LibraryPhrase) and replaced(given, **{name: getattr(old, name) for name in _OWN}) == old:
            continue
        changed.append(replaced(given, **own))
    _keep(work, changed)


def _keep(work: Workspace, phrases: Iterable[LibraryPhrase]) -> None:
    """Store phrases; other processes notice by the epoch, and read in the stream which ones."""
    kept = tuple(phrases)
    for one in kept:
        work.emit(one.id, ev.PhraseSaved(phrase=one))
    if kept:
        work.emit(ev.LIBRARY, ev.LibraryChanged(phrases=tuple(PhraseId(one.id) for one in kept)))
        work.bump(EpochName.PHRASES)
