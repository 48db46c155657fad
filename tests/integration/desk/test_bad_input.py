"""Whatever callers, channels, clocks and files do: a typed error that names the field, or a normalised value.

After each of them the desk still works, and nothing was lost.
"""

import asyncio
import inspect
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from tests.databases import store_at

from csdesk.bootstrap import open_async_desk, open_desk
from csdesk.desk.shell import Desk
from csdesk.domain.core.claims import ClaimKeys
from csdesk.domain.policy.config import (
    ActionPolicy,
    AlternativePolicy,
    AuthorityPolicy,
    DeskConfig,
    LimitPolicy,
    ServicePolicy,
)
from csdesk.domain.records import events as ev
from csdesk.domain.records.actors import Actor
from csdesk.domain.records.bots import BotAbstains
from csdesk.domain.records.changes import Needs
from csdesk.domain.records.channels import InboundMessage, Received, Sender
from csdesk.domain.records.messages import HtmlPart, LocationPart, MediaPart, TextPart
from csdesk.errors import CsdeskError, DeskClosed, InvalidInput, StoreBusy, StoreError
from csdesk.stores.memory import MemoryStore
from csdesk.stores.sqlite import SqliteStore
from csdesk.testing import FixedClock
from csdesk.testing.audit import problems_of
from csdesk.testing.clocks import START

MARKER = "Geheimnis客户的话"
"""A customer's words: they may stand in no error and no repr of the desk."""
ME = Actor.agent("agt_me")
CONFIG = DeskConfig(
    authority=AuthorityPolicy(
        actions=(ActionPolicy(name="refund", unit="CNY", digits=2),),
        limits=(LimitPolicy(action="refund", per_case=50), LimitPolicy(action="refund", system=True, per_case=50)),
        alternatives=(AlternativePolicy(name="voucher"),),
        services=(ServicePolicy(name="small", action="refund"),),
    )
)


@pytest.fixture(params=["memory", "sqlite"])
def opened(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Desk, MemoryStore | SqliteStore, FixedClock]]:
    clock = FixedClock()
    store = MemoryStore() if request.param == "memory" else store_at(tmp_path / "desk.db", synchronous="NORMAL")
    with open_desk(store, clock=clock, config=CONFIG) as desk:
        yield desk, store, clock
        assert desk.receive(message("the desk still works", talk="last")).state == "stored"
        assert problems_of(store) == ()
    store.close()


@pytest.fixture
def desk(opened: tuple[Desk, MemoryStore | SqliteStore, FixedClock]) -> Desk:
    return opened[0]


def message(text: str = MARKER, *, key: str | None = None, talk: str = "c", **values: object) -> InboundMessage:
    given = {"account": "chat", "conversation": talk, "sender": Sender(external_id=f"u-{talk}"), "text": text}
    return InboundMessage(**{**given, "dedupe_key": key or f"d-{talk}", **values})  # type: ignore[arg-type]


def stored(desk: Desk, one: InboundMessage) -> Received:
    received = desk.receive(one)
    assert received.state == "stored"
    assert received.message is not None
    assert received.ticket is not None
    assert desk.receive(one).message == received.message
    assert desk.tickets.get(received.ticket.id) == received.ticket
    return received


# Every method, every argument


BAD = (
    None,
    "",
    MARKER,
    "tkt_1",
    5,
    -1,
    10**30,
    2.5,
    float("nan"),
    b"x",
    [MARKER],
    {"a": 1},
    object(),
    "\ud800",
    "a\0b",
    "x" * 20_000,
    True,
    datetime(2020, 1, 1),  # noqa: DTZ001  naive on purpose
    datetime.max,  # noqa: DTZ901  naive on purpose
    datetime.min.replace(tzinfo=timezone(timedelta(hours=8))),
)


def _good(received: Received, agent: str) -> dict[str, object]:
    assert received.ticket is not None
    assert received.customer is not None
    return {
        "ticket": received.ticket.id,
        "into": received.ticket.id,
        "record_id": received.ticket.id,
        "customer": received.customer.id,
        "identity": received.ticket.identity,
        "agent": agent,
        "message": received.message_id,
        "item": received.message_id,
        "phrase": "phr_1",
        "article": "art_1",
        "given": (),
        "sku": "MUG-01",
        "first": "MUG-01",
        "second": "CUP-02",
        "macro": "none",
        "rule": "none",
        "actor": ME,
        "text": "hello",
        "queue": "default",
        "status": "open",
        "name": "priority",
        "value": "high",
        "consumer": "me",
        "position": "0",
        "external_id": "u",
        "account": "chat",
        "title": "t",
        "wording": "b",
        "fate": "shown",
        "phrases": (),
        "number": 0,
        "presence": "online",
        "skills": (),
        "shift": "",
        "events": (),
        "tags": "a",
        "messages": (),
        "config": None,
        "request": None,
        "target": "copy.db",
        "fence": 1,
        "bot": "xiaozhi",
        "turn": None,
        "outcome": BotAbstains(),
        "flag": "rude",
        "ref": "A-1",
        "goal": "answer",
        "knowledge": (),
        "did": "order",
        "namespace": "shop",
        "segment": "loyal",
        "since": datetime(2026, 1, 1, tzinfo=UTC),
        "until": datetime(2026, 2, 1, tzinfo=UTC),
        "action": "refund",
        "limit": 10,
        "roles": (),
        "by": ME,
        "brief": "b",
        "reason": "r",
        "wish": "w",
        "settlement": "set_1",
        "alternative": "voucher",
        "service": "small",
        "done": True,
    }


def _methods(desk: Desk) -> Iterator[tuple[str, object]]:
    groups = ("tickets", "customers", "tags", "segments", "agents", "replies", "learning", "articles", "products")
    groups += ("inbox", "outbox", "config", "events", "bots", "authority", "self_service")
    for group in (desk, desk.tickets.drafts, desk.authority.exceptions, *(getattr(desk, name) for name in groups)):
        for name, method in inspect.getmembers(group, inspect.ismethod):
            if not name.startswith("_") and name != "close":
                yield f"{type(group).__name__}.{name}", method


def _raised(method: object, arguments: list[object], named: dict[str, object]) -> Exception | None:
    try:
        method(*arguments, **named)  # type: ignore[operator]
    except Exception as error:  # noqa: BLE001  what came is what is tested
        return error
    return None


def test_every_argument_of_every_method(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # names of files are tried too
    received = stored(desk, message())
    good = _good(received, desk.agents.add("Ann").id)
    assert received.message is not None
    calls = 0
    for name, method in _methods(desk):
        parameters = inspect.signature(method).parameters  # type: ignore[arg-type]
        given = {
            key: good[key]
            for key, one in parameters.items()
            if one.default is one.empty and one.kind is not one.VAR_POSITIONAL
            if key in good
        }
        for target, parameter in parameters.items():
            for bad in BAD:
                calls += 1
                is_many = parameter.kind is parameter.VAR_POSITIONAL
                arguments = [bad] if is_many else []
                named = dict(given) if is_many else {**given, target: bad}
                first = [named.pop(next(iter(parameters)))] if is_many else []
                error = _raised(method, [*first, *arguments], named)
                if error is not None:
                    place = f"{name}({target}={bad!r:.30}) raised {error!r:.200}"
                    assert isinstance(error, CsdeskError), place
                    assert type(error) is not StoreError, place  # an error that the driver had to tell of
    assert calls > 1000
    assert desk.replies.suggest(received.message.id)


# Messages


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("account", {"account": ""}),
        ("account", {"account": None}),
        ("account", {"account": "a\nb"}),
        ("account", {"account": "a\0b"}),
        ("account", {"account": "a\ud800"}),
        ("conversation", {"conversation": "x" * 1001}),
        ("dedupe_key", {"dedupe_key": "\u202e"}),
        ("dedupe_key", {"dedupe_key": 7}),
        ("sender", {"sender": MARKER}),
        ("sender", {"sender": None}),
        ("sent_at", {"sent_at": datetime(2026, 1, 1)}),  # noqa: DTZ001
        ("sent_at", {"sent_at": MARKER}),
        ("sent_at", {"sent_at": datetime.min.replace(tzinfo=timezone(timedelta(hours=8)))}),
        ("sent_at", {"sent_at": datetime.max.replace(tzinfo=timezone(timedelta(hours=-8)))}),
        ("author", {"author": MARKER}),
        ("automatic", {"automatic": MARKER}),
        ("parts", {"parts": ({"kind": MARKER},)}),
        ("parts", {"parts": MARKER}),
        ("references", {"references": MARKER}),
        ("provider_order", {"provider_order": MARKER}),
        ("nonsense", {"nonsense": MARKER}),
        ("raw", {"raw": object()}),
    ],
)
def test_a_message_that_cannot_be(field: str, values: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as caught:
        InboundMessage(
            **{"account": "a", "dedupe_key": "d", "conversation": "c", "sender": Sender(external_id="u"), **values}  # type: ignore[arg-type]
        )
    assert field in caught.value.field
    assert caught.value.remedy
    _no_words(caught.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 91.0, MARKER])
def test_a_place_that_cannot_be(value: object) -> None:
    with pytest.raises(InvalidInput, match="latitude") as caught:
        LocationPart(latitude=value, longitude=0)  # type: ignore[arg-type]
    _no_words(caught.value)


ODD = (
    "\ud800 lone",
    "nul \0 inside",
    "\u202eright to left\u202c",
    "e\u0301" * 500 + "\u0301" * 500,
    "👨‍👩‍👧‍👦" * 300,
    "\ufdfa" * 2000,
    "\x01\x02\x1b[31m\x7f\x85",
    "\u2028\u2029\ufeff\u200b",
    "𠀀𪛖" * 100,
    "ﷺ发票發票\U0010ffff\ufffe",
    "",
    " \t\r\n",
)


@pytest.mark.parametrize("text", ODD)
def test_odd_texts(desk: Desk, text: str) -> None:
    parts = (TextPart(text=text), HtmlPart(html=text), MediaPart(provider_id=text, name=text, type=text, caption=text))
    sender = Sender(external_id="u", name=text)
    one = message(text, sender=sender, subject=text, language=text, parts=parts, provider_id=text, references=(text,))
    received = stored(desk, one)
    assert received.ticket is not None
    desk.reply(received.ticket.id, text if text.strip() else "-", subject=text, actor=ME)
    desk.note(received.ticket.id, text if text.strip() else "-", actor=ME)
    desk.tickets.set_field(received.ticket.id, "x.a", text, actor=ME)
    desk.tickets.set_field(received.ticket.id, "subject", text, actor=ME)
    desk.tickets.drafts.save(received.ticket.id, text, actor=ME)
    desk.replies.suggest_for(text)
    desk.run_due()
    desk.tickets.search(text)


@pytest.mark.parametrize("value", [-0.0, 10**18, True, 1e308])
def test_odd_numbers_are_kept(desk: Desk, value: float) -> None:
    ticket = stored(desk, message()).ticket
    assert ticket is not None
    desk.tickets.set_field(ticket.id, "x.a", value, actor=ME)
    assert desk.tickets.get(ticket.id).field("a") == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_refused(desk: Desk, value: float) -> None:
    ticket = stored(desk, message()).ticket
    assert ticket is not None
    with pytest.raises(InvalidInput, match="value"):
        desk.tickets.set_field(ticket.id, "x.a", value, actor=ME)
    assert desk.tickets.get(ticket.id) == ticket


def test_large_bodies(desk: Desk) -> None:
    text = MARKER * 700_000
    received = stored(desk, message(text, subject="s" * 2_000_000, raw=b"x" * 10_000_000))
    assert received.message is not None
    assert len(received.message.text) < len(text)
    assert isinstance(received.message.parts[0], TextPart)
    full = received.message.parts[0].full
    assert full is not None
    assert full.size == len(text.encode())
    desk.run_due()


def test_huge_lists(desk: Desk) -> None:
    people = tuple(Sender(external_id=f"cc-{number}", kind="email") for number in range(10_000))
    references = tuple(f"<{number}@example.org>" for number in range(10_000))
    sender = Sender(external_id="u@example.org", kind="email")
    received = stored(desk, message(sender=sender, cc=people, references=references))
    assert received.ticket is not None
    assert len(received.ticket.participants) <= 21
    again = stored(desk, message("again", key="d2", sender=sender, references=references))
    assert again.ticket is not None
    assert again.ticket.id == received.ticket.id


@pytest.mark.parametrize(
    "sent_at",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        START + timedelta(days=365),
        START - timedelta(days=3650),
        START.astimezone(timezone(timedelta(hours=14))),
    ],
)
def test_times_far_away_are_clamped(desk: Desk, sent_at: datetime) -> None:
    received = stored(desk, message(sent_at=sent_at))
    assert received.message is not None
    assert received.message.sent_at == sent_at
    assert START - timedelta(hours=24) <= received.message.occurred_at <= START


# The clock


def test_a_clock_that_steps_back_never_rejects_a_customer(
    opened: tuple[Desk, MemoryStore | SqliteStore, FixedClock],
) -> None:
    desk, _, clock = opened
    first = stored(desk, message("first", key="d1"))
    assert first.ticket is not None
    clock.advance(timedelta(minutes=-90))
    second = stored(desk, message("second", key="d2"))
    assert second.ticket is not None
    assert second.ticket.id == first.ticket.id
    assert second.ticket.updated_at == first.ticket.updated_at == START
    desk.reply(first.ticket.id, "ok", actor=ME)
    skews = [
        event.behind
        for item in desk.tickets.timeline(first.ticket.id)
        if item.entry is not None
        for event in item.entry.events
        if isinstance(event, ev.SkewSeen)
    ]
    assert skews == [timedelta(minutes=90)] * 2
    clock.advance(timedelta(minutes=95))
    third = stored(desk, message("third", key="d3"))
    assert third.ticket is not None
    assert third.ticket.updated_at == clock.now()
    assert desk.run_due().more is False


@pytest.mark.parametrize("now", [datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)])
def test_a_clock_that_is_far_off_never_rejects_a_customer(
    opened: tuple[Desk, MemoryStore | SqliteStore, FixedClock], now: datetime
) -> None:
    desk, _, clock = opened
    stored(desk, message("first", key="d1"))
    clock.set(now)
    stored(desk, message("second", key="d2"))
    desk.run_due()
    clock.set(START + timedelta(days=1))
    stored(desk, message("third", key="d3"))


# Cursors and limits


@pytest.mark.parametrize("cursor", ["x", "====", "bm9uc2Vuc2U=", "\ud800", "W1tb" * 2000, "é", "e30=", "NTA=", "W10="])
def test_garbage_as_a_cursor(desk: Desk, cursor: str) -> None:
    stored(desk, message())
    lists = (desk.tickets.list, desk.customers.list, desk.agents.list, desk.inbox.list, desk.outbox.list)
    for each in (*lists, desk.replies.list, desk.config.history):
        with pytest.raises(InvalidInput):
            each(cursor=cursor)  # type: ignore[operator]
    with pytest.raises(InvalidInput):
        desk.tickets.search(MARKER, cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1, 1001, 10**30, 1.5, "5", None, True])
def test_limits_out_of_range(desk: Desk, limit: object) -> None:
    for each in (desk.tickets.list, desk.customers.list, desk.agents.list, desk.inbox.list, desk.outbox.list):
        with pytest.raises(InvalidInput, match="limit"):
            each(limit=limit)  # type: ignore[operator]
    with pytest.raises(InvalidInput, match="limit"):
        desk.tickets.search("x", limit=limit)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="limit"):
        desk.events.read("me", limit=0 if limit == 1001 else limit)  # type: ignore[arg-type]


def test_an_id_of_another_kind_is_not_found_or_refused(desk: Desk) -> None:
    received = stored(desk, message())
    assert received.customer is not None
    for wrong in (received.customer.id, received.message_id, "tkt_", "", "TKT_1"):
        with pytest.raises(CsdeskError, match="ticket"):
            desk.tickets.get(wrong)  # type: ignore[arg-type]
        with pytest.raises(CsdeskError, match="ticket"):
            desk.reply(wrong, "x", actor=ME)  # type: ignore[arg-type]
        with pytest.raises(CsdeskError, match="agent"):
            desk.agents.get(wrong)  # type: ignore[arg-type]
        with pytest.raises(CsdeskError, match="phrase"):
            desk.replies.get(wrong)  # type: ignore[arg-type]


# Opening


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x",
        "sqlite:",
        "sqlite://",
        "sqlite:///",
        "mysql://h/d",
        "http://x",
        "memory:///",
        "file.db",
        "sqlite:///a\0b",
        None,
        5,
    ],
)
def test_urls_that_name_no_store(url: object) -> None:
    with pytest.raises((InvalidInput, CsdeskError), match="url"):
        open_desk(url)  # type: ignore[arg-type]


@pytest.mark.parametrize("wish", ["x", 1, None])
def test_activating_is_wished_or_not(wish: object) -> None:
    with pytest.raises(InvalidInput, match="activate"):
        open_desk("memory://", activate=wish)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "x" * 65, "a\0b", "\ud800", 5, None])
def test_names_that_name_no_desk(name: object) -> None:
    with pytest.raises(InvalidInput, match="desk"):
        open_desk("memory://", desk=name)  # type: ignore[arg-type]


def test_a_folder_that_is_not_there_or_is_the_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"^there is no folder {tmp_path}/missing; make it first"):
        open_desk(f"sqlite:///{tmp_path}/missing/desk.db")
    with pytest.raises(StoreError, match=f"^{tmp_path} is a folder; name a file in it"):
        open_desk(f"sqlite:///{tmp_path}")
    with pytest.raises(StoreError):
        open_desk("sqlite:////proc/desk.db")


@pytest.mark.parametrize("place", ["", "desk.db"])
def test_a_place_that_may_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    open_desk(f"sqlite:///{tmp_path}/desk.db").close()
    closed = tmp_path / place
    monkeypatch.setattr("os.access", lambda path, _: path != closed)  # root may write whatever its permissions say
    with pytest.raises(StoreError, match=f"^{closed} cannot be written; check its permissions"):
        open_desk(f"sqlite:///{tmp_path}/desk.db")


def test_a_media_folder_that_cannot_be_used(tmp_path: Path) -> None:
    folder, away = tmp_path / "desk.db.media", tmp_path / "away"
    folder.write_text("no folder")
    with pytest.raises(StoreError, match="media"):
        open_desk(f"sqlite:///{tmp_path}/desk.db")
    folder.unlink()
    with open_desk(f"sqlite:///{tmp_path}/desk.db") as desk:
        folder.rename(away)
        stored(desk, message("short", key="d1"))
        with pytest.raises(StoreError) as caught:
            desk.receive(message(MARKER * 10_000, key="d2"))
        _no_words(caught.value)
        away.rename(folder)
        stored(desk, message(MARKER * 10_000, key="d2"))


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    path.write_bytes(b"Dear diary, " * 1000)
    with pytest.raises(StoreError, match="no SQLite database"):
        open_desk(f"sqlite:///{path}")
    assert path.read_bytes() == b"Dear diary, " * 1000
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE ticket(x)")
    connection.close()
    with pytest.raises(StoreError):
        open_desk(f"sqlite:///{other}")


def _work(path: Path) -> None:
    with open_desk(f"sqlite:///{path}") as desk:
        for number in range(100):
            desk.receive(message(key=f"e{number}", talk=f"c{number}"))


def test_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    with open_desk(f"sqlite:///{path}") as desk:
        for number in range(50):
            desk.receive(message(key=f"d{number}", talk=f"c{number}"))
    content = bytearray(path.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        _work(path)
    _no_words(caught.value)


@pytest.mark.parametrize("argument", ["clock", "ids", "media"])
@pytest.mark.parametrize("value", [5, "now", object(), FixedClock])
def test_parts_of_the_wrong_kind(argument: str, value: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        open_desk("memory://", **{argument: value})  # type: ignore[arg-type]
    assert caught.value.field == argument
    assert type(value).__name__ in str(caught.value) or "class FixedClock" in str(caught.value)


def test_what_was_passed_in_stays_open() -> None:
    """The shells close what they opened, and nothing else."""
    store = MemoryStore()
    with open_desk(store, clock=FixedClock()) as first:
        stored(first, message())
    for call in (first.tickets.list, first.run_due, lambda: first.receive(message()), first.config.get):
        with pytest.raises(DeskClosed):
            call()

    async def again() -> int:
        async with await open_async_desk(store, clock=FixedClock()) as second:
            return await second.tickets.count()

    assert asyncio.run(again()) == 1
    assert problems_of(store) == ()
    owned = open_desk("memory://")
    owned.close()
    with pytest.raises(DeskClosed):
        owned._store.load("main", Needs())


def test_a_file_that_somebody_else_holds(tmp_path: Path) -> None:
    path = tmp_path / "desk.db"
    told: list[str] = []
    store = SqliteStore(path, busy_timeout=0.0, trace=told.append)
    with open_desk(store, clock=FixedClock()) as desk:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        told.clear()
        with pytest.raises(StoreBusy) as caught:
            desk.receive(message())
        assert caught.value.retryable
        assert sum(one.startswith("BEGIN") for one in told) == 1, "the store has waited, so nobody waits again"
        _no_words(caught.value)
        other.execute("ROLLBACK")
        other.close()
        stored(desk, message())
        assert problems_of(store) == ()
    store.close()


# What errors and reprs say


def _no_words(error: BaseException | None) -> None:
    while error is not None:
        if isinstance(error, CsdeskError):
            assert MARKER not in f"{error} {error!r} {error.params}"
        error = error.__cause__


def test_nothing_tells_the_secret_or_the_customers_words(
    opened: tuple[Desk, MemoryStore | SqliteStore, FixedClock],
) -> None:
    desk, store, _ = opened
    received = stored(desk, message(subject=MARKER))
    assert received.ticket is not None
    row = store.open_desk("main", secret=b"")
    told = [repr(one) for one in (desk, store, row, ClaimKeys(row.secret), desk.tickets, desk._core, desk.config.get())]
    for attempt in (
        lambda: desk.tickets.set_status(received.ticket.id, MARKER, actor=ME),  # type: ignore[union-attr]
        lambda: desk.tickets.set_field(received.ticket.id, "priority", MARKER, actor=ME),  # type: ignore[union-attr]
        lambda: desk.reply(received.ticket.id, (MARKER,), actor=ME),  # type: ignore[union-attr, arg-type]
        lambda: desk.reply(received.ticket.id, [{"kind": MARKER}], actor=ME),  # type: ignore[union-attr, list-item]
        lambda: desk.tickets.merge(received.ticket.id, received.ticket.id, actor=ME),  # type: ignore[union-attr]
        lambda: desk.tickets.search(MARKER, limit=0),
    ):
        with pytest.raises(CsdeskError) as caught:
            attempt()
        told.append(f"{caught.value} {caught.value!r} {caught.value.params}")
    everything = "\n".join(told)
    assert MARKER not in everything
    assert repr(row.secret) not in everything
    assert row.secret.hex() not in everything


def test_what_is_no_exchange_of_a_channel_is_refused() -> None:
    with open_desk("memory://") as desk, pytest.raises(InvalidInput, match="exchange"):
        desk.channels.run("status")
