"""A desk whose stored configuration this release cannot use: it can be read, and nobody decides anything."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from csdesk import Actor, DeskConfig, Viewer, open_async_desk, render
from csdesk.channels.loopback import LoopbackChannel
from csdesk.domain.policy.config import AccessPolicy, Grant, SegmentPolicy, TagPolicy
from csdesk.domain.records.actors import ActorKind
from csdesk.errors import ConfigError, ConfigMismatch, ConfigUnreadable, Denied
from csdesk.rules import F
from csdesk.stores.sqlite import HostedSqliteStore, SqliteStore
from csdesk.testing import AwaitedStore, FixedClock

AGENT = Actor.agent("agt_1")
GOOD = DeskConfig(name="good", tags=(TagPolicy(name="late", keywords=("late",)),))
NEWER = "json_set(body,'$.futures',json('[1]'))"


DIGEST = "5" * 64

pytestmark = pytest.mark.parametrize("world", ["sqlite"], indirect=True)


def rewrite(world, body=NEWER, digest=DIGEST):
    """Store what a newer release would have stored, and tell everybody who has the desk open."""
    with closing(sqlite3.connect(world._folder / "desk.db")) as db, db:
        db.execute(f"UPDATE csdesk_config SET body={body}, digest=?", (digest,))
        db.execute("UPDATE csdesk_desk SET config=?, config_epoch=config_epoch+1", (digest,))


def test_records_can_be_read(world, tmp_path):
    got = world.open().receive(world.said("hello"))
    rewrite(world)
    desk = world.open()
    assert desk.notices == ("config.unreadable",)
    assert desk.tickets.get(got.ticket.id) == desk.tickets.list().items[0]
    assert [one.message.text for one in desk.tickets.timeline(got.ticket.id) if one.message] == ["hello"]
    assert desk.tickets.search("hello").items[0].message.id == got.message_id
    assert desk.customers.brief(got.customer.id).tickets == 1
    assert desk.explain(got.ticket.id)[0] in desk.events.read("crm")
    assert desk.config.history().items[0].body == '{"futures":[1]}'
    assert desk.backup(tmp_path / "copy.db").path.exists()


def test_the_error_names_the_setting_and_the_remedy(world):
    world.open()
    rewrite(world)
    with pytest.raises(ConfigUnreadable) as caught:
        world.open().config.get()
    error = caught.value
    assert isinstance(error, ConfigError)
    assert (error.path, error.problems[0].path, error.status_hint) == ("futures", "futures", 503)
    assert error.active == DIGEST
    assert "config.futures: unknown setting" in str(error)
    assert "open_desk(..., config=..., activate=True)" in str(error)
    for locale in ("en", "zh-CN"):
        assert "futures" in render(error, locale)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (NEWER, "futures"),
        ("json_set(body,'$.queues',json('[]'))", "queues"),
        ("json_set(body,'$.default_queue','nowhere')", "default_queue"),
        ("'no JSON'", "document"),
        ("'[]'", "document"),
    ],
)
def test_whatever_is_wrong_with_it(world, body, path):
    world.open()
    rewrite(world, body)
    with pytest.raises(ConfigUnreadable) as caught:
        world.open().receive(world.said())
    assert caught.value.path == path


def test_nothing_is_decided_and_no_work_is_taken(world):
    channel = LoopbackChannel("web")
    desk = world.open(channels=[channel])
    ticket = desk.receive(world.said()).ticket.id
    desk.reply(ticket, "yes", actor=AGENT, deliver=False)
    rewrite(world)
    other = world.open(channels=[LoopbackChannel("web")])
    for one in (desk, other):
        for call in (
            lambda one=one: one.receive(world.said()),
            lambda one=one: one.receive_many([world.said(), world.said()]),
            lambda one=one: one.reply(ticket, "no", actor=AGENT),
            lambda one=one: one.tickets.set_status(ticket, "closed", actor=AGENT),
            lambda one=one: one.agents.add("Ann"),
            lambda one=one: one.run_due(),
            lambda one=one: one.sla.explain(ticket),
        ):
            with pytest.raises(ConfigUnreadable):
                call()
    assert channel.sent() == ()
    desk.config.activate(GOOD)
    assert other.run_due().sent == 1  # at once: nobody had taken it
    assert len(desk.tickets.timeline(ticket)) == len(other.tickets.timeline(ticket))


def test_a_message_that_was_refused_comes_again(world):
    desk = world.open()
    rewrite(world)
    message = world.said("late")
    with pytest.raises(ConfigUnreadable):
        desk.receive(message)
    assert desk.inbox.list().items == ()
    world.open(GOOD, activate=True)
    got = desk.receive(message)
    assert not got.duplicate
    assert got.ticket.has_tag("late")


def test_opening_with_a_configuration(world):
    world.open()
    rewrite(world)
    with pytest.raises(ConfigMismatch):
        world.open(GOOD)
    desk = world.open(GOOD, activate=True)
    assert desk.config.get() == GOOD
    assert desk.notices == ("access.open",)
    assert world.open(GOOD).config.get() == GOOD


def test_the_same_configuration_takes_its_own_place(world):
    world.open(GOOD)
    rewrite(world, "'damaged'", GOOD.digest)
    desk = world.open(GOOD)
    assert desk.notices == ("config.unreadable",)
    assert desk.config.activate(GOOD) is True
    assert desk.notices == ("access.open",)
    assert world.open().config.get() == GOOD


def test_only_the_host_itself_goes_on_from_it(world):
    desk = world.open()
    rewrite(world)
    with pytest.raises(ConfigUnreadable):
        desk.config.activate(GOOD, actor=AGENT)
    deaf = DeskConfig(access=AccessPolicy(default="deny"))
    with pytest.raises(Denied):
        desk.config.activate(deaf)  # nobody could ever change it again
    assert desk.config.activate(GOOD) is True


def test_everything_is_worked_out_anew(world):
    people = SegmentPolicy(name="all", when=F.customer.name != "nobody")
    desk = world.open()
    desk.receive(world.said())
    rewrite(world)
    desk.config.activate(DeskConfig(segments=(people,)))
    assert desk.run_due().rebuilt == 2  # the customer and the ticket


def test_a_viewer_sees_nothing_until_somebody_can_tell_what_is_allowed(world):
    grants = (Grant(kinds=(ActorKind.SYSTEM, ActorKind.ADAPTER)),)
    desk = world.open()
    ticket = desk.receive(world.said()).ticket.id
    seen = desk.seen_by(Viewer(actor=AGENT))
    assert seen.tickets.get(ticket).id == ticket
    rewrite(world)
    desk.tickets.get(ticket)
    with pytest.raises(ConfigUnreadable):
        seen.tickets.get(ticket)
    world.open(GOOD, activate=True)
    assert seen.tickets.get(ticket).id == ticket
    desk.config.activate(DeskConfig(access=AccessPolicy(default="deny", grants=grants)))
    with pytest.raises(Denied):
        seen.tickets.get(ticket)


@pytest.mark.parametrize("wrap", [lambda store: store, AwaitedStore], ids=["thread", "awaited"])
def test_with_await(world, wrap):
    desk = world.open()
    ticket = desk.receive(world.said()).ticket.id
    desk.reply(ticket, "yes", actor=AGENT, deliver=False)
    rewrite(world)

    async def scene():
        store = SqliteStore(world._folder / "desk.db")
        channel = LoopbackChannel("web")
        async with await open_async_desk(wrap(store), clock=FixedClock(), channels=[channel]) as other:
            assert other.notices == ("config.unreadable",)
            assert (await other.tickets.get(ticket)).id == ticket
            for call in (other.run_due, other.config.get, other.seen_by(Viewer(actor=AGENT)).tickets.list):
                with pytest.raises(ConfigUnreadable):
                    await call()
            assert await other.config.activate(GOOD) is True
            assert (await other.run_due()).sent == 1
            assert (await other.seen_by(Viewer(actor=AGENT)).tickets.list()).items[0].id == ticket
        store.close()

    asyncio.run(scene())


def test_in_a_transaction_of_the_host(world):
    world.open().receive(world.said())
    rewrite(world)
    with closing(sqlite3.connect(world._folder / "desk.db")) as db:
        store = HostedSqliteStore(db)
        desk = world.open(wrap=lambda own: store)
        with pytest.raises(ConfigUnreadable):
            desk.receive(world.said())
        db.rollback()
        world.open(GOOD, activate=True)
        desk.receive(world.said("late"))
        db.commit()
        assert desk.tickets.list().items[0].has_tag("late")
