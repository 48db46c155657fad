"""``open_desk``: the one place that picks defaults and wires the parts."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from csdesk._sentence import is_a
from csdesk.desk.shell import Desk
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.records.actors import Actor
from csdesk.engine.awaited import is_awaited
from csdesk.engine.business import check_business
from csdesk.engine.core import AnyChannel, DeskCore
from csdesk.engine.hosted import engine_for
from csdesk.engine.local import Finished, Run
from csdesk.errors import ConfigMismatch, FlowError, InvalidInput, StoreError, UnsupportedFeature, sentence
from csdesk.flows import policies
from csdesk.ports.actions import ActionPort, AnyActionPort
from csdesk.ports.bots import AnyBot, Bot
from csdesk.ports.business import Business
from csdesk.ports.clock import Clock
from csdesk.ports.embedder import Embedder
from csdesk.ports.http import AsyncHttp, Http
from csdesk.ports.ids import IdSource
from csdesk.ports.media import MediaStore
from csdesk.ports.products import AnyProductFacts, ProductFacts
from csdesk.ports.steps import Flow
from csdesk.ports.store import AsyncStore, DeskRow, Hosted, Store
from csdesk.system.clock import SystemClock
from csdesk.system.ids import SystemIds

if TYPE_CHECKING:
    from csdesk.aio.shell import AsyncDesk

Synchronous = Literal["FULL", "NORMAL"]
"""How SQLite writes: see ``open_desk``."""


def open_desk(  # noqa: PLR0913  the one door: each part of a desk has its name here
    url: str | Store | sqlite3.Connection,
    *,
    desk: str = "main",
    config: DeskConfig | None = None,
    channels: Iterable[AnyChannel] = (),
    bots: Iterable[Bot] = (),
    products: ProductFacts | None = None,
    actions: Iterable[ActionPort] = (),
    business: Business | None = None,
    embedder: Embedder | None = None,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    media: MediaStore | None = None,
    http: Http | None = None,
    activate: bool = False,
    synchronous: Synchronous = "FULL",
) -> Desk:
    """Open a desk, which is made if it is new.

    A desk whose active configuration this release cannot use (``config.unreadable`` in ``Desk.notices``) can be read;
    whatever has to decide raises ``ConfigUnreadable``.

    Args:
        url: ``memory://`` (lost at exit), ``sqlite:///file.db`` (relative) or ``sqlite:////abs/file.db``; or a store;
            or your own SQLite connection, whose transactions the desk then joins (see
            ``docs/how-to/share-a-transaction.md``). What you pass in stays yours to close.
        desk: the name of the desk; one database serves many.
        config: the policy. A new desk takes it (or the defaults); for an existing desk it must be the active one,
            unless ``activate``.
        channels: the configured channels, each with its own account.
        bots: the bots that this process runs, by the names of the configuration: ``run_due`` asks them. A bot that no
            process runs hands its tickets to people when the time for its answer is up.
        products: your shop, which tells facts of its products for ``desk.products`` and for phrases.
        actions: your systems that carry out what was settled, by the names of the configuration (``port``):
            ``run_due`` calls them.
        business: your systems of orders, customers (CRM) and staff, which are asked on demand.
        embedder: a model of meaning that takes part in suggestions (``desk.replies.suggest`` and ``suggest_for``), and
            in nothing else: never while messages are taken in. Needs numpy (extra ``embed``).
        clock: where "now" comes from; the machine's clock by default.
        ids: where ids come from.
        media: where large texts and files go; beside the database by default.
        http: how channels reach their providers; a client of csdesk's own by default. One that you pass stays yours.
        activate: make ``config`` the active one, even if this release cannot use the one that is.
        synchronous: SQLite only: ``FULL`` survives a loss of power; ``NORMAL`` is faster and may then lose the last
            commits (a crash of the process loses nothing either way).

    Raises:
        InvalidInput: the URL cannot be used.
        ConfigMismatch: the desk runs another configuration.
        MissingExtra: an embedder without numpy.
        StoreError: the store cannot be opened.
    """
    from csdesk.system.http import HttpxHttp

    own_bots, ports = tuple(bots), tuple(actions)
    for bot in own_bots:
        _check_blocking("bots", bot, "answer")
    for port in ports:
        _check_blocking("actions", port, "carry_out")
    _check_blocking("products", products, "facts")
    systems = check_business(business, awaited=False)
    wish = _Wish(desk, config, channels, own_bots, products, ports, systems, embedder, clock, ids, media, activate)
    core, store, close = _wired(url, synchronous, wish)
    own = HttpxHttp()

    def let_go() -> None:
        close()
        own.close()

    return Desk(core, store, http or own, owned=let_go)


async def open_async_desk(  # noqa: PLR0913  as above
    url: str | Store | AsyncStore,
    *,
    desk: str = "main",
    config: DeskConfig | None = None,
    channels: Iterable[AnyChannel] = (),
    bots: Iterable[AnyBot] = (),
    products: AnyProductFacts | None = None,
    actions: Iterable[AnyActionPort] = (),
    business: Business | None = None,
    embedder: Embedder | None = None,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    media: MediaStore | None = None,
    http: AsyncHttp | None = None,
    activate: bool = False,
    synchronous: Synchronous = "FULL",
) -> AsyncDesk:
    """Open a desk for use with ``await``: arguments and errors as ``open_desk``; or over an ``AsyncStore``.

    Raises:
        UnsupportedFeature: a SQLite connection of your own: its transaction belongs to one thread at a time, and tasks
            would mix their work in it.
    """
    import asyncio

    from csdesk.aio.shell import AsyncDesk
    from csdesk.system.async_http import AsyncHttpxHttp

    if isinstance(url, sqlite3.Connection | Hosted):
        raise UnsupportedFeature(
            "open_async_desk", "join a host's transaction", "use open_desk in the thread of the transaction"
        )
    systems = check_business(business, awaited=True)
    wish = _Wish(
        desk, config, channels, tuple(bots), products, tuple(actions), systems, embedder, clock, ids, media, activate
    )
    if isinstance(url, AsyncStore):
        core, own = await _wired_async(url, wish), AsyncHttpxHttp()
        return AsyncDesk(core, url, http or own, owned=own.aclose)
    core, store, close = await asyncio.to_thread(_wired, url, synchronous, wish)
    own = AsyncHttpxHttp()

    async def let_go() -> None:
        await asyncio.to_thread(close)
        await own.aclose()

    return AsyncDesk(core, store, http or own, owned=let_go)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the caller asked for, beside the store."""

    desk: str
    config: DeskConfig | None
    channels: Iterable[AnyChannel]
    bots: tuple[AnyBot, ...]
    products: AnyProductFacts | None
    actions: tuple[AnyActionPort, ...]
    business: Business
    embedder: Embedder | None
    clock: Clock | None
    ids: IdSource | None
    media: MediaStore | None
    activate: bool

    def check(self) -> None:
        """Refuse what cannot be used, before anything is opened."""
        _check_config(self.config, self.activate)
        _check_part(self.clock, "clock", ("now", "sleep"), "Clock", "csdesk.testing.FixedClock()")
        _check_part(self.ids, "ids", ("new", "salt"), "IdSource", "csdesk.testing.SerialIds()")
        _check_part(self.media, "media", ("put", "open"), "MediaStore", "csdesk.stores.media.FolderMedia(folder)")

    def core(self, row: DeskRow, folder: Path | None) -> DeskCore:
        """The state of the desk; media lie in ``folder`` unless the caller has a place of their own."""
        return DeskCore(
            self.desk,
            secret=row.secret,
            config=self.config or DeskConfig(),
            clock=self.clock or SystemClock(),
            ids=self.ids or SystemIds(),
            media=self.media or _media(folder),
            media_at=_media_at,
            channels=self.channels,
            bots=self.bots,
            products=self.products,
            actions=self.actions,
            business=self.business,
            embedder=self.embedder,
        )

    def activation(self, core: DeskCore) -> Flow[None]:
        """A new desk takes the configuration; an existing one has it, or takes it with ``activate``."""
        run, own = core.ids.new("cmd_"), core.policy.digest
        yield from policies.activate(self.config or DeskConfig(), Actor.system(), run, only_first=not self.activate)
        active = yield from policies.active_digest()
        if self.config is not None and active != own:
            raise ConfigMismatch(core.name, active, own)


def _wired(
    url: str | Store | sqlite3.Connection, synchronous: Synchronous, wish: _Wish
) -> tuple[DeskCore, Store, Callable[[], None]]:
    """The parts of an open desk, and how to let go of what is not the caller's."""
    wish.check()
    store, folder = _store(url, synchronous)
    close = _keep if store is url else store.close
    try:
        with _alone(store):
            core = wish.core(store.open_desk(_desk_name(wish.desk), secret=SystemIds().secret()), folder)
            state = Run(wish.activation(core)).advance(engine_for(core, store).perform)
        core.check_bots()
    except BaseException:
        close()
        raise
    _check_end(state)
    return core, store, close


async def _wired_async(store: AsyncStore, wish: _Wish) -> DeskCore:
    from csdesk.aio._engines import StepEngine

    wish.check()
    core = wish.core(await store.open_desk(_desk_name(wish.desk), secret=SystemIds().secret()), None)
    _check_end(await StepEngine(core, store).advance(Run(wish.activation(core))))
    core.check_bots()
    return core


def _check_end(state: object) -> None:
    if not isinstance(state, Finished):
        raise FlowError("opening a desk needs no network")


def _keep() -> None:
    """The caller's own store stays open."""


def _alone(store: Store) -> AbstractContextManager[None]:
    """Opening commits by itself, unless it happens inside a host's transaction."""
    return store.alone("open_desk") if isinstance(store, Hosted) and not store.in_transaction else nullcontext()


def _desk_name(desk: object) -> str:
    if not isinstance(desk, str) or not desk or len(desk) > 64 or not desk.isprintable():
        raise InvalidInput("desk", "is not a desk name", "pass 1 to 64 printable characters")
    return desk


def _store(url: str | Store | sqlite3.Connection, synchronous: Synchronous) -> tuple[Store, Path | None]:
    if isinstance(url, sqlite3.Connection):
        from csdesk.stores.sqlite import HostedSqliteStore

        hosted = HostedSqliteStore(url)
        return hosted, _media_folder(hosted.path)
    if not isinstance(url, str):
        return _checked_store(url), None
    if url == "memory://":
        from csdesk.stores.memory import MemoryStore

        return MemoryStore(), None
    path = _sqlite_path(url)
    from csdesk.stores.sqlite import SqliteStore

    return SqliteStore(path, synchronous=synchronous), _media_folder(path)


def _sqlite_path(url: str) -> Path:
    scheme, name, rest = url.partition("sqlite:///")
    if scheme or not name or not rest or "\0" in rest:
        raise InvalidInput("url", "is not the URL of a store", "use memory:// or sqlite:///file.db")
    if "?" in rest:
        raise InvalidInput("url", "has options after ?", "leave them out; durability is set by synchronous=")
    if rest == ":memory:":
        raise InvalidInput("url", "is SQLite in memory, which no second connection sees", "use memory://")
    return Path(rest)


def _media_folder(path: Path | None) -> Path | None:
    return None if path is None else path.with_name(path.name + ".media")


def _check_blocking(field: str, part: object, method: str) -> None:
    """Refuse a part whose answers only a loop can await."""
    if is_awaited(getattr(part, method, None)):
        problem = sentence("{type} has to be awaited", type=type(part).__name__)
        raise InvalidInput(field, problem, "pass it to open_async_desk")


def _check_config(config: object, activate: object) -> None:
    if not isinstance(activate, bool):
        raise InvalidInput("activate", is_a(activate), "pass True or False")
    if config is not None and not isinstance(config, DeskConfig):
        raise InvalidInput(
            "config",
            is_a(config),
            "pass DeskConfig.from_toml(text) or DeskConfig(...)",
        )


def _check_part(part: object, argument: str, methods: Iterable[str], port: str, example: str) -> None:
    """A part that was given must have the methods of its port, and be an object and not a class."""
    if part is None:
        return
    lacking = [name for name in methods if not callable(getattr(part, name, None))]
    if lacking or isinstance(part, type):
        raise InvalidInput(
            argument,
            is_a(part),
            sentence("pass {example} or another {port}, or leave it out", example=example, port=port),
        )


_OF_A_STORE: Final = tuple(name for name in vars(Store) if not name.startswith("_"))
"""The methods that a store must have."""


def _checked_store(store: Store) -> Store:
    if callable(getattr(store, "aclose", None)) and not callable(getattr(store, "close", None)):
        raise InvalidInput(
            "url", sentence("is an AsyncStore ({type})", type=type(store).__name__), "pass it to open_async_desk"
        )
    lacking = tuple(name for name in _OF_A_STORE if not callable(getattr(store, name, None)))
    if isinstance(store, type) or len(lacking) == len(_OF_A_STORE):
        raise InvalidInput("url", is_a(store), "pass memory://, sqlite:///file.db or a store")
    if lacking:
        problem = sentence("{type} is no store: it lacks {names}", type=type(store).__name__, names=lacking)
        raise InvalidInput("url", problem, "see docs/how-to/write-a-store.md")
    return store


def _media(folder: Path | None) -> MediaStore:
    from csdesk.stores.media import MemoryMedia

    return MemoryMedia() if folder is None else _media_at(folder)


def _media_at(folder: Path) -> MediaStore:
    from csdesk.stores.media import FolderMedia

    try:
        return FolderMedia(folder)
    except OSError as error:
        raise StoreError("the media folder beside the database cannot be used; check it and its permissions") from error
