"""Conversations that customers read from the desk itself: what they may see of it, and whether anything is new.

What stands in the messages is the feed: ours are seen from the moment at which they are recorded as sent. A counter of
the conversation grows with each change, so whoever waits asks for one number and not for messages. A page is named by a
mark: its last message, and a digest of the messages up to it. If they are still the same, only what came after them is
new; if not (one was changed or recalled, one was held back and came late), the page stands for all that was told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from csdesk._batched import batched
from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.core.workspace import Workspace
from csdesk.domain.ids import MessageId
from csdesk.domain.records import channels as ch
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.media import MediaRef
from csdesk.domain.records.messages import AuthorKind, Delivery, Direction, MediaPart, Message, plain_text
from csdesk.domain.records.tickets import Ticket
from csdesk.errors import NotFound, RequestRejected
from csdesk.flows.channels.holding import holders, is_open_to
from csdesk.flows.outbound.outgoing import ARRIVED
from csdesk.flows.reading import checks
from csdesk.flows.reading.lists import page_of
from csdesk.ports import steps
from csdesk.ports.steps import Flow, Scope
from csdesk.ports.store import Query

TYPING_LASTS: Final = timedelta(seconds=8)
"""For how long a sign of typing is shown."""

WINDOW: Final = 40
"""How many messages a page holds at most, and a mark vouches for."""

MOST_TICKETS: Final = 50
"""How many tickets of a customer, latest first, a feed reaches back over."""

MOST_NUMBERS: Final = 500
"""How many counters are asked for in one load."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MARK: Final = re.compile(r"(msg_[0-9a-z]{26})\.([0-9a-f]{16})")
_SEEN: Final = (Delivery.NONE.value, *sorted(one.value for one in ARRIVED))


def feed_counter(keys: ClaimKeys, account: str, conversation: str) -> str:
    """The counter that grows with each change of what the customer sees."""
    return keys.counter("feed", account, conversation)


def typing_key(keys: ClaimKeys, account: str, conversation: str, side: str) -> str:
    """The claim that says when somebody last typed in a conversation: a customer (``in``) or one of ours (``out``)."""
    return keys.typing(account, conversation, side)


def typed_at(owner: str) -> datetime:
    """The instant that such a claim says."""
    return _EPOCH + int(owner) * timedelta(milliseconds=1)


def _typing_left(owner: str | None, messages: Sequence[Message], now: datetime) -> float:
    """For how many seconds more the sign of ours lasts; a message of ours since then ends it."""
    if owner is None:
        return 0.0
    begun = typed_at(owner)
    is_said = any(one.author is not AuthorKind.CUSTOMER and one.occurred_at >= begun for one in messages)
    return 0.0 if is_said else max(0.0, (begun + TYPING_LASTS - now).total_seconds())


def note_change(work: Workspace, message: Message, scope: Scope) -> None:
    """Count a change of what the customer sees, where they read from the desk itself."""
    able = scope.channels.get(message.account)
    if able is not None and able.feed:
        work.add(feed_counter(work.keys, message.account, message.conversation), 1)


def numbers(feeds: Sequence[ch.Feed]) -> Flow[tuple[int, ...]]:
    """The present number of each feed, in their order."""
    names: list[str] = []
    found: dict[str, int] = {}
    for together in batched(feeds, MOST_NUMBERS):
        scope = yield from steps.attempt(0)
        part = [feed_counter(scope.keys, one.account, one.conversation) for one in together]
        loaded = yield from steps.load(Needs(counters=tuple(dict.fromkeys(part))))
        found.update(loaded.snapshot.counters)
        names += part
    return tuple(found.get(one, 0) for one in names)


def answer(feed: ch.Feed) -> Flow[ch.RawResponse]:
    """The page after the feed's mark as the body of an answer; what to ask with next stands in its ``feed``.

    Raises:
        RequestRejected: ``bad_token``: somebody else has signed in to the conversation meanwhile.
    """
    checks.an_instance(feed, ch.Feed, "feed")
    found = yield from _read(feed)
    page = _page(feed, found)
    page = page.model_copy(update={"said": (yield from _named(page.said, found.authors)), "typing": found.typing})
    body = yield from steps.show(feed, page)
    after = feed.after if feed.before is not None else page.mark
    wait = feed.wait if feed.stream or (not page.said and page.mark == feed.after) else 0.0
    again = feed.model_copy(update={"after": after, "before": None, "number": found.number, "wait": wait})
    return ch.RawResponse(body=body, feed=again)


def check_shown(message: str, file: MediaRef) -> Flow[None]:
    """Refuse a file whose message says it no more.

    Raises:
        NotFound: the message was recalled, erased, or changed and is without it now.
    """
    yield from steps.attempt(0)
    loaded = yield from steps.load(Needs(messages=(MessageId(message),)))
    found = loaded.snapshot.messages.get(message)
    shown = () if found is None or found.recalled_at or found.erased_at else found.edited or found.parts
    media = (one.ref for one in shown if isinstance(one, MediaPart))
    if all(one is None or one.sha256 != file.sha256 for one in media):
        raise NotFound("media", message)


@dataclass(frozen=True, slots=True)
class _Found:
    """The newest messages that the customer may see, oldest first, and the number of the feed before they were read."""

    messages: tuple[Message, ...]
    number: int
    more: bool
    """Whether there may be older ones."""
    typing: float = 0.0
    """For how many seconds more somebody of ours is shown as typing."""

    @property
    def authors(self) -> dict[str, str]:
        """The id of the agent who wrote a message."""
        return {one.id: one.author_id for one in self.messages if one.author is AuthorKind.AGENT}


def _read(feed: ch.Feed) -> Flow[_Found]:
    scope = yield from steps.attempt(0)
    keys, who = scope.keys, feed.sender
    receives = keys.conversation(feed.account, feed.conversation)
    known = keys.identity(who.kind, who.scope, who.external_id)
    counter = feed_counter(keys, feed.account, feed.conversation)
    signed = holders(keys, feed)
    typing = typing_key(keys, feed.account, feed.conversation, "out")
    loaded = yield from steps.load(Needs(claims=(receives, known, typing), counters=(counter, *signed)))
    snapshot = loaded.snapshot
    if not is_open_to(snapshot, signed):
        raise RequestRejected("bad_token")
    number = snapshot.counters.get(counter, 0)
    tickets = {snapshot.claims[receives]} if receives in snapshot.claims else set()
    if known in snapshot.claims:
        mine = Query(
            kind="ticket",
            where=(("identity", snapshot.claims[known]),),
            order="id",
            descending=True,
            limit=MOST_TICKETS,
        )
        found = yield from page_of(Ticket, mine)
        for ticket in found.items:
            tickets |= {ticket.id, *ticket.absorbed}
    if not tickets:
        return _Found((), number, more=False)
    messages, more = yield from _visible(feed, tuple(sorted(tickets)), 2 * WINDOW if feed.before is None else WINDOW)
    left = _typing_left(snapshot.claims.get(typing), messages, scope.now) if feed.before is None else 0.0
    return _Found(messages, number, more, left)


def _visible(feed: ch.Feed, tickets: tuple[str, ...], wanted: int) -> Flow[tuple[tuple[Message, ...], bool]]:
    """The newest ``wanted`` messages of the conversation, oldest first, and whether there may be older ones."""
    query = Query(
        kind="message",
        where=(
            ("ticket", tickets),
            ("account", feed.account),
            # Notes belong to no account; this says once more that they stay inside.
            ("direction", (Direction.IN.value, Direction.OUT.value)),
            ("delivery", _SEEN),
        ),
        until=feed.before,
        order="occurred_at",
        descending=True,
        limit=wanted + 1,
    )
    found: list[Message] = []
    while len(found) <= wanted:
        page = yield from page_of(Message, query)
        found += [one for one in page.items if one.conversation == feed.conversation and one.erased_at is None]
        if page.cursor is None:
            break
        query = replace(query, after=page.cursor)
    return tuple(reversed(found[:wanted])), len(found) > wanted


def _page(feed: ch.Feed, found: _Found) -> ch.FeedPage:
    messages = found.messages
    latest = messages[-WINDOW:]
    if feed.before is not None:
        return ch.FeedPage(said=tuple(map(_said, latest)), fresh=False, earlier=found.more)
    mark = _mark(latest)
    had = _MARK.fullmatch(feed.after)
    at = next((at for at, one in enumerate(messages) if had is not None and one.id == had[1]), None)
    if at is not None and _is_whole(messages, at, found) and _mark(messages[: at + 1][-WINDOW:]) == feed.after:
        return ch.FeedPage(said=tuple(map(_said, messages[at + 1 :])), mark=mark, fresh=False)
    earlier = found.more or len(messages) > WINDOW
    return ch.FeedPage(said=tuple(map(_said, latest)), mark=mark, earlier=earlier)


def _is_whole(messages: Sequence[Message], at: int, found: _Found) -> bool:
    """True if all that the mark at that place vouches for was read, and what came after it fits a page."""
    return len(messages) - at - 1 <= WINDOW and (at + 1 >= WINDOW or not found.more)


def _mark(messages: Sequence[Message]) -> str:
    if not messages:
        return ""
    told = "\n".join(f"{one.id} {one.recalled_at is not None} {plain_text(one.edited)}" for one in messages)
    return f"{messages[-1].id}.{sha256(told.encode()).hexdigest()[:16]}"


def _said(message: Message) -> ch.Said:
    recalled = message.recalled_at is not None
    return ch.Said(
        id=message.id,
        at=message.occurred_at,
        author=message.author,
        name=message.author_id if message.author is AuthorKind.BOT else "",
        parts=() if recalled else message.edited or message.parts,
        provider_id=message.provider_id if message.author is AuthorKind.CUSTOMER else "",
        recalled=recalled,
        edited=bool(message.edited),
        read=message.delivery is Delivery.READ,
    )


def _named(said: Sequence[ch.Said], authors: dict[str, str]) -> Flow[tuple[ch.Said, ...]]:
    """The messages with the names of the agents who wrote them."""
    agents = tuple(dict.fromkeys(authors[one.id] for one in said if one.id in authors))
    if not agents:
        return tuple(said)
    yield from steps.attempt(0)
    loaded = yield from steps.load(Needs(agents=agents))
    names = {key: agent.name for key, agent in loaded.snapshot.agents.items()}
    return tuple(
        one.model_copy(update={"name": names.get(authors[one.id], "")}) if one.id in authors else one for one in said
    )
