"""Texts of ours that are changed, and what may be sent though the window is closed."""

from datetime import timedelta

import pytest
from tests.integration.desk.conftest import entries

from csdesk import Actor, DeskConfig
from csdesk.domain.records import events as ev
from csdesk.domain.records.messages import Delivery, LinkPart, TemplatePart, TemplateValue, TextPart
from csdesk.errors import ChannelError, Denied, InvalidInput, NotFound, UnsupportedFeature, WordingRefused
from csdesk.ports.channel import Capabilities, Limit, StatusEvent
from csdesk.testing import ScriptedChannel

AGENT = Actor.agent("agt_1")
TEMPLATE = TemplatePart(name="order_update", locale="zh_CN", body=(TemplateValue(text="王芳"),), text="您好，王芳")


class Editable(ScriptedChannel):
    """Changes what it sent."""

    def __init__(self, **able):
        super().__init__("web", capabilities=Capabilities(**able))
        self.edits, self.recalls = [], []
        self.problem = None

    def edit_now(self, sent, part):
        if self.problem is not None:
            raise self.problem
        self.edits.append((sent.provider_ids, part.text))

    def recall_now(self, sent):
        self.recalls.append(sent.provider_ids)


def desk_with(world, config=None, **able):
    channel = Editable(**able)
    desk = world.open(config, channels=[channel])
    return desk, channel, desk.receive(world.said("hi")).ticket


def test_a_text_is_changed_at_the_provider_and_on_the_ticket(world):
    desk, channel, ticket = desk_with(world, edit_within=timedelta(hours=1))
    sent = desk.reply(ticket.id, "on Friday", actor=AGENT).message
    changed = desk.channels.edit(sent.id, " on Monday ", actor=AGENT)
    assert channel.edits == [((f"provider-{sent.id}",), "on Monday")]
    assert (changed.text, changed.parts) == ("on Monday", sent.parts)
    assert desk.channels.edit(sent.id, "on Monday", actor=AGENT) == changed


def test_what_cannot_be_changed_is_refused_before_the_provider_is_asked(world):
    desk, channel, ticket = desk_with(
        world, edit_within=timedelta(hours=1), recall_within=timedelta(hours=1), text=Limit(amount=4)
    )
    whole, cut = (desk.reply(ticket.id, text, actor=AGENT).message for text in ("abcd", "abcdefgh"))
    waiting = desk.reply(ticket.id, "x", actor=AGENT, deliver=False).message
    for message, text in ((whole, ""), (whole, "abcde"), (cut, "x"), (waiting, "y")):
        with pytest.raises(InvalidInput):
            desk.channels.edit(message.id, text, actor=AGENT)
    with pytest.raises(NotFound):
        desk.channels.edit("msg_none", "x", actor=AGENT)
    world.later(hours=1, seconds=1)
    with pytest.raises(UnsupportedFeature, match="so old"):
        desk.channels.edit(whole.id, "x", actor=AGENT)
    assert channel.edits == []


def test_what_was_taken_back_or_is_no_text_is_not_changed(world):
    hour = timedelta(hours=1)
    desk, channel, ticket = desk_with(world, edit_within=hour, recall_within=hour, parts={"text", "link"})
    gone = desk.reply(ticket.id, "x", actor=AGENT).message
    link = desk.reply(ticket.id, [LinkPart(url="https://shop.example/1", title="x")], actor=AGENT).message
    desk.channels.recall(gone.id, actor=AGENT)
    for message in (gone, link):
        with pytest.raises(InvalidInput, match="one text"):
            desk.channels.edit(message.id, "y", actor=AGENT)
    assert desk.channels.recall(gone.id, actor=AGENT).recalled_at is not None
    assert (channel.edits, channel.recalls) == ([], [(f"provider-{gone.id}",)])


def test_a_channel_that_changes_nothing_says_so(world):
    desk, _, ticket = desk_with(world)
    sent = desk.reply(ticket.id, "x", actor=AGENT).message
    with pytest.raises(UnsupportedFeature):
        desk.channels.edit(sent.id, "y", actor=AGENT)


def test_a_refusal_of_the_provider_leaves_the_message_as_it_was(world):
    desk, channel, ticket = desk_with(world, edit_within=timedelta(hours=1))
    sent = desk.reply(ticket.id, "x", actor=AGENT).message
    channel.problem = ChannelError("web", "too late", disposition="fix_content")
    with pytest.raises(ChannelError):
        desk.channels.edit(sent.id, "y", actor=AGENT)
    assert {item.message.edited for item in desk.tickets.timeline(ticket.id) if item.message is not None} == {()}


def test_changing_can_be_denied(world):
    grants = [{"commands": ["edit_message", "recall_message"], "allow": False}]
    config = DeskConfig.model_validate({"access": {"grants": grants}})
    desk, _, ticket = desk_with(world, config, edit_within=timedelta(hours=1))
    sent = desk.reply(ticket.id, "x", actor=AGENT).message
    with pytest.raises(Denied):
        desk.channels.edit(sent.id, "y", actor=AGENT)


def test_a_template_passes_where_a_text_needs_one(world):
    able = {"window": timedelta(hours=24), "outside_window": {"template"}, "parts": {"text", "template"}}
    desk, channel, ticket = desk_with(world, together=False, **able)
    world.later(hours=24)
    assert desk.reply(ticket.id, "in time", actor=AGENT).delivery is Delivery.SENT
    world.later(seconds=1)
    for said in ("late", [TextPart(text="late"), TEMPLATE]):
        late = desk.reply(ticket.id, said, actor=AGENT).message
        assert (late.delivery, late.delivery_reason, late.delivery_needs) == (
            Delivery.FAILED, "window_closed", "template",
        )  # fmt: skip
    sent = desk.reply(ticket.id, [TEMPLATE], actor=AGENT)
    assert (sent.delivery, sent.message.text) == (Delivery.SENT, "您好，王芳")
    assert channel.sent[-1].parts == (TEMPLATE,)
    assert "template" in {one.needs for one in desk.outbox.list().items}


def test_a_caption_has_its_own_limit(world):
    import io

    from csdesk.domain.records.messages import MediaKind, MediaPart

    desk, _, ticket = desk_with(world, caption=Limit(amount=3, unit="utf16"), parts={"text", "media"})
    ref = desk._core.media.put(io.BytesIO(b"x"), type="image/png", name="a.png")
    for caption, fits in (("abc", True), ("a👍", True), ("ab👍", False)):
        part = MediaPart(media=MediaKind.IMAGE, ref=ref, caption=caption)
        message = desk.reply(ticket.id, [part], actor=AGENT).message
        assert (message.delivery is Delivery.SENT) is fits
        assert message.delivery_needs == ("" if fits else "shorter_text")


def test_what_a_provider_tells_of_a_delivery_stands_in_the_log(world):
    desk, _, ticket = desk_with(world)
    sent = desk.reply(ticket.id, "x", actor=AGENT).message
    facts = (("pricing.category", "service"), ("conversation", "c-1"))
    told = StatusEvent(account="web", dedupe_key="s1", key=sent.id, status="delivered", facts=facts)
    desk.take("web", [told])
    (event,) = [
        one
        for page in desk.events.read("t", limit=1000)
        for one in page.events
        if one.kind == "message.delivery" and one.after is Delivery.DELIVERED
    ]
    assert event.facts == facts


def test_changed_words_are_watched_as_new_ones_are(world):
    config = DeskConfig.model_validate({"wording": {"forbidden": "refuse", "verbatim": "refuse"}})
    desk, channel, ticket = desk_with(world, config, edit_within=timedelta(hours=1))
    desk.replies.add("Refund", "Yes.", rationale="Only a manager may grant what the rule excludes.")
    sent = desk.reply(ticket.id, "on Friday", actor=AGENT).message
    for text in ("calm down", "Only a manager may grant what the rule excludes."):
        with pytest.raises(WordingRefused):
            desk.channels.edit(sent.id, text, actor=AGENT)
    assert channel.edits == []
    assert desk.channels.edit(sent.id, "calm down", actor=AGENT, override="a song").text == "calm down"
    told = [one for entry in entries(desk, ticket.id) for one in entry.events if isinstance(one, ev.WordingFound)]
    assert [(one.message, one.reason) for one in told] == [(sent.id, "a song")]
    assert desk.channels.edit(sent.id, "not my job", actor=Actor.system("x")).text == "not my job"
