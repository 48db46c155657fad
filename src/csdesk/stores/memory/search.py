"""Full text over the messages: tokens are made once per message, by upkeep or by the first search."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import dropwhile

from csdesk.domain.records.messages import Message
from csdesk.domain.text.features import search_tokens, tokens_match
from csdesk.ports.store import Page, Query, SearchHit, SearchRequest
from csdesk.stores.memory.queries import fingerprint, last_key, make_cursor, tests_of
from csdesk.stores.memory.state import DeskState


def search(desk: DeskState, asked: SearchRequest) -> Page[SearchHit]:
    """The messages that match every phrase, those stored last first."""
    mark = fingerprint("search", *asked.asked)
    if not asked.phrases or not all(phrase and all(phrase) for phrase in asked.phrases):
        return Page(())
    is_asked_for = _narrowed(desk, asked)
    hits: list[SearchHit] = []
    keys: Iterator[str] = reversed(desk.messages)
    if asked.after is not None:
        last = last_key(asked.after, mark)[1]
        keys = dropwhile(lambda key: key != last, keys)
        next(keys, None)
    for key in keys:
        message = desk.messages[key]
        if is_asked_for(message) and _matches(tokens_of(desk, message), asked.phrases):
            if len(hits) == asked.limit:
                return Page(tuple(hits), make_cursor(mark, ((), hits[-1].message)))
            hits.append(SearchHit(message=message.id, ticket=message.ticket))
    return Page(tuple(hits))


def _narrowed(desk: DeskState, asked: SearchRequest) -> Callable[[Message], bool]:
    said = Query(kind="message", where=asked.messages, since=asked.since, until=asked.until)
    own, held = tests_of(desk, said), tests_of(desk, Query(kind="ticket", where=asked.tickets))

    def fits(message: Message) -> bool:
        if not all(test(message) for test in own):
            return False
        ticket = desk.tickets.get(message.ticket)
        return not held or (ticket is not None and all(test(ticket) for test in held))

    return fits


def index(desk: DeskState, limit: int) -> tuple[int, bool]:
    """Make the tokens of up to ``limit`` messages; how many were made, and whether some are left."""
    waiting = [message for key, message in desk.messages.items() if key not in desk.tokens]
    for message in waiting[:limit]:
        tokens_of(desk, message)
    return min(len(waiting), limit), len(waiting) > limit


def tokens_of(desk: DeskState, message: Message) -> tuple[list[str], list[str]]:
    """The tokens of a message's subject and of its text: a phrase stands in one of them."""
    tokens = desk.tokens.get(message.id)
    if tokens is None:
        tokens = search_tokens(message.subject), search_tokens(message.whole_text)
        desk.tokens[message.id] = tokens
    return tokens


def _matches(texts: tuple[list[str], list[str]], phrases: tuple[tuple[str, ...], ...]) -> bool:
    return all(any(tokens_match(text, (phrase,)) for text in texts) for phrase in phrases)
