"""The articles: what people edit while the desk runs. They share the stream of the library with the phrases."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import ArticleId
from csdesk.domain.records import commands as cmd
from csdesk.domain.records import events as ev
from csdesk.domain.records._model import replaced
from csdesk.domain.records.articles import Article
from csdesk.domain.records.changes import EpochName

_OWN: Final = ("version", "created_at", "updated_at")


def put_articles(work: Workspace, command: cmd.PutArticles) -> None:
    """Add or replace whole articles; those that would stay as they are do."""
    changed: list[Article] = []
    for given in command.articles:
        old = work.find(given.id)
        if isinstance(old, Article):
            if replaced(given, **{name: getattr(old, name) for name in _OWN}) == old:
                continue
            changed.append(replaced(given, version=old.version, created_at=old.created_at, updated_at=work.now))
        else:
            changed.append(replaced(given, version=0, created_at=work.now, updated_at=work.now))
    _keep(work, changed)


def retire_article(work: Workspace, command: cmd.RetireArticle) -> None:
    """Take an article out of use or into it again; where it is so already, nothing happens.

    Raises:
        NotFound: the desk has none of that id.
    """
    old = work.article(command.article)
    if old.retired != command.retired:
        _keep(work, [replaced(old, retired=command.retired, updated_at=work.now)])


def _keep(work: Workspace, articles: Iterable[Article]) -> None:
    """Store articles; other processes notice by the epoch, and read in the stream which ones."""
    kept = tuple(articles)
    for one in kept:
        work.emit(one.id, ev.ArticleSaved(article=one))
    if kept:
        work.emit(ev.LIBRARY, ev.LibraryChanged(articles=tuple(ArticleId(one.id) for one in kept)))
        work.bump(EpochName.PHRASES)
