"""A reply that says nothing, or too much, is refused before anything is stored."""

import pytest

from csdesk import Actor, InboundMessage, InvalidInput, Sender, open_desk
from csdesk.domain.records.messages import HtmlPart, MediaKind, MediaPart, TextPart


@pytest.fixture
def desk():
    with open_desk("memory://") as opened:
        yield opened


@pytest.fixture
def ticket(desk):
    said = InboundMessage(account="web", dedupe_key="1", conversation="c", sender=Sender(external_id="c"), text="在吗")
    return desk.receive(said).ticket


@pytest.mark.parametrize("text", ["", "  \n", (TextPart(text=" "), TextPart(text=""))])
def test_a_blank_reply_or_note_is_refused(desk, ticket, text):
    for say in (desk.reply, desk.note) if isinstance(text, str) else (desk.reply,):
        with pytest.raises(InvalidInput, match="parts: says nothing; pass a text, a picture or a file"):
            say(ticket.id, text, actor=Actor.agent("agt_1"))
    assert desk.tickets.get(ticket.id).version == ticket.version


@pytest.mark.parametrize(("sign", "most"), [("x", 65_536), ("好", 21_845)])
def test_a_text_that_no_row_should_hold_is_refused(desk, ticket, sign, most):
    agent = Actor.agent("agt_1")
    assert desk.reply(ticket.id, sign * most, actor=agent).message.text == sign * most
    with pytest.raises(InvalidInput, match="send it as a file"):
        desk.reply(ticket.id, sign * (most + 1), actor=agent)
    with pytest.raises(InvalidInput, match="send it as a file"):
        desk.note(ticket.id, sign * (most + 1), actor=agent)
    with pytest.raises(InvalidInput, match="send it as a file"):
        desk.reply(ticket.id, [HtmlPart(html=sign * (most + 1))], actor=agent)


def test_a_picture_says_something(desk, ticket):
    parts = (TextPart(text=""), MediaPart(media=MediaKind.IMAGE, provider_id="m1"))
    assert desk.reply(ticket.id, parts, actor=Actor.agent("agt_1")).message.parts == parts
