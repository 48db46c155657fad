"""``open_desk``: the one place that picks defaults and wires the parts."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from csdesk.desk.shell import Desk
from csdesk.domain.policy.config import DeskConfig
from csdesk.domain.records.actors import Actor
from csdesk.engine.core import AnyChannel, DeskCore
from csdesk.engine.hosted import engine_for
from csdesk.engine.local import Finished, LocalEngine, Run
from csdesk.errors import ConfigMismatch, FlowError, InvalidInput, StoreError, UnsupportedFeature
from csdesk.flows import policies
from csdesk.ports.clock import Clock
from csdesk.ports.http import AsyncHttp, Http
from csdesk.ports.ids import IdSource
from csdesk.ports.media import MediaStore
from csdesk.ports.steps import Flow
from csdesk.ports.store import Hosted, Store
from csdesk.system.clock import SystemClock
from csdesk.system.ids import SystemIds

if TYPE_CHECKING:
    from csdesk.aio.shell import AsyncDesk

T = TypeVar("T")

Synchronous = Literal["FULL", "NORMAL"]
"""How SQLite writes: see ``open_desk``."""


def open_desk(
    url: str | Store | sqlite3.Connection,
    *,
    desk: str = "main",
    config: DeskConfig | None = None,
    channels: Iterable[AnyChannel] = (),
    clock: Clock | None = None,
    ids: IdSource | None = None,
    media: MediaStore | None = None,
    http: Http | None = None,
    activate: bool = False,
    synchronous: Synchronous = "FULL",
) -> Desk:
    """Open a desk, which is made if it is new.

    Args:
        url: ``memory://`` (lost at exit), ``sqlite:///file.db`` (relative) or ``sqlite:////abs/file.db``; or a store;
            or your own SQLite connection, whose transactions the desk then joins (see
            ``docs/how-to/share-a-transaction.md``). What you pass in stays yours to close.
        desk: the name of the desk; one database serves many.
        config: the policy. A new desk takes it (or the defaults); for an existing desk it must be the active one,
            unless ``activate``.
        channels: the configured channels, each with its own account.
        clock: where "now" comes from; the machine's clock by default.
        ids: where ids come from.
        media: where large texts and files go; beside the database by default.
        http: how channels reach their providers; a client of csdesk's own by default. One that you pass stays yours.
        activate: make ``config`` the active one.
        synchronous: SQLite only: ``FULL`` survives a loss of power; ``NORMAL`` is faster and may then lose the last
            commits (a crash of the process loses nothing either way).

    Raises:
        InvalidInput: the URL cannot be used.
        ConfigMismatch: the desk runs another configuration.
        StoreError: the store cannot be opened.
    """
    from csdesk.system.http import HttpxHttp

    wired = _wired(url, synchronous, desk, config, channels, clock, ids, media, activate=activate)
    own = HttpxHttp()

    def let_go() -> None:
        wired.let_go()
        own.close()

    return Desk(wired.core, wired.store, http or own, owned=let_go)


async def open_async_desk(
    url: str | Store,
    *,
    desk: str = "main",
    config: DeskConfig | None = None,
    channels: Iterable[AnyChannel] = (),
    clock: Clock | None = None,
    ids: IdSource | None = None,
    media: MediaStore | None = None,
    http: AsyncHttp | None = None,
    activate: bool = False,
    synchronous: Synchronous = "FULL",
) -> AsyncDesk:
    """Open a desk for use with ``await``: arguments and errors as ``open_desk``.

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

    def wire() -> _Wired:
        return _wired(url, synchronous, desk, config, channels, clock, ids, media, activate=activate)

    wired = await asyncio.to_thread(wire)
    own = AsyncHttpxHttp()

    async def let_go() -> None:
        await asyncio.to_thread(wired.let_go)
        await own.aclose()

    return AsyncDesk(wired.core, wired.store, http or own, owned=let_go)


@dataclass(frozen=True, slots=True)
class _Wired:
    """The parts of an open desk, and how to let go of what is not the caller's."""

    core: DeskCore
    store: Store
    let_go: Callable[[], None]


def _keep() -> None:
    """The caller's own store stays open."""


def _wired(
    url: str | Store | sqlite3.Connection,
    synchronous: Synchronous,
    desk: str,
    config: DeskConfig | None,
    channels: Iterable[AnyChannel],
    clock: Clock | None,
    ids: IdSource | None,
    media: MediaStore | None,
    *,
    activate: bool,
) -> _Wired:
    _check_config(config)
    _check_part(clock, "clock", ("now", "sleep"), "a Clock such as csdesk.testing.FixedClock()")
    _check_part(ids, "ids", ("new", "salt"), "an IdSource such as csdesk.testing.SerialIds()")
    _check_part(media, "media", ("put", "open"), "a MediaStore such as csdesk.stores.media.FolderMedia(folder)")
    store, folder = _store(url, synchronous)
    let_go = _keep if store is url else store.close
    try:
        with _alone(store):
            core = _core(store, desk, config, channels, clock, ids, media or _media(folder))
            _activate(engine_for(core, store), config, activate=activate)
    except BaseException:
        let_go()
        raise
    return _Wired(core, store, let_go)


def _alone(store: Store) -> AbstractContextManager[None]:
    """Opening commits by itself, unless it happens inside a host's transaction."""
    return store.alone("open_desk") if isinstance(store, Hosted) and not store.in_transaction else nullcontext()


def _core(
    store: Store,
    desk: str,
    config: DeskConfig | None,
    channels: Iterable[AnyChannel],
    clock: Clock | None,
    ids: IdSource | None,
    media: MediaStore,
) -> DeskCore:
    row = store.open_desk(_desk_name(desk), secret=SystemIds().secret())
    return DeskCore(
        desk,
        secret=row.secret,
        config=config or DeskConfig(),
        clock=clock or SystemClock(),
        ids=ids or SystemIds(),
        media=media,
        media_at=_media_at,
        channels=channels,
    )


def _activate(engine: LocalEngine, config: DeskConfig | None, *, activate: bool) -> None:
    core = engine.core
    _run(
        engine, policies.activate(config or DeskConfig(), Actor.system(), core.ids.new("cmd_"), only_first=not activate)
    )
    active = _run(engine, policies.active())
    if config is not None and active.digest != config.digest:
        raise ConfigMismatch(core.name, active.digest, config.digest)


def _run(engine: LocalEngine, flow: Flow[T]) -> T:
    state = Run(flow).advance(engine.perform)
    if isinstance(state, Finished):
        return state.value
    raise FlowError("opening a desk needs no network")


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
    if url.startswith("sqlite:///") and len(url) > len("sqlite:///") and "\0" not in url:
        from csdesk.stores.sqlite import SqliteStore

        path = Path(url.removeprefix("sqlite:///"))
        return SqliteStore(path, synchronous=synchronous), _media_folder(path)
    raise InvalidInput("url", "is not the URL of a store", "use memory:// or sqlite:///file.db")


def _media_folder(path: Path | None) -> Path | None:
    return None if path is None else path.with_name(path.name + ".media")


def _check_config(config: object) -> None:
    if config is not None and not isinstance(config, DeskConfig):
        raise InvalidInput(
            "config", f"is a {type(config).__name__}", "pass DeskConfig.from_toml(text) or DeskConfig(...)"
        )


def _check_part(part: object, argument: str, methods: Iterable[str], wanted: str) -> None:
    """A part that was given must have the methods of its port, and be an object and not a class."""
    if part is None:
        return
    lacking = [name for name in methods if not callable(getattr(part, name, None))]
    if lacking or isinstance(part, type):
        told = f"is the class {part.__name__}" if isinstance(part, type) else f"is a {type(part).__name__}"
        raise InvalidInput(argument, told, f"pass {wanted}, or leave it out")


def _checked_store(store: Store) -> Store:
    if not all(callable(getattr(store, name, None)) for name in ("open_desk", "load", "commit", "close")):
        raise InvalidInput("url", f"is a {type(store).__name__}", "pass memory://, sqlite:///file.db or a store")
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
