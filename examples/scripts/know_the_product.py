"""Articles before a launch, facts of products in answers, and a good case that becomes knowledge.

    python examples/scripts/know_the_product.py

The shop is one in memory; yours is an object with one method, see docs/how-to/tell-product-facts.md.
"""

import csdesk
from csdesk import Actor, Article, ArticleLink, ArticleQuestion, InboundMessage, LibraryPhrase, Sender, open_desk
from csdesk.ports.products import Product, ProductFact
from csdesk.testing import ShopInMemory

SHOP = ShopInMemory(
    [
        Product(sku="MUG", name="陶瓷杯", facts=(ProductFact(name="容量", value=350, unit="ml"),)),
        Product(sku="CUP", name="保温杯", facts=(ProductFact(name="容量", value=0.5, unit="升"),)),
    ]
)
SALE = Article(
    id="sale",
    title="双十一满减",
    campaign="1111",
    what="全场满三百减五十。",
    rules=("一个订单用一次", "不与会员折扣同享"),
    not_needed=("fees",),
    questions=(ArticleQuestion(question="什么时候开始", answer="一日零点。"),),
)
PHRASES = [
    LibraryPhrase(
        id="once",
        title="满减能用几次",
        questions=("满减可以用几次", "优惠能叠加吗"),
        wordings=(csdesk.Wording(text="一个订单可以用一次哦。"),),
        article=ArticleLink(id="sale", version=1, section="rules"),
    ),
    LibraryPhrase(
        id="size",
        title="容量",
        questions=("杯子多大", "容量是多少"),
        wordings=(csdesk.Wording(text="{{ product }}的容量是 {{ size }}。"),),
        variables=(
            csdesk.Variable(name="product", source="product.name"),
            csdesk.Variable(name="size", source="product.容量"),
        ),
    ),
]


def main() -> None:
    with open_desk("memory://", products=SHOP) as desk:
        me = Actor.agent(desk.agents.add("Maple").id)
        desk.articles.save(SALE)
        desk.replies.import_(PHRASES)
        for gap in desk.articles.gaps(campaign="1111"):
            print("not ready:", gap.problem, ", ".join(gap.sections))
        (row,) = desk.products.compare("MUG", "CUP").differences
        print("compared:", row.name, row.first and row.first.text, row.second and row.second.text)
        asked = InboundMessage(
            account="web",
            dedupe_key="1",
            conversation="c",
            sender=Sender(external_id="c"),
            text="会员折扣能和满减叠加吗",
        )
        got = desk.receive(asked)
        hit = desk.articles.search(asked.parts[0].text)[0]  # type: ignore[union-attr]  # it is a text
        print("article:", hit.article.title, "-", hit.text)
        answer = desk.reply(got.ticket.id, "会员折扣和满减不能叠加，系统自动选更省的那个。", actor=me).message
        print("fact:", desk.replies.preview("size", got.ticket.id, sku="CUP").text)
        desk.tickets.set_status(got.ticket.id, "resolved", actor=me)
        for case in desk.learning.good_cases(signs=("one_touch",)).items:
            more = desk.learning.draft(case.answer).article.questions
            better = SALE.model_copy(update={"questions": (*SALE.questions, *more)})
            kept = desk.learning.promote_article(answer.id, better, actor=me)
            print("kept:", kept.id, "version", kept.version, "-", kept.questions[-1].question)


if __name__ == "__main__":
    main()
