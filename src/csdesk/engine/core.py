"""The state of an open desk in this process: its compiled policy, its phrases, its ticket numbers.

Everything here is a cache of what the store holds, swapped whole when the desk's epochs say that it is old.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from inspect import iscoroutinefunction
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Final

from csdesk._nearest import nearest
from csdesk._sentence import is_a
from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.matching.articles import ArticleShelf
from csdesk.domain.matching.book import PhraseBook
from csdesk.domain.policy.compiled import Policy, compile_policy
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.policy.service_book import HolidayYears
from csdesk.domain.policy.unreadable import UnreadablePolicy, problems_of
from csdesk.domain.records.changes import AgentGroup, Snapshot
from csdesk.domain.records.channels import Capabilities
from csdesk.domain.records.holidays import PublicHolidays
from csdesk.domain.records.media import MediaRef
from csdesk.domain.routing.roster import Roster
from csdesk.domain.time.holidays import HolidayYear
from csdesk.engine.meanings import Meanings
from csdesk.errors import DeskClosed, InvalidInput, NotFound, StoreError, UnsupportedFeature, UsageError, sentence
from csdesk.ports.actions import ActionPort, AnyActionPort
from csdesk.ports.bots import AnyBot, Bot
from csdesk.ports.business import Business
from csdesk.ports.channel import (
    BlockingChannel,
    Channel,
    Feed,
    FeedChannel,
    FeedPage,
    NamingChannel,
    TimedChannel,
)
from csdesk.ports.clock import Clock
from csdesk.ports.embedder import Embedder
from csdesk.ports.ids import IdSource
from csdesk.ports.media import MediaStore
from csdesk.ports.products import AnyProductFacts
from csdesk.ports.steps import Attempt, Scope

AnyChannel = Channel | BlockingChannel

NUMBERS: Final = "ticket"
"""The store's counter behind ticket numbers."""

BLOCK: Final = 50
"""How many ticket numbers a process takes at a time; unused ones become gaps."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The desk's phrases as this process knows them, and how far it has read what changes them."""

    epoch: int
    book: PhraseBook
    library: str = ""
    """The position of the last change of the library that it knows; empty: there was none."""
    learning: str = ""
    """The position of the last entry about lessons that it knows; empty: there was none."""
    training: int = 0
    """The training that was chosen last, as far as it has read; 0: none."""


@dataclass(frozen=True, slots=True)
class Articles:
    """The desk's articles as this process knows them, and how far it has read what changes them."""

    epoch: int
    shelf: ArticleShelf
    library: str = ""


class DeskCore:
    """What both shells know of their desk. Safe between threads: caches are replaced by one assignment."""

    def __init__(
        self,
        name: str,
        *,
        secret: bytes,
        config: DeskConfig,
        clock: Clock,
        ids: IdSource,
        media: MediaStore,
        media_at: Callable[[Path], MediaStore],
        channels: Iterable[AnyChannel],
        bots: Iterable[AnyBot] = (),
        products: AnyProductFacts | None = None,
        actions: Iterable[AnyActionPort] = (),
        business: Business | None = None,
        embedder: Embedder | None = None,
    ) -> None:
        self.name = name
        self.keys: ClaimKeys = ClaimKeys(secret)
        self.clock = clock
        self.ids = ids
        self.media = media
        self.media_at = media_at
        self.channels: Mapping[str, AnyChannel] = _by_account(channels)
        self.bots: Mapping[str, AnyBot] = _by_name(bots)
        self.products = _a_shop(products)
        self.business = business or Business()
        self.actions: Mapping[str, AnyActionPort] = _ports(actions)
        self._model = Meanings(embedder) if embedder is not None else None
        for channel in self.channels.values():
            if isinstance(channel, TimedChannel):
                channel.keep_time(clock)
            if isinstance(channel, NamingChannel):
                channel.keep_ids(ids)
        self.compiled: tuple[int, int, Policy] = (0, 0, compile_policy(config))
        """The compiled policy behind the epochs of config and calendars that it stands for."""
        self.shelf: Shelf | None = None
        """The phrases that were last read; None until somebody needs them."""
        self.articles: Articles | None = None
        """The articles that were last read; None until somebody searches them."""
        self._roster: tuple[int, Roster] | None = None
        self.shelving: Lock = Lock()
        """Held by the thread that brings the phrases up to date: the others find them done."""
        self._numbers: list[int] = []
        self._pid = os.getpid()
        self._lock = Lock()
        self.is_closed: bool = False

    @property
    def policy(self) -> Policy:
        """The policy that was last read, or the usable one before it: it only helps to ask for the right things."""
        known = self.compiled[2]
        return known.last if isinstance(known, UnreadablePolicy) else known

    @property
    def can_decide(self) -> bool:
        """False while the desk runs a configuration that this release cannot use."""
        return self.compiled[2].is_usable

    def check_policy(self) -> None:
        """Refuse what needs a policy.

        Raises:
            ConfigUnreadable: the active one cannot be used.
        """
        _ = self.compiled[2].config

    @property
    def able(self) -> Mapping[str, Capabilities]:
        """What each account's channel can do."""
        return {account: channel.capabilities for account, channel in self.channels.items()}

    def scope(self) -> Scope:
        """The scope of a new attempt.

        Raises:
            DeskClosed: the desk was closed.
        """
        self.check_open()
        return Scope(
            self.name,
            self.keys,
            self.clock.now(),
            self.ids,
            self.policy,
            self.able,
            tuple(self.bots),
            self.products is not None,
            tuple(self.actions),
            self._model is not None,
        )

    def check_open(self) -> None:
        """Refuse calls of a closed desk.

        Raises:
            DeskClosed: the desk was closed.
        """
        if self.is_closed:
            raise DeskClosed(self.name)

    @property
    def notices(self) -> tuple[str, ...]:
        """Codes of what the host should know."""
        if not self.can_decide:
            return ("config.unreadable",)
        return ("access.open",) if self.policy.is_open else ()

    def channel(self, account: str) -> AnyChannel:
        """The channel of an account.

        Raises:
            NotFound: the desk was opened without it.
        """
        channel = self.channels.get(account)
        if channel is None:
            remedy = "open the desk with its channel: open_desk(..., channels=[...])"
            raise NotFound("account", account, remedy=remedy)
        return channel

    def bot(self, name: str) -> AnyBot:
        """The bot of that name.

        Raises:
            NotFound: the desk was opened without it.
        """
        bot = self.bots.get(name)
        if bot is None:
            raise NotFound("bot", name)
        return bot

    def shop(self) -> AnyProductFacts:
        """What tells about products.

        Raises:
            UnsupportedFeature: the desk was opened without.
        """
        if self.products is None:
            raise UnsupportedFeature("this desk", "facts of products", "pass products= to open_desk")
        return self.products

    def model(self) -> Meanings:
        """What knows the vectors of phrases.

        Raises:
            UnsupportedFeature: the desk was opened without an embedder.
        """
        if self._model is None:
            raise UnsupportedFeature("this desk", "vectors", "pass embedder= to open_desk")
        return self._model

    def action_port(self, name: str) -> AnyActionPort:
        """The system of that name, which carries out what was settled.

        Raises:
            NotFound: the desk was opened without it.
        """
        port = self.actions.get(name)
        if port is None:
            raise NotFound("action port", name)
        return port

    def check_bots(self) -> None:
        """Refuse a bot, or a system that carries out, which the configuration does not have.

        Raises:
            InvalidInput: it is not under ``bots`` there, or no action names it as its ``port``.
        """
        ports = self.policy.authority.ports if self.can_decide else frozenset[str]()
        for name in self.actions if self.can_decide else ():
            if name not in ports:
                raise InvalidInput(
                    "actions", sentence("no action has the port {name!r}", name=name), nearest(name, ports)
                )
        known = self.policy.reception.bots
        for name in self.bots if self.can_decide else ():
            if name not in known:
                raise InvalidInput("bots", sentence("unknown bot {name!r}", name=name), nearest(name, known))

    def show(self, feed: Feed, page: FeedPage) -> bytes:
        """A page of a conversation, as its channel writes it.

        Raises:
            NotFound: the desk was opened without the channel.
            UnsupportedFeature: nobody reads conversations through it.
        """
        channel = self.channel(feed.account)
        if isinstance(channel, FeedChannel):
            return channel.show(feed, page)
        raise UnsupportedFeature(
            sentence("account {account}", account=feed.account),
            "show conversations",
            "see FeedChannel in csdesk.ports.channel",
        )

    def adopt_policy(self, body: str, digest: str, epoch: int) -> Policy:
        """Compile a stored configuration and use it from now on; one that cannot be used lets nobody decide."""
        _, calendars, _ = self.compiled
        last = policy = self.policy
        try:
            # Mostly it is what the desk was opened with, word by word: that one is compiled.
            if digest != last.digest or body != last.config.canonical_json():
                policy = compile_policy(DeskConfig.from_json(body), last.service.years)
        except UsageError as error:
            policy = UnreadablePolicy(self.name, digest, problems_of(error), last)
        self.compiled = (epoch, calendars, policy)
        return policy

    def adopt_holidays(self, saved: Iterable[PublicHolidays], epoch: int) -> Policy:
        """Let the calendars observe saved holiday years from now on."""
        config, _, before = self.compiled
        policy = before.observing(saved_years(saved))
        self.compiled = (config, epoch, policy)
        return policy

    def roster(self, snapshot: Snapshot) -> Roster | None:
        """The kinds of agents of the snapshot's epoch, if they are at hand."""
        known = self._roster
        return known[1] if known is not None and known[0] == snapshot.epochs.agents else None

    def adopt_roster(self, groups: Iterable[AgentGroup], epoch: int) -> Roster:
        """Use kinds of agents from now on."""
        roster = Roster(groups)
        self._roster = (epoch, roster)
        return roster

    def has_phrases_of(self, epoch: int) -> bool:
        """True if the phrases at hand are those of that epoch."""
        return self.shelf is not None and self.shelf.epoch == epoch

    def put_media(self, content: bytes, type: str, name: str) -> MediaRef:
        """Store bytes.

        Raises:
            StoreError: they cannot be written.
        """
        try:
            return self.media.put(BytesIO(content), type=type, name=name)
        except OSError as error:
            raise StoreError(
                "the media store cannot be written; check its disk and permissions, then try again"
            ) from error

    def read_media(self, ref: MediaRef) -> bytes:
        """The bytes of a reference.

        Raises:
            NotFound: nothing is stored under it.
            StoreError: they cannot be read.
        """
        try:
            with self.media.open(ref) as stream:
                return stream.read()
        except OSError as error:
            raise StoreError("the media store cannot be read; check its disk and permissions") from error

    def take_number(self) -> int | None:
        """A ticket number of the present block; None if a new block is needed."""
        with self._lock:
            if self._pid != os.getpid():
                # A forked child: the block belongs to the parent, which goes on using it.
                self._pid, self._numbers = os.getpid(), []
            return self._numbers.pop() if self._numbers else None

    def add_numbers(self, first: int) -> int:
        """Lay in a block that begins at ``first``, and take its first number."""
        with self._lock:
            self._numbers = [*range(first + BLOCK - 1, first, -1), *self._numbers]
        return first


def saved_years(saved: Iterable[PublicHolidays]) -> HolidayYears:
    """Saved holidays as calendars observe them."""
    return {
        one.place: {
            year.year: HolidayYear(frozenset(year.closed), frozenset(year.working), known=year.known)
            for year in one.years
        }
        for one in saved
    }


def wait_before(attempt: Attempt) -> float:
    """How long to wait before an attempt, in seconds: none before the first, then random and growing, at most 0.5."""
    if attempt.number == 0:
        return 0.0
    from tenacity import RetryCallState, Retrying, wait_random_exponential

    state = RetryCallState(retry_object=Retrying(), fn=None, args=(), kwargs={})
    state.attempt_number = attempt.number
    return float(wait_random_exponential(multiplier=0.002, max=0.5)(state))


_CALLED: Final = ("receive", "send", "pull", "send_now", "pull_now", "upload", "fetch", "upload_now", "fetch_now")
"""The methods of a channel, none of which a desk awaits: a message handed to a coroutine would never leave."""


def _by_account(channels: object) -> dict[str, AnyChannel]:
    if isinstance(channels, str) or not isinstance(channels, Iterable):
        raise InvalidInput("channels", is_a(channels), "pass a list: channels=[channel]")
    found: dict[str, AnyChannel] = {}
    for channel in channels:
        if isinstance(channel, type):
            raise InvalidInput("channels", is_a(channel), "pass an object of it")
        if not isinstance(channel, Channel | BlockingChannel):
            raise InvalidInput(
                "channels",
                sentence(
                    "{type} is no channel: it lacks {names}", type=type(channel).__name__, names=_lacking(channel)
                ),
                "see docs/how-to/write-a-channel.md",
            )
        if awaited := next((name for name in _CALLED if iscoroutinefunction(getattr(channel, name, None))), None):
            raise InvalidInput(
                "channels",
                sentence("{type}.{name} is a coroutine function", type=type(channel).__name__, name=awaited),
                "yield HTTP requests in send and pull, or write send_now and pull_now, run in threads",
            )
        if channel.account in found:
            raise InvalidInput(
                "channels",
                sentence("two channels have the account {account!r}", account=channel.account),
                "give each its own",
            )
        found[channel.account] = channel
    return found


def _lacking(channel: object) -> tuple[str, ...]:
    """What keeps an object from being a channel; of the two ways to reach a provider, the one that it has begun."""
    blocking = hasattr(channel, "send_now") or hasattr(channel, "pull_now")
    needed = (
        "account",
        "kind",
        "capabilities",
        "receive",
        *(("send_now", "pull_now") if blocking else ("send", "pull")),
    )
    return tuple(name for name in needed if not hasattr(channel, name))


def _a_shop(products: AnyProductFacts | None) -> AnyProductFacts | None:
    given: object = products
    if given is not None and (isinstance(given, type) or not callable(getattr(given, "facts", None))):
        raise InvalidInput(
            "products", sentence("{type} tells no facts", type=type(given).__name__), "see csdesk.ports.products"
        )
    return products


def _by_name(bots: Iterable[AnyBot]) -> dict[str, AnyBot]:
    found: dict[str, AnyBot] = {}
    for bot in bots:
        if isinstance(bot, type) or not isinstance(bot, Bot) or not callable(bot.answer):
            raise InvalidInput(
                "bots", sentence("{type} is no bot", type=type(bot).__name__), "see docs/how-to/plug-in-a-bot.md"
            )
        if bot.name in found:
            raise InvalidInput("bots", sentence("two bots have the name {name!r}", name=bot.name), "give each its own")
        found[bot.name] = bot
    return found


def _ports(actions: Iterable[AnyActionPort]) -> dict[str, AnyActionPort]:
    found: dict[str, AnyActionPort] = {}
    for port in actions:
        if isinstance(port, type) or not isinstance(port, ActionPort) or not callable(port.carry_out):
            problem = sentence("{type} carries nothing out", type=type(port).__name__)
            raise InvalidInput("actions", problem, "see docs/how-to/authority.md")
        if port.name in found:
            raise InvalidInput(
                "actions", sentence("two systems have the name {name!r}", name=port.name), "give each its own"
            )
        found[port.name] = port
    return found
