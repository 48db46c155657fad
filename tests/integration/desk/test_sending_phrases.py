"""What a phrase may be sent under: its conditions, its version, the key of the call, the values and files given."""

import io
from datetime import timedelta

import pytest
from tests.integration.desk.test_library import phrase

from csdesk import Actor, Variable, VersionConflict, Viewer, Wording, render
from csdesk.domain.records import events as ev
from csdesk.domain.records.messages import MediaKind, MediaPart
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
