"""Retention by kind, and files that nothing refers to."""

import io
from datetime import timedelta

import pytest

from csdesk import Actor, DeskConfig, MediaPart, open_desk
from csdesk.domain.policy.config import ReopenPolicy, RetentionPolicy, TypePolicy
from csdesk.domain.records import events as ev
from csdesk.domain.records.queues import InboxState, OutboxState
from csdesk.errors import ConfigError
from csdesk.flows.removal import keeping
from csdesk.stores.media import MemoryMedia
from csdesk.stores.memory import MemoryStore
from csdesk.testing import ScriptedChannel
from csdesk.testing.audit import problems_of

AGENT = Actor.agent("agt_1")
SHORT = ReopenPolicy(window="1d", grace="1d")


def days(count):
    return timedelta(days=count)


def desk_of(world, *, channels=(), **kept):
    seconds = [0.0]
    media = MemoryMedia(written_at=lambda: seconds[0])
    desk = world.open(DeskConfig(reopen=SHORT, retention=RetentionPolicy(**kept)), channels=channels, media=media)
    return desk, media, seconds


def due(world, desk, **later):
    """What all rounds after that time removed, by kind."""
    world.later(**later)
    names = ("raw_removed", "tickets_emptied", "inbox_removed", "outbox_removed", "media_removed")
    found = dict.fromkeys(names, 0)
    for _ in range(100):
        report = desk.run_due()
        found = {name: found[name] + getattr(report, name) for name in names}
        if not report.more:
            return {name: count for name, count in found.items() if count}
    raise AssertionError("no end")


def messages(desk, ticket):
    return [one.message for one in desk.tickets.timeline(ticket) if one.message is not None]


def test_nothing_is_removed_unless_it_is_said(world):
    desk, _, _ = desk_of(world)
    got = desk.receive(world.said("x", raw=b"raw"))
    desk.tickets.set_status(got.ticket.id, "closed", actor=AGENT)
    assert due(world, desk, days=3000) == {}
    (message,) = messages(desk, got.ticket.id)
    assert (message.text, message.raw) == ("x", b"raw")


def test_payloads_go_and_messages_stay(world, monkeypatch):
    monkeypatch.setattr(keeping, "BATCH", 3)
    desk, media, seconds = desk_of(world, raw="30d")
    large = desk.receive(world.said("large", raw=b"r" * 70_000))
    for number in range(7):
        desk.receive(world.said(str(number), raw=b"raw"))
    world.later(days=20)
    young = desk.receive(world.said("young", raw=b"raw"))
    seconds[0] += 7200
    assert due(world, desk, days=10) == {"raw_removed": 8}
    stored = messages(desk, large.ticket.id)
    assert {one.raw for one in stored} == {b"", b"raw"}
    assert [one.text for one in stored if one.raw] == ["young"]
    assert "large" in [one.text for one in stored]
    assert any(isinstance(one, ev.RawRemoved) for entry in desk.explain(large.message_id) for one in entry.events)
    assert due(world, desk, hours=12) == {"media_removed": 1}
    assert list(media.digests()) == []
    assert due(world, desk, days=20) == {"raw_removed": 1}
    assert young.message_id
    assert problems_of(desk._store) == ()


def test_what_was_said_on_closed_tickets_goes(world, monkeypatch):
    monkeypatch.setattr(keeping, "BATCH", 2)
    desk, _, _ = desk_of(world, closed_tickets="30d")
    closed = [desk.receive(world.said(f"text {by}", by=by, subject="s")).ticket for by in ("ann", "bob", "cid")]
    live = desk.receive(world.said("live", by="dan")).ticket
    into = closed[0]
    merged = desk.receive(world.said("merged", by="eve")).ticket
    desk.tickets.merge(merged.id, into.id, actor=AGENT)
    desk.reply(into.id, "answer", actor=AGENT)
    for one in closed:
        desk.tickets.set_status(one.id, "closed", actor=AGENT, reason="as agreed with Ann")
    assert due(world, desk, days=29) == {}
    assert due(world, desk, days=2)["tickets_emptied"] >= 3
    due(world, desk, hours=7)
    for one in (*closed, merged):
        assert desk.tickets.get(one.id).erased_at is not None
        assert {message.text for message in messages(desk, one.id)} == {""}
    assert [message.text for message in messages(desk, live.id)] == ["live"]
    assert desk.customers.find("ann").identities[0].external_id == "ann"
    assert desk.tickets.search("text").items == ()
    told = [one for entry in desk.explain(into.id) for one in entry.events]
    assert [one.remark for one in told if isinstance(one, ev.StatusChanged) and one.after == "closed"] == [None]
    assert {str(entry.actor) for entry in desk.explain(into.id) if isinstance(entry.events[-1], ev.TicketErased)} == {
        "system:retention"
    }
    assert desk.receive(world.said("again", by="ann")).ticket.id not in [one.id for one in closed]
    versions = [desk.tickets.get(one.id).version for one in closed]
    due(world, desk, days=40)
    assert [desk.tickets.get(one.id).version for one in closed] == versions, "they are emptied once"
    assert problems_of(desk._store) == ()


def test_discarded_and_dead_items_go(world, monkeypatch):
    from csdesk.flows.inbound import reading

    monkeypatch.setattr(keeping, "BATCH", 2)
    channel = ScriptedChannel("web")
    desk, _, _ = desk_of(world, channels=[channel], discarded_inbox="10d", dead_outbox="20d")
    got = desk.receive(world.said("x"))
    channel.fail("fix_content", times=5)
    for _ in range(5):
        desk.reply(got.ticket.id, "no", actor=AGENT)
    original = reading.read
    monkeypatch.setattr(reading, "read", lambda *args: 1 / 0)
    parked = [desk.receive(world.said("x", by=by)).message_id for by in "abcdef"]
    monkeypatch.setattr(reading, "read", original)
    for item in parked[:5]:
        desk.inbox.discard(item, actor=AGENT)
    assert due(world, desk, days=9) == {}
    assert due(world, desk, days=2) == {"inbox_removed": 5}
    assert [(one.id, one.state) for one in desk.inbox.list().items] == [(parked[5], InboxState.PARKED)]
    assert len(desk.outbox.list(state=OutboxState.DEAD).items) == 5
    assert due(world, desk, days=10) == {"outbox_removed": 5}
    assert desk.outbox.list().items == ()
    assert problems_of(desk._store) == ()


def test_orphaned_files_are_collected_after_a_while_and_no_others(world):
    desk, media, seconds = desk_of(world)
    used = media.put(io.BytesIO(b"used"))
    orphans = [media.put(io.BytesIO(bytes([number]))) for number in range(20)]
    desk.receive(world.said("x", parts=(MediaPart(ref=used),)))
    assert due(world, desk, hours=1) == {}
    seconds[0] += 3599
    assert due(world, desk, hours=12) == {}
    seconds[0] += 1
    assert due(world, desk, hours=12) == {"media_removed": len(orphans)}
    assert [digest for digest, _ in media.digests()] == [used.sha256]


def test_what_two_customers_share_stays_until_both_are_gone(world):
    desk, media, seconds = desk_of(world)
    shared, own = (media.put(io.BytesIO(body)) for body in (b"shared", b"own"))
    ann = desk.receive(world.said("x", by="ann", parts=(MediaPart(ref=shared), MediaPart(ref=own))))
    bob = desk.receive(world.said("x", by="bob", parts=(MediaPart(ref=shared),)))
    seconds[0] += 7200
    assert desk.customers.erase(ann.customer.id, actor=AGENT).counts.media == 1
    assert [digest for digest, _ in media.digests()] == [shared.sha256]
    assert desk.customers.erase(bob.customer.id, actor=AGENT).counts.media == 1
    assert list(media.digests()) == []


def test_files_that_came_lately_keep_an_erasing_running(world):
    desk, media, seconds = desk_of(world)
    ref = media.put(io.BytesIO(b"young"))
    got = desk.receive(world.said("x", parts=(MediaPart(ref=ref),)))
    assert desk.customers.erase(got.customer.id, actor=AGENT).state == "running"
    report = desk.run_due()
    assert report.next_due_at is not None
    assert not report.more
    world.later(minutes=2)
    assert desk.run_due().erased == 0
    seconds[0] += 3600
    world.later(minutes=2)
    desk.run_due()
    assert desk.customers.erasure(got.customer.id).state == "complete"
    assert list(media.digests()) == []


@pytest.mark.parametrize(
    ("kept", "path"),
    [
        ({"inbound_claims": "2h"}, "retention.inbound_claims"),
        ({"command_claims": "30s"}, "retention.command_claims"),
        ({"outbound_claims": "3h"}, "retention.outbound_claims"),
        ({"mail_claims": "2d"}, "retention.mail_claims"),
        ({"closed_tickets": "2d"}, "retention.closed_tickets"),
        ({"orphaned_media": "5s"}, "retention.orphaned_media"),
        ({"raw": "0s"}, "retention.raw"),
        ({"raw": "-1d"}, "retention.raw"),
        ({"rows": "1d"}, "retention.rows"),
    ],
)
def test_what_is_still_needed_cannot_be_forgotten(kept, path):
    types = (TypePolicy(name="general", reopen=ReopenPolicy(window="3d", grace="1d")),)
    with pytest.raises(ConfigError, match=rf"config\.{path}: ") as caught:
        DeskConfig(types=types, reopen=SHORT, retention=kept)
    assert "keep them for" in caught.value.remedy or path in {"retention.raw", "retention.rows"}


def test_a_new_configuration_begins_its_walks_at_once(world):
    desk, _, _ = desk_of(world)
    desk.receive(world.said("x", raw=b"raw"))
    assert due(world, desk, days=40) == {}
    desk.config.activate(DeskConfig(reopen=SHORT, retention=RetentionPolicy(raw="30d")), actor=AGENT)
    assert due(world, desk) == {"raw_removed": 1}


def test_a_round_of_keeping_ends_and_says_that_more_is_left(world, monkeypatch):
    monkeypatch.setattr(keeping, "PIECES", 2)
    monkeypatch.setattr(keeping, "BATCH", 1)
    desk, _, _ = desk_of(world, raw="1d")
    for number in range(6):
        desk.receive(world.said(str(number), raw=b"raw"))
    world.later(days=2)
    first = desk.run_due()
    assert first.more
    assert first.raw_removed <= 2
    assert first.raw_removed + due(world, desk, days=0).get("raw_removed", 0) == 6


def test_a_store_that_cannot_tell_which_files_are_used_keeps_them_all(world):
    class Unsure(MemoryStore):
        media_in_use = None

    seconds = [0.0]
    media = MemoryMedia(written_at=lambda: seconds[0])
    with open_desk(Unsure(), clock=world.clock, ids=world.ids, media=media) as desk:
        orphan = media.put(io.BytesIO(b"orphan"))
        seconds[0] += 10**6
        assert due(world, desk, days=3) == {}
        assert [digest for digest, _ in media.digests()] == [orphan.sha256]


@pytest.mark.parametrize("batch", [2, keeping.BATCH])
def test_a_merged_ticket_is_emptied_with_its_survivor_and_not_before(world, monkeypatch, batch):
    monkeypatch.setattr(keeping, "BATCH", batch)
    desk, _, _ = desk_of(world, closed_tickets="30d")
    live = desk.receive(world.said("live")).ticket
    merged = [desk.receive(world.said(f"from {by}", by=by)).ticket for by in "abc"]
    for one in merged:
        desk.tickets.merge(one.id, live.id, actor=AGENT)
    assert due(world, desk, days=40) == {}
    assert [message.text for message in messages(desk, live.id)] == ["live", "from a", "from b", "from c"]
    desk.tickets.set_status(live.id, "closed", actor=AGENT)
    assert due(world, desk, days=31)["tickets_emptied"] == 4
