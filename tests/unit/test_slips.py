"""What a stranger gets wrong at first is told by its name and its remedy, never by an AttributeError from inside."""

from datetime import datetime

import pytest

from csdesk import (
    Actor,
    Capabilities,
    ConfigError,
    DeskConfig,
    InboundMessage,
    InvalidInput,
    NotFound,
    Receipt,
    Sender,
    open_desk,
)

SYSTEM = Actor.system()


@pytest.fixture
def desk():
    with open_desk("memory://") as desk:
        yield desk


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"url": None}, "url"),
        ({"url": "desk.db"}, "url"),
        ({"url": "memory://", "config": {"name": "shop"}}, "config"),
        ({"url": "memory://", "config": "desk.toml"}, "config"),
        ({"url": "memory://", "desk": 3}, "desk"),
        ({"url": "memory://", "channels": ["mail"]}, "channels"),
    ],
)
def test_opening(arguments, field):
    with pytest.raises(InvalidInput) as caught:
        open_desk(**arguments)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("slip", "field"),
    [
        (lambda desk: desk.receive({"text": "hi"}), "message"),
        (lambda desk: desk.receive_many(["hi"]), "message"),
        (lambda desk: desk.replies.add("title", "body", questions="how?"), "questions"),
        (lambda desk: desk.agents.add("Mei", queues="default"), "queues"),
        (lambda desk: desk.agents.add("Mei", languages="zh"), "languages"),
        (lambda desk: desk.tickets.list(category="nwe"), "category"),
        (lambda desk: desk.tickets.list(category=["new", "opne"]), "category"),
        (lambda desk: desk.tickets.count(category="nwe"), "category"),
        (lambda desk: desk.tickets.list(priority="high"), "priority"),
        (lambda desk: desk.tickets.numbered("1"), "number"),
        (lambda desk: desk.tickets.list(limit="5"), "limit"),
        (lambda desk: desk.tickets.list(since=datetime(2026, 1, 5)), "since"),  # noqa: DTZ001  the slip itself
        (lambda desk: desk.tickets.search(None), "text"),
        (lambda desk: desk.inbox.list(state="parkd"), "state"),
        (lambda desk: desk.run_due(max_time=5), "max_time"),
    ],
)
def test_calls(desk, slip, field):
    with pytest.raises(InvalidInput) as caught:
        slip(desk)
    assert caught.value.field == field


def test_one_message_for_many(desk):
    message = InboundMessage(account="a", dedupe_key="1", conversation="c", sender=Sender(external_id="x"), text="hi")
    with pytest.raises(InvalidInput, match=r"^messages: is an InboundMessage; pass a list or tuple"):
        desk.receive_many(message)


@pytest.mark.parametrize("text", [None, 5])
def test_a_message_whose_text_is_none(text):
    with pytest.raises(InvalidInput, match=r"^InboundMessage: text should be a valid string; pass a str$"):
        InboundMessage(account="a", dedupe_key="1", conversation="c", sender=Sender(external_id="x"), text=text)


def test_a_custom_value_that_is_a_list_is_told_without_the_validators_insides(desk):
    with pytest.raises(InvalidInput) as caught:
        desk.tickets.set_field("tkt_0", "x.sizes", [1, 2], actor=SYSTEM)
    assert caught.value.field == "SetTicketField.value"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("desk.toml", "config.document: not the text of a document; pass Path"),
        (b"name = 1", "config.document: not the text of a document; pass Path"),
        ('[queues]\nname = "a"', "config.queues: not a list; .*TOML writes"),
        ('queues = ["a"]', "config.queues.0: not a table; write its settings"),
        ('[[rules]]\nname = "a"\nthen = ["close"]', "config.rules.a.then.0: not a table; write its settings"),
    ],
)
def test_configurations(document, message):
    with pytest.raises(ConfigError, match=message):
        DeskConfig.from_toml(document)


@pytest.mark.parametrize(
    ("slip", "told"),
    [
        (lambda desk: desk.tickets.get("7"), "desk.tickets.numbered"),
        (lambda desk: desk.reply("#7", "hi", actor=SYSTEM), "desk.tickets.numbered"),
        (lambda desk: desk.tickets.list(assignee="Mei"), "desk.agents.find"),
        (lambda desk: desk.agents.change("mei@shop", name="Mei"), "desk.agents.find"),
        (lambda desk: desk.customers.brief("wx-1001"), "desk.customers.find"),
    ],
)
def test_another_name_where_an_id_is_wanted(desk, slip, told):
    with pytest.raises(NotFound, match=told):
        slip(desk)


@pytest.mark.parametrize("missed", [lambda desk: desk.customers.brief("cus_1"), lambda desk: desk.tickets.numbered(7)])
def test_an_id_or_number_that_nobody_has_is_no_other_name(desk, missed):
    with pytest.raises(NotFound) as caught:
        missed(desk)
    assert not caught.value.remedy


@pytest.mark.parametrize(("slip", "meant"), [("txt", "'text'"), ("dedup_key", "'dedupe_key'"), ("zzz", "")])
def test_a_misspelt_field_of_a_message(slip, meant):
    with pytest.raises(InvalidInput) as caught:
        InboundMessage(account="a", dedupe_key="1", conversation="c", sender=Sender(external_id="x"), **{slip: "hi"})
    assert caught.value.field == f"InboundMessage.{slip}"
    assert (f"did you mean {meant}?" in str(caught.value)) if meant else ("did you mean" not in str(caught.value))


class Awaited:
    """A channel as somebody writes it who thinks that ``AsyncDesk`` awaits it."""

    account, kind, capabilities = "web", "awaited", Capabilities()

    def receive(self, request):
        raise NotImplementedError

    async def send_now(self, message):
        return Receipt()

    def pull_now(self, hint, cursor):
        raise NotImplementedError


def test_a_channel_of_coroutines_is_refused_before_a_message_is_lost_in_it():
    with pytest.raises(InvalidInput, match=r"channels: Awaited\.send_now is a coroutine function; yield") as caught:
        open_desk("memory://", channels=[Awaited()])
    assert caught.value.field == "channels"


def test_half_a_store_is_told_what_it_lacks():
    class Half:
        def open_desk(self, desk, *, secret):
            raise NotImplementedError

        load = commit = lease = query = count = search = entries = ack = close = open_desk

    with pytest.raises(InvalidInput, match="url: Half is no store: it lacks allocate, maintain; see docs"):
        open_desk(Half())
    with pytest.raises(InvalidInput, match="url: is the class Half; pass"):
        open_desk(Half)


@pytest.mark.parametrize(
    ("slip", "remedy"),
    [
        (lambda desk, got: desk.reply(got.ticket, "x", actor=SYSTEM), "pass a str, such as ticket.id"),
        (lambda desk, got: desk.reply(got.ticket.number, "x", actor=SYSTEM), "pass a str, such as ticket.id"),
        (lambda desk, got: desk.tickets.get(got.ticket), "pass a str, such as ticket.id"),
        (lambda desk, got: desk.customers.of(got.ticket), "pass a str, such as identity.id"),
        (
            lambda desk, got: desk.reply(got.ticket.id, "x", actor=desk.agents.add("Mei")),
            "pass Actor.agent(agent.id), Actor.system(name) or another Actor",
        ),
    ],
)
def test_a_record_in_the_place_of_its_id_or_actor(desk, slip, remedy):
    said = InboundMessage(account="a", dedupe_key="1", conversation="c", sender=Sender(external_id="c"), text="hi")
    with pytest.raises(InvalidInput) as caught:
        slip(desk, desk.receive(said))
    assert caught.value.remedy == remedy


def test_a_filter_that_is_no_text(desk):
    with pytest.raises(InvalidInput, match="status"):
        desk.tickets.count(status={"a": 1})
