"""The same conversation on every channel ends in the same events: the way on which it came makes no difference."""

from email import message_from_bytes

import pytest

from csdesk.testing.channel_contract.bench import AGENT, Bench
from csdesk.testing.rigs import LoopbackRig, WeComRig
from csdesk.testing.telegram.rigs import TelegramRig
from csdesk.testing.webchats import WebChatRig
from csdesk.testing.webhooks import WebhookRig

STORY = [
    "ticket.opened", "message.received", "message.queued", "ticket.status", "message.received", "ticket.status",
    "ticket.status",
]  # fmt: skip


def mail_rig():
    pytest.importorskip("aiosmtpd", reason="the extra peers is not installed")
    pytest.importorskip("pymap", reason="the extra peers is not installed")
    from csdesk.testing.mail import MailHookRig

    return MailHookRig()


def wecom_rig():
    pytest.importorskip("cryptography", reason="the extra wecom is not installed")
    return WeComRig()


def answer(rig, text):
    """The customer answers: in mail that is a letter which names ours."""
    if not rig.mailed():
        return rig.customer_writes(text, account=rig.account)
    ours = message_from_bytes(rig.mailed()[-1])["Message-ID"]
    return rig.mail(f"In-Reply-To: {ours}\r\n".encode() + rig._written(text, account=rig.account, customer="c1"))


@pytest.mark.parametrize("make", [LoopbackRig, WebhookRig, WebChatRig, TelegramRig, wecom_rig, mail_rig])
def test_the_same_conversation_ends_in_the_same_events(make):
    rig = make()
    bench = Bench(rig)
    try:
        ticket = bench.said("我要退款")
        bench.reply(ticket, "好的，已经退了")
        bench.arrive(answer(rig, "收到了，谢谢"))
        bench.desk.tickets.set_status(ticket.id, "resolved", actor=AGENT)
        told = [event.kind for entry in bench.desk.explain(ticket.id) for event in entry.events]
        assert len(bench.tickets()) == 1
        assert told == STORY
        assert sorted(one.author for one in bench.messages(ticket)) == ["agent", "customer", "customer"]
    finally:
        bench.desk.close()
        rig.close()
