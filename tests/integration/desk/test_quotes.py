"""Mails in a desk: rules and answers see what was said, searches what was quoted too."""

from csdesk import DeskConfig
from csdesk.domain.records.channels import InboundMessage
from csdesk.domain.records.messages import QuotePart
from csdesk.parsing.mail import parse_mail

CONFIG = """
[[tags]]
name = "refund"
keywords = ["退款"]

[[rules]]
name = "urgent"
when.all = [{ field = "message.text", op = "contains_any", value = ["退款"] }]
then = [{ do = "add_tags", tags = ["urgent"] }]
[[tags]]
name = "urgent"
"""


def mail(number, text, clock) -> InboundMessage:
    raw = f"From: li@example.com\nMessage-ID: <{number}@example.com>\nSubject: order\n\n{text}\n".encode()
    event = parse_mail(raw, account="mail", received_at=clock.now()).event
    assert isinstance(event, InboundMessage)
    return event


def test_a_quoted_word_sets_no_rule_off_and_is_found(world):
    desk = world.open(DeskConfig.from_toml(CONFIG))
    quoted = "谢谢\n\n在 2026年3月3日，10:00，商店 <s@example.com> 写道：\n> 您要退款吗？"
    got = desk.receive(mail(1, quoted, world.clock))
    assert got.message.text == "谢谢"
    assert any(isinstance(part, QuotePart) for part in got.message.parts)
    assert [one.name for one in got.ticket.tags] == []
    desk.run_due()
    assert [hit.message.id for hit in desk.tickets.search("您要退款").items] == [got.message_id]
    said = desk.receive(mail(2, "我要退款\n\n此致\n敬礼", world.clock))
    assert sorted(one.name for one in said.ticket.tags) == ["refund", "urgent"]


def test_a_word_above_a_quote_opts_out(world):
    desk = world.open()
    quoted = "TD\n\n-----Original Message-----\nFrom: shop@example.com\n\nnews"
    got = desk.receive(mail(1, quoted, world.clock))
    assert [one.name for one in desk.customers.get(got.customer.id).tags] == ["opted_out"]


def test_a_long_quote_goes_to_the_media_store(world):
    desk = world.open()
    quoted = "好的\n\n" + "> 很长的引用内容，一行一行又一行\n" * 5000
    got = desk.receive(mail(1, quoted, world.clock))
    (part,) = [one for one in got.message.parts if isinstance(one, QuotePart)]
    assert part.full is not None
    assert part.full.size > 65_536
    assert len(part.text) <= 16_384
