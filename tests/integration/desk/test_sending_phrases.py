"""What a phrase may be sent under: its conditions, its version, the key of the call, the values and files given."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from tests.integration.desk.test_library import phrase

from csdesk import Actor, DeskConfig, Sender, Variable, VersionConflict, Viewer, Wording, render
from csdesk.domain.records import events as ev
from csdesk.domain.records.messages import MediaKind, MediaPart
from csdesk.domain.records.phrases import SOURCES
from csdesk.errors import InvalidInput

AGENT = Actor.agent("agt_1")


@pytest.fixture
def desk(world):
    return world.open()


def ticket_of(world, desk, **said):
    return desk.receive(world.said("where is it", **said)).ticket


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"valid_until": timedelta(hours=-1)}, "valid_until"),
        ({"valid_until": timedelta(0)}, "valid_until"),
        ({"valid_from": timedelta(hours=1)}, "valid_from"),
        ({"channels": ("elsewhere",)}, "channels"),
        ({"levels": ("gold",)}, "levels"),
        ({"language": "zh"}, "language"),
    ],
)
def test_a_phrase_is_sent_outside_its_conditions_only_for_a_reason(world, desk, given, told):
    ticket = ticket_of(world, desk, language="en")
    now = world.clock.now()
    desk.replies.import_([phrase("p", **{k: now + v if isinstance(v, timedelta) else v for k, v in given.items()})])
    for override in ("", "  "):
        with pytest.raises(InvalidInput, match=told):
            desk.replies.send(ticket.id, "p", actor=AGENT, override=override)
    assert desk.tickets.get(ticket.id).messages == 1
    sent = desk.replies.send(ticket.id, "p", actor=AGENT, override="promised to her")
    assert sent.message.text == "Nine to five."
    (used,) = uses(desk, ticket.id)
    assert (used.despite in told or used.despite == "validity", used.reason) == (True, "promised to her")
    assert f"its {used.despite} speaks against it" in render(used, "en")
    assert sent.trace.find("reply.overridden").param("despite") == used.despite


def uses(desk, ticket):
    return [event for entry in desk.explain(ticket) for event in entry.events if isinstance(event, ev.PhraseUsed)]


def test_a_condition_may_name_the_kind_of_the_customers_address(world, desk):
    desk.replies.import_([phrase("p", channels=("email",))])
    by_mail = ticket_of(world, desk, sender=Sender(kind="email", external_id="ann@example.org"))
    assert desk.replies.send(by_mail.id, "p", actor=AGENT).message.text == "Nine to five."
    with pytest.raises(InvalidInput, match="channels"):
        desk.replies.send(ticket_of(world, desk, by="bea").id, "p", actor=AGENT)


@pytest.mark.parametrize(
    ("said", "known", "fits"), [("en", "zh", "en"), (None, "zh", "zh"), (None, "en", "en"), ("zh", None, "zh")]
)
def test_the_language_is_that_of_the_ticket_else_of_the_customer(world, desk, said, known, fits):
    ticket = desk.receive(world.said("12345", language=said)).ticket
    if known is not None:
        desk.customers.set_profile(desk.customers.of(ticket.identity).id, language=known, actor=AGENT)
    desk.replies.import_([phrase("zh", language="zh"), phrase("en", language="en")])
    assert desk.replies.send(ticket.id, fits, actor=AGENT).message.text == "Nine to five."
    with pytest.raises(InvalidInput, match="language"):
        desk.replies.send(ticket.id, "en" if fits == "zh" else "zh", actor=AGENT)


def test_every_source_of_a_variable_is_what_the_desk_knows(world):
    world.clock.set(datetime(2026, 1, 5, 17, 30, tzinfo=UTC))
    desk = world.open(DeskConfig(levels=({"name": "gold"},), zone="Asia/Shanghai"))
    ann = Actor.agent(desk.agents.add("An").id)
    ticket = ticket_of(world, desk, subject="A parcel", language="en")
    desk.tickets.set_field(ticket.id, "x.parcel", "P-7", actor=ann)
    customer = desk.customers.of(ticket.identity).id
    desk.customers.set_profile(
        customer, name="Bea", language="fr", level="gold", attributes={"city": "Lyon"}, actor=ann
    )
    known = {
        "customer.name": "Bea",
        "customer.level": "gold",
        "customer.language": "fr",
        "customer.x.city": "Lyon",
        "ticket.number": "1",
        "ticket.subject": "A parcel",
        "ticket.queue": "default",
        "ticket.type": "general",
        "ticket.created_at": "2026-01-06 01:30",
        "ticket.x.parcel": "P-7",
        "agent.name": "An",
    }
    assert {one for one in known if ".x." not in one} == SOURCES
    names = {source: source.replace(".", "_") for source in known}
    variables = tuple(Variable(name=name, source=source) for source, name in names.items())
    text = "; ".join(f"{source}: {{{{ {name} }}}}" for source, name in names.items())
    day = Variable(name="day", source="ticket.created_at", type="date")
    desk.replies.import_(
        [
            phrase("p", wordings=(Wording(text=text),), variables=variables),
            phrase("q", wordings=(Wording(text="{{ day }}, {{ day | date }}"),), variables=(day,)),
        ]
    )
    assert desk.replies.preview("q", ticket.id).text == "2026-01-06 01:30, 2026-01-06"
    sent = desk.replies.send(ticket.id, "p", actor=ann)
    assert dict(one.split(": ") for one in sent.message.text.split("; ")) == known


def test_why_a_phrase_was_sent_all_the_same_is_personal(world, desk):
    ticket = ticket_of(world, desk, language="en")
    desk.replies.import_([phrase("p", levels=("gold",))])
    desk.replies.send(ticket.id, "p", actor=AGENT, override="李娜 asked for it")
    desk.replies.send(ticket.id, "p", actor=AGENT, override="李娜 asked again")
    hidden = desk.seen_by(Viewer(actor=AGENT, personal=False))
    assert [(one.despite, one.reason) for one in uses(hidden, ticket.id)] == [("level", None)] * 2


def test_where_nothing_speaks_against_a_phrase_no_reason_is_kept(world, desk):
    ticket = ticket_of(world, desk, language="en")
    desk.replies.import_([phrase("p")])
    sent = desk.replies.send(ticket.id, "p", actor=AGENT, override="to be sure")
    (used,) = uses(desk, ticket.id)
    assert (used.despite, used.reason, sent.trace.find("reply.overridden")) == ("", "", None)


def test_a_phrase_whose_conditions_fit_is_sent(world, desk):
    ticket = ticket_of(world, desk, language="en-GB")
    end = world.clock.now() + timedelta(seconds=1)
    desk.replies.import_([phrase("p", valid_until=end, channels=("elsewhere", "web"), language="en")])
    assert desk.replies.send(ticket.id, "p", actor=AGENT).message


@pytest.mark.parametrize("change", ["retired", "wording", "over"])
def test_a_second_run_returns_the_first_outcome_whatever_became_of_the_phrase(world, desk, change):
    ticket = ticket_of(world, desk)
    desk.replies.import_([phrase("p", valid_until=world.clock.now() + timedelta(hours=1))])
    first = desk.replies.send(ticket.id, "p", actor=AGENT, idempotency_key="k1", expected_phrase_version=1)
    if change == "retired":
        desk.replies.retire("p")
    if change == "wording":
        desk.replies.change("p", wording="{{ day }}", variables=(Variable(name="day"),))
    world.later(hours=2 if change == "over" else 0)
    again = desk.replies.send(ticket.id, "p", actor=AGENT, idempotency_key="k1", expected_phrase_version=1)
    assert again.message == first.message
    assert desk.tickets.get(ticket.id).messages == 2
    with pytest.raises((InvalidInput, VersionConflict)):
        desk.replies.send(ticket.id, "p", actor=AGENT, idempotency_key="k2", expected_phrase_version=1)
    other = ticket_of(world, desk, by="bob", conversation="second")
    with pytest.raises((InvalidInput, VersionConflict)):
        desk.replies.send(other.id, "p", actor=AGENT, idempotency_key="k1", expected_phrase_version=1)


def test_no_other_words_are_sent_than_were_approved(world, desk):
    desk.replies.import_([phrase("p", questions=("where is it",))])
    got = desk.receive(world.said("where is it"))
    seen = desk.replies.suggest(got.message.id).suggestions[0].phrase
    desk.replies.change("p", wording="Closed.")
    with pytest.raises(VersionConflict, match="phr_p"):
        desk.replies.send(got.ticket.id, "p", actor=AGENT, expected_phrase_version=seen.version)
    now = desk.replies.get("p").version
    sent = desk.replies.send(got.ticket.id, "p", actor=AGENT, expected_phrase_version=now)
    assert sent.message.text == "Closed."


def test_files_go_out_behind_the_text(world, desk):
    ticket = ticket_of(world, desk)
    desk.replies.import_([phrase("p", attachments=("price-list",))])
    ref = desk._core.media.put(io.BytesIO(b"x"), type="image/png", name="a.png")
    file = MediaPart(media=MediaKind.IMAGE, ref=ref)
    sent = desk.replies.send(ticket.id, "p", actor=AGENT, attachments=[file]).message
    assert (sent.text, sent.parts[1:]) == ("Nine to five.", (file,))
    with pytest.raises(InvalidInput, match="attachments"):
        desk.replies.send(ticket.id, "p", actor=AGENT, attachments=["price-list"])
    assert len(desk.replies.send(ticket.id, "p", actor=AGENT).message.parts) == 1


def test_a_value_that_no_variable_takes_is_refused_with_the_nearest_name(world, desk):
    ticket = ticket_of(world, desk)
    given = {"wordings": (Wording(text="No. {{ order }}"),), "variables": (Variable(name="order"),)}
    desk.replies.import_([phrase("p", **given), phrase("plain")])
    values = {"order": "A1", "ordr": "A1"}
    with pytest.raises(InvalidInput, match="did you mean 'order'"):
        desk.replies.preview("p", ticket.id, values)
    with pytest.raises(InvalidInput, match="did you mean 'order'"):
        desk.replies.send(ticket.id, "p", values, actor=AGENT)
    with pytest.raises(InvalidInput, match="no variable 'nope'"):
        desk.replies.send(ticket.id, "plain", {"nope": 1}, actor=AGENT)
    assert desk.tickets.get(ticket.id).messages == 1


def test_a_phrase_that_is_named_twice_was_shown_once(world, desk):
    desk.replies.import_([phrase("inv"), phrase("other")])
    got = desk.receive(world.said("where is it"))
    desk.learning.judge(got.message.id, "shown", shown=("inv", "phr_inv", "other", "inv"))
    desk.reply(got.ticket.id, "x", actor=AGENT, shown=("inv", "inv"))
    shown = {one.phrase.id: one.usage.shown for one in desk.replies.usage()}
    assert shown == {"phr_inv": 2, "phr_other": 1}
