"""A mail account against servers on loopback: mail comes by IMAP, answers go by SMTP, an answer finds its ticket.

    python examples/channels/email_desk.py

Needs aiosmtpd and pymap (the extra peers). For real servers name them in ``SmtpServer`` and ``ImapServer``, and let a
thread of yours wait: ``known = mail.wait_for_mail(known, at_most=...)``, ``desk.channels.pull_soon("mail")``,
``desk.run_due()``.
"""

import email
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP

import csdesk
from csdesk.channels.email import EmailChannel
from csdesk.testing import FixedClock
from csdesk.testing.mail import Mailbox, SmtpSink

AGENT = csdesk.Actor.agent("agt_1")


def letter(number: int, text: str, **headers: str) -> bytes:
    """A mail of Li."""
    made = EmailMessage(SMTP)
    made["From"], made["To"] = "李伟 <li@customers.example>", "help@shop.example"
    made["Message-ID"], made["Subject"] = f"<{number}@customers.example>", "包裹"
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


def main() -> None:
    clock, folder = FixedClock(), Mailbox.shared().folder()
    with SmtpSink() as sink:
        mail = EmailChannel(
            "mail",
            address="help@shop.example",
            name="示例商店",
            signing_keys=(b"sixteen bytes or more",),
            smtp=sink.server(),
            imap=folder.server(),
        )
        with csdesk.open_desk("memory://", channels=[mail], clock=clock) as desk:
            print("health:", desk.channels.check("mail").status)
            known = mail.wait_for_mail(at_most=timedelta(0))
            folder.put(letter(1, "我的包裹在哪里？\n\n此致\n敬礼\n\n李伟"), at=clock.now())
            print("news:", mail.wait_for_mail(known, at_most=timedelta(minutes=1)) != known)
            print("pulled:", desk.run_due().pulled)
            (ticket,) = desk.tickets.list().items
            sent = desk.reply(ticket.id, "今天送到。", actor=AGENT)
            ours = email.message_from_bytes(sink.mails[0].content)
            print(sent.delivery, "to", ours["To"].rpartition(" ")[2], "answers", ours["In-Reply-To"])
            answer = "谢谢！\n\n在 2026年1月5日，17:00，示例商店 <help@shop.example> 写道：\n> 今天送到。"
            folder.put(letter(2, answer, In_Reply_To=ours["Message-ID"]), at=clock.now())
            desk.channels.pull_soon("mail")
            desk.run_due()
            said = [item.message.text for item in desk.tickets.timeline(ticket.id) if item.message]
            print("one ticket:", desk.tickets.count() == 1, said)
            sink.refused_recipients["li@customers.example"] = "550 5.1.1 nobody here"
            gone = desk.reply(ticket.id, "请评价", actor=AGENT)
            print(gone.delivery, "needs", gone.message.delivery_needs)


if __name__ == "__main__":
    main()
