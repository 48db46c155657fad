"""Commands: what each does, what it refuses, and that it runs once."""

from datetime import date, timedelta

import pytest

from csdesk import Actor, DeskConfig, Sender
from csdesk import commands as cmd
from csdesk.domain.policy.config import (
    AccessPolicy,
    Grant,
    QueuePolicy,
    SlaPolicy,
    StatusPolicy,
    TargetPolicy,
    TypePolicy,
)
from csdesk.domain.records.clocks import ClockPhase
from csdesk.domain.records.messages import Direction
from csdesk.domain.records.tags import TagSource
from csdesk.domain.records.tickets import TRANSITIONS, Category, LinkKind, Move, Priority, Role
from csdesk.errors import Denied, IllegalTransition, InvalidInput, NotFound, StaleWorker, VersionConflict
from csdesk.ports.store import Query
from csdesk.testing import Fault, FaultyStore

AGENT = Actor.agent("agt_1")
NOBODY = "tkt_00000000000000000000000999"

CONFIG = DeskConfig(
    queues=(QueuePolicy(name="default"), QueuePolicy(name="vip")),
    statuses=(StatusPolicy(name="with_partner", category=Category.WAITING_INTERNAL),),
    types=(TypePolicy(name="order"),),
    sla=(
        SlaPolicy(
            name="all",
            targets=(
                TargetPolicy(metric="first_reply", within=timedelta(hours=1), by_priority={"urgent": "10m"}),
                TargetPolicy(metric="resolution", within=timedelta(hours=8), pause_on=(Category.WAITING_CUSTOMER,)),
            ),
        ),
    ),
)


@pytest.fixture
def desk(world):
    return world.open(CONFIG)


@pytest.fixture
def ticket(world, desk):
    return desk.receive(world.said()).ticket


def kinds(desk, subject):
    return [type(event).__name__ for entry in desk.explain(subject) for event in entry.events]


def all_of(desk, kind):
    return desk._store.query(desk.name, Query(kind=kind, limit=1000)).items


# Transitions

WAYS = {
    Category.NEW: [],
    Category.OPEN: ["open"],
    Category.WAITING_CUSTOMER: ["waiting_customer"],
    Category.WAITING_INTERNAL: ["waiting_internal"],
    Category.SNOOZED: ["snoozed"],
    Category.RESOLVED: ["resolved"],
    Category.CLOSED: ["closed"],
}
MOVE_TO = {
    Category.OPEN: Move.START,
    Category.WAITING_CUSTOMER: Move.WAIT_CUSTOMER,
    Category.WAITING_INTERNAL: Move.WAIT_INTERNAL,
    Category.SNOOZED: Move.SNOOZE,
    Category.RESOLVED: Move.RESOLVE,
    Category.CLOSED: Move.CLOSE,
}


def put(world, desk, ticket, status):
    until = world.clock.now() + timedelta(hours=1) if status == "snoozed" else None
    return desk.tickets.set_status(ticket.id, status, actor=AGENT, until=until)


@pytest.mark.parametrize("before", WAYS)
@pytest.mark.parametrize("after", [*MOVE_TO, Category.NEW, Category.MERGED])
def test_status_moves_follow_the_table(world, desk, ticket, before, after):
    for status in WAYS[before]:
        put(world, desk, ticket, status)
    version = desk.tickets.get(ticket.id).version
    if after not in MOVE_TO:
        with pytest.raises(InvalidInput, match="status"):
            put(world, desk, ticket, after.value)
        return
    reopens = after is Category.OPEN and before in (Category.RESOLVED, Category.CLOSED)
    allowed = reopens or before in TRANSITIONS[MOVE_TO[after]]
    if allowed:
        assert put(world, desk, ticket, after.value).category is after
        return
    with pytest.raises(IllegalTransition) as caught:
        put(world, desk, ticket, after.value)
    assert ticket.id in str(caught.value)
    assert before.value in str(caught.value)
    assert desk.tickets.get(ticket.id).version == version


def test_a_custom_status_stands_in_its_category(desk, ticket):
    after = desk.tickets.set_status(ticket.id, "with_partner", actor=AGENT)
    assert (after.category, after.status) == (Category.WAITING_INTERNAL, "with_partner")
    assert desk.tickets.set_status(ticket.id, "with_partner", actor=AGENT).version == after.version
    with pytest.raises(InvalidInput, match="with_partner"):
        desk.tickets.set_status(ticket.id, "unheard", actor=AGENT)


def test_a_snooze_needs_its_end_and_only_a_snooze_has_one(world, desk, ticket):
    now = world.clock.now()
    with pytest.raises(InvalidInput, match="until"):
        desk.tickets.set_status(ticket.id, "snoozed", actor=AGENT)
    with pytest.raises(InvalidInput, match="until"):
        desk.tickets.set_status(ticket.id, "snoozed", actor=AGENT, until=now)
    with pytest.raises(InvalidInput, match="until"):
        desk.tickets.set_status(ticket.id, "open", actor=AGENT, until=now + timedelta(hours=1))


def test_a_snooze_wakes_by_time_or_by_the_customer(world, desk, ticket):
    end = world.clock.now() + timedelta(minutes=5)
    desk.tickets.set_status(ticket.id, "snoozed", actor=AGENT, until=end)
    assert desk.run_due().next_due_at == end
    world.clock.set(end)
    assert desk.run_due().tickets == 1
    after = desk.tickets.get(ticket.id)
    assert (after.category, after.snoozed_until) == (Category.OPEN, None)
    desk.tickets.set_status(ticket.id, "snoozed", actor=AGENT, until=end + timedelta(days=1))
    assert desk.receive(world.said()).ticket.category is Category.OPEN


# Once, and on the right version


def test_an_old_version_is_refused_by_name(desk, ticket):
    desk.tickets.tag(ticket.id, "a", actor=AGENT)
    with pytest.raises(VersionConflict) as caught:
        desk.tickets.tag(ticket.id, "b", actor=AGENT, expected_version=ticket.version)
    for part in (ticket.id, "new", "tag"):
        assert part in str(caught.value)
    assert not desk.tickets.get(ticket.id).has_tag("b")
    now = desk.tickets.get(ticket.id).version
    assert desk.tickets.tag(ticket.id, "b", actor=AGENT, expected_version=now).has_tag("b")


def test_versions_of_customers_agents_and_phrases_are_checked(world, desk):
    customer = desk.receive(world.said()).customer
    agent = desk.agents.add("One")
    phrase = desk.replies.add("Title", "Body")
    for call in (
        lambda: desk.customers.block(customer.id, actor=AGENT, expected_version=99),
        lambda: desk.agents.change(agent.id, name="Two", expected_version=99),
        lambda: desk.replies.change(phrase.id, title="New", expected_version=99),
    ):
        with pytest.raises(VersionConflict):
            call()


def test_a_key_that_comes_again_gives_the_first_outcome(desk, ticket):
    first = desk.reply(ticket.id, "x", actor=AGENT, idempotency_key="k1")
    second = desk.reply(ticket.id, "other words", actor=AGENT, idempotency_key="k1")
    assert second.message.id == first.message.id
    assert desk.tickets.get(ticket.id).messages == 2
    for make in (
        lambda: desk.agents.add("One", idempotency_key="k2").id,
        lambda: desk.replies.add("Title", "Body", idempotency_key="k3").id,
        lambda: desk.note(ticket.id, "note", actor=AGENT, idempotency_key="k4").id,
        lambda: desk.tickets.tag(ticket.id, "t", actor=AGENT, idempotency_key="k5").version,
        lambda: desk.calendars.save("CN", 2027, closed=[date(2027, 1, 1)], actor=AGENT, idempotency_key="k6").version,
    ):
        assert make() == make()


def test_a_commit_of_unknown_outcome_runs_once(world):
    faults = iter(())
    desk = world.open(
        wrap=lambda store: FaultyStore(store, lambda name: next(faults, None) if name == "commit" else None)
    )
    ticket = desk.receive(world.said()).ticket
    for fault in (Fault.UNKNOWN_DONE, Fault.UNKNOWN_UNDONE, Fault.BUSY):
        faults = iter([fault])
        done = desk.execute(cmd.AddNote(ticket=ticket.id, parts=({"kind": "text", "text": "x"},), actor=AGENT))
        assert (done.duplicate, done.message.text) == (False, "x")
    assert desk.tickets.get(ticket.id).messages == 4
    faults = iter([Fault.UNKNOWN_DONE])
    assert desk.calendars.save("CN", 2027, closed=[date(2027, 1, 1)], actor=AGENT).version == 1


# Who may


def test_a_denial_is_an_error_and_an_event(world):
    access = AccessPolicy(
        default="deny",
        grants=(Grant(kinds=("system", "adapter")), Grant(actors=("agt_1",), commands=("tag",))),
    )
    desk = world.open(DeskConfig(access=access))
    ticket = desk.receive(world.said()).ticket
    assert desk.tickets.tag(ticket.id, "a", actor=AGENT).has_tag("a")
    with pytest.raises(Denied, match="untag"):
        desk.tickets.untag(ticket.id, "a", actor=AGENT)
    with pytest.raises(Denied):
        desk.config.activate(DeskConfig(), actor=AGENT)
    denied = [event for entry in desk.explain("desk") for event in entry.events if "Denied" in type(event).__name__]
    assert [(one.command, one.subject) for one in denied] == [("untag", ticket.id), ("activate_config", "desk")]
    assert desk.tickets.get(ticket.id).has_tag("a")


def test_a_desk_that_denies_by_default_can_be_opened_again(world):
    config = DeskConfig(access=AccessPolicy(default="deny"))
    world.open(config)
    assert world.open(config).config.get().access.default == "deny"
    assert world.open().config.get().access.default == "deny"


# Tickets


@pytest.mark.parametrize(
    "call",
    [
        lambda desk: desk.tickets.get(NOBODY),
        lambda desk: desk.tickets.tag(NOBODY, "x", actor=AGENT),
        lambda desk: desk.reply(NOBODY, "x", actor=AGENT),
        lambda desk: desk.note(NOBODY, "x", actor=AGENT),
        lambda desk: desk.tickets.merge(NOBODY, NOBODY, actor=AGENT),
        lambda desk: desk.tickets.timeline(NOBODY),
        lambda desk: desk.tickets.drafts.save(NOBODY, "x", actor=AGENT),
        lambda desk: desk.customers.get("cus_none"),
        lambda desk: desk.customers.block("cus_none", actor=AGENT),
        lambda desk: desk.customers.brief("cus_none"),
        lambda desk: desk.agents.get("agt_none"),
        lambda desk: desk.agents.change("agt_none", name="x"),
        lambda desk: desk.replies.get("phr_none"),
        lambda desk: desk.replies.change("phr_none", title="x"),
        lambda desk: desk.replies.suggest("msg_none"),
        lambda desk: desk.explain("none"),
        lambda desk: desk.outbox.retry("msg_none", actor=AGENT),
    ],
)
def test_what_does_not_exist_is_told(desk, call):
    with pytest.raises(NotFound):
        call(desk)


def test_a_command_needs_what_it_is_about(desk, ticket):
    for call in (
        lambda: desk.reply(ticket.id, [], actor=AGENT),
        lambda: desk.tickets.tag(ticket.id, actor=AGENT),
        lambda: desk.agents.add(""),
        lambda: desk.replies.add("", "x"),
        lambda: desk.replies.add("x", ""),
        lambda: desk.agents.add("x", queues=("nowhere",)),
        lambda: desk.agents.add("x", grade=10),
        lambda: desk.agents.add("x", capacity=-1),
        lambda: desk.tickets.transfer(ticket.id, "nowhere", actor=AGENT),
        lambda: desk.run_due(0),
        lambda: desk.tickets.list(limit=0),
        lambda: desk.tickets.list(limit=1001),
        lambda: desk.tickets.search("x", limit=0),
        lambda: desk.events.read("", limit=1),
        lambda: desk.events.read("x", limit=0),
        lambda: desk.tickets.list(cursor="nonsense"),
    ):
        with pytest.raises(InvalidInput):
            call()


def test_assigning_by_hand_may_pass_the_capacity(world, desk, ticket):
    one = desk.agents.add("One", queues=("default",), capacity=0)
    after = desk.tickets.assign(ticket.id, one.id, actor=AGENT)
    assert (after.worker.id, after.owner.id, after.category, after.fence) == (one.id, one.id, Category.OPEN, 1)
    assert desk.agents.get(one.id).load == 1
    again = desk.tickets.assign(ticket.id, one.id, actor=AGENT)
    assert again.version == after.version
    free = desk.tickets.assign(ticket.id, None, actor=AGENT)
    assert (free.worker, free.owner.id) == (None, "default")
    assert desk.agents.get(one.id).load == 0


def test_who_has_retired_is_given_nothing(desk, ticket):
    one = desk.agents.add("One", queues=("default",))
    desk.agents.change(one.id, retired=True)
    with pytest.raises(InvalidInput, match="agent"):
        desk.tickets.assign(ticket.id, one.id, actor=AGENT)
    with pytest.raises(InvalidInput, match="agent"):
        desk.tickets.transfer(ticket.id, "vip", agent=one.id, ask=False, actor=AGENT)
    with pytest.raises(NotFound):
        desk.tickets.assign(ticket.id, "agt_none", actor=AGENT)


@pytest.mark.parametrize("status", ["snoozed", "resolved", "closed"])
def test_load_counts_only_active_tickets(world, desk, ticket, status):
    one = desk.agents.add("One")
    desk.tickets.assign(ticket.id, one.id, actor=AGENT)
    put(world, desk, ticket, status)
    assert desk.agents.get(one.id).load == 0
    desk.tickets.set_status(ticket.id, "open", actor=AGENT)
    assert desk.agents.get(one.id).load == 1


def test_a_transfer_hands_over_with_a_brief(desk, ticket):
    one = desk.agents.add("One", queues=("default",))
    two = desk.agents.add("Two", queues=("vip",))
    desk.tickets.assign(ticket.id, one.id, actor=AGENT)
    after = desk.tickets.transfer(ticket.id, "vip", agent=two.id, brief="wants a refund", ask=False, actor=AGENT)
    assert (after.queue, after.worker.id, after.fence) == ("vip", two.id, 2)
    assert (desk.agents.get(one.id).load, desk.agents.get(two.id).load) == (0, 1)
    (note,) = [item.message for item in desk.tickets.timeline(ticket.id)
               if item.message and item.message.direction is Direction.NOTE]  # fmt: skip
    assert note.text == "wants a refund"


def test_an_old_fence_is_refused(desk, ticket):
    one, two = desk.agents.add("One"), desk.agents.add("Two")
    held = desk.tickets.assign(ticket.id, one.id, actor=AGENT)
    desk.tickets.assign(ticket.id, two.id, actor=AGENT)
    with pytest.raises(StaleWorker):
        desk.reply(ticket.id, "late", actor=Actor.agent(one.id), fence=held.worker.fence)
    assert desk.tickets.get(ticket.id).messages == 1
    assert desk.reply(ticket.id, "in time", actor=Actor.agent(two.id), fence=2).message.text == "in time"
    # Without a number nothing is checked: colleagues may help each other.
    assert desk.reply(ticket.id, "me too", actor=Actor.agent(one.id)).message.text == "me too"


def test_strangers_and_who_has_retired_do_not_speak(desk, ticket):
    assert desk.reply(ticket.id, "the host knows who it is", actor=AGENT).message is not None
    gone = desk.agents.add("Gone")
    desk.agents.change(gone.id, retired=True)
    before = desk.tickets.get(ticket.id)
    with pytest.raises(NotFound, match="no agent agt_1"):
        desk.reply(ticket.id, "now the desk has people of its own", actor=AGENT)
    with pytest.raises(InvalidInput, match="has retired"):
        desk.reply(ticket.id, "one more thing", actor=Actor.agent(gone.id))
    assert desk.tickets.get(ticket.id) == before
    desk.agents.change(gone.id, retired=False)
    assert desk.reply(ticket.id, "back", actor=Actor.agent(gone.id)).message is not None


def test_fields(desk, ticket):
    set_field = desk.tickets.set_field
    assert set_field(ticket.id, "priority", "urgent", actor=AGENT).priority is Priority.URGENT
    assert desk.tickets.get(ticket.id).clocks[0].amount == timedelta(minutes=10)
    assert set_field(ticket.id, "type", "order/refund", actor=AGENT).type == "order/refund"
    assert set_field(ticket.id, "language", "zh", actor=AGENT).language == "zh"
    assert set_field(ticket.id, "subject", "New", actor=AGENT).subject == "New"
    assert set_field(ticket.id, "x.order", "A1", actor=AGENT).field("order") == "A1"
    assert set_field(ticket.id, "x.order", None, actor=AGENT).fields == ()
    version = desk.tickets.get(ticket.id).version
    assert set_field(ticket.id, "subject", "New", actor=AGENT).version == version
    assert set_field(ticket.id, "x.text", "a\ud800\0b", actor=AGENT).field("text") == "a\ufffdb"


@pytest.mark.parametrize(
    ("name", "value"),
    [("priority", "soon"), ("priority", 9), ("priority", None), ("priority", True), ("type", "nowhere"),
     ("type", None), ("queue", "vip"), ("id", "x"), ("version", 3), ("x.", 1), ("category", "closed"),
     ("language", 5), ("language", True), ("x.n", float("nan")), ("x.n", float("inf")), ("x.n", 2**63)],
)  # fmt: skip
def test_fields_that_cannot_be_set(desk, ticket, name, value):
    with pytest.raises(InvalidInput):
        desk.tickets.set_field(ticket.id, name, value, actor=AGENT)
    assert desk.tickets.get(ticket.id) == ticket


def test_tags_and_their_sources(world, desk, ticket):
    desk.tickets.tag(ticket.id, "a", "b", "a", actor=AGENT)
    after = desk.tickets.tag(ticket.id, "a", actor=AGENT)
    assert sorted(tag.name for tag in after.tags) == ["a", "b"]
    assert desk.tickets.tag(ticket.id, "a", actor=AGENT, source=TagSource.MODEL).version == after.version
    until = world.clock.now() + timedelta(days=1)
    assert {tag.expires_at for tag in desk.tickets.tag(ticket.id, "a", actor=AGENT, expires_at=until).tags} == {
        None,
        until,
    }
    assert [tag.name for tag in desk.tickets.untag(ticket.id, "a", "none", actor=AGENT).tags] == ["b"]


def test_participants(world, desk, ticket):
    bob = desk.receive(world.said(by="bob")).ticket
    after = desk.tickets.participants(ticket.id, add=[bob.identity], role=Role.FOLLOWER, actor=AGENT)
    assert after.participates(bob.identity)
    again = desk.tickets.participants(ticket.id, add=[bob.identity], role=Role.FOLLOWER, actor=AGENT)
    assert len(again.participants) == 2
    gone = desk.tickets.participants(ticket.id, remove=[bob.identity, "idn_none"], actor=AGENT)
    assert not gone.participates(bob.identity)
    for given in (
        {"remove": [ticket.identity]},
        {"add": ["idn_none"]},
        {"add": [bob.identity], "role": Role.REQUESTER},
        {"add": [ticket.identity], "role": Role.CC},
    ):
        with pytest.raises(InvalidInput):
            desk.tickets.participants(ticket.id, actor=AGENT, **given)


# Merging


def test_merges_collapse_into_one_survivor(world, desk):
    one, two, three = (desk.receive(world.said(by="ann", conversation=key)).ticket for key in "abc")
    desk.tickets.merge(one.id, two.id, actor=AGENT)
    survivor = desk.tickets.merge(two.id, three.id, actor=AGENT)
    assert survivor.id == three.id
    assert set(survivor.absorbed) == {one.id, two.id}
    for old in (one, two):
        merged = desk.tickets.get(old.id)
        assert (merged.category, merged.merged_into, merged.absorbed) == (Category.MERGED, three.id, ())
        assert all(clock.phase is not ClockPhase.RUNNING for clock in merged.clocks)
    assert desk.receive(world.said(conversation="a")).ticket.id == three.id
    assert len([item for item in desk.tickets.timeline(three.id) if item.message]) == 4


def test_merging_into_a_merged_one_leads_to_its_survivor(world, desk):
    one, two, three = (desk.receive(world.said(by="ann", conversation=key)).ticket for key in "abc")
    desk.tickets.merge(one.id, two.id, actor=AGENT)
    assert desk.tickets.merge(three.id, one.id, actor=AGENT).id == two.id
    for source, target in ((two, two), (two, one)):
        with pytest.raises(InvalidInput, match="into"):
            desk.tickets.merge(source.id, target.id, actor=AGENT)
    with pytest.raises(IllegalTransition):
        desk.tickets.merge(one.id, two.id, actor=AGENT)


def test_what_a_closed_ticket_refuses_is_called_as_the_caller_called_it(world, desk):
    ticket = desk.receive(world.said()).ticket
    put(world, desk, ticket, "closed")
    agent = desk.agents.add("One")
    for call, command in (
        (lambda: desk.tickets.assign(ticket.id, agent.id, actor=AGENT), "assign"),
        (lambda: desk.tickets.transfer(ticket.id, "vip", actor=AGENT), "transfer"),
        (lambda: desk.tickets.lease(ticket.id, actor=Actor.agent(agent.id)), "lease"),
    ):
        with pytest.raises(IllegalTransition, match=f"{ticket.id} is closed: {command} is not possible"):
            call()


def test_a_merged_or_closed_ticket_takes_nothing(world, desk):
    one, two, three = (desk.receive(world.said(by="ann", conversation=key)).ticket for key in "abc")
    desk.tickets.merge(one.id, two.id, actor=AGENT)
    put(world, desk, three, "closed")
    agent = desk.agents.add("One")
    for call in (
        lambda: desk.reply(one.id, "x", actor=Actor.agent(agent.id)),
        lambda: desk.tickets.assign(one.id, agent.id, actor=AGENT),
        lambda: desk.tickets.transfer(one.id, "vip", actor=AGENT),
        lambda: desk.tickets.set_status(one.id, "open", actor=AGENT),
    ):
        with pytest.raises(IllegalTransition, match=one.id):
            call()
    with pytest.raises(IllegalTransition):
        desk.tickets.merge(two.id, three.id, actor=AGENT)
    with pytest.raises(IllegalTransition):
        desk.reply(three.id, "x", actor=Actor.agent(agent.id))


def test_participants_of_a_merged_ticket_come_along(world, desk):
    ann = desk.receive(world.said(by="ann")).ticket
    bob = desk.receive(world.said(by="bob")).ticket
    survivor = desk.tickets.merge(bob.id, ann.id, actor=AGENT)
    assert [(one.identity, one.role) for one in survivor.participants] == [
        (ann.identity, Role.REQUESTER), (bob.identity, Role.CC)]  # fmt: skip
    assert desk.receive(world.said(by="bob")).ticket.id == ann.id
    assert LinkKind.RELATED not in {link.kind for link in survivor.links}


# Customers


def test_profiles(world, desk):
    customer = desk.receive(world.said()).customer
    after = desk.customers.set_profile(customer.id, name="Ann", level="gold", attributes={"size": 3}, actor=AGENT)
    assert (after.name, after.level, after.attribute("size").value) == ("Ann", "gold", 3)
    again = desk.customers.set_profile(customer.id, name="Ann", level="gold", actor=AGENT)
    assert again.version == after.version
    assert desk.customers.set_profile(customer.id, attributes={"size": None}, actor=AGENT).attribute("size") is None
    with pytest.raises(InvalidInput):
        desk.customers.set_profile(customer.id, attributes={"size": float("nan")}, actor=AGENT)


def test_customers_merge_into_one_survivor(world, desk):
    ann, bob, cid = (desk.receive(world.said(by=by)).customer for by in ("ann", "bob", "cid"))
    desk.customers.merge(ann.id, bob.id, actor=AGENT)
    desk.customers.merge(bob.id, cid.id, actor=AGENT)
    assert {desk.customers.get(one.id).id for one in (ann, bob, cid)} == {cid.id}
    assert desk.customers.find("ann").id == cid.id
    assert desk.receive(world.said(by="ann")).customer.id == cid.id
    brief = desk.customers.brief(ann.id)
    assert (brief.customer.id, brief.tickets) == (cid.id, 3)
    for source, target in ((cid, cid), (cid, ann), (ann, cid)):
        with pytest.raises(InvalidInput):
            desk.customers.merge(source.id, target.id, actor=AGENT)


def test_what_is_done_to_a_merged_customer_is_done_to_the_survivor(world, desk):
    ann, bob = (desk.receive(world.said(by=by)).customer for by in ("ann", "bob"))
    desk.customers.merge(ann.id, bob.id, actor=AGENT)
    after = desk.customers.set_profile(ann.id, name="Both", actor=AGENT)
    assert (after.id, after.name) == (bob.id, "Both")
    assert desk.customers.tag(ann.id, "vip", actor=AGENT).id == bob.id
    desk.customers.block(ann.id, actor=AGENT)
    assert desk.receive(world.said(by="bob")).state == "blocked"


def test_an_identity_has_one_customer(world, desk):
    ann, bob = (desk.receive(world.said(by=by)).customer for by in ("ann", "bob"))
    phone = Sender(kind="phone", external_id="1")
    after = desk.customers.link(ann.id, phone, actor=AGENT)
    assert desk.customers.link(ann.id, phone, actor=AGENT).version == after.version
    with pytest.raises(InvalidInput, match="identity"):
        desk.customers.link(bob.id, phone, actor=AGENT)
    assert desk.receive(world.said(sender=phone, conversation="p")).customer.id == ann.id


def test_a_block_cannot_end_in_the_past(world, desk, ticket):
    customer = all_of(desk, "customer")[0]
    with pytest.raises(InvalidInput, match="until"):
        desk.customers.block(customer.id, until=world.clock.now(), actor=AGENT)
    assert desk.customers.block(customer.id, blocked=False, actor=AGENT).version == customer.version


# Agents, phrases, drafts, suggestions


def test_agents_change_and_come_and_go(desk):
    one = desk.agents.add("One", queues=("vip",), capacity=3)
    assert desk.agents.change(one.id, name="Uno").queues == ("vip",)
    assert desk.agents.set_presence(one.id, "away").presence == "away"
    version = desk.agents.get(one.id).agent.version
    assert desk.agents.set_presence(one.id, "away").version == version
    assert [agent.name for agent in desk.agents.list(queue="vip").items] == ["Uno"]
    assert desk.agents.list(queue="default").items == ()


def test_phrases_are_suggested_while_they_live(world, desk, ticket):
    phrase = desk.replies.add("Hours", "Nine to five.", questions=("opening hours",))
    assert [one.phrase.id for one in desk.replies.suggest_for("opening hours").suggestions] == [phrase.id]
    message = desk.receive(world.said("opening hours")).message
    assert desk.replies.suggest(message.id).suggestions[0].phrase.id == phrase.id
    desk.replies.change(phrase.id, retired=True)
    assert desk.replies.suggest_for("opening hours").suggestions == ()
    assert desk.replies.list().items == ()
    assert len(desk.replies.list(retired=None).items) == 1
    assert desk.replies.get(phrase.id).retired


def test_another_process_sees_new_phrases(world):
    one, two = world.open(), world.open()
    assert two.replies.suggest_for("opening hours").suggestions == ()
    one.replies.add("Hours", "Nine to five.", questions=("opening hours",))
    assert len(two.replies.suggest_for("opening hours").suggestions) == 1


def test_a_draft_remembers_what_it_answers(world, desk, ticket):
    drafts = desk.tickets.drafts
    assert drafts.get(ticket.id, actor=AGENT) is None
    assert drafts.save(ticket.id, "one", actor=AGENT).answers_version == ticket.version
    desk.receive(world.said())
    saved = drafts.save(ticket.id, "two", actor=AGENT)
    assert (saved.version, saved.answers_version) == (2, ticket.version + 1)
    drafts.save(ticket.id, "other", actor=Actor.agent("agt_2"))
    assert drafts.get(ticket.id, actor=AGENT) == saved
    assert len(drafts.list(ticket.id)) == 2


def test_a_used_phrase_is_noted(desk, ticket):
    phrase = desk.replies.add("Hours", "Nine to five.")
    desk.reply(ticket.id, "Nine to five.", actor=AGENT, phrase=phrase.id)
    assert "PhraseUsed" in kinds(desk, ticket.id)


def test_tags_of_a_customer_come_and_go(world, desk):
    customer = desk.receive(world.said()).customer
    desk.customers.tag(customer.id, "vip", "new", actor=AGENT)
    after = desk.customers.untag(customer.id, "new", "none", actor=AGENT)
    assert [tag.name for tag in after.tags] == ["vip"]
    assert desk.customers.untag(customer.id, "none", actor=AGENT).version == after.version


def test_a_change_that_changes_nothing_is_no_event(desk, ticket):
    agent = desk.agents.add("One")
    assert desk.agents.change(agent.id).version == agent.version
    assert desk.tickets.participants(ticket.id, actor=AGENT).version == ticket.version


def test_people_in_copy_who_are_known_keep_their_customer(world, desk):
    bob = desk.receive(world.said(by="bob")).customer
    ticket = desk.receive(world.said(by="ann", cc=(Sender(external_id="bob"),))).ticket
    assert ticket.participates(bob.identities[0].id)
    assert desk.receive(world.said(by="ann", author="bot")).ticket.id == ticket.id


def test_an_answer_is_in_the_language_of_its_ticket(world):
    desk = world.open()
    ticket = desk.receive(world.said("你好")).ticket
    desk.tickets.set_field(ticket.id, "language", "zh", actor=AGENT)
    assert desk.reply(ticket.id, "hello", actor=AGENT).message.language == "zh"
