"""Keeping a process's articles up to date: read when somebody searches them, then carried along by a stream.

They share the stream of the library with the phrases, and stand apart from them otherwise: taking in messages never
needs them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from csdesk.domain.matching.articles import ArticleShelf
from csdesk.domain.records import events as ev
from csdesk.domain.records.articles import Article
from csdesk.engine.core import Articles
from csdesk.engine.reading import Reading, all_of, newest_of, since
from csdesk.ports.store import Page, Query

_MANY_CHANGED = 1_000


def articles(known: Articles | None, epoch: int) -> Reading[Articles]:
    """The articles of an epoch of the library."""
    if known is None:
        return (yield from _built(epoch))
    if known.epoch == epoch:
        return known
    entries = yield from since(ev.LIBRARY, known.library)
    if not entries:
        return replace(known, epoch=epoch)
    changes = [one for entry in entries for one in entry.events if isinstance(one, ev.LibraryChanged)]
    ids = {key for one in changes for key in one.articles}
    if len(ids) > _MANY_CHANGED:
        return (yield from _built(epoch))
    shelf = known.shelf
    if ids:
        page: Page[Any] = yield Query(kind="article", where=(("id", tuple(sorted(ids))),), limit=1000)
        shelf = shelf.with_articles(page.items)
    return Articles(epoch, shelf, entries[-1].position)


def _built(epoch: int) -> Reading[Articles]:
    # How far the stream goes is read first: what comes in between is then read twice, which changes nothing.
    library = yield from newest_of(ev.LIBRARY)
    return Articles(epoch, ArticleShelf((yield from all_of(Article, "article"))), library)
